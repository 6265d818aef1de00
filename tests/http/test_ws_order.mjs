// WebSockets: what was sent first is stored first, whose page may connect to the letter, and clients that do not
// keep to the order of a handshake.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { BASE_URL, STACK_DIR, WebSocket, conversation, person, runAll, sql, test, ticket, until } from "./live.mjs";

const URL_WS = `${BASE_URL.replace("http", "ws")}/api/v1/ws`;
const ROUNDS = 20, AT_ONCE = 8;

test("messages of one connection are stored in the order they were sent", async () => {
	const [a, b] = [await person(), await person()];
	const id = await conversation(a, b);
	const socket = new WebSocket(`${URL_WS}?ticket=${await ticket(a)}`);
	const answers = [];
	let open = false;
	socket.on("message", (data) => {
		const frame = JSON.parse(data);
		open = true;
		if (frame.type === "answer")
			answers.push(frame);
	});
	await until(() => open, "open");
	for (let round = 0; round < ROUNDS; round++) {
		for (let i = 0; i < AT_ONCE; i++)
			socket.send(JSON.stringify({ id: `${i}`, op: "send", conversation_id: id,
				data: { client_id: `o-${round * AT_ONCE + i}`, body: "x" } }));
		await until(() => answers.length === (round + 1) * AT_ONCE, "the answers");
	}
	assert.ok(answers.every((answer) => answer.status === 201));
	socket.close();
	assert.equal(await sql(`SELECT string_agg(substr(client_id, 3), ' ' ORDER BY seq) FROM message
		WHERE conversation_id = '${id}'`), [...Array(ROUNDS * AT_ONCE).keys()].join(" "));
});

// What the program answers to these bytes on its own socket, up to the end of the connection.
function raw(bytes) {
	return new Promise((done, fail) => {
		const socket = connect(`${STACK_DIR}/run/events-ws.sock`, () => bytes === "" || socket.write(bytes));
		let text = "";
		socket.setEncoding("utf8");
		socket.setTimeout(60000, () => socket.destroy(new Error("it is kept")));
		socket.on("data", (chunk) => {
			text += chunk;
			if (/^HTTP\/1.1 101 /.test(text))
				socket.end();
		});
		socket.on("error", fail);
		socket.on("close", () => done(text));
	});
}

const handshake = (query, origin) => `GET /api/v1/ws?ticket=${query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n` +
	"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
	`${origin ? `Origin: ${origin}\r\n` : ""}\r\n`;

test("a page connects only from our own origin, whole", async () => {
	const a = await person();
	for (const origin of [`${BASE_URL}.evil.test`, `${BASE_URL}0`, `${BASE_URL}/`, BASE_URL.slice(0, -1), "null"])
		assert.match(await raw(handshake("x", origin)), /^HTTP\/1.1 403 /, origin);
	assert.match(await raw(handshake(await ticket(a), BASE_URL)), /^HTTP\/1.1 101 /);
});

test("who goes on before the handshake is answered is refused", async () => {
	const good = await ticket(await person());
	assert.match(await raw(`${handshake(good)}\x81\x80\0\0\0\0`), /^HTTP\/1.1 400 /);
	assert.match(await raw(handshake(good)), /^HTTP\/1.1 101 /); // the ticket was not used
});

test("who connects and says nothing is let go", async () => {
	const began = Date.now();
	assert.equal(await raw(""), "");
	assert.ok(Date.now() - began > 3000);
});

await runAll("ws_order");
