// The API description as others read it: redocly and spectral, as strict as they are, find neither an
// error nor a warning in it, and every operation says what a client needs to know.
//	node tests/panel/openapi.mjs	with BASE_URL set
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const root = new URL("../../", import.meta.url).pathname;
const reply = await fetch(`${process.env.BASE_URL}/openapi.json`);
assert.equal(reply.status, 200);
assert.match(reply.headers.get("content-type"), /^application\/json/);
const text = await reply.text();
const api = JSON.parse(text);
const recorded = JSON.parse(readFileSync(join(root, "templates/docs/examples.json"), "utf8"));
const faults = [];

// --- redocly ---

const dir = mkdtempSync(join(tmpdir(), "confab-openapi-"));
writeFileSync(join(dir, "openapi.json"), text);
const lint = spawnSync(join(root, "build/npm/node_modules/.bin/redocly"),
	["lint", "--extends=recommended-strict", "--format=json", join(dir, "openapi.json")],
	{ encoding: "utf8", env: { ...process.env, REDOCLY_TELEMETRY: "off" } });
rmSync(dir, { recursive: true });
assert.equal(lint.error, undefined);
for (const problem of JSON.parse(lint.stdout.slice(lint.stdout.indexOf("{"))).problems)
	faults.push(`redocly: ${problem.location?.[0]?.pointer ?? ""}: ${problem.message}`);

// --- spectral ---

const require = createRequire(join(root, "build/npm/package.json"));
const { Spectral } = require("@stoplight/spectral-core");
const spectral = new Spectral();
spectral.setRuleset({ extends: [require("@stoplight/spectral-rulesets").oas] });
for (const found of await spectral.run(text))
	faults.push(`spectral: ${found.path.join("/")}: ${found.code}: ${found.message}`);

// --- our own rules ---

const ids = new Set();
const methods = ["get", "post", "put", "patch", "delete"];
let count = 0;

function example(where, content) {
	const json = content?.["application/json"];
	if (!json?.schema)
		faults.push(`${where} has no schema`);
	if (json?.example === undefined)
		faults.push(`${where} has no example`);
}

// What was seen is shown, and nothing made up in its place.
function seen(where, content, wanted) {
	if (wanted !== undefined && !isDeepStrictEqual(content?.["application/json"]?.example, wanted))
		faults.push(`${where} has another example than the recorded one`);
}

for (const [path, item] of Object.entries(api.paths))
	for (const [method, operation] of Object.entries(item)) {
		const where = `${method.toUpperCase()} ${path}`;
		count++;
		if (!methods.includes(method))
			faults.push(`${where}: not a method of ours`);
		if (!operation.operationId || ids.has(operation.operationId))
			faults.push(`${where}: operationId is missing or not unique`);
		ids.add(operation.operationId);
		if (!operation["x-roles"]?.length || !operation["x-errors"]?.length)
			faults.push(`${where}: who may call it, or its errors, are not told`);
		if (!operation.summary || !operation.tags?.length || !operation.security)
			faults.push(`${where}: summary, tag or security is missing`);
		for (const [, name] of path.matchAll(/\{([^}]+)\}/g))
			if (!operation.parameters.some((p) => p.in === "path" && p.name === name && p.required))
				faults.push(`${where}: {${name}} is not declared`);
		for (const parameter of operation.parameters)
			if (!parameter.schema || !parameter.description)
				faults.push(`${where}: ${parameter.name} has no schema or description`);
		if (operation.requestBody)
			example(`${where}: the body`, operation.requestBody.content);
		const statuses = Object.keys(operation.responses);
		const good = statuses.filter((status) => status < 300);
		// A second one only where sending again gives what the first made.
		if (good.length !== 1 && good.join() !== "200,201")
			faults.push(`${where}: ${good.length} statuses of success`);
		else if (operation.responses[good[0]].content?.["text/event-stream"])
			assert.equal(operation.operationId, "event_stream");
		else if (good[0] !== "204")
			example(`${where}: the reply`, operation.responses[good[0]].content);
		const { status, body, reply } = recorded[operation.operationId] ?? {};
		seen(`${where}: the body`, operation.requestBody?.content, body);
		seen(`${where}: the reply`, operation.responses[status]?.content, reply);
		if (!statuses.includes("500") || !statuses.includes("503"))
			faults.push(`${where}: its errors are not listed`);
		for (const status of statuses.filter((status) => status >= 400))
			if (!/`[a-z_]+`: /.test(operation.responses[status].description))
				faults.push(`${where}: ${status} names no code`);
	}

// --- events: each type once, with its schema and an example ---

const types = Object.values(api.components.schemas).map((schema) => schema.properties?.type?.const).filter(Boolean);
if (types.toSorted().join() !== Object.keys(api.webhooks).toSorted().join())
	faults.push(`webhooks are ${Object.keys(api.webhooks)}, event types ${types}`);
for (const [type, { post }] of Object.entries(api.webhooks)) {
	example(`webhook ${type}`, post.requestBody.content);
	if (post.requestBody.content["application/json"].example.type !== type)
		faults.push(`webhook ${type}: its example is of another type`);
	if (recorded.events[type] && !isDeepStrictEqual(post.requestBody.content["application/json"].example.data, recorded.events[type]))
		faults.push(`webhook ${type}: its example is not the recorded one`);
}

console.log(faults.join("\n"));
console.log(`openapi: ${count} operations, ${faults.length} faults`);
assert.ok(count > 20);
process.exit(faults.length === 0 ? 0 : 1);
