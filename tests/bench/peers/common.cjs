// What the peers on node share, so that each is only its own framework: node's cluster with one worker a core,
// pg's pool with named prepared statements, values as Confab writes them, and whose token is good.
//
// From the environment: DATABASE_URL; SECRET_KEYS and ISSUER as Confab has them; SOCKET to listen on; ADVISOR_SQL
// and USER_SQL, the statements of Confab.
"use strict";
const cluster = require("node:cluster");
const { createHash, createSecretKey } = require("node:crypto");
const { rmSync } = require("node:fs");
const os = require("node:os");
const { Pool, types } = require("pg");

const WORKERS = os.availableParallelism();
const REVOKED_READ_MS = 1000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

// A text would be made into a key again for each token, and costs 700 µs each time.
const keys = new Map(process.env.SECRET_KEYS.trim().split(",").map((pair) => {
	const [kid, secret] = pair.split(":");
	return [kid, createSecretKey(Buffer.from(secret))];
}));
const claimsWanted = { algorithms: ["HS256"], issuer: process.env.ISSUER, audience: "confab" };

// Microseconds, which a Date does not hold; numbers as numbers: no value here is above 2^53.
types.setTypeParser(types.builtins.TIMESTAMPTZ, (text) => {
	const [time, fraction = ""] = text.slice(11, -3).split(".");
	return `${text.slice(0, 10)}T${time}.${fraction.padEnd(6, "0")}Z`;
});
types.setTypeParser(types.builtins.DATE, (text) => text);
types.setTypeParser(types.builtins.INT8, Number);
types.setTypeParser(types.builtins.NUMERIC, Number);

// One a worker; pg's own size for it unless one is given.
function openPool(max = 10) {
	return new Pool({ connectionString: process.env.DATABASE_URL, max, options: "-c TimeZone=UTC",
		application_name: "peer" });
}

// The profile as its owner sees it: what is for the program alone is left out, the phone comes last.
function ownProfile({ _phone_sealed, _version, ...profile }) {
	if (_phone_sealed !== null)
		throw new Error("this peer does not open sealed numbers");
	return { ...profile, phone: null };
}

const bodyTag = (body) => `"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"`;
const versionTag = (row) => `"v${row._version}"`;

// Which logins were ended: read once a second, as Confab does, so that no request asks for it.
async function watchRevoked(pool) {
	let ended = new Set();
	const read = async () => {
		const { rows } = await pool.query({ name: "revoked", text:
			"SELECT login_id FROM revocation WHERE revoked_at > clock_timestamp() - interval '65 minutes'" });
		ended = new Set(rows.map((row) => row.login_id));
	};
	await read();
	setInterval(() => read().catch(console.error), REVOKED_READ_MS);
	return (login) => ended.has(login);
}

// What a good signature does not say: that it is an access token with all that it must have, and not ended.
function claimsGood(claims, ended) {
	return claims.typ === "at" && UUID.test(claims.sub) && UUID.test(claims.sid) && UUID.test(claims.jti) &&
		["USER", "ADVISOR", "ADMIN"].includes(claims.role) && claims.exp > 0 && claims.iat > 0 &&
		claims.nbf > 0 && !ended(claims.sid);
}

// One worker a core; the primary takes connections and hands them out in turn. Prints "ready" when all listen.
function run(worker) {
	if (!cluster.isPrimary)
		return void worker(process.env.SOCKET);
	let listening = 0;
	rmSync(process.env.SOCKET, { force: true });
	for (let i = 0; i < WORKERS; i++)
		cluster.fork();
	cluster.on("listening", () => {
		if (++listening === WORKERS)
			console.log("ready");
	});
	cluster.on("exit", () => process.exit(1));
	process.on("SIGTERM", () => process.exit(0)); // the workers leave with the channel to us
}

module.exports = { UUID, bodyTag, claimsGood, claimsWanted, keys, openPool, ownProfile, run, versionTag, watchRevoked };
