// Messages that are sent at the same moment are stored by one statement: each sender has the answer that it would
// have had alone, and whatever becomes of the statement nothing is lost or stored twice. Run by test_batch.sh.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import * as kept from "./kept.mjs";
import { TURN_MAX, worker } from "./kept.mjs";
import { conversation, hold, order, person, runAll, sql, test, until } from "./live.mjs";

const together = (asks) => kept.together(asks, "chat"), metric = (name) => kept.metric(name, "chat");
const lines = () => kept.lines("chat");
const [one, two, three, far] = [await person(), await person(), await person(), await person()];
const place = await conversation(one, two), other = await conversation(one, three), apart = await conversation(two, far);
const CHARACTERS_MAX = 4000;
let count = 0;

const post = (who, where, more = {}) => ["POST", `/api/v1/conversations/${where}/messages`, { token: who.token,
	body: JSON.stringify({ client_id: `c-${++count}`, body: `Number ${count}`, ...more }) }];
const said = ([, , { body }]) => JSON.parse(body);
const statuses = (replies) => replies.map(({ status }) => status);
const all = (asks, status) => asks.map(() => status);

// How the counters moved while fn ran: statements for several, what they did, those that failed, round trips.
async function counted(fn) {
	const names = ["batches_total", "batched_total", "batches_failed_total", "db_round_trips_total"];
	const read = async () => Promise.all(names.map(metric));
	const before = await read(), replies = await fn(), after = await read();
	const [batches, batched, failed, trips] = after.map((value, i) => value - before[i]);
	return { replies, batches, batched, failed, trips };
}

// Every conversation here has its numbers without a gap, and its members their events.
async function whole() {
	assert.equal(await sql(`SELECT count(*) FROM conversation c WHERE last_seq <> 0 AND (SELECT array_agg(seq ORDER BY seq)
		FROM message WHERE conversation_id = c.id) IS DISTINCT FROM ARRAY(SELECT generate_series(1, c.last_seq))`), "0");
	assert.equal(await sql(`SELECT count(*) FROM message m JOIN member k USING (conversation_id) WHERE (SELECT count(*) FROM event
		WHERE user_id = k.user_id AND type = 'message.created' AND payload->>'id' = m.id::text) <> 1`), "0");
}

// Each was stored once, as the reply says, and the one who sent it is told by a place that is there.
async function stored(asks, replies) {
	for (const [i, { status, body, head }] of replies.entries()) {
		assert.equal(body.client_id, said(asks[i]).client_id);
		assert.ok(body.body === said(asks[i]).body, body.client_id);
		assert.equal(asks[i][1], `/api/v1/conversations/${body.conversation_id}/messages`);
		if (status === 201)
			assert.equal(head.match(/^Location: (.*)$/m)[1].trim(), `/api/v1/messages/${body.id}`);
	}
	const ids = replies.map(({ body }) => `('${body.id}'::uuid, ${body.seq}, '${body.client_id}')`);
	assert.equal(await sql(`SELECT count(*) FROM message m JOIN (VALUES ${ids.join()}) v(id, seq, client_id)
		USING (id, seq, client_id)`), String(asks.length));
	await whole();
}

const many = (n = TURN_MAX) => [...Array(n).keys()]
	.map((i) => [post(one, place), post(two, place), post(three, other), post(far, apart)][i % 4]);
await together(many(2)); // who has signed out is known, and connections are open
await together(many());

test("what is sent at once is one statement, with an answer for each", async () => {
	const asks = many(), { replies, batches, batched, trips } = await counted(() => together(asks));
	assert.deepEqual(statuses(replies), all(asks, 201));
	assert.deepEqual([batches, batched], [1, TURN_MAX]);
	assert.ok(trips >= 1 && trips <= 3, `${trips} round trips`); // and who has signed out is read now and then
	await stored(asks, replies);
	const left = replies.filter((_, i) => i % 4 === 0).map(({ head }) => Number(head.match(/RateLimit-Remaining: (\d+)/)[1]));
	assert.deepEqual(left, [...left].sort((a, b) => b - a));
	for (const [i, { id }] of replies.entries()) {
		const told = lines().filter(({ request_id, msg }) => request_id === id && msg === "request");
		assert.deepEqual(told.map(({ status, user_id }) => [status, user_id]), [[201, [one, two, three, far][i % 4].id]]);
	}
});

test("what comes over new connections goes together too", async () => {
	const asks = many(), { replies, batches, batched } = await counted(() => kept.togetherAnew(asks, "chat"));
	assert.deepEqual([statuses(replies), batches, batched], [all(asks, 201), 1, TURN_MAX]);
	await stored(asks, replies);
});

test("one that is alone is no batch", async () => {
	const asks = [post(one, place)], { replies, batches, failed } = await counted(() => together(asks));
	assert.deepEqual([statuses(replies), batches, failed], [[201], 0, 0]);
	await stored(asks, replies);
});

test("more than a batch holds makes several", async () => {
	const asks = many(2 * TURN_MAX + 5), { replies, batches, batched } = await counted(() => together(asks));
	assert.deepEqual(statuses(replies), all(asks, 201));
	assert.ok(batches >= 3 && batches <= 5 && batched >= asks.length - 2, `${batches} batches of ${batched}`);
	await stored(asks, replies);
});

// What a reply says but for what differs each time.
const words = ({ id, head, text }) => [head.replace(/^(RateLimit-\w+|X-Confab-Time): .*$/mg, "$1"), text]
	.map((part) => part.replaceAll(id, "ID"));

test("each is refused as it would be alone, and the others are sent", async () => {
	const [closed, hostile] = [await conversation(one, two), await conversation(one, far)];
	const first = post(one, place), [{ body: { id: gone } }] = await together([post(one, place)]);
	await sql(`UPDATE conversation SET closed_at = app_now() WHERE id = '${closed}'`);
	await sql(`INSERT INTO block (user_id, blocked_id) VALUES ('${far.id}', '${one.id}')`);
	await together([first]);
	await together([["DELETE", `/api/v1/messages/${gone}`, { token: one.token }]]);
	const bad = [post(three, place), post(one, closed), post(one, hostile), post(far, hostile), first,
		post(one, place, { reply_to: randomUUID() }), post(one, place, { reply_to: gone }),
		post(one, place, { type: "image", media_id: randomUUID() }), post(one, randomUUID())];
	const never = [post(one, place, { body: "" }), post(one, place, { type: "image" }), post({ token: "x" }, place),
		post(one, "nowhere"), post(one, place, { client_id: "" })]; // not by the database
	const good = [post(one, place), post(two, place)], asks = [good[0], ...bad, ...never, good[1]];
	const { replies, batches, batched, failed } = await counted(() => together(asks));
	const alone = [];
	for (const ask of [...bad, ...never])
		alone.push((await together([ask]))[0]);
	assert.deepEqual(replies.slice(1, -1).map(words), alone.map(words));
	assert.deepEqual(statuses(replies), [201, 404, 409, 403, 403, 200, 422, 422, 422, 404, 422, 422, 401, 404, 422, 201]);
	assert.deepEqual([batches, batched, failed], [1, bad.length + good.length, 0]);
	await stored(good, [replies[0], replies.at(-1)]);
});

test("the same message several times in a batch is stored once", async () => {
	const ask = post(one, place), asks = [ask, post(two, place), ask, ask, post(two, place), ask];
	const replies = await together(asks);
	assert.deepEqual(statuses(replies), [201, 201, 200, 200, 201, 200]);
	assert.equal(new Set([0, 2, 3, 5].map((i) => replies[i].text)).size, 1);
	await stored([asks[0], asks[1], asks[4]], [replies[0], replies[1], replies[4]]);
});

test("a batch of the longest messages goes through as it is", async () => {
	const texts = ["\u{1F600}", "\"", "\\", "{", ",", "é"];
	const asks = many().map(([method, path, more], i) => [method, path, { ...more,
		body: JSON.stringify({ ...JSON.parse(more.body), body: texts[i % texts.length].repeat(CHARACTERS_MAX) }) }]);
	const { replies, batches } = await counted(() => together(asks));
	assert.deepEqual([statuses(replies), batches], [all(asks, 201), 1]);
	await stored(asks, replies);
});

test("what else is in the turn is served too", async () => {
	const { token } = one, read = ["PUT", `/api/v1/conversations/${place}/read`, { token, body: '{"seq":1}' }];
	const list = ["GET", `/api/v1/conversations/${place}/messages`, { token }];
	const asks = [post(one, place), list, read, post(two, place), list, ["GET", "/api/v1/conversations", { token }]];
	const { replies, batched } = await counted(() => together(asks));
	assert.deepEqual([statuses(replies), batched], [[201, 200, 200, 201, 200, 200], 2]);
});

// --- a batch that fails ---

test("a batch that fails as a whole is served one by one", async () => {
	const asks = [...many(4), post(three, place)];
	for (const code of ["timeout", "internal", "conflict"]) {
		await order("arm", "turn.batch", `error=${code}`);
		const { replies, batches, failed } = await counted(() => together(asks));
		assert.deepEqual([batches, failed], [0, 1], code);
		assert.deepEqual(statuses(replies), code === "timeout" ? [201, 201, 201, 201, 404] : [200, 200, 200, 200, 404]);
		await stored(asks.slice(0, 4), replies.slice(0, 4));
	}
	assert.equal(lines().filter(({ msg, route }) => msg === "batch failed" && route === "message_send").length, 3);
});

// Replies to sends that wait for a lock in the conversation, which is given back after meanwhile.
const backend = () => sql(`SELECT pid FROM pg_stat_activity WHERE application_name = 'chat' AND wait_event_type = 'Lock'
	AND datname = current_database() AND query LIKE '%message_send_batch%'`);
async function heldUp(asks, meanwhile) {
	const free = await hold(`SELECT FROM conversation WHERE id = '${place}' FOR UPDATE`);
	const replies = together(asks);
	await meanwhile(await until(backend, "it waits for the lock"));
	await free();
	return replies;
}

test("a conversation that is held up fails its own messages", async () => {
	const free = await hold(`SELECT FROM conversation WHERE id = '${other}' FOR UPDATE`);
	const asks = [post(one, place), post(three, other), post(two, place)], replies = await together(asks);
	await free();
	assert.deepEqual(statuses(replies), [201, 503, 201]);
	assert.equal(replies[1].body.error, "timeout");
	await stored([asks[0], asks[2]], [replies[0], replies[2]]);
	assert.deepEqual(statuses(await together([asks[1]])), [201]);
});

test("a backend that ends in the middle of a batch is no sender's fault", async () => {
	const asks = many(), replies = await heldUp(asks, (pid) => sql(`SELECT pg_terminate_backend(${pid}, 5000)`));
	assert.deepEqual(statuses(replies), all(asks, 201));
	await stored(asks, replies);
});

test("a worker that is told to leave answers its batch first", async () => {
	const asks = many(), leaving = worker("chat");
	const replies = await heldUp(asks, () => process.kill(leaving, "SIGTERM"));
	assert.deepEqual(statuses(replies), all(asks, 201));
	await stored(asks, replies);
	kept.anew("chat");
	await until(() => worker("chat") && worker("chat") !== leaving, "its successor");
});

test("a worker that is killed in the middle of a batch loses and doubles nothing", async () => {
	const asks = many(), killed = worker("chat");
	const replies = await heldUp(asks, () => process.kill(killed, "SIGKILL"));
	assert.deepEqual(statuses(replies), all(asks, 0));
	kept.anew("chat");
	await until(() => worker("chat") && worker("chat") !== killed, "its successor");
	const again = await together(asks);
	assert.ok(again.every(({ status }) => status === 200 || status === 201), statuses(again).join());
	await stored(asks, again);
	assert.deepEqual((await together(asks)).map(({ text }) => text), again.map(({ text }) => text));
});

await runAll("batch", () => kept.anew("chat"));
