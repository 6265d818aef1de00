/* Asking for a session: who may ask whom, and what the answer holds. */
#include "domain/talk/message.h"
#include "domain/talk/session.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <json-c/json.h>
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

static enum err
ask(const char *user_id, const char *advisor_id, const char **id, bool *created)
{
	struct session_ask wanted = { user_id, advisor_id, "a question", 90 };

	return session_request(door(), &wanted, id, created);
}

static void
a_request_is_stored_with_its_price_and_heard_by_both(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor(), *id;
	bool created;

	CU_ASSERT_EQUAL_FATAL(ask(user, advisor, &id, &created), ERR_OK);
	CU_ASSERT_TRUE(created);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM session s JOIN advisor a ON a.id = advisor_id"
		       " WHERE s.id = $1 AND s.state = 'REQUESTED' AND s.topic = 'a question'"
		       " AND s.rate_minor = a.rate_minor AND a.rate_minor > 0 AND s.expires_at"
		       " = s.requested_at + interval '90 seconds'",
		id),
	    1);
	CU_ASSERT_EQUAL(talk_events(user, "session.requested"), 1);
	CU_ASSERT_EQUAL(talk_events(advisor, "session.requested"), 1);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM member k JOIN session s USING (conversation_id)"
		       " WHERE s.id = $1",
		id),
	    2);
}

static void
asking_again_gives_the_live_session(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor(), *first, *second;
	bool created;

	CU_ASSERT_EQUAL_FATAL(ask(user, advisor, &first, &created), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(ask(user, advisor, &second, &created), ERR_OK);
	CU_ASSERT_FALSE(created);
	CU_ASSERT_STRING_EQUAL(first, second);
	CU_ASSERT_EQUAL(ask(testdb_user("USER"), advisor, &second, &created), ERR_ADVISOR_BUSY);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM conversation c WHERE NOT EXISTS"
				   " (SELECT FROM session s WHERE s.conversation_id = c.id)"
				   " AND c.kind = 'SESSION'"),
	    0);
}

static void
nobody_waits_for_more_than_three(void)
{
	const char *user = testdb_user("USER"), *advisors[SESSION_WAITING_MAX + 1],
		   *ids[SESSION_WAITING_MAX], *id;
	bool created;
	int i;

	for (i = 0; i <= SESSION_WAITING_MAX; i++)
		advisors[i] = testdb_advisor();
	for (i = 0; i < SESSION_WAITING_MAX; i++)
		CU_ASSERT_EQUAL_FATAL(ask(user, advisors[i], &ids[i], &created), ERR_OK);
	CU_ASSERT_EQUAL(ask(user, advisors[i], &id, &created), ERR_TOO_MANY_OPEN);
	/* The same again is no further one, and an accepted one still waits. */
	CU_ASSERT_EQUAL(ask(user, advisors[0], &id, &created), ERR_OK);
	CU_ASSERT_FALSE(created);
	testdb_run("UPDATE session SET state = 'ACCEPTED' WHERE id = $1", ids[0]);
	CU_ASSERT_EQUAL(ask(user, advisors[i], &id, &created), ERR_TOO_MANY_OPEN);
	testdb_run(
	    "UPDATE session SET state = 'ONGOING', started_at = app_now() WHERE id = $1", ids[0]);
	CU_ASSERT_EQUAL(ask(user, advisors[i], &id, &created), ERR_OK);
	CU_ASSERT_TRUE(created);
}

static void
who_cannot_be_asked_is_not_asked(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor(), *id = NULL;
	bool created;

	CU_ASSERT_EQUAL(
	    ask(user, testdb_user("ADVISOR"), &id, &created), ERR_NOT_FOUND); /* a draft */
	CU_ASSERT_EQUAL(ask(user, user, &id, &created), ERR_NOT_FOUND);
	testdb_run("UPDATE advisor SET online = false WHERE id = $1", advisor);
	CU_ASSERT_EQUAL(ask(user, advisor, &id, &created), ERR_ADVISOR_BUSY);
	testdb_run("UPDATE advisor SET online = true WHERE id = $1", advisor);
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", advisor, user);
	CU_ASSERT_EQUAL(ask(user, advisor, &id, &created), ERR_BLOCKED);
	testdb_run("DELETE FROM block WHERE user_id = $1", advisor);
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", advisor);
	CU_ASSERT_EQUAL(ask(user, advisor, &id, &created), ERR_NOT_FOUND);
	testdb_run("UPDATE user_account SET state = 'ACTIVE' WHERE id = $1", advisor);
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", user);
	CU_ASSERT_EQUAL(ask(user, advisor, &id, &created), ERR_ACCOUNT_BLOCKED);
	CU_ASSERT_PTR_NULL(id);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM session WHERE user_id = $1", user), 0);
}

static void
the_assistant_is_there_at_once_and_says_what_it_is(void)
{
	struct session_ask wanted = { testdb_user("USER"), NULL, NULL, 90 };
	const char *id, *json;
	struct json_object *session, *list, *one, *value;

	CU_ASSERT_EQUAL_FATAL(session_request_ai(door(), &wanted, &id), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(session_get(door(), id, wanted.user_id, &json), ERR_OK);
	session = json_tokener_parse(json);
	CU_ASSERT_STRING_EQUAL(
	    json_object_get_string(json_object_object_get(session, "state")), "ONGOING");
	CU_ASSERT_EQUAL(json_object_get_int(json_object_object_get(session, "unread")), 1);
	list = json_object_object_get(session, "participants");
	one = json_object_array_get_idx(list, 1);
	CU_ASSERT_STRING_EQUAL(json_object_get_string(json_object_object_get(one, "type")), "AI");
	CU_ASSERT_TRUE(json_object_object_get_ex(one, "id", &value) && value == NULL);
	CU_ASSERT_STRING_EQUAL(
	    json_object_get_string(json_object_object_get(one, "label")), "Automated assistant");
	(void)json_object_put(session);
	CU_ASSERT_PTR_NOT_NULL(strstr(testdb_text("SELECT body FROM message m JOIN session s"
						  " USING (conversation_id) WHERE s.id = $1"
						  " AND m.sender_type = 'AI'",
					  id),
	    "automated assistant"));
	CU_ASSERT_EQUAL(talk_events(wanted.user_id, "session.started"), 1);
	CU_ASSERT_EQUAL(session_get(door(), id, testdb_user("USER"), &json), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(session_move(door(),
			    &(struct session_step){ id, wanted.user_id, SESSION_END, NULL, 60, 0 }),
	    ERR_OK);
}

static void
the_moves_of_a_state_are_named(void)
{
	CU_ASSERT_STRING_EQUAL(
	    session_moves_text(db_arena(door()), SESSION_REQUESTED), "accept, decline, cancel");
	CU_ASSERT_STRING_EQUAL(
	    session_moves_text(db_arena(door()), SESSION_ACCEPTED), "join, cancel");
	CU_ASSERT_STRING_EQUAL(session_moves_text(db_arena(door()), SESSION_ENDED), "nothing");
}

static const struct cunit_test tests[] = {
	{ "nobody waits for more than three advisors", nobody_waits_for_more_than_three },
	{ "a request is stored with its price and heard by both",
	    a_request_is_stored_with_its_price_and_heard_by_both },
	{ "asking again gives the live session", asking_again_gives_the_live_session },
	{ "who cannot be asked is not asked", who_cannot_be_asked_is_not_asked },
	{ "the assistant is there at once and says what it is",
	    the_assistant_is_there_at_once_and_says_what_it_is },
	{ "the moves of a state are named", the_moves_of_a_state_are_named },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("session request", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
