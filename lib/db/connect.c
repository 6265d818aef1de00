/* The connection of db.h: opening it, preparing statements, and what happens while the server is away. */
#include "base/clock.h"
#include "base/crypto.h"
#include "db/outage.h"
#include "db/pg.h"
#include "db/prepared.h"
#include "db/schema.h"

#include <time.h>

/* Between two tries to connect; each about half as long again as the one before. */
enum {
	AGAIN_FIRST_US = 15000,
	AGAIN_MAX_US = 150000, /* while calls wait for the server */
	DOWN_MAX_US = 500000, /* afterwards */
	SILENT_US = 1000000, /* a failed try that took longer: a server that says nothing */
	SILENT_AGAIN_US = 2000000
};

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
		db->outage_us = clock_steady_us();
}

void
pg_drop(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	db->tx_lost = db->tx_depth > 0;
	outage_begin(db);
}

static bool
schema_good(struct db *db)
{
	PGresult *result = pg_command(db->conn, schema_question, pg_deadline());
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
	db->retry_at_us = clock_steady_us() +
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
	if (db->conn != NULL && !schema_good(db)) {
		PQfinish(db->conn);
		db->conn = NULL;
	}
	prepared_forget(db->prepared);
	return db->conn != NULL;
}

static void
sleep_until(int64_t until_us)
{
	int64_t left_us = until_us - clock_steady_us();
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
		int64_t now = clock_steady_us(), silent_us = now + (int64_t)DB_CONNECT_MS * 1000;

		if (now >= db->retry_at_us) {
			if (connect_once(db, silent_us))
				break;
			again_set(db, clock_steady_us() - now,
			    now < until_us ? AGAIN_MAX_US : DOWN_MAX_US);
		}
		if (db->retry_at_us >= until_us || db->schema_refused >= 0 ||
		    clock_steady_us() - now > SILENT_US)
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

static enum err
prepare(struct db *db, const struct stmt *stmt)
{
	PGresult *result;
	enum err err = ERR_OK;
	bool ok = PQsendPrepare(db->conn, stmt->name, stmt->sql, 0, NULL) == 1;

	result = ok ? pg_answer(db->conn, pg_deadline(), &ok) : NULL;
	if (!ok) {
		pg_drop(db);
		return ERR_UNAVAILABLE;
	}
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		err = pg_error(db, stmt, result);
	else
		*prepared_of(db->prepared, stmt) = PREPARED_YES;
	PQclear(result);
	return err;
}

/* *err: the first. */
static void
prepare_set(struct db *db, const struct stmt_set *set, enum err *err)
{
	size_t i;

	for (i = 0; i < set->count && db->conn != NULL; i++)
		if (*prepared_of(db->prepared, &set->stmts[i]) != PREPARED_YES) {
			enum err failed = prepare(db, &set->stmts[i]);

			*err = *err == ERR_OK ? failed : *err;
		}
}

enum err
db_prepare_all(struct db *db)
{
	enum err err = ERR_OK;
	size_t i;

	TRY(db_connect(db));
	prepare_set(db, &pg_stmts, &err);
	for (i = 0; db->sets[i] != NULL; i++)
		prepare_set(db, db->sets[i], &err);
	return err;
}
