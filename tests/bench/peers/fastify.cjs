// Two reads on Fastify, written as its documentation advises: node's cluster, a reverse proxy before it, a schema
// of each reply so that it is written by compiled code, @fastify/jwt for tokens with its cache of verified ones,
// no log of its own (nginx writes the line of a request, as for Confab). common.cjs says how it is run.
//
// Less than Confab: no rate limits, no metrics, no look at who asks for an advisor; errors without field lists.
"use strict";
const fastify = require("fastify");
const { UUID, bodyTag, claimsGood, claimsWanted, keys, openPool, ownProfile, run, versionTag, watchRevoked } =
	require("./common.cjs");

const ADVISOR = { name: "advisor_get", text: process.env.ADVISOR_SQL };
const USER = { name: "user_get", text: process.env.USER_SQL };

const text = { type: "string" }, integer = { type: "integer" }, flag = { type: "boolean" };
const textOrNull = { type: "string", nullable: true }, texts = { type: "array", items: text };
const amount = { type: "object", properties: { currency: text, amount_minor: integer } };
const advisorReply = { type: "object", properties: { id: text, display_name: text, headline: text, languages: texts,
	specializations: texts, experience_years: integer, rate: amount, status: text,
	rating_average: { type: "number", nullable: true }, rating_count: integer, session_count: integer, bio: text,
	created_at: text } };
const userReply = { type: "object", properties: { id: text, email: textOrNull, display_name: text, role: text, bio: text,
	gender: textOrNull, birth_date: textOrNull, locale: text, timezone: text, presence_hidden: flag, created_at: text,
	updated_at: text, phone: textOrNull } };

function refuse(request, reply, status, error) {
	return reply.code(status).send({ error, message: error, request_id: request.id });
}

// The tag is of the bytes that are sent, or what the handler has set; 304 when the client has them.
async function tag(request, reply, payload) {
	if (reply.statusCode !== 200)
		return payload;
	if (!reply.hasHeader("etag"))
		reply.header("etag", bodyTag(payload));
	if (!request.headers["if-none-match"]?.includes(reply.getHeader("etag")))
		return payload;
	reply.code(304);
	return null;
}

async function worker(socket) {
	const pool = openPool(), ended = await watchRevoked(pool);
	const app = fastify({ logger: false, requestIdHeader: "x-request-id" });

	// One key, as this stack has; whole tokens are kept in memory, as Confab keeps them.
	await app.register(require("@fastify/jwt"), { secret: keys.values().next().value.export(), verify: {
		algorithms: claimsWanted.algorithms, allowedIss: claimsWanted.issuer, allowedAud: claimsWanted.audience,
		cache: true, cacheKeyBuilder: (token) => token } });
	app.addHook("onSend", tag);
	app.addHook("onRequest", async (request, reply) => {
		reply.header("cache-control", "no-store");
	});
	app.get("/api/v1/advisors/:id", { schema: { response: { 200: advisorReply } } }, async (request, reply) => {
		if (!UUID.test(request.params.id))
			return refuse(request, reply, 404, "not_found");
		const { rows: [row] } = await pool.query({ ...ADVISOR, values: [request.params.id] });
		return row ?? refuse(request, reply, 404, "not_found");
	});
	const signedIn = async (request, reply) => {
		try {
			await request.jwtVerify();
		} catch {
			return refuse(request, reply, 401, "unauthorized");
		}
		if (!claimsGood(request.user, ended))
			return refuse(request, reply, 401, "unauthorized");
	};
	app.get("/api/v1/users/me", { onRequest: signedIn, schema: { response: { 200: userReply } } },
		async (request, reply) => {
			const { rows: [row] } = await pool.query({ ...USER, values: [request.user.sub] });
			if (!row)
				return refuse(request, reply, 404, "not_found");
			reply.header("etag", versionTag(row));
			return ownProfile(row);
		});
	await app.listen({ path: socket });
}

run(worker);
