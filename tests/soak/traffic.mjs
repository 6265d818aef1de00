// What people do at a site, as loops for the soak: each is one kind of traffic at a moderate rate.
import { BASE_URL, WebSocket, api } from "../http/live.mjs";
import { pause } from "../http/listeners.mjs";
import { call, conversation, counts, every, problem, random, register, say, signIn } from "./site.mjs";

const { ADMIN_EMAIL, ADMIN_PASSWORD } = process.env;
const pick = (list) => list[random(list.length)];

// One message and what may follow: an answer, a reaction, an edit, reading, typing, a search.
async function exchange(place, a, b) {
	const message = await say(a, place, [a, b]);
	if (!message)
		return;
	const [path, id] = [`/conversations/${place}`, message.id];
	const follow = [
		() => call(204, "POST", `${path}/typing`, b),
		() => call(200, "PUT", `${path}/read`, b, { seq: message.seq }),
		() => call(200, "PATCH", `/messages/${id}`, a, { body: "I meant something else" }),
		() => call([200, 204], "PUT", `/messages/${id}/reactions/%F0%9F%91%8D`, b),
		() => call([200, 204], "DELETE", `/messages/${id}`, a),
		() => say(b, place, [a, b], { reply_to: id }),
		() => call(200, "GET", `${path}/messages?limit=20`, b),
		() => call(200, "GET", "/conversations", a),
		() => call(200, "GET", "/conversations/unread-count", b),
		() => call(200, "GET", "/conversations/search?q=today&limit=5", a),
	];
	await pick(follow)();
}

export async function friends(a, b) {
	const place = await conversation(a, b);
	every(700, () => (random(2) === 0 ? exchange(place, a, b) : exchange(place, b, a)));
}

// Sessions with one advisor, one after the other.
export function consultations(advisor, users) {
	every(1000, async () => {
		const user = pick(users);
		const asked = await call(201, "POST", "/sessions/chat", user, { advisor_id: advisor.id });
		const path = `/sessions/${asked.body.id}`, place = asked.body.conversation_id;
		if (random(6) === 0)
			return call(200, "POST", `${path}/decline`, advisor);
		await call(200, "POST", `${path}/accept`, advisor);
		await call(200, "POST", `${path}/join`, user);
		for (let i = random(12); i >= 0; i--) {
			await exchange(place, ...(i % 2 ? [user, advisor] : [advisor, user]));
			await call(200, "POST", `${path}/heartbeat`, i % 2 ? user : advisor);
			await pause(random(400));
		}
		await call(200, "POST", `${path}/end`, user);
		await call(201, "POST", `${path}/rating`, user, { stars: 1 + random(5), review: "Kind and clear." });
		counts.sessions++;
	});
}

export function accounts(users) {
	every(2000, async () => {
		const who = pick(users);
		const visit = await signIn(who.email);
		const me = await call(200, "GET", "/users/me", visit);
		await call([200, 412], "PATCH", "/users/me", visit, { bio: `Here at ${Date.now()}` },
			{ "If-Match": me.headers.get("etag") });
		await call(200, "GET", "/auth/logins", visit);
		await call(200, "GET", `/users/${pick(users).id}`, visit);
		await call(200, "GET", "/users/me/sessions", visit);
		await call(204, "POST", "/auth/logout", visit);
	});
	every(9000, () => register("USER"));
}

export function directory(advisors) {
	every(150, () => pick([
		() => call(200, "GET", "/advisors?sort=top_rated&limit=10"),
		() => call(200, "GET", "/advisors?q=weather"),
		() => call(200, "GET", `/advisors/${pick(advisors).id}`),
		() => call(200, "GET", `/advisors/${pick(advisors).id}/ratings`),
		() => call(200, "GET", "/specializations"),
		() => call(200, "GET", "//readyz"),
		() => call(200, "GET", "//metrics"),
		() => call(200, "GET", "//openapi.json"),
	])());
}

export function mistakes(users) {
	every(300, () => pick([
		() => call(400, "POST", "/auth/login", null, "{\"identifier\": "),
		() => call(422, "POST", "/auth/register", null, { email: "nobody", surprise: 1 }),
		() => call([401, 429], "POST", "/auth/login", null, { identifier: "nobody@example.test", password: "wrong password" }),
		() => call(401, "GET", "/users/me"),
		() => call(403, "GET", "/admin/users", pick(users)),
		() => call(404, "GET", "/nothing/here"),
		() => call(404, "GET", "/conversations/0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80", pick(users)),
		() => call(405, "DELETE", "/advisors"),
		() => call(413, "POST", "/reports", pick(users), JSON.stringify("x".repeat(70000))),
		() => call(400, "GET", "/events?cursor=x", pick(users)),
		() => call(409, "GET", "/events?cursor=1-1", pick(users)),
	])());
}

// Connections that are opened and dropped without a word.
export function visitors(users) {
	every(400, async () => {
		const headers = { Authorization: `Bearer ${pick(users).token}` }, abort = new AbortController();
		const path = pick(["events?wait=20", "events/stream"]);
		const reply = fetch(`${BASE_URL}/api/v1/${path}`, { headers, signal: abort.signal }).catch(() => null);
		await pause(random(300));
		abort.abort();
		await reply;
	});
	every(800, async () => {
		const made = await api("POST", "/events/ticket", pick(users).token);
		if (made.status !== 201)
			return problem(`ticket: ${made.status}`);
		const socket = new WebSocket(`${BASE_URL.replace("http", "ws")}/api/v1/ws?ticket=${made.body.ticket}`);
		socket.on("error", () => {});
		await pause(random(300));
		socket.terminate();
	});
}

// The panel in a browser without scripts: sign in and look at so many pages.
const PAGES = ["", "/users", "/users?q=soak", "/advisors", "/reports", "/audit"];
async function visitPanel(pages) {
	const jar = new Map();
	const keep = (reply) => reply.headers.getSetCookie().forEach((line) => {
		const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
		jar.set(name, value);
	});
	const headers = () => ({ Cookie: [...jar].map((pair) => pair.join("=")).join("; "), Origin: BASE_URL,
		"Sec-Fetch-Site": "same-origin" });
	const login = await call(200, "GET", "//admin/login");
	keep(login);
	const [, csrf] = login.text.match(/name="csrf" value="([^"]*)"/);
	const form = new URLSearchParams({ email: ADMIN_EMAIL, password: ADMIN_PASSWORD, csrf });
	keep(await call([302, 303], "POST", "//admin/login", null, form.toString(),
		{ ...headers(), "Content-Type": "application/x-www-form-urlencoded" }));
	for (let i = 0; i < pages; i++) {
		await call(200, "GET", `//admin${pick(PAGES)}`, null, undefined, headers());
		counts.pages++;
		await pause(random(1000));
	}
}
export const panel = () => every(1000, () => visitPanel(20));

// Bursts, so that every worker of every program has done its work once: what it takes for that is no growth.
export async function warmUp(users) {
	const who = () => pick(users), times = (n, fn) => Array.from({ length: n }, fn);
	for (let round = 0; round < 5; round++) {
		await Promise.all(times(6, () => visitPanel(2)));
		await Promise.all(times(12, () => signIn(who().email)));
		await Promise.all([["/users/me", "/users/me/sessions", "/conversations", "/advisors?q=weather",
			"/conversations/search?q=today&limit=5"].map((path) => times(24, () => call(200, "GET", path, who()))),
		times(24, () => call(200, "GET", "//readyz"))].flat(2));
	}
}
