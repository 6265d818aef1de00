// Asks every side the same and fails unless all answer as the first does: status, JSON with its members in their
// order, ETag, Cache-Control, request id; 304 for who has it; 404; 401 for every kind of token that is none, and for
// a login that was ended, within some seconds.
//	SECRET_KEYS, ISSUER, ADVISOR, EMAIL, PASSWORD; node same.cjs ours=URL NAME=URL...
"use strict";
const assert = require("node:assert/strict");
const http = require("node:http");
const { text } = require("node:stream/consumers");
const jwt = require("jsonwebtoken");
const { setTimeout: pause } = require("node:timers/promises");

const REVOKED_WITHIN_MS = 5000;
const sides = process.argv.slice(2).map((word) => word.split(/=(.*)/));
const [kid, secret] = process.env.SECRET_KEYS.trim().split(",")[0].split(":");
const { ADVISOR, EMAIL, ISSUER, PASSWORD } = process.env;
const [, ours] = sides[0];

// fetch would add "Cache-Control: no-cache" to a conditional request, which asks for no 304.
function send(method, url, headers, body) {
	return new Promise((resolve, reject) => {
		const request = http.request(url, { method, headers }, async (reply) => {
			resolve({ status: reply.statusCode, headers: reply.headers, body: await text(reply) });
		});
		request.on("error", reject).end(body);
	});
}

async function ask(url, path, headers = {}) {
	const reply = await send("GET", `${url}/api/v1${path}`, { "X-Request-Id": "same-for-all", ...headers });
	return { status: reply.status, etag: reply.headers.etag, cache: reply.headers["cache-control"],
		id: reply.headers["x-request-id"], body: reply.body };
}

// What must be the same: JSON without the spaces that PostgreSQL writes into jsonb, and the tag of the same bytes.
function plain({ body, etag, ...rest }, tagged) {
	return { ...rest, body: body && JSON.stringify(JSON.parse(body)), etag: tagged ? etag : typeof etag };
}

// headers: a function of the side's name. Returns each side's ETag by its name.
async function same(what, status, path, headers = () => ({})) {
	const tags = {};
	let wanted;
	for (const [name, url] of sides) {
		const got = await ask(url, path, headers(name));
		wanted ??= got;
		tags[name] = got.etag;
		assert.equal(got.status, status, `${name}: ${what}`);
		const tagged = status === 200 && got.body === wanted.body;
		if (status < 400) // words and headers of a refusal are everyone's own
			assert.deepEqual(plain(got, tagged), plain(wanted, tagged), `${name}: ${what}`);
	}
	return tags;
}

async function post(path, body, headers = {}) {
	const reply = await send("POST", `${ours}/api/v1${path}`, { "Content-Type": "application/json", ...headers },
		JSON.stringify(body));
	assert.ok(reply.status < 300, `${path}: ${reply.status} ${reply.body}`);
	return reply.body === "" ? null : JSON.parse(reply.body);
}

const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const sign = (claims, key = secret, header = {}) =>
	jwt.sign(claims, key, { algorithm: "HS256", header: { kid, ...header } });

// Tokens that differ from a good one in one thing.
function bad(good) {
	const claims = jwt.decode(good), now = Math.floor(Date.now() / 1000);
	const without = (name) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
	return {
		"no token at all": "x", "a wrong signature": sign(claims, `${secret}0`),
		"another issuer": sign({ ...claims, iss: "http://elsewhere.test" }),
		"another audience": sign({ ...claims, aud: "elsewhere" }), "another kind": sign({ ...claims, typ: "rt" }),
		"an end that has passed": sign({ ...claims, exp: now - 1 }),
		"a beginning to come": sign({ ...claims, nbf: now + 600 }), "no end": sign(without("exp")),
		"no login": sign(without("sid")), "an unknown role": sign({ ...claims, role: "OWNER" }),
		"another algorithm": jwt.sign(claims, secret, { algorithm: "HS512", header: { kid } }),
	};
}

async function ended(token) {
	await post("/auth/logout", undefined, bearer(token));
	const until = Date.now() + REVOKED_WITHIN_MS;
	for (const [name, url] of sides)
		while ((await ask(url, "/users/me", bearer(token))).status !== 401) {
			assert.ok(Date.now() < until, `${name}: an ended login is still let in`);
			await pause(50);
		}
}

async function main() {
	const login = () => post("/auth/login", { identifier: EMAIL, password: PASSWORD });
	const { access_token: token } = await login(), { access_token: other } = await login();

	for (const [path, headers] of [[`/advisors/${ADVISOR}`, {}], ["/users/me", bearer(token)]]) {
		const tags = await same(path, 200, path, () => headers);
		await same(`${path}, known`, 304, path, (name) => ({ ...headers, "If-None-Match": tags[name] }));
		await same(`${path}, known otherwise`, 200, path, () => ({ ...headers, "If-None-Match": '"0"' }));
	}
	await same("an unknown advisor", 404, `/advisors/${ADVISOR.replace(/.{4}$/, "0000")}`);
	await same("nobody", 401, "/users/me");
	for (const [what, wrong] of Object.entries(bad(token)))
		await same(what, 401, "/users/me", () => bearer(wrong));
	await same("the same made by hand", 200, "/users/me", () => bearer(sign(jwt.decode(token))));
	await ended(other);
	await same("the login that was not ended", 200, "/users/me", () => bearer(token));
	console.log(`${sides.length} sides answer the same`);
}

main().catch((error) => {
	console.error(error.message);
	process.exit(1);
});
