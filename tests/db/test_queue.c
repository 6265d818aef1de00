/* Queues: what comes first, who is given what, what is put off, and what is decided together. */
#include "domain/market/application.h"
#include "domain/people/evidence.h"
#include "domain/system/decision.h"
#include "harness/acting.h"
#include "harness/cunit.h"
#include "harness/subject.h"
#include "harness/testdb.h"

#include <string.h>

static const struct stmt_set *const own[] = { &queue_stmts, &evidence_stmts, &application_stmts,
	NULL };
static struct arena *arena;
static struct db *db;
static const char *one, *two, *reporter;

/* Somebody asks for the next item. */
struct asking {
	const struct queue_source *source;
	const char *admin, *id;
	bool again;
};

static enum err
next_in_tx(struct db *door, void *arg)
{
	struct asking *asking = arg;

	return queue_next(door, asking->source, asking->admin, &asking->id, &asking->again);
}

static const char *
next_of(const struct queue_source *source, const char *admin)
{
	struct asking asking = { source, admin, NULL, false };
	enum err err = db_tx(db, next_in_tx, &asking);

	CU_ASSERT_FATAL(err == ERR_OK || err == ERR_NOT_FOUND);
	return err == ERR_OK ? asking.id : "nothing";
}

static const char *
next(const char *admin)
{
	return next_of(&report_queue, admin);
}

/* Nothing waits, and nobody looks at anything. */
static void
clear(void)
{
	testdb_run(
	    "UPDATE report SET state = 'DISMISSED', resolved_at = app_now() WHERE state = 'OPEN'");
	testdb_run("UPDATE advisor SET state = 'REJECTED' WHERE state = 'PENDING'");
	testdb_run(
	    "UPDATE decision SET state = 'UNDONE', done_at = app_now() WHERE state = 'PENDING'");
	testdb_run("DELETE FROM queue_look");
}

/* A report raised some hours ago; about NULL: somebody new. */
static const char *
raised(const char *reason, const char *hours, const char *by, const char *about)
{
	return testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason,"
	    " created_at) VALUES (gen_random_uuid(), $1, 'USER', gen_random_uuid(), $2, $3,"
	    " app_now() - $4::int * interval '1 hour') RETURNING id",
	    by, about != NULL ? about : testdb_user("USER"), reason, hours);
}

/* Of so many reports this many were right. */
static const char *
with_record(const char *right, const char *wrong)
{
	const char *who = testdb_user("USER");

	testdb_run(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason,"
	    " state) SELECT gen_random_uuid(), $1, 'USER', gen_random_uuid(), $4, 'SPAM',"
	    " CASE WHEN n <= $2::int THEN 'ACTIONED' ELSE 'DISMISSED' END"
	    " FROM generate_series(1, $2::int + $3::int) n",
	    who, right, wrong, testdb_user("USER"));
	return who;
}

static void
close_one(const char *id)
{
	testdb_run("UPDATE report SET state = 'ACTIONED' WHERE id = $1", id);
}

static void
the_worst_comes_first_and_then_what_waits_longest(void)
{
	const char *order[5];
	size_t i;

	arena = arena_new(16 * 1024 * 1024);
	db = testdb_open(act_sets_behind(arena, own));
	one = testdb_user("ADMIN");
	two = testdb_user("ADMIN");
	reporter = testdb_user("USER");
	clear();
	order[4] = raised("SPAM", "90", reporter, NULL);
	order[3] = raised("OTHER", "95", reporter, NULL);
	order[2] = raised("FRAUD", "10", reporter, NULL);
	order[1] = raised("ABUSE", "20", reporter, NULL);
	order[0] = raised("MINOR", "0", reporter, NULL);
	for (i = 0; i < COUNT_OF(order); i++) {
		const char *expected = order[i < 3 ? i : i == 3 ? 3 : 4];

		CU_ASSERT_STRING_EQUAL(next(one), expected);
		close_one(expected);
	}
	CU_ASSERT_STRING_EQUAL(next(one), "nothing");
}

static void
who_was_right_before_is_heard_sooner(void)
{
	const char *wrong, *right, *fresh;

	clear();
	wrong = raised("ABUSE", "30", with_record("0", "6"), NULL);
	fresh = raised("FRAUD", "20", testdb_user("USER"), NULL);
	right = raised("INDECENT", "15", with_record("9", "0"), NULL);
	CU_ASSERT_STRING_EQUAL(next(one), right);
	close_one(right);
	CU_ASSERT_STRING_EQUAL(next(one), fresh);
	close_one(fresh);
	CU_ASSERT_STRING_EQUAL(next(one), wrong);
}

static void
two_administrators_are_given_different_matters(void)
{
	const char *rude = testdb_user("USER"), *first, *later;

	clear();
	first = raised("ABUSE", "9", reporter, rude);
	(void)raised("ABUSE", "8", testdb_user("USER"), rude);
	later = raised("SPAM", "1", reporter, NULL);
	CU_ASSERT_STRING_EQUAL(next(one), first);
	CU_ASSERT_STRING_EQUAL(next(two), later);
	CU_ASSERT_STRING_EQUAL(next(one), first);
	testdb_run("UPDATE queue_look SET at = at - interval '601 s' WHERE admin_id = $1", one);
	CU_ASSERT_STRING_EQUAL(next(two), first);
	CU_ASSERT_STRING_EQUAL(next(one), later);
}

static void
who_asks_for_an_item_hears_who_looks_at_it(void)
{
	const char *first, *other = "";

	clear();
	first = raised("ABUSE", "9", reporter, NULL);
	testdb_run("UPDATE user_account SET display_name = 'One' WHERE id = $1", one);
	CU_ASSERT_EQUAL(queue_take(db, &report_queue, one, first, &other), ERR_OK);
	CU_ASSERT_PTR_NULL(other);
	CU_ASSERT_EQUAL(queue_take(db, &report_queue, two, first, &other), ERR_OK);
	CU_ASSERT_STRING_EQUAL_FATAL(other, "One");
	CU_ASSERT_STRING_EQUAL(next(two), "nothing");
	CU_ASSERT_EQUAL(queue_take(db, &report_queue, one, one, &other), ERR_NOT_FOUND);
}

static void
what_is_skipped_comes_last_and_is_not_lost(void)
{
	const char *first, *second;

	clear();
	first = raised("ABUSE", "9", reporter, NULL);
	second = raised("SPAM", "1", reporter, NULL);
	CU_ASSERT_STRING_EQUAL(next(one), first);
	CU_ASSERT_EQUAL(queue_skip(db, &report_queue, one, first), ERR_OK);
	CU_ASSERT_STRING_EQUAL(next(one), second);
	CU_ASSERT_STRING_EQUAL(next(two), first);
	clear();
	testdb_run("UPDATE report SET state = 'OPEN' WHERE id IN ($1, $2)", first, second);
	CU_ASSERT_EQUAL(queue_skip(db, &report_queue, one, first), ERR_OK);
	CU_ASSERT_EQUAL(queue_skip(db, &report_queue, one, second), ERR_OK);
	CU_ASSERT_STRING_EQUAL(next(one), first);
	CU_ASSERT_EQUAL(queue_skip(db, &report_queue, one, first), ERR_OK);
	testdb_run("UPDATE queue_look SET at = at - interval '1801 s' WHERE admin_id = $1", one);
	CU_ASSERT_STRING_EQUAL(next(one), first);
	CU_ASSERT_EQUAL(queue_skip(db, &report_queue, one, one), ERR_NOT_FOUND);
}

static void
what_another_looks_after_is_left_to_them(void)
{
	const char *first, *second;

	clear();
	first = raised("ABUSE", "9", reporter, NULL);
	second = raised("ABUSE", "1", reporter, NULL);
	CU_ASSERT_EQUAL(acting(db, two, "report.assign", first, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(next(one), second);
	CU_ASSERT_STRING_EQUAL(next(two), first);
}

/* A decision being made. */
struct making {
	struct act_call call;
	struct decision decision;
};

static enum err
make_in_tx(struct db *door, void *arg)
{
	struct making *making = arg;

	return decision_make(door, &making->call, &making->decision);
}

static void
decide_later(const char *report, const char *input)
{
	struct making making = { .call = { .act = act_find("report.dismiss"),
				     .id = report,
				     .by = { one, "req-queue" } } };
	struct json_fault fault;

	CU_ASSERT_EQUAL_FATAL(
	    json_parse(arena, input, strlen(input), &fault, &making.call.input), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(db_tx(db, make_in_tx, &making), ERR_OK);
}

static void
what_is_decided_does_not_come_again(void)
{
	const char *rude = testdb_user("USER"), *first, *second;

	clear();
	first = raised("ABUSE", "9", reporter, rude);
	second = raised("ABUSE", "8", testdb_user("USER"), rude);
	decide_later(first, "{}");
	CU_ASSERT_STRING_EQUAL(next(one), second);
	decide_later(second, "{}");
	CU_ASSERT_STRING_EQUAL(next(one), "nothing");
	clear();
	testdb_run("UPDATE report SET state = 'OPEN' WHERE id IN ($1, $2)", first, second);
	decide_later(first, "{\"others\": true}");
	CU_ASSERT_STRING_EQUAL(next(one), "nothing");
	CU_ASSERT_STRING_EQUAL(next(two), "nothing");
}

static void
others_about_the_person_are_closed_the_same_way(void)
{
	static const char said[] = "SELECT state || resolution FROM report WHERE id = $1";
	const char *rude = testdb_user("USER"), *third = testdb_user("USER"), *first, *second,
		   *apart;

	clear();
	first = raised("ABUSE", "9", reporter, rude);
	second = raised("FRAUD", "8", third, rude);
	apart = raised("FRAUD", "8", third, NULL);
	CU_ASSERT_EQUAL(
	    acting(db, one, "report.decide", first, "{\"note\": \"Yes\", \"others\": true}"),
	    ERR_OK);
	CU_ASSERT_STRING_EQUAL(testdb_text(said, first), "ACTIONEDYes");
	CU_ASSERT_STRING_EQUAL(testdb_text(said, second), "ACTIONEDYes");
	CU_ASSERT_STRING_EQUAL(testdb_text(said, apart), "OPEN");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE action = 'report.decide'"
				   " AND target_id IN ($1, $2) AND actor_id = $3",
			    first, second, one),
	    2);
	CU_ASSERT_EQUAL(testdb_i64("SELECT (detail ->> 'others_closed')::int FROM audit"
				   " WHERE action = 'report.decide' AND target_id = $1",
			    first),
	    1);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM event WHERE user_id = $1"
				   " AND type = 'report.closed'",
			    third),
	    1);
	CU_ASSERT_EQUAL(
	    testdb_i64(
		"SELECT count(*) FROM event WHERE user_id = $1 AND type = 'report.upheld'", rude),
	    2);
}

static void
applications_come_by_their_age(void)
{
	const char *late, *early, *blocked;

	clear();
	late = subject_make(act_find("advisor.approve"));
	early = subject_make(act_find("advisor.approve"));
	blocked = subject_make(act_find("advisor.approve"));
	testdb_run("UPDATE advisor SET applied_at = app_now() - interval '3 hours'"
		   " * CASE id WHEN $1 THEN 1 WHEN $2 THEN 2 ELSE 3 END WHERE id IN ($1, $2, $3)",
	    late, early, blocked);
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", blocked);
	CU_ASSERT_STRING_EQUAL(next_of(&application_queue, one), early);
	CU_ASSERT_STRING_EQUAL(next_of(&application_queue, two), late);
	CU_ASSERT_STRING_EQUAL(next_of(&application_queue, one), early);
	CU_ASSERT_EQUAL(queue_skip(db, &application_queue, two, late), ERR_OK);
	CU_ASSERT_STRING_EQUAL(next_of(&application_queue, two), late);
	testdb_close(db);
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "the worst comes first, and then what waits longest",
	    the_worst_comes_first_and_then_what_waits_longest },
	{ "who was right before is heard sooner", who_was_right_before_is_heard_sooner },
	{ "two administrators are given different matters",
	    two_administrators_are_given_different_matters },
	{ "who asks for an item hears who looks at it", who_asks_for_an_item_hears_who_looks_at_it },
	{ "what is skipped comes last, and is not lost", what_is_skipped_comes_last_and_is_not_lost },
	{ "what another looks after is left to them", what_another_looks_after_is_left_to_them },
	{ "what is decided does not come again", what_is_decided_does_not_come_again },
	{ "others about the person are closed the same way",
	    others_about_the_person_are_closed_the_same_way },
	{ "applications come by their age", applications_come_by_their_age },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("queue", tests);
}
