/* The panel's acts as JSON: an admin's token only, the same rules, audit rows with the request's id. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "domain/market/review.h"
#include "domain/market/specialization.h"
#include "domain/people/admin.h"
#include "domain/people/moderation.h"
#include "domain/people/user_admin.h"
#include "domain/system/audit.h"
#include "domain/system/job_admin.h"
#include "domain/talk/conversation_admin.h"
#include "domain/talk/message_admin.h"
#include "domain/talk/session_admin.h"
#include "harness/browser.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <string.h>

static struct client *admin, *other;
static struct person admin_person;

static void
an_admin_is_signed_in(void)
{
	admin = client_new();
	other = client_new();
	admin_person = person_admin();
	client_token(admin, admin_person.token);
}

static void
only_admins_are_let_in(void)
{
	static const char id[] = "00000000-0000-7000-8000-000000000000";
	static const char *const calls[][2] = {
		{ "GET", "/admin/advisors/pending" },
		{ "GET", "/admin/reports" },
		{ "GET", "/admin/users" },
		{ "GET", "/admin/audit" },
		{ "POST", "/admin/audit/check" },
		{ "GET", "/admin/audit/check" },
	};
	struct person user = person_register("USER"), advisor = person_register("ADVISOR");
	const char *const tokens[] = { NULL, user.token, advisor.token };
	char path[100];
	size_t i, t;

	for (t = 0; t < COUNT_OF(tokens); t++) {
		client_token(other, tokens[t]);
		for (i = 0; i < COUNT_OF(calls); i++) {
			bool post = strcmp(calls[i][0], "POST") == 0;
			const char *mark = strstr(calls[i][1], "%s");

			(void)snprintf(path, sizeof(path), "%.*s%s%s",
			    mark == NULL ? (int)strlen(calls[i][1]) : (int)(mark - calls[i][1]),
			    calls[i][1], mark == NULL ? "" : id, mark == NULL ? "" : mark + 2);
			CU_ASSERT_EQUAL(client_call(other, calls[i][0], path, post ? "{}" : NULL),
			    t == 0 ? 401 : 403);
		}
	}
}

static const char *
applicant(void)
{
	const char *id = testdb_user("USER");

	testdb_run("INSERT INTO advisor (id, state, headline, applied_at, languages, specializations)"
		   " VALUES ($1, 'PENDING', 'Hello', '2020-01-01', '{en}', '{dating}')",
	    id);
	return id;
}

static int64_t
audits(const char *id, const char *action)
{
	return testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1 AND action = $2"
			  " AND actor_id = $3 AND request_id = $4",
	    id, action, admin_person.id, client_reply_header(admin, "X-Request-Id"));
}

static void
applications_are_listed_and_decided(void)
{
	const char *one = applicant(), *two = applicant();

	CU_ASSERT_EQUAL(client_call(admin, "GET", "/admin/advisors/pending?limit=1", NULL), 200);
	CU_ASSERT_EQUAL(client_count(admin, "items"), 1);
	CU_ASSERT_NSTRING_EQUAL(client_text(admin, "items.0.applied_at"), "2020-01-01T00:00:00", 19);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "items.0.languages.0"), "en");
	CU_ASSERT_EQUAL(client_callf(admin, "GET", NULL, "/admin/advisors/pending?limit=1&cursor=%s",
			    client_text(admin, "next_cursor")),
	    200);
	CU_ASSERT_NSTRING_EQUAL(client_text(admin, "items.0.applied_at"), "2020-01-01T00:00:00", 19);
	CU_ASSERT_EQUAL(client_callf(admin, "POST", NULL, "/admin/advisors/%s/approve", one), 200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "state"), "APPROVED");
	CU_ASSERT_EQUAL(audits(one, "advisor.approve"), 1);
	CU_ASSERT_EQUAL(client_callf(admin, "POST", NULL, "/admin/advisors/%s/approve", one), 409);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "error"), "bad_state");
	CU_ASSERT_EQUAL(client_callf(admin, "POST", "{}", "/admin/advisors/%s/reject", two), 422);
	CU_ASSERT_EQUAL(client_callf(admin, "POST", "{\"reason\": \"Too short\"}",
			    "/admin/advisors/%s/reject", two),
	    200);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state_reason FROM advisor WHERE id = $1", two), "Too short");
	CU_ASSERT_EQUAL(audits(two, "advisor.reject"), 1);
	CU_ASSERT_EQUAL(
	    client_callf(admin, "POST", NULL, "/admin/advisors/%s/approve", admin_person.id), 404);
}

static void
a_blocked_person_is_out_at_once(void)
{
	struct person person = person_register("USER");

	client_token(other, person.token);
	CU_ASSERT_EQUAL(client_call(other, "GET", "/users/me", NULL), 200);
	CU_ASSERT_EQUAL(client_callf(admin, "GET", NULL, "/admin/users?q=%s", person.id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "items.0.email"), person.email);
	CU_ASSERT_EQUAL(client_callf(admin, "POST", "{\"reason\": \"Rude\"}",
			    "/admin/users/%s/block", person.id),
	    200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "state"), "BLOCKED");
	CU_ASSERT_EQUAL(audits(person.id, "user.block"), 1);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM revocation r JOIN login l ON l.id = r.login_id"
		       " WHERE l.user_id = $1 AND l.end_reason = 'BLOCKED'",
		person.id),
	    1);
	CU_ASSERT_EQUAL(client_callf(admin, "POST", "{\"reason\": \"Rude\"}",
			    "/admin/users/%s/block", admin_person.id),
	    403);
	CU_ASSERT_EQUAL(
	    client_callf(admin, "POST", NULL, "/admin/users/%s/unblock", person.id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "state"), "ACTIVE");
	CU_ASSERT_EQUAL(
	    client_callf(admin, "POST", NULL, "/admin/users/%s/unblock", person.id), 409);
}

static void
reports_are_closed(void)
{
	const char *person = testdb_user("USER");
	const char *id = testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id,"
	    " target_user_id, reason, created_at) VALUES ("
	    "('00000000-0000-7000-8000-' || substr(md5($1::uuid::text), 1, 12))::uuid, $2,"
	    " 'USER', $1::uuid, $1::uuid, 'SPAM', '2020-01-01') RETURNING id",
	    person, testdb_user("USER"));

	CU_ASSERT_EQUAL(client_call(admin, "GET", "/admin/reports?state=OPEN&limit=100", NULL), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(client_body(admin), id));
	CU_ASSERT_EQUAL(
	    client_callf(admin, "POST", "{\"block\": true}", "/admin/reports/%s/dismiss", id), 422);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "details.field"), "block");
	CU_ASSERT_EQUAL(client_callf(admin, "POST", "{\"block\": true, \"note\": \"Proven\"}",
			    "/admin/reports/%s/decide", id),
	    200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "state"), "ACTIONED");
	CU_ASSERT_EQUAL(audits(id, "report.decide"), 1);
	CU_ASSERT_EQUAL(audits(person, "user.block"), 1);
	CU_ASSERT_EQUAL(client_callf(admin, "POST", "{}", "/admin/reports/%s/decide", id), 409);
}

static void
the_audit_log_is_read_by_pages(void)
{
	CU_ASSERT_EQUAL(
	    client_callf(admin, "GET", NULL, "/admin/audit?limit=1&actor=%s", admin_person.id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "items.0.action"), "report.decide");
	CU_ASSERT_EQUAL(client_callf(admin, "GET", NULL, "/admin/audit?limit=1&actor=%s&cursor=%s",
			    admin_person.id, client_text(admin, "next_cursor")),
	    200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "items.0.action"), "user.block");
	CU_ASSERT_STRING_EQUAL(client_text(admin, "items.0.detail.reason"), "Proven");
}

static void
each_list_is_json_with_cursors_filters_and_sorts(void)
{
	static const char *const names[] = { "users", "advisors", "reports", "jobs", "outbox",
		"audit", "sessions", "conversations", "specializations" };
	char first[64], cursor[512];
	size_t i;

	testdb_run("INSERT INTO job (kind, state, done_at) SELECT 'test.list', 'DONE', app_now()"
		   " FROM generate_series(1, 3)");
	for (i = 0; i < COUNT_OF(names); i++) {
		CU_ASSERT_EQUAL_FATAL(
		    client_callf(admin, "GET", NULL, "/admin/%s?limit=1&sort=none", names[i]), 422);
		CU_ASSERT_STRING_EQUAL(client_text(admin, "details.field"), "sort");
		CU_ASSERT_EQUAL_FATAL(
		    client_callf(admin, "GET", NULL, "/admin/%s?limit=1", names[i]), 200);
		if (client_count(admin, "items") == 0 ||
		    strcmp(client_text(admin, "next_cursor"), "null") == 0)
			continue;
		(void)snprintf(first, sizeof(first), "%s", client_text(admin, "items.0.id"));
		(void)snprintf(cursor, sizeof(cursor), "%s", client_text(admin, "next_cursor"));
		CU_ASSERT_EQUAL(
		    client_callf(admin, "GET", NULL, "/admin/%s?cursor=%s", names[i], cursor), 200);
		CU_ASSERT_STRING_NOT_EQUAL(client_text(admin, "items.0.id"), first);
		CU_ASSERT_EQUAL(client_callf(admin, "GET", NULL,
				    "/admin/%s?cursor=%s&from=2020-01-01", names[i], cursor),
		    strcmp(names[i], "specializations") == 0 ? 422 : 400);
	}
	CU_ASSERT_EQUAL(client_call(admin, "GET", "/admin/specializations?sort=place", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "items.0.slug"),
	    testdb_text("SELECT slug FROM specialization ORDER BY place, id LIMIT 1"));
	CU_ASSERT_EQUAL(client_call(admin, "GET", "/admin/specializations?sort=-name", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "items.0.slug"),
	    testdb_text(
		"SELECT slug FROM specialization ORDER BY lower(name) DESC, id DESC LIMIT 1"));
	CU_ASSERT_EQUAL(
	    client_call(admin, "GET", "/admin/jobs?state=DEAD&kind=none.such", NULL), 200);
	CU_ASSERT_EQUAL(client_count(admin, "items"), 0);
	CU_ASSERT_EQUAL(client_call(admin, "GET", "/admin/messages", NULL), 403);
	testdb_run("DELETE FROM job WHERE kind = 'test.list'");
}

/* Each list, and a filter that leaves some rows; messages are those of a conversation. */
static const struct {
	const char *name;
	const struct list_source *source;
	const char *filter;
} lists[] = {
	{ "users", &user_list, "role=USER&state=ACTIVE" },
	{ "advisors", &advisor_list, "state=APPROVED&language=en" },
	{ "reports", &report_list, "reason=SPAM" },
	{ "jobs", &job_all, "kind=test.list" },
	{ "audit", &audit_all, "action=user.block" },
	{ "sessions", &session_all, "state=ENDED" },
	{ "conversations", &conversation_all, "kind=SESSION" },
	{ "messages", &message_all, "" },
	{ "specializations", &specialization_all, "state=OFFERED" },
	{ "admins", &admin_list, "q=test" },
};
enum { COMPARED = 200 }; /* rows; pages of JSON end there too */

static struct arena *arena;

/* The ids of the first rows as pages of JSON have them, a line each. */
static const char *
ids_of_json(const char *list, const char *query)
{
	struct buf ids = buf_new(arena, 8192);
	const char *cursor = "";
	size_t i, count = 0;

	do {
		CU_ASSERT_EQUAL_FATAL(
		    client_callf(admin, "GET", NULL, "/admin/%s?limit=40&%s%s", list, query, cursor),
		    200);
		for (i = 0; i < client_count(admin, "items"); i++, count++)
			buf_join(&ids, client_text(admin, arena_printf(arena, "items.%zu.id", i)),
			    "\r\n", NULL);
		cursor = arena_printf(arena, "&cursor=%s", client_text(admin, "next_cursor"));
	} while (count < COMPARED && strcmp(cursor, "&cursor=null") != 0);
	return ids.data;
}

/* The same of the file, below its head. */
static const char *
ids_of_file(struct browser *browser, const char *list, const char *query)
{
	char *ids, *end;
	size_t lines = 0;

	CU_ASSERT_EQUAL_FATAL(
	    browser_get(browser, arena_printf(arena, "/admin/%s.csv?columns=id&%s", list, query)),
	    200);
	ids = arena_strdup(arena, browser_body(browser));
	CU_ASSERT_NSTRING_EQUAL_FATAL(ids, "id\r\n", 4);
	for (end = ids += 4; lines < COMPARED && (end = strstr(end, "\r\n")) != NULL; lines++)
		end += 2;
	if (end != NULL)
		*end = '\0';
	return ids;
}

/* Rows may come between the two, by what else runs; not each time. Whether there are rows. */
static bool
json_and_file_have_the_same_rows(struct browser *browser, const char *list, const char *query)
{
	struct arena_mark mark = arena_mark(arena);
	const char *json, *file;
	bool some;
	int tries = 0;

	do {
		json = ids_of_json(list, query);
		file = ids_of_file(browser, list, query);
	} while (strcmp(json, file) != 0 && ++tries < 5);
	if (strcmp(json, file) != 0)
		(void)fprintf(stderr, "%s?%s: JSON\n%sCSV\n%s", list, query, json, file);
	CU_ASSERT_STRING_EQUAL(json, file);
	some = *json != '\0';
	if (!some)
		(void)fprintf(stderr, "%s?%s has no rows\n", list, query);
	arena_rewind(arena, mark);
	return some;
}

static void
each_file_has_the_rows_of_its_json(void)
{
	const struct talk talk = talk_make("ENDED");
	struct browser *browser = browser_new();
	const struct list_sort *sort;
	size_t i;
	int way;

	arena = arena_new(4 * 1024 * 1024);
	browser_sign_in(browser);
	testdb_run("INSERT INTO job (kind, state, done_at) SELECT 'test.list', 'DONE', app_now()"
		   " FROM generate_series(1, 3)");
	testdb_run("INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id,"
		   " body) SELECT $1, n + 100, gen_random_uuid(), $2, 'USER', 'twin-' || n, 'Hello'"
		   " FROM generate_series(1, 90) n",
	    talk.conversation_id, talk.user_id);
	CU_ASSERT_EQUAL(client_callf(admin, "POST", "{\"reason\": \"A report\"}",
			    "/admin/conversations/%s/read", talk.conversation_id),
	    200);
	for (i = 0; i < COUNT_OF(lists); i++)
		for (sort = lists[i].source->sorts; sort->name != NULL; sort++)
			for (way = 0; way < 2; way++) {
				const char *query = arena_printf(arena, "sort=%s%s%s%s",
				    way == 1 ? "-" : "", sort->name,
				    lists[i].source == &message_all ? "&conversation=" : "",
				    lists[i].source == &message_all ? talk.conversation_id : "");
				const char *narrow =
				    arena_printf(arena, "%s&%s", query, lists[i].filter);

				CU_ASSERT_TRUE(
				    json_and_file_have_the_same_rows(browser, lists[i].name, query));
				if (*lists[i].filter != '\0')
					CU_ASSERT_TRUE(json_and_file_have_the_same_rows(
					    browser, lists[i].name, narrow));
			}
	testdb_run("DELETE FROM job WHERE kind = 'test.list'");
	browser_free(browser);
	arena_free(arena);
}

/* Another test may have broken the chain of this database: that it ends is what is asked here. */
static void
the_worker_checks_the_audit_log(void)
{
	int64_t until = clock_monotonic_us() + 30 * INT64_C(1000000);
	char id[37];

	CU_ASSERT_EQUAL(client_call(admin, "POST", "/admin/audit/check", NULL), 202);
	CU_ASSERT_STRING_EQUAL(client_reply_header(admin, "Location"), "/api/v1/admin/audit/check");
	(void)snprintf(id, sizeof(id), "%s", client_text(admin, "id"));
	do {
		CU_ASSERT_EQUAL_FATAL(client_call(admin, "GET", "/admin/audit/check", NULL), 200);
	} while (
	    strcmp(client_text(admin, "state"), "RUNNING") == 0 && clock_monotonic_us() < until);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "id"), id);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "asked_by"), admin_person.id);
	CU_ASSERT_STRING_NOT_EQUAL(client_text(admin, "done_at"), "null");
	CU_ASSERT(client_i64(admin, "checked") > 0);
	client_free(admin);
	client_free(other);
}

static const struct cunit_test tests[] = {
	{ "an admin is signed in", an_admin_is_signed_in },
	{ "only admins are let in", only_admins_are_let_in },
	{ "applications are listed and decided", applications_are_listed_and_decided },
	{ "a blocked person is out at once", a_blocked_person_is_out_at_once },
	{ "reports are closed", reports_are_closed },
	{ "the audit log is read by pages", the_audit_log_is_read_by_pages },
	{ "each list is JSON, with cursors, filters and sorts",
	    each_list_is_json_with_cursors_filters_and_sorts },
	{ "each file has the rows of its JSON", each_file_has_the_rows_of_its_json },
	{ "the worker checks the audit log", the_worker_checks_the_audit_log },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("admin_api", tests);
}
