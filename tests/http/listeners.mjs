// Clients that keep their cursor and come back after whatever broke: by long poll, server-sent events or
// WebSocket. What a listener promises its owner: every event once, in order; what would break that is counted.
import { BASE_URL, EventSource, WebSocket, api } from "./live.mjs";

export const pause = (ms) => new Promise((go) => setTimeout(go, ms));
const AGAIN_MS = 50;

// Every type with a number that the API tells of; an EventSource hears only what it is told to listen to.
export const TYPES = ["message.created", "message.updated", "message.deleted", "message.reaction", "message.read",
	"conversation.muted", "session.requested", "session.accepted", "session.started", "session.ended",
	"session.declined", "session.cancelled", "session.expired", "advisor.approved", "advisor.rejected",
	"advisor.revoked", "advisor.suspended", "advisor.resumed", "advisor.reopened", "report.closed", "report.reopened",
	"report.upheld", "report.reconsidered", "account.blocked", "account.unblocked"];

export class Listener {
	seq = 0; // of the last event that was taken
	cursor; // where to go on
	stopped = false;
	repeated = 0; // events that came again, dropped by number
	lost = []; // numbers that were skipped
	resyncs = 0;
	broken = 0; // requests and connections that failed
	statuses = new Map(); // of replies
	current = null; // the connection that is open, to be closed by stop()

	// who: {id, token}; take(event): called for each event, once. Begins at the cursor.
	constructor(kind, who, cursor, take) {
		this.kind = kind;
		this.who = who;
		this.cursor = cursor;
		this.seq = Number(cursor.split("-")[1]);
		this.take = take;
		this.ended = this.run();
	}

	async run() {
		while (!this.stopped) {
			try {
				await this[this.kind]();
			} catch {
				if (!this.stopped)
					this.broken++;
				await pause(AGAIN_MS);
			}
		}
	}

	stop() {
		this.stopped = true;
		this.current?.();
		return this.ended;
	}

	event(event) {
		if (event.seq === null)
			return this.take(event);
		if (event.seq <= this.seq) {
			this.repeated++;
			return;
		}
		for (let seq = this.seq + 1; seq < event.seq; seq++)
			this.lost.push(seq);
		this.seq = event.seq;
		this.take(event);
	}

	resync(cursor) {
		this.resyncs++;
		this.cursor = cursor;
		this.seq = Number(cursor.split("-")[1]);
	}

	status(code) {
		this.statuses.set(code, (this.statuses.get(code) ?? 0) + 1);
	}

	async poll() {
		const abort = new AbortController();
		this.current = () => abort.abort();
		const reply = await fetch(`${BASE_URL}/api/v1/events?wait=20&cursor=${this.cursor}`,
			{ headers: { Authorization: `Bearer ${this.who.token}` }, signal: abort.signal });
		const body = await reply.json();
		this.status(reply.status);
		if (reply.status === 409)
			return this.resync(body.details.cursor);
		if (reply.status !== 200)
			throw new Error(`status ${reply.status}`);
		body.events.forEach((event) => this.event(event));
		this.cursor = body.cursor;
	}

	// One EventSource resumes by itself as long as it can; after a reply it cannot take, a new one goes on.
	async sse() {
		const headers = { Authorization: `Bearer ${this.who.token}` };
		const source = new EventSource(`${BASE_URL}/api/v1/events/stream?cursor=${this.cursor}`,
			{ fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }) });
		const keep = (event) => {
			if (event.lastEventId)
				this.cursor = event.lastEventId;
		};
		source.addEventListener("open", () => this.status(200));
		source.addEventListener("resync", (event) => this.resync(event.lastEventId));
		for (const type of TYPES)
			source.addEventListener(type, (event) => {
				this.event(JSON.parse(event.data));
				keep(event);
			});
		await new Promise((done) => {
			this.current = () => { source.close(); done(); };
			source.addEventListener("error", (error) => {
				if (error.code)
					this.status(error.code);
				if (!this.stopped)
					this.broken++;
				if (source.readyState === EventSource.CLOSED)
					done();
			});
		});
		await pause(AGAIN_MS);
	}

	async ws() {
		const made = await api("POST", "/events/ticket", this.who.token);
		this.status(made.status);
		if (made.status !== 201)
			throw new Error(`ticket: ${made.status}`);
		const socket = new WebSocket(`${BASE_URL.replace("http", "ws")}/api/v1/ws` +
			`?ticket=${made.body.ticket}&cursor=${this.cursor}`);
		this.socket = socket;
		this.current = () => socket.close();
		socket.on("message", (data) => {
			const frame = JSON.parse(data);
			if (frame.type === "resync")
				this.resync(frame.cursor);
			if (frame.type !== "events")
				return;
			frame.events.forEach((event) => this.event(event));
			this.cursor = frame.cursor;
		});
		socket.on("unexpected-response", (_, reply) => {
			this.status(reply.statusCode);
			socket.terminate();
		});
		await new Promise((done, fail) => {
			socket.on("error", fail);
			socket.on("close", (code) => (code === 1000 || code === 1001 || this.stopped ? done() :
				fail(new Error(`closed: ${code}`))));
		});
	}
}
