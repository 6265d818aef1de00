// What becomes of clients' cursors when the database was restored or a standby promoted, with PostgreSQL's own
// tools: base backup, archive, recovery to a transaction, streaming standby. Run by test_restore.sh.
import assert from "node:assert/strict";
import { DATABASE_URL, STACK_DIR, api, emit, eventsChild, metric, person, run, runAll, sql, test, until } from "./live.mjs";

// A piece of shell with the functions of the stack's database.
async function pg(script) {
	const text = `. tests/harness/common.sh; . tests/harness/stack_db.sh; DIR=$(realpath "$STACK_DIR")
		PGDIR=$(cat "$DIR/pgdir"); RUN_DIR=$DIR/run; QUIET=1 STACK_FAST=1; db_tools; db_place\n${script}`;
	const { stdout } = await run("bash", ["-euc", text]);
	return stdout.trim();
}
const stop = (mode) => pg(`as_pg "$PG_BIN/pg_ctl" -D "$PGDIR/data" -m ${mode} -w stop >/dev/null`);
const admin = (text) => run("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", "-d", `${DATABASE_URL}&user=postgres`, "-c", text]);

// Physical replication is let in, too; the stack writes the file at each start.
async function start() {
	await pg(`db_start; echo 'local replication postgres peer map=stack' | as_pg tee -a "$PGDIR/data/pg_hba.conf" >/dev/null
		as_pg "$PG_BIN/pg_ctl" -D "$PGDIR/data" reload >/dev/null`);
}
const backup = () => pg(`as_pg rm -rf "$PGDIR/copy"
	as_pg "$PG_BIN/pg_basebackup" -h "$PGSOCK" -U postgres -D "$PGDIR/copy" -c fast -N`);
const exchange = () => pg(`as_pg rm -rf "$PGDIR/lost"; as_pg mv "$PGDIR/data" "$PGDIR/lost"
	as_pg mv "$PGDIR/copy" "$PGDIR/data"`);

// The copy follows the server; returns when it has everything.
async function follow() {
	await pg(`as_pg touch "$PGDIR/copy/standby.signal"
		printf "primary_conninfo = 'host=%s user=postgres application_name=copy'\n" "$PGSOCK" |
			as_pg tee -a "$PGDIR/copy/postgresql.auto.conf" >/dev/null
		as_pg mkdir -p "$PGSOCK/copy"
		as_pg "$PG_BIN/pg_ctl" -D "$PGDIR/copy" -l "$PGDIR/copy.log" -o "-c unix_socket_directories=$PGSOCK/copy" -w start >/dev/null`);
	await until(() => sql("SELECT 1 FROM pg_stat_replication WHERE application_name = 'copy'"), "it follows");
	const end = await sql("SELECT pg_current_wal_lsn()");
	await until(async () => await pg(`psql -qAtX -h "$PGSOCK/copy" -U postgres -d postgres \
		-c "SELECT pg_last_wal_replay_lsn() >= '${end}'"`) === "t", "it has everything");
}
const leave = () => pg(`as_pg "$PG_BIN/pg_ctl" -D "$PGDIR/copy" -m fast -w stop >/dev/null`);
async function promote() {
	await pg(`as_pg "$PG_BIN/pg_ctl" -D "$PGDIR/copy" -w promote >/dev/null`);
	await leave();
	await exchange();
	await start();
}

// --- clients ---

const row = async () => {
	const [epoch, timeline] = (await sql("SELECT epoch, timeline FROM epoch")).split("|");
	return { epoch, timeline: Number(timeline) };
};
const poll = (who, cursor, wait) => api("GET", `/events?cursor=${cursor}&wait=${wait}`, who.token);

// The answer at last: while the database is away and being looked at there is none.
async function answered(who, cursor) {
	let reply;
	await until(async () => {
		reply = await poll(who, cursor, 0).catch(() => ({ status: 502, body: {} }));
		return reply.status < 500;
	}, "an answer", 30000);
	return reply;
}

// Somebody who heard of events up to the third, the last of them while waiting; the cursor.
async function listener() {
	const who = await person();
	const { epoch } = await row();
	await emit(who, "test.one", 2);
	await until(async () => await metric("stream_connected") === 1, "the stream");
	const waiting = poll(who, `${epoch}-2`, 20);
	await until(async () => await metric("polls_parked") > 0, "it waits");
	await emit(who, "test.one");
	const { body } = await waiting;
	assert.equal(body.cursor, `${epoch}-3`);
	return { ...who, epoch, cursor: body.cursor };
}

async function resyncs(who) {
	const reply = await answered(who, who.cursor);
	assert.deepEqual([reply.status, reply.body.error], [409, "resync"]);
	const { epoch } = await row();
	assert.ok(BigInt(epoch) > BigInt(who.epoch), `${epoch} after ${who.epoch}`);
	assert.match(reply.body.details.cursor, new RegExp(`^${epoch}-`));
	assert.equal((await answered(who, reply.body.details.cursor)).status, 200);
}

// The program ends while the database is away: what it knew is gone.
async function forget() {
	const child = eventsChild();
	process.kill(child, "SIGKILL");
	await until(() => ![0, child].includes(eventsChild()), "another child");
}

test("a failover that lost nothing keeps cursors", async () => {
	const a = await listener(), child = eventsChild();
	await backup();
	await follow();
	await emit(a, "test.one");
	await stop("fast"); // sends what is left to who follows
	await promote();
	const reply = await answered(a, a.cursor);
	assert.equal(reply.status, 200);
	assert.deepEqual([reply.body.events.map((event) => event.seq), reply.body.cursor], [[4], `${a.epoch}-4`]);
	assert.deepEqual(await row(), { epoch: a.epoch, timeline: 2 });
	const waiting = poll(a, reply.body.cursor, 20);
	await emit(a, "test.one");
	assert.equal((await waiting).body.cursor, `${a.epoch}-5`);
	assert.equal(eventsChild(), child);
});

test("one that lost events does not", async () => {
	const a = await person();
	await backup();
	await follow();
	await leave();
	const b = await listener(); // told, and not copied
	await emit(a, "test.one");
	await stop("immediate");
	await pg(`as_pg "$PG_BIN/pg_ctl" -D "$PGDIR/copy" -l "$PGDIR/copy.log" -o "-c unix_socket_directories=$PGSOCK/copy" -w start >/dev/null`);
	await promote();
	const { epoch } = b;
	await resyncs({ ...a, epoch, cursor: `${epoch}-1` });
	assert.equal((await row()).timeline, 3);
});

test("a recovery to a time begins a new epoch by itself", async () => {
	const a = await listener();
	await backup();
	const target = await sql(`SELECT event_emit(ARRAY['${a.id}'::uuid], 'test.one', '{}'); SELECT pg_current_xact_id()`);
	await emit(a, "test.gone", 3); // what the recovery is to undo
	await admin("SELECT pg_switch_wal()");
	await stop("fast");
	await forget();
	await pg(`as_pg touch "$PGDIR/copy/recovery.signal"
		printf "recovery_target_xid = '%s'\nrecovery_target_action = 'promote'\n" ${target.split("\n").at(-1)} |
			as_pg tee -a "$PGDIR/copy/postgresql.auto.conf" >/dev/null`);
	await exchange();
	await start();
	await until(async () => await sql("SELECT NOT pg_is_in_recovery()") === "t", "the end of the recovery");
	await resyncs(a);
	assert.equal((await row()).timeline, 4);
	assert.equal(await sql(`SELECT count(*) FROM event WHERE type = 'test.gone'`), "0");
	await admin("ALTER SYSTEM RESET recovery_target_xid");
});

test("a backup that is just started is noticed by who told more, and by nobody else: confab epoch bump", async () => {
	await backup();
	await admin("SELECT pg_switch_wal()"); // further than the copy's log comes before it is looked at
	const a = await listener();
	await stop("fast");
	await exchange();
	await start();
	assert.equal((await answered({ token: (await person()).token }, `${a.epoch}-0`)).status, 409);
	const b = await listener();
	assert.ok(BigInt(b.epoch) > BigInt(a.epoch));
	await backup();
	await emit(b, "test.gone");
	await stop("fast");
	await forget();
	await exchange();
	await start();
	assert.equal((await answered(b, b.cursor)).status, 200); // as if nothing had happened
	assert.equal((await row()).epoch, b.epoch);
	const waiting = poll(b, b.cursor, 20);
	await until(async () => await metric("polls_parked") > 0, "it waits");
	const { stdout } = await run(`${process.env.BIN}/confab`, ["epoch", "bump"],
		{ env: { ...process.env, CONFAB_CONF: `${STACK_DIR}/confab.conf` } });
	const { epoch } = await row();
	assert.match(stdout, new RegExp(`${epoch}`));
	assert.equal((await waiting).status, 409);
	await resyncs(b);
});

await pg(`as_pg mkdir -p "$PGDIR/archive"`);
const archive = await pg(`echo "$PGDIR/archive"`);
await admin("ALTER SYSTEM SET archive_mode = on");
await admin(`ALTER SYSTEM SET archive_command = 'cp %p ${archive}/%f'`);
await admin(`ALTER SYSTEM SET restore_command = 'cp ${archive}/%f %p'`);
await stop("fast");
await start();
await until(async () => await metric("stream_connected") === 1, "the stream");
try {
	await runAll("restore");
} catch (error) {
	await leave().catch(() => {});
	throw error;
}
