/* The read mark moved by two devices at the same moment: the one that waited answers what is true. */
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/require.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <pthread.h>
#include <stdlib.h>

static const struct stmt_set *const sets[] = { &conversation_stmts, &message_stmts, NULL };

enum { READ_SEQ = 1, UNREAD = 2 };

struct reader {
	struct talk talk;
	enum err err;
	int64_t read_seq, unread;
};

static void *
reader_run(void *arg)
{
	struct reader *reader = arg;
	struct db *db = testdb_open(sets);
	struct rows *rows;
	int64_t newest;

	reader->err = conversation_read(
	    db, reader->talk.conversation_id, reader->talk.user_id, 2, &newest, &rows);
	if (reader->err == ERR_OK) {
		reader->read_seq = rows_i64(rows, 0, READ_SEQ);
		reader->unread = rows_i64(rows, 0, UNREAD);
	}
	testdb_close(db);
	return NULL;
}

static void
say(const struct talk *talk, const char *words)
{
	struct message_draft draft = { talk->conversation_id, talk->advisor_id, words, "text",
		words, NULL, NULL, NULL };
	struct db *db = testdb_open(sets);
	const char *json;
	bool created;

	CU_ASSERT_EQUAL_FATAL(message_send(db, &draft, &created, &json), ERR_OK);
	testdb_close(db);
}

static bool
somebody_waits(void)
{
	return testdb_i64("SELECT count(*) FROM pg_locks WHERE NOT granted AND database ="
			  " (SELECT oid FROM pg_database WHERE datname = current_database())"
			  " OR NOT granted AND locktype = 'transactionid'") > 0;
}

static void
who_waited_for_another_device_answers_what_is_true(void)
{
	struct reader reader = { .talk = talk_make("ONGOING") };
	int64_t until_us = clock_steady_us() + HANG_US;
	pthread_t thread;

	say(&reader.talk, "one");
	say(&reader.talk, "two");
	testdb_run("BEGIN");
	testdb_run("UPDATE member SET read_seq = 2 WHERE conversation_id = $1 AND user_id = $2",
	    reader.talk.conversation_id, reader.talk.user_id);
	require(pthread_create(&thread, NULL, reader_run, &reader) == 0);
	while (!somebody_waits() && clock_steady_us() < until_us)
		;
	testdb_run("COMMIT");
	require(pthread_join(thread, NULL) == 0);
	CU_ASSERT_EQUAL(reader.err, ERR_OK);
	CU_ASSERT_EQUAL(reader.read_seq, 2);
	CU_ASSERT_EQUAL(reader.unread, 0);
	CU_ASSERT_EQUAL(
	    talk_events(reader.talk.advisor_id, "message.read"), 0); /* it moved nothing */
}

static const struct cunit_test tests[] = {
	{ "who waited for another device answers what is true",
	    who_waited_for_another_device_answers_what_is_true },
	{ NULL, NULL },
};

int
main(void)
{
	/* So many times as long may the reader wait for the lock. */
	if (setenv("CONFAB_PATIENCE", "10", 1) != 0)
		return 1;
	return cunit_run("read mark", tests);
}
