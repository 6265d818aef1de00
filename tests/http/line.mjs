// One line a request: what nginx's access log tells of it, what no client is told, and what the programs log
// beside it. Run by test_line.sh.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { BASE_URL, STACK_DIR, cursorAt, order, person, runAll, test, ticket, until } from "./live.mjs";

const { hostname, port } = new URL(BASE_URL);
const API = "/api/v1", NOBODY = "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80";
const read = (name) => readFileSync(`${STACK_DIR}/log/${name}.log`, "utf8").split("\n").filter((line) => line[0] === "{");
const logOf = (program) => read(program).map((line) => JSON.parse(line));
const user = await person();
const heads = []; // of every reply here
let count = 0;

// The reply's head and body as they came; ends when the server closes or enough(text) says so.
function ask(method, path, { id = `line-${++count}-test`, headers = [], body = "", enough = () => false } = {}) {
	return new Promise((done, fail) => {
		const socket = connect(Number(port), hostname);
		let text = "";
		const end = () => {
			socket.destroy();
			heads.push(text.split("\r\n\r\n")[0]);
			done({ id, text, status: Number(text.slice(9, 12)) });
		};
		socket.on("error", (error) => text.includes("\r\n\r\n") ? end() : fail(error));
		socket.on("end", end);
		socket.on("data", (part) => {
			text += part;
			if (enough(text))
				end();
		});
		if (!headers.some((line) => line.startsWith("Connection")))
			headers = [...headers, "Connection: close"];
		socket.write([`${method} ${path} HTTP/1.1`, `Host: ${hostname}`, `X-Request-Id: ${id}`, ...headers, "", body]
			.join("\r\n"));
	});
}

const edit = { headers: [`Authorization: Bearer ${user.token}`, "If-Match: *", "Content-Type: application/json",
	"Content-Length: 11"], body: '{"bio":"x"}' };
const bearer = (who) => [`Authorization: Bearer ${who.token}`];
// The access log's line of that request: the only one.
async function lineOf({ id }) {
	const lines = await until(() => {
		const found = read("access").filter((line) => line.includes(`"request_id":"${id}"`));
		return found.length > 0 && found;
	}, `the line of ${id}`);
	assert.equal(lines.length, 1);
	return JSON.parse(lines[0]);
}
const told = ({ route, role, user_id, error, status }) => [status, route, role, user_id, error];
const saidOf = ({ id }, program) => logOf(program).filter((line) => line.request_id === id);

test("a line tells route, role, user and the program's time", async () => {
	const line = await lineOf(await ask("GET", `${API}/users/me`, { headers: bearer(user) }));
	assert.deepEqual(told(line), [200, "user_me_get", "user", user.id, ""]);
	assert.ok(Number.isInteger(line.program_us) && line.program_us > 0 && line.program_us < 1e7);
	assert.deepEqual(Object.keys(line), ["time", "request_id", "client", "method", "path", "status", "bytes_in", "bytes_out",
		"seconds", "program_seconds", "program", "route", "role", "user_id", "error", "program_us", "cache", "agent"]);
});

test("a refusal's line has its error", async () => {
	const cases = [
		["GET", `${API}/users/me`, [], [401, "user_me_get", "", "", "unauthorized"]],
		["GET", `${API}/advisors/me`, bearer(user), [403, "advisor_me_get", "user", user.id, "forbidden"]],
		["GET", `${API}/advisors/${NOBODY}`, [], [404, "advisor_get", "", "", "not_found"]],
		["DELETE", `${API}/auth/login`, [], [405, "", "", "", "method_not_allowed"]],
		["GET", `${API}/auth/nothing`, [], [404, "", "", "", "not_found"]],
		["GET", "/nothing", [], [404, "", "", "", ""]],
		["TRACE", `${API}/users/me`, [], [405, "", "", "", ""]],
		["POST", `${API}/auth/login`, ["Content-Length: 99999"], [413, "", "", "", ""]],
	];
	await Promise.all(cases.map(async ([method, path, headers, wanted]) => {
		const line = await lineOf(await ask(method, path, { headers }));
		assert.deepEqual(told(line), wanted);
		assert.equal(line.program_us === null, line.program === "", JSON.stringify(line));
	}));
});

test("replies without a body, pages and files are told the same", async () => {
	const first = await ask("GET", `${API}/users/me`, { headers: bearer(user) });
	const etag = /^ETag: (.*)\r$/m.exec(first.text)[1];
	const known = await ask("GET", `${API}/users/me`, { headers: [...bearer(user), `If-None-Match: ${etag}`] });
	const cases = [
		[known, [304, "user_me_get", "user", user.id, ""]],
		[await ask("OPTIONS", `${API}/users/me`), [204, "", "", "", ""]],
		[await ask("HEAD", `${API}/specializations`), [200, "specialization_list", "", "", ""]],
		[await ask("GET", "/admin/login"), [200, "panel_login_form", "", "", ""]],
		[await ask("GET", "/openapi.json"), [200, "", "", "", ""]],
	];
	for (const [reply, wanted] of cases)
		assert.deepEqual(told(await lineOf(reply)), wanted);
});

test("polls, streams and WebSockets have one line too", async () => {
	const poll = await ask("GET", `${API}/events?wait=1&cursor=${cursorAt(0)}`, { headers: bearer(user) });
	const line = await lineOf(poll);
	assert.deepEqual(told(line), [200, "event_poll", "user", user.id, ""]);
	assert.ok(line.program_us >= 900000);
	assert.deepEqual(saidOf(poll, "events"), []); // waiting is not slow
	const stream = await ask("GET", `${API}/events/stream`, { headers: bearer(user), enough: (text) => text.includes("event: cursor") });
	assert.deepEqual(told(await lineOf(stream)), [200, "event_stream", "user", user.id, ""]);
	const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
	const open = await ask("GET", `${API}/ws?ticket=${await ticket(user)}`, { headers: upgrade, enough: (text) => text.includes("\r\n\r\n") });
	assert.deepEqual(told(await lineOf(open)), [101, "websocket", "", "", ""]);
	const refused = await ask("GET", `${API}/ws`, { headers: upgrade, enough: (text) => text.endsWith("}") });
	assert.deepEqual(told(await lineOf(refused)), [401, "websocket", "", "", "unauthorized"]);
});

test("who sends such a header gains nothing, and nothing breaks a line", async () => {
	const forged = ["Route: owned", "Role: admin", "User: owned", "Error: owned", "Time: 1"].map((text) => `X-Confab-${text}`);
	const wanted = { [`${API}/users/me`]: [401, "user_me_get", "", "", "unauthorized"], "/nothing": [404, "", "", "", ""] };
	for (const [path, line] of Object.entries(wanted))
		assert.deepEqual(told(await lineOf(await ask("GET", path, { headers: forged }))), line);
	const agent = 'a"b\\c","status":1,\x01\xff\u2028';
	const line = await lineOf(await ask("GET", `${API}/users/%22%7d%0a%0d`, { headers: [`User-Agent: ${agent}`] }));
	assert.deepEqual([line.status, line.path], [404, `${API}/users/%22%7d%0a%0d`]);
});

test("a program logs no request that went well", async () => {
	const good = await ask("GET", `${API}/users/me`, { headers: bearer(user) });
	const refused = await ask("GET", `${API}/users/me`);
	await lineOf(good);
	await lineOf(refused);
	assert.deepEqual([saidOf(good, "people"), saidOf(refused, "people")], [[], []]);
});

test("a program logs a slow request, and one that failed", async () => {
	await order("arm", "request", "sleep=250 text=slow-one");
	const slow = await ask("GET", `${API}/users/me`, { id: "slow-one", headers: bearer(user) });
	assert.ok((await lineOf(slow)).program_us >= 250000);
	const [said, ...more] = saidOf(slow, "people");
	assert.deepEqual(more, []);
	assert.deepEqual([said.level, said.msg, said.route, said.user_id, said.status],
		["warn", "slow request", "user_me_get", user.id, 200]);
	assert.ok(said.latency_us >= 250000);
	await order("arm", "tx.before_commit", "error=internal");
	const failed = await ask("PATCH", `${API}/users/me`, edit);
	assert.deepEqual(told(await lineOf(failed)), [500, "user_me_update", "user", user.id, "internal"]);
	assert.deepEqual(saidOf(failed, "people").map(({ level, msg, error }) => [level, msg, error]), [["warn", "request", "internal"]]);
});

test("when the program dies, the line has the request, and the crash tells its route", async () => {
	await order("arm", "request", "segv text=dead-one times=0");
	const dead = await ask("PATCH", `${API}/users/me`, { ...edit, id: "dead-one-of-line" });
	await order("release", "request");
	assert.equal(dead.status, 503);
	const line = await lineOf(dead);
	assert.deepEqual([line.status, line.route, line.program_us], [503, "", null]);
	if (process.env.BIN.includes("/test/"))
		await until(() => read("people").some((text) => text.includes('"dead-one-of-line"') && text.includes("user_me_update")),
			"the crash is told");
});

test("no reply had a header that is nginx's alone", () => {
	assert.ok(heads.length > 20);
	for (const head of heads)
		assert.doesNotMatch(head, /confab-/i);
});

await runAll("line");
