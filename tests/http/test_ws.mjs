// WebSockets, judged by npm's ws: handshakes refused, tickets, frames good and bad, both directions, resuming.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { BASE_URL, STACK_DIR, WebSocket, api, conversation, cursorAt, emit, endLogins, eventsChild, hold, pass, person, runAll,
	sql, test, ticket, until } from "./live.mjs";

const URL_WS = `${BASE_URL.replace("http", "ws")}/api/v1/ws`;

// A socket with everything it received. query: behind the ticket.
async function open(who, query = "", options = {}) {
	const socket = new WebSocket(`${URL_WS}?ticket=${await ticket(who)}${query}`, options.protocol, options);
	const seen = { socket, frames: [], events: [], answers: new Map(), pings: 0, closed: null, cursor: null };
	socket.on("error", () => {});
	socket.on("ping", () => seen.pings++);
	socket.on("close", (code) => { seen.closed = code; });
	socket.on("message", (data) => {
		const frame = JSON.parse(data);
		seen.frames.push(frame);
		if (frame.type === "answer")
			seen.answers.set(frame.id, frame);
		if (frame.type === "events") {
			seen.events.push(...frame.events);
			seen.cursor = frame.cursor;
		}
	});
	seen.ask = async (op, rest = {}) => {
		const id = randomBytes(4).toString("hex");
		socket.send(JSON.stringify({ id, op, ...rest }));
		return until(() => seen.answers.get(id), `the answer to ${op}`);
	};
	await until(() => seen.cursor || seen.closed, "the first frame");
	return seen;
}

const closedWith = async (seen, code) => {
	await until(() => seen.closed, `closed with ${code}`);
	assert.equal(seen.closed, code);
};

// --- handshakes ---

// What the server answers to these bytes, up to the end of the connection or of the first reply.
function raw(head) {
	const url = new URL(BASE_URL);
	return new Promise((done, fail) => {
		const socket = connect(Number(url.port), url.hostname, () => socket.write(head));
		let text = "";
		socket.setEncoding("utf8");
		socket.setTimeout(60000, () => socket.destroy(new Error("timeout")));
		socket.on("data", (chunk) => {
			text += chunk;
			if (/\r\n\r\n/.test(text) && (text.startsWith("HTTP/1.1 101") || text.includes("}")))
				socket.destroy();
		});
		socket.on("error", fail);
		socket.on("close", () => done(text));
	});
}

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
function handshake(query, change = {}) {
	const headers = { Host: new URL(BASE_URL).host, Upgrade: "websocket", Connection: "Upgrade",
		"Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13", ...change };
	return `GET /api/v1/ws${query} HTTP/1.1\r\n` +
		Object.entries(headers).filter(([, value]) => value !== undefined)
			.map(([name, value]) => `${name}: ${value}\r\n`).join("") + "\r\n";
}

test("the handshake: accept key, subprotocol", async () => {
	const a = await person();
	const reply = await raw(handshake(`?ticket=${await ticket(a)}`,
		{ "Sec-WebSocket-Protocol": "x, confab.v1" }));
	assert.match(reply, /^HTTP\/1.1 101 /);
	assert.match(reply, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
	assert.match(reply, /\r\nSec-WebSocket-Protocol: confab.v1\r\n/i);
	const plain = await raw(handshake(`?ticket=${await ticket(a)}`));
	assert.doesNotMatch(plain, /Sec-WebSocket-Protocol/i);
});

test("handshakes that are refused, each with its status and the error shape", async () => {
	const a = await person();
	const cases = [
		[426, "upgrade_required", handshake("?ticket=x", { Upgrade: undefined })],
		[426, "upgrade_required", handshake("?ticket=x", { Upgrade: "h2c" })],
		[426, "upgrade_required", handshake("?ticket=x", { "Sec-WebSocket-Version": "8" })],
		[426, "upgrade_required", handshake("?ticket=x", { "Sec-WebSocket-Version": undefined })],
		[400, "bad_request", handshake("?ticket=x", { "Sec-WebSocket-Key": undefined })],
		[400, "bad_request", handshake("?ticket=x", { "Sec-WebSocket-Key": "short" })],
		[403, "forbidden", handshake("?ticket=x", { Origin: "https://evil.example" })],
		[403, "forbidden", handshake("?ticket=x", { Origin: "null" })],
		[401, "unauthorized", handshake("")],
		[400, "bad_cursor", handshake("?ticket=x&cursor=7")],
		[400, "bad_request", handshake("?ticket=x&other=7")],
		[400, "bad_request", handshake("?ticket=%zz")],
		[405, "method_not_allowed", handshake("?ticket=x").replace("GET", "POST")],
	];
	for (const [status, code, head] of cases) {
		const reply = await raw(head);
		assert.ok(reply.startsWith(`HTTP/1.1 ${status} `), `${head}\n${reply}`);
		const body = JSON.parse(reply.slice(reply.indexOf("\r\n\r\n")).match(/\{.*\}/)[0]);
		assert.equal(body.error, code, head);
		assert.ok(body.request_id.length > 8);
	}
	const own = await raw(handshake(`?ticket=${await ticket(a)}`, { Origin: BASE_URL }));
	assert.match(own, /^HTTP\/1.1 101 /);
});

test("an access token is no ticket; a ticket is good once", async () => {
	const a = await person();
	const text = await ticket(a);
	const codes = [];
	for (const secret of [a.token.slice(0, 60), text, text]) {
		const socket = new WebSocket(`${URL_WS}?ticket=${secret}`);
		codes.push(await new Promise((done) => {
			socket.on("message", () => socket.close(1000));
			socket.on("error", () => {});
			socket.on("close", done);
		}));
	}
	assert.deepEqual(codes, [4001, 1000, 4001]);
	await endLogins(a);
});

// --- down ---

test("events, in order, from a cursor; what is not stored too", async () => {
	const a = await person();
	await emit(a, "test.one", 450);
	const seen = await open(a, `&cursor=${cursorAt(0)}`);
	await until(() => seen.events.length === 450, "the backlog");
	await emit(a, "test.two");
	await until(() => seen.events.length === 451, "one more");
	assert.deepEqual(seen.events.map((event) => event.seq), Array.from({ length: 451 }, (_, i) => i + 1));
	assert.equal(seen.cursor, cursorAt(451));
	await pass(a, "typing", 3);
	await until(() => seen.events.length === 452, "typing");
	assert.equal(seen.events[451].seq, null);
	seen.socket.close(1000);
	await closedWith(seen, 1000);
});

test("from now on without a cursor, and further from where it was", async () => {
	const a = await person();
	await emit(a, "test.one", 3);
	const first = await open(a);
	assert.equal(first.cursor, cursorAt(3));
	first.socket.terminate();
	await emit(a, "test.one", 2);
	const second = await open(a, `&cursor=${first.cursor}`);
	await until(() => second.events.length === 2, "what came between");
	assert.deepEqual(second.events.map((event) => event.seq), [4, 5]);
	second.socket.close();
});

test("a cursor that cannot be resumed: resync and 4009", async () => {
	const a = await person();
	await emit(a, "test.one", 2);
	const seen = await open(a, "&cursor=1-1");
	await closedWith(seen, 4009);
	assert.deepEqual(seen.frames, [{ type: "resync", cursor: cursorAt(2) }]);
});

test("an ended login: 4001", async () => {
	const a = await person();
	const seen = await open(a);
	await endLogins(a);
	await closedWith(seen, 4001);
});

// --- up ---

test("send, read, typing, both ways", async () => {
	const [a, b, c] = [await person(), await person(), await person()];
	const id = await conversation(a, b);
	const [wa, wb, wc] = [await open(a), await open(b), await open(c)];
	const data = { client_id: "m-1", body: "Grüße ✓" };
	const sent = await wa.ask("send", { conversation_id: id, data });
	assert.equal(sent.status, 201);
	assert.equal(sent.data.seq, 1);
	assert.equal(sent.data.body, data.body);
	const again = await wa.ask("send", { conversation_id: id, data });
	assert.equal(again.status, 200);
	assert.equal(again.data.id, sent.data.id);
	const stored = () => wb.events.filter((event) => event.seq !== null);
	await until(() => stored().length === 1, "b hears of it");
	assert.equal(stored()[0].type, "message.created");
	assert.equal(stored()[0].data.id, sent.data.id);
	const typing = await wa.ask("typing", { conversation_id: id });
	assert.equal(typing.status, 204);
	await until(() => wb.events.some((event) => event.type === "typing" && event.seq === null), "typing");
	const read = await wb.ask("read", { conversation_id: id, data: { seq: 1 } });
	assert.deepEqual([read.status, read.data], [200, { conversation_id: id, read_seq: 1, unread: 0 }]);
	await until(() => wa.events.some((event) => event.type === "message.read"), "a hears that it was read");
	const lower = await wb.ask("read", { conversation_id: id, data: { seq: 0 } });
	assert.equal(lower.data.read_seq, 1);
	// The same as over HTTP.
	const twin = await api("PUT", `/conversations/${id}/read`, b.token, { seq: 1 });
	assert.deepEqual(twin.body, lower.data);
	for (const [op, rest] of [["send", { data }], ["read", { data: { seq: 0 } }], ["typing", {}]]) {
		const refused = await wc.ask(op, { conversation_id: id, ...rest });
		assert.equal(refused.status, 404);
		assert.equal(refused.error.error, "not_found");
	}
	assert.equal(wb.events.filter((event) => event.type === "message.read").length, 1);
	for (const seen of [wa, wb, wc])
		seen.socket.close();
});

test("presence: here, away, back, and gone when the grace is over", async () => {
	const [a, b, c] = [await person(), await person(), await person()];
	await conversation(a, b);
	const [wb, wc] = [await open(b), await open(c)];
	const statuses = (seen) => seen.events.filter((event) => event.type === "presence" && event.data.user_id === a.id)
		.map((event) => event.data.status);
	const heard = (...wanted) => until(() => statuses(wb).length >= wanted.length, `${wanted}`)
		.then(() => assert.deepEqual(statuses(wb), wanted));
	const shown = async () => (await api("GET", `/users/${a.id}`, b.token)).body.presence;
	assert.deepEqual(await shown(), { status: "OFFLINE", last_seen_at: null });
	const wa = await open(a);
	await heard("ONLINE");
	const away = await wa.ask("presence", { data: { status: "AWAY" } });
	assert.deepEqual([away.status, away.data], [200, { status: "AWAY" }]);
	await heard("ONLINE", "AWAY");
	assert.deepEqual(await shown(), { status: "AWAY", last_seen_at: null });
	const twin = await api("PUT", "/users/me/presence", a.token, { status: "ONLINE" });
	assert.deepEqual(twin.body, { status: "ONLINE" });
	await heard("ONLINE", "AWAY", "ONLINE");
	for (const data of [undefined, {}, { status: "OFFLINE" }, { status: 1 }, { status: "AWAY", more: 1 }]) {
		const refused = await wa.ask("presence", { data });
		const same = await api("PUT", "/users/me/presence", a.token, data ?? {});
		assert.deepEqual([refused.status, refused.error.error, refused.error.errors],
			[same.status, same.body.error, same.body.errors]);
		assert.equal(refused.status, 422);
	}
	wa.socket.terminate();
	const again = await open(a); // within the grace
	assert.equal((await again.ask("ping")).status, 200);
	again.socket.close();
	await heard("ONLINE", "AWAY", "ONLINE", "OFFLINE");
	assert.match(wb.events.at(-1).data.last_seen_at, /T\d\d:\d\d:00.000000Z$/);
	assert.deepEqual(await shown(), { status: "OFFLINE", last_seen_at: wb.events.at(-1).data.last_seen_at });
	assert.deepEqual(statuses(wc), []);
	for (const seen of [wb, wc])
		seen.socket.close();
});

test("each mistake is answered as over HTTP", async () => {
	const [a, b] = [await person(), await person()];
	const id = await conversation(a, b);
	const seen = await open(a);
	const without = ({ request_id: _, ...rest }) => rest;
	for (const body of [{}, { client_id: "a b", body: "x" }, { client_id: "a", body: "" },
		{ client_id: "a", body: "x", more: 1 }, { client_id: 1, body: "x" },
		{ client_id: "a", body: "x".repeat(4001) }, { client_id: "a", body: "x", type: "system" },
		{ client_id: "a", body: "x", reply_to: a.id }, { client_id: "a", type: "image", media_id: a.id },
		{ client_id: "a", type: "image" }, { client_id: "a", body: "x", media_id: a.id }]) {
		const twin = await api("POST", `/conversations/${id}/messages`, a.token, body);
		const answer = await seen.ask("send", { conversation_id: id, data: body });
		assert.equal(answer.status, twin.status);
		assert.deepEqual(without(answer.error), without(twin.body));
	}
	const late = await seen.ask("read", { conversation_id: id, data: { seq: 5 } });
	const twin = await api("PUT", `/conversations/${id}/read`, a.token, { seq: 5 });
	assert.deepEqual([late.status, without(late.error)], [twin.status, without(twin.body)]);
	for (const [frame, status, code] of [
		["{", 400, "bad_json"], ["[]", 422, "validation_error"], ["{}", 422, "validation_error"],
		['{"id":"x","op":"nothing"}', 422, "validation_error"],
		['{"id":"x","op":"send","data":{}}', 422, "validation_error"],
		['{"id":"x","op":"ping","conversation_id":"' + id + '"}', 422, "validation_error"],
		['{"id":"x","op":"ping","more":1}', 422, "validation_error"],
		['{"id":"x","op":"ping","data":[]}', 422, "validation_error"],
		['{"id":"' + "x".repeat(65) + '","op":"ping"}', 422, "validation_error"]]) {
		const before = seen.frames.length;
		seen.socket.send(frame);
		await until(() => seen.frames.length > before, "an answer");
		assert.deepEqual([seen.frames.at(-1).status, seen.frames.at(-1).error.error], [status, code], frame);
	}
	await sql(`UPDATE conversation SET closed_at = now() WHERE id = '${id}'`);
	const data = { client_id: "c", body: "x" };
	const closed = await seen.ask("send", { conversation_id: id, data });
	const twinClosed = await api("POST", `/conversations/${id}/messages`, a.token, data);
	assert.deepEqual([closed.status, closed.error.error], [409, "bad_state"]);
	assert.deepEqual(without(closed.error), without(twinClosed.body));
	seen.socket.close();
});

test("a call that waits for a lock holds up nobody else", async () => {
	const [a, b] = [await person(), await person()];
	const id = await conversation(a, b);
	const seen = await open(a);
	const release = await hold(`SELECT FROM conversation WHERE id = '${id}' FOR UPDATE`);
	const sending = seen.ask("send", { conversation_id: id, data: { client_id: "slow", body: "x" } });
	await until(() => sql(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'
		AND query LIKE '%message_send%'`), "it waits");
	const other = await open(await person());
	assert.match((await other.ask("ping")).data.server_time, /Z$/);
	const read = await api("GET", `/events?cursor=${cursorAt(0)}&wait=0`, b.token);
	assert.deepEqual(read.body, { events: [], cursor: cursorAt(0) });
	assert.equal(seen.answers.size, 0);
	await release();
	assert.equal((await sending).status, 201);
	for (const one of [seen, other])
		one.socket.close();
});

test("who is blocked is told so, as over HTTP; the longest text fits, escaped too", async () => {
	const [a, b] = [await person(), await person()];
	const id = await conversation(a, b);
	const seen = await open(a);
	const text = "ü".repeat(4000);
	const data = JSON.stringify({ client_id: "long", body: text }).replaceAll("ü", "\\u00fc");
	seen.socket.send(`{"id":"long","op":"send","conversation_id":"${id}","data":${data}}`);
	const sent = await until(() => seen.answers.get("long"), "the answer");
	assert.deepEqual([sent.status, sent.data.body], [201, text]);
	assert.equal((await api("PUT", `/users/me/blocks/${a.id}`, b.token)).status, 204);
	const twin = await api("POST", `/conversations/${id}/messages`, a.token, { client_id: "b", body: "x" });
	const refused = await seen.ask("send", { conversation_id: id, data: { client_id: "b", body: "x" } });
	assert.equal(refused.status, twin.status);
	assert.equal(refused.error.error, twin.body.error);
	seen.socket.close();
});

test("ack and ping; events wait for acks once there are any", async () => {
	const a = await person();
	const seen = await open(a);
	assert.match((await seen.ask("ping")).data.server_time, /Z$/);
	assert.equal((await seen.ask("ack", { data: { cursor: cursorAt(7) } })).error.error, "bad_cursor");
	assert.equal((await seen.ask("ack", { data: { cursor: seen.cursor } })).status, 200);
	await emit(a, "test.one", 3000);
	await until(() => seen.events.length >= 1000, "a window of events");
	await seen.ask("ping");
	assert.ok(seen.events.length < 1400, `${seen.events.length}`);
	while (seen.events.length < 3000) {
		const had = seen.events.length;
		await seen.ask("ack", { data: { cursor: seen.cursor } });
		await until(() => seen.events.length > had || had === 3000, "more");
	}
	assert.deepEqual(seen.events.map((event) => event.seq), Array.from({ length: 3000 }, (_, i) => i + 1));
	seen.socket.close();
});

// --- frames ---

const LARGEST = 33 * 1024; // the largest body of the HTTP twin, and what stands around it

test("fragments make one message; control frames may stand between", async () => {
	const seen = await open(await person());
	seen.socket.send('{"id":"fr",', { fin: false });
	seen.socket.ping();
	seen.socket.send('"op":', { fin: false });
	seen.socket.send('"ping"}', { fin: true });
	await until(() => seen.answers.get("fr"), "the answer");
	await new Promise((done) => { seen.socket.once("pong", done); seen.socket.ping("x"); });
	seen.socket.close();
});

test("too large, binary, not UTF-8, not masked, reserved bits", async () => {
	const a = await person();
	const large = await open(a);
	large.socket.send("x".repeat(LARGEST + 1));
	await closedWith(large, 1009);
	const pieces = await open(a);
	for (let i = 0; i < 34; i++)
		pieces.socket.send("x".repeat(1024), { fin: false });
	await closedWith(pieces, 1009);
	const fits = await open(a);
	fits.socket.send(" ".repeat(LARGEST));
	await until(() => fits.frames.length > 1, "an answer to what just fits");
	assert.equal(fits.frames.at(-1).status, 400);
	fits.socket.send(Buffer.from([1, 2, 3]));
	await closedWith(fits, 1003);
	const utf8 = await open(a);
	utf8.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
	await closedWith(utf8, 1007);
	const plain = await open(a);
	plain.socket._socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]));
	await closedWith(plain, 1002);
	const reserved = await open(a);
	reserved.socket._socket.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]));
	await closedWith(reserved, 1002);
});

test("a message in too many fragments: 1008", async () => {
	const a = await person();
	const fits = await open(a);
	const text = '{"id":"fr","op":"ping"}';
	for (let i = 0; i < 64; i++)
		fits.socket.send(text.slice(i, i + 1), { fin: i === 63 });
	await until(() => fits.answers.get("fr"), "the answer");
	fits.socket.send(text.slice(0, 5), { fin: false });
	for (let i = 0; i < 64; i++)
		fits.socket.send("", { fin: false });
	await closedWith(fits, 1008);
});

test("garbage after the handshake harms nobody", async () => {
	const a = await person();
	const other = await open(await person());
	const child = eventsChild();
	for (let i = 0; i < 30; i++) {
		const seen = await open(a);
		seen.socket._socket.write(randomBytes(1 + i * 40));
		seen.socket._socket.end();
		await until(() => seen.closed, "closed");
	}
	assert.equal((await other.ask("ping")).status, 200);
	assert.equal(eventsChild(), child);
	other.socket.close();
});

test("killed: the client comes again with its cursor and has everything once", async () => {
	const a = await person();
	const numbers = [];
	let cursor = cursorAt(0), seen = null;
	const writer = (async () => {
		for (let kill = 0; kill < 3; kill++) {
			await emit(a, "test.one", 50);
			process.kill(await until(eventsChild, "a child"), "SIGKILL");
			await emit(a, "test.one", 50);
			await until(() => numbers.length + (seen?.events.length ?? 0) >= 100 * (kill + 1), "all so far");
		}
	})();
	while (numbers.length < 300) {
		seen = await open(a, `&cursor=${cursor}`).catch(() => null);
		if (seen === null)
			continue; // no ticket: it is being started
		await until(() => seen.closed !== null || numbers.length + seen.events.length >= 300, "more");
		numbers.push(...seen.events.map((event) => event.seq));
		cursor = seen.cursor ?? cursor;
		seen.socket.terminate();
		seen = null;
	}
	await writer;
	assert.deepEqual(numbers, Array.from({ length: 300 }, (_, i) => i + 1));
});

test("the program's end: 1001", async () => {
	const a = await person();
	const seen = await open(a);
	process.kill(eventsChild(), "SIGTERM");
	await closedWith(seen, 1001);
	await until(eventsChild, "another child");
});

test("what was refused is found in the log by its id, and no log has a ticket", async () => {
	const seen = await open(await person());
	const refused = await seen.ask("typing", { conversation_id: "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80" });
	const line = await until(() => readFileSync(`${STACK_DIR}/log/events.log`, "utf8").split("\n")
		.find((text) => text.includes(refused.error.request_id)), "its line");
	const { msg, op, status, error } = JSON.parse(line);
	assert.deepEqual([msg, op, status, error], ["call", "typing", 404, "not_found"]);
	const large = { "Content-Length": "1000000" }; // what nginx writes an error line of
	assert.match(await raw(handshake(`?ticket=${await ticket(await person())}`, large)), /^HTTP\/1.1 413 /);
	assert.match(await raw(handshake(`?ticket=x`, large).replace("/ws", "/events/stream")), /^HTTP\/1.1 413 /);
	for (const name of readdirSync(`${STACK_DIR}/log`))
		assert.doesNotMatch(readFileSync(`${STACK_DIR}/log/${name}`, "utf8"), /ticket=/, name);
	seen.socket.close();
});

await runAll("ws");
