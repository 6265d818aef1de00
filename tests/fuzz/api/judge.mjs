// What an answer must be: documented, in the documented shape, in time, with the field at fault named; and
// what the programs must not say of it in their logs.
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(new URL("../../../build/npm/package.json", import.meta.url));
const Ajv = require("ajv/dist/2020.js").default;
const formats = require("ajv-formats").default;

const BLAMED = ["validation_error", "bad_json", "bad_cursor"];

export class Judge {
	#schemas = new Map();

	constructor(document) {
		this.ajv = new Ajv({ strict: false, allErrors: false, discriminator: false });
		formats(this.ajv);
		this.ajv.addSchema({ $id: "api", components: document.components });
		this.error = this.#compile({ $ref: "#/components/schemas/Error" });
	}

	#compile(schema) {
		return this.ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components')));
	}

	#schema(operation, status) {
		const key = `${operation.id} ${status}`;
		if (!this.#schemas.has(key)) {
			const content = operation.responses[status]?.content?.["application/json"];
			this.#schemas.set(key, content ? this.#compile(content.schema) : null);
		}
		return this.#schemas.get(key);
	}

	/** What is wrong with a reply; undefined when it is as promised. */
	fault(operation, request, reply) {
		if (reply.status === 0)
			return ["held", "unsent"].includes(reply.error) ? undefined : `no reply: ${reply.error}`;
		if (reply.status >= 500 && !(reply.status === 501 && request.how.includes("Transfer-Encoding")))
			return `status ${reply.status}: ${reply.text.slice(0, 300)}`;
		if (reply.status >= 400)
			return this.#refusal(operation, request, reply);
		if (!request.elsewhere && !operation.responses[reply.status])
			return `undocumented status ${reply.status}`;
		if (request.method === "HEAD" || request.elsewhere || reply.held || [204, 304].includes(reply.status))
			return undefined;
		return this.#shape(this.#schema(operation, reply.status), reply);
	}

	#shape(schema, reply) {
		if (!schema)
			return undefined;
		let body;
		try {
			body = JSON.parse(reply.text);
		} catch {
			return `a body that is no JSON: ${reply.text.slice(0, 300)}`;
		}
		if (!/^application\/json/.test(reply.headers["content-type"] ?? ""))
			return `content type ${reply.headers["content-type"]}`;
		return schema(body) ? undefined :
			`a body that breaks its schema: ${this.ajv.errorsText(schema.errors)}: ${reply.text.slice(0, 300)}`;
	}

	#refusal(operation, request, reply) {
		if (reply.status === 405)
			return reply.headers.allow ? undefined : "405 without Allow";
		if (!request.elsewhere && !operation.responses[reply.status])
			return `undocumented status ${reply.status}: ${reply.text.slice(0, 300)}`;
		if (request.method === "HEAD")
			return undefined;
		const broken = this.#shape(this.error, reply);
		if (broken)
			return broken;
		const body = JSON.parse(reply.text);
		if (!request.elsewhere && !operation.responses[reply.status].description.includes(`\`${body.error}\``))
			return `undocumented code ${body.error} with ${reply.status}`;
		if (body.request_id !== reply.headers["x-request-id"])
			return `request_id ${body.request_id} is not that of the header`;
		if (!BLAMED.includes(body.error))
			return undefined;
		if (!body.details?.field || !body.details?.message)
			return `${body.error} without a field: ${reply.text.slice(0, 300)}`;
		if (request.field && this.#spoilt(operation, request) && !this.#names(body, request.field) &&
		    !this.#names(body, "body"))
			return `${request.field} was at fault and ${body.details.field} was blamed: ${reply.text.slice(0, 300)}`;
		return undefined;
	}

	/** The body breaks the operation's schema, or is no JSON: then the field that was changed is at fault. */
	#spoilt(operation, request) {
		const key = `${operation.id} body`;
		if (!this.#schemas.has(key))
			this.#schemas.set(key, this.#compile(operation.body.schema));
		try {
			return !this.#schemas.get(key)(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(request.body)));
		} catch {
			return true;
		}
	}

	#names(body, field) {
		return [body.details.field, ...(body.errors ?? []).map((error) => error.field)]
			.some((path) => path === field || path.startsWith(`${field}.`));
	}
}

const NEVER = ["worker ended", "a refusal names no field", "value refused by the database",
	"reply breaks its contract", "arena cap passed: a bound is missing", "statement failed", "crashed"];

/** The programs' logs from now on. */
export class Logs {
	#places = new Map();

	constructor(dir) {
		this.dir = dir;
		for (const file of this.#files())
			this.#places.set(file, statSync(file).size);
	}

	#files() {
		return readdirSync(this.dir).filter((name) => name.endsWith(".log") && !/^(nginx|access|postgres)/.test(name))
			.map((name) => join(this.dir, name));
	}

	/** Lines that must not be, as {text, request_id}. */
	faults() {
		const found = [];
		for (const file of this.#files()) {
			const from = this.#places.get(file) ?? 0, size = statSync(file).size;
			if (size <= from)
				continue;
			const part = Buffer.alloc(size - from), handle = openSync(file, "r");
			readSync(handle, part, 0, part.length, from);
			closeSync(handle);
			const whole = part.subarray(0, part.lastIndexOf(10) + 1);
			this.#places.set(file, from + whole.length);
			for (const line of whole.toString().split("\n")) {
				if (!NEVER.some((words) => line.includes(`"msg":"${words}"`)) &&
				    !/Sanitizer|runtime error:|Assertion .* failed/.test(line))
					continue;
				found.push({ text: line.slice(0, 600), request_id: /"request_id":"([^"]*)"/.exec(line)?.[1] });
			}
		}
		return found;
	}
}
