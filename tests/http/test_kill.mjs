// Whatever is killed, nobody misses a message or sees one twice: people write to each other, retrying with
// the same client_id, and listen by cursor, while the events program and chat's workers are killed and the
// decoding connection is cut, again and again. Small here; `make soak T=kill` runs it at full size.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { STACK_DIR, api, conversation, cursorAt, eventsChild, metric, person, runAll, sql, test, until }
	from "./live.mjs";
import { Listener, pause } from "./listeners.mjs";

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const MESSAGES = number("KILL_MESSAGES", 500), PEOPLE = number("KILL_PEOPLE", 10), RUN_S = number("KILL_S", 8);
// Seconds between two kills of each kind.
const EVERY_S = { events: number("KILL_EVENTS_S", 1), chat: number("KILL_CHAT_S", 1.5),
	stream: number("KILL_STREAM_S", 2) };
const KINDS = ["poll", "sse", "poll", "ws", "poll"];

// --- killing ---

function childrenOf(program) {
	const parent = readFileSync(`${STACK_DIR}/run/${program}.pid`, "utf8").trim();
	return readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ").map(Number);
}

const kills = { events: 0, chat: 0, stream: 0 };
const disturb = {
	events() {
		if (eventsChild() === 0)
			return 0;
		process.kill(eventsChild(), "SIGKILL");
		return 1;
	},
	// While a message is with one of the workers: with luck with this one.
	async chat() {
		const workers = childrenOf("chat").filter(Boolean);
		if (workers.length === 0)
			return 0;
		await new Promise((sent) => onSend.push(sent));
		await pause(1);
		process.kill(workers[kills.chat % workers.length], "SIGKILL");
		return 1;
	},
	async stream() {
		return Number(await sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_replication" +
			" WHERE application_name = 'events-stream'"));
	},
};

// What is just coming back is struck as soon as it is there.
async function disturbEvery(kind, done) {
	for (let next = Date.now() + EVERY_S[kind] * 1000; !done(); await pause(20))
		if (Date.now() >= next && await disturb[kind]() > 0) {
			kills[kind]++;
			next += EVERY_S[kind] * 1000;
		}
}

// --- people ---

const broken = { sending: 0 }, onSend = [];

// A message, tried with the same client_id until it is acknowledged; the number the reply gives.
async function send(who, place, clientId) {
	for (;;) {
		try {
			const asked = api("POST", `/conversations/${place}/messages`, who.token,
				{ client_id: clientId, body: `Message ${clientId}` });
			onSend.shift()?.();
			const reply = await asked;
			if (reply.status === 200 || reply.status === 201)
				return reply.body.seq;
			assert.ok(reply.status >= 500, `sending: ${reply.status} ${JSON.stringify(reply.body)}`);
		} catch (error) {
			if (error instanceof assert.AssertionError)
				throw error;
		}
		broken.sending++;
		await pause(20);
	}
}

// Everyone talks with the next two, so that each is in four conversations.
async function meet() {
	const people = [];
	for (let i = 0; i < PEOPLE; i++)
		people.push({ ...await person(), number: i, places: [], heard: new Map(), wanted: 0 });
	for (let i = 0; i < PEOPLE; i++)
		for (const step of [1, 2]) {
			const both = [people[i], people[(i + step) % PEOPLE]];
			const id = await conversation(...both);
			both.forEach((who) => { who.places.push(id); who.heard.set(id, []); });
			places.set(id, both);
		}
	for (const who of people)
		who.listener = new Listener(KINDS[who.number % KINDS.length], who, cursorAt(0), ({ seq, type, data }) => {
			if (seq === null)
				return; // who came and went
			assert.equal(type, "message.created");
			who.heard.get(data.conversation_id).push(data.seq);
			who.count = (who.count ?? 0) + 1;
		});
	return people;
}

const places = new Map(); // id -> its two members
const acknowledged = new Map(); // client_id -> [conversation, seq]

async function talk(who) {
	const share = Math.floor(MESSAGES / PEOPLE) + (who.number < MESSAGES % PEOPLE ? 1 : 0);
	const began = Date.now();
	for (let i = 0; i < share; i++) {
		const place = who.places[i % who.places.length], clientId = `k-${who.number}-${i}`;
		await pause(began + (i + Math.random()) * RUN_S * 1000 / share - Date.now());
		acknowledged.set(clientId, [place, await send(who, place, clientId)]);
		places.get(place).forEach((member) => member.wanted++);
	}
}

// --- the tests ---

let people;

test(`${MESSAGES} messages among ${PEOPLE} people under kills`, async () => {
	people = await meet();
	let over = false;
	const killers = Object.keys(disturb).map((kind) => disturbEvery(kind, () => over));
	const began = Date.now();
	await Promise.all(people.map(talk));
	over = true;
	onSend.splice(0).forEach((sent) => sent());
	await Promise.all(killers);
	console.log(`${((Date.now() - began) / 1000).toFixed(1)} s; killed: events ${kills.events}, chat workers ` +
		`${kills.chat}, decoding connections ${kills.stream}; sendings repeated: ${broken.sending}`);
	// Each kind at least once; as often as it was asked for where the machine is ours, in the soak.
	for (const [kind, count] of Object.entries(kills))
		assert.ok(count >= Math.max(1, process.env.KILL_S ? Math.floor(RUN_S / EVERY_S[kind]) - 2 : 1), `${kind}: ${count} kills`);
});

test("everyone hears every message once and in order", async () => {
	for (const who of people)
		await until(() => who.count >= who.wanted, `${who.listener.kind}: ${who.count} of ${who.wanted}`);
	const sum = (of) => people.reduce((total, who) => total + of(who), 0);
	console.log(`heard ${sum((who) => who.count)} of ${sum((who) => who.wanted)}; connections broken: ` +
		`${sum((who) => who.listener.broken)}; dropped by number: ${sum((who) => who.listener.repeated)}`);
	for (const { listener, heard, count, wanted } of people) {
		assert.equal(count, wanted);
		assert.deepEqual(listener.lost, []);
		assert.equal(listener.resyncs, 0);
		for (const seqs of heard.values()) // gapless, in the order of the conversation
			seqs.forEach((seq, i) => assert.equal(seq, i + 1));
	}
});

test("each is stored once, under the number that was acknowledged", async () => {
	assert.equal(acknowledged.size, MESSAGES);
	const list = [...places.keys()].map((id) => `'${id}'`).join();
	const rows = (await sql(`SELECT client_id, conversation_id, seq FROM message
		WHERE conversation_id IN (${list})`)).split("\n").map((line) => line.split("|"));
	assert.equal(rows.length, MESSAGES);
	for (const [clientId, place, seq] of rows)
		assert.deepEqual(acknowledged.get(clientId), [place, Number(seq)]);
	assert.equal(await sql(`SELECT count(*) FROM (SELECT conversation_id FROM message
		WHERE conversation_id IN (${list}) GROUP BY 1 HAVING max(seq) <> count(*)) gaps`), "0");
	await Promise.all(people.map((who) => who.listener.stop()));
	await until(async () => await metric("stream_connected") === 1, "the stream is back");
});

await runAll("kill");
