#include "db/pg.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/fail.h"
#include "base/log.h"
#include "db/outage.h"
#include "db/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Between two tries to connect; each about half as long again as the one before. */
enum {
	AGAIN_FIRST_US = 15000,
	AGAIN_MAX_US = 150000,	/* while calls wait for the server */
	DOWN_MAX_US = 500000,	/* afterwards */
	SILENT_US = 1000000,	/* a failed try that took longer: a server that says nothing */
	SILENT_AGAIN_US = 2000000
};

static const struct stmt xact_status = { "db_xact_status", 1, "SELECT pg_xact_status($1::xid8)",
	true };
static const struct stmt xact_id = { "db_xact_id", 0, "SELECT pg_current_xact_id()::text", false };

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

int
db_socket(const struct db *db)
{
	return db->conn == NULL ? -1 : PQsocket(db->conn);
}

void
db_wait_set(struct db *db, int wait_ms)
{
	db->wait_ms = wait_ms;
}

/* An outage that another process of the program has met began there: not each of them waits for it anew. */
static void
outage_begin(struct db *db)
{
	if (db->outage_us == 0)
		db->outage_us = outage_since_us();
	if (db->outage_us == 0)
		db->outage_us = clock_monotonic_us();
}

static void
drop_connection(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	db->tx_lost = db->tx_depth > 0;
	outage_begin(db);
}

static int64_t
deadline(void)
{
	return clock_monotonic_us() + (int64_t)DB_CALL_MS * 1000;
}

/* Queue a PREPARE for every statement of the sets, in pipeline mode. */
static bool
send_prepares(struct db *db, size_t *sent)
{
	const struct stmt_set *const *set;
	size_t i;

	if (PQsendPrepare(db->conn, xact_id.name, xact_id.sql, 0, NULL) != 1 ||
	    PQsendPrepare(db->conn, xact_status.name, xact_status.sql, 0, NULL) != 1)
		return false;
	*sent = 2;
	for (set = db->sets; *set != NULL; set++)
		for (i = 0; i < (*set)->count; i++, (*sent)++)
			if (PQsendPrepare(db->conn, (*set)->stmts[i].name, (*set)->stmts[i].sql, 0,
				NULL) != 1)
				return false;
	return PQpipelineSync(db->conn) == 1;
}

/* Take results up to the sync point; true when none of them failed. */
static bool
drain_pipeline(struct db *db, const char *doing)
{
	int64_t until_us = deadline();
	bool ok, good = true;

	for (;;) {
		PGresult *result = pg_next(db->conn, until_us, &ok);
		ExecStatusType status = PQresultStatus(result);

		if (!ok)
			return false;
		if (result == NULL)
			continue; /* ends one statement's results */
		if (status == PGRES_FATAL_ERROR) {
			outage_failed(doing, PQresultErrorMessage(result));
			good = false;
		}
		PQclear(result);
		if (status == PGRES_PIPELINE_SYNC)
			return good;
	}
}

static bool
prepare_all(struct db *db)
{
	size_t sent;

	return PQenterPipelineMode(db->conn) == 1 && send_prepares(db, &sent) &&
	    drain_pipeline(db, "cannot prepare a statement") && PQexitPipelineMode(db->conn) == 1;
}

static bool
schema_good(struct db *db)
{
	PGresult *result = pg_command(db->conn, schema_question, deadline());
	int64_t version;
	enum err err = ERR_UNAVAILABLE;

	db->schema_refused = -1;
	if (result != NULL)
		err = schema_judge(result, &version);
	if (err == ERR_CONFLICT)
		db->schema_refused = version;
	PQclear(result);
	return err == ERR_OK;
}

int64_t
db_schema_refused(const struct db *db)
{
	return db->schema_refused;
}

/* When the next try may be: with jitter, so that all that lost the server do not come back together. */
static void
again_set(struct db *db, int64_t took_us, int64_t most_us)
{
	uint32_t random;

	crypto_random(&random, sizeof(random));
	db->again_us = db->again_us == 0 ? AGAIN_FIRST_US : db->again_us * 3 / 2;
	if (db->again_us > most_us)
		db->again_us = most_us;
	db->retry_at_us = clock_monotonic_us() +
	    (took_us > SILENT_US ? SILENT_AGAIN_US : db->again_us / 2 + random % db->again_us);
}

/* One try, until the deadline at the latest. */
static bool
connect_once(struct db *db, int64_t until_us)
{
	PQfinish(db->conn);
	db->conn = pg_connect(db->url, db->program, until_us);
	if (db->conn == NULL)
		db->schema_refused = -1;
	if (db->conn != NULL && (!schema_good(db) || !prepare_all(db))) {
		PQfinish(db->conn);
		db->conn = NULL;
	}
	return db->conn != NULL;
}

static void
sleep_until(int64_t until_us)
{
	int64_t left_us = until_us - clock_monotonic_us();
	const struct timespec pause = { left_us / SECOND_US, left_us % SECOND_US * 1000 };

	if (left_us > 0)
		(void)nanosleep(&pause, NULL);
}

/*
 * Try, and as long as the outage is young, again and again. A server that comes back, after the crash of a
 * backend or a restart, is away for a moment only, and who waits for that moment is answered.
 */
static enum err
connect_again(struct db *db)
{
	int64_t until_us = db->outage_us + (int64_t)db->wait_ms * 1000;

	for (;;) {
		int64_t now = clock_monotonic_us(), silent_us = now + (int64_t)DB_CONNECT_MS * 1000;

		if (now >= db->retry_at_us) {
			if (connect_once(db, silent_us))
				break;
			again_set(db, clock_monotonic_us() - now,
			    now < until_us ? AGAIN_MAX_US : DOWN_MAX_US);
		}
		if (db->retry_at_us >= until_us || db->schema_refused >= 0 ||
		    clock_monotonic_us() - now > SILENT_US)
			return ERR_UNAVAILABLE;
		sleep_until(db->retry_at_us);
	}
	db->again_us = db->retry_at_us = db->outage_us = 0;
	outage_answered();
	return ERR_OK;
}

enum err
db_connect(struct db *db)
{
	if (db->conn != NULL && pg_alive(db->conn))
		return ERR_OK;
	outage_begin(db);
	return connect_again(db);
}

static bool
send_stmt(struct db *db, const struct stmt *stmt, const struct db_param *params, size_t count)
{
	const char *values[DB_PARAMS_MAX];
	size_t i;

	assert(count <= DB_PARAMS_MAX && (int)count == stmt->param_count);
	for (i = 0; i < count; i++)
		values[i] = params[i].text != NULL ? params[i].text :
		    params[i].digits[0] != '\0'	   ? params[i].digits :
						     NULL;
	return PQsendQueryPrepared(db->conn, stmt->name, (int)count, values, NULL, NULL, 0) == 1;
}

/* The result of one statement, alone or in a pipeline, and the NULL behind it. */
static PGresult *
receive(struct db *db, int64_t until_us, bool *ok)
{
	PGresult *result = pg_next(db->conn, until_us, ok);
	PGresult *end;

	if (!*ok)
		return NULL;
	end = pg_next(db->conn, until_us, ok);
	PQclear(end);
	if (*ok)
		return result;
	PQclear(result);
	return NULL;
}

/* BEGIN, the transaction id and the statement in one round trip. */
static PGresult *
begin_with(struct db *db, const struct stmt *stmt, const struct db_param *params, size_t count,
    bool *ok)
{
	int64_t until_us = deadline();
	PGresult *begin, *id, *result;

	*ok = PQenterPipelineMode(db->conn) == 1 &&
	    PQsendQueryParams(db->conn, "BEGIN", 0, NULL, NULL, NULL, NULL, 0) == 1 &&
	    send_stmt(db, &xact_id, NULL, 0) && send_stmt(db, stmt, params, count) &&
	    PQpipelineSync(db->conn) == 1;
	if (!*ok)
		return NULL;
	begin = receive(db, until_us, ok);
	id = *ok ? receive(db, until_us, ok) : NULL;
	result = *ok ? receive(db, until_us, ok) : NULL;
	if (*ok) {
		PGresult *sync = pg_next(db->conn, until_us, ok);

		PQclear(sync);
		if (*ok && PQresultStatus(id) == PGRES_TUPLES_OK)
			(void)snprintf(db->xid, sizeof(db->xid), "%s", PQgetvalue(id, 0, 0));
		*ok = *ok && PQexitPipelineMode(db->conn) == 1;
	}
	PQclear(begin);
	PQclear(id);
	return result;
}

static PGresult *
send_and_receive(struct db *db, const struct stmt *stmt, const struct db_param *params,
    size_t count, bool *ok)
{
	db->round_trips++;
	if (db->begin_pending) {
		db->begin_pending = false;
		return begin_with(db, stmt, params, count, ok);
	}
	*ok = send_stmt(db, stmt, params, count);
	return *ok ? receive(db, deadline(), ok) : NULL;
}

static enum err
run_once(struct db *db, const struct stmt *stmt, const struct db_param *params, size_t count,
    struct rows **rows, bool *lost)
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
	result = send_and_receive(db, stmt, params, count, &ok);
	status = PQresultStatus(result);
	if (!ok || (status == PGRES_FATAL_ERROR && PQstatus(db->conn) == CONNECTION_BAD)) {
		PQclear(result);
		drop_connection(db);
		*lost = true;
		return ERR_UNAVAILABLE;
	}
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		err = pg_error(db, stmt, result);
		PQclear(result);
		return err;
	}
	*rows = rows_new(db->arena, result);
	outage_answered();
	return ERR_OK;
}

enum err
db_run(struct db *db, const struct stmt *stmt, const struct db_param *params, size_t param_count,
    struct rows **rows)
{
	struct rows *got;
	enum err err;
	bool lost;

	db->constraint[0] = db->detail[0] = '\0';
	err = run_once(db, stmt, params, param_count, &got, &lost);
	if (lost && stmt->repeatable && db->tx_depth == 0)
		err = run_once(db, stmt, params, param_count, &got, &lost);
	if (err == ERR_OK && rows != NULL)
		*rows = got;
	return err;
}

enum err
db_run_one(struct db *db, const struct stmt *stmt, const struct db_param *params,
    size_t param_count, struct rows **rows)
{
	struct rows *got = NULL;

	TRY(db_run(db, stmt, params, param_count, &got));
	if (rows_touched(got) == 0)
		return ERR_NOT_FOUND;
	if (rows != NULL)
		*rows = got;
	return ERR_OK;
}

static void
rollback(struct db *db)
{
	PGresult *result;

	if (db->begin_pending || db->conn == NULL)
		return;
	db->round_trips++;
	result = pg_command(db->conn, "ROLLBACK", deadline());
	if (result == NULL)
		drop_connection(db);
	PQclear(result);
}

/* The COMMIT's answer was lost: ask a new connection what became of xid. */
static enum err
settle_commit(struct db *db, bool *again)
{
	struct timespec pause = { 0, 100000000 };
	int64_t until_us = deadline();
	struct rows *rows;

	db->tx_lost = false;
	db->tx_depth = 0;
	while (clock_monotonic_us() < until_us) {
		const char *status = NULL;
		bool lost;

		if (run_once(db, &xact_status, (const struct db_param[]){ db_text(db->xid) }, 1,
			&rows, &lost) == ERR_OK)
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
	FAILPOINT("tx.before_commit");
	db->round_trips++;
	result = pg_command(db->conn, "COMMIT", deadline());
	FAILPOINT("tx.after_commit");
	if (result == NULL || PQstatus(db->conn) == CONNECTION_BAD) {
		PQclear(result);
		drop_connection(db);
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
