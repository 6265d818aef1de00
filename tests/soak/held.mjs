// HELD_POLLS long polls parked through nginx: what the events programs need for each, what they do while
// nothing happens, and that one event for everybody is answered by all. Run by held.sh.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { BASE_URL, STACK_DIR, cursorAt, person, runAll, sql, test, until } from "../http/live.mjs";
import { pause } from "../http/listeners.mjs";

const POLLS = Number(process.env.HELD_POLLS ?? 9000), EACH = 5, PEOPLE = POLLS / EACH;
const AT_ONCE = 200, IDLE_S = 10, KIB_EACH_MAX = 12, CPU_PERCENT_MAX = 2;
const { hostname, port } = new URL(BASE_URL);
const people = [], polls = [];

// --- processes ---

const read = (path) => readFileSync(path, "utf8");
const children = (parent) => read(`/proc/${parent}/task/${parent}/children`).trim().split(" ").map(Number);
const programs = readdirSync(`${STACK_DIR}/run`).filter((name) => /^events(-\d)?\.pid$/.test(name))
	.map((name) => children(read(`${STACK_DIR}/run/${name}`).trim())[0]);
const nginx = children(read(`${STACK_DIR}/run/nginx.pid`).trim());

const residentKib = (pid) => Number(read(`/proc/${pid}/status`).match(/VmRSS:\s+(\d+)/)[1]);
// Seconds of a core used so far.
function cpuS(pid) {
	const fields = read(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
	return (Number(fields[11]) + Number(fields[12])) / 100;
}
const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;

async function parked() {
	const text = await (await fetch(`${BASE_URL}/metrics`)).text();
	return [...text.matchAll(/^confab_polls_parked\{program="events[^"]*"\} (\d+)$/gm)].map((m) => Number(m[1]));
}
const sum = (list) => list.reduce((a, b) => a + b, 0);

// --- polls, as bytes: thousands must cost this process little ---

function poll(who) {
	const made = { reply: "", done: false };
	const socket = connect(Number(port), hostname, () => socket.write(
		`GET /api/v1/events?wait=30&cursor=${cursorAt(0)} HTTP/1.1\r\nHost: ${hostname}\r\n` +
		`Authorization: Bearer ${who.token}\r\nConnection: close\r\n\r\n`));
	socket.on("data", (chunk) => { made.reply += chunk; });
	socket.on("error", (error) => { made.reply = String(error); });
	socket.on("close", () => { made.done = true; });
	return made;
}

test(`${POLLS} polls are parked, in less than ${KIB_EACH_MAX} KB each`, async () => {
	while (people.length < PEOPLE)
		people.push(...await Promise.all(Array.from({ length: 20 }, () => person())));
	await Promise.all(programs.map((_, i) => fetch(`${BASE_URL}/api/v1/events?wait=0`,
		{ headers: { Authorization: `Bearer ${people[i].token}` } })));
	const before = programs.map(residentKib), began = Date.now();
	for (const who of people) {
		for (let i = 0; i < EACH; i++)
			polls.push(poll(who));
		if (polls.length % AT_ONCE === 0)
			await until(async () => sum(await parked()) >= polls.length - AT_ONCE, "the last ones are parked");
	}
	await until(async () => sum(await parked()) === POLLS, "all are parked");
	const held = await parked();
	console.log(`${POLLS} polls parked in ${((Date.now() - began) / 1000).toFixed(1)} s; descriptors of nginx's ` +
		`workers: ${nginx.map(descriptors).join(", ")}`);
	programs.forEach((pid, i) => {
		const after = residentKib(pid), each = (after - before[i]) / held[i];
		console.log(`events program ${i + 1}: ${held[i]} polls, ${(after / 1024).toFixed(1)} MB resident, ` +
			`${each.toFixed(1)} KB each`);
		assert.ok(each < KIB_EACH_MAX);
	});
});

test(`while nothing happens they use less than ${CPU_PERCENT_MAX} % of a core`, async () => {
	const before = programs.map(cpuS), began = Date.now();
	await pause(IDLE_S * 1000);
	assert.equal(sum(await parked()), POLLS);
	programs.forEach((pid, i) => {
		const percent = (cpuS(pid) - before[i]) / (Date.now() - began) * 100000;
		console.log(`events program ${i + 1}: ${percent.toFixed(2)} % of a core over ${IDLE_S} s`);
		assert.ok(percent < CPU_PERCENT_MAX);
	});
});

test("one event for all answers all", async () => {
	const began = Date.now();
	await sql("SELECT event_emit((SELECT array_agg(DISTINCT user_id) FROM login), 'test.all', '{}')");
	await until(() => polls.every((made) => made.done), "all replies");
	console.log(`${POLLS} polls answered in ${Date.now() - began} ms after one commit`);
	for (const { reply } of polls)
		assert.ok(reply.startsWith("HTTP/1.1 200 ") && reply.includes(`"cursor":"${cursorAt(1)}"`), reply);
});

await runAll("held");
