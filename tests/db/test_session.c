/* Each move of a session out of each state by each actor, against the table in the database. */
#include "domain/talk/message.h"
#include "domain/talk/session.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <string.h>

static const struct stmt_set *const sets[] = { &session_stmts, &message_stmts, NULL };
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
the_table_in_c_is_the_table_in_sql(void)
{
	size_t i;

	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM session_transition"),
	    (int64_t)session_transition_count);
	for (i = 0; i < session_transition_count; i++) {
		const struct session_transition *row = &session_transitions[i];

		CU_ASSERT_EQUAL(
		    testdb_i64("SELECT count(*) FROM session_transition WHERE from_state = $1"
			       " AND move = $2 AND to_state = $3 AND actor = $4",
			session_state_name(row->from), session_move_name(row->move),
			session_state_name(row->to), session_actors_name(row->actors)),
		    1);
	}
}

static void
states_have_the_names_of_the_database(void)
{
	int i;

	for (i = 0; i < SESSION_STATE__COUNT; i++) {
		const char *name = session_state_name((enum session_state)i);
		struct talk talk = talk_make(name); /* the database takes it */

		CU_ASSERT_EQUAL(session_state_parse(name), (enum session_state)i);
		CU_ASSERT_STRING_EQUAL(talk_state(&talk), name);
	}
	CU_ASSERT_EQUAL(session_state_parse("ongoing"), SESSION_STATE__COUNT);
}

/* What the table in the database says of a move: the error, and the state after it. */
static enum err
expected(const char *state, const char *move, const char *actor, const char **after)
{
	const char *to;

	*after = state;
	if (strcmp(actor, "STRANGER") == 0)
		return ERR_NOT_FOUND;
	if (testdb_i64("SELECT count(*) FROM session_transition WHERE move = $1"
		       " AND (actor = $2 OR (actor = 'BOTH' AND $2 <> 'SYSTEM'))",
		move, actor) == 0)
		return ERR_FORBIDDEN;
	if (testdb_i64("SELECT count(*) FROM session_transition WHERE move = $1 AND to_state = $2",
		move, state) > 0)
		return ERR_OK;
	to = testdb_text("SELECT to_state FROM session_transition WHERE from_state = $1"
			 " AND move = $2 AND (actor = $3 OR (actor = 'BOTH' AND $3 <> 'SYSTEM'))",
	    state, move, actor);
	if (*to == '\0')
		return ERR_BAD_STATE;
	*after = to;
	return ERR_OK;
}

static void
try_move(enum session_state state, enum session_move move, const char *actor)
{
	struct talk talk = talk_make(session_state_name(state));
	struct session_step step = { talk.session_id, NULL, move, "why", 60, SESSION_STATE__COUNT };
	const char *after;
	enum err want = expected(session_state_name(state), session_move_name(move), actor, &after),
		 got;

	if (strcmp(actor, "USER") == 0)
		step.actor_id = talk.user_id;
	else if (strcmp(actor, "ADVISOR") == 0)
		step.actor_id = talk.advisor_id;
	else if (strcmp(actor, "STRANGER") == 0)
		step.actor_id = testdb_user("USER");
	got = session_move(door(), &step);
	if (got != want || strcmp(talk_state(&talk), after) != 0)
		(void)fprintf(stderr, "%s %s by %s: %s instead of %s, now %s instead of %s\n",
		    session_state_name(state), session_move_name(move), actor, err_code(got),
		    err_code(want), talk_state(&talk), after);
	CU_ASSERT_EQUAL(got, want);
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), after);
	if (got == ERR_BAD_STATE || got == ERR_OK)
		CU_ASSERT_EQUAL(step.found, state);
}

static void
every_move_in_every_state_by_every_actor_does_what_the_table_says(void)
{
	static const char *const actors[] = { "USER", "ADVISOR", "SYSTEM", "STRANGER" };
	int state, move;
	size_t actor;

	for (state = 0; state < SESSION_STATE__COUNT; state++)
		for (move = 0; move < SESSION_MOVE__COUNT; move++)
			for (actor = 0; actor < COUNT_OF(actors); actor++)
				try_move((enum session_state)state, (enum session_move)move,
				    actors[actor]);
}

static void
the_database_refuses_a_move_outside_the_table_by_itself(void)
{
	struct talk talk = talk_make("DECLINED");

	testdb_run("DO $$ BEGIN UPDATE session SET state = 'ONGOING' WHERE id ="
		   " (SELECT id FROM session ORDER BY requested_at DESC LIMIT 1);"
		   " EXCEPTION WHEN SQLSTATE 'CF000' THEN NULL; END $$");
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "DECLINED");
}

static void
a_session_begins_when_the_second_side_comes(void)
{
	struct talk talk = talk_make("REQUESTED");
	struct session_step step = { talk.session_id, talk.user_id, SESSION_ACCEPT, NULL, 60, 0 };

	CU_ASSERT_EQUAL(session_join(door(), &step), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(step.found, SESSION_REQUESTED);
	step.actor_id = talk.advisor_id;
	CU_ASSERT_EQUAL(session_move(door(), &step), ERR_OK);
	CU_ASSERT_EQUAL(session_join(door(), &step), ERR_OK); /* once more, alone */
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "ACCEPTED");
	step.actor_id = talk.user_id;
	CU_ASSERT_EQUAL(session_join(door(), &step), ERR_OK);
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "ONGOING");
	CU_ASSERT_EQUAL(session_join(door(), &step), ERR_OK); /* comes back */
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "session.started"), 1);
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "session.accepted"), 1);
	step.actor_id = testdb_user("USER");
	CU_ASSERT_EQUAL(session_join(door(), &step), ERR_NOT_FOUND);
}

static void
the_end_closes_the_conversation_and_counts_for_the_advisor(void)
{
	struct talk talk = talk_make("ONGOING");
	struct session_step step = { talk.session_id, talk.user_id, SESSION_END, "bye", 60, 0 };
	bool created;
	const char *json;

	CU_ASSERT_EQUAL(session_move(door(), &step), ERR_OK);
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "session.ended"), 1);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT session_count FROM advisor WHERE id = $1", talk.advisor_id), 1);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT payload ->> 'ended_by' FROM event"
					   " WHERE user_id = $1 AND type = 'session.ended'",
				   talk.advisor_id),
	    "USER");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT body FROM message WHERE conversation_id = $1"
					   " AND sender_type = 'SYSTEM'",
				   talk.conversation_id),
	    "The session has ended.");
	CU_ASSERT_EQUAL(message_send(door(),
			    &(struct message_draft){ talk.conversation_id, talk.user_id, "late",
				"text", "one more thing", NULL, NULL, NULL },
			    &created, &json),
	    ERR_BAD_STATE);
}

static void
heartbeats_move_the_time_of_who_has_come(void)
{
	struct talk talk = talk_make("ACCEPTED");
	struct session_step step = { talk.session_id, talk.user_id, SESSION_START, NULL, 60, 0 };
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(session_join(door(), &step), ERR_OK);
	testdb_run("UPDATE session_presence SET seen_at = app_now() - interval '1 minute'"
		   " WHERE session_id = $1",
	    talk.session_id);
	CU_ASSERT_EQUAL_FATAL(
	    session_heartbeat(door(), talk.session_id, talk.user_id, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(rows_text(rows, 0, 0), "ACCEPTED");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM session_presence WHERE session_id = $1"
				   " AND seen_at > app_now() - interval '10 seconds'",
			    talk.session_id),
	    1);
	CU_ASSERT_EQUAL(
	    session_heartbeat(door(), talk.session_id, testdb_user("USER"), &rows), ERR_NOT_FOUND);
}

static const struct cunit_test tests[] = {
	{ "the table in C is the table in SQL", the_table_in_c_is_the_table_in_sql },
	{ "states have the names of the database", states_have_the_names_of_the_database },
	{ "every move in every state by every actor does what the table says",
	    every_move_in_every_state_by_every_actor_does_what_the_table_says },
	{ "the database refuses a move outside the table by itself",
	    the_database_refuses_a_move_outside_the_table_by_itself },
	{ "a session begins when the second side comes",
	    a_session_begins_when_the_second_side_comes },
	{ "the end closes the conversation and counts for the advisor",
	    the_end_closes_the_conversation_and_counts_for_the_advisor },
	{ "heartbeats move the time of who has come", heartbeats_move_the_time_of_who_has_come },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("session", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
