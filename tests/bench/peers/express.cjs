// Two reads on Express, written as its documentation advises for production: NODE_ENV, node's cluster, a reverse
// proxy before it, no X-Powered-By, promises whose failures reach the error handler. Tokens are checked by
// jsonwebtoken, which most Express servers use. common.cjs says how it is run.
//
// Less than Confab: no rate limits, no metrics, no look at who asks for an advisor; errors without field lists.
"use strict";
const express = require("express");
const jwt = require("jsonwebtoken");
const { UUID, bodyTag, claimsGood, claimsWanted, keys, openPool, ownProfile, run, versionTag, watchRevoked } =
	require("./common.cjs");

const ADVISOR = { name: "advisor_get", text: process.env.ADVISOR_SQL };
const USER = { name: "user_get", text: process.env.USER_SQL };

function refuse(req, res, status, error) {
	res.status(status).json({ error, message: error, request_id: req.get("x-request-id") });
}

// Bearer tokens as Confab checks them: the key by kid, signature, issuer, audience, times, and not ended.
function signedIn(ended) {
	return (req, res, next) => {
		const token = req.get("authorization")?.match(/^Bearer (.+)$/i)?.[1];
		jwt.verify(token, (header, done) => done(null, keys.get(header.kid)), claimsWanted, (error, claims) => {
			if (error || !claimsGood(claims, ended))
				return refuse(req, res, 401, "unauthorized");
			req.claims = claims;
			next();
		});
	};
}

async function worker(socket) {
	const pool = openPool(), ended = await watchRevoked(pool), app = express();

	app.disable("x-powered-by");
	app.set("etag", bodyTag); // with it res.json answers 304 when the client has what it would get
	app.use((req, res, next) => {
		res.set("Cache-Control", "no-store");
		next();
	});
	app.get("/api/v1/advisors/:id", async (req, res) => {
		if (!UUID.test(req.params.id))
			return refuse(req, res, 404, "not_found");
		const { rows: [row] } = await pool.query({ ...ADVISOR, values: [req.params.id] });
		if (!row)
			return refuse(req, res, 404, "not_found");
		res.json(row);
	});
	app.get("/api/v1/users/me", signedIn(ended), async (req, res) => {
		const { rows: [row] } = await pool.query({ ...USER, values: [req.claims.sub] });
		if (!row)
			return refuse(req, res, 404, "not_found");
		res.set("ETag", versionTag(row)).json(ownProfile(row));
	});
	app.use((error, req, res, next) => {
		console.error(error);
		refuse(req, res, 500, "internal");
	});
	app.listen(socket);
}

run(worker);
