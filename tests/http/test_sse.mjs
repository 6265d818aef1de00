// Server-sent events, judged by npm's eventsource: resuming, kills, tickets, pages, slow readers, refusals.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { BASE_URL, EventSource, api, before, cursorAt, emit, endLogins, eventsChild, hold, metric, pass, person,
	runAll, sql, test, ticket, until } from "./live.mjs";

const STREAM = `${BASE_URL}/api/v1/events/stream`;

// An EventSource with everything it received. stored: the envelopes with a number.
function listen(who, query = "", types = ["test.one"]) {
	const fetchWithToken = (url, init) =>
		fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${who.token}` } });
	const source = new EventSource(STREAM + query, who.token ? { fetch: fetchWithToken } : {});
	const seen = { source, cursors: [], resyncs: [], all: [], opened: 0, errors: [] };
	source.addEventListener("open", () => seen.opened++);
	source.addEventListener("error", (error) => seen.errors.push(error.code));
	source.addEventListener("cursor", (event) => seen.cursors.push(JSON.parse(event.data).cursor));
	source.addEventListener("resync", (event) => seen.resyncs.push([event.lastEventId, JSON.parse(event.data)]));
	for (const type of types)
		source.addEventListener(type, (event) =>
			seen.all.push({ id: event.lastEventId, type, ...JSON.parse(event.data) }));
	return seen;
}

// Its own memory, without the pages it shares with others.
const memoryKib = () =>
	Number(readFileSync(`/proc/${eventsChild()}/status`, "utf8").match(/RssAnon:\s+(\d+)/)[1]);

function inOrder(seen, count) {
	const stored = seen.all.filter((event) => event.seq !== null);
	assert.deepEqual(stored.map((event) => event.seq), Array.from({ length: count }, (_, i) => i + 1));
	for (const event of stored)
		assert.equal(event.id, cursorAt(event.seq));
}

// Begun after the last kill, looked at in the end: what a client hears of an idle stream in 15 seconds.
let idle;
const listenIdle = () => person().then(async (a) => {
	const began = Date.now();
	const reply = await fetch(STREAM, { headers: { Authorization: `Bearer ${a.token}` } });
	const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
	let text = "";
	while (!text.endsWith("\n\n:\n\n")) {
		const { done, value } = await reader.read();
		assert.ok(!done, "it ended");
		text += value;
	}
	await reader.cancel();
	return Date.now() - began;
});

test("events come as they happen, with cursor, type and envelope", async () => {
	const a = await person();
	const seen = listen(a);
	await until(() => seen.cursors.length, "the first cursor");
	assert.equal(seen.cursors[0], cursorAt(0));
	await emit(a, "test.one");
	await until(() => seen.all.length, "an event");
	assert.equal(seen.all[0].type, "test.one");
	assert.deepEqual(seen.all[0].data, { n: 1 });
	assert.match(seen.all[0].created_at, /^\d{4}-.*Z$/);
	inOrder(seen, 1);
	seen.source.close();
	await until(async () => await metric("streams_open") === 0, "its place is free");
});

test("a backlog of 1000 comes in pages, once and in order", async () => {
	const a = await person();
	await emit(a, "test.one", 1000);
	const seen = listen(a, `?cursor=${cursorAt(0)}`);
	await until(() => seen.all.length >= 1000, "the backlog");
	await emit(a, "test.one");
	await until(() => seen.all.length >= 1001, "and what follows");
	inOrder(seen, 1001);
	seen.source.close();
});

test("killed again and again: none lost, none twice", async () => {
	const a = await person();
	const seen = listen(a, `?cursor=${cursorAt(0)}`);
	await until(() => seen.opened, "open");
	for (let kill = 0; kill < 3; kill++) {
		await emit(a, "test.one", 40);
		process.kill(await until(eventsChild, "a child"), "SIGKILL");
		await emit(a, "test.one", 40);
		const count = (kill + 1) * 80;
		await until(() => seen.all.length >= count, `${count} events`);
	}
	inOrder(seen, 240);
	assert.ok(seen.opened >= 4, `it reconnected: ${seen.opened}`);
	seen.source.close();
});

test("a ticket opens one stream, once", async () => {
	idle = before(20, listenIdle);
	const a = await person();
	const text = await ticket(a);
	const seen = listen({}, `?ticket=${text}&cursor=${cursorAt(0)}`);
	await emit(a, "test.one");
	await until(() => seen.all.length, "an event");
	seen.source.close();
	assert.equal((await fetch(`${STREAM}?ticket=${text}`)).status, 401);
	const old = await ticket(a);
	await sql(`UPDATE ticket SET expires_at = now() - interval '1 second' WHERE user_id = '${a.id}'`);
	assert.equal((await fetch(`${STREAM}?ticket=${old}`)).status, 401);
	const ended = await ticket(a);
	await endLogins(a);
	assert.equal((await fetch(`${STREAM}?ticket=${ended}`)).status, 401);
});

// Both hear what is passed on while one of them is being read for; null when that took longer than it is kept (3 s).
async function passedWhileReading() {
	const a = await person();
	await until(async () => await metric("stream_connected") === 1, "the kills before are made good");
	const parked = listen(a, "", ["typing"]);
	await until(() => parked.cursors.length, "parked");
	const reads = await metric("catch_up_reads_total");
	const release = await hold("LOCK TABLE epoch");
	const reading = listen(a, "", ["typing"]);
	await until(async () => await metric("catch_up_reads_total") > reads, "its read is under way");
	const began = Date.now();
	await pass(a, "typing", 1);
	await until(() => parked.all.length, "the parked one hears it");
	await release();
	await until(() => reading.cursors.length, "it was read for");
	const late = Date.now() - began > 2900;
	await pass(a, "typing", 2);
	const heard = (seen) => seen.all.map((event) => event.data.n);
	for (const seen of [parked, reading]) {
		await until(() => heard(seen).includes(2), "one more");
		seen.source.close();
	}
	return late ? null : [heard(parked), heard(reading)];
}

test("what is not stored reaches one that is being read for, too", async () => {
	assert.deepEqual(await until(passedWhileReading, "a read in time"), [[1, 2], [1, 2]]);
});

test("a read whose connection is cut is begun again", async () => {
	const a = await person();
	await emit(a, "test.one");
	const reads = await metric("catch_up_reads_total");
	const release = await hold("LOCK TABLE epoch");
	const poll = api("GET", `/events?cursor=${cursorAt(0)}&wait=20`, a.token);
	const seen = listen(a, `?cursor=${cursorAt(0)}`);
	await until(async () => await metric("catch_up_reads_total") >= reads + 2, "both are being read for");
	await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'events'");
	await release();
	const reply = await poll;
	assert.deepEqual([reply.status, reply.body.events?.length], [200, 1]);
	await until(() => seen.all.length, "the stream has it, too");
	assert.equal(seen.opened, 1);
	seen.source.close();
});

test("of twenty claims of one ticket, one is good", async () => {
	const a = await person();
	const url = `${STREAM}?ticket=${await ticket(a)}`;
	const replies = await Promise.all(Array.from({ length: 20 }, () => fetch(url)));
	assert.equal(replies.filter((reply) => reply.status === 200).length, 1);
	assert.equal(replies.filter((reply) => reply.status === 401).length, 19);
	for (const reply of replies)
		await reply.body.cancel();
});

test("refusals are replies, not streams", async () => {
	const a = await person();
	const get = (query, headers = {}) =>
		fetch(STREAM + query, { headers: { Authorization: `Bearer ${a.token}`, ...headers } });
	assert.equal((await fetch(STREAM)).status, 401);
	assert.equal((await fetch(`${STREAM}?ticket=x`)).status, 401);
	assert.equal((await fetch(STREAM, { headers: { Authorization: "Bearer x.y.z" } })).status, 401);
	assert.equal((await get("?cursor=x")).status, 400);
	assert.equal((await get("?nothing=1")).status, 422);
	const bad = await get("", { "Last-Event-ID": "7" });
	assert.equal(bad.status, 400);
	assert.equal((await bad.json()).details.field, "Last-Event-ID");
	assert.equal((await fetch(STREAM, { method: "POST" })).status, 405);
});

test("the head: not buffered, not stored, a retry time", async () => {
	const a = await person();
	const reply = await fetch(STREAM, { headers: { Authorization: `Bearer ${a.token}` } });
	assert.equal(reply.status, 200);
	assert.equal(reply.headers.get("content-type"), "text/event-stream");
	assert.equal(reply.headers.get("cache-control"), "no-store");
	const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
	let text = "";
	while (!text.includes("event: cursor"))
		text += (await reader.read()).value ?? assert.fail("it ended");
	assert.ok(text.startsWith("retry: 2000\n\n"));
	await reader.cancel();
});

test("a cursor that cannot be resumed gives resync, and the stream goes on", async () => {
	const a = await person();
	await emit(a, "test.one", 4);
	const seen = listen(a, "?cursor=1-1");
	await until(() => seen.resyncs.length, "resync");
	assert.deepEqual(seen.resyncs[0], [cursorAt(4), { cursor: cursorAt(4) }]);
	await emit(a, "test.one");
	await until(() => seen.all.length, "an event");
	assert.equal(seen.all[0].seq, 5);
	seen.source.close();
});

test("what is not stored has no id and moves no cursor", async () => {
	const a = await person();
	const seen = listen(a, `?cursor=${cursorAt(0)}`, ["typing", "test.one"]);
	await until(() => seen.cursors.length, "open");
	await emit(a, "test.one");
	await until(() => seen.all.length === 1, "one");
	await pass(a, "typing", 7);
	await until(() => seen.all.length === 2, "typing");
	assert.equal(seen.all[1].seq, null);
	assert.equal(seen.all[1].id, "");
	assert.deepEqual(seen.all[1].data, { n: 7 });
	seen.source.close();
});

test("an ended login ends the stream, and it cannot come back", async () => {
	const a = await person();
	const seen = listen(a);
	await until(() => seen.cursors.length, "open");
	await endLogins(a);
	await until(() => seen.errors.includes(401), "refused on coming back");
	assert.equal(seen.source.readyState, EventSource.CLOSED);
});

test("a reader that does not read costs little, delays nobody, and misses nothing", async () => {
	const a = await person();
	const b = await person();
	const url = new URL(STREAM);
	const held = memoryKib();
	const socket = connect(Number(url.port), url.hostname);
	await emit(a, "test.one", 5000, "'n', n, 'text', repeat('x', 2000)"); // 10 MB
	socket.pause();
	socket.write(`GET ${url.pathname}?cursor=${cursorAt(0)} HTTP/1.1\r\nHost: x\r\n` +
		`Authorization: Bearer ${a.token}\r\n\r\n`);
	await until(async () => await metric("streams_open") >= 1, "open");
	const seen = listen(b);
	await until(() => seen.cursors.length, "b is open");
	for (let i = 1; i <= 5; i++) { // who has not read for 30 s is sent away
		await emit(b, "test.one");
		await until(() => seen.all.length === i, "b's event");
	}
	assert.ok(/asan|tsan/.test(process.env.BIN) || memoryKib() - held < 4096,
		`${memoryKib() - held} KiB more than before`);
	const numbers = [];
	let text = "";
	socket.setEncoding("utf8");
	socket.on("data", (chunk) => {
		text += chunk;
		// Whole events only, without the frames of chunks, which may begin anywhere in a line.
		const end = text.lastIndexOf("\n\n");
		const lines = text.slice(0, Math.max(end, 0)).replace(/\r\n[0-9a-f]+\r\n/g, "").split("\n");
		text = text.slice(Math.max(end, 0));
		for (const line of lines)
			if (line.startsWith("id: "))
				numbers.push(Number(line.slice(4).split("-")[1]));
	});
	socket.resume();
	await until(() => numbers.at(-1) === 5000, "all of it");
	assert.deepEqual(numbers.slice(-5000), Array.from({ length: 5000 }, (_, i) => i + 1));
	socket.destroy();
	seen.source.close();
});

test("one with thousands of events holds nobody up", async () => {
	const a = await person();
	const b = await person();
	await emit(a, "test.one", 20000);
	const fast = listen(b);
	await until(() => fast.cursors.length, "b is open");
	const slow = [1, 2, 3].map(() => listen(a, `?cursor=${cursorAt(0)}`));
	// How much the others were told between the commit of an event of b's and its coming, as a part of all.
	const told = () => slow.reduce((sum, seen) => sum + seen.all.length, 0) / 60000, parts = [];
	while (told() < 1) {
		await emit(b, "test.one");
		const committed = told();
		await until(() => fast.all.length === parts.length + 1, "b's event");
		parts.push(told() - committed);
	}
	const longest = Math.max(...parts);
	console.log(`    ${parts.length} events beside 3 x 20000: each before ${(100 * longest).toFixed(1)} % of them at most`);
	assert.ok(parts.length > 1 && longest < 0.5, parts.join());
	for (const seen of slow) {
		inOrder(seen, 20000);
		seen.source.close();
	}
	fast.source.close();
});

test("an idle stream shows signs of life", async () => {
	const took = await idle;
	assert.ok(took > 1000, `${took} ms`);
});

await runAll("sse");
