// What each fault costs under steady traffic through nginx: reads, sends and polls, one fault after the other.
// Prints a table and checks what must hold whatever fails: an acknowledged message is there exactly once, every
// listener hears each once and in order, and all is well again afterwards. Run by test_faults.sh on a
// stack of its own. FAULTS_MEASURE=1 measures and does not judge.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";
import { promisify } from "node:util";
import { BASE_URL, DATABASE_URL, PROGRAMS, STACK_DIR, conversation, cursorAt, person, runAll, sql, test, until }
	from "../http/live.mjs";
import { Listener, pause } from "../http/listeners.mjs";

const run = promisify(execFile);
const PHASE_MS = Number(process.env.FAULTS_S ?? 3) * 1000, HEALED_MS = 40000;
const READERS = 10, SENDERS = 6, POLLERS = 8, READ_EVERY_MS = 20, SEND_EVERY_MS = 60;
// An outage of the database that is longer than DB_WAIT_MS is told, and so is one for those who poll.
const WAIT_MS = 6000, TOLD = { read: Infinity, send: Infinity, poll: Infinity };
// Each may fail so many of its requests at most; faults that are not named here may fail none.
const FAILED_MAX = {
	// What the killed worker held is not sent again by anybody but the client; a read is, five times.
	"workers killed": { read: 4, send: 40 },
	// No poll is taken while ended logins could not be looked up for 5 s.
	"one backend killed": { poll: 2 * POLLERS },
	"all backends ended": { poll: 2 * POLLERS },
	"frozen 6 s": { read: 10, send: 10, poll: Infinity }, // statement_timeout is 5 s
	"read-only 2 s": { send: Infinity },
	"stopped and started": { poll: 2 * POLLERS },
	"away for 8 s": TOLD,
};

// --- requests ---

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
let phase; // what is counted now

function newPhase(name) {
	phase = { name, asked: 0, failed: { read: 0, send: 0, poll: 0 }, again: 0, gap: 0, slowest: 0,
		lastGood: Date.now(), statuses: new Map(), good: { read: 0, send: 0, poll: 0 } };
}

// One try; {status, body}. A kept connection that was closed before a byte of the answer came is taken up
// anew, as every HTTP client does it, and counted in again.
function ask(method, path, token, body, second = false) {
	return new Promise((done) => {
		const request = http.request(`${BASE_URL}/api/v1${path}`, { method, agent: second ? false : agent, timeout: 30000, headers: {
			...(token && { Authorization: `Bearer ${token}` }),
			...(body && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }) } });
		request.on("timeout", () => request.destroy(new Error("timeout")));
		request.on("error", (error) => {
			if (request.reusedSocket && !second && (error.code === "ECONNRESET" || error.code === "EPIPE")) {
				phase.again++;
				done(ask(method, path, token, body, true));
			} else {
				done({ status: error.code ?? error.message });
			}
		});
		request.on("response", (reply) => {
			let text = "";
			reply.setEncoding("utf8");
			reply.on("data", (part) => { text += part; });
			reply.on("error", () => done({ status: "cut" }));
			reply.on("end", () => done({ status: reply.statusCode, text }));
		});
		request.end(body);
	});
}

function count(kind, status, began) {
	const now = Date.now(), good = status === 200 || status === 201;
	phase.asked++;
	if (!good) {
		phase.failed[kind]++;
		phase.statuses.set(`${kind} ${status}`, (phase.statuses.get(`${kind} ${status}`) ?? 0) + 1);
		return;
	}
	phase.good[kind]++;
	if (kind === "poll")
		return;
	phase.slowest = Math.max(phase.slowest, now - began);
	phase.gap = Math.max(phase.gap, now - phase.lastGood);
	phase.lastGood = now;
}

// --- traffic ---

let over = false;
const acknowledged = new Map(); // client_id -> [conversation, seq]
const places = [], people = [];
let advisors;

async function reader(number) {
	const who = people[number % people.length];
	const paths = ["/users/me", "/specializations", "/conversations", `/advisors/${advisors[0]}`, "/users/me/sessions",
		`/conversations/${places[number % places.length].id}/messages?limit=5`];
	for (let i = number; !over; i++) {
		const began = Date.now(), { status } = await ask("GET", paths[i % paths.length], who.token);
		count("read", status, began);
		await pause(READ_EVERY_MS);
	}
}

// The same client_id until it is acknowledged.
async function sender(number) {
	for (let i = 0; !over; i++) {
		const place = places[(number + i) % places.length], who = place.members[i % 2];
		const body = JSON.stringify({ client_id: `f-${number}-${i}`, body: `Number ${i} of ${number}` });
		for (;;) {
			const began = Date.now();
			const { status, text } = await ask("POST", `/conversations/${place.id}/messages`, who.token, body);
			count("send", status, began);
			await pause(SEND_EVERY_MS);
			if (status !== 200 && status !== 201)
				continue;
			acknowledged.set(`f-${number}-${i}`, [place.id, JSON.parse(text).seq]);
			place.members.forEach((member) => { member.wanted++; });
			break;
		}
	}
}

class Poller extends Listener {
	async poll() {
		const { status, text } = await ask("GET", `/events?wait=5&cursor=${this.cursor}`, this.who.token);
		count("poll", status, Date.now());
		if (status === 409)
			return this.resync(JSON.parse(text).details.cursor);
		if (status !== 200)
			throw new Error(`status ${status}`);
		const body = JSON.parse(text);
		body.events.forEach((event) => this.event(event));
		this.cursor = body.cursor;
	}
}

async function begin() {
	for (let i = 0; i < POLLERS; i++)
		people.push({ ...await person(), wanted: 0, heard: 0 });
	for (let i = 0; i < POLLERS; i++) {
		const members = [people[i], people[(i + 1) % POLLERS]];
		places.push({ id: await conversation(...members), members });
	}
	advisors = (await sql("SELECT id FROM advisor WHERE state = 'APPROVED' LIMIT 1")).split("\n");
	for (const who of people)
		who.listener = new Poller(["poll", "poll", "sse", "ws"][people.indexOf(who) % 4], who, cursorAt(0),
			({ type }) => { who.heard += type === "message.created"; });
}

// --- faults ---

const pidOf = (name) => Number(readFileSync(`${STACK_DIR}/run/${name}.pid`, "utf8").trim());
const childrenOf = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")
	.filter(Boolean).map(Number);
const superuser = (text) => run("psql", ["-qAtX", "-d",
	DATABASE_URL.replace("user=confab", "user=postgres"), "-c", text]);

function kill(pid, signal) {
	try {
		process.kill(pid, signal);
	} catch {
		// it has just ended
	}
}

async function postgresStart() {
	await run("bash", ["-euc", `. tests/harness/common.sh; . tests/harness/stack_db.sh; DIR=$(realpath "$1")
		PGDIR=$(cat "$DIR/pgdir"); RUN_DIR=$DIR/run; QUIET=1; db_start`, "tests/harness/stack.sh", STACK_DIR]);
}

async function freeze(ms) {
	const postmaster = pidOf("postgres"), all = [postmaster, ...childrenOf(postmaster)];
	all.forEach((pid) => kill(pid, "SIGSTOP"));
	await pause(ms);
	all.reverse().forEach((pid) => kill(pid, "SIGCONT"));
}

const faults = {
	"nothing": () => {},
	"workers killed": async () => {
		for (let i = 0; i < 10; i++, await pause(50))
			for (const name of ["people", "chat", "advisors", "sessions"])
				kill(childrenOf(pidOf(name))[0], "SIGKILL");
	},
	"events killed": () => kill(childrenOf(pidOf("events"))[0], "SIGKILL"),
	"one backend killed": async () => {
		const pid = await sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'chat' LIMIT 1");
		kill(Number(pid), "SIGKILL");
	},
	"all backends ended": () =>
		superuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'confab'"),
	"frozen 6 s": () => freeze(6000),
	"read-only 2 s": async () => {
		await superuser("ALTER SYSTEM SET default_transaction_read_only = on");
		await superuser("SELECT pg_reload_conf()");
		await pause(2000);
		await superuser("ALTER SYSTEM RESET default_transaction_read_only");
		await superuser("SELECT pg_reload_conf()");
	},
	"stopped and started": async () => {
		const pid = pidOf("postgres");
		kill(pid, "SIGINT");
		await postgresStart();
	},
	"away for 8 s": async () => {
		kill(pidOf("postgres"), "SIGINT");
		await pause(8000);
		await postgresStart();
	},
	"nginx reloaded": async () => {
		for (let i = 0; i < 5; i++, await pause(300))
			kill(pidOf("nginx"), "SIGHUP");
	},
	"programs reloaded": async () => {
		for (let i = 0; i < 2; i++, await pause(PHASE_MS / 4))
			PROGRAMS.forEach((name) => kill(pidOf(name), "SIGHUP"));
	},
};

// How long PostgreSQL itself was away since the log had this length, by what it wrote; 0: it was not.
const postgresLog = () => readFileSync(`${STACK_DIR}/log/postgres.log`, "utf8");
function postgresAway(length) {
	const lines = postgresLog().slice(length).split("\n");
	const time = (pattern) => Date.parse(lines.find((line) => pattern.test(line))?.slice(0, 23).replace(" ", "T") + "Z");
	const ms = time(/ready to accept connections/) - time(/was terminated by signal|fast shutdown request/);
	return Number.isNaN(ms) ? 0 : ms;
}

// --- the run ---

const table = [];
const row = (cells) => console.log(`  ${cells[0].padEnd(22)}${cells.slice(1).map((c) => String(c).padStart(9)).join("")}`);

async function strike(name) {
	newPhase(name);
	const began = Date.now(), logged = postgresLog().length;
	await pause(PHASE_MS / 5);
	await faults[name]();
	const good = phase.good;
	phase.good = { read: 0, send: 0, poll: 0 };
	await until(() => Object.values(phase.good).every((n) => n > 0), `well again after: ${name}`, HEALED_MS);
	await pause(began + PHASE_MS - Date.now());
	await pause(PHASE_MS / 5);
	phase.gap = Math.max(phase.gap, Date.now() - phase.lastGood);
	Object.keys(good).forEach((kind) => { phase.good[kind] += good[kind]; });
	table.push(phase);
	const { read, send, poll } = phase.failed;
	row([name, phase.asked, read + send + poll, read, send, poll, phase.again, phase.gap, phase.slowest,
		postgresAway(logged)]);
	if (phase.statuses.size > 0)
		console.log(`    ${[...phase.statuses].map(([what, n]) => `${what}: ${n}`).join(", ")}`);
}

const wanted = (process.env.FAULTS ?? "").split(",").filter(Boolean);

test("each fault under steady traffic", async () => {
	await begin();
	newPhase("warming up");
	const traffic = [...Array(READERS).keys()].map(reader).concat([...Array(SENDERS).keys()].map(sender));
	await pause(1000);
	row(["fault", "requests", "failed", "reads", "sends", "polls", "again", "gap ms", "slowest", "db away"]);
	for (const name of Object.keys(faults))
		if (wanted.length === 0 || wanted.includes(name))
			await strike(name);
	over = true;
	await Promise.all(traffic);
});

test("what was acknowledged is there, once and in order", async () => {
	const list = places.map(({ id }) => `'${id}'`).join();
	const rows = (await sql(`SELECT client_id, conversation_id, seq FROM message
		WHERE conversation_id IN (${list})`)).split("\n").map((line) => line.split("|"));
	assert.equal(rows.length, acknowledged.size);
	for (const [clientId, place, seq] of rows)
		assert.deepEqual(acknowledged.get(clientId), [place, Number(seq)]);
	assert.equal(await sql(`SELECT count(*) FROM (SELECT conversation_id FROM message
		WHERE conversation_id IN (${list}) GROUP BY 1 HAVING max(seq) <> count(*)) gaps`), "0");
	console.log(`  ${rows.length} messages acknowledged, all there once`);
});

test("every listener heard each once", async () => {
	for (const who of people) {
		await until(() => who.heard >= who.wanted, `${who.listener.kind}: ${who.heard} of ${who.wanted}`);
		assert.equal(who.heard, who.wanted);
		assert.deepEqual(who.listener.lost, []);
		assert.equal(who.listener.resyncs, 0);
	}
	await Promise.all(people.map((who) => Promise.race([who.listener.stop(), pause(6000)])));
});

test("no fault costs more than it may", () => {
	for (const { name, failed, gap } of table)
		for (const [kind, n] of Object.entries(failed))
			assert.ok(n <= ((gap > WAIT_MS ? TOLD : FAILED_MAX[name])?.[kind] ?? 0) || process.env.FAULTS_MEASURE,
				`${name}: ${n} of ${kind} failed`);
});

await runAll("faults");
