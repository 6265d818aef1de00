/* Reports: who may report what, what is kept of it, and that a repeat is the first. */
#include "base/uuid.h"
#include "domain/people/report.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

static const struct stmt_set *const sets[] = { &report_stmts, NULL };
static struct db *db;
static struct rows *rows; /* of the last report */
static bool created;

static enum err
report_fn(struct db *tx, void *arg)
{
	return report_create(tx, arg, &created, &rows);
}

static enum err
report(const char *reporter, const char *type, const char *target)
{
	struct report made = { uuid_new(db_arena(db)), reporter, type, target, "SPAM", NULL };

	return db_tx(db, report_fn, &made);
}

/* A member of the last report's snapshot. */
static const char *
kept(const char *path)
{
	return testdb_text("SELECT snapshot #>> $2::text[] FROM report WHERE id = $1",
	    rows_text(rows, 0, 0), path);
}

struct talk {
	const char *user, *advisor, *session, *conversation, *message;
};

/* A session with 25 messages by the user; message is number 12. */
static struct talk
talk_make(void)
{
	struct talk t = { .user = testdb_user("USER"), .advisor = testdb_advisor() };

	t.conversation = testdb_text(
	    "INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'SESSION') RETURNING id");
	t.session =
	    testdb_text("INSERT INTO session (id, type, user_id, advisor_id, conversation_id,"
			" expires_at) VALUES (gen_random_uuid(), 'CHAT', $1, $2, $3, app_now())"
			" RETURNING id",
		t.user, t.advisor, t.conversation);
	testdb_run("INSERT INTO member (conversation_id, user_id, role) VALUES ($1, $2, 'USER'),"
		   " ($1, $3, 'ADVISOR')",
	    t.conversation, t.user, t.advisor);
	testdb_run("INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id,"
		   " body) SELECT $1::uuid, n, gen_random_uuid(), $2::uuid, 'USER', 'c' || n,"
		   " 'text ' || n FROM generate_series(1, 25) n",
	    t.conversation, t.user);
	t.message = testdb_text(
	    "SELECT id FROM message WHERE conversation_id = $1 AND seq = 12", t.conversation);
	return t;
}

static void
a_profile_is_kept_as_it_stood(void)
{
	const char *me = testdb_user("USER"), *advisor = testdb_advisor();

	CU_ASSERT_EQUAL_FATAL(report(me, "ADVISOR", advisor), ERR_OK);
	testdb_run("UPDATE advisor SET headline = 'changed' WHERE id = $1", advisor);
	CU_ASSERT_STRING_EQUAL(kept("{headline}"), "Listens first");
	CU_ASSERT_STRING_EQUAL(kept("{rate}"), "{\"currency\": \"INR\", \"amount_minor\": 2500}");
	CU_ASSERT_EQUAL_FATAL(report(me, "USER", advisor), ERR_OK);
	CU_ASSERT_STRING_EQUAL(kept("{display_name}"), "Test Advisor");
}

static void
a_message_is_kept_with_those_around_it(void)
{
	struct talk t = talk_make();

	CU_ASSERT_EQUAL_FATAL(report(t.advisor, "MESSAGE", t.message), ERR_OK);
	CU_ASSERT_STRING_EQUAL(kept("{message,body}"), "text 12");
	CU_ASSERT_STRING_EQUAL(kept("{around,0,body}"), "text 2");
	CU_ASSERT_STRING_EQUAL(kept("{around,20,body}"), "text 22");
	CU_ASSERT_STRING_EQUAL(kept("{around,21,body}"), "");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT target_user_id FROM report WHERE id = $1", rows_text(rows, 0, 0)),
	    t.user);
}

static void
a_session_is_reported_by_either_side(void)
{
	struct talk t = talk_make();

	CU_ASSERT_EQUAL_FATAL(report(t.user, "SESSION", t.session), ERR_OK);
	CU_ASSERT_STRING_EQUAL(kept("{advisor_id}"), t.advisor);
	CU_ASSERT_STRING_EQUAL(kept("{rate,currency}"), "INR");
	CU_ASSERT_STRING_EQUAL(kept("{rate_minor}"), "");
	CU_ASSERT_EQUAL_FATAL(report(t.advisor, "SESSION", t.session), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT target_user_id FROM report WHERE id = $1", rows_text(rows, 0, 0)),
	    t.user);
}

static void
strangers_cannot_report_what_they_cannot_see(void)
{
	struct talk t = talk_make();
	const char *stranger = testdb_user("USER");

	CU_ASSERT_EQUAL(report(stranger, "MESSAGE", t.message), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(report(stranger, "SESSION", t.session), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(report(stranger, "SESSION", t.message), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(report(stranger, "USER", t.session), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(report(stranger, "ADVISOR", t.user), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(report(stranger, "ADVISOR", testdb_user("ADVISOR")), ERR_NOT_FOUND);
}

static void
nobody_reports_themselves(void)
{
	struct talk t = talk_make();

	CU_ASSERT_EQUAL(report(t.user, "USER", t.user), ERR_VALIDATION);
	CU_ASSERT_EQUAL(report(t.user, "MESSAGE", t.message), ERR_VALIDATION);
	CU_ASSERT_EQUAL(report(t.advisor, "ADVISOR", t.advisor), ERR_VALIDATION);
}

static void
a_repeat_is_the_first_while_that_is_open(void)
{
	const char *me = testdb_user("USER"), *other = testdb_user("USER"), *first;

	CU_ASSERT_EQUAL_FATAL(report(me, "USER", other), ERR_OK);
	CU_ASSERT_TRUE(created);
	first = rows_text(rows, 0, 0);
	CU_ASSERT_EQUAL_FATAL(report(me, "USER", other), ERR_OK);
	CU_ASSERT_FALSE(created);
	CU_ASSERT_STRING_EQUAL(rows_text(rows, 0, 0), first);
	testdb_run("UPDATE report SET state = 'DISMISSED' WHERE id = $1", first);
	CU_ASSERT_EQUAL_FATAL(report(me, "USER", other), ERR_OK);
	CU_ASSERT_TRUE(created);
}

static const struct cunit_test tests[] = {
	{ "a profile is kept as it stood", a_profile_is_kept_as_it_stood },
	{ "a message is kept with those around it", a_message_is_kept_with_those_around_it },
	{ "a session is reported by either side", a_session_is_reported_by_either_side },
	{ "strangers cannot report what they cannot see",
	    strangers_cannot_report_what_they_cannot_see },
	{ "nobody reports themselves", nobody_reports_themselves },
	{ "a repeat is the first while that is open", a_repeat_is_the_first_while_that_is_open },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	db = testdb_open(sets);
	status = cunit_run("report", tests);
	testdb_close(db);
	return status;
}
