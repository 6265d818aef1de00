// The examples of the reference are what the system answers: the tour is taken, and what it leaves out is asked for; each
// operation's reply has the members and kinds that templates/docs/examples.json shows, and no operation is without.
//	UPDATE_EXAMPLES=1	writes that file from this run
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BASE_URL, STACK_DIR, cursorAt, order, run, until } from "./live.mjs";

const FILE = "templates/docs/examples.json";
const ITEMS_MAX = 2; // of a list that is shown
// Operations and event types whose example is made up, which the page says. A line below that asks is better.
const UNASKED = ["admin_outbox_retry", "admin_job_retry", "admin_job_retry_all", "admin_job_discard", "admin_decision_undo"];
const { ADMIN_EMAIL, ADMIN_PASSWORD } = process.env;
const description = await (await fetch(`${BASE_URL}/openapi.json`)).json();

// --- seeing ---

const seen = new Map(); // by operationId: {status, path, body, reply}

// Which operation a request is of; a path without {…} goes before one with.
const operations = Object.entries(description.paths).flatMap(([path, item]) => Object.entries(item)
	.map(([method, operation]) => ({ method, operation, loose: path.includes("{"),
		pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`) })))
	.sort((a, b) => a.loose - b.loose);
const operationOf = (method, path) => operations.find((one) => one.method === method.toLowerCase() &&
	one.pattern.test(path.split("?")[0]))?.operation;

function note({ method, path, status, body, reply }) {
	const operation = operationOf(method, path);
	assert.ok(operation, `${method} ${path} is not described`);
	const json = Object.values(operation.responses[status]?.content ?? {}).length > 0;
	if (status >= 300 || (seen.has(operation.operationId) && !fuller(reply, seen.get(operation.operationId).reply)))
		return;
	seen.set(operation.operationId, { status: Number(status), path, ...(body && { body }), ...(json && { reply }) });
}

// A list with items, or events, shows more than an empty one.
const fuller = (reply, than) => ["items", "events"].some((list) => reply?.[list]?.length > 0 && than?.[list]?.length === 0);

async function ask(method, path, token, body, headers = {}) {
	const reply = await fetch(`${BASE_URL}${path}`, { method, body: body && JSON.stringify(body), headers: { ...headers,
		...(token && { Authorization: `Bearer ${token}` }), ...(body && { "Content-Type": "application/json" }) } });
	const text = await reply.text();
	assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${text}`);
	const json = text === "" ? null : JSON.parse(text);
	note({ method, path, status: reply.status, body, reply: json });
	return json;
}

const api = (method, path, ...rest) => ask(method, `/api/v1${path}`, ...rest);

// --- the tour, and what it leaves out ---

const dir = mkdtempSync(join(tmpdir(), "confab-examples-"));
await run("tests/harness/tour.sh", [`${STACK_DIR}/env`], { env: { ...process.env, TOUR_RECORD: join(dir, "tour") } });
for (const line of readFileSync(join(dir, "tour"), "utf8").trim().split("\n"))
	note(JSON.parse(line));
rmSync(dir, { recursive: true });
assert.ok(seen.size >= 12, `the tour shows only ${seen.size} operations`);

let people = 0;
async function enter(name, role = "USER") {
	const email = `${name.toLowerCase()}-${++people}-${Date.now()}@example.org`;
	const reply = await api("POST", "/auth/register", null,
		{ email, password: "correct horse battery", display_name: name, role, device_name: `${name}'s phone` });
	return { id: reply.user.id, token: reply.access_token, refresh: reply.refresh_token, email };
}

const events = {}; // the data of one of each type
const hear = (list) => list.forEach((event) => { events[event.type] ??= event.data; });
async function readLog(who) {
	let page = { cursor: cursorAt(0) };
	do {
		page = await api("GET", `/events?cursor=${page.cursor}&wait=0`, who.token);
		hear(page.events);
	} while (page.events.length > 0);
}

const admin = await api("POST", "/auth/login", null,
	{ identifier: ADMIN_EMAIL, password: ADMIN_PASSWORD, device_name: "Desk" });
const maya = await enter("Maya"), asha = await enter("Asha", "ADVISOR"), ravi = await enter("Ravi", "ADVISOR");

maya.token = (await api("POST", "/auth/refresh", null, { refresh_token: maya.refresh })).access_token;
await api("GET", "/auth/logins", maya.token);
const { secret } = await api("POST", "/auth/totp/enrol", maya.token);
const app = async () => (await run("oathtool", ["--totp", "--base32", secret])).stdout.trim();
await api("POST", "/auth/totp/confirm", maya.token, { code: await app() });
await api("GET", "/auth/totp", maya.token);
await api("POST", "/auth/totp/recovery", maya.token);
await api("POST", "/auth/totp/disable", maya.token);
await api("POST", "/auth/reauth", maya.token, { password: "correct horse battery" });
await api("PATCH", "/users/me", maya.token, { bio: "Tea and long walks", timezone: "Asia/Kolkata" }, { "If-Match": "*" });
await api("GET", "/users/me", maya.token);
await api("PUT", "/users/me/presence", maya.token, { status: "AWAY" });

const profile = { headline: "Listens first", bio: "Twenty years of listening.", languages: ["en"],
	specializations: ["dating"], experience_years: 12, rate: { amount_minor: 0, currency: "INR" } };
for (const advisor of [asha, ravi])
	await api("POST", "/advisors/apply", advisor.token, profile);
await api("POST", `/admin/admins/${admin.user.id}/sign_out`, admin.access_token);
await api("GET", "/admin/advisors/pending", admin.access_token);
await api("POST", `/admin/advisors/${asha.id}/approve`, admin.access_token);
await api("POST", `/admin/advisors/${ravi.id}/reject`, admin.access_token, { reason: "Please tell more about your experience." });
await readLog(ravi);
await api("GET", "/advisors/me", asha.token);
await api("PATCH", "/advisors/me", asha.token, { headline: "Listens first, then asks" }, { "If-Match": "*" });
await api("PUT", "/advisors/me/status", asha.token, { status: "ONLINE" });

const askFor = () => api("POST", "/sessions/chat", maya.token, { advisor_id: asha.id, topic: "How do I talk to her about moving?" });
await api("POST", `/sessions/${(await askFor()).id}/decline`, asha.token, { reason: "I have to leave in a minute" });
await api("POST", `/sessions/${(await askFor()).id}/cancel`, maya.token, { reason: "We talked on the phone" });
const session = await askFor(), talk = session.conversation_id;
await api("POST", `/sessions/${session.id}/accept`, asha.token);
await api("POST", `/sessions/${session.id}/join`, maya.token);
await api("POST", `/sessions/${session.id}/heartbeat`, maya.token);
const said = await api("POST", `/conversations/${talk}/messages`, maya.token, { client_id: "m-1", body: "We might move to the sea." });
const answer = await api("POST", `/conversations/${talk}/messages`, asha.token,
	{ client_id: "m-2", body: "Both of you?", reply_to: said.id });
await api("GET", `/sessions/${session.id}`, asha.token);
await api("GET", `/sessions/${session.id}/messages`, asha.token);
await api("PATCH", `/messages/${said.id}`, maya.token, { body: "We might move to the sea in May." });
await api("PUT", `/messages/${said.id}/reactions/%F0%9F%91%8D`, asha.token);
await api("GET", `/messages/${said.id}`, maya.token);
await api("DELETE", `/messages/${said.id}/reactions/%F0%9F%91%8D`, asha.token);
await api("GET", `/conversations/${talk}/messages`, maya.token);
await api("GET", "/conversations/search?q=sea", maya.token);
await api("GET", "/conversations/unread-count", maya.token);
await api("PUT", `/conversations/${talk}/read`, maya.token, { seq: 2 });
await api("PUT", `/conversations/${talk}/mute`, maya.token, { until: null });
await api("DELETE", `/conversations/${talk}/mute`, maya.token);
await api("POST", `/conversations/${talk}/typing`, maya.token);
await api("GET", `/conversations/${talk}`, maya.token);
await api("GET", "/conversations", maya.token);
await api("POST", "/events/ticket", maya.token);
await api("DELETE", `/messages/${said.id}`, maya.token);
await api("POST", `/sessions/${session.id}/end`, maya.token, { reason: "We are done for today" });
await api("POST", `/sessions/${session.id}/rating`, maya.token, { stars: 5, review: "Listened well and gave me a plan" });
await api("POST", `/admin/conversations/${talk}/read`, admin.access_token, { reason: "A report says that payments were asked for" });
await api("POST", `/admin/messages/${answer.id}/remove`, admin.access_token, { reason: "Gives the address of a third person" });
await api("POST", `/admin/sessions/${(await askFor()).id}/cancel`, admin.access_token, { reason: "The advisor cannot come today" });
const ended = await askFor();
await api("POST", `/sessions/${ended.id}/accept`, asha.token);
await api("POST", `/sessions/${ended.id}/join`, maya.token);
await api("POST", `/admin/sessions/${ended.id}/end`, admin.access_token, { reason: "We have to end this session for your safety" });
await api("GET", `/advisors/${asha.id}/ratings`);
await api("GET", "/users/me/sessions", maya.token);
await api("GET", `/users/${asha.id}`, maya.token);
await api("PUT", `/users/me/blocks/${ravi.id}`, maya.token);
await api("GET", "/users/me/blocks", maya.token);
await api("DELETE", `/users/me/blocks/${ravi.id}`, maya.token);

const report = await api("POST", "/reports", maya.token,
	{ target_type: "USER", target_id: ravi.id, reason: "SPAM", detail: "Asked me to pay outside" });
await api("GET", "/admin/reports", admin.access_token);
await api("POST", `/admin/reports/${report.id}/dismiss`, admin.access_token, { note: "A misunderstanding" });
await api("GET", `/reports/${report.id}`, maya.token);
await api("POST", `/admin/reports/${report.id}/reopen`, admin.access_token);
await api("POST", `/admin/reports/${report.id}/decide`, admin.access_token, { note: "Asked three people to pay outside" });
await api("POST", `/admin/reports/${report.id}/reopen`, admin.access_token);
await api("POST", `/admin/reports/${report.id}/decide`, admin.access_token, { note: "As before" });
for (const subject of [`users/${ravi.id}`, `advisors/${ravi.id}`, `reports/${report.id}`,
	`sessions/${session.id}`, `conversations/${talk}`]) {
	await api("POST", `/admin/${subject}/note`, admin.access_token, { text: "Called on Monday, will write again" });
	await api("POST", `/admin/${subject}/assign`, admin.access_token);
	await api("POST", `/admin/${subject}/unassign`, admin.access_token);
}
await api("POST", `/admin/advisors/${ravi.id}/reopen`, admin.access_token);
await api("POST", `/admin/advisors/${ravi.id}/approve`, admin.access_token);
await api("POST", `/admin/advisors/${ravi.id}/suspend`, admin.access_token, { reason: "Please answer the report first" });
await api("POST", `/admin/advisors/${ravi.id}/resume`, admin.access_token);
await api("POST", `/admin/advisors/${ravi.id}/revoke`, admin.access_token, { reason: "Asks for payments outside" });
await readLog(ravi);
await readLog(maya);
await api("GET", "/admin/users?q=maya", admin.access_token);
await api("POST", `/admin/users/${ravi.id}/block`, admin.access_token, { reason: "Asks for payments outside" });
await api("POST", `/admin/users/${ravi.id}/unblock`, admin.access_token);
ravi.token = (await api("POST", "/auth/login", null, { identifier: ravi.email, password: "correct horse battery" })).access_token;
await readLog(ravi);
await api("GET", "/admin/audit", admin.access_token);
await run(`${process.env.BIN}/confab`, ["notify", "test", "--to", "asha@example.test"],
	{ env: { ...process.env, CONFAB_CONF: `${STACK_DIR}/confab.conf` } });
for (const list of ["advisors?state=APPROVED&limit=2", "jobs?limit=2", "outbox?limit=2", "sessions?limit=2", "conversations?limit=2",
	`messages?conversation=${talk}&limit=2`, "specializations?state=OFFERED&limit=2", "admins?limit=2"])
	await api("GET", `/admin/${list}`, admin.access_token);
await api("POST", "/admin/specializations/add", admin.access_token, { name: "Palm reading" });
const { items: [palm] } = await api("GET", "/admin/specializations?sort=-place&limit=1", admin.access_token);
await api("POST", `/admin/specializations/${palm.id}/rename`, admin.access_token, { name: "Palmistry" });
await api("POST", `/admin/specializations/${palm.id}/translate`, admin.access_token, { locale: "de", name: "Handlesen" });
await api("POST", `/admin/specializations/${palm.id}/merge`, admin.access_token, { into: "tarot" });
await api("POST", "/admin/audit/check", admin.access_token);
await until(() => api("GET", "/admin/audit/check", admin.access_token), "the check");

// A request that nobody answers, and what is heard only by who waits while it comes to pass.
const unanswered = await askFor();
async function waiting(type, act) {
	await until(async () => {
		const { cursor } = await api("GET", "/events", asha.token);
		const poll = api("GET", `/events?cursor=${cursor}&wait=5`, asha.token);
		await act();
		hear((await poll).events);
		return events[type];
	}, type);
}
await waiting("typing", () => api("POST", `/conversations/${unanswered.conversation_id}/typing`, maya.token));
await waiting("presence", async () => {
	await api("GET", "/events?wait=0", maya.token);
	for (const status of ["AWAY", "ONLINE"])
		await api("PUT", "/users/me/presence", maya.token, { status });
});
await order("clock", 100); // the access tokens are good for longer
// What a program knows of ended logins is then from long ago, until it has asked anew.
await until(async () => (await fetch(`${BASE_URL}/api/v1/events?wait=0`,
	{ headers: { Authorization: `Bearer ${maya.token}` } })).status === 200, "the events program has asked anew");
await until(async () => {
	await readLog(maya);
	return events["session.expired"];
}, "what expired");
await readLog(asha);
await ask("GET", "/livez");
await ask("GET", "/readyz");

// --- as they are shown ---

const ids = new Map();
const REPLACED = [
	[/tour-user-\d+-\d+@demo\.test/g, "tara@example.org"], [/tour-advisor-\d+-\d+@demo\.test/g, "anand@example.org"],
	[/Anand \d+-\d+/g, "Anand"], [/tour\d+-\d+/g, "weather"], [/(\w+)-\d-\d{13}@/g, "$1@"],
	[/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
		if (!ids.has(id))
			ids.set(id, `0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f${(0x7a80 + ids.size).toString(16)}`);
		return ids.get(id);
	}],
];
const TOKENS = { access_token: "eyJhbGciOiJIUzI1NiJ9.e30.signature", refresh_token: "r1.0199a3c0.2.mac",
	ticket: "Zm9yLW9uZS11c2Utb25seS1hbmQtaGFsZi1hLW1pbnV0ZS0", password: "correct horse battery",
	secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
	uri: "otpauth://totp/Confab:maya%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Confab" };

function shown(value, name) {
	if (Array.isArray(value))
		return (["items", "events", "checks"].includes(name) ? value.slice(0, ITEMS_MAX) : value).map((one) => shown(one));
	if (value !== null && typeof value === "object")
		return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one, key)]));
	if (typeof value !== "string")
		return value;
	return TOKENS[name] ?? REPLACED.reduce((text, [from, to]) => text.replaceAll(from, to), value);
}

// --- and compared: members and kinds. null is of any kind, and an empty list of any elements ---

const kind = (value) => Array.isArray(value) ? "list" : value === null ? "null" : typeof value;

function differ(where, example, reply, faults) {
	const [left, right] = [kind(example), kind(reply)];
	if (left === "null" || right === "null")
		return;
	if (left !== right) {
		faults.push(`${where} is a ${right}, and a ${left} in the example`);
		return;
	}
	if (left === "list" && example.length > 0 && reply.length > 0)
		differ(`${where}[]`, example[0], reply[0], faults);
	if (left !== "object")
		return;
	// Events and audit lines have members by their type.
	if (["type", "action"].some((name) => name in example && name in reply && example[name] !== reply[name]))
		return;
	for (const name of new Set([...Object.keys(example), ...Object.keys(reply)]))
		if (name in example && name in reply)
			differ(`${where}.${name}`, example[name], reply[name], faults);
		else
			faults.push(`${where}.${name} is ${name in reply ? "not in the example" : "in the example only"}`);
}

// The committed ones also against the schemas: what was renamed on both sides is told, too.
const require = createRequire(new URL("../../build/npm/", import.meta.url));
const Ajv = require("ajv/dist/2020").default;
const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
require("ajv-formats")(ajv);
ajv.addSchema({ $id: "api", components: description.components });
const schemaOf = (operation, status) => JSON.parse(JSON.stringify(
	operation.responses[status].content["application/json"].schema).replaceAll('"#/components', '"api#/components'));

const wanted = operations.map(({ operation }) => operation).filter(({ responses }) =>
	Object.entries(responses).some(([status, { content }]) => status < 300 && content?.["application/json"]));
const faults = UNASKED.filter((name) => seen.has(name) || events[name]).map((name) => `${name} was asked: take it off UNASKED`);
for (const { operationId } of wanted)
	if (!seen.has(operationId) && !UNASKED.includes(operationId))
		faults.push(`${operationId} was never asked`);
const fresh = Object.fromEntries([...seen].sort(([a], [b]) => a < b ? -1 : 1).map(([id, one]) => [id, shown(one)]));
fresh.events = Object.fromEntries(Object.entries(events).sort(([a], [b]) => a < b ? -1 : 1)
	.map(([type, data]) => [type, shown(data)]));
const before = JSON.parse(readFileSync(FILE, "utf8"));
let committed = before;
if (process.env.UPDATE_EXAMPLES) {
	const kept = (where, example, reply) => { // what has not changed but for its values stays as it is
		const changes = [];
		if (example !== undefined) differ(where, example, reply, changes);
		return example !== undefined && changes.length === 0 && !fuller(reply?.reply, example?.reply) ? example : reply;
	};
	const { events: types, ...replies } = fresh;
	committed = Object.fromEntries(Object.entries(replies).map(([id, one]) => [id, kept(id, before[id], one)]));
	committed.events = Object.fromEntries(Object.entries(types).map(([type, data]) => [type, kept(type, before.events[type], data)]));
	const sorted = Object.fromEntries(Object.entries(committed).sort(([a], [b]) => a < b ? -1 : 1));
	writeFileSync(FILE, `${JSON.stringify(sorted, null, "\t")}\n`);
}
for (const type of Object.keys(description.webhooks).filter((name) => !UNASKED.includes(name))) {
	if (!committed.events[type] || !events[type])
		faults.push(`event ${type} has no example, or did not happen`);
	else
		differ(`event ${type}`, committed.events[type], events[type], faults);
}
for (const operation of wanted.filter(({ operationId }) => !UNASKED.includes(operationId))) {
	const id = operation.operationId, example = committed[id];
	if (!example?.reply) {
		faults.push(`${id} has no example`);
		continue;
	}
	differ(id, example.reply, fresh[id]?.reply ?? null, faults);
	const check = ajv.compile(schemaOf(operation, example.status));
	if (!check(example.reply))
		faults.push(...check.errors.map(({ instancePath, message }) => `${id}${instancePath}: ${message}`));
}
for (const id of Object.keys(committed))
	if (id !== "events" && !operations.some(({ operation }) => operation.operationId === id))
		faults.push(`${id} has an example and is no operation`);
console.log(faults.join("\n"));
assert.equal(faults.length, 0, "UPDATE_EXAMPLES=1 make http T=guide writes the examples anew; look at what changed");
console.log(`examples: ${wanted.length} tests, ${wanted.length} asserts ok`);
