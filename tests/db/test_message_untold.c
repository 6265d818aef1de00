/* What a deleted message said is in no event any more, whatever cursor a client comes with. */
#include "domain/talk/message.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <string.h>

enum { WINDOW_S = 900 };

static const struct stmt_set *const sets[] = { &message_stmts, NULL };
static struct db *db;

/* Say something; the message's id. */
static const char *
say(const struct talk *talk, const char *sender, const char *client_id, const char *body,
    const char *reply_to)
{
	struct message_draft draft = { talk->conversation_id, sender, client_id, "text", body,
		reply_to, NULL, NULL };
	const char *json;
	bool created;

	CU_ASSERT_EQUAL_FATAL(message_send(db, &draft, &created, &json), ERR_OK);
	return testdb_text("SELECT $1::jsonb->>'id'", json);
}

/* How many events of the conversation's members have these words anywhere. */
static const char *
told(const struct talk *talk, const char *words)
{
	return testdb_text("SELECT count(*)::text FROM event JOIN member USING (user_id)"
			   " WHERE conversation_id = $1::uuid AND strpos(payload::text, $2) > 0",
	    talk->conversation_id, words);
}

static void
deleted_words_are_in_no_event(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *one = say(&talk, talk.user_id, "one", "first secret", NULL), *json;

	(void)say(&talk, talk.user_id, "two", "kept words", NULL);
	CU_ASSERT_EQUAL(
	    message_edit(db, one, talk.user_id, "second secret", WINDOW_S, &json), ERR_OK);
	(void)say(&talk, talk.advisor_id, "three", "an answer", one);
	CU_ASSERT_STRING_EQUAL(told(&talk, "second secret"), "6"); /* both, and in the answer */
	CU_ASSERT_EQUAL(message_delete(db, one, talk.user_id, WINDOW_S, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(told(&talk, "secret"), "0");
	CU_ASSERT_STRING_EQUAL(told(&talk, "kept words"), "2");
	CU_ASSERT_STRING_EQUAL(told(&talk, "an answer"), "2");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT string_agg(type || ' ' || (payload->>'deleted_at' IS NOT NULL), ', '"
			" ORDER BY seq) FROM event WHERE user_id = $1::uuid AND payload->>'id' = $2",
		talk.advisor_id, one),
	    "message.created true, message.updated true, message.deleted true");
}

static void
replaced_words_are_in_no_event(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *one = say(&talk, talk.user_id, "one", "first words", NULL), *json;

	(void)say(&talk, talk.advisor_id, "two", "an answer", one);
	CU_ASSERT_STRING_EQUAL(told(&talk, "first words"), "4");
	CU_ASSERT_EQUAL(
	    message_edit(db, one, talk.user_id, "second words", WINDOW_S, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(told(&talk, "first words"), "0");
	CU_ASSERT_STRING_EQUAL(told(&talk, "second words"), "6"); /* created, answered, updated */
	CU_ASSERT_EQUAL(message_edit(db, one, talk.user_id, "third words", WINDOW_S, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(told(&talk, "second words"), "0");
	CU_ASSERT_STRING_EQUAL(told(&talk, "third words"), "8");
	CU_ASSERT_STRING_EQUAL(told(&talk, "an answer"), "2");
}

static void
other_conversations_are_left_alone(void)
{
	struct talk talk = talk_make("ONGOING"), other = talk_make("ONGOING");
	const char *one = say(&talk, talk.user_id, "one", "the same words", NULL), *json;

	(void)say(&other, other.user_id, "one", "the same words", NULL);
	CU_ASSERT_EQUAL(message_delete(db, one, talk.user_id, WINDOW_S, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(told(&talk, "the same words"), "0");
	CU_ASSERT_STRING_EQUAL(told(&other, "the same words"), "2");
}

static const struct cunit_test tests[] = {
	{ "deleted words are in no event", deleted_words_are_in_no_event },
	{ "replaced words are in no event", replaced_words_are_in_no_event },
	{ "other conversations are left alone", other_conversations_are_left_alone },
	{ NULL, NULL },
};

int
main(void)
{
	int failed;

	db = testdb_open(sets);
	failed = cunit_run("message_untold", tests);
	testdb_close(db);
	return failed;
}
