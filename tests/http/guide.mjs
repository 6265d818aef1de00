// The guide and the reference: every page is served and leads nowhere that is not, every command of it works as it
// stands, and the client of it talks, is killed, and goes on.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BASE_URL, api, order, runAll, test, until } from "./live.mjs";

const PAGES_AT_LEAST = 20;
const scratch = mkdtempSync(join(tmpdir(), "confab-guide-"));

// --- pages ---

const entities = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&", "&#8239;": "\u202f" };
const plain = (html) => html.replace(/<[^>]*>/g, "").replace(/&[a-z0-9#]+;/g, (entity) => entities[entity] ?? entity);
const pages = new Map();

async function page(path) {
	if (!pages.has(path)) {
		const reply = await fetch(BASE_URL + path, { redirect: "manual" });
		pages.set(path, { status: reply.status, head: reply.headers, text: await reply.text() });
	}
	return pages.get(path);
}

const links = (text) => [...text.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, to]) => to);
const ids = (text) => new Set([...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id));

// All pages below /docs that can be reached from it.
async function everyPage() {
	const list = ["/docs"];
	for (const path of list)
		for (const link of links((await page(path)).text)) {
			const [to] = link.split("#");
			if (to.startsWith("/docs") && !list.includes(to))
				list.push(to);
		}
	return list;
}

test("every page is served as a page, under a policy that runs nothing else's scripts", async () => {
	const list = await everyPage();
	assert.ok(list.length >= PAGES_AT_LEAST, `only ${list.length} pages`);
	for (const path of list) {
		const { status, head, text } = await page(path);
		assert.equal(status, 200, path);
		assert.equal(head.get("content-type"), "text/html; charset=utf-8", path);
		assert.match(head.get("content-security-policy"), /^default-src 'none'; style-src 'self'; script-src 'self';/, path);
		assert.ok(!/<(script|style)[^>]*>[^<]|<[^>]* (style|on[a-z]+)=/.test(text), `${path} has a script or a style in it`);
		assert.match(text, /<\/html>\n$/, `${path} is cut`);
	}
	for (const path of ["/docs/", "/docs/nothing", "/docs/api-", "/docs/index/", "/docs/../openapi", "/docsX"])
		assert.equal((await page(path)).status, 404, path);
});

test("no link leads nowhere", async () => {
	for (const path of await everyPage())
		for (const link of links((await page(path)).text)) {
			const [to, anchor] = link.split("#");
			const target = await page(to || path);
			assert.equal(target.status, 200, `${path}: ${link}`);
			assert.ok(!anchor || ids(target.text).has(anchor), `${path}: ${link} has no such place`);
		}
});

test("a page of the reference for each program that has operations, and each operation on one", async () => {
	const description = await (await fetch(`${BASE_URL}/openapi.json`)).json();
	for (const item of Object.values(description.paths))
		for (const { operationId, tags, summary } of Object.values(item)) {
			const { text } = await page(`/docs/api-${tags[0]}`);
			assert.ok(text.includes(`<h2 id="${operationId}">`), `${operationId} has no place`);
			assert.ok(plain(text).includes(summary), `${operationId} is not described`);
		}
	for (const type of Object.keys(description.webhooks))
		assert.ok((await page("/docs/event-types")).text.includes(`<code>${type}</code></h2>`), type);
});

test("the tables are those the server goes by", async () => {
	const errors = plain((await page("/docs/errors")).text);
	for (const [, status, code, text] of readFileSync("lib/base/err.def", "utf8")
		.matchAll(/^ERR\(\w+, (\d+), "(\w+)", "(.*)"\)$/gm))
		if (code !== "ok")
			assert.ok(errors.includes(`${status}${code}${text}`), code);
	const moves = plain((await page("/docs/sessions")).text);
	const rows = [...readFileSync("lib/domain/talk/session_state.c", "utf8")
		.matchAll(/^\t\{ SESSION_(\w+), SESSION_(\w+), SESSION_(\w+), SESSION_BY_(\w+) \},$/gm)];
	assert.ok(rows.length > 10);
	for (const [, from, move, to, by] of rows) {
		const who = { USER: "the user", ADVISOR: "the advisor", BOTH: "either side", SYSTEM: "the system" }[by];
		assert.ok(moves.includes(`${from}${move.toLowerCase()}${to}${who}`), `${from} ${move}`);
	}
	const limits = plain((await page("/docs/limits")).text);
	const rates = [...readFileSync("lib/web/rate.c", "utf8").matchAll(/\] = \{ "(\w+)", (\d+), (\d+), "(.*)" \}/g)];
	assert.ok(rates.length > 5);
	for (const [, name, minute, burst, doc] of rates)
		assert.ok(limits.includes(`${name}${doc}${Number(minute) || "any"}${Number(burst) || "any"}`), name);
});

test("the search leads to places that are there, and finds them by what they say", async () => {
	const reply = await fetch(`${BASE_URL}/docs/search.json`);
	assert.equal(reply.headers.get("content-type"), "application/json");
	const index = await reply.json();
	for (const { title, url, words } of index) {
		const [to, anchor] = url.split("#");
		assert.ok(title.length > 0 && words.length > 0, url);
		assert.ok(ids((await page(to)).text).has(anchor), url);
	}
	const finds = (word, url) => assert.ok(index.some((entry) => entry.url === url &&
		` ${entry.words}`.includes(` ${word} `)), `${word} does not find ${url}`);
	finds("refresh_token", "/docs/api-auth#auth_refresh");
	finds("resync", "/docs/events#resync");
	finds("already_rated", "/docs/errors#codes");
	finds("jpy", "/docs/money-and-time#amounts");
	assert.ok(JSON.stringify(index).length < 128 * 1024, "the index has grown too large to be fetched at once");
});

// --- commands ---

// What stands in the <pre> of that mark, with what it is said to print.
const blocks = (text, mark) => [...text.matchAll(new RegExp(
	`<pre[^>]* ${mark}[^>]*><code>(.*?)</code></pre>(?:\\s*<pre[^>]* data-prints><code>(.*?)</code></pre>)?`, "gs"))]
	.map(([, command, prints]) => ({ command: plain(command), prints: prints && plain(prints) }));

// The values of a text of JSON, one after the other.
function values(text) {
	const { stdout, status } = spawnSync("jq", ["-s", "."], { input: text, encoding: "utf8" });
	assert.equal(status, 0, `not JSON: ${text}`);
	return JSON.parse(stdout);
}

const ANEW = ["request_id", "cursor"]; // other each time

function sameAs(where, said, got) {
	if (said === null || typeof said !== "object") {
		assert.deepEqual(got, said, where);
		return;
	}
	assert.ok(got !== null && typeof got === "object", `${where} is ${JSON.stringify(got)}`);
	assert.deepEqual(Object.keys(got), Object.keys(said), where);
	for (const [name, value] of Object.entries(said))
		if (ANEW.includes(name))
			assert.equal(typeof got[name], typeof value, `${where}.${name}`);
		else
			sameAs(`${where}.${name}`, value, got[name]);
}

// One shell for all blocks of a page, as one would paste them.
function paste(path, list) {
	const MARK = "-- end of block --";
	const script = list.map(({ command }) => `${command}\necho; echo '${MARK}' $?\n`).join("");
	const { stdout, stderr } = spawnSync("bash", [], { input: script, encoding: "utf8", cwd: scratch, timeout: 60000 });
	const parts = stdout.split(MARK);
	assert.equal(parts.length, list.length + 1, `${path}: ${stdout}${stderr}`);
	list.forEach(({ command, prints }, i) => {
		const said = parts[i].replace(/^ \d+\n/, "").trim();
		assert.equal(parts[i + 1].match(/^ (\d+)/)[1], "0", `${path}: ${command}\n${said}${stderr}`);
		assert.ok(!/\b(parse error|curl: )/.test(stderr), `${path}: ${stderr}`);
		if (prints)
			sameAs(`${path}, block ${i + 1}`, values(prints), values(said));
	});
}

test("every block of commands works as pasted, and prints what the guide says", async () => {
	let count = 0;
	for (const path of await everyPage()) {
		const { text } = await page(path);
		const list = blocks(text, "data-run");
		if (list.length > 0)
			paste(path, list);
		count += list.length;
		const unmarked = [...text.matchAll(/<pre class="copy"([^>]*)>/g)]
			.filter(([, marks]) => !/ data-(run|call|talk|script|make)\b/.test(marks));
		assert.equal(unmarked.length - (path === "/docs/client" ? 1 : 0), 0, `${path} has a block that nothing runs`);
	}
	assert.ok(count >= 20, `only ${count} blocks`);
});

test("the command beside each operation is understood by it", async () => {
	const description = await (await fetch(`${BASE_URL}/openapi.json`)).json();
	const statuses = new Map(Object.values(description.paths).flatMap((item) => Object.values(item))
		.map(({ operationId, responses }) => [operationId, Object.keys(responses)]));
	const signIn = await api("POST", "/auth/login", null,
		{ identifier: process.env.ADMIN_EMAIL, password: process.env.ADMIN_PASSWORD });
	const calls = [];
	for (const path of await everyPage())
		for (const [, id, command] of (await page(path)).text.matchAll(/<pre[^>]* data-call="(\w+)"><code>(.*?)<\/code>/gs))
			calls.push({ id, command: plain(command) });
	// Those that end the login come last, and others then hear of no token.
	calls.sort((a, b) => Number(/logout/.test(a.id)) - Number(/logout/.test(b.id)));
	assert.equal(calls.length, statuses.size);
	const script = calls.map(({ id, command }) =>
		`${command} -s -o /dev/null --max-time ${id === "event_stream" ? 1 : 20} -w '${id} %{http_code}\\n' || :\n`);
	const { stdout } = spawnSync("bash", [], { input: script.join(""), encoding: "utf8",
		env: { ...process.env, BASE: BASE_URL, TOKEN: signIn.body.access_token } });
	const said = new Map(stdout.trim().split("\n").map((line) => line.split(" ")));
	for (const { id, command } of calls) {
		assert.ok(statuses.get(id).includes(said.get(id)), `${id}: ${said.get(id)}\n${command}`);
		assert.ok(!["400", "405", "413", "414", "415", "422", "428"].includes(said.get(id)),
			`${id} is refused with ${said.get(id)}: ${command}`);
	}
});

// --- the client ---

class Client {
	constructor(dir) {
		this.dir = dir;
		this.start();
	}

	start() {
		this.said = "";
		this.child = spawn("python3", ["client.py", new URL(BASE_URL).host, "state.json"], { cwd: this.dir });
		this.child.stdout.on("data", (text) => { this.said += text; });
		this.child.stderr.on("data", (text) => process.stderr.write(text));
		this.gone = new Promise((done) => this.child.on("exit", done));
	}

	async asks(text) {
		await until(() => this.said.includes(`${text}\n> `), `${text}, of ${JSON.stringify(this.said)}`);
	}

	async answers(question, text) {
		await this.asks(question);
		this.child.stdin.write(`${text}\n`);
	}

	async kill() {
		this.child.kill("SIGKILL");
		await this.gone;
	}
}

test("the client of the guide registers, finds, chats, and goes on after a kill", async () => {
	const lines = (await (await fetch(`${BASE_URL}/docs/client.py`)).text()).split("\n");
	const code = lines.filter((line) => !/^\s*(#|"""|$)/.test(line));
	assert.ok(code.length <= 30, `the client of 30 lines has ${code.length}`);
	assert.equal(plain((await page("/docs/client")).text).split(lines.join("\n").trim()).length, 2);

	const signIn = await api("POST", "/auth/login", null,
		{ identifier: process.env.ADVISOR_EMAIL, password: process.env.ADVISOR_PASSWORD });
	const token = signIn.body.access_token;
	await api("PUT", "/advisors/me/status", token, { status: "ONLINE" });
	let { cursor } = (await api("GET", "/events?wait=0", token)).body;
	const hear = (type, which = () => true) => until(async () => {
		const { body } = await api("GET", `/events?wait=5&cursor=${cursor}`, token);
		cursor = body.cursor;
		return body.events.find((event) => event.type === type && which(event.data));
	}, type);

	const [fetched] = blocks((await page("/docs/client")).text, "data-talk")[0].command.split("\n");
	assert.equal(spawnSync("bash", ["-c", fetched], { cwd: scratch }).status, 0);
	const client = new Client(scratch);
	const { data: { id: session, conversation_id: conversation } } = await hear("session.requested");
	const say = async (body, as = token) => assert.equal((await api("POST", `/conversations/${conversation}/messages`, as,
		{ client_id: body.replace(/\W/g, ""), body })).status, 201);
	assert.equal((await api("POST", `/sessions/${session}/accept`, token)).status, 200);
	await client.answers("Go ahead!", "Shall I move?");
	await hear("message.created", ({ body }) => body === "Shall I move?");
	await say("Where to?");
	await client.answers("Where to?", "To the sea.");
	await hear("message.created", ({ body }) => body === "To the sea.");

	// Killed while it waits, and while it asks: nothing is missed, and nothing is said twice.
	await client.kill();
	await say("Alone?");
	await say("And work?");
	client.start();
	await client.asks("Alone?");
	await client.kill();
	client.start();
	await client.answers("Alone?", "With my cat.");
	await client.answers("And work?", "From there.");
	await hear("message.created", ({ body }) => body === "From there.");

	// And when its token has run out meanwhile.
	await client.kill();
	await order("clock", 601);
	const anew = await api("POST", "/auth/login", null,
		{ identifier: process.env.ADVISOR_EMAIL, password: process.env.ADVISOR_PASSWORD });
	// Until a program has asked anew which logins have ended it answers 503, and the client of 30 lines gives up.
	await until(async () => (await api("GET", "/events?wait=0", anew.body.access_token)).status === 200, "events again");
	client.start();
	await say("Good luck!", anew.body.access_token);
	await client.answers("Good luck!", "Thank you.");
	const window = () => api("GET", `/conversations/${conversation}/messages`, anew.body.access_token);
	const said = await until(async () => {
		const list = (await window()).body.items.filter(({ sender_type }) => sender_type !== "SYSTEM")
			.map(({ body }) => body);
		return list.includes("Thank you.") && list;
	}, "the last answer");
	assert.deepEqual(said.toSorted(), ["Shall I move?", "Where to?", "To the sea.", "Alone?", "And work?", "With my cat.",
		"From there.", "Good luck!", "Thank you."].toSorted());
	await client.kill();
});

await runAll("guide", () => rmSync(scratch, { recursive: true }));
