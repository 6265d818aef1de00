/*
 * Every list, with every sort both ways and every filter, the search and the home page read few rows of many: of 60,000
 * rows no step of a plan looks at more than a page, a count that ends at its bound, and what it takes to find them.
 */
#include "base/arena.h"
#include "base/json.h"
#include "domain/people/timeline.h"
#include "domain/system/list_sources.h"
#include "domain/system/overview.h"
#include "domain/system/search.h"
#include "harness/cunit.h"
#include "harness/require.h"
#include "harness/testdb.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* LOOKED_MAX: to count a thousand that are everywhere, a scan that stops is cheaper than as many look-ups. */
enum { ROWS = 60000, COUNT_MAX = 1000, PAGE = 50, LOOKED_MAX = ROWS / 3 };

#define EXPLAIN "EXPLAIN (ANALYZE, FORMAT JSON) "

static struct arena *arena;
static PGconn *conn;

/* A value of each filter that leaves some rows; those of the same name in several lists mean the same. */
static const struct {
	const char *list, *filter, *value;
} samples[] = {
	{ NULL, "q", "@name" },
	{ NULL, "role", "ADVISOR" },
	{ "user_list", "state", "BLOCKED" },
	{ "advisor_list", "state", "PENDING" },
	{ "report_list", "state", "ACTIONED" },
	{ "job_all", "state", "DEAD" },
	{ "outbox_all", "state", "FAILED" },
	{ NULL, "channel", "EMAIL" },
	{ NULL, "letter", "volume.7" },
	{ NULL, "provider", "volume.7" },
	{ "session_all", "state", "DECLINED" },
	{ "session_all", "type", "VOICE" },
	{ "conversation_all", "state", "OPEN" },
	{ "conversation_all", "kind", "DIRECT" },
	{ "specialization_all", "state", "RETIRED" },
	{ "specialization_all", "into", "@subject" },
	{ NULL, "advisor", "PENDING" },
	{ NULL, "subject", "vastu" },
	{ NULL, "language", "xx" },
	{ NULL, "reason", "FRAUD" },
	{ NULL, "type", "ADVISOR" },
	{ NULL, "kind", "volume.7" },
	{ NULL, "action", "volume.7" },
	{ NULL, "request", "request 77" },
	{ NULL, "target", "@id" },
	{ NULL, "actor", "@id" },
	{ NULL, "assignee", "@id" },
	{ NULL, "reporter", "@id" },
	{ NULL, "from", "2025-06-01" },
	{ NULL, "to", "2024-01-01" },
	{ NULL, "about", "@id" },
	{ NULL, "user", "@id" },
	{ NULL, "person", "@id" },
	{ "session_all", "advisor", "@id" },
	{ NULL, "conversation", "@id" },
	{ NULL, "at", "500" },
};

static PGresult *
send(const char *text, const char *const *values, size_t count)
{
	PGresult *result = PQexecParams(conn, text, (int)count, NULL, values, NULL, NULL, 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		(void)fprintf(stderr, "%s: %s", text, PQerrorMessage(conn));
	require(PQresultStatus(result) == PGRES_TUPLES_OK ||
	    PQresultStatus(result) == PGRES_COMMAND_OK);
	return result;
}

static void
run(const char *text, const char *value)
{
	PQclear(send(text, &value, value != NULL));
}

static PGresult *
send_list(const char *before, const struct list_source *source, const struct list_wanted *wanted)
{
	struct db_param params[DB_PARAMS_MAX];
	const char *values[DB_PARAMS_MAX], *text;
	size_t count, i;

	text = list_text(arena, source, wanted, params, &count);
	for (i = 0; i < count; i++)
		values[i] = params[i].text != NULL ? params[i].text : params[i].digits;
	return send(arena_printf(arena, "%s%s", before, text), values, count);
}

/* Each with $1 rows. */
static const char *const texts[] = {
	"INSERT INTO user_account (id, email, display_name, role, state, created_at)"
	" SELECT md5('volume' || n)::uuid, 'volume' || n || '@example.test',"
	" md5('name' || n),"
	" CASE WHEN n % 20 = 0 THEN 'ADVISOR' ELSE 'USER' END,"
	" CASE WHEN n % 97 = 0 THEN 'BLOCKED' ELSE 'ACTIVE' END,"
	" timestamptz '2024-01-01+00' + n * interval '13 minutes'"
	" FROM generate_series(1, $1::int) n",
	"INSERT INTO advisor (id, online, state, applied_at, rate_minor, specializations, languages)"
	" SELECT md5('volume' || n)::uuid, n % 600 <> 0 AND n % 199 = 0,"
	" CASE WHEN n % 600 = 0 THEN 'PENDING' ELSE 'APPROVED' END,"
	" timestamptz '2024-01-01+00' + n * interval '13 minutes', n * 7919 % 60000,"
	" CASE WHEN n % 89 = 0 THEN '{vastu}' ELSE '{tarot}' END::text[],"
	" CASE WHEN n % 83 = 0 THEN '{xx}' ELSE '{en}' END::text[] FROM generate_series(1, $1::int) n",
	"INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason, state,"
	" created_at) SELECT gen_random_uuid(), md5('volume' || n % 9000 + 1)::uuid,"
	" CASE WHEN n % 79 = 0 THEN 'ADVISOR' ELSE 'USER' END, md5('volume' || n % 8000 + 1)::uuid,"
	" md5('volume' || n % 8000 + 1)::uuid, CASE WHEN n % 73 = 0 THEN 'FRAUD' ELSE 'SPAM' END,"
	" CASE WHEN n % 71 = 0 THEN 'ACTIONED' ELSE 'DISMISSED' END,"
	" timestamptz '2024-01-01+00' + n * interval '13 minutes' FROM generate_series(1, $1::int) n",
	"INSERT INTO assignment (subject, subject_id, admin_id) SELECT 'report', id,"
	" md5('volume' || row_number() OVER () % ($1::int / 100) + 1)::uuid FROM report",
	"INSERT INTO assignment (subject, subject_id, admin_id) SELECT 'advisor', id,"
	" md5('volume' || row_number() OVER () % ($1::int / 100) + 1)::uuid FROM advisor",
	"INSERT INTO job (kind, state, done_at, created_at) SELECT 'volume.' || n % 90,"
	" CASE WHEN n % 97 = 0 THEN 'DEAD' ELSE 'DONE' END, app_now(),"
	" timestamptz '2024-01-01+00' + n * interval '13 minutes' FROM generate_series(1, $1::int) n",
	"INSERT INTO specialization (id, slug, name, place, state, merged_into)"
	" SELECT md5('volume' || n)::uuid, 'volume_' || n, md5('name' || n), n,"
	" CASE WHEN n = 1 THEN 'OFFERED' WHEN n % 97 = 0 THEN 'RETIRED' WHEN n % 2 = 0 THEN 'MERGED'"
	" ELSE 'OFFERED' END, CASE WHEN n > 1 AND n % 97 > 0 AND n % 2 = 0 THEN"
	" md5('volume' || n % 600 / 2 * 2 + 1)::uuid END FROM generate_series(1, $1::int) n",
	"INSERT INTO audit (id, actor_id, action, target_type, target_id, request_id, at, previous_hash,"
	" hash) SELECT 10000000 + n, md5('volume' || n % 60 + 1)::uuid, 'volume.' || n % 90, 'user',"
	" md5('volume' || n % 8000 + 1)::uuid, 'request ' || n,"
	" timestamptz '2024-01-01+00' + n * interval '13 minutes', '', ''"
	" FROM generate_series(1, $1::int) n",
	"INSERT INTO conversation (id, kind, created_at, closed_at) SELECT md5('volume' || n)::uuid,"
	" CASE WHEN n % 79 = 0 THEN 'DIRECT' ELSE 'SESSION' END,"
	" timestamptz '2024-01-01+00' + n * interval '13 minutes',"
	" CASE WHEN n % 73 <> 0 THEN app_now() END FROM generate_series(1, $1::int) n",
	"INSERT INTO member (conversation_id, user_id, role) SELECT md5('volume' || n)::uuid,"
	" md5('volume' || n % 8000 + 1)::uuid, 'USER' FROM generate_series(1, $1::int) n",
	"INSERT INTO session (id, type, state, user_id, advisor_id, conversation_id, expires_at,"
	" requested_at, started_at, ended_at) SELECT md5('volume' || n)::uuid,"
	" CASE WHEN n % 79 = 0 THEN 'VOICE' ELSE 'CHAT' END,"
	" CASE WHEN n % 73 = 0 THEN 'DECLINED' ELSE 'ENDED' END, md5('volume' || n % 8000 + 1)::uuid,"
	" md5('volume' || n % 7000 + 20000)::uuid, md5('volume' || n)::uuid, at, at,"
	" CASE WHEN n % 73 <> 0 THEN at END, at + n * 7919 % 60000 * interval '1 second'"
	" FROM (SELECT n, timestamptz '2024-01-01+00' + n * interval '13 minutes' AS at"
	" FROM generate_series(1, $1::int) n) x",
	"INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, body)"
	" SELECT md5('volume42')::uuid, n, gen_random_uuid(), md5('volume42')::uuid, 'USER', n,"
	" 'Hello' FROM generate_series(1, $1::int) n",
	"INSERT INTO login (id, user_id, kind, ip, expires_at) SELECT gen_random_uuid(),"
	" md5('volume' || n % 9000 + 1)::uuid, 'APP', ('10.' || n % 250 || '.7.7')::inet,"
	" app_now() FROM generate_series(1, $1::int) n",
	"INSERT INTO outbox (id, channel, recipient_masked, user_id, letter, locale, state, provider,"
	" created_at, expires_at) SELECT gen_random_uuid(),"
	" CASE WHEN n % 79 = 0 THEN 'EMAIL' ELSE 'SMS' END, '+91*****10',"
	" md5('volume' || n % 8000 + 1)::uuid, 'volume.' || n % 90, 'en',"
	" CASE WHEN n % 97 = 0 THEN 'FAILED' ELSE 'SENT' END, 'volume.' || n % 60,"
	" timestamptz '2024-01-01+00' + n * interval '13 minutes', app_now()"
	" FROM generate_series(1, $1::int) n",
};

/* In a transaction that is rolled back at the end. */
static void
many_rows_are_there(void)
{
	const char *rows = arena_printf(arena, "%d", ROWS);
	size_t i;

	run("BEGIN", NULL);
	run("ALTER TABLE audit DISABLE TRIGGER USER", NULL);
	run("ALTER TABLE user_account DISABLE TRIGGER USER", NULL);
	run("ALTER TABLE advisor DISABLE TRIGGER USER", NULL);
	for (i = 0; i < COUNT_OF(texts); i++)
		run(texts[i], rows);
	run("ANALYZE user_account, advisor, report, assignment, job, specialization, audit, conversation, member,"
	    " session, message, login, outbox",
	    NULL);
}

/* The most rows that a step of the plan looked at: those it gave and those it threw away. */
static int64_t
looked_at(struct json_object *plan)
{
	struct json_object *value, *plans;
	int64_t rows, loops, most = 0;
	size_t i;

	static const char *const members[] = { "Actual Rows", "Rows Removed by Filter",
		"Rows Removed by Index Recheck" };

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

/* Of an EXPLAIN's result, which it takes. */
static void
result_is_good(PGresult *result, const char *what)
{
	struct json_object *plan;
	int64_t rows;

	plan = json_tokener_parse(PQgetvalue(result, 0, 0));
	rows = looked_at(json_object_object_get(json_object_array_get_idx(plan, 0), "Plan"));
	if (rows > LOOKED_MAX)
		(void)fprintf(
		    stderr, "%s: %lld rows\n%s\n", what, (long long)rows, PQgetvalue(result, 0, 0));
	CU_ASSERT(rows <= LOOKED_MAX);
	(void)json_object_put(plan);
	PQclear(result);
}

/* Of all lists, or of this one; what this one has of its own goes before. */
static bool
is_of(const char *list, const struct list_source *source, const char *filter)
{
	size_t i;

	if (list != NULL)
		return strcmp(list, source->name) == 0;
	for (i = 0; i < COUNT_OF(samples); i++)
		if (samples[i].list != NULL && strcmp(samples[i].list, source->name) == 0 &&
		    strcmp(samples[i].filter, filter) == 0)
			return false;
	return true;
}

static void
plan_is_good(const struct list_source *source, const struct list_wanted *wanted, const char *what)
{
	result_is_good(send_list(EXPLAIN, source, wanted), what);
}

static const char *
sample(const struct list_source *source, const char *filter)
{
	size_t i;

	for (i = 0; i < COUNT_OF(samples); i++)
		if (strcmp(samples[i].filter, filter) == 0 && is_of(samples[i].list, source, filter))
			return strcmp(samples[i].value, "@id") == 0
			    ? testdb_text("SELECT md5('volume42')::uuid")
			    : strcmp(samples[i].value, "@subject") == 0
			    ? testdb_text("SELECT md5('volume43')::uuid")
			    : strcmp(samples[i].value, "@name") == 0
			    ? testdb_text("SELECT left(md5('name1234'), 9)")
			    : samples[i].value;
	(void)fprintf(stderr, "%s: no sample for the filter %s\n", source->name, filter);
	return NULL;
}

/* What a list is within is always set. */
static void
put_within(const struct list_source *source, struct list_wanted *wanted)
{
	if (source->within != NULL)
		wanted->values[list_filter_find(source, source->within)] =
		    sample(source, source->within);
}

/* Alone, and with a page in the middle of the list; the filter of place, or none when it is negative. */
static void
look_at(const struct list_source *source, const struct list_sort *sort, bool turned, int place)
{
	struct list_wanted wanted = {
		.sort = sort, .turned = turned, .limit = PAGE, .count_max = COUNT_MAX
	};
	const char *filter = place >= 0 ? source->filters[place].name : "no filter";

	put_within(source, &wanted);
	if (place >= 0) {
		wanted.values[place] = sample(source, filter);
		require(wanted.values[place] != NULL);
	}
	plan_is_good(source, &wanted,
	    arena_printf(
		arena, "%s by %s%s, %s", source->name, turned ? "-" : "", sort->name, filter));
}

static void
no_list_reads_more_than_it_shows_and_counts(void)
{
	const struct list_source *const *source;
	const struct list_sort *sort;
	int place;

	for (source = list_sources; *source != NULL; source++)
		for (sort = (*source)->sorts; sort->name != NULL; sort++)
			for (place = -1; place < 0 || (*source)->filters[place].name != NULL;
			     place++) {
				look_at(*source, sort, false, place);
				look_at(*source, sort, true, place);
			}
}

/* Behind the row in the middle, both ways. */
static void
a_page_in_the_middle_costs_no_more_than_the_first(void)
{
	const struct list_source *const *source;
	const struct list_sort *sort;
	const char *keys[LIST_KEYS_MAX];
	PGresult *result;
	int i;

	for (source = list_sources; *source != NULL; source++)
		for (sort = (*source)->sorts; sort->name != NULL; sort++) {
			struct list_wanted wanted = { .sort = sort, .limit = ROWS / 2 };

			put_within(*source, &wanted);
			result = send_list("", *source, &wanted);
			/* Administrators are few; whatever the table, so is what a page of them reads. */
			if (PQntuples(result) <= ROWS / 2) {
				require(strcmp((*source)->name, "admin_list") == 0);
				PQclear(result);
				continue;
			}
			for (i = 0; i < LIST_KEYS_MAX && sort->keys[i] != NULL; i++)
				keys[i] = arena_strdup(arena,
				    PQgetvalue(result, ROWS / 2,
					PQfnumber(result, arena_printf(arena, "_k%d", i + 1))));
			PQclear(result);
			wanted = (struct list_wanted){ .sort = sort, .limit = PAGE, .keys = keys };
			put_within(*source, &wanted);
			plan_is_good(
			    *source, &wanted, arena_printf(arena, "%s forth", (*source)->name));
			wanted.back = true;
			plan_is_good(
			    *source, &wanted, arena_printf(arena, "%s back", (*source)->name));
		}
}

/* --- what is no list --- */

static const struct {
	const struct stmt_set *set;
	const char *stmt, *value; /* the first parameter; the second is how many rows */
} others[] = {
	{ &search_stmts, "search_people", "example" }, /* everybody has it */
	{ &search_stmts, "search_people", "ex te" },
	{ &search_stmts, "search_people", "@name" },
	{ &search_stmts, "search_people", "zzzzzz" },
	{ &search_stmts, "search_people", "%" },
	{ &search_stmts, "search_near", "@wrong" },
	{ &search_stmts, "search_near", "zzzzzz yyyyyy" },
	{ &search_stmts, "search_related", "@ids" },
	{ &search_stmts, "search_id", "@id" },
	{ &search_stmts, "search_number", "10000042" },
	{ &search_stmts, "search_address", "10.7.7.7" },
	{ &search_stmts, "search_phone", "volume" },
	{ &search_stmts, "search_request", "request 77" },
	{ &timeline_stmts, "timeline_audit", "@id" },
	{ &timeline_stmts, "timeline_notes", "@id" },
	{ &timeline_stmts, "timeline_sessions", "@id" },
	{ &timeline_stmts, "timeline_reported", "@id" },
	{ &timeline_stmts, "timeline_reports", "@id" },
	{ &timeline_stmts, "timeline_logins", "@id" },
	{ &overview_stmts, "overview_counts", "1000" },
	{ &overview_stmts, "overview_waiting", "100" },
};

static const char *
value_of(const char *value)
{
	if (strcmp(value, "@name") == 0)
		return testdb_text("SELECT left(md5('name1234'), 9)");
	if (strcmp(value, "@wrong") == 0)
		return testdb_text("SELECT overlay(md5('name1234') PLACING 'x' FROM 9 FOR 1)");
	if (strcmp(value, "@id") == 0)
		return testdb_text("SELECT md5('volume42')::uuid");
	if (strcmp(value, "@ids") == 0)
		return testdb_text(
		    "SELECT array_agg(md5('volume' || n)::uuid) FROM generate_series(1, 5) n");
	return value;
}

static void
neither_the_search_nor_the_home_page_reads_more_than_it_shows(void)
{
	const char *values[] = { NULL, "20" };
	const struct stmt *stmt;
	size_t i;

	for (i = 0; i < COUNT_OF(others); i++) {
		for (stmt = others[i].set->stmts; strcmp(stmt->name, others[i].stmt) != 0; stmt++)
			require(stmt + 1 < others[i].set->stmts + others[i].set->count);
		values[0] = value_of(others[i].value);
		result_is_good(send(arena_printf(arena, "%s%s", EXPLAIN, stmt->sql), values,
				   (size_t)stmt->param_count),
		    arena_printf(arena, "%s of %s", stmt->name, others[i].value));
	}
}

/* Every statement of the search is among them. */
static void
no_search_is_forgotten(void)
{
	size_t i, j;

	for (i = 0; i < search_stmts.count; i++) {
		for (j = 0; j < COUNT_OF(others); j++)
			if (strcmp(others[j].stmt, search_stmts.stmts[i].name) == 0)
				break;
		CU_ASSERT(j < COUNT_OF(others));
	}
}

static const struct cunit_test tests[] = {
	{ "many rows are there", many_rows_are_there },
	{ "no list reads more than it shows and counts",
	    no_list_reads_more_than_it_shows_and_counts },
	{ "a page in the middle costs no more than the first",
	    a_page_in_the_middle_costs_no_more_than_the_first },
	{ "neither the search nor the home page reads more than it shows",
	    neither_the_search_nor_the_home_page_reads_more_than_it_shows },
	{ "no search is forgotten", no_search_is_forgotten },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(64 * 1024 * 1024);
	conn = PQconnectdb(getenv("DATABASE_URL"));
	require(PQstatus(conn) == CONNECTION_OK);
	status = cunit_run("list_plan", tests);
	PQfinish(conn);
	arena_free(arena);
	return status;
}
