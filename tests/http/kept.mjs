// FastCGI as nginx speaks it to kept connections, towards a private stack whose programs have one worker: that is
// stopped while requests are written to many connections at its socket, so that all are ready when it goes on.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { BASE_URL, STACK_DIR, until } from "./live.mjs";

export const TURN_MAX = 16;
export const worker = (program) => {
	const parent = Number(readFileSync(`${STACK_DIR}/run/${program}.pid`, "utf8"));
	return Number(readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ")[0]);
};
export const lines = (program) => readFileSync(`${STACK_DIR}/log/${program}.log`, "utf8").split("\n")
	.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
export const metrics = async () => (await fetch(`${BASE_URL}/metrics`)).text();
export const metric = async (name, program) =>
	Number((await metrics()).match(new RegExp(`^confab_${name}\\{program="${program}"\\} (.*)$`, "m"))[1]);

const record = (type, content) => {
	const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]);
	return Buffer.concat([head, content]);
};
const pair = ([name, value]) => {
	const [n, v] = [Buffer.from(name), Buffer.from(value)], size = Buffer.alloc(4);
	size.writeUInt32BE(v.length + 2 ** 31);
	return Buffer.concat([Buffer.from([n.length]), size, n, v]);
};

export class Kept {
	static connect(program) {
		const kept = new Kept();
		kept.socket = connect(`${STACK_DIR}/run/${program}.sock`);
		kept.got = Buffer.alloc(0);
		kept.socket.on("data", (part) => kept.take(part));
		kept.socket.on("error", () => {});
		kept.socket.on("close", () => kept.done?.({ status: 0 }));
		return kept;
	}

	static async open(program) {
		const kept = Kept.connect(program);
		await kept.ask("GET", "/api/v1/users/me"); // it is accepted, and kept
		return kept;
	}

	ask(method, path, { token, body = "", headers = {} } = {}) {
		const id = randomUUID(), params = { REQUEST_METHOD: method, PATH_INFO: path, QUERY_STRING: "",
			REQUEST_ID: id, REMOTE_ADDR: "127.0.0.1", CONTENT_LENGTH: String(Buffer.byteLength(body)),
			...(body && { CONTENT_TYPE: "application/json" }),
			...(token && { HTTP_AUTHORIZATION: `Bearer ${token}` }), ...headers };
		const stdin = body ? [record(5, Buffer.from(body))] : [];

		this.parts = [];
		this.socket.write(Buffer.concat([record(1, Buffer.from([0, 1, 1, 0, 0, 0, 0, 0])),
			record(4, Buffer.concat(Object.entries(params).map(pair))), record(4, Buffer.alloc(0)),
			...stdin, record(5, Buffer.alloc(0))]));
		return new Promise((done) => { this.done = (reply) => done({ id, ...reply }); });
	}

	take(part) {
		this.got = Buffer.concat([this.got, part]);
		while (this.got.length >= 8 && this.got.length >= 8 + this.got.readUInt16BE(4) + this.got[6]) {
			const [type, len, pad] = [this.got[1], this.got.readUInt16BE(4), this.got[6]];
			if (type === 6)
				this.parts.push(this.got.subarray(8, 8 + len));
			this.got = this.got.subarray(8 + len + pad);
			if (type === 3)
				this.finish();
		}
	}

	finish() {
		const [head, ...rest] = Buffer.concat(this.parts).toString().split("\r\n\r\n");
		const text = rest.join("\r\n\r\n");
		this.done({ head, status: Number(head.match(/^Status: (\d+)/)[1]), text,
			body: text ? JSON.parse(text) : null });
		this.done = null;
	}
}

const kept = {};

const isStopped = (pid) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).startsWith("T");

// The replies to asks, [method, path, more] each, over these connections; all were there when the worker woke.
async function askAll(asks, program, connect, last = false) {
	const pid = worker(program);
	process.kill(pid, "SIGSTOP");
	await until(() => isStopped(pid), "it has stopped");
	const over = connect(), replies = asks.map((ask, i) => over[i].ask(...ask));
	if (last)
		over.forEach(({ socket }) => socket.end());
	await Promise.all(over.map(({ socket }) =>
		until(() => !socket.connecting && (last ? socket.writableFinished : socket.writableLength === 0),
			"the kernel has it")));
	process.kill(pid, "SIGCONT");
	return Promise.all(replies);
}

// Over connections that the worker keeps.
export async function together(asks, program) {
	kept[program] ??= [];
	while (kept[program].length < asks.length)
		kept[program].push(await Kept.open(program));
	return askAll(asks, program, () => kept[program]);
}
// Over such, whose peer says with its request that it was the last.
export async function togetherLast(asks, program) {
	const over = await Promise.all(asks.map(() => Kept.open(program)));
	return askAll(asks, program, () => over, true);
}
// Over new ones.
export async function togetherAnew(asks, program) {
	let over;
	const replies = await askAll(asks, program, () => { over = asks.map(() => Kept.connect(program)); return over; });
	over.forEach(({ socket }) => socket.destroy());
	return replies;
}
export const anew = (program) => kept[program].splice(0).forEach(({ socket }) => socket.destroy());
