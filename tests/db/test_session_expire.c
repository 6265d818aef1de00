/* What waited too long: who may still move it, and how the worker ends it. */
#include "domain/talk/message.h"
#include "domain/talk/session.h"
#include "domain/talk/session_sweep.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <string.h>

enum { SESSIONS = 30, WORKERS = 4 };

static const struct stmt_set *const sets[] = { &session_stmts, &session_sweep_stmts, &message_stmts,
	NULL };
static struct db *db;

/* Opened by the first test that needs it. */
static struct db *
door(void)
{
	if (db == NULL)
		db = testdb_open(sets);
	return db;
}

static void
make_late(const struct talk *talk)
{
	testdb_run("UPDATE session SET expires_at = app_now() WHERE id = $1", talk->session_id);
}

static void
late_requests_and_accepted_sessions_expire_and_nothing_else(void)
{
	struct talk asked = talk_make("REQUESTED"), accepted = talk_make("ACCEPTED"),
		    ongoing = talk_make("ONGOING"), early = talk_make("REQUESTED");
	size_t count;

	do { /* what other suites left late in this database */
		CU_ASSERT_EQUAL_FATAL(session_expire_due(door(), &count), ERR_OK);
	} while (count > 0);
	make_late(&asked);
	make_late(&accepted);
	make_late(&ongoing);
	CU_ASSERT_EQUAL_FATAL(session_expire_due(door(), &count), ERR_OK);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_STRING_EQUAL(talk_state(&asked), "EXPIRED");
	CU_ASSERT_STRING_EQUAL(talk_state(&accepted), "EXPIRED");
	CU_ASSERT_STRING_EQUAL(talk_state(&ongoing), "ONGOING");
	CU_ASSERT_STRING_EQUAL(talk_state(&early), "REQUESTED");
	CU_ASSERT_EQUAL(talk_events(asked.user_id, "session.expired"), 1);
	CU_ASSERT_EQUAL(talk_events(asked.advisor_id, "session.expired"), 1);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT payload ->> 'ended_by' FROM event"
					   " WHERE user_id = $1 AND type = 'session.expired'",
				   asked.user_id),
	    "SYSTEM");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT session_count FROM advisor WHERE id = $1", accepted.advisor_id), 0);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM conversation WHERE id = $1"
				   " AND closed_at IS NOT NULL",
			    asked.conversation_id),
	    1);
}

static void
a_late_session_cannot_go_on_but_can_be_called_off(void)
{
	struct talk asked = talk_make("REQUESTED"), accepted = talk_make("ACCEPTED");
	struct session_step step = { asked.session_id, asked.advisor_id, SESSION_ACCEPT, NULL, 60,
		0 };

	make_late(&asked);
	make_late(&accepted);
	CU_ASSERT_EQUAL(session_move(door(), &step), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(step.found, SESSION_EXPIRED);
	step.move = SESSION_DECLINE;
	CU_ASSERT_EQUAL(session_move(door(), &step), ERR_OK);
	step = (struct session_step){ accepted.session_id, accepted.user_id, SESSION_START, NULL,
		60, 0 };
	CU_ASSERT_EQUAL(session_join(door(), &step), ERR_BAD_STATE);
	step.move = SESSION_CANCEL;
	CU_ASSERT_EQUAL(session_move(door(), &step), ERR_OK);
}

/* Exit status: how many it expired. */
static int
expire(struct db *own, int racer, void *arg)
{
	size_t count;

	(void)racer;
	(void)arg;
	return session_expire_due(own, &count) == ERR_OK ? (int)count : 99;
}

static void
four_workers_expire_each_session_once(void)
{
	struct talk talks[SESSIONS];
	struct race race = { sets, expire, NULL, NULL };
	int statuses[WORKERS], i, sum = 0;

	for (i = 0; i < SESSIONS; i++)
		talks[i] = talk_make(i % 2 == 0 ? "REQUESTED" : "ACCEPTED");
	testdb_run("UPDATE session SET expires_at = app_now() - interval '1 second'"
		   " WHERE state IN ('REQUESTED', 'ACCEPTED')");
	CU_ASSERT(
	    testdb_i64("SELECT count(*) FROM session WHERE state IN ('REQUESTED', 'ACCEPTED')") <=
	    100);
	race_run(&race, WORKERS, statuses);
	for (i = 0; i < WORKERS; i++)
		sum += statuses[i];
	CU_ASSERT(sum >= SESSIONS);
	for (i = 0; i < SESSIONS; i++) {
		CU_ASSERT_STRING_EQUAL(talk_state(&talks[i]), "EXPIRED");
		CU_ASSERT_EQUAL(talk_events(talks[i].user_id, "session.expired"), 1);
	}
}

/* Between finding late sessions and ending each, one may be accepted and have time again: what locks it for
 * its end looks at its time once more. */
static void
one_that_has_time_again_is_left_alone(void)
{
	static const char *const locks[] = { "session_sweep_late_lock", "session_sweep_quiet_lock" };
	const struct talk early = talk_make("REQUESTED"), late = talk_make("REQUESTED");
	struct rows *rows;
	size_t i, at;

	make_late(&late);
	for (i = 0; i < COUNT_OF(locks); i++) {
		for (at = 0; strcmp(session_sweep_stmts.stmts[at].name, locks[i]) != 0;)
			CU_ASSERT_FATAL(++at < session_sweep_stmts.count);
		CU_ASSERT_EQUAL_FATAL(db_rows(door(), &rows, &session_sweep_stmts.stmts[at],
					  db_text(early.session_id), db_i64(0)),
		    ERR_OK);
		CU_ASSERT_EQUAL(rows_count(rows), 0);
		CU_ASSERT_EQUAL_FATAL(db_rows(door(), &rows, &session_sweep_stmts.stmts[at],
					  db_text(late.session_id), db_i64(0)),
		    ERR_OK);
		CU_ASSERT_EQUAL(rows_count(rows), i == 0);
	}
}

static const struct cunit_test tests[] = {
	{ "late requests and accepted sessions expire and nothing else",
	    late_requests_and_accepted_sessions_expire_and_nothing_else },
	{ "a late session cannot go on but can be called off",
	    a_late_session_cannot_go_on_but_can_be_called_off },
	{ "one that has time again is left alone", one_that_has_time_again_is_left_alone },
	{ "four workers expire each session once", four_workers_expire_each_session_once },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("session expire", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
