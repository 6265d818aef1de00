/* Sessions when many want the same thing at the same moment. */
#include "domain/talk/message.h"
#include "domain/talk/session.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"

enum { ASKERS = 50, ENDERS = 4, ROUNDS = 25, DONE = 1, BUSY = 2, FAILED = 3 };

static const struct stmt_set *const sets[] = { &session_stmts, &message_stmts, NULL };

/* Who asks whom. */
struct asking {
	const char *users[ASKERS];
	const char *advisor;
};

static int
ask(struct db *db, int racer, void *arg)
{
	const struct asking *asking = arg;
	struct session_ask wanted = { asking->users[racer], asking->advisor, NULL, 90 };
	const char *id;
	bool created;
	enum err err = session_request(db, &wanted, &id, &created);

	return err == ERR_OK && created ? DONE : err == ERR_ADVISOR_BUSY ? BUSY : FAILED;
}

static void
one_of_fifty_requests_for_an_advisor_wins(void)
{
	struct asking asking = { .advisor = testdb_advisor() };
	struct race race = { sets, ask, &asking, NULL };
	int statuses[ASKERS], i;

	for (i = 0; i < ASKERS; i++)
		asking.users[i] = testdb_user("USER");
	race_run(&race, ASKERS, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, ASKERS, DONE), 1);
	CU_ASSERT_EQUAL(race_count(statuses, ASKERS, BUSY), ASKERS - 1);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM session WHERE advisor_id = $1", asking.advisor), 1);
	CU_ASSERT_EQUAL(talk_events(asking.advisor, "session.requested"), 1);
}

static int
ask_another(struct db *db, int racer, void *arg)
{
	const char *const *people = arg; /* the user, then an advisor for each racer */
	struct session_ask wanted = { people[0], people[1 + racer], NULL, 90 };
	const char *id;
	bool created;
	enum err err = session_request(db, &wanted, &id, &created);

	return err == ERR_OK && created ? DONE : err == ERR_TOO_MANY_OPEN ? BUSY : FAILED;
}

static void
many_requests_of_one_user_at_once_are_three(void)
{
	enum { ASKED = 12 };
	const char *people[1 + ASKED];
	struct race race = { sets, ask_another, people, NULL };
	int statuses[ASKED], i;

	people[0] = testdb_user("USER");
	for (i = 0; i < ASKED; i++)
		people[1 + i] = testdb_advisor();
	race_run(&race, ASKED, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, ASKED, DONE), SESSION_WAITING_MAX);
	CU_ASSERT_EQUAL(race_count(statuses, ASKED, BUSY), ASKED - SESSION_WAITING_MAX);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM session WHERE user_id = $1", people[0]),
	    SESSION_WAITING_MAX);
}

/* One user, pressing twice. */
static void
the_same_request_twice_at_once_makes_one_session(void)
{
	struct asking asking = { .advisor = testdb_advisor() };
	struct race race = { sets, ask, &asking, NULL };
	int statuses[4], i;

	asking.users[0] = testdb_user("USER");
	for (i = 1; i < 4; i++)
		asking.users[i] = asking.users[0];
	race_run(&race, 4, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, 4, DONE), 1);
	CU_ASSERT_EQUAL(race_count(statuses, 4, FAILED), 3); /* ERR_OK, not created */
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM session WHERE advisor_id = $1", asking.advisor), 1);
}

/* Half of the enders are the user, half the advisor. */
static int
end_all(struct db *db, int racer, void *arg)
{
	const struct talk *talks = arg;
	int i, failed = 0;

	for (i = 0; i < ROUNDS; i++) {
		struct session_step step = { talks[i].session_id,
			racer % 2 == 0 ? talks[i].user_id : talks[i].advisor_id, SESSION_END, NULL,
			60, 0 };

		failed += session_move(db, &step) != ERR_OK;
	}
	return failed == 0 ? DONE : FAILED;
}

static void
a_session_ended_four_times_at_once_ends_once(void)
{
	struct talk talks[ROUNDS];
	struct race race = { sets, end_all, talks, NULL };
	int statuses[ENDERS], i;

	for (i = 0; i < ROUNDS; i++)
		talks[i] = talk_make("ONGOING");
	race_run(&race, ENDERS, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, ENDERS, DONE), ENDERS);
	for (i = 0; i < ROUNDS; i++) {
		CU_ASSERT_STRING_EQUAL(talk_state(&talks[i]), "ENDED");
		CU_ASSERT_EQUAL(talk_events(talks[i].user_id, "session.ended"), 1);
		CU_ASSERT_EQUAL(talk_events(talks[i].advisor_id, "session.ended"), 1);
		CU_ASSERT_EQUAL(testdb_i64("SELECT session_count FROM advisor WHERE id = $1",
				    talks[i].advisor_id),
		    1);
	}
}

/* Even racers accept, odd ones cancel. */
static int
accept_or_cancel(struct db *db, int racer, void *arg)
{
	const struct talk *talks = arg;
	int i, won = 0;

	for (i = 0; i < ROUNDS; i++) {
		struct session_step step = { talks[i].session_id, talks[i].advisor_id,
			SESSION_ACCEPT, NULL, 60, 0 };
		enum err err;

		if (racer % 2 == 1)
			step = (struct session_step){ talks[i].session_id, talks[i].user_id,
				SESSION_CANCEL, NULL, 60, 0 };
		err = session_move(db, &step);
		if (err != ERR_OK && err != ERR_BAD_STATE)
			return FAILED;
		won += err == ERR_OK;
	}
	return won > 0 ? DONE : BUSY;
}

static void
accepting_and_cancelling_at_once_agree_on_the_end(void)
{
	struct talk talks[ROUNDS];
	struct race race = { sets, accept_or_cancel, talks, NULL };
	int statuses[2], i;

	for (i = 0; i < ROUNDS; i++)
		talks[i] = talk_make("REQUESTED");
	race_run(&race, 2, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, 2, FAILED), 0);
	for (i = 0; i < ROUNDS; i++) { /* an accepted one may still be cancelled, not the other way */
		CU_ASSERT_STRING_EQUAL(talk_state(&talks[i]), "CANCELLED");
		CU_ASSERT_EQUAL(talk_events(talks[i].user_id, "session.cancelled"), 1);
		CU_ASSERT(talk_events(talks[i].user_id, "session.accepted") <= 1);
	}
}

static const struct cunit_test tests[] = {
	{ "many requests of one user at once are three",
	    many_requests_of_one_user_at_once_are_three },
	{ "one of fifty requests for an advisor wins", one_of_fifty_requests_for_an_advisor_wins },
	{ "the same request twice at once makes one session",
	    the_same_request_twice_at_once_makes_one_session },
	{ "a session ended four times at once ends once",
	    a_session_ended_four_times_at_once_ends_once },
	{ "accepting and cancelling at once agree on the end",
	    accepting_and_cancelling_at_once_agree_on_the_end },
	{ 0 },
};

int
main(void)
{
	return cunit_run("session race", tests);
}
