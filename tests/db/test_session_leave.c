/* Sessions that end because one person blocked the other, or an admin one of them. */
#include "domain/people/block.h"
#include "domain/people/moderation.h"
#include "domain/talk/message.h"
#include "domain/talk/session_leave.h"
#include "harness/acting.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <stdio.h>

enum { ROUNDS = 40, BLOCKER, ADMIN, DONE = 1, FAILED = 2 };

static const struct stmt_set *const sets[] = { &block_stmts, &moderation_stmts, &audit_stmts,
	&session_stmts, &session_leave_stmts, &message_stmts, NULL };
static struct db *db;
static const char *admin;

/* Opened by the first test that needs it. */
static struct db *
door(void)
{
	if (db == NULL)
		db = testdb_open(sets);
	return db;
}

static void
whoever_blocks_leaves_the_session(void)
{
	static const struct {
		const char *state, *by_user, *by_advisor, *user_event, *advisor_event;
	} cases[] = {
		{ "REQUESTED", "CANCELLED", "DECLINED", "session.cancelled", "session.declined" },
		{ "ACCEPTED", "CANCELLED", "CANCELLED", "session.cancelled", "session.cancelled" },
		{ "ONGOING", "ENDED", "ENDED", "session.ended", "session.ended" },
	};
	size_t i;

	for (i = 0; i < 2 * COUNT_OF(cases); i++) {
		bool by_user = i % 2 == 0;
		struct talk talk = talk_make(cases[i / 2].state);
		const char *who = by_user ? talk.user_id : talk.advisor_id,
			   *other = by_user ? talk.advisor_id : talk.user_id,
			   *after = by_user ? cases[i / 2].by_user : cases[i / 2].by_advisor,
			   *event = by_user ? cases[i / 2].user_event : cases[i / 2].advisor_event;

		CU_ASSERT_EQUAL(block_add(door(), who, other), ERR_OK);
		CU_ASSERT_STRING_EQUAL(talk_state(&talk), after);
		CU_ASSERT_EQUAL(talk_events(who, event), 1);
		CU_ASSERT_STRING_EQUAL(
		    testdb_text("SELECT (payload ->> 'ended_by') || (payload ->> 'end_reason')"
				" FROM event WHERE user_id = $1 AND type = $2",
			other, event),
		    by_user ? "USER" : "ADVISOR");
		CU_ASSERT_EQUAL(
		    testdb_i64("SELECT count(*) FROM conversation c JOIN message m"
			       " ON m.conversation_id = c.id WHERE c.id = $1"
			       " AND c.closed_at IS NOT NULL AND m.sender_type = 'SYSTEM'",
			talk.conversation_id),
		    1);
		CU_ASSERT_EQUAL(
		    testdb_i64("SELECT session_count FROM advisor WHERE id = $1", talk.advisor_id),
		    i / 2 == 2);
		CU_ASSERT_EQUAL(block_add(door(), who, other), ERR_OK);
		CU_ASSERT_EQUAL(talk_events(other, event), 1);
	}
}

static void
a_block_leaves_the_sessions_with_others_alone(void)
{
	struct talk talk = talk_make("ONGOING"), other = talk_make("ONGOING");
	struct session_ask ask = { talk.user_id, NULL, NULL, 90 };
	const char *id;

	CU_ASSERT_EQUAL_FATAL(session_request_ai(door(), &ask, &id), ERR_OK);
	CU_ASSERT_EQUAL(block_add(door(), talk.user_id, other.advisor_id), ERR_OK);
	CU_ASSERT_EQUAL(block_add(door(), other.user_id, talk.user_id), ERR_OK);
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "ONGOING");
	CU_ASSERT_STRING_EQUAL(talk_state(&other), "ONGOING");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state FROM session WHERE id = $1", id), "ONGOING");
}

static enum err
block_then_fail(struct db *own, void *arg)
{
	const struct talk *talk = arg;
	enum err err = block_add(own, talk->user_id, talk->advisor_id);

	return err == ERR_OK ? ERR_CONFLICT : err;
}

static void
the_block_and_the_end_are_one_transaction(void)
{
	struct talk talk = talk_make("ONGOING");

	CU_ASSERT_EQUAL(db_tx(door(), block_then_fail, &talk), ERR_CONFLICT);
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "ONGOING");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM block WHERE user_id = $1", talk.user_id), 0);
}

static enum err
moderate(struct db *own, const char *id)
{
	return acting(own, admin, "user.block", id, "{\"reason\": \"Rude\"}");
}

/* One advisor with a session as such, one as a user, and one with the assistant. */
static void
an_admin_ends_all_of_a_persons_sessions(void)
{
	struct talk as_advisor = talk_make("ONGOING"), as_user = talk_make("ACCEPTED");
	struct session_ask ask = { as_advisor.advisor_id, NULL, NULL, 90 };
	const char *person = as_advisor.advisor_id, *id;

	admin = testdb_user("ADMIN");
	testdb_run("UPDATE session SET user_id = $1 WHERE id = $2", person, as_user.session_id);
	testdb_run("UPDATE member SET user_id = $1 WHERE conversation_id = $2 AND role = 'USER'",
	    person, as_user.conversation_id);
	CU_ASSERT_EQUAL_FATAL(session_request_ai(door(), &ask, &id), ERR_OK);
	CU_ASSERT_EQUAL(moderate(door(), person), ERR_OK);
	CU_ASSERT_STRING_EQUAL(talk_state(&as_advisor), "ENDED");
	CU_ASSERT_STRING_EQUAL(talk_state(&as_user), "CANCELLED");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state FROM session WHERE id = $1", id), "ENDED");
	CU_ASSERT_EQUAL(testdb_i64("SELECT (detail ->> 'sessions_ended')::int FROM audit"
				   " WHERE target_id = $1",
			    person),
	    3);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT concat_ws(', ', payload ->> 'ended_by', payload ->> 'end_reason')"
			" FROM event WHERE user_id = $1 AND type = 'session.ended'",
		as_advisor.user_id),
	    "SYSTEM, The account of one side was blocked");
	CU_ASSERT_EQUAL(session_request_ai(door(), &ask, &id), ERR_ACCOUNT_BLOCKED);
}

/* Two people a round, who is asked for a session while one of them is blocked. */
struct rounds {
	int blocker; /* BLOCKER or ADMIN */
	const char *users[ROUNDS], *advisors[ROUNDS];
};

static int
ask_or_block(struct db *own, int racer, void *arg)
{
	const struct rounds *rounds = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct session_ask ask = { rounds->users[i], rounds->advisors[i], NULL, 90 };
		const char *person = i % 2 == 0 ? rounds->users[i] : rounds->advisors[i];
		const char *id;
		bool created;
		enum err err;

		if (racer == 0)
			err = session_request(own, &ask, &id, &created);
		else if (rounds->blocker == ADMIN)
			err = moderate(own, person);
		else
			err = block_add(
			    own, person, i % 2 == 0 ? rounds->advisors[i] : rounds->users[i]);
		if (err != ERR_OK && (racer != 0 || err == ERR_INTERNAL || err == ERR_TIMEOUT))
			return FAILED;
	}
	return DONE;
}

static void
race_rounds(int blocker)
{
	struct rounds rounds = { .blocker = blocker };
	struct race race = { sets, ask_or_block, &rounds, NULL };
	int statuses[2], i;

	admin = testdb_user("ADMIN");
	for (i = 0; i < ROUNDS; i++) {
		rounds.users[i] = testdb_user("USER");
		rounds.advisors[i] = testdb_advisor();
	}
	race_run(&race, 2, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, 2, DONE), 2);
	for (i = 0; i < ROUNDS; i++)
		CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM session WHERE user_id = $1 AND state"
					   " IN ('REQUESTED', 'ACCEPTED', 'ONGOING')",
				    rounds.users[i]),
		    0);
}

static void
no_session_begins_behind_a_block(void)
{
	race_rounds(BLOCKER);
	race_rounds(ADMIN);
}

/* While one writes in all conversations of a person, the admin blocks the person. */
static int
say_or_moderate(struct db *own, int racer, void *arg)
{
	const struct talk *talks = arg;
	enum err err = ERR_OK;
	int i;

	if (racer == 0)
		return moderate(own, talks[0].user_id) == ERR_OK ? DONE : FAILED;
	for (i = 0; i < ROUNDS && err == ERR_OK; i++) {
		const struct talk *talk = &talks[i % 3];
		struct message_draft draft = { talk->conversation_id,
			racer % 2 == 0 ? talk->user_id : talk->advisor_id, NULL, "text", "Hello",
			NULL, NULL, NULL };
		char client_id[32];
		const char *json;
		bool created;

		(void)snprintf(client_id, sizeof(client_id), "%d-%d", racer, i);
		draft.client_id = client_id;
		err = message_send(own, &draft, &created, &json);
	}
	return err == ERR_OK || err == ERR_BAD_STATE ? DONE : FAILED;
}

static void
an_admin_and_many_writers_do_not_lock_each_other_out(void)
{
	struct talk talks[3];
	struct race race = { sets, say_or_moderate, talks, NULL };
	int statuses[5], i;
	int64_t deadlocks = testdb_i64("SELECT deadlocks FROM pg_stat_database"
				       " WHERE datname = current_database()");

	admin = testdb_user("ADMIN");
	talks[0] = talk_make("ONGOING");
	for (i = 1; i < 3; i++) {
		talks[i] = talk_make("ONGOING");
		testdb_run("UPDATE session SET user_id = $1 WHERE id = $2", talks[0].user_id,
		    talks[i].session_id);
		testdb_run("UPDATE member SET user_id = $1 WHERE conversation_id = $2"
			   " AND role = 'USER'",
		    talks[0].user_id, talks[i].conversation_id);
		talks[i].user_id = talks[0].user_id;
	}
	race_run(&race, 5, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, 5, DONE), 5);
	for (i = 0; i < 3; i++)
		CU_ASSERT_STRING_EQUAL(talk_state(&talks[i]), "ENDED");
	CU_ASSERT_EQUAL(testdb_i64("SELECT deadlocks FROM pg_stat_database"
				   " WHERE datname = current_database()"),
	    deadlocks);
}

static const struct cunit_test tests[] = {
	{ "whoever blocks leaves the session", whoever_blocks_leaves_the_session },
	{ "a block leaves the sessions with others alone",
	    a_block_leaves_the_sessions_with_others_alone },
	{ "the block and the end are one transaction", the_block_and_the_end_are_one_transaction },
	{ "an admin ends all of a person's sessions", an_admin_ends_all_of_a_persons_sessions },
	{ "no session begins behind a block", no_session_begins_behind_a_block },
	{ "an admin and many writers do not lock each other out",
	    an_admin_and_many_writers_do_not_lock_each_other_out },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("session leave", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
