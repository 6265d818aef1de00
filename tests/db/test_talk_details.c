/* What a hurried change to chat would leave out: the other direction of a block, equal times, what was deleted
 * unread, when each version was said. */
#include "domain/talk/assistant.h"
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

enum { PLACES = 5, UNREAD = 8, KEY = 14 /* columns of conversation_list */ };

static const struct stmt_set *const sets[] = { &conversation_stmts, &message_stmts,
	&assistant_stmts, NULL };
static struct db *db;

static struct db *
door(void)
{
	if (db == NULL)
		db = testdb_open(sets);
	return db;
}

static enum err
say(const struct talk *talk, const char *sender_id, const char *client_id, const char **id)
{
	struct message_draft draft = { talk->conversation_id, sender_id, client_id, "text",
		client_id, NULL, NULL, NULL };
	const char *json;
	bool created;
	enum err err = message_send(door(), &draft, &created, &json);

	if (err == ERR_OK && id != NULL)
		*id = testdb_text("SELECT $1::jsonb ->> 'id'", json);
	return err;
}

static void
a_block_holds_both_back_and_its_end_neither(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *people[][2] = { { talk.user_id, talk.advisor_id },
		{ talk.advisor_id, talk.user_id } };
	char client_id[16];
	size_t i;

	for (i = 0; i < COUNT_OF(people); i++) {
		testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", people[i][0],
		    people[i][1]);
		CU_ASSERT_EQUAL(say(&talk, talk.user_id, "no", NULL), ERR_BLOCKED);
		CU_ASSERT_EQUAL(say(&talk, talk.advisor_id, "no", NULL), ERR_BLOCKED);
		testdb_run("DELETE FROM block WHERE user_id = $1", people[i][0]);
		(void)snprintf(client_id, sizeof(client_id), "yes-%zu", i);
		CU_ASSERT_EQUAL(say(&talk, talk.user_id, client_id, NULL), ERR_OK);
		CU_ASSERT_EQUAL(say(&talk, talk.advisor_id, client_id, NULL), ERR_OK);
	}
}

static void
what_was_deleted_is_not_unread(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id, *json;
	struct rows *rows;

	CU_ASSERT_EQUAL(say(&talk, talk.advisor_id, "one", NULL), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(say(&talk, talk.advisor_id, "two", &id), ERR_OK);
	CU_ASSERT_EQUAL(say(&talk, talk.advisor_id, "three", NULL), ERR_OK);
	CU_ASSERT_EQUAL(message_delete(door(), id, talk.advisor_id, 900, &json), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(
	    conversation_list(door(), talk.user_id, 20, NULL, NULL, &rows), ERR_OK);
	CU_ASSERT_EQUAL(rows_i64(rows, 0, UNREAD), 2);
	CU_ASSERT_EQUAL_FATAL(conversation_unread(door(), talk.user_id, &rows), ERR_OK);
	CU_ASSERT_EQUAL(rows_i64(rows, 0, 0), 2);
}

/* Several conversations of one user with their newest message at the very same time, one on a page. */
static void
equal_times_lose_no_conversation(void)
{
	struct talk talk = talk_make("ONGOING");
	char pages[PLACES][37];
	const char *key1 = NULL, *key2 = NULL;
	struct rows *rows;
	int i, before;

	testdb_run(
	    "WITH c AS (INSERT INTO conversation (id, kind, last_message_at) SELECT gen_random_uuid(),"
	    " 'DIRECT', '2026-01-01Z' FROM generate_series(1, $2::int - 1) RETURNING id)"
	    " INSERT INTO member (conversation_id, user_id, role) SELECT id, $1::uuid, 'USER' FROM c",
	    talk.user_id, "5");
	testdb_run("UPDATE conversation SET last_message_at = '2026-01-01Z' WHERE id = $1",
	    talk.conversation_id);
	for (i = 0; i < PLACES; i++) {
		CU_ASSERT_EQUAL_FATAL(
		    conversation_list(door(), talk.user_id, 1, key1, key2, &rows), ERR_OK);
		CU_ASSERT_EQUAL_FATAL(rows_count(rows), 1);
		(void)snprintf(pages[i], sizeof(pages[i]), "%s", rows_text(rows, 0, 0));
		key1 = rows_text(rows, 0, KEY);
		key2 = rows_text(rows, 0, KEY + 1);
		for (before = 0; before < i; before++)
			CU_ASSERT_STRING_NOT_EQUAL(pages[i], pages[before]);
	}
	CU_ASSERT_EQUAL_FATAL(conversation_list(door(), talk.user_id, 1, key1, key2, &rows), ERR_OK);
	CU_ASSERT_EQUAL(rows_count(rows), 0);
}

static void
each_version_tells_when_it_was_said(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id, *json;

	CU_ASSERT_EQUAL_FATAL(say(&talk, talk.user_id, "first", &id), ERR_OK);
	CU_ASSERT_EQUAL(message_edit(door(), id, talk.user_id, "second", 900, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_edit(door(), id, talk.user_id, "third", 900, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text(
		"SELECT string_agg((said_at = before)::text, ' ' ORDER BY version) FROM (SELECT version,"
		" said_at, lag(replaced_at, 1, (SELECT created_at FROM message WHERE id = $1))"
		" OVER (ORDER BY version) AS before FROM message_version v WHERE v.conversation_id = $2) x",
		id, talk.conversation_id),
	    "true true");
}

/* The job of the assistant for a message said just before somebody ended the session. */
static void
the_assistant_answers_the_last_word_while_it_can(void)
{
	struct talk talk = talk_make("ONGOING");
	struct job job = { NULL, "ai.reply", 1, NULL };
	const char *id;
	void *work = NULL;

	assistant_provider_set(ai_provider_find("echo"));
	CU_ASSERT_EQUAL_FATAL(say(&talk, talk.user_id, "hello", &id), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(say(&talk, talk.user_id, "help", &id), ERR_OK);
	job.id = testdb_text(
	    "INSERT INTO job (id, kind, payload, run_at) VALUES (gen_random_uuid(), 'ai.reply',"
	    " jsonb_build_object('message_id', $1::text), 'infinity') RETURNING id",
	    id);
	CU_ASSERT_EQUAL(assistant_job.prepare(door(), &job, &work), ERR_OK);
	CU_ASSERT_EQUAL(assistant_job.apply(door(), &job, work), ERR_OK);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(testdb_text("SELECT body FROM message WHERE conversation_id = $1"
			       " AND sender_type = 'AI'",
		       talk.conversation_id),
		"\"help\"")); /* the last word, not the first */
	testdb_run(
	    "UPDATE conversation SET closed_at = app_now() WHERE id = $1", talk.conversation_id);
	CU_ASSERT_EQUAL(assistant_job.prepare(door(), &job, &work), ERR_OK);
	CU_ASSERT_PTR_NULL(work);
	CU_ASSERT_EQUAL(assistant_job.apply(door(), &job, work), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM message WHERE conversation_id = $1",
			    talk.conversation_id),
	    3);
	testdb_run("DELETE FROM job WHERE id = $1", job.id);
}

static const struct cunit_test tests[] = {
	{ "a block holds both back, and its end neither",
	    a_block_holds_both_back_and_its_end_neither },
	{ "what was deleted is not unread", what_was_deleted_is_not_unread },
	{ "equal times lose no conversation", equal_times_lose_no_conversation },
	{ "each version tells when it was said", each_version_tells_when_it_was_said },
	{ "the assistant answers the last word, while the conversation is open",
	    the_assistant_answers_the_last_word_while_it_can },
	{ NULL, NULL },
};

int
main(void)
{
	int status = cunit_run("talk details", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
