/* Profiles: reading, editing by version, what others see, and the list of own sessions. */
#include "domain/people/lang.h"
#include "domain/people/profile.h"
#include "domain/people/user.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <string.h>

static const struct stmt_set *const sets[] = { &profile_stmts, &user_stmts, NULL };
static struct db *db;
static struct rows *rows; /* of the last call that gave some */
static struct fault fault; /* the last one blamed */

struct call {
	const char *id, *json;
	int64_t version;
};

static enum err
update_fn(struct db *tx, void *arg)
{
	const struct call *call = arg;

	TRY(profile_update(tx, call->id, call->version, call->json, &fault));
	return user_get(tx, call->id, &rows);
}

static enum err
update(const char *id, int64_t version, const char *json)
{
	return db_tx(db, update_fn, &(struct call){ id, json, version });
}

static const char *
value(size_t row, const char *name)
{
	size_t i;

	for (i = 0; i < rows_columns(rows); i++)
		if (strcmp(rows_name(rows, i), name) == 0)
			return rows_text(rows, row, i);
	CU_FAIL_FATAL("no such column");
	return NULL;
}

static void
an_edit_changes_what_it_names_and_the_version(void)
{
	const char *id = testdb_user("USER");

	CU_ASSERT_EQUAL_FATAL(
	    update(id, 1,
		"{\"display_name\":\"Zoë\",\"gender\":\"OTHER\",\"birth_date\":\"1990-02-28\"}"),
	    ERR_OK);
	CU_ASSERT_STRING_EQUAL(value(0, "display_name"), "Zoë");
	CU_ASSERT_STRING_EQUAL(value(0, "locale"), "en");
	CU_ASSERT_EQUAL(user_version(rows, 0), 2);
	CU_ASSERT_EQUAL_FATAL(
	    update(id, 2, "{\"gender\":null,\"timezone\":\"Asia/Kolkata\"}"), ERR_OK);
	CU_ASSERT_PTR_NULL(value(0, "gender"));
	CU_ASSERT_STRING_EQUAL(value(0, "birth_date"), "1990-02-28");
	CU_ASSERT_STRING_EQUAL(value(0, "timezone"), "Asia/Kolkata");
}

static void
an_old_version_is_refused_and_any_is_taken_when_asked(void)
{
	const char *id = testdb_user("USER");

	CU_ASSERT_EQUAL(update(id, 1, "{\"bio\":\"one\"}"), ERR_OK);
	CU_ASSERT_EQUAL(update(id, 1, "{\"bio\":\"two\"}"), ERR_STALE);
	CU_ASSERT_EQUAL(update(id, 0, "{\"bio\":\"three\"}"), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value(0, "bio"), "three");
}

static void
values_that_mean_nothing_are_blamed(void)
{
	static const char *const bad[][2] = {
		{ "{\"timezone\":\"Mars/Olympus\"}", "timezone" },
		{ "{\"locale\":\"english\"}", "locale" },
		{ "{\"birth_date\":\"1899-12-31\"}", "birth_date" },
		{ "{\"birth_date\":\"2099-01-01\"}", "birth_date" },
		{ "{\"display_name\":\"  \"}", "display_name" },
	};
	const char *id = testdb_user("USER");
	size_t i;

	for (i = 0; i < COUNT_OF(bad); i++) {
		CU_ASSERT_EQUAL(update(id, 0, bad[i][0]), ERR_VALIDATION);
		CU_ASSERT_STRING_EQUAL(fault.field, bad[i][1]);
	}
	CU_ASSERT_EQUAL(testdb_i64("SELECT version FROM user_account WHERE id = $1", id), 1);
}

static void
languages_have_one_spelling(void)
{
	static const char *const good[] = { "en", "fil", "pt-BR", "zh-Hant", "zh-Hant-TW" };
	static const char *const bad[] = { "", "e", "EN", "engl", "en-", "en-us", "en_US", "en-USA",
		"zh-hant", "en-US-x", "zh-Hant-", "-US" };
	size_t i;

	for (i = 0; i < COUNT_OF(good); i++)
		CU_ASSERT(lang_valid(good[i]));
	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_FALSE(lang_valid(bad[i]));
}

static void
others_see_the_public_part(void)
{
	const char *viewer = testdb_user("USER"), *advisor = testdb_advisor();

	CU_ASSERT_EQUAL_FATAL(profile_public(db, advisor, viewer, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value(0, "is_advisor"), "t");
	CU_ASSERT_EQUAL_FATAL(profile_public(db, testdb_user("ADVISOR"), viewer, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value(0, "is_advisor"), "f");
	CU_ASSERT_EQUAL(rows_columns(rows), 7);
	CU_ASSERT_STRING_EQUAL(
	    value(0, "presence"), "{\"status\": \"OFFLINE\", \"last_seen_at\": null}");
}

static void
the_blocked_and_the_gone_are_hidden(void)
{
	const char *viewer = testdb_user("USER"), *a = testdb_user("USER"), *b = testdb_user("USER");

	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", viewer, a);
	CU_ASSERT_EQUAL(profile_public(db, a, viewer, &rows), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(profile_public(db, viewer, a, &rows), ERR_NOT_FOUND);
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", b);
	CU_ASSERT_EQUAL(profile_public(db, b, viewer, &rows), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(profile_public(db, "0197aaaa-0000-7000-8000-000000000000", viewer, &rows),
	    ERR_NOT_FOUND);
}

/* advisor "": with the assistant. */
static void
session(const char *user, const char *advisor, const char *state, const char *minute)
{
	testdb_run(
	    "WITH c AS (INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(),"
	    " 'SESSION') RETURNING id) INSERT INTO session (id, type, state, user_id, advisor_id,"
	    " conversation_id, expires_at, requested_at) SELECT gen_random_uuid(), CASE $2 WHEN"
	    " '' THEN 'AI_CHAT' ELSE 'CHAT' END, $3, $1::uuid, nullif($2, '')::uuid, id,"
	    " app_now(), '2026-01-01'::timestamptz + $4::int * interval '1 minute' FROM c",
	    user, advisor, state, minute);
}

static size_t
sessions(const char *user, const char *type, const char *state, int64_t limit, const char *key1,
    const char *key2)
{
	CU_ASSERT_EQUAL_FATAL(
	    profile_sessions(db, user, type, state, limit, key1, key2, &rows), ERR_OK);
	return rows_count(rows);
}

static void
sessions_of_both_sides_are_listed_and_filtered(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor();

	session(user, advisor, "ENDED", "1");
	session(user, "", "ENDED", "2");
	session(user, advisor, "REQUESTED", "3");
	session(advisor, testdb_advisor(), "ENDED", "4");
	CU_ASSERT_EQUAL(sessions(user, NULL, NULL, 10, NULL, NULL), 3);
	CU_ASSERT_STRING_EQUAL(value(0, "state"), "REQUESTED");
	CU_ASSERT_STRING_EQUAL(value(0, "side"), "USER");
	CU_ASSERT_STRING_EQUAL(value(0, "other_id"), advisor);
	CU_ASSERT_STRING_EQUAL(value(0, "other_name"), "Test Advisor");
	CU_ASSERT_PTR_NULL(value(1, "other_id"));
	CU_ASSERT_EQUAL(sessions(user, "AI_CHAT", NULL, 10, NULL, NULL), 1);
	CU_ASSERT_EQUAL(sessions(user, NULL, "ENDED", 10, NULL, NULL), 2);
	CU_ASSERT_EQUAL(sessions(advisor, NULL, NULL, 10, NULL, NULL), 3);
	CU_ASSERT_STRING_EQUAL(value(0, "side"), "USER");
	CU_ASSERT_STRING_EQUAL(value(1, "side"), "ADVISOR");
	CU_ASSERT_STRING_EQUAL(value(1, "other_id"), user);
}

static void
session_pages_have_no_gaps(void)
{
	const char *advisor = testdb_advisor(), *key1 = NULL, *key2 = NULL;
	size_t total = 0, got, i;

	/* Both sides, in pairs of equal time. */
	for (i = 0; i < 9; i++)
		session(i % 2 ? advisor : testdb_user("USER"), i % 2 ? testdb_advisor() : advisor,
		    "ENDED", i < 4 ? "1" : "2");
	do {
		got = sessions(advisor, NULL, NULL, 2, key1, key2);
		total += got;
		if (got > 0) {
			key1 = value(got - 1, "_k1");
			key2 = value(got - 1, "_k2");
		}
	} while (got == 2 && total < 20);
	CU_ASSERT_EQUAL(total, 9);
}

static const struct cunit_test tests[] = {
	{ "an edit changes what it names and the version",
	    an_edit_changes_what_it_names_and_the_version },
	{ "an old version is refused and any is taken when asked",
	    an_old_version_is_refused_and_any_is_taken_when_asked },
	{ "values that mean nothing are blamed", values_that_mean_nothing_are_blamed },
	{ "languages have one spelling", languages_have_one_spelling },
	{ "others see the public part", others_see_the_public_part },
	{ "the blocked and the gone are hidden", the_blocked_and_the_gone_are_hidden },
	{ "sessions of both sides are listed and filtered",
	    sessions_of_both_sides_are_listed_and_filtered },
	{ "session pages have no gaps", session_pages_have_no_gaps },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	db = testdb_open(sets);
	status = cunit_run("profile", tests);
	testdb_close(db);
	return status;
}
