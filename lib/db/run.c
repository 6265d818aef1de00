#include "db/pg.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "db/flight.h"
#include "db/outage.h"
#include "db/prepared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct stmt stmts[] = {
	[PG_XACT_ID] = { "db_xact_id", 0, "SELECT pg_current_xact_id()::text", false },
	[PG_XACT_STATUS] = { "db_xact_status", 1, "SELECT pg_xact_status($1::xid8)", true },
};
STMT_SET(pg_stmts, stmts);

struct db_param
db_text(const char *text)
{
	return (struct db_param){ text, "" };
}

struct db_param
db_i64(int64_t value)
{
	struct db_param param = { NULL, "" };

	(void)snprintf(param.digits, sizeof(param.digits), "%lld", (long long)value);
	return param;
}

struct db_param
db_bool(bool value)
{
	return db_text(value ? "t" : "f");
}

struct db *
db_open(const char *url, const char *program, const struct stmt_set *const *sets)
{
	struct db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		abort();
	db->url = url;
	db->program = program;
	db->sets = sets;
	db->prepared = prepared_new(sets);
	db->schema_refused = -1;
	db->wait_ms = DB_WAIT_MS;
	return db;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	PQfinish(db->conn);
	free(db->prepared);
	free(db);
}

void
db_arena_set(struct db *db, struct arena *arena)
{
	db->arena = arena;
}

struct arena *
db_arena(struct db *db)
{
	return db->arena;
}

static bool
is_prepared(struct db *db, const struct stmt *stmt)
{
	return *prepared_of(db->prepared, stmt) == PREPARED_YES;
}

static PGresult *
send_and_receive(struct db *db, const struct db_bound *bound, bool *ok)
{
	bool begins = db->begin_pending;

	db->round_trips++;
	db->begin_pending = false;
	if (begins || (!bound->whole && !is_prepared(db, bound->stmt)))
		return flight_run(db, bound, begins, ok);
	*ok = bound->whole ? pg_send_whole(db->conn, bound) : pg_send(db->conn, bound);
	return *ok ? pg_answer(db->conn, pg_deadline(), ok) : NULL;
}

static enum err
run_once(struct db *db, const struct db_bound *bound, struct rows **rows, bool *lost)
{
	PGresult *result;
	ExecStatusType status;
	enum err err;
	bool ok;

	*lost = false;
	if (db->tx_lost)
		return ERR_UNAVAILABLE;
	if (db->tx_depth == 0 || db->begin_pending)
		TRY(db_connect(db));
	result = send_and_receive(db, bound, &ok);
	status = PQresultStatus(result);
	if (!ok || (status == PGRES_FATAL_ERROR && PQstatus(db->conn) == CONNECTION_BAD)) {
		PQclear(result);
		pg_drop(db);
		*lost = true;
		return ERR_UNAVAILABLE;
	}
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		err = pg_error(db, bound->stmt, result);
		PQclear(result);
		return err;
	}
	*rows = rows_new(db->arena, result);
	outage_answered();
	return ERR_OK;
}

enum err
db_run(struct db *db, const struct db_bound *bound, struct rows **rows)
{
	struct rows *got;
	enum err err;
	bool lost;

	db->constraint[0] = db->detail[0] = '\0';
	if (!bound->whole)
		TRY(prepared_listed(db->prepared, bound->stmt));
	err = run_once(db, bound, &got, &lost);
	if (lost && bound->stmt->repeatable && db->tx_depth == 0)
		err = run_once(db, bound, &got, &lost);
	if (err == ERR_OK && rows != NULL)
		*rows = got;
	return err;
}

enum err
db_run_one(struct db *db, const struct db_bound *bound, struct rows **rows)
{
	struct rows *got = NULL;

	TRY(db_run(db, bound, &got));
	if (rows_touched(got) == 0)
		return ERR_NOT_FOUND;
	if (rows != NULL)
		*rows = got;
	return ERR_OK;
}

void
db_run_many(struct db *db, struct db_read *reads, size_t count)
{
	size_t i;

	assert(count <= DB_READS_MAX && db->tx_depth == 0);
	for (i = 0; i < count; i++) {
		const struct db_bound *bound = reads[i].bound;

		assert(bound->stmt->repeatable);
		reads[i].answered = false;
		if ((!bound->whole && prepared_listed(db->prepared, bound->stmt) != ERR_OK) ||
		    (bound->many != NULL && prepared_listed(db->prepared, bound->many) != ERR_OK))
			return;
	}
	if (count < 2 || db_connect(db) != ERR_OK)
		return;
	db->round_trips++;
	flight_many(db, reads, count);
}

static void
rollback(struct db *db)
{
	PGresult *result;

	if (db->begin_pending || db->conn == NULL)
		return;
	db->round_trips++;
	result = pg_command(db->conn, "ROLLBACK", pg_deadline());
	if (result == NULL)
		pg_drop(db);
	PQclear(result);
}

/* The COMMIT's answer was lost: ask a new connection what became of xid. */
static enum err
settle_commit(struct db *db, bool *again)
{
	struct timespec pause = { 0, 100000000 };
	int64_t until_us = pg_deadline();
	struct rows *rows;

	db->tx_lost = false;
	db->tx_depth = 0;
	while (clock_steady_us() < until_us) {
		const char *status = NULL;
		bool lost;

		if (run_once(db, &db_bind(&stmts[PG_XACT_STATUS], db_text(db->xid)), &rows,
			&lost) == ERR_OK)
			status = rows_text(rows, 0, 0);
		if (status != NULL && strcmp(status, "committed") == 0)
			return ERR_OK;
		if (status != NULL && strcmp(status, "aborted") == 0) {
			*again = true;
			return ERR_UNAVAILABLE;
		}
		(void)nanosleep(&pause, NULL);
	}
	log_error("the fate of a commit is unknown", LOG_STR("xid", db->xid));
	return ERR_UNAVAILABLE;
}

static const struct stmt commit_stmt = { "commit", 0, "COMMIT", false };

static enum err
commit(struct db *db, bool *again)
{
	PGresult *result;
	enum err err = ERR_OK;

	if (db->begin_pending) /* nothing was sent: nothing to commit */
		return ERR_OK;
	if (db->tx_lost || db->conn == NULL)
		return ERR_UNAVAILABLE;
	db->round_trips++;
	result = pg_command(db->conn, "COMMIT", pg_deadline());
	FAILPOINT(TX_AFTER_COMMIT);
	if (result == NULL || PQstatus(db->conn) == CONNECTION_BAD) {
		PQclear(result);
		pg_drop(db);
		return settle_commit(db, again);
	}
	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		err = pg_error(db, &commit_stmt, result);
		*again = db->tx_again;
	} else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
		err = ERR_INTERNAL; /* a failed statement was swallowed: the server rolled back */
		log_error("commit of a failed transaction", LOG_STR("xid", db->xid));
	}
	PQclear(result);
	return err;
}

static enum err
tx_once(struct db *db, enum err (*fn)(struct db *, void *), void *arg, bool *again)
{
	enum err err;

	*again = false;
	db->begin_pending = true;
	db->tx_lost = db->tx_again = false;
	db->xid[0] = '\0';
	db->tx_depth = 1;
	err = fn(db, arg);
	if (err == ERR_OK && !db->begin_pending)
		err = FAILPOINT_ERR(TX_BEFORE_COMMIT);
	if (err == ERR_OK) {
		err = commit(db, again);
	} else {
		char constraint[sizeof(db->constraint)];

		*again = db->tx_again || db->tx_lost;
		(void)memcpy(constraint, db->constraint, sizeof(constraint));
		rollback(db);
		(void)memcpy(db->constraint, constraint, sizeof(constraint));
	}
	db->tx_depth = 0;
	db->begin_pending = db->tx_lost = false;
	return err;
}

enum err
db_tx(struct db *db, enum err (*fn)(struct db *, void *), void *arg)
{
	struct arena_mark mark;
	enum err err = ERR_OK;
	int tries;

	if (db->tx_depth > 0) {
		db->tx_depth++;
		err = fn(db, arg);
		db->tx_depth--;
		return err;
	}
	mark = arena_mark(db->arena);
	for (tries = 0; tries < DB_TX_TRIES; tries++) {
		bool again;

		if (tries > 0)
			arena_rewind(db->arena, mark);
		err = tx_once(db, fn, arg, &again);
		if (err == ERR_OK || !again)
			break;
	}
	return err;
}

bool
db_violated(const struct db *db, const char *constraint)
{
	return strcmp(db->constraint, constraint) == 0;
}

const char *
db_detail(const struct db *db)
{
	return db->detail;
}

unsigned long
db_round_trips(const struct db *db)
{
	return db->round_trips;
}
