/* Ongoing sessions that both sides left: what counts as being there, and how the worker ends them. */
#include "domain/talk/message.h"
#include "domain/talk/session.h"
#include "domain/talk/session_sweep.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"

enum { IDLE_S = 1800, SESSIONS = 30, WORKERS = 4 };

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

/* Begun, and joined by both, so many seconds ago. */
static struct talk
quiet_for(const char *seconds)
{
	struct talk talk = talk_make("ONGOING");

	testdb_run("UPDATE session SET started_at = app_now() - make_interval(secs => $1::int)"
		   " WHERE id = $2",
	    seconds, talk.session_id);
	testdb_run(
	    "INSERT INTO session_presence (session_id, user_id, seen_at) SELECT $2, u,"
	    " app_now() - make_interval(secs => $1::int) FROM unnest(ARRAY[$3, $4]::uuid[]) u",
	    seconds, talk.session_id, talk.user_id, talk.advisor_id);
	return talk;
}

/* The last message was so many seconds ago; sender_id NULL is the assistant. */
static void
said(const struct talk *talk, const char *sender_id, const char *seconds)
{
	testdb_run(
	    "UPDATE conversation SET last_seq = last_seq + 1 WHERE id = $1", talk->conversation_id);
	testdb_run("INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id,"
		   " body, created_at) SELECT c.id, c.last_seq, gen_random_uuid(),"
		   " nullif($2, '')::uuid, CASE $2 WHEN '' THEN 'AI' ELSE 'USER' END,"
		   " c.last_seq::text, 'Hello', app_now() - make_interval(secs => $3::int)"
		   " FROM conversation c WHERE c.id = $1",
	    talk->conversation_id, sender_id == NULL ? "" : sender_id, seconds);
}

static size_t
lapse(void)
{
	size_t count = 99;

	CU_ASSERT_EQUAL_FATAL(session_lapse_due(door(), IDLE_S, &count), ERR_OK);
	return count;
}

static void
a_session_both_sides_left_ends_by_the_system(void)
{
	struct talk talk = quiet_for("1801"), fresh = quiet_for("1700");
	struct session_ask ask = { testdb_user("USER"), talk.advisor_id, NULL, 90 };
	const char *id;
	bool created;

	CU_ASSERT_EQUAL(session_request(door(), &ask, &id, &created), ERR_ADVISOR_BUSY);
	CU_ASSERT_EQUAL(lapse(), 1);
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "ENDED");
	CU_ASSERT_STRING_EQUAL(talk_state(&fresh), "ONGOING");
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "session.ended"), 1);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT concat_ws(', ', payload ->> 'ended_by', payload ->> 'end_reason')"
			" FROM event WHERE user_id = $1 AND type = 'session.ended'",
		talk.advisor_id),
	    "SYSTEM, Nobody was there any more");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT m.sender_type || ': ' || m.body FROM message m"
					   " JOIN conversation c ON c.id = m.conversation_id"
					   " WHERE c.id = $1 AND c.closed_at IS NOT NULL",
				   talk.conversation_id),
	    "SYSTEM: The session has ended.");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT session_count FROM advisor WHERE id = $1", talk.advisor_id), 1);
	CU_ASSERT_EQUAL(session_request(door(), &ask, &id, &created), ERR_OK);
	CU_ASSERT_EQUAL(lapse(), 0);
}

static void
whoever_was_heard_of_keeps_it(void)
{
	struct talk began = quiet_for("3600"), joined = quiet_for("3600"), beat = quiet_for("3600"),
		    user = quiet_for("3600"), advisor = quiet_for("3600"), wordy = quiet_for("3600");
	struct session_step step = { .session_id = joined.session_id,
		.actor_id = joined.advisor_id };
	struct rows *rows;

	testdb_run("UPDATE session SET started_at = app_now() - interval '1790 seconds'"
		   " WHERE id = $1",
	    began.session_id);
	CU_ASSERT_EQUAL(session_join(door(), &step), ERR_OK);
	CU_ASSERT_EQUAL(session_heartbeat(door(), beat.session_id, beat.user_id, &rows), ERR_OK);
	said(&user, user.user_id, "1790");
	said(&advisor, advisor.advisor_id, "1790");
	said(&wordy, wordy.user_id, "3000");
	said(&wordy, wordy.advisor_id, "1810");
	CU_ASSERT_EQUAL(lapse(), 1);
	CU_ASSERT_STRING_EQUAL(talk_state(&began), "ONGOING");
	CU_ASSERT_STRING_EQUAL(talk_state(&joined), "ONGOING");
	CU_ASSERT_STRING_EQUAL(talk_state(&beat), "ONGOING");
	CU_ASSERT_STRING_EQUAL(talk_state(&user), "ONGOING");
	CU_ASSERT_STRING_EQUAL(talk_state(&advisor), "ONGOING");
	CU_ASSERT_STRING_EQUAL(talk_state(&wordy), "ENDED");
}

/* Which of several assistant sessions are still there: the last message or sign of the user decides. */
static void
with_the_assistant_only_the_user_counts(void)
{
	static const char *const still[] = { "", "message", "heartbeat" };
	struct session_ask ask = { testdb_user("USER"), NULL, NULL, 90 };
	const char *ids[COUNT_OF(still)];
	struct rows *rows;
	size_t i;

	for (i = 0; i < COUNT_OF(still); i++) {
		struct talk talk;

		CU_ASSERT_EQUAL_FATAL(session_request_ai(door(), &ask, &ids[i]), ERR_OK);
		talk.conversation_id =
		    testdb_text("SELECT conversation_id FROM session WHERE id = $1", ids[i]);
		testdb_run("UPDATE session SET started_at = app_now() - interval '2 hours'"
			   " WHERE id = $1",
		    ids[i]);
		testdb_run("UPDATE session_presence SET seen_at = app_now() - interval '2 hours'"
			   " WHERE session_id = $1",
		    ids[i]);
		said(&talk, ask.user_id, i == 1 ? "60" : "7000");
		said(&talk, NULL, "10");
	}
	CU_ASSERT_EQUAL(session_heartbeat(door(), ids[2], ask.user_id, &rows), ERR_OK);
	CU_ASSERT_EQUAL(lapse(), 1);
	for (i = 0; i < COUNT_OF(still); i++)
		CU_ASSERT_STRING_EQUAL(
		    testdb_text("SELECT state FROM session WHERE id = $1", ids[i]),
		    i == 0 ? "ENDED" : "ONGOING");
}

static void
what_has_not_begun_does_not_lapse(void)
{
	struct talk asked = talk_make("REQUESTED"), accepted = talk_make("ACCEPTED");

	testdb_run("UPDATE session SET requested_at = app_now() - interval '1 day',"
		   " started_at = app_now() - interval '1 day' WHERE id IN ($1, $2)",
	    asked.session_id, accepted.session_id);
	CU_ASSERT_EQUAL(lapse(), 0);
	CU_ASSERT_STRING_EQUAL(talk_state(&asked), "REQUESTED");
	CU_ASSERT_STRING_EQUAL(talk_state(&accepted), "ACCEPTED");
}

static const struct stmt hold[] = {
	{ "test_hold", 1, "SELECT id FROM session WHERE id = $1 FOR UPDATE", false },
};
static const struct stmt_set hold_stmts = { hold, 1 };

static enum err
sweep_while_held(struct db *other, void *arg)
{
	const struct talk *talk = arg;

	CU_ASSERT_EQUAL(db_exec_one(other, &hold[0], db_text(talk->session_id)), ERR_OK);
	CU_ASSERT_EQUAL(lapse(), 0);
	return ERR_OK;
}

static void
a_session_somebody_moves_just_now_is_left_to_the_next_round(void)
{
	static const struct stmt_set *const hold_sets[] = { &hold_stmts, NULL };
	struct talk talk = quiet_for("1801");
	struct db *other = testdb_open(hold_sets);

	CU_ASSERT_EQUAL(db_tx(other, sweep_while_held, &talk), ERR_OK);
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "ONGOING");
	CU_ASSERT_EQUAL(lapse(), 1);
	testdb_close(other);
}

/* Exit status: how many it ended. */
static int
sweep(struct db *own, int racer, void *arg)
{
	size_t count;

	(void)racer;
	(void)arg;
	return session_lapse_due(own, IDLE_S, &count) == ERR_OK ? (int)count : 99;
}

static void
four_workers_end_each_session_once(void)
{
	struct race race = { sets, sweep, NULL, NULL };
	struct talk talks[SESSIONS];
	int statuses[WORKERS], i, sum = 0;

	for (i = 0; i < SESSIONS; i++)
		talks[i] = quiet_for("1801");
	race_run(&race, WORKERS, statuses);
	for (i = 0; i < WORKERS; i++)
		sum += statuses[i];
	CU_ASSERT_EQUAL(sum, SESSIONS);
	for (i = 0; i < SESSIONS; i++) {
		CU_ASSERT_STRING_EQUAL(talk_state(&talks[i]), "ENDED");
		CU_ASSERT_EQUAL(talk_events(talks[i].user_id, "session.ended"), 1);
		CU_ASSERT_EQUAL(testdb_i64("SELECT session_count FROM advisor WHERE id = $1",
				    talks[i].advisor_id),
		    1);
	}
}

static const struct cunit_test tests[] = {
	{ "a session both sides left ends by the system",
	    a_session_both_sides_left_ends_by_the_system },
	{ "whoever was heard of keeps it", whoever_was_heard_of_keeps_it },
	{ "with the assistant only the user counts", with_the_assistant_only_the_user_counts },
	{ "what has not begun does not lapse", what_has_not_begun_does_not_lapse },
	{ "a session somebody moves just now is left to the next round",
	    a_session_somebody_moves_just_now_is_left_to_the_next_round },
	{ "four workers end each session once", four_workers_end_each_session_once },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("session lapse", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
