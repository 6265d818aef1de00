/* An application is decided once; a decision changes role, logins, events and audit together. */
#include "domain/market/review.h"
#include "harness/acting.h"
#include "harness/cunit.h"
#include "harness/listed.h"
#include "harness/testdb.h"

#include <string.h>

static const struct stmt_set *const sets[] = { &audit_stmts, &review_stmts, NULL };
static struct db *db;
static const char *admin;

/* reason NULL approves. */
static enum err
decide(const char *id, const char *reason)
{
	struct buf input = buf_new(db_arena(db), 64);

	if (reason == NULL)
		return acting(db, admin, "advisor.approve", id, NULL);
	buf_puts(&input, "{\"reason\":");
	buf_json(&input, reason);
	buf_putc(&input, '}');
	return acting(db, admin, "advisor.reject", id, input.data);
}

/* An account with an application, waiting for hours. */
static const char *
applicant(const char *role, const char *hours)
{
	const char *id = testdb_user(role);

	testdb_run("INSERT INTO advisor (id) VALUES ($1) ON CONFLICT DO NOTHING", id);
	testdb_advisor_state(id, "PENDING");
	testdb_run("UPDATE advisor SET headline = 'Hello', applied_at ="
		   " app_now() - make_interval(hours => $2::int) WHERE id = $1",
	    id, hours);
	testdb_run(
	    "INSERT INTO login (id, user_id, kind, ip, expires_at) VALUES (gen_random_uuid(), $1,"
	    " 'APP', '192.0.2.1', app_now() + interval '1 day')",
	    id);
	return id;
}

static int64_t
audits(const char *id, const char *action)
{
	return testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1 AND action = $2"
			  " AND actor_id = $3 AND request_id = 'req-acting'",
	    id, action, admin);
}

static void
the_longest_waiting_comes_first(void)
{
	const char *newer = applicant("USER", "87650"), *older = applicant("USER", "87660");
	const struct list_page page = listed(db, &advisor_list, 1, false, NULL, "state", "PENDING"),
			       rest = listed(db, &advisor_list, 1, false, &page, "state", "PENDING");

	CU_ASSERT_EQUAL_FATAL(page.count, 1);
	CU_ASSERT_STRING_EQUAL(rows_text_of(page.rows, 0, "id"), older);
	CU_ASSERT_EQUAL_FATAL(rest.count, 1);
	CU_ASSERT_STRING_EQUAL(rows_text_of(rest.rows, 0, "id"), newer);
	CU_ASSERT_EQUAL(decide(older, "No"), ERR_OK);
	CU_ASSERT_EQUAL(decide(newer, "No"), ERR_OK);
}

static void
approval_makes_a_user_an_advisor_and_ends_old_logins(void)
{
	const char *id = applicant("USER", "1");

	CU_ASSERT_EQUAL(decide(id, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state FROM advisor WHERE id = $1", id), "APPROVED");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT role FROM user_account WHERE id = $1", id), "ADVISOR");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM login l JOIN revocation r ON r.login_id = l.id"
		       " WHERE l.user_id = $1 AND l.end_reason = 'REPLACED'",
		id),
	    1);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT type FROM event WHERE user_id = $1", id), "advisor.approved");
	CU_ASSERT_EQUAL(audits(id, "advisor.approve"), 1);
}

static void
approval_of_an_advisor_keeps_logins(void)
{
	const char *id = applicant("ADVISOR", "1");

	CU_ASSERT_EQUAL(decide(id, NULL), ERR_OK);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM login WHERE user_id = $1 AND ended_at IS NULL", id), 1);
}

static void
a_refusal_keeps_its_reason_and_tells_the_person(void)
{
	const char *id = applicant("USER", "1");

	CU_ASSERT_EQUAL(decide(id, "Say more about \"yourself\""), ERR_OK);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state || ': ' || state_reason FROM advisor"
					   " WHERE id = $1 AND reviewed_at IS NOT NULL",
				   id),
	    "REJECTED: Say more about \"yourself\"");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT role FROM user_account WHERE id = $1", id), "USER");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT payload ->> 'reason' FROM event WHERE user_id = $1", id),
	    "Say more about \"yourself\"");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text(
		"SELECT type || ' ' || (payload ->> 'state') FROM event WHERE user_id = $1", id),
	    "advisor.rejected REJECTED");
	CU_ASSERT_EQUAL(audits(id, "advisor.reject"), 1);
}

static void
only_pending_applications_of_active_accounts_are_decided(void)
{
	static const char *const states[] = { "DRAFT", "APPROVED", "REJECTED" };
	const char *id = testdb_user("ADVISOR");
	size_t i;

	for (i = 0; i < COUNT_OF(states); i++) {
		if (i > 0)
			testdb_advisor_state(id, states[i]);
		CU_ASSERT_EQUAL(decide(id, NULL), ERR_BAD_STATE);
		CU_ASSERT_EQUAL(decide(id, "No"), ERR_BAD_STATE);
	}
	testdb_advisor_state(id, "PENDING");
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", id);
	CU_ASSERT_EQUAL(decide(id, NULL), ERR_ACCOUNT_BLOCKED);
	CU_ASSERT_EQUAL(decide(testdb_user("USER"), NULL), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1", id), 0);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM event WHERE user_id = $1", id), 0);
}

static const char *
state_of(const char *id)
{
	return testdb_text(
	    "SELECT state || ' ' || online || ' ' || state_reason FROM advisor WHERE id = $1", id);
}

static void
who_was_approved_is_suspended_resumed_revoked_and_looked_at_again(void)
{
	static const char why[] = "{\"reason\": \"Complaints\"}";
	const char *id = testdb_advisor();

	CU_ASSERT_EQUAL(acting(db, admin, "advisor.resume", id, NULL), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(acting(db, admin, "advisor.suspend", id, why), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "SUSPENDED false Complaints");
	CU_ASSERT_EQUAL(acting(db, admin, "advisor.resume", id, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "APPROVED false ");
	testdb_run("UPDATE advisor SET online = true WHERE id = $1", id);
	CU_ASSERT_EQUAL(acting(db, admin, "advisor.revoke", id, why), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "REJECTED false Complaints");
	CU_ASSERT_EQUAL(acting(db, admin, "advisor.reopen", id, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "PENDING false ");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT string_agg(type || ' ' || (payload ->> 'state'), ', ' ORDER BY seq)"
			" FROM event WHERE user_id = $1",
		id),
	    "advisor.suspended SUSPENDED, advisor.resumed APPROVED, advisor.revoked REJECTED,"
	    " advisor.reopened PENDING");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1", id), 4);
}

static void
the_detail_has_what_a_reviewer_reads(void)
{
	const char *id = applicant("USER", "1");
	struct rows *rows;

	testdb_run("UPDATE advisor SET specializations = '{tarot,dating,gone}' WHERE id = $1", id);
	CU_ASSERT_EQUAL_FATAL(review_get(db, id, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(rows_name(rows, 12), "specializations");
	CU_ASSERT_STRING_EQUAL(rows_text(rows, 0, 12), "[\"Dating\", \"Tarot\", \"gone\"]");
	CU_ASSERT_EQUAL(review_get(db, admin, &rows), ERR_NOT_FOUND);
}

static void
the_statements_prepare(void)
{
	db = testdb_open(sets);
	admin = testdb_user("ADMIN");
}

static const struct cunit_test tests[] = {
	{ "the statements prepare", the_statements_prepare },
	{ "the longest waiting comes first", the_longest_waiting_comes_first },
	{ "approval makes a user an advisor and ends old logins",
	    approval_makes_a_user_an_advisor_and_ends_old_logins },
	{ "approval of an advisor keeps logins", approval_of_an_advisor_keeps_logins },
	{ "a refusal keeps its reason and tells the person",
	    a_refusal_keeps_its_reason_and_tells_the_person },
	{ "only pending applications of active accounts are decided",
	    only_pending_applications_of_active_accounts_are_decided },
	{ "who was approved is suspended, resumed, revoked and looked at again",
	    who_was_approved_is_suspended_resumed_revoked_and_looked_at_again },
	{ "the detail has what a reviewer reads", the_detail_has_what_a_reviewer_reads },
	{ NULL, NULL },
};

int
main(void)
{
	int result;

	result = cunit_run("review", tests);
	if (db != NULL)
		testdb_close(db);
	return result;
}
