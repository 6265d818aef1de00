// The life of the programs under load: a request that crashes its worker again and again costs others nothing
// they could notice, and SIGHUP brings new settings into force without a request lost. Run by test_process.sh.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { BASE_URL, PROGRAMS, STACK_DIR, before, conversation, cursorAt, order, person, runAll, sql, test, until }
	from "./live.mjs";
import { Listener, pause } from "./listeners.mjs";

const { BIN } = process.env, SANITIZED = !BIN.includes("/test/");
// A sanitizer takes a second over each crash.
const CRASHES = SANITIZED ? 6 : 30, RELOADS = 4;

const read = (path) => readFileSync(path, "utf8");
const parentOf = (name) => Number(read(`${STACK_DIR}/run/${name}.pid`).trim());
const childrenOf = (name) => read(`/proc/${parentOf(name)}/task/${parentOf(name)}/children`).trim().split(" ").map(Number);
const logOf = (name) => read(`${STACK_DIR}/log/${name}.log`).split("\n").filter((line) => line.startsWith("{"))
	.map((line) => JSON.parse(line));
const said = (name, msg) => logOf(name).filter((line) => line.msg === msg);

// --- requests; a kept connection that closed before a byte came is taken up anew, as HTTP clients do ---

const agent = new http.Agent({ keepAlive: true });
function ask(method, path, { token, body, id, fresh } = {}) {
	return new Promise((done) => {
		const text = body && JSON.stringify(body);
		const request = http.request(BASE_URL + path, { method, agent: fresh ? false : agent, headers: {
			...(token && { Authorization: `Bearer ${token}` }), ...(id && { "X-Request-Id": id }),
			...(text && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }) } });
		request.on("error", (error) => done(request.reusedSocket && !fresh ?
			ask(method, path, { token, body, id, fresh: true }) : { status: error.code }));
		request.on("response", (reply) => {
			let got = "";
			reply.on("data", (part) => { got += part; });
			reply.on("end", () => done({ status: reply.statusCode, text: got, headers: reply.headers }));
		});
		request.end(text);
	});
}

const people = [await person(), await person()], place = await conversation(...people);
const [{ token }] = people;
const { status: first } = await ask("POST", `/api/v1/conversations/${place}/messages`,
	{ token, body: { client_id: "first", body: "So that one can be read" } });
assert.equal(first, 201);

// Steady traffic until stop(); what did not go well, by method and status.
function traffic(extra = []) {
	const wrong = {}, count = { GET: 0, POST: 0 };
	let over = false, number = 0;
	const say = () => ["POST", `/api/v1/conversations/${place}/messages`,
		{ token, body: { client_id: `p-${Math.random()}`, body: `Number ${number++}` } }];
	const kinds = [() => ["GET", "/api/v1/users/me", { token }], () => ["GET", "/api/v1/specializations"],
		() => ["GET", `/api/v1/conversations/${place}/messages?limit=2`, { token }], say, ...extra];
	const rounds = Array(3 * kinds.length).fill(0);
	const loops = [...rounds.keys()].map(async (i) => {
		while (!over) {
			const request = kinds[i % kinds.length](), { status } = await ask(...request);
			count[request[0]]++;
			if (status !== 200 && status !== 201)
				wrong[`${request[0]} ${request[1]} ${status}`] = (wrong[`${request[0]} ${request[1]} ${status}`] ?? 0) + 1;
			rounds[i]++;
			await pause(8);
		}
	});
	// What is under way now has had its answer, and each was asked once more.
	const round = async () => {
		const before = [...rounds];
		await until(() => rounds.every((number, i) => number >= before[i] + 2), "a round of requests");
	};
	return { count, wrong, round, stop: async () => { over = true; await Promise.all(loops); } };
}

// --- crashes ---

await order("arm", "request", "segv times=0 text=crash-me");

// Crash a program's workers by one kind of request while others ask; what those others saw go wrong.
async function crashing(program, method, path, body) {
	const load = traffic([() => ["PUT", `/api/v1/conversations/${place}/read`, { token, body: { seq: 1 } }]]);
	const statuses = [], ended = said(program, "worker ended").length;
	load.count.PUT = 0;
	await load.round();
	// One request is in one crash at most, or it could meet them wherever nginx sends it.
	for (let i = 0; i < CRASHES; i++, await load.round())
		statuses.push((await ask(method, path, { token, body, id: `crash-me-${i}`, fresh: true })).status);
	await load.stop();
	console.log(`${program}: ${JSON.stringify(load.count)} others, wrong: ${JSON.stringify(load.wrong)}`);
	assert.deepEqual(statuses, Array(CRASHES).fill(503));
	await until(() => said(program, "worker ended").length - ended >= CRASHES, "every end is told");
	assert.equal(said(program, "worker ended").length - ended, CRASHES);
	return load;
}

test("a request that crashes its worker again and again costs the others nothing", async () => {
	const { wrong } = await crashing("people", "PATCH", "/api/v1/users/me", { bio: "x" });
	assert.deepEqual(wrong, {});
	await until(() => childrenOf("people").length === 3, "three workers again");
});

// A POST that has reached the worker that dies is not sent again: nobody knows what became of it.
test("in the program that writes, only what that worker held is lost", async () => {
	const { wrong, count } = await crashing("chat", "POST", `/api/v1/conversations/${place}/typing`);
	const posts = wrong[`POST /api/v1/conversations/${place}/messages 503`] ?? 0;
	assert.deepEqual(Object.keys(wrong).filter((what) => !what.startsWith("POST")), []);
	assert.ok(posts <= 3 * CRASHES && posts < count.POST / 10, `${posts} of ${count.POST}`);
});

test("a crash says where it was", () => {
	if (SANITIZED)
		return;
	const lines = said("people", "crashed");
	assert.equal(lines.length, CRASHES);
	for (const line of lines) {
		assert.equal(line.signal, "SIGSEGV");
		assert.equal(line.address, "0x0");
		assert.equal(line.route, "user_me_update");
		assert.match(line.request_id, /^crash-me-\d+$/);
		assert.ok(Math.abs(Date.parse(line.time) - Date.now()) < 60000, line.time);
	}
	const [place] = lines[0].backtrace.split(" "), [program, offset] = place.split("+");
	assert.equal(program, "people", lines[0].backtrace);
	assert.match(execFileSync("addr2line", ["-fe", `${BIN}/${program}`, offset], { encoding: "utf8" }), /fail_act/);
});

test("a read that crashes all workers leaves the program at work", async () => {
	for (let i = 0; i < 5; i++)
		await ask("GET", "/api/v1/users/me", { token, id: `crash-me-all-${i}`, fresh: true });
	const { status } = await before(5, () => ask("GET", "/api/v1/users/me", { token, fresh: true }));
	assert.equal(status, 200);
});

test("no request is counted as being served that died", async () => {
	for (const program of ["people", "chat"]) // their parents count them off
		await until(async () => (await ask("GET", "/metrics")).text
			.includes(`\nconfab_requests_busy{program="${program}"} 0\n`), `none of ${program}`);
});

test("a worker that stands still is ended, and says where", async () => {
	await order("arm", "request", "spin text=spin-me");
	const reply = await ask("PATCH", "/api/v1/users/me", { token, body: { bio: "x" }, id: "spin-me-now", fresh: true });
	assert.equal(reply.status, 503);
	assert.equal(said("people", "a worker stands still").length, 1);
	if (!SANITIZED)
		await until(() => said("people", "crashed").at(-1).request_id === "spin-me-now", "which it was");
});

// --- settings ---

const confPath = `${STACK_DIR}/confab.conf`, conf = read(confPath);
const settings = (lines) => writeFileSync(confPath, `${conf}\n${lines.join("\n")}\n`);

// SIGHUP to all of them; waits until each has replaced its workers, or has said that it does not.
async function reload(msg = "reloaded") {
	const before = PROGRAMS.map((name) => [name, said(name, msg).length]);
	PROGRAMS.forEach((name) => process.kill(parentOf(name), "SIGHUP"));
	for (const [name, count] of before)
		await until(() => said(name, msg).length > count, `${name}: ${msg}`);
}

test("SIGHUP under load loses no request", async () => {
	const parents = PROGRAMS.map(parentOf), load = traffic([() => ["GET", "/livez"]]);
	const listeners = ["poll", "sse", "ws"].map((kind) => new Listener(kind, people[1], cursorAt(0), () => {}));
	for (let i = 0; i < RELOADS; i++)
		await reload();
	await load.stop();
	console.log(`${JSON.stringify(load.count)}, wrong: ${JSON.stringify(load.wrong)}`);
	assert.deepEqual(load.wrong, {});
	assert.deepEqual(PROGRAMS.map(parentOf), parents);
	for (const name of PROGRAMS)
		assert.deepEqual(said(name, "a worker did not leave in time"), []);
	const last = Number(await sql(`SELECT last_seq FROM inbox WHERE user_id = '${people[1].id}'`));
	for (const listener of listeners) {
		await until(() => listener.seq === last, `${listener.kind} hears all`);
		assert.equal(listener.resyncs, 0);
		assert.deepEqual([...listener.statuses.keys()].filter((status) => status >= 400), []);
		assert.deepEqual(listener.lost, []);
		await listener.stop();
	}
});

test("what SIGHUP read is in force", async () => {
	const templates = `${STACK_DIR}/templates`, page = `${templates}/login.html`;
	cpSync("templates", templates, { recursive: true });
	writeFileSync(page, read(page).replace(/<h1[^>]*>/, "$&Changed: "));
	settings(["LOG_LEVEL=debug", "RATE_PERCENT=500000", "WORKERS=2", `TEMPLATE_DIR=${templates}`]);
	const limit = Number((await ask("GET", "/api/v1/users/me", { token })).headers["ratelimit-limit"]);
	await reload();
	const reply = await ask("GET", "/api/v1/users/me", { token });
	assert.equal(Number(reply.headers["ratelimit-limit"]), limit / 2);
	assert.match((await ask("GET", "/admin/login")).text, /Changed: /);
	await until(() => childrenOf("people").length === 2, "two workers");
	await until(async () => { // a worker that leaves may serve the first
		await ask("GET", "/api/v1/users/me", { token });
		return logOf("people").some((line) => line.level === "debug");
	}, "a line that is only for debug");
});

test("settings that are refused change nothing", async () => {
	const children = PROGRAMS.map(childrenOf); // some of them may be leaving still
	for (const bad of [["LOG_LEVEL=loud"], ["WORKERS=0"], ["SECRET_KEYS=short"]]) {
		settings(bad);
		await reload("the settings are refused, those from before stay in force");
	}
	settings(["TEMPLATE_DIR=/nonexistent"]);
	process.kill(parentOf("admin"), "SIGHUP");
	await until(() => said("admin", "the settings are refused, those from before stay in force").length === 4, "refused");
	PROGRAMS.forEach((name, i) => childrenOf(name).forEach((pid) => assert.ok(children[i].includes(pid), name)));
	assert.equal((await ask("GET", "/api/v1/users/me", { token })).status, 200);
	assert.match((await ask("GET", "/admin/login")).text, /Changed: /);
	writeFileSync(confPath, conf);
});

test("the worker does its jobs after a reload", async () => {
	const before = childrenOf("worker");
	await reload();
	await until(() => childrenOf("worker").length === before.length &&
		!childrenOf("worker").some((child) => before.includes(child)), "other children");
	const job = await sql("SELECT job_add('test.fast')");
	await until(async () => await sql(`SELECT state FROM job WHERE id = '${job}'`) === "DONE", "a job is done");
});

await runAll("process");
