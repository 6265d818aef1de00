/*
 * What a queue asks of the database is little, however much waits: with 200,000 open reports and 50,000 applications no
 * step of a plan looks at more rows than a few hundred, as a statement that is prepared and planned for any value.
 */
#include "base/arena.h"
#include "base/json.h"
#include "domain/market/application.h"
#include "domain/people/evidence.h"
#include "harness/cunit.h"
#include "harness/require.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* LOOKED_MAX: the records of those who raised the oldest of three kinds of complaint, fifty each at most. */
enum { LOOKED_MAX = 3 * 30 * 50 };
#define REPORTS "200000"
#define PEOPLE "50000"

static struct arena *arena;
static PGconn *conn;

static PGresult *
send(const char *text)
{
	PGresult *result = PQexec(conn, text);

	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		(void)fprintf(stderr, "%s: %s", text, PQerrorMessage(conn));
	require(PQresultStatus(result) == PGRES_TUPLES_OK ||
	    PQresultStatus(result) == PGRES_COMMAND_OK);
	return result;
}

static void
run(const char *text)
{
	PQclear(send(text));
}

/* In a transaction that is rolled back at the end. One person is the target of two thousand reports, and one raised as
 * many. */
static void
very_much_waits(void)
{
	run("BEGIN");
	run("ALTER TABLE user_account DISABLE TRIGGER USER");
	run("ALTER TABLE advisor DISABLE TRIGGER USER");
	run("INSERT INTO user_account (id, email, display_name, role) SELECT md5('queue' || n)::uuid,"
	    " 'queue' || n || '@example.test', 'Queue ' || n, 'USER' FROM generate_series(1, " PEOPLE
	    ") n");
	run("INSERT INTO advisor (id, state, applied_at) SELECT md5('queue' || n)::uuid, 'PENDING',"
	    " timestamptz '2024-01-01+00' + n * interval '1 minute' FROM generate_series(1, " PEOPLE
	    ") n");
	run("INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason, created_at)"
	    " SELECT md5('report' || n)::uuid,"
	    " md5('queue' || CASE WHEN n % 100 = 1 THEN 7 ELSE n::bigint * 7919 % 50000 + 1 END)::uuid, 'USER',"
	    " gen_random_uuid(),"
	    " md5('queue' || CASE WHEN n % 100 = 2 THEN 9 ELSE n::bigint * 104729 % 50000 + 1 END)::uuid,"
	    " (ARRAY['SPAM', 'OTHER', 'ABUSE', 'FRAUD', 'INDECENT'])[n % 5 + 1],"
	    " timestamptz '2024-01-01+00' + n * interval '1 minute' FROM generate_series(1, " REPORTS
	    ") n");
	run("INSERT INTO assignment (subject, subject_id, admin_id) SELECT 'report', md5('report' || n)::uuid,"
	    " md5('queue1')::uuid FROM generate_series(1, 200) n");
	run("INSERT INTO assignment (subject, subject_id, admin_id) SELECT 'advisor', md5('queue' || n)::uuid,"
	    " md5('queue1')::uuid FROM generate_series(1, 200) n");
	/* As many as make an index worth while. */
	run("INSERT INTO assignment (subject, subject_id, admin_id) SELECT 'report', md5('report' || n)::uuid,"
	    " md5('queue1')::uuid FROM generate_series(100000, 120000) n");
	run("ANALYZE user_account, advisor, report, assignment, queue_look, decision");
	run("SET LOCAL plan_cache_mode = force_generic_plan");
}

/* The most rows that a step of the plan looked at: those it gave and those it threw away. */
static int64_t
looked_at(struct json_object *plan)
{
	static const char *const members[] = { "Actual Rows", "Rows Removed by Filter",
		"Rows Removed by Index Recheck" };
	struct json_object *value, *plans;
	int64_t rows, loops, most = 0;
	size_t i;

	loops = json_object_get_int64(json_object_object_get(plan, "Actual Loops"));
	for (i = 0; i < COUNT_OF(members); i++)
		if (json_object_object_get_ex(plan, members[i], &value))
			most += json_object_get_int64(value) * loops;
	if (!json_object_object_get_ex(plan, "Plans", &plans))
		return most;
	for (i = 0; i < json_object_array_length(plans); i++) {
		rows = looked_at(json_object_array_get_idx(plans, i));
		most = rows > most ? rows : most;
	}
	return most;
}

static void
looks_at_little(const struct stmt *stmt, const char *values)
{
	struct json_object *plan;
	PGresult *result;
	int64_t rows;

	run(arena_printf(arena, "PREPARE %s AS %s", stmt->name, stmt->sql));
	result = send(arena_printf(
	    arena, "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE %s(%s)", stmt->name, values));
	plan = json_tokener_parse(PQgetvalue(result, 0, 0));
	rows = looked_at(json_object_object_get(json_object_array_get_idx(plan, 0), "Plan"));
	if (rows > LOOKED_MAX)
		(void)fprintf(stderr, "%s: %lld rows\n%s\n", stmt->name, (long long)rows,
		    PQgetvalue(result, 0, 0));
	CU_ASSERT(rows <= LOOKED_MAX);
	(void)json_object_put(plan);
	PQclear(result);
}

static const char *
value_of(const char *sql)
{
	PGresult *result = send(sql);
	const char *value = arena_strdup(arena, PQgetvalue(result, 0, 0));

	PQclear(result);
	return value;
}

static void
the_next_item_costs_the_same_however_many_wait(void)
{
	looks_at_little(report_queue.next, "'reports', md5('queue3')::uuid");
	looks_at_little(application_queue.next, "'advisors', md5('queue3')::uuid");
}

/* Of somebody about whom two thousand reports are open, raised by who raised as many. */
static void
evidence_costs_the_same_however_much_there_is(void)
{
	const char *report, *advisor = "md5('queue9')::uuid, 11";
	size_t i;

	run("UPDATE report SET reporter_id = md5('queue7')::uuid WHERE id = md5('report2')::uuid");
	report = value_of("SELECT quote_literal(md5('report2')::uuid) || ', 11'");
	for (i = 0; i < EVIDENCE__COUNT; i++)
		looks_at_little(evidence[i], report);
	for (i = 0; i < APPLICATION__COUNT; i++)
		looks_at_little(application[i], advisor);
}

static const struct cunit_test tests[] = {
	{ "very much waits", very_much_waits },
	{ "the next item costs the same however many wait",
	    the_next_item_costs_the_same_however_many_wait },
	{ "evidence costs the same however much there is",
	    evidence_costs_the_same_however_much_there_is },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(16 * 1024 * 1024);
	conn = PQconnectdb(getenv("DATABASE_URL"));
	require(PQstatus(conn) == CONNECTION_OK);
	status = cunit_run("queue_plan", tests);
	PQfinish(conn);
	arena_free(arena);
	return status;
}
