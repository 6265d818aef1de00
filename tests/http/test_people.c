/* The people program through nginx: own profile, others, sessions, blocks, reports. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <string.h>

#define EXPECT(status, call) CU_ASSERT_EQUAL(call, status)
#define TEXT(path, wanted) CU_ASSERT_STRING_EQUAL(client_text(c, path), wanted)

static struct client *c; /* the caller of all tests */
static struct person me, other;
static bool prepared;

/* Two accounts for all tests; made inside the first, where asserts work. */
static void
prepare(void)
{
	if (!prepared) {
		me = person_register("USER");
		other = person_register("USER");
		prepared = true;
	}
	client_token(c, me.token);
}

static void
every_route_wants_a_token(void)
{
	static const char *const routes[][2] = {
		{ "GET", "/users/me" },
		{ "PATCH", "/users/me" },
		{ "GET", "/users/me/sessions" },
		{ "GET", "/users/me/blocks" },
		{ "PUT", "/users/me/blocks/0197aaaa-0000-7000-8000-000000000000" },
		{ "DELETE", "/users/me/blocks/0197aaaa-0000-7000-8000-000000000000" },
		{ "GET", "/users/0197aaaa-0000-7000-8000-000000000000" },
		{ "POST", "/reports" },
		{ "GET", "/reports/0197aaaa-0000-7000-8000-000000000000" },
	};
	size_t i;

	client_token(c, NULL);
	for (i = 0; i < COUNT_OF(routes); i++) {
		EXPECT(401, client_call(c, routes[i][0], routes[i][1], NULL));
		TEXT("error", "unauthorized");
	}
}

static void
the_own_profile_is_edited_under_its_etag(void)
{
	char etag[32];

	prepare();
	EXPECT(200, client_call(c, "GET", "/users/me", NULL));
	TEXT("id", me.id);
	TEXT("email", me.email);
	TEXT("phone", "null");
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "ETag"), "\"v1\"");
	client_header(c, "If-None-Match: \"v1\"");
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 304);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "ETag"), "\"v1\"");
	client_header(c, "If-None-Match: \"v7\", W/\"v1\", \"v9\"");
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 304);
	client_header(c, "If-None-Match: \"v2\", \"v11\"");
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 200);
	(void)snprintf(etag, sizeof(etag), "If-Match: %s", client_reply_header(c, "ETag"));
	EXPECT(428, client_call(c, "PATCH", "/users/me", "{\"bio\":\"Tea\"}"));
	TEXT("error", "match_required");
	client_header(c, etag);
	EXPECT(200, client_call(c, "PATCH", "/users/me", "{\"bio\":\"Tea\",\"gender\":\"OTHER\"}"));
	TEXT("bio", "Tea");
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "ETag"), "\"v2\"");
	client_header(c, etag);
	EXPECT(412, client_call(c, "PATCH", "/users/me", "{\"bio\":\"Coffee\"}"));
	TEXT("error", "stale");
	client_header(c, "If-Match: \"v2x");
	EXPECT(412, client_call(c, "PATCH", "/users/me", "{\"bio\":\"Coffee\"}"));
	client_header(c, "If-Match: W/\"v2\"");
	EXPECT(412, client_call(c, "PATCH", "/users/me", "{\"bio\":\"Coffee\"}"));
	client_header(c, "If-Match: *");
	EXPECT(200, client_call(c, "PATCH", "/users/me", "{\"gender\":null}"));
	TEXT("gender", "null");
	TEXT("bio", "Tea");
}

static void
what_must_not_be_edited_is_refused_by_name(void)
{
	static const char *const bad[][2] = {
		{ "{\"role\":\"ADMIN\"}", "role" },
		{ "{\"email\":\"x@example.org\"}", "email" },
		{ "{\"version\":7}", "version" },
		{ "{\"timezone\":\"Mars/Olympus\"}", "timezone" },
		{ "{\"locale\":\"EN\"}", "locale" },
		{ "{\"birth_date\":\"2090-01-01\"}", "birth_date" },
		{ "{\"birth_date\":\"1990-02-30\"}", "birth_date" },
		{ "{\"display_name\":null}", "display_name" },
	};
	size_t i;

	prepare();
	for (i = 0; i < COUNT_OF(bad); i++) {
		client_header(c, "If-Match: *");
		EXPECT(422, client_call(c, "PATCH", "/users/me", bad[i][0]));
		TEXT("details.field", bad[i][1]);
	}
	EXPECT(200, client_call(c, "GET", "/users/me", NULL));
	TEXT("role", "USER");
}

static void
a_phone_is_shown_to_its_owner_only(void)
{
	struct client *owner = client_new();
	char body[200];

	(void)snprintf(body, sizeof(body),
	    "{\"phone\":\"+4915%09u\",\"password\":\"%s\","
	    "\"display_name\":\"Pia\"}",
	    testdb_random() % 1000000000u, person_password);
	EXPECT(201, client_call(owner, "POST", "/auth/register", body));
	client_token(owner, client_text(owner, "access_token"));
	EXPECT(200, client_call(owner, "GET", "/users/me", NULL));
	CU_ASSERT(strncmp(client_text(owner, "phone"), "+4915", 5) == 0);
	prepare();
	EXPECT(200, client_callf(c, "GET", NULL, "/users/%s", client_text(owner, "id")));
	TEXT("display_name", "Pia");
	TEXT("phone", "");
	TEXT("email", "");
	client_free(owner);
}

static void
a_block_hides_each_from_the_other(void)
{
	prepare();
	EXPECT(200, client_callf(c, "GET", NULL, "/users/%s", other.id));
	TEXT("is_advisor", "false");
	EXPECT(204, client_callf(c, "PUT", NULL, "/users/me/blocks/%s", other.id));
	EXPECT(204, client_callf(c, "PUT", NULL, "/users/me/blocks/%s", other.id));
	EXPECT(404, client_callf(c, "GET", NULL, "/users/%s", other.id));
	client_token(c, other.token);
	EXPECT(404, client_callf(c, "GET", NULL, "/users/%s", me.id));
	EXPECT(200, client_call(c, "GET", "/users/me/blocks", NULL));
	CU_ASSERT_EQUAL(client_count(c, "items"), 0);
	client_token(c, me.token);
	EXPECT(204, client_callf(c, "DELETE", NULL, "/users/me/blocks/%s", other.id));
	EXPECT(204, client_callf(c, "DELETE", NULL, "/users/me/blocks/%s", other.id));
	EXPECT(200, client_callf(c, "GET", NULL, "/users/%s", other.id));
}

static void
only_somebody_else_who_exists_can_be_blocked(void)
{
	prepare();
	EXPECT(422, client_callf(c, "PUT", NULL, "/users/me/blocks/%s", me.id));
	TEXT("details.field", "user_id");
	EXPECT(404,
	    client_call(c, "PUT", "/users/me/blocks/0197aaaa-0000-7000-8000-000000000000", NULL));
	EXPECT(404, client_call(c, "PUT", "/users/me/blocks/nobody", NULL));
}

/* Read all pages of path with limit 2; the items seen. */
static size_t
pages(const char *path)
{
	char next[600] = "";
	size_t total = 0, turns = 0;

	do {
		EXPECT(200,
		    client_callf(c, "GET", NULL, "%s%slimit=2%s%s", path,
			strchr(path, '?') != NULL ? "&" : "?", next[0] != '\0' ? "&cursor=" : "",
			next));
		total += client_count(c, "items");
		(void)snprintf(next, sizeof(next), "%s", client_text(c, "next_cursor"));
	} while (strcmp(next, "null") != 0 && ++turns < 20);
	return total;
}

static void
blocks_are_listed_in_pages(void)
{
	size_t i;

	prepare();
	for (i = 0; i < 5; i++)
		EXPECT(
		    204, client_callf(c, "PUT", NULL, "/users/me/blocks/%s", testdb_user("USER")));
	CU_ASSERT_EQUAL(pages("/users/me/blocks"), 5);
	EXPECT(200, client_call(c, "GET", "/users/me/blocks?limit=5", NULL));
	TEXT("next_cursor", "null");
	TEXT("items.0.display_name", "Test User");
}

static void
a_cursor_belongs_to_its_list(void)
{
	char cursor[600];

	prepare();
	EXPECT(200, client_call(c, "GET", "/users/me/blocks?limit=2", NULL));
	(void)snprintf(cursor, sizeof(cursor), "%s", client_text(c, "next_cursor"));
	EXPECT(400, client_callf(c, "GET", NULL, "/users/me/sessions?cursor=%s", cursor));
	TEXT("error", "bad_cursor");
	cursor[2] ^= 1;
	EXPECT(400, client_callf(c, "GET", NULL, "/users/me/blocks?cursor=%s", cursor));
}

/* A session of me with a fresh advisor, or with the assistant. */
static void
session(const char *type, const char *state)
{
	testdb_run(
	    "WITH k AS (INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'SESSION')"
	    " RETURNING id) INSERT INTO session (id, type, state, user_id, advisor_id,"
	    " conversation_id, expires_at) SELECT gen_random_uuid(), $1, $2, $3::uuid,"
	    " nullif($4, '')::uuid, id, app_now() FROM k",
	    type, state, me.id, strcmp(type, "AI_CHAT") == 0 ? "" : testdb_advisor());
}

static void
own_sessions_are_filtered_and_paged(void)
{
	char cursor[600];

	prepare();
	session("CHAT", "ENDED");
	session("CHAT", "REQUESTED");
	session("CHAT", "CANCELLED");
	session("AI_CHAT", "ENDED");
	session("VOICE", "ENDED");
	CU_ASSERT_EQUAL(pages("/users/me/sessions"), 5);
	CU_ASSERT_EQUAL(pages("/users/me/sessions?state=ENDED"), 3);
	CU_ASSERT_EQUAL(pages("/users/me/sessions?state=ENDED&type=VOICE"), 1);
	TEXT("items.0.side", "USER");
	TEXT("items.0.other_name", "Test Advisor");
	TEXT("items.0.rated", "false");
	CU_ASSERT_EQUAL(pages("/users/me/sessions?type=AI_CHAT"), 1);
	TEXT("items.0.other_id", "null");
	EXPECT(422, client_call(c, "GET", "/users/me/sessions?state=OVER", NULL));
	TEXT("details.field", "state");
	EXPECT(200, client_call(c, "GET", "/users/me/sessions?state=ENDED&limit=1", NULL));
	(void)snprintf(cursor, sizeof(cursor), "%s", client_text(c, "next_cursor"));
	EXPECT(400, client_callf(c, "GET", NULL, "/users/me/sessions?cursor=%s", cursor));
	TEXT("error", "bad_cursor");
	EXPECT(400,
	    client_callf(c, "GET", NULL, "/users/me/sessions?state=CANCELLED&cursor=%s", cursor));
	EXPECT(200,
	    client_callf(c, "GET", NULL, "/users/me/sessions?limit=2&state=ENDED&cursor=%s", cursor));
}

static void
a_report_is_made_once(void)
{
	char body[300], id[37], place[64];

	prepare();
	(void)snprintf(body, sizeof(body),
	    "{\"target_type\":\"USER\",\"target_id\":\"%s\",\"reason\":\"SPAM\",\"detail\":\"Ads\"}",
	    testdb_user("USER"));
	EXPECT(201, client_call(c, "POST", "/reports", body));
	TEXT("state", "OPEN");
	(void)snprintf(id, sizeof(id), "%s", client_text(c, "id"));
	(void)snprintf(place, sizeof(place), "/api/v1/reports/%s", id);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Location"), place);
	EXPECT(200, client_call(c, "POST", "/reports", body));
	TEXT("id", id);
	EXPECT(200, client_callf(c, "GET", NULL, "/reports/%s", id));
	TEXT("reason", "SPAM");
	client_token(c, other.token);
	EXPECT(404, client_callf(c, "GET", NULL, "/reports/%s", id));
}

static void
a_report_needs_a_target_that_one_may_see(void)
{
	char body[300];

	prepare();
	(void)snprintf(body, sizeof(body),
	    "{\"target_type\":\"USER\",\"target_id\":\"%s\",\"reason\":\"SPAM\"}", me.id);
	EXPECT(422, client_call(c, "POST", "/reports", body));
	TEXT("details.field", "target_id");
	(void)snprintf(body, sizeof(body),
	    "{\"target_type\":\"MESSAGE\",\"target_id\":\"%s\",\"reason\":\"SPAM\"}", other.id);
	EXPECT(404, client_call(c, "POST", "/reports", body));
}

static const struct cunit_test tests[] = {
	{ "every route wants a token", every_route_wants_a_token },
	{ "the own profile is edited under its ETag", the_own_profile_is_edited_under_its_etag },
	{ "what must not be edited is refused by name", what_must_not_be_edited_is_refused_by_name },
	{ "a phone is shown to its owner only", a_phone_is_shown_to_its_owner_only },
	{ "a block hides each from the other", a_block_hides_each_from_the_other },
	{ "only somebody else who exists can be blocked",
	    only_somebody_else_who_exists_can_be_blocked },
	{ "blocks are listed in pages", blocks_are_listed_in_pages },
	{ "a cursor belongs to its list", a_cursor_belongs_to_its_list },
	{ "own sessions are filtered and paged", own_sessions_are_filtered_and_paged },
	{ "a report is made once", a_report_is_made_once },
	{ "a report needs a target that one may see", a_report_needs_a_target_that_one_may_see },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	c = client_new();
	status = cunit_run("people", tests);
	client_free(c);
	return status;
}
