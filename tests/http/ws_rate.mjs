// Run by test_ws_rate.sh: the rate classes hold over a WebSocket as over HTTP, in one account of all programs, and who
// does not mind them is sent away.
import assert from "node:assert/strict";
import { BASE_URL, WebSocket, api, conversation, person, runAll, test, ticket, until } from "./live.mjs";

// A socket with the answers it had, in order, and the code it was closed with.
async function open(who) {
	const socket = new WebSocket(`${BASE_URL.replace("http", "ws")}/api/v1/ws?ticket=${await ticket(who)}`);
	const seen = { socket, answers: [], ready: false, closed: null };
	socket.on("error", () => {});
	socket.on("close", (code) => { seen.closed = code; });
	socket.on("message", (data) => {
		const frame = JSON.parse(data);
		seen.ready = true;
		if (frame.type === "answer")
			seen.answers.push(frame);
	});
	await until(() => seen.ready, "open");
	return seen;
}

test("messages have their limit; behind it: 429 with the time to wait", async () => {
	const [a, b] = [await person(), await person()];
	const id = await conversation(a, b);
	const seen = await open(a);
	const send = (i) => seen.socket.send(JSON.stringify({ id: `${i}`, op: "send", conversation_id: id,
		data: { client_id: `m-${i}`, body: "x" } }));
	const refused = []; // in between a message a second is let through again
	for (let i = 0; i < 300 && refused.length < 5; i++) {
		send(i);
		await until(() => seen.answers.length === i + 1, "an answer");
		refused.push(...seen.answers.slice(-1).filter((answer) => answer.status === 429));
	}
	assert.ok(seen.answers.slice(0, 15).every((answer) => answer.status === 201));
	assert.ok(refused.length >= 5, `${refused.length}`);
	for (const answer of refused) {
		assert.equal(answer.error.error, "rate_limited");
		assert.ok(answer.retry_after >= 1);
	}
	assert.equal(seen.closed, null);
	seen.socket.close();
});

// 60 a minute with a burst of 20: what can be sent in so many seconds, however it is sent.
const messagesIn = (ms) => 20 + Math.ceil(ms / 1000) + 1;

for (const [first, second] of [["http", "ws"], ["ws", "http"]])
	test(`messages sent by ${first} are gone from what can be sent by ${second}`, async () => {
		const [a, b] = [await person(), await person()];
		const id = await conversation(a, b);
		const seen = await open(a);
		const sends = {
			http: async (data) => (await api("POST", `/conversations/${id}/messages`, a.token, data)).status,
			ws: async (data) => {
				const count = seen.answers.length;
				seen.socket.send(JSON.stringify({ id: data.client_id, op: "send", conversation_id: id, data }));
				await until(() => seen.answers.length === count + 1, "an answer");
				return seen.answers[count].status;
			},
		};
		const started = performance.now(), sent = { http: 0, ws: 0 };
		for (const [way, count] of [[first, 15], [second, 40]])
			for (let i = 0; i < count; i++) {
				const status = await sends[way]({ client_id: `${way}-${i}`, body: "x" });
				assert.ok(status === 201 || status === 429, `${status}`);
				sent[way] += status === 201;
			}
		const most = messagesIn(performance.now() - started);
		assert.equal(sent[first], 15);
		assert.ok(sent[second] >= 1 && sent.http + sent.ws <= most, `${JSON.stringify(sent)}, at most ${most}`);
		seen.socket.close();
	});

test("what one has used up, a neighbour at the same address has still", async () => {
	const [a, b] = [await person(), await person()];
	const id = await conversation(a, b);
	const send = async (who, i) => (await api("POST", `/conversations/${id}/messages`, who.token,
		{ client_id: `n-${i}`, body: "x" })).status;
	let status = 201, i = 0;
	for (; status === 201 && i < 200; i++)
		status = await send(a, i);
	assert.equal(status, 429);
	assert.ok(i > 15, `${i}`);
	for (i = 0; i < 10; i++)
		assert.equal(await send(b, i), 201);
});

test("who goes on all the same is closed: 1008", async () => {
	const seen = await open(await person());
	for (let i = 0; i < 200; i++)
		seen.socket.send(`{"id":"${i}","op":"ping"}`);
	await until(() => seen.closed, "closed");
	assert.equal(seen.closed, 1008);
	assert.ok(seen.answers.filter((answer) => answer.status === 200).length >= 100);
	assert.ok(seen.answers.length < 200);
});

test("what is wrong counts too, and who goes on with it is closed: 1008", async () => {
	const seen = await open(await person());
	for (let i = 0; i < 200; i++)
		seen.socket.send(`{"id":"${i}","op":"none"}`);
	await until(() => seen.closed, "closed");
	assert.equal(seen.closed, 1008);
	assert.equal(seen.answers[0].status, 422);
	assert.equal(seen.answers.at(-1).status, 429);
});

await runAll("ws_rate");
