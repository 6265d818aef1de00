// Requests as no client library sends them: request lines, versions, lengths, encodings and headers that
// contradict each other. Each is refused in the one shape of errors (or, where RFC 9112 lets a server be
// lenient, served as what it plainly means), no connection is read in two ways, and the next client is
// served as before.
//	node tests/http/test_raw.mjs	with BASE_URL set
import assert from "node:assert/strict";
import { connect } from "node:net";

const { hostname, port } = new URL(process.env.BASE_URL);
const host = `Host: ${hostname}\r\n`;
const close = "Connection: close\r\n";
const login = '{"identifier":"nobody@example.org"}'; // read whole, it misses a password: 422
const json = "Content-Type: application/json\r\n";
const path = "/api/v1/specializations";
const entry = "/api/v1/auth/login";

/** Everything the server says until it closes, or has been silent for a second after a reply. over: we
 *  say that nothing more will come, as there is no reply to wait for. */
function exchange(bytes, over = false) {
	return new Promise((resolve, reject) => {
		const socket = connect(Number(port), hostname);
		const parts = [];
		let quiet;
		const done = () => {
			clearTimeout(limit);
			clearTimeout(quiet);
			socket.destroy();
			resolve(Buffer.concat(parts).toString("latin1"));
		};
		const limit = setTimeout(() => reject(new Error(`no answer within a minute to ${bytes.slice(0, 200)}`)), 60000);
		socket.on("connect", () => {
			socket.write(Buffer.from(bytes, "latin1"));
			if (over)
				socket.end();
		});
		socket.on("data", (part) => {
			parts.push(part);
			clearTimeout(quiet);
			quiet = setTimeout(done, 1000);
		});
		socket.on("close", done);
		socket.on("error", done);
	});
}

const get = (target, head = host + close, version = "HTTP/1.1") =>
	`GET ${target} ${version}\r\n${head}\r\n`;
const post = (head, body = "") => `POST ${entry} HTTP/1.1\r\n${host}${close}${json}${head}\r\n${body}`;
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = "Transfer-Encoding: chunked\r\n";
const length = `Content-Length: ${login.length}\r\n`;

// [what, request, statuses in order; [] for a connection closed without a word]
const cases = [
	// --- the request line ---
	["a plain request", get(path), [200]],
	["HTTP/1.0 without Host", get(path, "", "HTTP/1.0"), [200]],
	["HTTP/0.9", `GET ${path}\r\n\r\n`, []],
	["no version after a space", `GET ${path} \r\n\r\n`, []],
	["HTTP/9.9", get(path, host, "HTTP/9.9"), [505]],
	["HTTP/2.0", get(path, host, "HTTP/2.0"), [505]],
	["HTTP/1.2", get(path, host + close, "HTTP/1.2"), [200]],
	["HTTP/1.999", get(path, host + close, "HTTP/1.999"), [200]],
	["HTTP/01.1", get(path, host, "HTTP/01.1"), [400]],
	["HTTP/1.", get(path, host, "HTTP/1."), [400]],
	["HTTP/-1.1", get(path, host, "HTTP/-1.1"), [400]],
	["a version in small letters", get(path, host, "http/1.1"), [400]],
	["another protocol", get(path, host, "SIP/2.0"), [400]],
	["something after the version", get(path, host, "HTTP/1.1 x"), [400]],
	["a method in small letters", `get ${path} HTTP/1.1\r\n${host}\r\n`, [400]],
	["a method with a digit", `GE7 ${path} HTTP/1.1\r\n${host}\r\n`, [400]],
	["an unknown method", `BREW ${path} HTTP/1.1\r\n${host}${close}\r\n`, [405]],
	["a long unknown method", `${"A".repeat(300)} ${path} HTTP/1.1\r\n${host}${close}\r\n`, [405]],
	["a method with a control character", `G\x01T ${path} HTTP/1.1\r\n${host}\r\n`, [400]],
	["PRI, as HTTP/2 begins", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, [400]],
	["a line feed before the request", `\n${get(path)}`, [200]],
	["spaces before the request", `  ${get(path)}`, [400]],
	["two spaces between the words", `GET  ${path}  HTTP/1.1\r\n${host}${close}\r\n`, [200]],
	["a tab between the words", `GET\t${path}\tHTTP/1.1\r\n${host}\r\n`, [400]],
	["lines that end with LF alone", `GET ${path} HTTP/1.1\nHost: a\nConnection: close\n\n`, [200]],
	["lines that end with CR alone", `GET ${path} HTTP/1.1\rHost: a\r\r`, [400]],
	["nothing but line ends", "\r\n\r\n\r\n\r\n", []],
	["nothing at all", "", []],
	["half a request line", "GET /api", []],
	["TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400]],
	// --- targets ---
	["an absolute target", get(`http://${hostname}${path}`), [200]],
	["an absolute target of another host", get(`http://elsewhere.test${path}`), [200]],
	["an absolute target of another scheme", get(`ftp://elsewhere.test${path}`), [200]],
	["a target without a slash", get("api/v1/specializations"), [400]],
	["an asterisk", get("*"), [400]],
	["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${host}${close}\r\n`, [400]],
	["CONNECT", `CONNECT example.org:443 HTTP/1.1\r\n${host}${close}\r\n`, [400]],
	["a fragment", get(`${path}#part`), [200]],
	["a NUL in the target", get(`${path}\x00`), [400]],
	["a control character in the target", get(`${path}\x01`), [400]],
	["a raw byte above 127", get(`${path}\xff`), [400]],
	["an encoded NUL", get(`${path}%00`), [400]],
	["an encoded line end", get(`${path}%0d%0aX: y`), [400]],
	["an encoded slash", get("/api/v1%2fspecializations"), [200]],
	["a broken escape", get("/api/v1/%zz"), [400]],
	["half an escape", get("/api/v1/%4"), [400]],
	["an overlong escape", get("/api/v1/%c0%ae%c0%ae/etc"), [404]],
	["dots above the root", get("/../../etc/passwd"), [400]],
	["encoded dots above the root", get("/%2e%2e/%2e%2e/etc/passwd"), [400]],
	["dots inside", get("/api/v1/auth/../specializations"), [200]],
	["slashes that repeat", get("//api///v1//specializations"), [200]],
	["a backslash", get("/api\\v1\\specializations"), [404]],
	["a semicolon", get(`${path};a=b`), [404]],
	["a target of 9,000 bytes", get(`/${"a".repeat(9000)}`), [414]],
	["an inner page", get("/.confab/500"), [404]],
	// --- headers ---
	["no Host", get(path, ""), [400]],
	["two Hosts", get(path, `${host}Host: elsewhere.test\r\n`), [400]],
	["an empty Host", get(path, "Host: \r\n"), [400]],
	["a Host with a path", get(path, "Host: a/b\r\n"), [400]],
	["a Host with a NUL", get(path, "Host: a\x00b\r\n"), [400]],
	["a folded header", get(path, `${host}X-A: b\r\n c\r\n${close}`), [400]],
	["a space before the colon", get(path, `${host}${close}X-A : b\r\n`), [400]],
	["a header without a colon", get(path, `${host}${close}nonsense\r\n`), [200]],
	["a header without a name", get(path, `${host}${close}: b\r\n`), [400]],
	["a NUL in a header", get(path, `${host}X-A: b\x00c\r\n`), [400]],
	["a header of 9,000 bytes", get(path, `${host}X-A: ${"b".repeat(9000)}\r\n`), [400]],
	["40,000 bytes of headers", get(path, host + `X-A: ${"b".repeat(4000)}\r\n`.repeat(10)), [400]],
	["2,000 small headers", get(path, host + close + "A: b\r\n".repeat(2000)), [400]],
	["an underscore in a name", get(path, `${host}${close}X_Request_Id: aaaaaaaaaaaa\r\n`), [200]],
	["two different Authorizations", get("/api/v1/auth/logins",
		`${host}${close}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`), [400]],
	["a range", get("/openapi.json", `${host}${close}Range: bytes=0-0,-1\r\n`), [206]],
	["a range past the end", get("/openapi.json", `${host}${close}Range: bytes=99999999-\r\n`), [416]],
	["an expectation not known", get(path, `${host}${close}Expect: the-best\r\n`), [200]],
	["an upgrade to something else", get(path, `${host}Connection: Upgrade, close\r\nUpgrade: h2c\r\n`), [200]],
	["no headers' end", `GET ${path} HTTP/1.1\r\n${host}`, []],
	// --- methods nobody takes ---
	["TRACE", `TRACE ${path} HTTP/1.1\r\n${host}${close}\r\n`, [405]],
	["a method that a file does not take", `POST /openapi.json HTTP/1.1\r\n${host}${close}\r\n`, [405]],
	// --- bodies ---
	["a body with its length", post(length, login), [422]],
	["a body in chunks", post(chunked, `${chunk(login)}0\r\n\r\n`), [422]],
	["chunks with an extension and a trailer", post(chunked,
		`${login.length.toString(16)};a=b\r\n${login}\r\n0\r\nX-A: b\r\n\r\n`), [422]],
	["length and chunks", post(length + chunked, `${chunk(login)}0\r\n\r\n`), [400]],
	["chunks and length", post(chunked + length, `${chunk(login)}0\r\n\r\n`), [400]],
	["two lengths that differ", post(`${length}Content-Length: 5\r\n`, login), [400]],
	["two lengths that agree", post(length + length, login), [400]],
	["a list of lengths", post("Content-Length: 5, 5\r\n", "12345"), [400]],
	["a negative length", post("Content-Length: -1\r\n"), [400]],
	["a length with a sign", post("Content-Length: +5\r\n", "12345"), [400]],
	["a length in hexadecimal", post("Content-Length: 0x5\r\n", "12345"), [400]],
	["a length above 2^64", post("Content-Length: 18446744073709551621\r\n", "12345"), [400]],
	["a length that is too large", post("Content-Length: 99999999999\r\n"), [413]],
	["an empty length", post("Content-Length: \r\n"), [400]],
	["chunks that never end", post(chunked, chunk(login)), []],
	["a chunk of no size", post(chunked, `\r\n${login}`), [400]],
	["a chunk size that is no number", post(chunked, `xyz\r\n${login}\r\n0\r\n\r\n`), [400]],
	["a chunk size above 2^64", post(chunked, `${"f".repeat(17)}\r\n${login}`), [400]],
	["a negative chunk", post(chunked, `-5\r\n${login}`), [400]],
	["a chunk that is shorter than it says", post(chunked, `ff\r\n${login}\r\n0\r\n\r\n`), []],
	["chunks that are too many bytes", post(chunked, chunk("a".repeat(70000)) + "0\r\n\r\n"), [413]],
	["an unknown encoding", post("Transfer-Encoding: gzip\r\n", login), [501]],
	["chunks inside of gzip", post("Transfer-Encoding: gzip, chunked\r\n", `${chunk(login)}0\r\n\r\n`), [501]],
	["chunked, twice", post(chunked + chunked, `${chunk(login)}0\r\n\r\n`), [400]],
	["an encoding hidden by a space", post("Transfer-Encoding : chunked\r\n", `${chunk(login)}0\r\n\r\n`), [400]],
	["an encoding hidden by a tab", post("Transfer-Encoding:\tchunked\r\n", `${chunk(login)}0\r\n\r\n`), [501]],
	["HTTP/1.0 with chunks", `POST ${entry} HTTP/1.0\r\n${host}${json}${chunked}\r\n${chunk(login)}0\r\n\r\n`, [400]],
	["a second request in the body", post("Content-Length: 0\r\n", get("/livez")), [400]],
];

const heads = /HTTP\/1\.1 (\d{3}) [^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/g;

/** What is wrong with the answer to a case; nothing when all is well. */
function judge(text, wanted) {
	const replies = [...text.matchAll(heads)];
	const statuses = replies.map((reply) => Number(reply[1]));
	if (statuses.join() !== wanted.join())
		return `answered ${statuses.join() || "nothing"} and not ${wanted.join() || "nothing"}`;
	if (replies.length === 0 || statuses[0] < 400 || statuses[0] === 416)
		return undefined;
	const head = Object.fromEntries(replies[0][2].trim().split("\r\n")
		.map((line) => [line.split(":")[0].toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
	const said = text.slice(replies[0].index + replies[0][0].length);
	const body = said.startsWith("{") ? JSON.parse(said) : {};
	if (!/^application\/json/.test(head["content-type"]))
		return `an error of type ${head["content-type"]}`;
	if (typeof body.error !== "string" || !body.message || body.request_id !== head["x-request-id"])
		return `an error of another shape: ${said}`;
	if (statuses[0] === 405 && !/^[A-Z]+(, [A-Z]+)*$/.test(head.allow))
		return `405 with Allow: ${head.allow}`;
	return undefined;
}

let faults = 0;
for (const [what, bytes, wanted] of cases) {
	const text = await exchange(bytes, wanted.length === 0);
	const fault = judge(text, wanted);
	if (fault) {
		faults++;
		console.log(`${what}: ${fault}`);
	}
}
// Not one of them was taken as two, and the server serves on.
assert.match(await exchange(get("/livez")), /^HTTP\/1\.1 200 /);
// What HTTP/0.9 gets has no head; it is the same thing all the same.
assert.deepEqual(JSON.parse(await exchange(`GET ${path}\r\n`)),
	await (await fetch(`${process.env.BASE_URL}${path}`)).json());
console.log(`raw: ${cases.length} tests, ${cases.length + 2} asserts ${faults ? "not " : ""}ok`);
assert.equal(faults, 0);
