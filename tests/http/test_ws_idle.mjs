// What is not read must not be told again and again: the turns of the loop are counted while clients send
// what nobody waits for.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { BASE_URL, STACK_DIR, api, before, cursorAt, eventsChild, metric, person, run, runAll, test, ticket, until } from "./live.mjs";

const url = new URL(BASE_URL);
const turns = () => metric("loop_turns_total");

// A connection that answers nothing by itself; what came stands in seen.bytes.
function raw(text) {
	const socket = connect(Number(url.port), url.hostname, () => socket.write(text));
	const seen = { socket, bytes: Buffer.alloc(0), ended: false };
	socket.on("data", (chunk) => { seen.bytes = Buffer.concat([seen.bytes, chunk]); });
	socket.on("error", () => {});
	socket.on("close", () => { seen.ended = true; });
	return seen;
}

const upgrade = (query) => raw(`GET /api/v1/ws?${query} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\n` +
	`Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`);

// A masked frame of the client.
function frame(opcode, text) {
	const mask = randomBytes(4), body = Buffer.from(text).map((byte, i) => byte ^ mask[i % 4]);
	return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | body.length]), mask, body]);
}
const TEXT = 1, CLOSE = 8;

const closeCame = (seen, code) => until(() => {
	const at = seen.bytes.indexOf(Buffer.from([0x80 | CLOSE, 2, code >> 8, code & 255]));
	return at >= 0;
}, `close ${code}`);

// Few turns more than there were frames, answers and ticks of the clock (ten a second).
async function calm(during, most) {
	const first = await turns();
	const began = performance.now();
	await during();
	const ticks = (performance.now() - began) / 100;
	const used = await turns() - first;
	assert.ok(used < most + 4 * ticks, `${used} turns for ${most} and ${ticks.toFixed(0)} ticks`);
	return used;
}

test("a client that ignores the close is dropped in time, and costs a turn a frame", async () => {
	const seen = upgrade("ticket=bad");
	await closeCame(seen, 4001);
	let frames = 0;
	const talk = setInterval(() => { seen.socket.write(frame(TEXT, "{}")); frames++; }, 50);
	await before(5, () => calm(() => until(() => seen.ended, "the end"), 200));
	clearInterval(talk);
	assert.ok(frames > 5, `${frames}`);
});

test("one that closes half its frame, and one that says nothing more", async () => {
	const half = upgrade("ticket=bad"), silent = upgrade("ticket=bad");
	await Promise.all([closeCame(half, 4001), closeCame(silent, 4001)]);
	half.socket.write(frame(CLOSE, "\x03\xe8").subarray(0, 3));
	await calm(() => until(() => half.ended && silent.ended, "the end of both"), 100);
});

test("a close that is answered ends at once", async () => {
	const seen = upgrade("ticket=bad");
	await closeCame(seen, 4001);
	seen.socket.write(frame(CLOSE, "\x0f\xa1"));
	await before(2, () => until(() => seen.ended, "the end"));
});

test("bytes behind a parked poll and behind a stream's request are nobody's", async () => {
	const a = await person();
	const get = (path) => raw(`GET /api/v1${path} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${a.token}\r\n\r\n`);
	const poll = get(`/events?cursor=${cursorAt(0)}&wait=2`), stream = get(`/events/stream?cursor=${cursorAt(0)}`);
	await until(() => stream.bytes.includes("event: cursor"), "the stream's first word");
	poll.socket.write("more");
	stream.socket.write("more");
	await calm(() => until(() => poll.bytes.includes('"events":[]'), "the poll's end"), 100);
	for (const seen of [poll, stream])
		seen.socket.destroy();
});

test("a client that does not take its answers is not read meanwhile", async () => {
	const a = await person();
	const seen = upgrade(`ticket=${await ticket(a)}`);
	await until(() => seen.bytes.includes('"type":"events"'), "the first word");
	seen.socket.pause();
	const ping = frame(TEXT, JSON.stringify({ id: "x".repeat(64), op: "ping" }));
	for (let i = 0; i < 40; i++) // more answers than its buffers take
		seen.socket.write(Buffer.concat(Array.from({ length: 1000 }, () => ping)));
	await calm(() => api("GET", `/events?cursor=${cursorAt(0)}&wait=1`, a.token), 4000);
	seen.socket.destroy();
});

test("without a descriptor to accept with, new clients wait and nothing spins", async () => {
	const a = await person(), pid = String(eventsChild());
	const limit = (value) => run("prlimit", ["--pid", pid, `--nofile=${value}`]);
	const { stdout } = await run("prlimit", ["--pid", pid, "--nofile", "--raw", "--noheadings", "--output", "SOFT,HARD"]);
	const [soft, hard] = stdout.trim().split(/\s+/);
	await limit(`3:${hard}`);
	const reply = api("GET", `/events?cursor=${cursorAt(0)}&wait=0`, a.token);
	try {
		await until(() => readFileSync(`${STACK_DIR}/log/events.log`, "utf8").includes('"cannot accept"'), "it fails");
		const first = await turns(), began = performance.now();
		await until(async () => await turns() >= first + 20, "some turns");
		assert.ok(performance.now() - began > 500);
	} finally {
		await limit(`${soft}:${hard}`);
	}
	assert.equal((await reply).status, 200);
});

await runAll("ws_idle");
