#include "db/flight.h"
#include "base/buf.h"
#include "base/log.h"
#include "db/outage.h"
#include "db/prepared.h"

#include <stdio.h>

/* Queue a statement; *parses: it is prepared before. */
static bool
put(struct db *db, const struct db_bound *bound, bool *parses)
{
	enum prepared *state;

	*parses = false;
	if (bound->whole)
		return pg_send_whole(db->conn, bound);
	state = prepared_of(db->prepared, bound->stmt);
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

/* One statement of many, and whose it is: a read's, or that of several as one. */
struct leg {
	const struct db_bound *bound;
	struct db_read **reads;
	size_t count; /* of reads */
	bool parses;
};

/* A parameter of several reads as an array. */
static const char *
param_array(struct arena *arena, struct db_read *const reads[], size_t count, size_t param)
{
	struct buf array = buf_new(arena, 2 + 40 * count);
	size_t i;

	for (i = 0; i < count; i++) {
		const char *text = pg_param_text(&reads[i]->bound->params[param]);

		buf_putc(&array, i == 0 ? '{' : ',');
		if (text == NULL) {
			buf_puts(&array, "NULL");
			continue;
		}
		buf_putc(&array, '"');
		for (; *text != '\0'; text++) {
			if (*text == '"' || *text == '\\')
				buf_putc(&array, '\\');
			buf_putc(&array, *text);
		}
		buf_putc(&array, '"');
	}
	buf_putc(&array, '}');
	return array.data;
}

/* One statement for several reads of the same; in the first one's arena. */
static const struct db_bound *
bind_many(struct db_read *const reads[], size_t count)
{
	const struct db_bound *first = reads[0]->bound;
	struct db_bound *bound = arena_alloc(reads[0]->arena, sizeof(*bound));
	size_t i;

	bound->stmt = first->many;
	bound->many = NULL;
	bound->count = first->count;
	bound->whole = 0;
	for (i = 0; i < first->count; i++)
		bound->params[i] = db_text(param_array(reads[0]->arena, reads, count, i));
	return bound;
}

/* Which statements it takes; how many. by_leg has room for all the reads. */
static size_t
legs_of(struct db_read *reads, size_t count, struct db_read **by_leg, struct leg *legs)
{
	bool placed[DB_READS_MAX] = { false };
	size_t found = 0, i, j;

	for (i = 0; i < count; i++) {
		const struct db_bound *bound = reads[i].bound;
		struct leg *leg = &legs[found];

		if (placed[i])
			continue;
		*leg = (struct leg){ bound, by_leg, 1, false };
		*by_leg++ = &reads[i];
		for (j = i + 1; bound->many != NULL && j < count; j++) {
			if (reads[j].bound->stmt != bound->stmt)
				continue;
			placed[j] = true;
			*by_leg++ = &reads[j];
			leg->count++;
		}
		if (leg->count > 1)
			leg->bound = bind_many(leg->reads, leg->count);
		found++;
	}
	return found;
}

/* Rows for whoever asked. */
static void
leg_rows(const struct leg *leg, PGresult *result)
{
	size_t i;

	if (leg->count == 1) {
		leg->reads[0]->rows = rows_new(leg->reads[0]->arena, result);
	} else if (!rows_divide(result, leg->reads, leg->count)) {
		PQclear(result);
		return;
	}
	for (i = 0; i < leg->count; i++) {
		leg->reads[i]->err = ERR_OK;
		leg->reads[i]->answered = true;
	}
	outage_answered();
}

/* An error of several may be of one of them: each is to ask by itself. */
static void
leg_failed(struct db *db, const struct leg *leg, const PGresult *result)
{
	struct db_read *read = leg->reads[0];
	enum err err;

	log_request_set(leg->count == 1 ? read->request_id : NULL);
	err = pg_error(db, leg->bound->stmt, result);
	log_request_set(NULL);
	if (leg->count > 1)
		return;
	read->err = err;
	read->answered = true;
}

/* The answer to a statement of many, unless the server left it undone, or has gone. */
static void
leg_answer(struct db *db, const struct leg *leg, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		leg_rows(leg, result);
		return;
	}
	if (status != PGRES_PIPELINE_ABORTED && !pg_is_farewell(result) &&
	    PQstatus(db->conn) != CONNECTION_BAD)
		leg_failed(db, leg, result);
	PQclear(result);
}

void
flight_many(struct db *db, struct db_read *reads, size_t count)
{
	struct db_read *by_leg[DB_READS_MAX];
	struct leg legs[DB_READS_MAX];
	size_t leg_count = legs_of(reads, count, by_leg, legs), i;
	int64_t until_us = pg_deadline();
	bool ok = PQenterPipelineMode(db->conn) == 1;

	for (i = 0; ok && i < leg_count; i++)
		ok = put(db, legs[i].bound, &legs[i].parses);
	ok = ok && PQpipelineSync(db->conn) == 1;
	for (i = 0; ok && i < leg_count; i++) {
		PGresult *result = take(db, legs[i].bound->stmt, legs[i].parses, until_us, &ok);

		if (ok)
			leg_answer(db, &legs[i], result);
	}
	if (!ok || !land(db, until_us) || PQstatus(db->conn) == CONNECTION_BAD)
		pg_drop(db);
}
