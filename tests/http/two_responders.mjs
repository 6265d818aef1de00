// Run by test_two_responders.sh: messages reach people at both events programs, and when one is killed those who
// waited there go on at the other with their cursors.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { BASE_URL, STACK_DIR, api, conversation, cursorAt, person, runAll, sql, test, until } from "./live.mjs";
import { Listener } from "./listeners.mjs";

const PEOPLE = 24, KINDS = ["poll", "poll", "sse", "ws"];
const people = [];
let place, sent = 0;

async function waiting(program) {
	const text = await (await fetch(`${BASE_URL}/metrics`)).text();
	const value = (name) => Number(text.match(new RegExp(`^confab_${name}{program="${program}"} (.*)$`, "m"))[1]);
	return value("polls_parked") + value("streams_open");
}
const everyoneWaits = async () => await waiting("events") + await waiting("events-2") === PEOPLE;

function kill(program) {
	const parent = readFileSync(`${STACK_DIR}/run/${program}.pid`, "utf8").trim();
	const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ");
	for (const pid of [parent, ...children])
		process.kill(Number(pid), "SIGKILL");
}

// Messages are counted; of presence it is kept who was said to be how.
function take(who, { seq, type, data }) {
	if (seq !== null)
		who.heard++;
	else if (type === "presence")
		who.statuses.push(`${people.findIndex(({ id }) => id === data.user_id)} ${data.status}`);
}

// Person i writes to the next one, who is often at the other program.
async function everyoneWrites() {
	for (const who of people) {
		const reply = await api("POST", `/conversations/${who.place}/messages`, who.token,
			{ client_id: `two-${sent}`, body: `Number ${sent}` });
		assert.equal(reply.status, 201);
		sent++;
	}
	const wanted = sent / PEOPLE * 2; // its own and that of the person before
	for (const who of people)
		await until(() => who.listener.seq >= wanted, `${who.listener.kind}: ${who.listener.seq} of ${wanted}`);
	for (const who of people) {
		assert.equal(who.heard, wanted);
		assert.deepEqual(who.listener.lost, []);
	}
}

test("clients are spread over both", async () => {
	for (let i = 0; i < PEOPLE; i++)
		people.push({ ...await person(), heard: 0, statuses: [] });
	for (const [i, who] of people.entries()) {
		who.place = await conversation(who, people[(i + 1) % PEOPLE]);
		who.listener = new Listener(KINDS[i % KINDS.length], who, cursorAt(0), (event) => take(who, event));
	}
	await until(everyoneWaits, "everyone waits");
	assert.ok(await waiting("events") >= 3 && await waiting("events-2") >= 3);
});

test("messages reach people at both", async () => {
	for (let i = 0; i < 5; i++)
		await everyoneWrites();
});

// At how many programs there are devices, and how many people are there.
const present = () => sql(`SELECT (SELECT count(DISTINCT node_id) FROM presence_device) || ' ' ||
	(SELECT count(*) FROM presence WHERE status = 'ONLINE')`);

test("everyone is present, wherever they wait", async () => {
	await until(async () => await present() === `2 ${PEOPLE}`, "all are there");
});

test("both are in /readyz, each with a stream", async () => {
	const { ready, checks } = await (await fetch(`${BASE_URL}/readyz`)).json();
	assert.ok(ready);
	for (const name of ["event stream", "event stream 2"])
		assert.match(checks.find((check) => check.name === name).detail, /^streams, /);
});

test("one is killed: its clients go on at the other", async () => {
	await until(everyoneWaits, "everyone waits");
	kill("events-2");
	for (let i = 0; i < 5; i++)
		await everyoneWrites();
	await until(async () => await waiting("events") === PEOPLE, "all are at the first");
	for (const { listener } of people)
		if (listener.kind === "poll") // nginx passed it on: the client did not even notice
			assert.deepEqual([[...listener.statuses.keys()], listener.broken], [[200], 0]);
	const reply = await fetch(`${BASE_URL}/readyz`);
	assert.equal(reply.status, 503);
	const missing = (await reply.json()).checks.filter((check) => !check.good);
	assert.deepEqual(missing.map((check) => check.name), ["events-2"]);
});

test("nobody seemed to have gone; who does now is seen to", async () => {
	await until(async () => await present() === `1 ${PEOPLE}`, "the killed one is swept");
	for (const who of people)
		assert.ok(!who.statuses.some((said) => said.endsWith("OFFLINE")), `${who.statuses}`);
	await people[0].listener.stop();
	for (const i of [1, PEOPLE - 1])
		await until(() => people[i].statuses.includes("0 OFFLINE"), "the first one has gone");
	await Promise.all(people.map((who) => who.listener.stop()));
});

await runAll("two_responders");
