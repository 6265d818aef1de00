// The API as its description tells it, and requests that are good: the fuzzer starts from these. Ids that
// replies show are kept by what they name, so that later requests meet things that are there.
import { randomUUID } from "node:crypto";

const METHODS = ["get", "post", "put", "patch", "delete"];
const KEPT = 60; /* ids of one kind */

/** Operations of the document: {id, method, path, security, query, headers, body, responses}. */
export function operations(document) {
	const list = [];
	for (const [path, item] of Object.entries(document.paths))
		for (const method of METHODS.filter((name) => item[name])) {
			const it = item[method];
			const of = (place) => it.parameters.filter((parameter) => parameter.in === place);
			list.push({ id: it.operationId, method: method.toUpperCase(), path,
				open: it.security.some((one) => Object.keys(one).length === 0),
				query: of("query"), headers: of("header"), params: of("path"),
				body: it.requestBody?.content["application/json"], bodyNeeded: it.requestBody?.required,
				responses: it.responses });
		}
	return list;
}

/** What stands before {…} names what it is: /conversations/{id} a conversation. */
const kindOf = (path, name) => {
	const words = path.split("/");
	const before = words[words.indexOf(`{${name}}`) - 1];
	return before === "blocks" ? "users" : before;
};

/** The ids seen so far. */
export class Pool {
	#kinds = new Map();
	#pick;

	constructor(pick) {
		this.#pick = pick;
	}

	add(kind, id) {
		if (typeof id !== "string" || !/^[0-9a-f]{8}-/.test(id))
			return;
		const list = this.#kinds.get(kind) ?? [];
		this.#kinds.set(kind, list);
		if (!list.includes(id))
			list.push(id);
		if (list.length > KEPT)
			list.shift();
	}

	/** One of that kind, often the newest; a stranger where none is known. */
	one(kind) {
		const list = this.#kinds.get(kind);
		return list?.length ? this.#pick([list.at(-1), this.#pick(list)]) : randomUUID();
	}

	/** Keep what a reply to that path shows. */
	harvest(path, value, depth = 0) {
		if (value === null || typeof value !== "object" || depth > 4)
			return;
		const words = path.split("/").filter((word) => /^[a-z-]+$/.test(word));
		const owner = { pending: "advisors", chat: "sessions", apply: "advisors", me: words.at(-2), register: "users" };
		for (const [name, member] of Object.entries(value)) {
			const plural = { id: owner[words.at(-1)] ?? words.at(-1), user_id: "users", sender_id: "users", advisor_id: "advisors",
				other_id: "users", conversation_id: "conversations", session_id: "sessions", message_id: "messages",
				target_user_id: "users", reporter_id: "users", actor_id: "users" }[name];
			if (plural)
				this.add(plural, member);
			this.harvest({ user: "/users", last_message: "/messages", session: "/sessions" }[name] ?? path, member, depth + 1);
		}
	}
}

/** Good requests of each operation. */
export class Requests {
	constructor(pool, random, pick) {
		Object.assign(this, { pool, random, pick, refresh: "" });
	}

	path(operation) {
		return operation.path.replace(/\{([^}]+)\}/g, (_, name) => name === "emoji" ?
			encodeURIComponent(this.pick(["\u{1f44d}", "❤️", "\u{1f389}"])) : this.pool.one(kindOf(operation.path, name)));
	}

	#value(schema) {
		if (schema.enum)
			return this.pick(schema.enum.filter((value) => value !== null));
		if (schema.examples)
			return schema.examples[0];
		return { integer: schema.minimum ?? 1, number: 1, boolean: true }[schema.type] ?? this.pool.one("users");
	}

	query(operation) {
		const pairs = operation.query.filter((parameter) => parameter.required || this.random() < 0.25)
			.filter((parameter) => !["cursor", "ticket"].includes(parameter.name) || operation.query.length === 1)
			.map((parameter) => [parameter.name, encodeURIComponent(this.#value(parameter.schema))]);
		if (operation.id === "event_poll") /* at once, or the fuzzer waits too */
			return [["wait", "0"]];
		return pairs.filter(([name]) => !(name === "before" && pairs.some(([other]) => other === "after")));
	}

	/** The example, made to fit what is there. */
	body(operation) {
		if (!operation.body)
			return undefined;
		const body = structuredClone(operation.body.example);
		const special = {
			auth_register: { email: `fuzz-${randomUUID()}@example.test`, phone: undefined },
			auth_login: { identifier: process.env.USER_EMAIL, password: process.env.USER_PASSWORD },
			session_chat_create: this.random() < 0.3 ? { advisor_id: undefined, ai: true } : { advisor_id: this.pool.one("advisors") },
			report_create: this.pick([["USER", "users"], ["MESSAGE", "messages"], ["SESSION", "sessions"]].map(([type, kind]) =>
				({ target_type: type, target_id: this.pool.one(kind) }))),
			message_send: { client_id: randomUUID() },
			auth_refresh: { refresh_token: this.refresh },
			conversation_read: { seq: 0 },
			conversation_mute: { until: this.pick([null, "2030-01-01T00:00:00Z"]) },
			admin_report_decide: { block: false },
		}[operation.id];
		return Object.assign(body, special);
	}
}
