#include "db/flight.h"
#include "base/log.h"
#include "db/outage.h"
#include "db/prepared.h"

#include <stdio.h>

/* Queue a statement; *parses: it is prepared before. */
static bool
put(struct db *db, const struct db_bound *bound, bool *parses)
{
	enum prepared *state = prepared_of(db->prepared, bound->stmt);

	*parses = *state == PREPARED_NOT;
	if (*parses) {
		if (PQsendPrepare(db->conn, bound->stmt->name, bound->stmt->sql, 0, NULL) != 1)
			return false;
		*state = PREPARED_SENT;
	}
	return pg_send(db->conn, bound);
}

/* The answer to what put queued: the statement's, or why it could not be prepared. */
static PGresult *
take(struct db *db, const struct stmt *stmt, bool parses, int64_t until_us, bool *ok)
{
	PGresult *parsed, *result;
	bool good;

	if (!parses)
		return pg_answer(db->conn, until_us, ok);
	parsed = pg_answer(db->conn, until_us, ok);
	if (!*ok)
		return NULL;
	good = PQresultStatus(parsed) == PGRES_COMMAND_OK;
	*prepared_of(db->prepared, stmt) = good ? PREPARED_YES : PREPARED_NOT;
	result = pg_answer(db->conn, until_us, ok);
	PQclear(good || !*ok ? parsed : result);
	return good || !*ok ? result : parsed;
}

static bool
put_begin(struct db *db, const struct db_bound *id, bool *parses)
{
	return PQsendQueryParams(db->conn, "BEGIN", 0, NULL, NULL, NULL, NULL, 0) == 1 &&
	    put(db, id, parses);
}

/* The answers to put_begin: NULL, or the first error. */
static PGresult *
take_begin(struct db *db, bool parses, int64_t until_us, bool *ok)
{
	PGresult *begin = pg_answer(db->conn, until_us, ok), *id;

	if (!*ok)
		return NULL;
	id = take(db, &pg_stmts.stmts[PG_XACT_ID], parses, until_us, ok);
	if (*ok && PQresultStatus(begin) != PGRES_COMMAND_OK) {
		PQclear(id);
		return begin;
	}
	PQclear(begin);
	if (!*ok || PQresultStatus(id) != PGRES_TUPLES_OK)
		return id;
	(void)snprintf(db->xid, sizeof(db->xid), "%s", PQgetvalue(id, 0, 0));
	PQclear(id);
	return NULL;
}

/* The end of the flight. */
static bool
land(struct db *db, int64_t until_us)
{
	bool ok;

	PQclear(pg_next(db->conn, until_us, &ok));
	return ok && PQexitPipelineMode(db->conn) == 1;
}

PGresult *
flight_run(struct db *db, const struct db_bound *bound, bool begins, bool *ok)
{
	const struct db_bound id = db_bind(&pg_stmts.stmts[PG_XACT_ID]);
	int64_t until_us = pg_deadline();
	PGresult *failed = NULL, *result = NULL;
	bool id_parses = false, parses;

	*ok = PQenterPipelineMode(db->conn) == 1 && (!begins || put_begin(db, &id, &id_parses)) &&
	    put(db, bound, &parses) && PQpipelineSync(db->conn) == 1;
	if (*ok && begins)
		failed = take_begin(db, id_parses, until_us, ok);
	if (*ok)
		result = take(db, bound->stmt, parses, until_us, ok);
	if (*ok)
		*ok = land(db, until_us);
	PQclear(failed != NULL ? result : NULL);
	return failed != NULL ? failed : result;
}

/* One answer of many. False: the server left it undone, or has gone. */
static bool
answer(struct db *db, struct db_read *read, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		read->rows = rows_new(read->arena, result);
		read->err = ERR_OK;
		outage_answered();
		return true;
	}
	if (status == PGRES_PIPELINE_ABORTED || pg_is_farewell(result) ||
	    PQstatus(db->conn) == CONNECTION_BAD) {
		PQclear(result);
		return false;
	}
	log_request_set(read->request_id);
	read->err = pg_error(db, read->bound->stmt, result);
	log_request_set(NULL);
	PQclear(result);
	return true;
}

size_t
flight_many(struct db *db, struct db_read *reads, size_t count)
{
	int64_t until_us = pg_deadline();
	bool parses[DB_READS_MAX], ok = PQenterPipelineMode(db->conn) == 1;
	size_t i, done = 0;

	for (i = 0; ok && i < count; i++)
		ok = put(db, reads[i].bound, &parses[i]);
	ok = ok && PQpipelineSync(db->conn) == 1;
	for (i = 0; ok && i < count; i++) {
		PGresult *result = take(db, reads[i].bound->stmt, parses[i], until_us, &ok);

		if (done < i)
			PQclear(result);
		else if (ok && answer(db, &reads[i], result))
			done++;
	}
	if (!ok || !land(db, until_us) || PQstatus(db->conn) == CONNECTION_BAD)
		pg_drop(db);
	return done;
}
