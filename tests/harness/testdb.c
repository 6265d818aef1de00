#include "harness/testdb.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "base/uuid.h"

#include "harness/require.h"
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARAMS_MAX = 16 };

static PGconn *conn; /* for plain SQL */
static struct arena *keep; /* what lives until the program ends */

static void
at_end(void)
{
	PQfinish(conn);
	arena_free(keep);
}

static const char *
url(void)
{
	const char *text = getenv("DATABASE_URL");

	require(text != NULL);
	return text;
}

static PGconn *
connection(void)
{
	if (conn == NULL) {
		conn = PQconnectdb(url());
		keep = arena_new(SIZE_MAX / 2);
		(void)atexit(at_end);
	}
	if (PQstatus(conn) != CONNECTION_OK)
		(void)fprintf(stderr, "%s\n", PQerrorMessage(conn));
	require(PQstatus(conn) == CONNECTION_OK);
	return conn;
}

static const char *
run(const char *sql, va_list args)
{
	const char *params[PARAMS_MAX], *value = "";
	int count = 0;
	ExecStatusType status;
	PGresult *result;

	while (count < PARAMS_MAX && (params[count] = va_arg(args, const char *)) != NULL)
		count++;
	result = PQexecParams(connection(), sql, count, NULL, params, NULL, NULL, 0);
	status = PQresultStatus(result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		(void)fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(conn));
	else if (PQntuples(result) > 0 && PQnfields(result) > 0)
		value = arena_strdup(keep, PQgetvalue(result, 0, 0));
	PQclear(result);
	require(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK);
	return value;
}

const char *
testdb_text_(const char *sql, ...)
{
	va_list args;
	const char *value;

	va_start(args, sql);
	value = run(sql, args);
	va_end(args);
	return value;
}

int64_t
testdb_i64_(const char *sql, ...)
{
	va_list args;
	const char *value;

	va_start(args, sql);
	value = run(sql, args);
	va_end(args);
	return strtoll(value, NULL, 10);
}

struct db *
testdb_open(const struct stmt_set *const *sets)
{
	struct db *db = db_open(url(), "test", sets);

	db_arena_set(db, arena_new(REQUEST_BYTES_MAX));
	require(db_connect(db) == ERR_OK);
	return db;
}

void
testdb_close(struct db *db)
{
	struct arena *arena = db_arena(db);

	db_close(db);
	arena_free(arena);
}

uint32_t
testdb_random(void)
{
	uint32_t number;

	crypto_random(&number, sizeof(number));
	return number;
}

const char *
testdb_user(const char *role)
{
	const char *id;
	char email[64];

	(void)connection();
	id = uuid_new(keep);
	(void)snprintf(email, sizeof(email), "%s@example.test", id);
	testdb_run("INSERT INTO user_account (id, email, display_name, role)"
		   " VALUES ($1, $2, 'Test ' || initcap($3), $3)",
	    id, email, role);
	testdb_run("INSERT INTO advisor (id) SELECT $1::uuid WHERE $2 = 'ADVISOR'", id, role);
	return id;
}

void
testdb_advisor_state(const char *id, const char *state)
{
	static const struct {
		const char *to, *over, *from;
	} ways[] = {
		{ "PENDING", "REJECTED", "APPROVED SUSPENDED" },
		{ "APPROVED", "PENDING", "DRAFT REJECTED" },
		{ "REJECTED", "PENDING", "DRAFT" },
		{ "SUSPENDED", "PENDING", "DRAFT REJECTED" },
		{ "SUSPENDED", "APPROVED", "PENDING" },
	};
	size_t i;

	for (i = 0; i < COUNT_OF(ways); i++)
		if (strcmp(ways[i].to, state) == 0)
			testdb_run(
			    "UPDATE advisor SET state = $2, online = online AND $2 = 'APPROVED'"
			    " WHERE id = $1 AND state = ANY (string_to_array($3, ' '))",
			    id, ways[i].over, ways[i].from);
	testdb_run(
	    "UPDATE advisor SET state = $2, online = online AND $2 = 'APPROVED' WHERE id = $1", id,
	    state);
}

const char *
testdb_advisor(void)
{
	const char *id = testdb_user("ADVISOR");

	testdb_advisor_state(id, "APPROVED");
	testdb_run("UPDATE advisor SET headline = 'Listens first',"
		   " bio = 'Twenty years of listening to people.', experience_years = 20,"
		   " languages = '{en}', specializations = '{dating}', rate_minor = 2500,"
		   " online = true, online_at = app_now(), applied_at = app_now(),"
		   " reviewed_at = app_now() WHERE id = $1",
	    id);
	return id;
}
