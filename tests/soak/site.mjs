// A site's day for a soak: people of the soak, and calls that must be answered as expected. What goes wrong
// is collected and not thrown, so that one mishap does not hide another.
import { randomBytes } from "node:crypto";
import { BASE_URL, conversation, epoch, sql } from "../http/live.mjs";
import { Listener, pause } from "../http/listeners.mjs";

const { ADMIN_EMAIL, ADMIN_PASSWORD } = process.env;
const PASSWORD = "correct horse battery 9";
const REFRESH_MS = 240000; // below the life of an access token
export const problems = [];
export const counts = { calls: 0, messages: 0, heard: 0, sessions: 0, pages: 0, connections: 0 };
let over = false;
export const finish = () => { over = true; };
export const random = (n) => Math.floor(Math.random() * n);

export function problem(text) {
	if (problems.push(text) <= 20)
		console.log(`problem: ${text}`);
}

// Again and again until the soak is over: about every ms.
export async function every(ms, fn) {
	while (!over) {
		const next = Date.now() + ms * (0.5 + Math.random());
		try {
			await fn();
		} catch (error) {
			problem(error.stack);
		}
		await pause(Math.max(1, next - Date.now()));
	}
}

// The reply's JSON; null and a problem when its status is not wanted.
export async function call(wanted, method, path, who, body, headers = {}) {
	const reply = await fetch(path.startsWith("//") ? BASE_URL + path.slice(1) : `${BASE_URL}/api/v1${path}`, {
		method, redirect: "manual", body: typeof body === "object" ? JSON.stringify(body) : body,
		headers: { ...(who && { Authorization: `Bearer ${who.token}` }),
			...(body !== undefined && { "Content-Type": "application/json" }), ...headers } });
	const text = await reply.text();
	counts.calls++;
	if (![wanted].flat().includes(reply.status)) {
		problem(`${method} ${path}: ${reply.status}, not ${wanted}: ${text.slice(0, 200)}`);
		return null;
	}
	return { status: reply.status, headers: reply.headers, text,
		body: text !== "" && reply.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : null };
}

// --- people ---

export async function register(role) {
	const email = `soak-${randomBytes(8).toString("hex")}@example.test`;
	const { body } = await call(201, "POST", "/auth/register", null,
		{ email, password: PASSWORD, display_name: `Soak ${role}`, role });
	const who = { id: body.user.id, email, role, token: body.access_token, refresh: body.refresh_token,
		wanted: new Set(), signs: 0 };
	every(REFRESH_MS, async () => {
		await pause(REFRESH_MS / 2);
		const fresh = over ? null : await call(200, "POST", "/auth/refresh", null, { refresh_token: who.refresh });
		if (fresh)
			Object.assign(who, { token: fresh.body.access_token, refresh: fresh.body.refresh_token });
	});
	return who;
}

export async function signIn(email = ADMIN_EMAIL, password = email === ADMIN_EMAIL ? ADMIN_PASSWORD : PASSWORD) {
	const { body } = await call(200, "POST", "/auth/login", null, { identifier: email, password });
	return { token: body.access_token, refresh: body.refresh_token };
}

export async function approvedAdvisor(admin) {
	const who = await register("ADVISOR");
	const list = await call(200, "GET", "/specializations");
	await call(200, "POST", "/advisors/apply", who, { headline: "Listens first", bio: "Talks about the weather.",
		languages: ["en"], specializations: [list.body.items[0].slug], experience_years: 7, rate: { amount_minor: 0,
		currency: "INR" } });
	await call(200, "POST", `/admin/advisors/${who.id}/approve`, admin);
	await call(200, "PUT", "/advisors/me/status", who, { status: "ONLINE" });
	return who;
}

// Listens from now on, now this way, now that, away for a moment in between; hears every message once.
export async function listen(who) {
	const kinds = ["poll", "sse", "ws"];
	let cursor = `${epoch}-${await sql(`SELECT coalesce((SELECT last_seq FROM inbox WHERE user_id = '${who.id}'), 0)`)}`;
	let turn = random(kinds.length);
	const take = ({ type, seq, data }) => {
		who.signs += seq === null;
		if (type !== "message.created")
			return;
		counts.heard++;
		if (!who.wanted.delete(data.id) && who.early?.has(data.id))
			problem(`${data.id} came twice`);
		(who.early ??= new Set()).add(data.id);
	};
	const change = async () => {
		if (who.listener) {
			await who.listener.stop();
			cursor = who.listener.cursor;
			for (const [status, count] of who.listener.statuses)
				if (status >= 500 || status === 409)
					problem(`${who.listener.kind}: ${count} times ${status}`);
			if (who.listener.lost.length + who.listener.resyncs > 0)
				problem(`${who.listener.kind} lost ${who.listener.lost}, resyncs ${who.listener.resyncs}`);
			await pause(random(1500));
		}
		who.listener = new Listener(kinds[turn++ % kinds.length], who, cursor, take);
		counts.connections++;
	};
	await change();
	every(15000, async () => {
		await pause(random(15000));
		await change();
	});
}

// A message by HTTP or, when the sender has one open, by WebSocket, to be heard by these.
let number = 0;
export async function say(from, place, hearers, extra = {}) {
	const reply = await call([200, 201], "POST", `/conversations/${place}/messages`, from,
		{ client_id: `s-${process.pid}-${number++}`, body: `Number ${number}: how are you today? ✓`, ...extra });
	if (!reply)
		return null;
	counts.messages++;
	for (const who of hearers)
		if (!who.early?.delete(reply.body.id))
			who.wanted.add(reply.body.id);
	return reply.body;
}
export { conversation };
