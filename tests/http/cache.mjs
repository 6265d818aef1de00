// Replies that nginx keeps for a second: who gets a copy, what it is a copy of, for how long, and who asks.
// Run by test_cache.sh.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import { BASE_URL, STACK_DIR, before, order, person, runAll, sql, test, until } from "./live.mjs";

const LIST = "/api/v1/advisors", SUBJECTS = "/api/v1/specializations", FRIEND = "https://friend.test";
const agent = new http.Agent({ keepAlive: true });
let count = 0;

function ask(path, { method = "GET", headers = {}, id = `cache-${++count}-test`, via = agent } = {}) {
	return new Promise((done, fail) => {
		const request = http.request(BASE_URL + path, { method, agent: via, headers: { "X-Request-Id": id, ...headers } });
		request.on("error", fail);
		request.on("response", (reply) => {
			let text = "";
			reply.on("data", (part) => { text += part; });
			reply.on("end", () => done({ id, status: reply.statusCode, headers: reply.headers, text }));
		});
		request.end();
	});
}

// How many requests the program of the directory has answered.
async function asked() {
	const { text } = await ask("/metrics");
	return [...text.matchAll(/^confab_http_requests_total\{program="advisors",.*\} (\d+)$/gm)]
		.reduce((sum, [, number]) => sum + Number(number), 0);
}

// What work() made the program answer, and its value.
async function asking(work) {
	const first = await asked(), began = Date.now(), value = await work();
	return { value, seconds: (Date.now() - began) / 1000, asked: await asked() - first };
}

// nginx keeps no connection to the program: the next request goes to a worker that is free.
const socket = `${/^RUN_DIR=(.*)$/m.exec(readFileSync(`${STACK_DIR}/confab.conf`, "utf8"))[1]}/advisors.sock`;
const alone = () => until(() => !readFileSync("/proc/net/unix", "utf8").split("\n")
	.some((line) => line.endsWith(` ${socket}`) && line.split(/ +/)[5] === "03"), "no kept connection");

const statusOf = ({ id }) => until(() => readFileSync(`${STACK_DIR}/log/access.log`, "utf8").split("\n")
	.find((line) => line.includes(`"request_id":"${id}"`)), `the line of ${id}`).then(JSON.parse);
const limits = ({ headers }) => Object.keys(headers).filter((name) => name.startsWith("ratelimit"));
const fresh = () => `${LIST}?q=fresh${++count}`; // nobody asked for it yet
const user = await person(), token = { Authorization: `Bearer ${user.token}` };
const someone = JSON.parse((await ask(LIST)).text).items[0].id;

test("however often a page is read, the program is asked once a second", async () => {
	for (const path of [`${LIST}/${someone}`, fresh(), `${LIST}/${someone}/ratings`, SUBJECTS]) {
		const replies = [];
		const { asked, seconds } = await asking(async () => {
			for (let i = 0; i < 50; i++)
				replies.push(await ask(path));
		});
		assert.ok(asked >= 1 && asked <= 1 + seconds, `${path}: ${asked} in ${seconds} s`);
		assert.equal(new Set(replies.map(({ text }) => text)).size, 1);
		for (const reply of replies) {
			assert.equal(reply.status, 200);
			assert.deepEqual(limits(reply), []);
			assert.equal(reply.headers["x-request-id"], reply.id);
			assert.equal(reply.headers["cache-control"], path === SUBJECTS ? "public, max-age=60" : "no-store");
			assert.deepEqual(Object.keys(reply.headers).filter((name) => /confab|accel/.test(name)), []);
		}
	}
});

test("each copy has a request id of its own, though the client sends none", async () => {
	const path = fresh(), ids = new Set();
	for (let i = 0; i < 5; i++)
		ids.add((await ask(path, { id: "" })).headers["x-request-id"]);
	assert.equal(ids.size, 5);
});

test("the log tells a copy from a reply", async () => {
	const path = fresh(), first = await ask(path);
	const lines = [];
	const second = await until(async () => { // within the second, sooner or later
		await ask(path);
		const reply = await ask(path);
		lines.push(await statusOf(reply));
		return lines.at(-1).cache === "HIT" && reply;
	}, "a copy");
	const line = await statusOf(second), made = await statusOf(first);
	assert.deepEqual([made.cache, line.cache, made.route, line.route], ["MISS", "HIT", "advisor_list", "advisor_list"]);
	assert.ok(made.program_us > 0);
	assert.equal(line.program_us, null);
});

test("another query is another page", async () => {
	const paths = [fresh(), fresh(), `${fresh()}&limit=1`, `${LIST}?limit=1`, `${LIST}?limit=2`];
	const { asked, value } = await asking(() => Promise.all(paths.map((path) => ask(path))));
	assert.equal(asked, paths.length);
	assert.deepEqual(value.slice(3).map(({ text }) => JSON.parse(text).items.length), [1, 2]);
	// A query that is part of the path is no query.
	assert.equal((await ask(`${LIST}%3Flimit=1`)).status, 404);
});

test("what is said in the reader's language is kept by language", async () => {
	await sql("INSERT INTO specialization_name SELECT id, 'de', 'Partnersuche' FROM specialization WHERE slug = 'dating' ON CONFLICT DO NOTHING");
	for (let i = 0; i < 2; i++)
		for (const [language, name] of [["de-AT,en;q=0.5", "Partnersuche"], ["en", "Dating"], ["fr", "Dating"]]) {
			const reply = await until(async () => { // what was kept before the name was there is good for a second
				const got = await ask(SUBJECTS, { headers: { "Accept-Language": language } });
				return JSON.parse(got.text).items.find(({ slug }) => slug === "dating").name === name && got;
			}, `${name} for ${language}`);
			assert.match(reply.headers.vary, /Accept-Language/);
		}
	const { etag } = (await ask(SUBJECTS, { headers: { "Accept-Language": "de" } })).headers;
	assert.equal((await ask(SUBJECTS, { headers: { "Accept-Language": "de", "If-None-Match": etag } })).status, 304);
	assert.equal((await ask(SUBJECTS, { headers: { "Accept-Language": "en", "If-None-Match": etag } })).status, 200);
});

test("who is signed in, or sends a cookie, is answered by the program", async () => {
	for (const headers of [token, { Cookie: "a=b" }]) {
		const path = fresh();
		await ask(path);
		const { asked, value } = await asking(async () => [await ask(path, { headers }), await ask(path, { headers })]);
		assert.equal(asked, 2);
		for (const reply of value) {
			assert.equal(limits(reply).length, 3);
			assert.equal(reply.headers["cache-control"], "no-store");
			assert.equal((await statusOf(reply)).cache, "");
		}
	}
	assert.equal((await ask(SUBJECTS, { headers: token })).headers["cache-control"], "no-store");
	assert.equal((await ask(fresh(), { headers: { Authorization: "Bearer bad" } })).status, 401);
});

test("what a client says of caches changes nothing", async () => {
	const path = fresh(), headers = { "Cache-Control": "no-cache", Pragma: "no-cache", Cache: "1", "X-Confab-Cache-Control": "public" };
	const { asked, seconds, value } = await asking(async () => [await ask(path, { headers }), await ask(path, { headers })]);
	assert.ok(asked <= 1 + seconds);
	assert.equal(value[1].headers["cache-control"], "no-store");
});

test("errors are not kept", async () => {
	const none = `${LIST}/0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80`;
	for (const [path, status] of [[none, 404], [`${LIST}?limit=0`, 422], [`${LIST}/me`, 401], [`${LIST}/x`, 404]]) {
		const { asked, value } = await asking(async () => [await ask(path), await ask(path)]);
		assert.equal(asked, 2, path);
		for (const reply of value) {
			assert.equal(reply.status, status);
			assert.equal(JSON.parse(reply.text).request_id, reply.id);
			assert.equal(reply.headers["cache-control"], "no-store");
		}
	}
});

test("HEAD is served by the copy GET made, and makes none", async () => {
	const path = fresh(), first = await ask(path, { method: "HEAD" });
	const { asked, value: got } = await asking(() => ask(path));
	assert.equal(asked, 1);
	assert.equal(Number(first.headers["content-length"]), Buffer.byteLength(got.text));
	const again = await asking(() => ask(path, { method: "HEAD" }));
	assert.ok(again.asked <= again.seconds);
	assert.equal(again.value.headers["content-length"], first.headers["content-length"]);
	assert.equal(again.value.text, "");
});

test("an ETag saves the body of a copy", async () => {
	const path = `${LIST}/${someone}`, { headers: { etag }, text } = await ask(path);
	const { asked, seconds, value } = await asking(async () => [
		await ask(path, { headers: { "If-None-Match": etag } }), await ask(path, { headers: { "If-None-Match": '"other"' } })]);
	assert.ok(asked <= 1 + seconds);
	assert.deepEqual(value.map((reply) => [reply.status, reply.text]), [[304, ""], [200, text]]);
	assert.equal(value[0].headers.etag, etag);
	assert.equal(value[0].headers["cache-control"], "no-store");
	assert.deepEqual(value.flatMap(limits), []);
	// A condition in the request that makes the copy is not the copy's.
	await until(async () => (await statusOf(await ask(path, { headers: { "If-None-Match": etag } }))).cache !== "HIT", "a new copy");
	assert.equal((await ask(path)).text, text);
});

test("each origin has what is right for it", async () => {
	const path = fresh(), origins = [undefined, FRIEND, "https://other.test", "https://foe.test"];
	for (let round = 0; round < 2; round++)
		for (const origin of origins) {
			const { headers } = await ask(path, { headers: origin ? { Origin: origin } : {} });
			assert.equal(headers["access-control-allow-origin"], origin?.includes("foe") ? undefined : origin);
			assert.match(headers.vary, /\bOrigin\b/);
		}
	const { headers } = await ask(SUBJECTS, { headers: { Origin: FRIEND } });
	assert.deepEqual(headers.vary.split(", ").sort(), ["Accept-Language", "Authorization", "Origin"]);
});

test("of fifty who ask at once for what nobody has, one reaches the program", async () => {
	// Unless it takes the program longer than they wait for it, as when this machine does other things.
	await until(async () => {
		const path = fresh();
		const { asked, value } = await asking(() => Promise.all(Array.from({ length: 50 }, () => ask(path, { via: false }))));
		assert.ok(value.every(({ status }) => status === 200));
		return asked === 1;
	}, "one alone");
});

test("nobody waits long for who asks", async () => {
	const path = fresh();
	await alone();
	await order("arm", "request", "pause text=held-");
	const held = ask(path, { id: "held-by-test" });
	await order("held", "request");
	assert.equal((await before(10, () => ask(path))).status, 200);
	await order("release", "request");
	assert.equal((await held).status, 200);
});

test("while one asks, others have the copy from before, but not for long", async () => {
	const path = `${LIST}/${someone}`, headline = async () => JSON.parse((await ask(path)).text).headline;
	await alone();
	await until(async () => (await statusOf(await ask(path))).cache !== "HIT", "a new copy");
	await sql(`UPDATE advisor SET headline = 'Changed' WHERE id = '${someone}'`);
	const seen = [];
	await order("arm", "request", "pause text=held-");
	let over = false;
	const held = (async () => { // one after the other, until one asks
		while (!over)
			await ask(path, { id: `held-${++count}` });
	})();
	await order("held", "request");
	await before(10, () => until(async () => {
		const reply = await ask(path);
		seen.push(reply.id);
		return JSON.parse(reply.text).headline === "Changed";
	}, "what is new"));
	over = true;
	await order("release", "request");
	await held;
	const last = await Promise.all(seen.slice(-2).map((id) => statusOf({ id })));
	assert.equal(last[0].cache, "UPDATING");
	assert.equal(await headline(), "Changed");
});

test("a query too long to be kept is answered, and no fault of nginx", async () => {
	const { asked, value } = await asking(async () => [await ask(`${LIST}?q=${"x".repeat(7000)}`), await ask(`${LIST}?q=${"x".repeat(7000)}`)]);
	assert.equal(asked, 2);
	assert.deepEqual(value.map(({ status }) => status), [414, 414]);
	assert.doesNotMatch(readFileSync(`${STACK_DIR}/log/nginx-error.log`, "utf8"), /cache key/);
});

test("copies count to the limit of an address", async () => {
	const far = new http.Agent({ keepAlive: true, localAddress: "127.0.0.2", maxSockets: 20 });
	const path = fresh(), statuses = {};
	for (let i = 0; i < 40 && !statuses[429]; i++)
		for (const { status } of await Promise.all(Array.from({ length: 100 }, () => ask(path, { via: far }))))
			statuses[status] = (statuses[status] ?? 0) + 1;
	far.destroy();
	assert.ok(statuses[200] >= 300 && statuses[429] > 0, JSON.stringify(statuses));
});

test("without the program there is no copy for long", async () => {
	const path = `${LIST}/${someone}`;
	await ask(path);
	const pid = Number(readFileSync(`${STACK_DIR}/run/advisors.pid`, "utf8"));
	process.kill(pid, "SIGTERM");
	const began = Date.now();
	const last = await until(async () => {
		const reply = await ask(path);
		return reply.status !== 200 && reply;
	}, "the program has left");
	assert.equal(last.status, 503);
	assert.equal(JSON.parse(last.text).error, "unavailable");
	await until(() => Date.now() - began > 5000, "more than a copy lives");
	for (let i = 0; i < 5; i++)
		assert.equal((await ask(path)).status, 503);
});

await runAll("cache", () => agent.destroy());
