// A fuzzer of the whole HTTP API. It reads the API's description from the running system, signs in as each
// role, and for as long as it may sends every operation good requests and spoiled ones: values of wrong
// types and at every bound, broken JSON and text, headers, queries and paths that are none, bodies in chunks
// and compressed, other methods, other roles. A finding is an answer of 5xx, none within seconds, a status,
// code or body that is not documented, a refusal that does not name the field at fault, or a program that
// ends, or complains in its log.
//	node tests/fuzz/api/run.mjs	with BASE_URL, STACK_DIR, USER_EMAIL … of a test stack set
// Environment: API_S seconds (30), FUZZ_SEED (printed; the same one makes the same plan), API_CALLERS (8).
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { operations, Pool, Requests } from "./api.mjs";
import { Judge, Logs } from "./judge.mjs";
import { generator, headerLines, numbers, others, pathValues, queryValues, strings, values } from "./values.mjs";
import { send, shown } from "./wire.mjs";

const base = process.env.BASE_URL;
const seconds = Number(process.env.API_S ?? 30);
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
const random = generator(seed);
const pick = (list) => list[Math.floor(random() * list.length)];
const pool = new Pool(pick);
const good = new Requests(pool, random, pick);
const document = await (await fetch(`${base}/openapi.json`)).json();
const all = operations(document);
const judge = new Judge(document);
const logs = new Logs(join(process.env.STACK_DIR, "log"));

// --- who asks ---

const tokens = {};
const ROLES = ["anon", "user", "advisor", "admin"];
/* What ends the caller's own login or hashes a password: seldom, as each costs a sign-in. */
const SELDOM = ["auth_logout", "auth_logout_all", "login_end", "auth_register", "auth_login", "admin_user_block",
	"event_stream"];
/* Who can do it, where most cannot. */
const FOR = { session_accept: "advisor", session_decline: "advisor", session_chat_create: "user", session_rate: "user",
	advisor_status_set: "advisor", advisor_me_update: "advisor" };

async function call(method, path, body, token) {
	const reply = await fetch(`${base}/api/v1${path}`, { method, body: body && JSON.stringify(body),
		headers: { ...(body && { "Content-Type": "application/json" }), ...(token && { Authorization: `Bearer ${token}` }) } });
	return { status: reply.status, body: reply.status === 204 ? null : await reply.json() };
}

async function sign_in(role) {
	const name = role.toUpperCase();
	let reply = await call("POST", "/auth/login",
		{ identifier: process.env[`${name}_EMAIL`], password: process.env[`${name}_PASSWORD`] });
	if (reply.status !== 200 && role !== "admin") /* somebody blocked it: another one */
		reply = await call("POST", "/auth/register", { email: `fuzz-${role}-${randomInt(2 ** 40)}@example.test`,
			password: "correct horse battery 9", display_name: "Fuzz", role: name });
	if (reply.status >= 300)
		throw new Error(`no sign-in as ${role}: ${reply.status}`);
	tokens[role] = reply.body.access_token;
	good.refresh = reply.body.refresh_token;
	pool.add(role === "advisor" ? "advisors" : "users", reply.body.user?.id);
}

// --- making requests ---

let count = 0;

function made(operation, how, parts = {}) {
	const fit = FOR[operation.id] ?? (operation.id.startsWith("admin_") ? "admin" : undefined);
	const { role = fit && random() < 0.7 ? fit : pick(ROLES), query = good.query(operation), headers = {}, path = good.path(operation),
		body = good.body(operation), raw, ...rest } = parts;
	const bytes = raw ?? (body && Buffer.from(JSON.stringify(body)));
	const line = query.map(([name, value]) => (value === undefined ? name : `${name}=${value}`)).join("&");
	const all = { "X-Request-Id": `fuzz-${seed}-${++count}`, ...(tokens[role] && { Authorization: `Bearer ${tokens[role]}` }),
		...(bytes && { "Content-Type": "application/json" }),
		...(operation.headers.some((header) => header.name === "If-Match") && { "If-Match": "*" }) };
	for (const [name, value] of Object.entries(headers))
		if (value === undefined)
			delete all[name];
		else
			all[name] = value;
	return { operation, how, role, method: operation.method, target: path + (line ? `?${line}` : ""), headers: all,
		body: bytes, held: operation.id.startsWith("event_"), id: all["X-Request-Id"], ...rest };
}

const kind = (value) => (value === null ? "string" : typeof value);

/** Places in a body where a value can be put, as paths. */
function places(value, path = []) {
	if (value === null || typeof value !== "object")
		return path.length ? [path] : [];
	const inner = Object.entries(value).flatMap(([name, member]) => places(member, [...path, name]));
	return path.length ? [path, ...inner] : inner;
}

function with_value(body, path, bytes) {
	const copy = structuredClone(body), mark = "@@here@@";
	let at = copy;
	for (const name of path.slice(0, -1))
		at = at[name];
	at[path.at(-1)] = mark;
	const [before, after] = JSON.stringify(copy).split(`"${mark}"`);
	return Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
}

const spoilers = {
	good: (operation) => made(operation, "good"),
	value(operation) {
		const body = good.body(operation);
		const all = places(JSON.parse(JSON.stringify(body)));
		const path = pick(all), bytes = pick(values);
		return made(operation, `${path.join(".")} = ${bytes.toString("latin1").slice(0, 60)}`,
			{ raw: with_value(JSON.parse(JSON.stringify(body)), path, bytes), field: path[0] });
	},
	shape(operation) {
		const text = JSON.stringify(good.body(operation)), name = pick(Object.keys(JSON.parse(text)));
		const member = `"${name}":${JSON.stringify(JSON.parse(text)[name])}`;
		const [how, raw] = pick([
			["a repeated key", text.replace("{", `{${member},`)], ["an unknown key", text.replace("{", '{"nobody":1,')],
			["an escaped key again", text.replace("{", `{"\\u${name.charCodeAt(0).toString(16).padStart(4, "0")}${name.slice(1)}":1,`)],
			["a __proto__ key", text.replace("{", '{"__proto__":{},')], ["an empty key", text.replace("{", '{"":1,')],
			["a long key", text.replace("{", `{"${"k".repeat(5000)}":1,`)], ["a NUL key", text.replace("{", '{"a\\u0000":1,')],
			["many keys", `{${Array.from({ length: 2000 }, (_, i) => `"k${i}":0`).join()}}`],
			["cut", text.slice(0, Math.floor(random() * text.length))], ["trailing", `${text}x`], ["two", text + text],
			["a trailing comma", text.replace(/}$/, ",}")], ["a list", `[${text}]`], ["a BOM", `\ufeff${text}`], ["white space", ` \t\r\n${text}\n`],
			["a comment", `/**/${text}`], ["only null", "null"], ["only a number", "1"], ["only text", '"a"'], ["an empty object", "{}"],
			["nothing", ""], ["without a member", JSON.stringify({ ...JSON.parse(text), [name]: undefined })],
			["UTF-16", Buffer.from(text, "utf16le")], ["a NUL after it", `${text}\0`], ["a large body", text + " ".repeat(70000)]]);
		return made(operation, `${how} (${name})`, { raw: Buffer.from(raw) });
	},
	chunks: (operation) => made(operation, "in chunks", { chunked: true }),
	gzip: (operation) => made(operation, "gzip", { raw: gzipSync(JSON.stringify(good.body(operation))),
		headers: { "Content-Encoding": "gzip" }, chunked: random() < 0.5 }),
	query(operation) {
		const known = operation.query.map((parameter) => parameter.name);
		const name = random() < 0.8 && known.length ? pick(known) : pick(["nobody", "", "limit", "a[b]", "%00", "__proto__"]);
		const value = pick(queryValues), rest = good.query(operation).filter(([other]) => other !== name);
		const query = [...rest, [name, value], ...(random() < 0.05 ? [[name, value]] : [])];
		return made(operation, `?${name}=${value.slice(0, 60)}`, { query });
	},
	flood: (operation) => made(operation, "a long query", { query: Array.from({ length: pick([10, 70, 2000]) },
		(_, i) => [`p${i}`, "x"]) }),
	path: (operation) => made(operation, "path", { elsewhere: true,
		path: operation.path.replace(/\{[^}]+\}/, () => pick(pathValues)).replace(/\{[^}]+\}/g, () => pick(pathValues)) }),
	header(operation) {
		const name = pick(Object.keys(headerLines)), value = pick(headerLines[name]);
		return made(operation, `${name}: ${String(value).slice(0, 60)}`, { headers: { [name]: value } });
	},
	method: (operation) => made(operation, "method", { method: pick(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS",
		"BREW", "PROPFIND"]), elsewhere: true }),
};

function fitting(operation) {
	const kinds = ["good", "good", "header", "query", "method"];
	if (operation.body)
		kinds.push("value", "value", "value", "value", "value", "shape", "shape", "chunks", "gzip");
	if (operation.query.length > 0)
		kinds.push("query", "query", "query");
	if (operation.params.length > 0)
		kinds.push("path");
	return [...kinds, random() < 0.2 ? "flood" : "good"];
}

function shuffled(list) {
	for (let i = list.length - 1; i > 0; i--) {
		const j = Math.floor(random() * (i + 1));
		[list[i], list[j]] = [list[j], list[i]];
	}
	return list;
}

/** Every value of a kind once in every place of every body. */
function sweep(list, kinds) {
	const each = [];
	for (const operation of all.filter((one) => one.body)) {
		const body = JSON.parse(JSON.stringify(good.body(operation)));
		for (const path of places(body))
			for (const bytes of kinds.includes(kind(path.reduce((at, name) => at[name], body))) ? list : [])
				each.push(() => made(operation, `${path.join(".")} = ${bytes.toString("latin1").slice(0, 60)}`, { field: path[0],
					raw: with_value({ ...body, ...JSON.parse(JSON.stringify(good.body(operation))) }, path, bytes) }));
	}
	return shuffled(each);
}

/**
 * Sweeps side by side, each in an order of the seed's, so that in whatever time there is the likeliest
 * have been tried first: each role with each operation, numbers where numbers belong, text where text
 * does, each value of each query; and between them anything at all.
 */
function* plan() {
	const queries = all.flatMap((operation) => operation.query.flatMap((parameter) => queryValues.map((value) =>
		() => made(operation, `?${parameter.name}=${value.slice(0, 60)}`, { query: [
			...good.query(operation).filter(([name]) => name !== parameter.name), [parameter.name, value]] }))));
	const sweeps = [shuffled(all.flatMap((operation) => ROLES.map((role) => () => made(operation, "good", { role })))),
		sweep(numbers, ["number"]), sweep(strings, ["string"]), sweep(others, ["number", "string", "boolean", "object"]),
		shuffled(queries)];
	for (;;) {
		const next = pick(sweeps).pop();
		if (next)
			yield next();
		const operation = pick(all);
		if (!SELDOM.includes(operation.id) || random() < 0.1)
			yield spoilers[pick(fitting(operation))](operation);
	}
}

// --- sending and judging ---

const findings = new Map();
const recent = new Map();
const seen = new Map(all.map((operation) => [operation.id, new Set()]));

/** The first of each kind at each operation is told, with what shows it again. */
function finding(request, what) {
	const key = `${what.startsWith("undocumented") ? "" : request?.operation.id} ${what.replace(/[0-9a-f-]{36}|fuzz-\d+-\d+|\d+/g, "#").slice(0, 60)}`;
	const entry = findings.get(key) ?? { count: 0 };
	findings.set(key, { ...entry, count: entry.count + 1 });
	if (entry.count === 0)
		console.log(`finding ${findings.size} after ${((performance.now() - began) / 1000).toFixed(1)} s: ${request ? `${request.operation.id} (${
			request.how})` : "a program"}: ${what}\n${request ? shown(request) : ""}`);
}

function look_at_logs() {
	for (const line of logs.faults())
		finding(recent.get(line.request_id), `the log says ${line.text}`);
}

async function one(request) {
	recent.set(request.id, request);
	recent.delete(`fuzz-${seed}-${Number(request.id.split("-")[2]) - 4000}`);
	const token = tokens[request.role], reply = await send(base, request);
	seen.get(request.operation.id).add(reply.status);
	const fault = judge.fault(request.operation, request, reply);
	if (fault)
		finding(request, fault);
	if (reply.status < 300 && reply.text?.startsWith("{")) {
		const body = JSON.parse(reply.text);
		pool.harvest(request.operation.path, body);
		good.refresh = body.refresh_token ?? good.refresh;
	}
	const lost = reply.status === 401 && /token|access/.test(reply.text ?? "") && request.headers.Authorization === `Bearer ${token}`;
	if (token && (lost || reply.text?.includes("account_blocked")) && tokens[request.role] === token)
		await sign_in(request.role);
}

for (const role of ROLES.slice(1))
	await sign_in(role);
console.log(`api: seed ${seed}, ${all.length} operations, ${seconds} s`);
const began = performance.now(), until = began + seconds * 1000, requests = plan();
const watch = setInterval(look_at_logs, 500);
await Promise.all(Array.from({ length: Number(process.env.API_CALLERS ?? 8) }, async () => {
	while (performance.now() < until && findings.size < 50)
		await one(requests.next().value);
}));
clearInterval(watch);
look_at_logs();

// --- the end ---

const untried = [...seen].filter(([, statuses]) => statuses.size === 0).map(([id]) => id);
const unmet = [...seen].filter(([, statuses]) => ![...statuses].some((status) => status >= 200 && status < 300)).map(([id]) => id);
console.log(`api: never answered with success: ${unmet.join(" ") || "none"}`);
console.log(`api: ${count} requests, ${all.length - untried.length} of ${all.length} operations, ${findings.size} findings, seed ${seed}`);
/* A fuzzer that reaches little proves little. */
const reached = untried.length === 0 && unmet.length <= all.length / 4;
if (!reached)
	console.log("api: too little of the API was reached");
process.exit(findings.size === 0 && reached ? 0 : 1);
