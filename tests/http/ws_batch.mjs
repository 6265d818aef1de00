// What is sent over WebSockets while a message is being stored forms the next statement: each call has the answer
// that it would have had alone, in the order of the conversation. Run by test_ws_batch.sh.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import * as kept from "./kept.mjs";
import { BASE_URL, WebSocket, api, conversation, eventsChild, hold, person, runAll, sql, test, ticket, until }
	from "./live.mjs";

const URL_WS = `${BASE_URL.replace("http", "ws")}/api/v1/ws`, BATCH_MAX = 16, CALLS_MAX = 16;
const [one, two, three, far] = [await person(), await person(), await person(), await person()];
const place = await conversation(one, two), other = await conversation(one, three), slow = await conversation(two, far);
let count = 0;

class Line {
	static async open(who) {
		const line = new Line();
		line.socket = new WebSocket(`${URL_WS}?ticket=${await ticket(who)}`);
		line.waiting = new Map();
		line.socket.on("error", () => {});
		line.socket.on("close", () => { line.waiting.forEach((done) => done({ status: 0 })); line.closed = true; });
		line.socket.on("message", (data) => {
			const frame = JSON.parse(data);
			line.ready = true;
			if (frame.type === "answer") {
				line.waiting.get(frame.id)(frame);
				line.waiting.delete(frame.id);
			}
		});
		await until(() => line.ready, "open");
		return line;
	}

	call(op, rest = {}) {
		const id = `i-${++count}`;
		this.socket.send(JSON.stringify({ id, op, ...rest }));
		return new Promise((done) => this.waiting.set(id, done));
	}

	send(where, more = {}) {
		return this.call("send", { conversation_id: where, data: { client_id: `w-${++count}`, body: `Number ${count}`, ...more } });
	}
}
const open = async () => Promise.all([one, two, three, far].map((who) => Line.open(who)));
let lines = await open();
const statuses = (answers) => answers.map(({ status }) => status);
const heard = () => Promise.all(lines.map((line) => line.call("ping"))); // all before it was taken

const metric = (name) => kept.metric(name, "events");
async function counted(fn) {
	const names = ["batches_total", "batched_total", "batches_failed_total"];
	const read = async () => Promise.all(names.map(metric));
	const before = await read(), answers = await fn(), after = await read();
	return [answers, ...after.map((value, i) => value - before[i])];
}

// The backend of the program's only line, once it waits for a lock.
const waits = (what = "message_send") => until(() => sql(`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'
	AND application_name = 'events-calls' AND datname = current_database() AND query LIKE '%${what}(%'`), "it waits");
const lock = (where) => hold(`SELECT FROM conversation WHERE id = '${where}' FOR UPDATE`);

// The answers to the calls of fn, all made while another message is being stored; that one's answer is the first.
async function meanwhile(fn) {
	const free = await lock(slow), first = lines[3].send(slow);
	await waits();
	const calls = fn();
	await heard();
	await free();
	return Promise.all([first, ...calls]);
}

// What was sent was stored once, numbers have no gap, and members heard of each once.
async function whole(answers) {
	const good = answers.filter(({ status }) => status === 200 || status === 201);
	const ids = good.map(({ data }) => `('${data.id}'::uuid, ${data.seq}, '${data.client_id}')`);
	assert.equal(await sql(`SELECT count(DISTINCT id) FROM message m JOIN (VALUES ${ids.join()}) v(id, seq, client_id)
		USING (id, seq, client_id)`), String(new Set(ids).size));
	assert.equal(await sql(`SELECT count(*) FROM conversation c WHERE last_seq <> 0 AND (SELECT array_agg(seq ORDER BY seq)
		FROM message WHERE conversation_id = c.id) IS DISTINCT FROM ARRAY(SELECT generate_series(1, c.last_seq))`), "0");
	assert.equal(await sql(`SELECT count(*) FROM message m JOIN member k USING (conversation_id) WHERE (SELECT count(*) FROM event
		WHERE user_id = k.user_id AND type = 'message.created' AND payload->>'id' = m.id::text) <> 1`), "0");
}

test("one that is alone is no batch", async () => {
	const [answers, batches] = await counted(async () => [await lines[0].send(place), await lines[1].send(place)]);
	assert.deepEqual([statuses(answers), batches], [[201, 201], 0]);
});

test("what comes while one is stored is the next statement", async () => {
	const [answers, batches, batched, failed] = await counted(() => meanwhile(() =>
		[...Array(10).keys()].map((i) => lines[i % 3].send(i % 3 < 2 ? place : other))));
	assert.deepEqual(statuses(answers), answers.map(() => 201));
	assert.deepEqual([batches, batched, failed], [1, 10, 0]);
	await whole(answers);
});

test("each is refused as it would be alone, and the others are sent", async () => {
	const [closed, hostile] = [await conversation(one, two), await conversation(one, far)];
	const { data: { id: gone } } = await lines[0].send(place), again = { client_id: "again", body: "Said before" };
	const first = await lines[0].send(place, again);
	assert.equal((await api("DELETE", `/messages/${gone}`, one.token)).status, 200);
	await sql(`UPDATE conversation SET closed_at = app_now() WHERE id = '${closed}'`);
	await sql(`INSERT INTO block (user_id, blocked_id) VALUES ('${far.id}', '${one.id}')`);
	const bad = () => [() => lines[2].send(place), () => lines[0].send(closed), () => lines[0].send(hostile),
		() => lines[3].send(hostile), () => lines[0].send(place, again), () => lines[0].send(place, { reply_to: gone }),
		() => lines[0].send(place, { reply_to: randomUUID() }), () => lines[0].send(randomUUID()),
		() => lines[1].send(place, { type: "image", media_id: randomUUID() }), () => lines[1].send(place, { body: "" })];
	const words = ({ id, error, ...rest }) => ({ ...rest, error: error && { ...error, request_id: "" } });
	const [answers, batches, batched, failed] = await counted(() => meanwhile(() =>
		[lines[0].send(place), ...bad().map((call) => call()), lines[1].send(place)]));
	const alone = [];
	for (const call of bad())
		alone.push(await call());
	assert.deepEqual(answers.slice(2, -1).map(words), alone.map(words));
	assert.deepEqual(statuses(answers), [201, 201, 404, 409, 403, 403, 200, 422, 422, 404, 422, 422, 201]);
	assert.deepEqual([batches, batched, failed], [1, 11, 0]);
	assert.equal(answers[6].data.id, first.data.id);
	await whole(answers);
});

test("what is asked of one conversation is done in the order it came", async () => {
	const { data: { seq } } = await lines[0].send(place);
	const answers = await meanwhile(() => [lines[0].send(place), lines[0].send(place),
		lines[0].call("read", { conversation_id: place, data: { seq: seq + 2 } }), lines[0].send(place),
		lines[0].call("typing", { conversation_id: other }), lines[0].send(place)]);
	assert.deepEqual(statuses(answers), [201, 201, 201, 200, 201, 204, 201]);
	assert.deepEqual([1, 2, 4, 6].map((i) => answers[i].data.seq), [seq + 1, seq + 2, seq + 3, seq + 4]);
});

test("a batch goes when it is full", async () => {
	const [answers, batches, batched] = await counted(() => meanwhile(() => [0, 1, 2].flatMap((i) =>
		[...Array(CALLS_MAX - 1).keys()].map(() => lines[i].send(i < 2 ? place : other)))));
	assert.deepEqual(statuses(answers), answers.map(() => 201));
	assert.deepEqual([batches, batched], [Math.ceil((answers.length - 1) / BATCH_MAX), answers.length - 1]);
	await whole(answers);
});

// --- a batch that fails ---

test("a batch that fails as a whole is done one by one", async () => {
	const free = await lock(slow), before = await metric("batches_failed_total");
	const calls = [lines[3].send(slow)]; // has waited too long before the batch does
	await waits();
	calls.push(lines[0].send(place), lines[1].send(slow), lines[0].send(place), lines[2].send(place));
	await until(async () => await metric("batches_failed_total") > before, "the batch has failed");
	await free();
	const answers = await Promise.all(calls);
	assert.deepEqual(statuses(answers), [503, 201, 201, 201, 404]);
	assert.equal(await metric("batches_failed_total"), before + 1);
	assert.ok(answers[1].data.seq < answers[3].data.seq);
	await whole(answers);
});

test("what was sent behind a batch that fails as a whole stays behind it", async () => {
	const free = await lock(slow), before = await metric("batches_failed_total"), first = lines[3].send(slow);
	const many = (i, n, where = place) => [...Array(n)].map(() => lines[i].send(where));
	await waits();
	const calls = [lines[1].send(slow), lines[2].send(other), ...many(0, BATCH_MAX - 2)];
	await heard();
	calls.push(...many(0, 1), ...many(1, BATCH_MAX - 2), ...many(2, 1, other));
	await heard();
	const read = lines[0].call("read", { conversation_id: place, data: { seq: 1 } });
	await until(async () => await metric("batches_failed_total") > before, "the batch has failed");
	await free();
	const answers = await Promise.all([first, ...calls]), { id } = one;
	assert.deepEqual(statuses(answers), [503, ...calls.map(() => 201)]);
	const seqs = answers.map(({ data }) => data).filter((said) => said?.sender_id === id).map(({ seq }) => seq);
	assert.equal(seqs.length, BATCH_MAX - 1);
	assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
	assert.equal((await read).status, 200);
	await whole(answers);
});

// Sends that are a batch under way, behind a lock; then fn(pid of its backend).
async function underWay(drafts, fn) {
	const freeSlow = await lock(slow), freePlace = await lock(place), first = lines[3].send(slow);
	await waits();
	const calls = drafts.map(([i, where, more]) => lines[i].send(where, more));
	await heard();
	await freeSlow();
	assert.equal((await first).status, 201);
	await fn(await waits("message_send_batch"));
	await freePlace();
	return Promise.all(calls);
}
const drafts = () => [[0, place], [2, other], [1, place], [0, other]]
	.map(([i, where]) => [i, where, { client_id: `d-${++count}`, body: "Sent again" }]);
const again = (list) => Promise.all(list.map(([i, where, more]) => lines[i].send(where, more)));

test("a backend that ends in the middle of a batch loses and doubles nothing", async () => {
	const list = drafts(), answers = await underWay(list, (pid) => sql(`SELECT pg_terminate_backend(${pid}, 5000)`));
	assert.deepEqual(statuses(answers), list.map(() => 503));
	let repeated;
	await until(async () => { repeated = await again(list); return repeated.every(({ status }) => status < 300); }, "it is back");
	assert.deepEqual((await again(list)).map(({ data }) => data), repeated.map(({ data }) => data));
	await whole(repeated);
});

for (const signal of ["SIGTERM", "SIGKILL"])
	test(`a program that ends by ${signal} in the middle of a batch loses and doubles nothing`, async () => {
		const list = drafts(), ending = eventsChild();
		await underWay(list, async () => {
			process.kill(ending, signal);
			await until(() => lines.every(({ closed }) => closed), "the sockets are closed");
		});
		await until(() => eventsChild() && eventsChild() !== ending, "its successor");
		await until(async () => { lines = await open().catch(() => null); return lines; }, "it answers");
		const repeated = await again(list);
		assert.ok(repeated.every(({ status }) => status === 200 || status === 201), statuses(repeated).join());
		assert.deepEqual((await again(list)).map(({ data }) => data), repeated.map(({ data }) => data));
		await whole(repeated);
	});

await runAll("ws_batch");
