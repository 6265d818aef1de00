// WebSocket frames in pieces: whatever stands between two reads, a message is what it would be in one. Written to
// the program's own socket, without nginx: what is written is then there to be read, so that once a neighbour who
// asked later has its answer, it was read.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { STACK_DIR, WebSocket, emit, endLogins, person, runAll, test, ticket, until } from "./live.mjs";

const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

async function open(who) {
	const socket = new WebSocket(`ws+unix:${STACK_DIR}/run/events-ws.sock:/api/v1/ws?ticket=${await ticket(who)}`);
	const seen = { socket, answers: [], events: [], pongs: [], pings: 0, closed: null, ready: false };
	socket.on("error", () => {});
	socket.on("ping", () => seen.pings++);
	socket.on("pong", (data) => seen.pongs.push(`${data}`));
	socket.on("close", (code) => { seen.closed = code; });
	socket.on("message", (data) => {
		const message = JSON.parse(data);
		seen.ready = true;
		if (message.type === "answer")
			seen.answers.push(message.id);
		else
			seen.events.push(...message.events);
	});
	await until(() => seen.ready, "open");
	return seen;
}

// A frame as a client sends it.
function frame(opcode, payload, fin = true) {
	const body = Buffer.from(payload), mask = randomBytes(4);
	const head = [(fin ? 0x80 : 0) | opcode];
	if (body.length < 126)
		head.push(0x80 | body.length);
	else
		head.push(0x80 | 126, body.length >> 8, body.length & 255);
	return Buffer.concat([Buffer.from(head), mask, body.map((byte, i) => byte ^ mask[i % 4])]);
}

const asking = (id, blanks = 0) => `{"id":"${id}","op":"ping"}${" ".repeat(blanks)}`;
const neighbour = await open(await person());
const sleeper = await person(), idle = await open(sleeper); // says nothing until the last test
let asked = 0;

// Until the program has read what was written so far.
async function passed() {
	neighbour.socket.send(asking(`n${++asked}`));
	await until(() => neighbour.answers.includes(`n${asked}`), "the neighbour's answer");
}

async function write(seen, ...pieces) {
	for (const piece of pieces) {
		seen.socket._socket.write(piece);
		await passed();
	}
}

const answered = async (seen, ...ids) => {
	await until(() => seen.answers.length >= ids.length || seen.closed, `${ids}`);
	assert.deepEqual(seen.answers.splice(0), ids);
	assert.equal(seen.closed, null);
};
const closedWith = async (seen, code) => {
	await until(() => seen.closed, `closed with ${code}`);
	assert.equal(seen.closed, code);
};

test("a frame cut at every byte, short and with a longer head; then byte by byte", async () => {
	const seen = await open(await person());
	for (const blanks of [0, 130]) {
		const whole = frame(TEXT, asking("cut", blanks));
		for (let at = 1; at < Math.min(whole.length, 40); at++) {
			await write(seen, whole.subarray(0, at), whole.subarray(at));
			await answered(seen, "cut");
		}
		await write(seen, ...Array.from(whole, (byte) => Buffer.from([byte])));
		await answered(seen, "cut");
	}
	seen.socket.terminate();
});

test("several frames in one read, a part of the next behind them, cut at every byte", async () => {
	const seen = await open(await person());
	const first = Buffer.concat([frame(TEXT, asking("one")), frame(PING, "p"), frame(TEXT, asking("two"))]);
	const last = frame(TEXT, asking("three"));
	for (let at = 1; at < last.length; at++) {
		await write(seen, Buffer.concat([first, last.subarray(0, at)]));
		assert.deepEqual(seen.answers, ["one", "two"]);
		await write(seen, last.subarray(at));
		await answered(seen, "one", "two", "three");
	}
	assert.equal(seen.pongs.length, last.length - 1);
	seen.socket.terminate();
});

test("fragments over many reads, control frames and events between them, a letter cut in two", async () => {
	const seen = await open(await person());
	const who = await person(), listener = await open(who);
	const text = Buffer.from('{"id":"ü","op":"ping"}');
	await write(seen, frame(TEXT, text.subarray(0, 8), false), frame(PING, "between"), frame(PONG, ""),
		frame(0, "", false), frame(0, text.subarray(8, 12), false), frame(PING, ""), frame(0, text.subarray(12)));
	await answered(seen, "ü");
	assert.deepEqual(seen.pongs, ["between", ""]);
	// What is sent to a client in the midst of its message harms neither.
	await write(listener, frame(TEXT, '{"id":"m",', false));
	await emit(who, "test.one", 2);
	await until(() => listener.events.length === 2, "events");
	await write(listener, frame(0, '"op":"ping"}'));
	await answered(listener, "m");
	for (const one of [seen, listener])
		one.socket.terminate();
});

test("what is wrong is judged the same over several reads", async () => {
	const who = await person();
	const bad = async (code, ...pieces) => {
		const seen = await open(who);
		await write(seen, frame(TEXT, asking("before")), frame(PONG, ""));
		for (const piece of pieces) // it may be closed before the last
			if (seen.closed === null)
				await write(seen, piece);
		await closedWith(seen, code);
		assert.deepEqual(seen.answers, ["before"]);
	};
	const open_text = frame(TEXT, "{", false);
	await bad(1002, frame(0, "x")); // goes on with nothing
	await bad(1002, open_text, frame(TEXT, "x"));
	await bad(1002, Buffer.from([0x81]), Buffer.from([0x02, 0x7b, 0x7d])); // no mask
	const DROPPED = 1006; // the head itself is wrong: no word of goodbye
	await bad(DROPPED, open_text, frame(PING, "", false));
	await bad(DROPPED, frame(PING, "x".repeat(126)));
	await bad(DROPPED, Buffer.from([0x81, 0xfe, 0]), Buffer.from([1, 0, 0, 0, 0, 0x20])); // a length too long
	await bad(1007, frame(TEXT, [0xc3], false), frame(PING, ""), frame(0, [0x28]));
	await bad(1007, frame(TEXT, [0xc3], false), frame(0, ""));
	await bad(1009, frame(TEXT, " ".repeat(33000), false), frame(PING, ""), frame(0, " ".repeat(1000)));
	await bad(1003, frame(BINARY, "x", false), frame(PING, ""), frame(0, "y"));
	await bad(1008, open_text, ...Array.from({ length: 64 }, () => frame(0, " ", false)));
});

test("a close of an idle client, in pieces and in the midst of a message", async () => {
	const who = await person();
	const close = frame(CLOSE, [0x03, 0xe8]);
	for (let at = 1; at < close.length; at++) {
		const seen = await open(who);
		await write(seen, close.subarray(0, at));
		assert.equal(seen.closed, null);
		seen.socket._socket.write(close.subarray(at));
		await closedWith(seen, 1000);
	}
	const midst = await open(who);
	await write(midst, frame(TEXT, "{", false));
	midst.socket._socket.write(frame(CLOSE, [0x0f, 0xa1]));
	await closedWith(midst, 4001);
});

test("a close from here, to one that is idle and to one in the midst of a frame: 4001", async () => {
	const who = await person();
	const all = [await open(who), await open(who)];
	await write(all[1], frame(TEXT, asking("never")).subarray(0, 9));
	await endLogins(who);
	await closedWith(all[0], 4001);
	await closedWith(all[1], 4001);
});

test("a ping comes to an idle client, and then events as before", async () => {
	await until(() => idle.pings >= 1, "a ping");
	await emit(sleeper, "test.one");
	await until(() => idle.events.length === 1, "the event");
	await write(idle, frame(TEXT, asking("awake")));
	await answered(idle, "awake");
	idle.socket.terminate();
});

await runAll("ws_pieces", () => neighbour.socket.terminate());
