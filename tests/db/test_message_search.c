/* Search, what is unread, and mute; and that all three follow their indexes among many messages. */
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGE = 0, EXCERPT = 2, KEY = 3 }; /* columns of a hit */

static const struct stmt_set *const sets[] = { &message_stmts, &conversation_stmts, NULL };
static struct db *db;

static struct db *
door(void)
{
	if (db == NULL)
		db = testdb_open(sets);
	return db;
}

static const char *
say(const struct talk *talk, const char *sender_id, const char *client_id, const char *body)
{
	struct message_draft draft = { talk->conversation_id, sender_id, client_id, "text", body,
		NULL, NULL, NULL };
	const char *json;
	bool created;

	CU_ASSERT_EQUAL_FATAL(message_send(door(), &draft, &created, &json), ERR_OK);
	return testdb_text("SELECT $1::jsonb ->> 'id'", json);
}

/* The bodies of what a user finds, as "a|b". */
static const char *
found(const char *user_id, const char *words)
{
	static char text[512];
	struct rows *rows;
	size_t i, len = 0;

	CU_ASSERT_EQUAL_FATAL(message_search(door(), user_id, words, 10, NULL, NULL, &rows), ERR_OK);
	text[0] = '\0';
	for (i = 0; i < rows_count(rows) && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? "|" : "",
		    testdb_text("SELECT $1::jsonb ->> 'body'", rows_text(rows, i, MESSAGE)));
	return text;
}

static void
words_are_found_in_ones_own_conversations_only(void)
{
	struct talk talk = talk_make("ONGOING"), other = talk_make("ONGOING");
	const char *json;

	(void)say(&talk, talk.user_id, "1", "Moving to the Caf\u00e9 in P\u00fane");
	(void)say(&talk, talk.advisor_id, "2", "moving on");
	(void)say(&other, other.user_id, "1", "Moving elsewhere");
	CU_ASSERT_EQUAL(message_post(door(), talk.conversation_id, "SYSTEM", "s", "moving"), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    found(talk.user_id, "MOVING"), "moving on|Moving to the Caf\u00e9 in P\u00fane");
	CU_ASSERT_STRING_EQUAL(found(other.advisor_id, "moving"), "Moving elsewhere");
	CU_ASSERT_STRING_EQUAL(found(testdb_user("USER"), "moving"), "");
	CU_ASSERT_STRING_EQUAL(
	    found(talk.user_id, "cafe pune"), "Moving to the Caf\u00e9 in P\u00fane");
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "pu"), "Moving to the Caf\u00e9 in P\u00fane");
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "\"moving on\""), "moving on");
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "moving -cafe"), "moving on");
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "elsewhere or on"), "moving on");
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "!!! ' \\ : * & |"), "");
	CU_ASSERT_STRING_EQUAL(
	    found(talk.user_id, "-\"a b\""), "moving on|Moving to the Caf\u00e9 in P\u00fane");
	json = say(&talk, talk.user_id, "3", "gone soon");
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "soon"), "gone soon");
	CU_ASSERT_EQUAL(message_edit(door(), json, talk.user_id, "gone later", 900, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "soon"), "");
	CU_ASSERT_EQUAL(message_delete(door(), testdb_text("SELECT $1::jsonb ->> 'id'", json),
			    talk.user_id, 900, &json),
	    ERR_OK);
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "gone"), "");
	CU_ASSERT_STRING_EQUAL(
	    found(talk.user_id, "-nowhere"), /* an empty place has no such word either */
	    "moving on|Moving to the Caf\u00e9 in P\u00fane");
}

static void
pages_of_a_search_are_whole_over_conversations(void)
{
	struct talk talk = talk_make("ONGOING"), second = talk_make("ONGOING");
	const char *time = NULL, *id = NULL;
	char client_id[16];
	struct rows *rows;
	int i, seen = 0;

	testdb_run("UPDATE member SET user_id = $1 WHERE conversation_id = $2 AND user_id = $3",
	    talk.user_id, second.conversation_id, second.user_id);
	second.user_id = talk.user_id;
	for (i = 0; i < 7; i++) {
		(void)snprintf(client_id, sizeof(client_id), "%d", i);
		(void)say(i % 2 == 0 ? &talk : &second, talk.user_id, client_id,
		    "A long letter about nothing, with the needle somewhere behind many other words "
		    "that nobody will ever look for in here");
	}
	for (i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL_FATAL(
		    message_search(door(), talk.user_id, "needle", 2, time, id, &rows), ERR_OK);
		if (rows_count(rows) == 0)
			break;
		seen += (int)rows_count(rows);
		CU_ASSERT_PTR_NOT_NULL(strstr(rows_text(rows, 0, EXCERPT), "needle"));
		CU_ASSERT(strlen(rows_text(rows, 0, EXCERPT)) < 135);
		time = rows_text(rows, rows_count(rows) - 1, KEY);
		id = rows_text(rows, rows_count(rows) - 1, KEY + 1);
	}
	CU_ASSERT_EQUAL(seen, 7);
}

/* "unread conversations muted" of a user. */
static const char *
unread(const char *user_id)
{
	static char text[96];
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(conversation_unread(door(), user_id, &rows), ERR_OK);
	(void)snprintf(text, sizeof(text), "%lld %lld %lld", (long long)rows_i64(rows, 0, 0),
	    (long long)rows_i64(rows, 0, 1), (long long)rows_i64(rows, 0, 2));
	return text;
}

static void
what_is_unread_counts_neither_my_own_nor_deleted_messages(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *gone, *json;
	struct rows *rows;

	CU_ASSERT_STRING_EQUAL(unread(talk.user_id), "0 0 0");
	(void)say(&talk, talk.user_id, "1", "mine");
	CU_ASSERT_STRING_EQUAL(unread(talk.user_id), "0 0 0");
	gone = say(&talk, talk.advisor_id, "2", "two");
	(void)say(&talk, talk.advisor_id, "3", "three");
	CU_ASSERT_STRING_EQUAL(unread(talk.user_id), "2 1 0");
	CU_ASSERT_STRING_EQUAL(unread(talk.advisor_id), "0 0 0");
	CU_ASSERT_EQUAL(message_delete(door(), gone, talk.advisor_id, 900, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(unread(talk.user_id), "1 1 0");
	CU_ASSERT_EQUAL(
	    conversation_mute(door(), talk.conversation_id, talk.user_id, "infinity", &rows),
	    ERR_OK);
	CU_ASSERT_STRING_EQUAL(unread(talk.user_id), "0 0 1");
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "conversation.muted"), 1);
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "conversation.muted"), 0);
}

static void
mute_ends_by_itself_or_by_hand(void)
{
	struct talk talk = talk_make("ONGOING");
	struct rows *rows;

	CU_ASSERT_EQUAL(conversation_mute(door(), talk.conversation_id, talk.user_id,
			    "2001-01-01T00:00:00Z", &rows),
	    ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(db_detail(door()), "until");
	CU_ASSERT_EQUAL(
	    conversation_mute(door(), talk.conversation_id, testdb_user("USER"), NULL, &rows),
	    ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(conversation_mute(door(), talk.conversation_id, talk.user_id,
			    "2101-01-01T00:00:00Z", &rows),
	    ERR_OK);
	CU_ASSERT(rows_bool(rows, 0, 1));
	testdb_run("UPDATE member SET muted_until = app_now() WHERE conversation_id = $1"
		   " AND user_id = $2",
	    talk.conversation_id, talk.user_id);
	(void)say(&talk, talk.advisor_id, "1", "Hello");
	CU_ASSERT_STRING_EQUAL(unread(talk.user_id), "1 1 0");
	CU_ASSERT_EQUAL(
	    conversation_mute(door(), talk.conversation_id, talk.user_id, NULL, &rows), ERR_OK);
	CU_ASSERT(!rows_bool(rows, 0, 1));
	CU_ASSERT_EQUAL(
	    conversation_mute(door(), talk.conversation_id, talk.user_id, NULL, &rows), ERR_OK);
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "conversation.muted"), 2);
}

static const char *
sql_of(const struct stmt_set *set, const char *name)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (strcmp(set->stmts[i].name, name) == 0)
			return set->stmts[i].sql;
	CU_FAIL_FATAL("no such statement");
	return "";
}

/* The plan of a statement as JSON text. */
static const char *
plan(const struct stmt_set *set, const char *name, const char *args)
{
	static char text[16384];

	(void)snprintf(text, sizeof(text), "PREPARE planned AS %s", sql_of(set, name));
	testdb_run(text);
	(void)snprintf(text, sizeof(text), "EXPLAIN (FORMAT JSON) EXECUTE planned (%s)", args);
	(void)snprintf(text, sizeof(text), "%s", testdb_text(text));
	testdb_run("DEALLOCATE planned");
	return text;
}

static bool
scans_messages(const char *text)
{
	return testdb_i64(
		   "SELECT jsonb_path_exists($1::jsonb, '$.** ? (@.\"Node Type\" == \"Seq Scan\""
		   " && @.\"Relation Name\" == \"message\")')::int",
		   text) != 0;
}

static void
ten_thousand_messages_are_not_read_to_count_or_search_them(void)
{
	struct talk talk = talk_make("ONGOING");
	char args[256];
	const char *text;

	testdb_run("BEGIN");
	testdb_run("INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id,"
		   " body) SELECT $1, n, gen_random_uuid(), $2, 'ADVISOR', 'c' || n,"
		   " 'words and word' || n FROM generate_series(1, 10000) n",
	    talk.conversation_id, talk.advisor_id);
	testdb_run("UPDATE message SET deleted_at = app_now(), body = '' WHERE conversation_id = $1"
		   " AND seq % 1000 = 0",
	    talk.conversation_id);
	testdb_run("UPDATE conversation SET last_seq = 10000, last_message_at = app_now()"
		   " WHERE id = $1",
	    talk.conversation_id);
	testdb_run("ANALYZE message");
	testdb_run("SET LOCAL plan_cache_mode = force_generic_plan");
	(void)snprintf(args, sizeof(args), "'%s', 20, NULL, NULL", talk.user_id);
	text = plan(&conversation_stmts, "conversation_list", args);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"message_deleted\""));
	CU_ASSERT(!scans_messages(text));
	(void)snprintf(args, sizeof(args), "'%s'", talk.user_id);
	text = plan(&conversation_stmts, "conversation_unread", args);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"message_deleted\""));
	CU_ASSERT(!scans_messages(text));
	(void)snprintf(args, sizeof(args), "'%s', 'word77', 21, NULL, NULL", talk.user_id);
	text = plan(&message_stmts, "message_search", args);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"message_words\""));
	CU_ASSERT(!scans_messages(text));
	CU_ASSERT_EQUAL(testdb_i64("SELECT c.last_seq - k.read_seq - (SELECT count(*) FROM message d"
				   " WHERE d.conversation_id = c.id AND d.deleted_at IS NOT NULL)"
				   " FROM conversation c JOIN member k ON k.conversation_id = c.id"
				   " WHERE k.user_id = $1",
			    talk.user_id),
	    9990);
	testdb_run("ROLLBACK");
}

static void
words_are_found_before_they_are_in_their_place_and_after(void)
{
	struct talk talk = talk_make("ONGOING");
	char body[64];
	int64_t pages = 0;
	int i;

	CU_ASSERT_EQUAL_FATAL(message_index(door(), &pages), ERR_OK);
	for (i = 0; i < 40; i++) {
		(void)snprintf(body, sizeof(body), "zebra number%d", i);
		(void)say(&talk, talk.user_id, body, body);
	}
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "zebra number17"), "zebra number17");
	CU_ASSERT_EQUAL_FATAL(message_index(door(), &pages), ERR_OK);
	CU_ASSERT_TRUE(pages > 0); /* no send had to */
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "zebra number17"), "zebra number17");
	CU_ASSERT_EQUAL_FATAL(message_index(door(), &pages), ERR_OK);
	CU_ASSERT_EQUAL(pages, 0);
}

static const struct cunit_test tests[] = {
	{ "words are found in one's own conversations only",
	    words_are_found_in_ones_own_conversations_only },
	{ "pages of a search are whole over conversations",
	    pages_of_a_search_are_whole_over_conversations },
	{ "words are found before they are in their place, and after",
	    words_are_found_before_they_are_in_their_place_and_after },
	{ "what is unread counts neither my own nor deleted messages",
	    what_is_unread_counts_neither_my_own_nor_deleted_messages },
	{ "mute ends by itself or by hand", mute_ends_by_itself_or_by_hand },
	{ "ten thousand messages are not read to count or search them",
	    ten_thousand_messages_are_not_read_to_count_or_search_them },
	{ NULL, NULL },
};

int
main(void)
{
	int status = cunit_run("message_search", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
