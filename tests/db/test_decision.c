/* What is decided in a queue: nothing happens before its time, it can be undone until then, and it is done once. */
#include "domain/system/decision.h"
#include "domain/system/decision_job.h"
#include "harness/acting.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/subject.h"
#include "harness/testdb.h"

#include <string.h>

enum { RACERS = 4 };

static const struct stmt again_[] = {
	{ "test_job_again", 1,
	    "UPDATE job SET state = 'READY', lease_until = NULL, done_at = NULL,"
	    " run_at = app_now() WHERE key = $1",
	    false },
};
static STMT_SET(again_stmts, again_);
static const struct stmt_set *const own[] = { &job_stmts, &decision_job_stmts, &again_stmts, NULL };
static const struct stmt_set *const *sets;
static const struct job_kind *const kinds[] = { &decision_job, NULL };
static struct arena *arena;
static struct db *db;
static const char *admin;

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

/* Decide; *id is the decision's. */
static enum err
decide(const char *act, const char *subject, const char *input, const char **id)
{
	struct making making = {
		.call = { .act = act_find(act), .id = subject, .by = { admin, "req-decide" } }
	};
	struct json_fault fault;
	enum err err;

	if (input != NULL)
		CU_ASSERT_EQUAL_FATAL(
		    json_parse(arena, input, strlen(input), &fault, &making.call.input), ERR_OK);
	err = db_tx(db, make_in_tx, &making);
	if (err == ERR_OK)
		*id = arena_strdup(arena, making.decision.id);
	return err;
}

/* Its time has come. */
static void
due(const char *id)
{
	testdb_run("UPDATE job SET run_at = app_now() WHERE key = $1", id);
}

/* Do the job that is due; ERR_NOT_FOUND: none is. */
static enum err
work(struct db *door)
{
	struct job job;

	TRY(job_claim(door, kinds, &job));
	return job_run(door, &job, &decision_job);
}

static const char *
state_of(const char *id)
{
	return testdb_text("SELECT state || error FROM decision WHERE id = $1", id);
}

static const char *
subject_state(const char *subject)
{
	return testdb_text("SELECT state FROM advisor WHERE id = $1", subject);
}

static int64_t
audits(const char *subject)
{
	return testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1 AND actor_id = $2"
			  " AND request_id = 'req-decide' AND action <> 'decision.fail'",
	    subject, admin);
}

static void
the_door_is_open(void)
{
	arena = arena_new(16 * 1024 * 1024);
	sets = act_sets_behind(arena, own);
	db = testdb_open(sets);
	admin = testdb_user("ADMIN");
	testdb_run("DELETE FROM job WHERE kind = 'act.decision'");
}

static void
nothing_happens_before_its_time(void)
{
	const char *subject = subject_make(act_find("advisor.approve")), *id = NULL;

	CU_ASSERT_EQUAL_FATAL(decide("advisor.approve", subject, NULL, &id), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "PENDING");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM decision d JOIN job j ON j.key = d.id::text"
		       " WHERE d.id = $1 AND d.effective_at = d.decided_at + interval '10 s'"
		       " AND j.run_at = d.effective_at",
		id),
	    1);
	CU_ASSERT_EQUAL(work(db), ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(subject_state(subject), "PENDING");
	CU_ASSERT_EQUAL(audits(subject), 0);
	due(id);
	CU_ASSERT_EQUAL(work(db), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "DONE");
	CU_ASSERT_STRING_EQUAL(subject_state(subject), "APPROVED");
	CU_ASSERT_EQUAL(audits(subject), 1);
	CU_ASSERT_EQUAL(acting(db, admin, "decision.undo", id, NULL), ERR_BAD_STATE);
}

static void
what_is_undone_never_happens(void)
{
	static const char why[] = "{\"reason\": \"No\"}";
	const char *subject = subject_make(act_find("advisor.reject")), *id = NULL, *again = NULL;

	CU_ASSERT_EQUAL_FATAL(decide("advisor.reject", subject, why, &id), ERR_OK);
	CU_ASSERT_EQUAL(decide("advisor.approve", subject, NULL, &again), ERR_CONFLICT);
	CU_ASSERT_EQUAL(acting(db, admin, "decision.undo", id, NULL), ERR_OK);
	CU_ASSERT_EQUAL(acting(db, admin, "decision.undo", id, NULL), ERR_BAD_STATE);
	due(id);
	CU_ASSERT_EQUAL(work(db), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "UNDONE");
	CU_ASSERT_STRING_EQUAL(subject_state(subject), "PENDING");
	CU_ASSERT_EQUAL(audits(subject), 0);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM event WHERE user_id = $1", subject), 0);
	CU_ASSERT_EQUAL(decide("advisor.approve", subject, NULL, &again), ERR_OK);
}

static void
what_cannot_be_done_is_not_decided(void)
{
	const char *id = NULL;

	CU_ASSERT_EQUAL(
	    decide("advisor.approve", subject_make(act_find("advisor.reopen")), NULL, &id),
	    ERR_BAD_STATE);
	CU_ASSERT_EQUAL(decide("advisor.approve", admin, NULL, &id), ERR_NOT_FOUND);
}

/* The person was blocked meanwhile: neither the report is closed nor anything else done. */
static void
what_is_refused_in_the_end_leaves_nothing_but_its_entry(void)
{
	const char *subject = subject_make(act_find("report.decide")), *id = NULL;

	CU_ASSERT_EQUAL_FATAL(
	    decide("report.decide", subject, "{\"note\": \"Yes\", \"block\": true}", &id), ERR_OK);
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id ="
		   " (SELECT target_user_id FROM report WHERE id = $1)",
	    subject);
	due(id);
	CU_ASSERT_EQUAL(work(db), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "FAILEDaccount_blocked");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state FROM report WHERE id = $1", subject), "OPEN");
	CU_ASSERT_EQUAL(audits(subject), 0);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE action = 'decision.fail'"
				   " AND target_id = $1 AND actor_id = $2"
				   " AND detail ->> 'error' = 'account_blocked'",
			    id, admin),
	    1);
}

/* What a decision that is due has come to when it was made before and these were run in between. */
static const char *
comes_to(const char *act, const char *subject, const char *between, const char *of)
{
	const char *id = NULL;

	CU_ASSERT_EQUAL_FATAL(decide(act, subject, NULL, &id), ERR_OK);
	testdb_run(between, of);
	due(id);
	CU_ASSERT_EQUAL(work(db), ERR_OK);
	CU_ASSERT_EQUAL(audits(subject), 0);
	CU_ASSERT_EQUAL(
	    testdb_i64(
		"SELECT count(*) FROM audit WHERE action = 'decision.fail' AND target_id = $1", id),
	    1);
	return state_of(id);
}

static void
who_or_what_is_gone_meanwhile_makes_it_fail(void)
{
	static const char *const gone = "UPDATE user_account SET state = 'DELETED' WHERE id = $1";
	const char *subject = subject_make(act_find("advisor.approve"));

	CU_ASSERT_STRING_EQUAL(
	    comes_to("advisor.approve", subject, gone, subject), "FAILEDaccount_blocked");
	CU_ASSERT_STRING_EQUAL(subject_state(subject), "PENDING");
	subject = subject_make(act_find("report.dismiss"));
	CU_ASSERT_STRING_EQUAL(
	    comes_to("report.dismiss", subject, "DELETE FROM report WHERE id = $1", subject),
	    "FAILEDnot_found");
	subject = subject_make(act_find("advisor.approve"));
	CU_ASSERT_STRING_EQUAL(comes_to("advisor.approve", subject, gone, admin), "FAILEDforbidden");
	CU_ASSERT_STRING_EQUAL(subject_state(subject), "PENDING");
	testdb_run("UPDATE user_account SET state = 'ACTIVE', role = 'USER' WHERE id = $1", admin);
	subject = subject_make(act_find("advisor.approve"));
	CU_ASSERT_STRING_EQUAL(
	    comes_to("advisor.approve", subject, "SELECT 1 FROM user_account WHERE id = $1", admin),
	    "FAILEDforbidden");
	testdb_run("UPDATE user_account SET role = 'ADMIN' WHERE id = $1", admin);
}

/* Another administrator does it at once: the decision that waits comes to nothing, and says so. */
static void
what_another_did_meanwhile_is_not_done_again(void)
{
	const char *subject = subject_make(act_find("report.dismiss")), *id = NULL,
		   *other = testdb_user("ADMIN");

	CU_ASSERT_EQUAL_FATAL(decide("report.dismiss", subject, NULL, &id), ERR_OK);
	CU_ASSERT_EQUAL(acting(db, other, "report.decide", subject, NULL), ERR_OK);
	due(id);
	CU_ASSERT_EQUAL(work(db), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "FAILEDbad_state");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state FROM report WHERE id = $1", subject), "ACTIONED");
	CU_ASSERT_EQUAL(audits(subject), 0);
}

/* Each decides it in another way at the same moment. */
static int
decide_too(struct db *door, int racer, void *arg)
{
	struct making making = { .call = { .act = act_find(
					       racer % 2 == 0 ? "report.decide" : "report.dismiss"),
				     .id = arg,
				     .by = { admin, "req-decide" } } };
	enum err err = db_tx(door, make_in_tx, &making);

	return err == ERR_OK ? 1 : err == ERR_CONFLICT ? 2 : 3;
}

static void
of_many_who_decide_at_once_one_has(void)
{
	struct race race = { sets, decide_too, NULL, NULL };
	int statuses[RACERS], i, sum = 0;

	race.arg = arena_strdup(arena, subject_make(act_find("report.dismiss")));
	race_run(&race, RACERS, statuses);
	for (i = 0; i < RACERS; i++)
		sum += statuses[i];
	CU_ASSERT_EQUAL(sum, 1 + 2 * (RACERS - 1));
}

/* Leases end as fast as they are taken, so that all do the job again and again. */
static int
do_it_again(struct db *door, int racer, void *arg)
{
	const char *id = arg;
	int i;

	(void)racer;
	for (i = 0; i < 10; i++) {
		enum err err = work(door);

		if (err != ERR_OK && err != ERR_NOT_FOUND && err != ERR_STALE)
			return 2;
		if (db_exec(door, &again_[0], db_text(id)) != ERR_OK)
			return 3;
	}
	return 1;
}

static void
many_workers_do_it_once(void)
{
	const char *subject = subject_make(act_find("advisor.approve")), *id = NULL;
	struct race race = { sets, do_it_again, NULL, NULL };
	int statuses[RACERS], i;

	CU_ASSERT_EQUAL_FATAL(decide("advisor.approve", subject, NULL, &id), ERR_OK);
	due(id);
	race.arg = arena_strdup(arena, id);
	race_run(&race, RACERS, statuses);
	for (i = 0; i < RACERS; i++)
		CU_ASSERT_EQUAL(statuses[i], 1);
	CU_ASSERT_STRING_EQUAL(state_of(id), "DONE");
	CU_ASSERT_EQUAL(audits(subject), 1);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM event WHERE user_id = $1", subject), 1);
	testdb_run("DELETE FROM job WHERE kind = 'act.decision'");
	testdb_close(db);
	arena_free(arena);
}

/* An administrator discards its job, which was given up. */
static void
without_its_job_it_does_not_wait_for_ever(void)
{
	const char *id = NULL, *other = NULL, *subject = subject_make(act_find("advisor.approve"));

	CU_ASSERT_EQUAL_FATAL(decide("advisor.approve", subject, NULL, &id), ERR_OK);
	testdb_run("UPDATE job SET state = 'DEAD', done_at = app_now() WHERE key = $1", id);
	CU_ASSERT_EQUAL(decide("advisor.approve", subject, NULL, &other), ERR_CONFLICT);
	testdb_run("DELETE FROM job WHERE key = $1", id);
	CU_ASSERT_STRING_EQUAL(state_of(id), "UNDONE");
	CU_ASSERT_STRING_EQUAL(subject_state(subject), "PENDING");
	CU_ASSERT_EQUAL(decide("advisor.approve", subject, NULL, &other), ERR_OK);
}

static const struct cunit_test tests[] = {
	{ "the door is open", the_door_is_open },
	{ "nothing happens before its time", nothing_happens_before_its_time },
	{ "what is undone never happens", what_is_undone_never_happens },
	{ "what cannot be done is not decided", what_cannot_be_done_is_not_decided },
	{ "what is refused in the end leaves nothing but its entry",
	    what_is_refused_in_the_end_leaves_nothing_but_its_entry },
	{ "who or what is gone meanwhile makes it fail",
	    who_or_what_is_gone_meanwhile_makes_it_fail },
	{ "what another did meanwhile is not done again",
	    what_another_did_meanwhile_is_not_done_again },
	{ "of many who decide at once one has", of_many_who_decide_at_once_one_has },
	{ "without its job it does not wait for ever", without_its_job_it_does_not_wait_for_ever },
	{ "many workers do it once", many_workers_do_it_once },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("decision", tests);
}
