// A chat server on Socket.IO, written as its documentation advises: node's cluster with one worker per core and
// the cluster adapter, WebSocket alone (so that no sticky sessions are needed), no compression, bufferutil,
// the first HTTP request of each connection let go, the account in the handshake, a room per conversation, a
// message acknowledged once it is stored, and those missed sent after a reconnect by the client's offsets.
// pg's pool runs named prepared statements: one round trip for a message. common.cjs says how it is run.
//
// It stores into the tables of Confab, in the same database, with a gapless number per conversation and the
// sender's read mark. What it does less than Confab: no log of events per user (a client that comes back
// asks by conversation, and hears nothing of anything but messages), no look at blocks, replies, media or
// the assistant, no rate limits, no request ids, no check of a field's length or alphabet but what the
// database refuses. Membership is read once, at the handshake. What it does more: nothing.
//
// SIGUSR2 to a worker, run with --expose-gc, collects its garbage.
"use strict";
const cluster = require("node:cluster");
const { randomBytes } = require("node:crypto");
const { createServer } = require("node:http");
const jwt = require("jsonwebtoken");
const { Server } = require("socket.io");
const { createAdapter, setupPrimary } = require("@socket.io/cluster-adapter");
const { claimsGood, claimsWanted, keys, openPool, run, watchRevoked } = require("./common.cjs");

// The account of an access token of Confab's, checked as Confab does.
function account(token, ended) {
	const { header: { kid } } = jwt.decode(token, { complete: true });
	const claims = jwt.verify(token, keys.get(kid), claimsWanted);
	if (!claimsGood(claims, ended))
		throw new Error("unauthorized");
	return claims.sub;
}

// UUID version 7: new keys go to the warm end of the index.
function uuid() {
	const bytes = randomBytes(16);
	bytes.writeUIntBE(Date.now(), 0, 6);
	bytes[6] = 0x70 | (bytes[6] & 0x0f);
	bytes[8] = 0x80 | (bytes[8] & 0x3f);
	const hex = bytes.toString("hex");
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const STORE = { name: "store", text: `
	WITH place AS (UPDATE conversation SET last_seq = last_seq + 1, last_message_at = now()
		WHERE id = $1 AND closed_at IS NULL RETURNING last_seq),
	stored AS (INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, body)
		SELECT $1, last_seq, $2::uuid, $3::uuid, 'USER', $4, $5 FROM place RETURNING seq, created_at),
	mark AS (UPDATE member SET read_seq = stored.seq FROM stored WHERE conversation_id = $1 AND user_id = $3)
	SELECT seq, created_at FROM stored` };
const FIRST = { name: "first", text: `SELECT id, seq, body, created_at FROM message
	WHERE conversation_id = $1 AND sender_id = $2 AND client_id = $3` };
const ROOMS = { name: "rooms", text: "SELECT conversation_id FROM member WHERE user_id = $1" };
const MISSED = { name: "missed", text: `SELECT id, conversation_id, seq, sender_id, client_id, body, created_at
	FROM message WHERE conversation_id = $1 AND seq > $2 ORDER BY seq LIMIT 200` };
const UNIQUE_VIOLATION = "23505";
const POOL = 16; // of each worker: the load has 32 messages under way, and there are two

// [status, message]: 201 stored now, 200 it had been.
async function store(pool, sender, { conversation_id, client_id, body }) {
	const message = { id: uuid(), conversation_id, seq: 0, sender_id: sender, client_id, body, created_at: null };
	try {
		const values = [conversation_id, message.id, sender, client_id, body];
		const { rows: [row] } = await pool.query({ ...STORE, values });
		return row ? [201, Object.assign(message, { seq: Number(row.seq), created_at: row.created_at })] : [409, null];
	} catch (error) {
		if (error.code !== UNIQUE_VIOLATION)
			throw error;
		const { rows: [row] } = await pool.query({ ...FIRST, values: [conversation_id, sender, client_id] });
		return [200, Object.assign(message, row, { seq: Number(row.seq) })];
	}
}

async function worker(path) {
	const pool = openPool(POOL), ended = await watchRevoked(pool), httpServer = createServer();
	const io = new Server(httpServer, { transports: ["websocket"], perMessageDeflate: false, serveClient: false,
		adapter: createAdapter() });

	io.engine.on("connection", (raw) => { raw.request = null; });
	io.use(async (socket, next) => {
		try {
			socket.data.user = account(socket.handshake.auth.token, ended);
			const { rows } = await pool.query({ ...ROOMS, values: [socket.data.user] });
			socket.data.rooms = rows.map((row) => row.conversation_id);
			next();
		} catch {
			next(new Error("unauthorized"));
		}
	});
	io.on("connection", async (socket) => {
		const { user, rooms } = socket.data;
		socket.join(rooms);
		socket.on("send", async (draft, ack) => {
			if (!socket.rooms.has(draft?.conversation_id))
				return ack({ status: 404 });
			try {
				const [status, message] = await store(pool, user, draft);
				if (status === 201)
					io.to(message.conversation_id).emit("message", message);
				ack({ status, message });
			} catch (error) {
				console.error(error);
				ack({ status: 503 });
			}
		});
		for (const [id, seq] of Object.entries(socket.handshake.auth.offsets ?? {}))
			if (rooms.includes(id))
				for (const row of (await pool.query({ ...MISSED, values: [id, seq] })).rows)
					socket.emit("message", { ...row, seq: Number(row.seq) });
	});
	process.on("SIGUSR2", () => global.gc?.());
	httpServer.listen(path);
}

if (cluster.isPrimary)
	setupPrimary();
run(worker);
