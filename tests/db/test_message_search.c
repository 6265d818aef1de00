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

/* So many messages were said, one each so many seconds until now: "words and wordN". */
static void
said_before(const struct talk *talk, int count, const char *apart_s)
{
	char last[16];

	(void)snprintf(last, sizeof(last), "%d", count);
	testdb_run("INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id,"
		   " body, created_at) SELECT $1, n, gen_random_uuid(), $2, 'ADVISOR', 'c' || n,"
		   " 'words and word' || n, app_now() - ($3::int - n) * $4::int * interval '1 s'"
		   " FROM generate_series(1, $3::int) n",
	    talk->conversation_id, talk->advisor_id, last, apart_s);
	testdb_run(
	    "UPDATE conversation SET last_seq = $2, last_message_at = app_now() WHERE id = $1",
	    talk->conversation_id, last);
}

/* Other plans are not to be made for these. */
static void
forget(const struct talk *talk)
{
	testdb_run("DELETE FROM message WHERE conversation_id = $1", talk->conversation_id);
	testdb_run("UPDATE conversation SET last_seq = 0, last_message_at = NULL WHERE id = $1",
	    talk->conversation_id);
	testdb_run("ANALYZE message");
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

/* The plan of a statement as JSON text; after options, as "ANALYZE, ", also what was done. */
static const char *
plan(const struct stmt_set *set, const char *name, const char *options, const char *args)
{
	static char text[65536];

	(void)snprintf(text, sizeof(text), "PREPARE planned AS %s", sql_of(set, name));
	testdb_run(text);
	(void)snprintf(
	    text, sizeof(text), "EXPLAIN (%sFORMAT JSON) EXECUTE planned (%s)", options, args);
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
	said_before(&talk, 10000, "0");
	testdb_run("UPDATE message SET deleted_at = app_now(), body = '' WHERE conversation_id = $1"
		   " AND seq % 1000 = 0",
	    talk.conversation_id);
	testdb_run("ANALYZE message");
	testdb_run("SET LOCAL plan_cache_mode = force_generic_plan");
	(void)snprintf(args, sizeof(args), "'%s', 20, NULL, NULL", talk.user_id);
	text = plan(&conversation_stmts, "conversation_list", "", args);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"message_deleted\""));
	CU_ASSERT(!scans_messages(text));
	(void)snprintf(args, sizeof(args), "'%s'", talk.user_id);
	text = plan(&conversation_stmts, "conversation_unread", "", args);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"message_deleted\""));
	CU_ASSERT(!scans_messages(text));
	(void)snprintf(args, sizeof(args), "'%s', 'word77', 21, NULL, NULL", talk.user_id);
	text = plan(&message_stmts, "message_search", "", args);
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

	said_before(&talk, 300, "0");
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
	forget(&talk);
}

/* Whether a search went to the index on words. */
static bool
asks_index(const char *user_id, const char *words)
{
	char args[256];

	(void)snprintf(args, sizeof(args), "'%s', '%s', 21, NULL, NULL", user_id, words);
	return testdb_i64("SELECT jsonb_path_exists($1::jsonb, '$.** ? (@.\"Index Name\" =="
			  " \"message_words\" && @.\"Actual Loops\" > 0)')::int",
		   plan(&message_stmts, "message_search", "ANALYZE, ", args)) != 0;
}

static void
a_word_said_often_is_found_among_the_newest_messages(void)
{
	struct talk talk = talk_make("ONGOING"), burst = talk_make("ONGOING");

	said_before(&talk, 1000, "60");
	said_before(&burst, 1000, "0");
	testdb_run("ANALYZE message");
	CU_ASSERT_FALSE(asks_index(talk.user_id, "words"));
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "word"),
	    "words and word1000|words and word999|words and word998|words and word997|"
	    "words and word996|words and word995|words and word994|words and word993|"
	    "words and word992|words and word991");
	CU_ASSERT_TRUE(asks_index(talk.user_id, "word77"));
	CU_ASSERT_STRING_EQUAL(found(talk.user_id, "word700"), "words and word700");
	/* Nothing says there that the newest are all among those looked through. */
	CU_ASSERT_TRUE(asks_index(burst.user_id, "words"));
	CU_ASSERT_STRING_EQUAL(found(burst.user_id, "word700"), "words and word700");
	forget(&talk);
	forget(&burst);
}

static void
nothing_is_lost_where_the_newest_messages_end(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *time = NULL, *id = NULL;
	struct rows *rows;
	int64_t count, seq = 1000, pages = 0;

	said_before(&talk, 1000, "60");
	do {
		CU_ASSERT_EQUAL_FATAL(
		    message_search(door(), talk.user_id, "words", 70, time, id, &rows), ERR_OK);
		count = (int64_t)rows_count(rows);
		for (int64_t i = 0; i < count; i++, seq--)
			CU_ASSERT_EQUAL(testdb_i64("SELECT ($1::jsonb ->> 'seq')::int",
					    rows_text(rows, (size_t)i, MESSAGE)),
			    seq);
		if (count > 0) {
			time = rows_text(rows, (size_t)count - 1, KEY);
			id = rows_text(rows, (size_t)count - 1, KEY + 1);
		}
		pages++;
	} while (count == 70);
	CU_ASSERT_EQUAL(seq, 0);
	CU_ASSERT_EQUAL(pages, 15);
	forget(&talk);
}

static const struct cunit_test tests[] = {
	{ "words are found in one's own conversations only",
	    words_are_found_in_ones_own_conversations_only },
	{ "pages of a search are whole over conversations",
	    pages_of_a_search_are_whole_over_conversations },
	{ "words are found before they are in their place, and after",
	    words_are_found_before_they_are_in_their_place_and_after },
	{ "a word said often is found among the newest messages, without the index",
	    a_word_said_often_is_found_among_the_newest_messages },
	{ "nothing is lost where the newest messages end",
	    nothing_is_lost_where_the_newest_messages_end },
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
