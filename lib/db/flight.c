#include "db/flight.h"
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
