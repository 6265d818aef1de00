// A turn with many requests: each gets the answer that it would have got alone, whatever becomes of the others.
// Run by test_turn.sh.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import * as kept from "./kept.mjs";
import { TURN_MAX, Kept, metrics } from "./kept.mjs";
import { hold, order, person, runAll, sql, test, until } from "./live.mjs";

const CACHE_SLOTS = 256;
const worker = () => kept.worker("people"), lines = () => kept.lines("people"), anew = () => kept.anew("people");
const metric = (name, program = "people") => kept.metric(name, program);
const together = (asks, program = "people") => kept.together(asks, program);
const backends = (where) => sql(`SELECT pid FROM pg_stat_activity WHERE application_name = 'people'
	AND datname = current_database() AND ${where}`);

const people = [await person(), await person()], [one, two] = people;
const report = JSON.stringify({ target_type: "USER", target_id: two.id, reason: "SPAM" });
const { body: { id: reported } } = await (await Kept.open("people")).ask("POST", "/api/v1/reports", { token: one.token, body: report });
const me = (who) => ["GET", "/api/v1/users/me", { token: who.token }];
const other = (who, whom) => ["GET", `/api/v1/users/${whom.id}`, { token: who.token }];
const mine = () => ["GET", `/api/v1/reports/${reported}`, { token: one.token }];
const statuses = (replies) => replies.map(({ status }) => status);

test("the reads of a turn are one round trip, and each has its own answer", async () => {
	const asks = [...Array(TURN_MAX).keys()].map((i) => [me(one), other(one, two), me(two), mine()][i % 4]);
	await together(asks); // every statement is prepared
	const before = await metric("db_round_trips_total"), replies = await together(asks);
	const trips = await metric("db_round_trips_total") - before;
	assert.deepEqual(statuses(replies), asks.map(() => 200));
	replies.forEach(({ body }, i) => assert.equal(body.id, [one.id, two.id, one.id === body.id ? "" : two.id, reported][i % 4]));
	assert.ok(trips >= 1 && trips <= 3, `${trips} round trips`); // and who has signed out is read now and then
});

test("more than a turn holds are answered in several", async () => {
	const asks = Array(3 * TURN_MAX + 1).fill(other(one, two));
	const before = await metric("db_round_trips_total"), replies = await together(asks);
	const trips = await metric("db_round_trips_total") - before;
	assert.deepEqual(statuses(replies), asks.map(() => 200));
	assert.ok(trips <= 3 + 1 + 2, `${trips} round trips`);
});

test("who says no more is answered once, and others beside", async () => {
	for (const count of [1, 5, TURN_MAX, TURN_MAX + 3]) {
		const asks = [...Array(count).keys()].map((i) => [me(one), me(two), other(one, two)][i % 3]);
		const replies = await kept.togetherLast(asks, "people");
		assert.deepEqual(statuses(replies), asks.map(() => 200));
		replies.forEach(({ body }, i) => assert.equal(body.id, [one.id, two.id, two.id][i % 3]));
	}
	assert.deepEqual(statuses(await together([me(one), me(two)])), [200, 200]);
});

test("each is logged and counted as if it were alone", async () => {
	const asks = [me(one), me(two), ["GET", "/api/v1/users/nobody", { token: one.token }],
		["GET", "/api/v1/users/me", {}], other(two, one), ["DELETE", "/api/v1/users/me", { token: one.token }],
		["GET", `/api/v1/users/${randomUUID()}`, { token: two.token }], me(one)];
	const count = async () => Number((await metrics())
		.match(/^confab_http_requests_total\{program="people",route="user_me_get",status="2xx"\} (\d+)$/m)[1]);
	const before = await count(), replies = await together(asks);
	assert.deepEqual(statuses(replies), [200, 200, 404, 401, 200, 405, 404, 200]);
	for (const [i, { id, status }] of replies.entries()) {
		const said = lines().filter(({ request_id, msg }) => request_id === id && msg === "request");
		assert.equal(said.length, 1, id);
		assert.equal(said[0].status, status);
		assert.equal(said[0].path, asks[i][1]);
	}
	const user = (i) => lines().find(({ request_id }) => request_id === replies[i].id).user_id;
	assert.deepEqual([user(0), user(1), user(4), user(7)], [one.id, two.id, two.id, one.id]);
	assert.equal(await count() - before, 3);
});

test("each of a turn counts against its user's limit", async () => {
	const began = Date.now(), replies = await together(Array(TURN_MAX).fill(0).map(() => me(one)));
	const back = Math.ceil((Date.now() - began) / 20); // one each 20 ms
	const left = replies.map(({ head }) => Number(head.match(/RateLimit-Remaining: (\d+)/)[1]));
	assert.ok(left[0] - left.at(-1) >= TURN_MAX - 1 - back, left.join());
	assert.ok(back >= TURN_MAX || left[0] > left.at(-1), left.join());
});

test("two who share a place in the cache of tokens stay who they are", async () => {
	const slot = (token) => [...token.slice(-8)].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 0) % CACHE_SLOTS;
	const places = new Map();
	let pairOf;
	while (!pairOf) {
		const who = await person();
		if (places.has(slot(who.token)))
			pairOf = [places.get(slot(who.token)), who];
		places.set(slot(who.token), who);
	}
	// The second of each is found there, before the other one takes its place.
	const asking = [...Array(TURN_MAX).keys()].map((i) => pairOf[(i >> 1) % 2]), replies = await together(asking.map(me));
	assert.deepEqual(replies.map(({ body }) => body.id), asking.map(({ id }) => id));
	for (const [i, { id }] of replies.entries())
		assert.equal(lines().find(({ request_id }) => request_id === id).user_id, asking[i].id);
});

test("a body that nobody read is not taken for the next request", async () => {
	const over = await Kept.open("people"), body = "x".repeat(60000); // several times what is read ahead
	for (const [method, path, status] of [["PATCH", "/api/v1/users/me", 401], ["POST", "/api/v1/users/me", 405]]) {
		assert.equal((await over.ask(method, path, { body })).status, status);
		assert.equal((await over.ask(...me(two))).body?.id, two.id);
	}
	over.socket.destroy();
});

test("a statement that fails fails one request", async () => {
	const asks = [me(one), other(one, two), mine(), me(two), mine(), other(two, one)];
	await together(asks);
	await sql("ALTER TABLE report RENAME COLUMN state TO state_away");
	const replies = await together(asks);
	await sql("ALTER TABLE report RENAME COLUMN state_away TO state");
	assert.deepEqual(statuses(replies), [200, 200, 500, 200, 500, 200]);
	for (const [i, failed] of [2, 4].entries()) {
		const said = lines().filter(({ request_id, msg }) =>
			request_id === replies[failed].id && msg === "statement failed");
		assert.equal(said.length, 1, `the ${i + 1}. that failed`);
		assert.equal(said[0].statement, "report_get");
		assert.ok(replies[failed].text.includes(replies[failed].id), replies[failed].text);
	}
	assert.deepEqual(statuses(await together(asks)), asks.map(() => 200));
});

test("writes of a turn run alone, and a key makes two of them one", async () => {
	const headers = { HTTP_IDEMPOTENCY_KEY: randomUUID() }, body = JSON.stringify({ ai: true });
	const post = ["POST", "/api/v1/sessions/chat", { token: two.token, body, headers }];
	const first = (await together([post], "sessions"))[0];
	const get = ["GET", `/api/v1/sessions/${first.body.id}`, { token: two.token }];
	const replies = await together([get, post, get, post, get], "sessions");
	assert.deepEqual(statuses([first, ...replies]), [201, 200, 201, 200, 201, 200]);
	assert.deepEqual([replies[1].text, replies[3].text], [first.text, first.text]);
	assert.equal(await sql(`SELECT count(*) FROM session WHERE user_id = '${two.id}'`), "1");
});

test("what can be slow goes alone", async () => {
	const token = one.token, unread = ["GET", "/api/v1/conversations/unread-count", { token }];
	const search = ["GET", "/api/v1/conversations/search", { token, headers: { QUERY_STRING: "q=word" } }];
	const before = await metric("db_round_trips_total", "chat");
	const replies = await together([search, unread, search, unread, search, unread, search], "chat");
	const trips = await metric("db_round_trips_total", "chat") - before;
	assert.deepEqual(statuses(replies), replies.map(() => 200));
	assert.ok(trips >= 5, `${trips} round trips`);
});

// What stands behind a read that waits for a lock.
async function heldUp(asks, meanwhile) {
	const free = await hold("LOCK TABLE report");
	const replies = together(asks);
	const pid = await until(() => backends("wait_event_type = 'Lock'"), "it waits for the lock");
	await meanwhile(pid);
	await free();
	return replies;
}

test("a turn of reads that all wait too long is no worker that stands still", async () => {
	const asks = [mine(), mine(), me(one), mine(), mine()], before = worker(); // longer than it may be silent
	const free = await hold("LOCK TABLE report"), replies = await together(asks);
	await free();
	assert.deepEqual(statuses(replies), [503, 503, 200, 503, 503]);
	assert.equal(replies[4].body.error, "timeout");
	assert.equal(worker(), before);
});

test("a backend that ends in the middle of a turn is no request's fault", async () => {
	const asks = [me(one), mine(), other(one, two), me(two), mine()];
	const replies = await heldUp(asks, (pid) => sql(`SELECT pg_terminate_backend(${pid}, 5000)`));
	assert.deepEqual(statuses(replies), asks.map(() => 200));
	assert.equal(replies[3].body.id, two.id);
});

test("a worker that is told to leave answers its turn first", async () => {
	const asks = [me(one), mine(), other(one, two), me(two)], leaving = worker();
	const replies = await heldUp(asks, () => process.kill(leaving, "SIGTERM"));
	assert.deepEqual(statuses(replies), asks.map(() => 200));
	anew();
	await until(() => worker() && worker() !== leaving, "its successor");
	assert.deepEqual(statuses(await together(asks)), asks.map(() => 200));
});

test("a request that crashes is the one that is named, and nothing stays counted as being served", async () => {
	await order("arm", "request", "segv text=crash-me");
	const asks = [me(one), other(one, two), ["GET", "/api/v1/users/me",
		{ token: one.token, headers: { REQUEST_ID: "crash-me-in-a-turn" } }], me(two)];
	const replies = await together(asks);
	assert.deepEqual(statuses(replies), [0, 0, 0, 0]); // nginx sends what it may send again
	anew();
	const crashed = lines().filter(({ msg }) => msg === "crashed");
	if (process.env.BIN.includes("/test/")) {
		assert.equal(crashed.length, 1);
		assert.equal(crashed[0].request_id, "crash-me-in-a-turn");
		assert.equal(crashed[0].route, "user_me_get");
	}
	await until(async () => await metric("requests_busy") === 0, "nothing is being served");
});

await runAll("turn", anew);
