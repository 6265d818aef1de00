// All pages of the panel, found as an administrator finds them: from the home page by every link, every choice of a
// filter and every search, two of them together at most; of a form that is sent also its page, if it has one. A
// page of the route table that nothing leads to is a fault. What is counted together is a group: a path with its ids
// left out and the names of what its query says.
import { execFileSync } from "node:child_process";
import http from "node:http";

const { BASE_URL, ADMIN_EMAIL, ADMIN_PASSWORD, BIN, DATABASE_URL } = process.env;
// Addresses that differ in nothing but ids, cursors and the like: of all of them, and at least of those that one page
// leads to, as the list of one state does.
const SAMPLES = 12, SAMPLES_EACH = 2;
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let cookie = "";

export function sql(text) {
	return execFileSync("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", "-d",
		DATABASE_URL.replace("user=confab", "user=postgres"), "-c", text], { encoding: "utf8" }).trim();
}

// --- asking ---

// The reply, and after how many ms its first byte came.
export function ask(method, path, body) {
	return new Promise((resolve, reject) => {
		const headers = { Cookie: cookie, Origin: BASE_URL };
		if (body !== undefined)
			headers["Content-Type"] = "application/x-www-form-urlencoded";
		const began = process.hrtime.bigint();
		const request = http.request(new URL(path, BASE_URL), { method, agent, headers }, (reply) => {
			const ms = Number(process.hrtime.bigint() - began) / 1e6;
			const parts = [];
			reply.on("data", (part) => parts.push(part));
			reply.on("end", () => resolve({ ms, status: reply.statusCode, headers: reply.headers,
				body: Buffer.concat(parts).toString() }));
		});
		request.on("error", reject);
		request.end(body);
	});
}

const plain = (text) => text.replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'")
	.replaceAll("&lt;", "<").replaceAll("&gt;", ">");

export async function signIn() {
	const keep = (reply) => {
		const jar = new Map(cookie.split("; ").filter(Boolean).map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
		for (const line of reply.headers["set-cookie"] || [])
			jar.set(...line.split(";")[0].split(/=(.*)/s).slice(0, 2));
		cookie = [...jar].map((pair) => pair.join("=")).join("; ");
		return reply;
	};
	const form = keep(await ask("GET", "/admin/login"));
	const csrf = plain(form.body.match(/name="csrf" value="([^"]*)"/)[1]);
	const entry = keep(await ask("POST", "/admin/login",
		new URLSearchParams({ email: ADMIN_EMAIL, password: ADMIN_PASSWORD, csrf }).toString()));
	if (entry.headers.location !== "/admin")
		throw new Error(`signing in: ${entry.status}`);
	return cookie;
}

// --- what is typed ---

// Of every field that takes a text; what they are goes by the people who are there.
function words() {
	const [first, last] = sql(`SELECT display_name FROM user_account
		WHERE display_name ~ '^[A-Z][a-z]{4,} [A-Z][a-z]{5,}$' ORDER BY id DESC OFFSET 100 LIMIT 1`).toLowerCase().split(" ");
	const one = (column, from) => sql(`SELECT ${column} FROM ${from} LIMIT 1`);
	return new Map(Object.entries({
		"all have": "com", "many have": first, "few have": last, "two words": `${last} ${first}`,
		"first letter": first.slice(0, 1), "two letters": first.slice(0, 2),
		"beginnings": `${first.slice(0, 2)} ${last.slice(0, 3)}`,
		"seldom together": "zo wu chi", "mail host": "gmail.com", "accent": "jurgen khan",
		"typo": `${last.slice(0, 3)}${last.slice(4)}`,
		"typos": `${last.slice(0, 2)}x${last.slice(3)} ${first.slice(0, 2)}${first.slice(3)}`,
		"nobody has": "qqqqxxxx", "a sign": "%", "e-mail": one("email", "user_account WHERE email LIKE '%mail%'"),
		"id of a user": one("id", "user_account ORDER BY id DESC"), "id of a session": one("id", "session"),
		"id of a conversation": one("id", "conversation"), "id of a message": one("id", "message"),
		"id of a report": one("id", "report"), "id of a job": one("id", "job"),
		"id of a login": one("id", "login"), "phone": "+91 98765 43210",
		"address": one("host(ip)", "login ORDER BY id"), "line": one("id", "audit ORDER BY id DESC"),
		"request": one("request_id", "audit WHERE request_id <> '' ORDER BY id"),
		"kind of many": "volume.1", "kind of few": "volume.20",
	}).map(([name, text]) => [text, name]));
}
const day = (ago) => new Date(Date.now() - ago * 86400000).toISOString().slice(0, 10);
const DAYS = [day(3), day(500)];

// --- reading a page ---

const attribute = (tag, name) => {
	const found = tag.match(new RegExp(`\\s${name}(?:="([^"]*)")?(?=[\\s>])`));
	return found && plain(found[1] ?? "");
};

// The fields of a form: what it sends as it stands, and what else each could be.
function fields(form, typed) {
	const sent = [], others = [];
	for (const [, tag] of form.matchAll(/(<input\b[^>]*>)/g)) {
		const name = attribute(tag, "name"), type = attribute(tag, "type") || "text", value = attribute(tag, "value") || "";
		if (name === null || type === "checkbox" || type === "radio")
			continue;
		if (value !== "" || type === "hidden")
			sent.push([name, value]);
		if (type === "date")
			others.push(...DAYS.map((text) => [name, text]));
		else if ((type === "search" || type === "text") && name !== "zone")
			others.push(...[...typed.keys()].map((text) => [name, text]));
	}
	for (const [, tag, options] of form.matchAll(/(<select\b[^>]*>)(.*?)<\/select>/gs))
		for (const [option] of options.matchAll(/<option\b[^>]*>/g)) {
			const pair = [attribute(tag, "name"), attribute(option, "value") ?? ""];
			(attribute(option, "selected") === null ? others : sent).push(pair);
		}
	return { sent, others };
}

function addressOf(action, pairs) {
	const query = new URLSearchParams(pairs.filter(([, value]) => value !== "")).toString();
	return query === "" ? action : `${action}?${query}`;
}

// Where the page leads: addresses, and those of forms that are posted.
function leads(html, typed) {
	const links = [...html.matchAll(/\shref="(\/admin[^"]*)"/g)].map(([, href]) => plain(href)), posted = [];
	for (const [form, tag] of html.matchAll(/(<form\b[^>]*>).*?<\/form>/gs)) {
		const action = attribute(tag, "action");
		if ((attribute(tag, "method") || "get").toLowerCase() === "post") {
			posted.push(action);
			continue;
		}
		const { sent, others } = fields(form, typed);
		links.push(addressOf(action, sent));
		for (const [name, value] of others)
			links.push(addressOf(action, [...sent.filter(([other]) => other !== name), [name, value]]));
	}
	return { links, posted };
}

// --- the walk ---

const FREE = new Set(["cursor", "columns", "zone", "done", "next", "target", "actor", "reporter"]);

// {route: path without ids, group, kind: also by the values of its choices, weight}
function describe(address, typed) {
	const url = new URL(address, BASE_URL), names = [], values = [];
	for (const [name, value] of [...url.searchParams].sort())
		if (value !== "" && !names.includes(name)) {
			names.push(name);
			const free = FREE.has(name) || /^\d/.test(value) || value.replace(ID, "") === "";
			values.push(free && !typed.has(value) ? name : `${name}=${typed.get(value) || value}`);
		}
	const route = url.pathname.replace(ID, "{id}").replace(/\/\d+(?=\/|$)/g, "/{id}");
	// Of the search each kind of text is a group.
	const group = url.pathname.endsWith("/search") ? values : names.filter((name) => name !== "done");
	const own = names.filter((name) => !["back", "done"].includes(name));
	return { route, group: [route, ...group].join(" "), kind: [route, ...values].join(" "), weight: own.length,
		typed: [...url.searchParams].some(([, value]) => typed.has(value)), done: names.includes("done") };
}

const routes = () => execFileSync(`${BIN}/confab`, ["routes", BIN], { encoding: "utf8" }).trim().split("\n")
	.map((line) => JSON.parse(line))
	.filter(({ method, path, page }) => method === "GET" && page && /^\/admin($|[/])/.test(path));
const matcher = (path) => new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`);

// {pages: [{address, route, group, kind}], problems}
export async function walk() {
	const typed = words(), table = routes(), pages = [], problems = [], seen = new Map(), known = new Set(), ways = [];
	const getable = table.map(({ path }) => matcher(path));
	const go = (address, from, form) => {
		const place = describe(address, typed);
		if (known.has(address) || place.weight > 2 || place.done || place.route === "/admin/logout")
			return;
		if (form && !getable.some((one) => one.test(place.route)))
			return;
		known.add(address);
		const count = seen.get(place.kind) || 0, way = `${from.kind} ${place.kind}`, each = seen.get(way) || 0;
		seen.set(place.kind, count + 1).set(way, each + 1);
		if (count < SAMPLES || (from.weight <= 1 && each < SAMPLES_EACH))
			ways.push({ address, from, form, ...place });
	};
	const start = { address: "the route table", weight: 0 };
	for (const { path } of table)
		if (!path.includes("{"))
			go(path, start);
	// What is led to just after it was decided, and by the queue's own addresses, has no link that stays.
	for (const id of sql("SELECT id FROM decision WHERE state = 'PENDING' LIMIT 3").split("\n"))
		go(`/admin/decisions/${id}/undo`, start, true);
	while (ways.length > 0) {
		const page = ways.shift(), reply = await ask("GET", page.address);
		// A word may be no value of a field, and an act not be for everybody.
		if (reply.status >= 400 && !(page.form || (reply.status === 422 && page.typed)))
			problems.push(`${page.address} (from ${page.from.address}): ${reply.status}`);
		if (reply.status >= 400)
			continue;
		pages.push(page);
		if (reply.headers.location?.startsWith("/admin"))
			go(reply.headers.location, page);
		if (!/text\/html/.test(reply.headers["content-type"] || ""))
			continue;
		const { links, posted } = leads(reply.body, typed);
		links.forEach((address) => go(address, page));
		posted.forEach((address) => go(address, page, true));
	}
	for (const { path } of table)
		if (!pages.some(({ route }) => matcher(path).test(route)))
			problems.push(`${path}: nothing leads there`);
	return { pages, problems };
}
