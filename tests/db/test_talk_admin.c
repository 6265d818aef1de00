/* What administrators do to talk, at the door of the database: ending, the door before messages, removing. */
#include "domain/talk/conversation_admin.h"
#include "domain/talk/message_admin.h"
#include "domain/talk/session_admin.h"
#include "harness/acting.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

static struct db *db;
static const char *one, *two;

static const char reason[] = "{\"reason\": \"A test\"}";

static void
two_administrators_are_there(void)
{
	db = testdb_open(act_sets);
	one = testdb_user("ADMIN");
	two = testdb_user("ADMIN");
}

static bool
is_open(const struct talk *talk, const char *admin)
{
	bool open = false;

	CU_ASSERT_EQUAL(conversation_is_open(db, talk->conversation_id, admin, &open), ERR_OK);
	return open;
}

/* An opening in a transaction that comes to fail. */
struct opening {
	const struct talk *talk;
	enum err fails;
};

static enum err
open_in_tx(struct db *in, void *arg)
{
	struct opening *opening = arg;
	const struct audit_by by = { one, "req-door" };

	TRY(conversation_open(in, &by, opening->talk->conversation_id, "A report"));
	CU_ASSERT_TRUE(is_open(opening->talk, one));
	return opening->fails;
}

static void
a_conversation_is_open_to_who_said_why_if_that_was_kept(void)
{
	struct talk talk = talk_make("ONGOING");
	struct opening opening = { &talk, ERR_CONFLICT };
	const struct audit_by nobody = { NULL, "req-door" };
	struct rows *rows;

	CU_ASSERT_FALSE(is_open(&talk, one));
	CU_ASSERT_EQUAL(db_tx(db, open_in_tx, &opening), ERR_CONFLICT);
	CU_ASSERT_FALSE(is_open(&talk, one));
	opening.fails = ERR_OK;
	CU_ASSERT_EQUAL(db_tx(db, open_in_tx, &opening), ERR_OK);
	CU_ASSERT_TRUE(is_open(&talk, one));
	CU_ASSERT_FALSE(is_open(&talk, two));
	CU_ASSERT_EQUAL(conversation_opening(db, talk.conversation_id, one, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(rows_text_of(rows, 0, "reason"), "A report");
	CU_ASSERT_EQUAL(conversation_open(db, &nobody, talk.conversation_id, "x"), ERR_FORBIDDEN);
	CU_ASSERT_EQUAL(conversation_open(db, &(struct audit_by){ one, "" }, talk.session_id, "x"),
	    ERR_NOT_FOUND);
}

/* Whoever writes meanwhile does not wait for who reads. */
static enum err
send_while_open(struct db *in, void *arg)
{
	const struct talk *talk = arg;
	const struct audit_by by = { two, "req-door" };

	TRY(conversation_open(in, &by, talk->conversation_id, "A report"));
	testdb_run("SELECT message_send($1, $2, gen_random_uuid(), 'a', 'text', 'b', NULL, NULL)",
	    talk->conversation_id, talk->user_id);
	return ERR_OK;
}

static void
those_who_write_do_not_wait_for_who_reads(void)
{
	struct talk talk = talk_make("ONGOING");

	CU_ASSERT_EQUAL(db_tx(db, send_while_open, &talk), ERR_OK);
}

static void
each_state_has_its_act_and_last_ones_have_none(void)
{
	static const struct {
		const char *state, *act, *to;
	} cases[] = {
		{ "REQUESTED", "session.cancel", "CANCELLED" },
		{ "ACCEPTED", "session.cancel", "CANCELLED" },
		{ "ONGOING", "session.end", "ENDED" },
	};
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		struct talk talk = talk_make(cases[i].state);
		const char *other = cases[i].act == cases[2].act ? "session.cancel" : "session.end";

		CU_ASSERT_EQUAL(acting(db, one, other, talk.session_id, reason), ERR_BAD_STATE);
		CU_ASSERT_STRING_EQUAL(talk_state(&talk), cases[i].state);
		CU_ASSERT_EQUAL(acting(db, one, cases[i].act, talk.session_id, reason), ERR_OK);
		CU_ASSERT_STRING_EQUAL(talk_state(&talk), cases[i].to);
		CU_ASSERT_STRING_EQUAL(
		    testdb_text("SELECT coalesce(ended_by::text, 'nobody') || ' ' || end_reason"
				" FROM session WHERE id = $1",
			talk.session_id),
		    "nobody A test");
		CU_ASSERT_EQUAL(
		    acting(db, one, cases[i].act, talk.session_id, reason), ERR_BAD_STATE);
	}
}

static const char *
say(const struct talk *talk, const char *answered)
{
	return testdb_text("SELECT message->>'id' FROM message_send($1, $2, gen_random_uuid(),"
			   " gen_random_uuid()::text, 'text', 'to be removed', nullif($3, '')::uuid,"
			   " NULL)",
	    talk->conversation_id, talk->user_id, answered);
}

/* As its author's deleting: also in a closed conversation, and out of the answers and what was told of it. */
static void
a_removed_message_is_nowhere_any_more(void)
{
	struct talk talk = talk_make("ENDED");
	const char *id = say(&talk, ""), *answer = say(&talk, id), *notice;

	testdb_run("SELECT message_react($1, $2, '+', true)", id, talk.advisor_id);
	notice = testdb_text(
	    "SELECT message_post($1, 'SYSTEM', gen_random_uuid(), 'end', 'Over')->>'id'",
	    talk.conversation_id);
	testdb_run(
	    "UPDATE conversation SET closed_at = app_now() WHERE id = $1", talk.conversation_id);
	CU_ASSERT_EQUAL(acting(db, one, "message.remove", id, reason), ERR_OK);
	CU_ASSERT_EQUAL(acting(db, one, "message.remove", id, reason), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(acting(db, one, "message.remove", notice, reason), ERR_BAD_STATE);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT reply->>'excerpt' FROM message WHERE id = $1", answer), "");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM event WHERE user_id = ANY (ARRAY[$1, $2]::uuid[])"
		       " AND type = 'message.created' AND payload->>'id' = $3"
		       " AND payload->>'body' <> ''",
		talk.user_id, talk.advisor_id, id),
	    0);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM reaction r JOIN message m USING"
				   " (conversation_id, seq) WHERE m.id = $1",
			    id),
	    0);
	testdb_close(db);
}

static const struct cunit_test tests[] = {
	{ "two administrators are there", two_administrators_are_there },
	{ "a conversation is open to who said why, if that was kept",
	    a_conversation_is_open_to_who_said_why_if_that_was_kept },
	{ "those who write do not wait for who reads", those_who_write_do_not_wait_for_who_reads },
	{ "each state has its act, and last ones have none",
	    each_state_has_its_act_and_last_ones_have_none },
	{ "a removed message is nowhere any more", a_removed_message_is_nowhere_any_more },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("talk_admin", tests);
}
