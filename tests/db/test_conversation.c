/* Conversations as their members see them: list, unread, read mark, typing. */
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

static const struct stmt_set *const sets[] = { &conversation_stmts, &message_stmts, NULL };
static struct db *db;

enum { ID = 0, CLOSED = 3, LAST_SEQ = 6, UNREAD = 8, LAST_MESSAGE = 11, MEMBERS = 12, KEY = 14 };

/* Opened by the first test that needs it. */
static struct db *
door(void)
{
	if (db == NULL)
		db = testdb_open(sets);
	return db;
}

static void
say(const struct talk *talk, const char *sender_id, const char *client_id)
{
	struct message_draft draft = { talk->conversation_id, sender_id, client_id, "text",
		client_id, NULL, NULL, NULL };
	const char *json;
	bool created;

	CU_ASSERT_EQUAL_FATAL(message_send(door(), &draft, &created, &json), ERR_OK);
}

/* Another conversation of the same user. */
static struct talk
another(const char *user_id)
{
	struct talk talk = talk_make("ENDED");

	testdb_run("UPDATE session SET user_id = $1 WHERE id = $2", user_id, talk.session_id);
	testdb_run("UPDATE member SET user_id = $1 WHERE conversation_id = $2 AND role = 'USER'",
	    user_id, talk.conversation_id);
	talk.user_id = user_id;
	return talk;
}

static void
the_list_has_the_newest_activity_first_and_pages_by_key(void)
{
	struct talk talks[3];
	struct rows *rows, *next;

	talks[0] = talk_make("ONGOING");
	talks[1] = another(talks[0].user_id);
	talks[2] = another(talks[0].user_id);
	say(&talks[2], talks[2].advisor_id, "first");
	say(&talks[1], talks[1].user_id, "second");
	say(&talks[0], talks[0].advisor_id, "third");
	say(&talks[2], talks[2].advisor_id, "fourth");
	CU_ASSERT_EQUAL_FATAL(
	    conversation_list(door(), talks[0].user_id, 2, NULL, NULL, &rows), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(rows_count(rows), 2);
	CU_ASSERT_STRING_EQUAL(rows_text(rows, 0, ID), talks[2].conversation_id);
	CU_ASSERT_STRING_EQUAL(rows_text(rows, 1, ID), talks[0].conversation_id);
	CU_ASSERT_EQUAL(rows_i64(rows, 0, UNREAD), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(rows_text(rows, 0, LAST_MESSAGE), "\"fourth\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(rows_text(rows, 0, MEMBERS), talks[2].advisor_id));
	CU_ASSERT_EQUAL_FATAL(conversation_list(door(), talks[0].user_id, 2,
				  rows_text(rows, 1, KEY), rows_text(rows, 1, KEY + 1), &next),
	    ERR_OK);
	CU_ASSERT_EQUAL_FATAL(rows_count(next), 1);
	CU_ASSERT_STRING_EQUAL(rows_text(next, 0, ID), talks[1].conversation_id);
	CU_ASSERT_EQUAL(rows_i64(next, 0, UNREAD), 0); /* its only message is my own */
}

static void
a_page_costs_one_statement(void)
{
	struct talk talk = talk_make("ONGOING");
	unsigned long before;
	struct rows *rows;

	before = db_round_trips(door());
	CU_ASSERT_EQUAL(conversation_list(door(), talk.user_id, 20, NULL, NULL, &rows), ERR_OK);
	CU_ASSERT_EQUAL(db_round_trips(door()) - before, 1);
	CU_ASSERT_EQUAL(rows_count(rows), 1);
	CU_ASSERT_PTR_NULL(rows_text(rows, 0, LAST_MESSAGE));
}

static void
strangers_learn_nothing(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *stranger = testdb_user("USER");
	struct rows *rows;
	int64_t newest;

	CU_ASSERT_EQUAL(conversation_get(door(), talk.conversation_id, talk.user_id, &rows), ERR_OK);
	CU_ASSERT_EQUAL(
	    conversation_get(door(), talk.conversation_id, stranger, &rows), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(conversation_read(door(), talk.conversation_id, stranger, 0, &newest, &rows),
	    ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(conversation_typing(door(), talk.conversation_id, stranger), ERR_NOT_FOUND);
}

static void
the_read_mark_only_grows_and_not_above_the_newest(void)
{
	struct talk talk = talk_make("ONGOING");
	struct rows *rows;
	int64_t newest;

	say(&talk, talk.advisor_id, "a");
	say(&talk, talk.advisor_id, "b");
	CU_ASSERT_EQUAL(
	    conversation_read(door(), talk.conversation_id, talk.user_id, 3, &newest, &rows),
	    ERR_VALIDATION);
	CU_ASSERT_EQUAL(newest, 2);
	CU_ASSERT_EQUAL(
	    conversation_read(door(), talk.conversation_id, talk.user_id, 2, &newest, &rows),
	    ERR_OK);
	CU_ASSERT_EQUAL(rows_i64(rows, 0, 1), 2);
	CU_ASSERT_EQUAL(rows_i64(rows, 0, 2), 0);
	CU_ASSERT_EQUAL(
	    conversation_read(door(), talk.conversation_id, talk.user_id, 1, &newest, &rows),
	    ERR_OK);
	CU_ASSERT_EQUAL(rows_i64(rows, 0, 1), 2);
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "message.read"), 1); /* it moved once */
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "message.read"), 1);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT payload ->> 'seq' FROM event WHERE user_id = $1"
					   " AND type = 'message.read'",
				   talk.advisor_id),
	    "2");
}

/* What the write-ahead log has said under our prefix since the slot was made or last read. */
static const char *
typing_heard(void)
{
	return testdb_text(
	    "SELECT coalesce(string_agg(data, ' '), '') FROM"
	    " pg_logical_slot_get_changes('typing_test', NULL, NULL,"
	    " 'skip-empty-xacts', '1') WHERE data LIKE '%prefix: confab%\"typing\"%'");
}

static void
typing_is_heard_by_the_others_and_stored_nowhere(void)
{
	struct talk talk = talk_make("ONGOING"), closed = talk_make("ONGOING"),
		    blocked = talk_make("ONGOING");
	const char *heard;

	testdb_run(
	    "SELECT pg_create_logical_replication_slot('typing_test', 'test_decoding', true)");
	CU_ASSERT_EQUAL(conversation_typing(door(), talk.conversation_id, talk.user_id), ERR_OK);
	testdb_run(
	    "INSERT INTO epoch (one, epoch) SELECT true, epoch FROM epoch"
	    " ON CONFLICT (one) DO UPDATE SET epoch = epoch.epoch"); /* a commit flushes the log */
	heard = typing_heard();
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "\"type\": \"typing\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, talk.conversation_id));
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, talk.advisor_id));
	testdb_run(
	    "UPDATE conversation SET closed_at = app_now() WHERE id = $1", closed.conversation_id);
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", blocked.advisor_id,
	    blocked.user_id);
	CU_ASSERT_EQUAL(conversation_typing(door(), closed.conversation_id, closed.user_id), ERR_OK);
	CU_ASSERT_EQUAL(
	    conversation_typing(door(), blocked.conversation_id, blocked.user_id), ERR_OK);
	testdb_run("DELETE FROM block WHERE user_id = $1", blocked.advisor_id);
	CU_ASSERT_STRING_EQUAL(typing_heard(), "");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT last_seq FROM inbox WHERE user_id = $1", talk.advisor_id), 0);
	testdb_run("SELECT pg_drop_replication_slot('typing_test')");
}

static const struct cunit_test tests[] = {
	{ "the list has the newest activity first and pages by key",
	    the_list_has_the_newest_activity_first_and_pages_by_key },
	{ "a page costs one statement", a_page_costs_one_statement },
	{ "strangers learn nothing", strangers_learn_nothing },
	{ "the read mark only grows and not above the newest",
	    the_read_mark_only_grows_and_not_above_the_newest },
	{ "typing is heard by the others and stored nowhere",
	    typing_is_heard_by_the_others_and_stored_nowhere },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("conversation", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
