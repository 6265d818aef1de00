// nginx is reloaded while polls, streams and WebSockets wait: none that waits is cut off, and each of them hears of
// what comes after. What a reload does close is a kept connection on which nothing was asked, between two
// polls: whoever has one opens another, as for any that was idle for long. Run by test_reload.sh.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { BASE_URL, STACK_DIR, WebSocket, cursorAt, emit, metric, person, runAll, test, ticket, until } from "./live.mjs";

const { hostname, port } = new URL(BASE_URL);
const POLLS = 40, LIVE = 5;

// A kept connection with one request of GET on it, and its state as nginx's reload meets it.
function get(path, who) {
	const made = { text: "", ended: false };
	made.socket = connect(Number(port), hostname, () => made.ask());
	made.ask = () => made.socket.write(`GET /api/v1${path} HTTP/1.1\r\nHost: ${hostname}\r\n` +
		`Authorization: Bearer ${who.token}\r\n\r\n`);
	made.socket.on("data", (chunk) => { made.text += chunk; });
	made.socket.on("error", () => {});
	made.socket.on("close", () => { made.ended = true; });
	return made;
}
const nginx = Number(readFileSync(`${STACK_DIR}/run/nginx.pid`, "utf8"));
const workers = () => readFileSync(`/proc/${nginx}/task/${nginx}/children`, "utf8").trim().split(" ");

async function reload() {
	const before = workers();
	process.kill(nginx, "SIGHUP");
	await until(() => workers().filter((pid) => !before.includes(pid)).length > 0, "new workers");
}

test("who waits goes on waiting; an idle kept connection is closed", async () => {
	const people = await Promise.all([person(), person(), person()]);
	const [listener, idler] = people;
	const idle = get(`/events?cursor=${cursorAt(0)}&wait=0`, idler);
	await until(() => idle.text.includes('"cursor"'), "an answer");
	const polls = people.slice(0, 2).flatMap((who) => Array.from({ length: POLLS / 2 }, () =>
		get(`/events?cursor=${cursorAt(0)}&wait=30`, who)));
	const streams = [get("/events/stream", listener), get("/events/stream", listener)];
	const sockets = [];
	for (let i = 0; i < LIVE - 2; i++) {
		const socket = new WebSocket(`${BASE_URL.replace("http", "ws")}/api/v1/ws?ticket=${await ticket(listener)}`);
		const seen = { socket, events: 0, closed: null };
		socket.on("error", () => {});
		socket.on("close", (code) => { seen.closed = code; });
		socket.on("message", (data) => { seen.events += JSON.parse(data).events?.length ?? 0; });
		sockets.push(seen);
	}
	await until(async () => await metric("polls_parked") === POLLS && await metric("streams_open") === LIVE, "all wait");
	for (let i = 0; i < 3; i++)
		await reload();
	await until(() => idle.ended, "the idle one is closed");
	assert.equal(await metric("polls_parked"), POLLS);
	assert.equal(await metric("streams_open"), LIVE);
	for (const who of people.slice(0, 2))
		await emit(who, "test.after");
	await until(() => polls.every((poll) => poll.ended), "every poll's answer, and its end as the old worker leaves");
	for (const poll of polls) {
		assert.match(poll.text, /^HTTP\/1.1 200 /);
		assert.match(poll.text, /test\.after/);
		assert.match(poll.text, /\r\nConnection: close\r\n/);
	}
	await until(() => sockets.every((seen) => seen.events === 1), "every WebSocket hears of it");
	await until(() => streams.every((stream) => stream.text.includes("test.after")), "and every stream");
	for (const seen of sockets) {
		assert.equal(seen.closed, null);
		seen.socket.terminate();
	}
	for (const stream of streams) {
		assert.equal(stream.ended, false);
		stream.socket.destroy();
	}
});

await runAll("reload");
