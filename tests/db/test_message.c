/* Messages: stored once, numbered without gaps, seen in order of commit. */
#include "domain/talk/message.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGES = 1000, TIMES = 3, SENDERS = 4, READER = SENDERS, READS_MAX = 1000000 };

static const struct stmt_set *const sets[] = { &message_stmts, NULL };
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
say(struct db *own, const struct talk *talk, const char *client_id, bool *created, const char **json)
{
	struct message_draft draft = { talk->conversation_id, talk->user_id, client_id, "text",
		"Hello \"you\" \xe2\x99\xa5", NULL, NULL, NULL };

	return message_send(own, &draft, created, json);
}

/* Read forward from nothing; every message must be the one after the last. */
static int
read_all(struct db *own, const struct talk *talk)
{
	struct message_window window = { 0, 0, 100 };
	int reads;

	for (reads = 0; reads < READS_MAX && window.after < MESSAGES; reads++) {
		struct arena_mark mark = arena_mark(db_arena(own));
		struct json_object *page, *items;
		const char *json;
		size_t i;

		if (message_list(own, talk->conversation_id, talk->advisor_id, &window, &json) !=
		    ERR_OK)
			return 2;
		page = json_tokener_parse(json);
		items = json_object_object_get(page, "items");
		for (i = 0; i < json_object_array_length(items); i++)
			if (json_object_get_int64(json_object_object_get(
				json_object_array_get_idx(items, i), "seq")) != ++window.after)
				return 3;
		(void)json_object_put(page);
		arena_rewind(db_arena(own), mark);
	}
	return window.after == MESSAGES ? 0 : 4;
}

/* Three of the four senders send each message, in another order each. */
static int
send_or_read(struct db *own, int racer, void *arg)
{
	int i, created_count = 0;

	if (racer == READER)
		return read_all(own, arg);
	for (i = 0; i < MESSAGES; i++) {
		struct arena_mark mark = arena_mark(db_arena(own));
		int number = racer % 2 == 0 ? i : MESSAGES - 1 - i;
		bool created;
		const char *json;
		char client_id[16];

		if ((number + racer) % SENDERS == TIMES)
			continue;
		(void)snprintf(client_id, sizeof(client_id), "c-%d", number);
		if (say(own, arg, client_id, &created, &json) != ERR_OK)
			return 2;
		created_count += created;
		arena_rewind(db_arena(own), mark);
	}
	return created_count > 0 ? 0 : 5;
}

static void
a_thousand_messages_sent_three_times_are_stored_once_in_order(void)
{
	struct talk talk = talk_make("ONGOING");
	struct race race = { sets, send_or_read, &talk, NULL };
	int statuses[SENDERS + 1];

	race_run(&race, SENDERS + 1, statuses);
	CU_ASSERT_EQUAL(statuses[READER], 0);
	CU_ASSERT_EQUAL(race_count(statuses, SENDERS, 0), SENDERS);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM message WHERE conversation_id = $1",
			    talk.conversation_id),
	    MESSAGES);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(DISTINCT client_id) FROM message"
				   " WHERE conversation_id = $1",
			    talk.conversation_id),
	    MESSAGES);
	CU_ASSERT_EQUAL(testdb_i64("SELECT max(seq) - min(seq) + 1 FROM message"
				   " WHERE conversation_id = $1",
			    talk.conversation_id),
	    MESSAGES);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT last_seq FROM conversation WHERE id = $1", talk.conversation_id),
	    MESSAGES);
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "message.created"), MESSAGES);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM (SELECT (payload ->> 'seq')::bigint"
				   " - lag((payload ->> 'seq')::bigint) OVER (ORDER BY seq) AS step"
				   " FROM event WHERE user_id = $1 AND type = 'message.created') x"
				   " WHERE step <> 1",
			    talk.advisor_id),
	    0);
}

static void
a_repeated_client_id_gives_the_first_message(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *first, *second, *at;
	unsigned long before;
	bool created;

	CU_ASSERT_EQUAL_FATAL(say(door(), &talk, "one", &created, &first), ERR_OK);
	CU_ASSERT_TRUE(created);
	at = testdb_text(
	    "SELECT last_message_at FROM conversation WHERE id = $1", talk.conversation_id);
	before = db_round_trips(door());
	CU_ASSERT_EQUAL_FATAL(say(door(), &talk, "one", &created, &second), ERR_OK);
	CU_ASSERT_EQUAL(db_round_trips(door()) - before, 1);
	CU_ASSERT_FALSE(created);
	CU_ASSERT_STRING_EQUAL(first, second);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT last_message_at FROM conversation WHERE id = $1",
				   talk.conversation_id),
	    at);
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "message.created"), 1);
	CU_ASSERT_EQUAL_FATAL(say(door(), &talk, "two", &created, &second), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT max(seq) FROM message WHERE conversation_id = $1",
			    talk.conversation_id),
	    2);
}

static void
only_members_who_are_not_blocked_write_while_it_is_open(void)
{
	struct talk talk = talk_make("ONGOING"), stranger = talk;
	const char *json;
	bool created;

	stranger.user_id = testdb_user("USER");
	CU_ASSERT_EQUAL(say(door(), &stranger, "one", &created, &json), ERR_NOT_FOUND);
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", talk.advisor_id,
	    talk.user_id);
	CU_ASSERT_EQUAL(say(door(), &talk, "one", &created, &json), ERR_BLOCKED);
	testdb_run("DELETE FROM block WHERE user_id = $1", talk.advisor_id);
	CU_ASSERT_EQUAL(say(door(), &talk, "one", &created, &json), ERR_OK);
	testdb_run(
	    "UPDATE conversation SET closed_at = app_now() WHERE id = $1", talk.conversation_id);
	CU_ASSERT_EQUAL(say(door(), &talk, "two", &created, &json), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(say(door(), &talk, "one", &created, &json), ERR_OK); /* was stored before */
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT last_seq FROM conversation WHERE id = $1", talk.conversation_id), 1);
}

/* Numbers and has_more of a window, as "2 3 4 more". */
static const char *
window_text(const struct talk *talk, int64_t before, int64_t after, int64_t limit)
{
	static char text[256];
	struct message_window window = { before, after, limit };
	struct json_object *page, *items;
	const char *json;
	size_t i, len = 0;

	if (message_list(door(), talk->conversation_id, talk->user_id, &window, &json) != ERR_OK)
		return "failed";
	page = json_tokener_parse(json);
	items = json_object_object_get(page, "items");
	text[0] = '\0';
	for (i = 0; i < json_object_array_length(items); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%d ",
		    json_object_get_int(
			json_object_object_get(json_object_array_get_idx(items, i), "seq")));
	(void)snprintf(text + len, sizeof(text) - len, "%s",
	    json_object_get_boolean(json_object_object_get(page, "has_more")) ? "more" : "end");
	(void)json_object_put(page);
	return text;
}

static void
history_is_read_both_ways(void)
{
	struct talk talk = talk_make("ONGOING");
	char client_id[16];
	const char *json;
	bool created;
	int i;

	CU_ASSERT_STRING_EQUAL(window_text(&talk, 0, -1, 3), "end");
	for (i = 0; i < 7; i++) {
		(void)snprintf(client_id, sizeof(client_id), "c-%d", i);
		CU_ASSERT_EQUAL_FATAL(say(door(), &talk, client_id, &created, &json), ERR_OK);
	}
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 0, -1, 3), "5 6 7 more");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 5, -1, 3), "2 3 4 more");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 2, -1, 3), "1 end");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 1, -1, 3), "end");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 0, 0, 3), "1 2 3 more");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 0, 4, 3), "5 6 7 end");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 0, 7, 3), "end");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 0, 8, 3), "end");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 0, 6, 1), "7 end");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 8, -1, 7), "1 2 3 4 5 6 7 end");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 1000, -1, 1), "7 more");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 0, 0, 7), "1 2 3 4 5 6 7 end");
	CU_ASSERT_EQUAL(message_list_session(door(), talk.session_id, talk.advisor_id,
			    &(struct message_window){ 0, -1, 2 }, &json),
	    ERR_OK);
	CU_ASSERT_EQUAL(message_list_session(door(), talk.session_id, testdb_user("USER"),
			    &(struct message_window){ 0, -1, 2 }, &json),
	    ERR_NOT_FOUND);
	talk.user_id = testdb_user("USER");
	CU_ASSERT_STRING_EQUAL(window_text(&talk, 0, -1, 3), "failed");
}

/* All post the same line. */
static int
post(struct db *own, int racer, void *arg)
{
	(void)racer;
	return message_post(own, ((struct talk *)arg)->conversation_id, "AI", "reply-1", "Yes.") ==
		ERR_OK
	    ? 0
	    : 2;
}

static void
the_assistant_says_a_thing_once_however_often_it_is_posted(void)
{
	struct talk talk = talk_make("ONGOING");
	struct race race = { sets, post, &talk, NULL };
	int statuses[SENDERS];

	race_run(&race, SENDERS, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, SENDERS, 0), SENDERS);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT last_seq FROM conversation WHERE id = $1", talk.conversation_id), 1);
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "message.created"), 1);
	testdb_run(
	    "UPDATE conversation SET closed_at = app_now() WHERE id = $1", talk.conversation_id);
	CU_ASSERT_EQUAL(post(door(), 0, &talk), 0);
	CU_ASSERT_EQUAL(
	    message_post(door(), talk.conversation_id, "AI", "reply-2", "No."), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(
	    message_post(door(), talk.session_id, "AI", "reply-2", "No."), ERR_NOT_FOUND);
}

/* How often this connection has read all messages; and a send, as "created seq". */
#define SCANS "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'message'"
#define SEND_AS                                                                                    \
	"SELECT concat_ws(' ', created, message->>'seq') FROM"                                     \
	" message_send($1, $2, gen_random_uuid(), $3, 'text', 'Hello', NULL, NULL)"

/* The smaller a table, the cheaper it is to read whole; a connection keeps the plans it made then. */
static void
to_know_a_repeated_message_not_all_are_read(void)
{
	struct talk talk = talk_make("ONGOING");
	char client_id[16], wanted[16];
	int64_t before;
	int i;

	testdb_run("ANALYZE message");
	testdb_run("BEGIN");
	before = testdb_i64(SCANS);
	for (i = 0; i < 16; i++) {
		(void)snprintf(client_id, sizeof(client_id), "c-%d", i / 2);
		(void)snprintf(wanted, sizeof(wanted), "%s %d", i % 2 == 0 ? "t" : "f", i / 2 + 1);
		CU_ASSERT_STRING_EQUAL(
		    testdb_text(SEND_AS, talk.conversation_id, talk.user_id, client_id), wanted);
	}
	CU_ASSERT_EQUAL(testdb_i64(SCANS), before);
	testdb_run("ROLLBACK");
}

static const struct cunit_test tests[] = {
	{ "to know a repeated message not all are read",
	    to_know_a_repeated_message_not_all_are_read },
	{ "a thousand messages sent three times are stored once in order",
	    a_thousand_messages_sent_three_times_are_stored_once_in_order },
	{ "a repeated client_id gives the first message",
	    a_repeated_client_id_gives_the_first_message },
	{ "only members who are not blocked write while it is open",
	    only_members_who_are_not_blocked_write_while_it_is_open },
	{ "history is read both ways", history_is_read_both_ways },
	{ "the assistant says a thing once however often it is posted",
	    the_assistant_says_a_thing_once_however_often_it_is_posted },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("message", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
