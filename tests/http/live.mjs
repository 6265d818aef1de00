// What the tests of live connections share: people, events, tickets, and clients made by others.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { promisify } from "node:util";

const require = createRequire(new URL("../../build/npm/", import.meta.url));
export const { EventSource } = require("eventsource");
export const WebSocket = require("ws");
export const { BASE_URL, DATABASE_URL, STACK_DIR } = process.env;
export const run = promisify(execFile);
// What runs all the time, by name.
export const PROGRAMS = [...readFileSync(new URL("../../lib/web/program.def", import.meta.url), "utf8")
	.matchAll(/^PROGRAM\((\w+), (?!COMMAND)/gm)].map(([, name]) => name);

export async function sql(text) {
	const { stdout } = await run("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", "-d", DATABASE_URL, "-c", text]);
	return stdout.trim();
}

// An order to the running programs, as order("clock", 60); see tests/harness/order.sh. What it prints.
export async function order(...words) {
	const { stdout } = await run("tests/harness/order.sh", words.map(String));
	return stdout.trim();
}

export const epoch = await sql("SELECT epoch FROM epoch");
export const cursorAt = (seq) => `${epoch}-${seq}`;

export async function api(method, path, token, body) {
	const reply = await fetch(`${BASE_URL}/api/v1${path}`, {
		method,
		headers: { ...(token && { Authorization: `Bearer ${token}` }),
			...(body && { "Content-Type": "application/json" }) },
		body: body && JSON.stringify(body),
	});
	return { status: reply.status, body: reply.status === 204 ? null : await reply.json() };
}

export async function person(role = "USER") {
	const reply = await api("POST", "/auth/register", null, {
		email: `live-${randomBytes(8).toString("hex")}@example.test`,
		password: "correct horse battery 9", display_name: "Live", role });
	assert.equal(reply.status, 201);
	return { id: reply.body.user.id, token: reply.body.access_token };
}

export async function ticket(who) {
	const reply = await api("POST", "/events/ticket", who.token);
	assert.equal(reply.status, 201);
	assert.equal(reply.body.expires_in, 30);
	return reply.body.ticket;
}

export const emit = (who, type, count = 1, data = "'n', n") =>
	sql(`SELECT event_emit(ARRAY['${who.id}'::uuid], '${type}', jsonb_build_object(${data}))
		FROM generate_series(1, ${count}) n`);
export const pass = (who, type, n) =>
	sql(`SELECT pg_logical_emit_message(false, 'confab', jsonb_build_object('type', '${type}',
		'users', ARRAY['${who.id}'], 'data', jsonb_build_object('n', ${n}))::text)`);
export const endLogins = (who) =>
	sql(`UPDATE login SET ended_at = now(), end_reason = 'BLOCKED' WHERE user_id = '${who.id}'`);

// Hold a lock; what is returned gives it back. The shared stack is patient (CONFAB_PATIENCE, run.sh): who waits for
// the lock does so for 10 s.
export async function hold(statement) {
	const child = spawn("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", "-d", DATABASE_URL],
		{ stdio: ["pipe", "pipe", "inherit"] });
	child.stdin.write(`BEGIN; ${statement};\n\\echo held\n`);
	await once(child.stdout, "data");
	return () => {
		child.stdin.end("COMMIT;\n");
		return once(child, "close");
	};
}

// Two people in a conversation; its id.
export const conversation = (a, b) =>
	sql(`WITH c AS (INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'DIRECT') RETURNING id),
		m AS (INSERT INTO member (conversation_id, user_id, role) SELECT c.id, p.id, 'USER' FROM c,
			(VALUES ('${a.id}'::uuid), ('${b.id}'::uuid)) p(id))
		SELECT id FROM c`);

// The serving child of events, or 0.
export function eventsChild() {
	const parent = readFileSync(`${STACK_DIR}/run/events.pid`, "utf8").trim();
	const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
	return Number(children.split(" ")[0]);
}

export async function metric(name) {
	const text = await (await fetch(`${BASE_URL}/metrics`)).text();
	return Number(text.match(new RegExp(`^confab_${name}\\{program="events"\\} (.*)$`, "m"))[1]);
}

// Wait until check() is true (not undefined, null, false); its value. ms is a limit against hanging, no measure: a
// busy machine takes ten times as long.
export async function until(check, what, ms = 60000) {
	const end = Date.now() + ms;
	for (;;) {
		const value = await check();
		if (value)
			return value;
		assert.ok(Date.now() < end, `timeout: ${what}`);
		await new Promise((go) => setTimeout(go, 5));
	}
}

// work() ends before a poll of so many seconds does that is begun with it, by the clock of the program that may be busy.
export async function before(seconds, work) {
	const who = await person(), poll = { over: false };
	api("GET", `/events?cursor=${cursorAt(0)}&wait=${seconds}`, who.token)
		.then(({ status }) => { poll.over = status === 200; }, () => {});
	const value = await work();
	assert.ok(!poll.over, `not in ${seconds} s`);
	return value;
}

const tests = [];
export const test = (name, fn) => tests.push([name, fn]);
export async function runAll(suite, end = () => {}) {
	let asserts = 0;
	for (const [name, fn] of tests) {
		const started = Date.now();
		await fn();
		asserts++;
		console.log(`  ${name}: ${Date.now() - started} ms`);
	}
	await end();
	console.log(`${suite}: ${tests.length} tests, ${asserts} asserts ok`);
	process.exit(0);
}
