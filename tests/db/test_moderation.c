/* Blocking ends everything a person has going; reports are closed once. */
#include "base/uuid.h"
#include "domain/people/moderation.h"
#include "domain/people/panel_login.h"
#include "domain/people/user_admin.h"
#include "domain/system/overview.h"
#include "domain/talk/message.h"
#include "domain/talk/session_leave.h"
#include "harness/acting.h"
#include "harness/cunit.h"
#include "harness/listed.h"
#include "harness/testdb.h"

#include <string.h>

static const struct stmt_set *const sets[] = { &audit_stmts, &moderation_stmts, &panel_login_stmts,
	&user_admin_stmts, &overview_stmts, &session_stmts, &session_leave_stmts, &message_stmts,
	NULL };
static struct db *db;
static const char *admin;

static enum err
block(const char *id)
{
	return acting(db, admin, "user.block", id, "{\"reason\": \"Rude to people\"}");
}

static enum err
unblock(const char *id)
{
	return acting(db, admin, "user.unblock", id, NULL);
}

static enum err
resolve(const char *report, bool actioned, bool with_block)
{
	return acting(db, admin, actioned ? "report.decide" : "report.dismiss", report,
	    with_block ? "{\"note\": \"Seen\", \"block\": true}" : "{\"note\": \"Seen\"}");
}

/* A session in state between the two; its id. */
static const char *
session(const char *user, const char *advisor, const char *state)
{
	const char *place = testdb_text("INSERT INTO conversation (id, kind)"
					" VALUES (gen_random_uuid(), 'SESSION') RETURNING id");

	testdb_run("INSERT INTO member (conversation_id, user_id, role) VALUES ($1, $2, 'USER'),"
		   " ($1, $3, 'ADVISOR')",
	    place, user, advisor);
	return testdb_text(
	    "INSERT INTO session (id, type, state, user_id, advisor_id, conversation_id,"
	    " expires_at) VALUES (gen_random_uuid(), 'CHAT', $1, $2, $3, $4,"
	    " app_now() + interval '1 minute') RETURNING id",
	    state, user, advisor, place);
}

static const char *
report(const char *about)
{
	return testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id,"
	    " reason) VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'ABUSE') RETURNING id",
	    testdb_user("USER"), about);
}

static void
blocking_ends_logins_and_revokes_tokens(void)
{
	const char *id = testdb_user("USER");

	testdb_run(
	    "INSERT INTO login (id, user_id, kind, ip, expires_at) SELECT gen_random_uuid(), $1,"
	    " 'APP', '192.0.2.1', app_now() + interval '1 day' FROM generate_series(1, 2)",
	    id);
	CU_ASSERT_EQUAL(block(id), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state || ': ' || block_reason FROM user_account WHERE id = $1", id),
	    "BLOCKED: Rude to people");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM login l JOIN revocation r ON r.login_id = l.id"
		       " WHERE l.user_id = $1 AND l.end_reason = 'BLOCKED'",
		id),
	    2);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1 AND action ="
				   " 'user.block' AND actor_id = $2 AND detail ->> 'reason' ="
				   " 'Rude to people'",
			    id, admin),
	    1);
	CU_ASSERT_EQUAL(block(id), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(unblock(id), ERR_OK);
	CU_ASSERT_EQUAL(unblock(id), ERR_BAD_STATE);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state || coalesce(block_reason, '-')"
					   " FROM user_account WHERE id = $1",
				   id),
	    "ACTIVE-");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT string_agg(type || ' ' || payload::text, ' ' ORDER BY seq) FROM event"
			" WHERE user_id = $1",
		id),
	    arena_printf(db_arena(db),
		"account.blocked {\"state\": \"BLOCKED\", \"user_id\": \"%s\"}"
		" account.unblocked {\"state\": \"ACTIVE\", \"user_id\": \"%s\"}",
		id, id));
}

static void
blocking_ends_live_sessions_and_tells_both(void)
{
	static const char *const states[][3] = {
		{ "REQUESTED", "CANCELLED", "session.cancelled" },
		{ "ACCEPTED", "CANCELLED", "session.cancelled" },
		{ "ONGOING", "ENDED", "session.ended" },
	};
	const char *user, *advisor, *id;
	size_t i;

	for (i = 0; i < COUNT_OF(states); i++) {
		user = testdb_user("USER");
		advisor = testdb_advisor();
		id = session(user, advisor, states[i][0]);
		CU_ASSERT_EQUAL(block(i == 0 ? user : advisor), ERR_OK);
		CU_ASSERT_STRING_EQUAL(
		    testdb_text("SELECT state FROM session WHERE id = $1", id), states[i][1]);
		CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM conversation c JOIN session s"
					   " ON s.conversation_id = c.id WHERE s.id = $1"
					   " AND c.closed_at IS NOT NULL AND s.ended_at IS NOT NULL",
				    id),
		    1);
		CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM event WHERE user_id IN ($1, $2)"
					   " AND type = $3 AND payload ->> 'id' = $4",
				    user, advisor, states[i][2], id),
		    2);
		CU_ASSERT_EQUAL(
		    testdb_i64("SELECT session_count FROM advisor WHERE id = $1", advisor), i == 2);
		CU_ASSERT_EQUAL(
		    testdb_i64("SELECT online::int FROM advisor WHERE id = $1", advisor), i == 0);
	}
}

static void
admins_are_not_blocked(void)
{
	CU_ASSERT_EQUAL(block(admin), ERR_FORBIDDEN);
	CU_ASSERT_EQUAL(block(testdb_user("ADMIN")), ERR_FORBIDDEN);
	CU_ASSERT_EQUAL(block("00000000-0000-7000-8000-000000000000"), ERR_NOT_FOUND);
}

static void
a_report_is_resolved_once(void)
{
	const char *user = testdb_user("USER"), *id = report(user);
	struct rows *rows;

	CU_ASSERT_EQUAL(resolve(id, false, false), ERR_OK);
	CU_ASSERT_EQUAL(resolve(id, true, false), ERR_BAD_STATE);
	CU_ASSERT_EQUAL_FATAL(moderation_report_get(db, id, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(rows_text(rows, 0, 10), "DISMISSED");
	CU_ASSERT_STRING_EQUAL(rows_text(rows, 0, 11), "Seen");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1", id), 1);
	CU_ASSERT_EQUAL(resolve(user, true, false), ERR_NOT_FOUND);
}

static void
resolving_with_a_block_does_both_or_nothing(void)
{
	const char *user = testdb_user("USER"), *id = report(user);

	CU_ASSERT_EQUAL(resolve(id, true, true), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state FROM user_account WHERE id = $1", user), "BLOCKED");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state FROM report WHERE id = $1", id), "ACTIONED");
	id = report(testdb_user("ADMIN"));
	CU_ASSERT_EQUAL(resolve(id, true, true), ERR_FORBIDDEN);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state FROM report WHERE id = $1", id), "OPEN");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1", id), 0);
}

/* The events of the person about the report, oldest first. */
static const char *
heard(const char *user)
{
	return testdb_text(
	    "SELECT coalesce(string_agg(type || ' ' || coalesce(payload ->> 'state', ''),"
	    " ', ' ORDER BY seq), '') FROM event WHERE user_id = $1 AND type LIKE 'report.%'",
	    user);
}

static void
both_hear_what_was_decided_and_that_it_is_open_again(void)
{
	const char *user = testdb_user("USER"), *id = report(user), *again;
	const char *reporter = testdb_text("SELECT reporter_id FROM report WHERE id = $1", id);

	CU_ASSERT_EQUAL(resolve(id, false, false), ERR_OK);
	CU_ASSERT_STRING_EQUAL(heard(reporter), "report.closed DISMISSED");
	CU_ASSERT_STRING_EQUAL(heard(user), "");
	CU_ASSERT_EQUAL(acting(db, admin, "report.reopen", id, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state || resolution || coalesce(resolved_at::text, '-')"
			" FROM report WHERE id = $1",
		id),
	    "OPEN-");
	CU_ASSERT_EQUAL(resolve(id, true, false), ERR_OK);
	CU_ASSERT_STRING_EQUAL(heard(reporter),
	    "report.closed DISMISSED, report.reopened OPEN, report.closed ACTIONED");
	CU_ASSERT_STRING_EQUAL(heard(user), "report.upheld ");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM event WHERE user_id = $1"
				   " AND payload::text LIKE '%' || $2 || '%'",
			    user, reporter),
	    0);
	again = testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id,"
	    " reason) VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'ABUSE') RETURNING id",
	    reporter, user);
	CU_ASSERT_EQUAL(acting(db, admin, "report.reopen", id, NULL), ERR_CONFLICT);
	CU_ASSERT_EQUAL(resolve(again, false, false), ERR_OK);
	CU_ASSERT_STRING_EQUAL(heard(user), "report.upheld ");
	CU_ASSERT_EQUAL(acting(db, admin, "report.reopen", id, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(heard(user), "report.upheld , report.reconsidered ");
	CU_ASSERT_EQUAL(acting(db, admin, "report.reopen", again, NULL), ERR_CONFLICT);
	CU_ASSERT_EQUAL(resolve(id, false, false), ERR_OK);
	CU_ASSERT_EQUAL(acting(db, admin, "report.reopen", id, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(heard(user), "report.upheld , report.reconsidered ");
}

static void
users_are_found_by_name_mail_and_id(void)
{
	const char *id = testdb_user("USER");
	const char *name = arena_printf(db_arena(db), "ZO\xc3\xab 100%% %s", id);
	const char *email = arena_printf(db_arena(db), "%s@EXAMPLE", id);
	struct rows *rows;

	testdb_run(
	    "UPDATE user_account SET display_name = 'Zo\xc3\xab 100% ' || id WHERE id = $1", id);
	CU_ASSERT_EQUAL(listed(db, &user_list, 10, false, NULL, "q", id).count, 1);
	CU_ASSERT_EQUAL(listed(db, &user_list, 10, false, NULL, "q", name).count, 1);
	CU_ASSERT_EQUAL(
	    listed(db, &user_list, 10, false, NULL, "q", email, "state", "ACTIVE").count, 1);
	CU_ASSERT_EQUAL(
	    listed(db, &user_list, 10, false, NULL, "q", email, "state", "BLOCKED").count, 0);
	CU_ASSERT_EQUAL(listed(db, &user_list, 10, false, NULL, "q", "100%_").count, 0);
	CU_ASSERT_EQUAL(user_admin_get(db, id, &rows), ERR_OK);
}

static void
panel_logins_end_by_themselves_and_by_hand(void)
{
	const char *id = testdb_text("SELECT gen_random_uuid()");
	struct panel_login login = { id, admin, id, "192.0.2.1", "Test" };
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(panel_login_create(db, &login), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(panel_login_find(db, id, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(rows_text(rows, 0, 1), admin);
	testdb_run(
	    "UPDATE login SET last_used_at = app_now() - interval '14 minutes' WHERE id = $1", id);
	CU_ASSERT_EQUAL(panel_login_find(db, id, &rows), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM login WHERE id = $1"
				   " AND last_used_at > app_now() - interval '1 minute'",
			    id),
	    1);
	testdb_run("UPDATE login SET last_used_at = app_now() - interval '15 minutes 1 second'"
		   " WHERE id = $1",
	    id);
	CU_ASSERT_EQUAL(panel_login_find(db, id, &rows), ERR_NOT_FOUND);
	testdb_run(
	    "UPDATE login SET last_used_at = app_now(), expires_at = app_now() WHERE id = $1", id);
	CU_ASSERT_EQUAL(panel_login_find(db, id, &rows), ERR_NOT_FOUND);
	testdb_run("UPDATE login SET expires_at = app_now() + interval '1 hour' WHERE id = $1", id);
	CU_ASSERT_EQUAL(panel_login_find(db, id, &rows), ERR_OK);
	CU_ASSERT_EQUAL(panel_login_end(db, id), ERR_OK);
	CU_ASSERT_EQUAL(panel_login_find(db, id, &rows), ERR_NOT_FOUND);
	login = (struct panel_login){ testdb_text("SELECT gen_random_uuid()"),
		testdb_user("ADVISOR"), "x", "192.0.2.1", "" };
	CU_ASSERT_EQUAL(panel_login_create(db, &login), ERR_BAD_CREDENTIALS);
}

static void
the_overview_counts(void)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(overview_refresh(db), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(overview_counts(db, &rows), ERR_OK);
	CU_ASSERT_TRUE(rows_i64(rows, 0, 0) > 0);
	CU_ASSERT_EQUAL(overview_waiting(db, 1000000, &rows), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(overview_days(db, &rows), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(rows_count(rows), OVERVIEW_DAYS);
	CU_ASSERT_EQUAL(rows_i64(rows, OVERVIEW_DAYS - 1, 2),
	    testdb_i64("SELECT count(*) FROM session WHERE (requested_at AT TIME ZONE 'UTC')::date ="
		       " (app_now() AT TIME ZONE 'UTC')::date"));
	CU_ASSERT_EQUAL(overview_database(db, &rows), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(overview_programs(db, &rows), ERR_OK);
	CU_ASSERT_TRUE(rows_count(rows) > 0);
}

static void
the_statements_prepare(void)
{
	db = testdb_open(sets);
	admin = testdb_user("ADMIN");
}

/* The ids of the open reports when one pages through them, two at a time. */
static const char *
paged(bool turned)
{
	struct buf ids = buf_new(db_arena(db), 1024);
	struct list_page page = listed(db, &report_list, 2, turned, NULL, "state", "OPEN");
	size_t i;

	for (;; page = listed(db, &report_list, 2, turned, &page, "state", "OPEN")) {
		for (i = 0; i < page.count; i++)
			buf_join(&ids, ids.len > 0 ? " " : "",
			    rows_text_of(page.rows, list_row(&page, i), "id"), NULL);
		if (!page.after)
			return ids.data;
	}
}

static void
reports_come_oldest_first_or_turned_round(void)
{
	int i;

	for (i = 0; i < 5; i++)
		testdb_run(
		    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id,"
		    " reason) VALUES ($1, $2, 'USER', $3, $3, 'SPAM')",
		    uuid_new(db_arena(db)), testdb_user("USER"), testdb_user("USER"));
	CU_ASSERT_STRING_EQUAL(paged(false),
	    testdb_text("SELECT string_agg(id::text, ' ' ORDER BY created_at, id) FROM report"
			" WHERE state = 'OPEN'"));
	CU_ASSERT_STRING_EQUAL(paged(true),
	    testdb_text(
		"SELECT string_agg(id::text, ' ' ORDER BY created_at DESC, id DESC) FROM report"
		" WHERE state = 'OPEN'"));
}

static const struct cunit_test tests[] = {
	{ "the statements prepare", the_statements_prepare },
	{ "blocking ends logins and revokes tokens", blocking_ends_logins_and_revokes_tokens },
	{ "blocking ends live sessions and tells both", blocking_ends_live_sessions_and_tells_both },
	{ "admins are not blocked", admins_are_not_blocked },
	{ "a report is resolved once", a_report_is_resolved_once },
	{ "resolving with a block does both or nothing",
	    resolving_with_a_block_does_both_or_nothing },
	{ "both hear what was decided, and that it is open again",
	    both_hear_what_was_decided_and_that_it_is_open_again },
	{ "users are found by name, mail and id", users_are_found_by_name_mail_and_id },
	{ "panel logins end by themselves and by hand", panel_logins_end_by_themselves_and_by_hand },
	{ "the overview counts", the_overview_counts },
	{ "reports come oldest first, or turned round", reports_come_oldest_first_or_turned_round },
	{ NULL, NULL },
};

int
main(void)
{
	int result;

	result = cunit_run("moderation", tests);
	if (db != NULL)
		testdb_close(db);
	return result;
}
