// One live connection too many: the oldest gives way, is told not to come at once, and a second newcomer is
// sent away, so that clients that come again whatever they are told push nobody out.
import assert from "node:assert/strict";
import { BASE_URL, WebSocket, emit, person, runAll, test, ticket, until } from "./live.mjs";

async function ws(who) {
	const socket = new WebSocket(`${BASE_URL.replace("http", "ws")}/api/v1/ws?ticket=${await ticket(who)}`);
	const seen = { socket, events: 0, open: false, closed: null };
	socket.on("error", () => {});
	socket.on("close", (code) => { seen.closed = code; });
	socket.on("message", (data) => {
		seen.open = true;
		seen.events += JSON.parse(data).events?.length ?? 0;
	});
	await until(() => seen.open || seen.closed, "the first frame");
	return seen;
}

test("the sixth WebSocket: the first gives way, then newcomers are sent away; 4008", async () => {
	const a = await person();
	const all = [];
	for (let i = 0; i < 6; i++)
		all.push(await ws(a));
	await until(() => all[0].closed, "the oldest is closed");
	assert.equal(all[0].closed, 4008);
	for (let i = 0; i < 10; i++) { // its client comes again at once, and again
		const again = await ws(a);
		assert.deepEqual([again.closed, again.open], [4008, false]);
	}
	await emit(a, "test.one");
	await until(() => all.slice(1).every((seen) => seen.events === 1), "all five hear of it");
	assert.ok(all.slice(1).every((seen) => seen.closed === null));
	for (const seen of all)
		seen.socket.terminate();
});

// A stream as bytes, so that what EventSource hides is seen.
async function stream(who) {
	const abort = new AbortController();
	const reply = await fetch(`${BASE_URL}/api/v1/events/stream`,
		{ headers: { Authorization: `Bearer ${who.token}` }, signal: abort.signal });
	const seen = { reply, text: "", ended: false, abort: () => abort.abort() };
	const read = async () => {
		const decoder = new TextDecoder();
		for await (const chunk of reply.body)
			seen.text += decoder.decode(chunk);
		seen.ended = true;
	};
	read().catch(() => { seen.ended = true; });
	if (reply.status === 200)
		await until(() => seen.text.includes("event: cursor"), "the first word");
	return seen;
}

test("the sixth stream: the first ends with a long retry, then newcomers get 429", async () => {
	const a = await person();
	const all = [];
	for (let i = 0; i < 6; i++)
		all.push(await stream(a));
	await until(() => all[0].ended, "the oldest ends");
	assert.match(all[0].text, /retry: 60000\n\n$/);
	const refused = await stream(a);
	assert.equal(refused.reply.status, 429);
	const after = Number(refused.reply.headers.get("retry-after"));
	assert.ok(after > 50 && after <= 61, `${after}`);
	await until(() => refused.ended, "its end");
	assert.equal(JSON.parse(refused.text).error, "rate_limited");
	await emit(a, "test.one");
	await until(() => all.slice(1).every((seen) => seen.text.includes("event: test.one")), "all five hear of it");
	for (const seen of all)
		seen.abort();
});

test("polls and live connections do not push each other out", async () => {
	const a = await person();
	const all = [await ws(a), await ws(a), await ws(a), await ws(a), await ws(a)];
	const polls = Array.from({ length: 10 }, () => fetch(`${BASE_URL}/api/v1/events?wait=20&cursor=1-0`,
		{ headers: { Authorization: `Bearer ${a.token}` } }));
	assert.deepEqual(new Set((await Promise.all(polls)).map((reply) => reply.status)), new Set([409]));
	assert.ok(all.every((seen) => seen.closed === null));
	for (const seen of all)
		seen.socket.terminate();
});

await runAll("seats");
