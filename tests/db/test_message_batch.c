/* Messages sent in batches: what single sends would have left, an answer for each, and no deadlock. */
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 150, TURNS = 100, RACERS = 5, BATCHERS = 3, PEOPLE = 4, SQL_SIZE = 16384 };

static const char *
file_text(const char *path)
{
	static char text[SQL_SIZE];
	FILE *file = fopen(path, "r");
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	CU_ASSERT_FATAL(len < sizeof(text) - 1);
	text[len] = '\0';
	(void)fclose(file);
	return text;
}

/* Said by the environment, or another one each time. */
static const char *
seed_take(void)
{
	const char *wanted = getenv("BATCH_SEED");
	static char seed[24];

	(void)snprintf(seed, sizeof(seed), "%u",
	    wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : testdb_random());
	printf("batches of BATCH_SEED=%s\n", seed);
	return seed;
}

/* BATCHES (environment) says how many, of 1 to 24 drafts each: most are sent, some repeated, refused or about
 * what was just deleted, closed or blocked. A difference is told with the number of its round; the seed
 * gives the same rounds again. */
static void
batches_leave_what_single_sends_leave(void)
{
	const char *wanted = getenv("BATCHES"), *found = "";
	long i, count = wanted != NULL ? strtol(wanted, NULL, 10) : BATCHES;
	char number[24], tag[24];

	(void)snprintf(tag, sizeof(tag), "%07x", testdb_random() & 0xfffffff);
	testdb_run("SELECT set_config('test.tag', $1, false),"
		   " set_config('client_min_messages', 'warning', false)",
	    tag);
	testdb_run(file_text("tests/db/message_batch.sql"));
	testdb_run("SELECT pg_temp.furnish(0), pg_temp.furnish(1)");
	testdb_run("SELECT setseed($1::bigint / 4294967296.0)", seed_take());
	for (i = 1; i <= count && found[0] == '\0'; i++) {
		(void)snprintf(number, sizeof(number), "%ld", i);
		found = testdb_text("SELECT pg_temp.round($1)", number);
	}
	if (found[0] != '\0')
		printf("%s\n", found);
	CU_ASSERT_STRING_EQUAL(found, "");
	CU_ASSERT(testdb_i64("SELECT count(*) FROM pg_temp.all_rows(0)") > count);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM ((SELECT pg_temp.all_rows(0) EXCEPT ALL"
		       " SELECT pg_temp.all_rows(1)) UNION ALL (SELECT pg_temp.all_rows(1)"
		       " EXCEPT ALL SELECT pg_temp.all_rows(0))) x"),
	    0);
}

/* Drafts of a user's in arrays, as text: the answers, a draft each. */
#define ANSWERS(sender, clients, kinds, answered, enclosed)                                        \
	testdb_text("SELECT string_agg(concat_ws(' ', number, created, message->>'seq', refused,"  \
		    " nullif(detail, '')), ', ' ORDER BY number) FROM message_send_batch("         \
		    "array_fill($1::uuid, ARRAY[cardinality($3::text[])]),"                        \
		    " array_fill($2::uuid, ARRAY[cardinality($3::text[])]),"                       \
		    " ARRAY(SELECT gen_random_uuid() FROM unnest($3::text[])), $3::text[],"        \
		    " $4::text[], $3::text[], $5::uuid[], $6::uuid[])",                            \
	    talk.conversation_id, sender, clients, kinds, answered, enclosed)

static void
each_draft_has_its_own_answer(void)
{
	struct talk talk = talk_make("ONGOING"), other = talk_make("ONGOING");
	char list[256];

	CU_ASSERT_STRING_EQUAL(ANSWERS(talk.user_id, "{a,b,a}", "{text,text,text}",
				   "{NULL,NULL,NULL}", "{NULL,NULL,NULL}"),
	    "1 t 1, 2 t 2, 3 f 1");
	(void)snprintf(list, sizeof(list), "{NULL,%s,NULL,NULL}", other.user_id);
	CU_ASSERT_STRING_EQUAL(ANSWERS(talk.user_id, "{b,c,d,e}", "{text,text,image,text}", list,
				   "{NULL,NULL,00000000-0000-7000-8000-000000000000,NULL}"),
	    "1 f 2, 2 validation_error reply_to, 3 validation_error media_id, 4 t 3");
	CU_ASSERT_STRING_EQUAL(
	    ANSWERS(other.user_id, "{b,x}", "{text,text}", "{NULL,NULL}", "{NULL,NULL}"),
	    "1 not_found, 2 not_found");
	(void)snprintf(list, sizeof(list), "{%s}",
	    testdb_text("SELECT message_delete(id, sender_id, 900)->>'id' FROM message"
			" WHERE conversation_id = $1 AND seq = 2",
		talk.conversation_id));
	CU_ASSERT_STRING_EQUAL(
	    ANSWERS(talk.user_id, "{g}", "{text}", list, "{NULL}"), "1 validation_error reply_to");
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", talk.advisor_id,
	    talk.user_id);
	CU_ASSERT_STRING_EQUAL(
	    ANSWERS(talk.user_id, "{e,f}", "{text,text}", "{NULL,NULL}", "{NULL,NULL}"),
	    "1 f 3, 2 blocked");
	testdb_run(
	    "UPDATE conversation SET closed_at = app_now() WHERE id = $1", talk.conversation_id);
	CU_ASSERT_STRING_EQUAL(
	    ANSWERS(talk.user_id, "{e,f}", "{text,text}", "{NULL,NULL}", "{NULL,NULL}"),
	    "1 f 3, 2 bad_state the conversation is closed");
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "message.created"), 3);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT read_seq FROM member WHERE conversation_id = $1 AND user_id = $2",
		talk.conversation_id, talk.user_id),
	    3);
}

static void
a_batch_sent_twice_gives_the_same_answers(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *first = ANSWERS(
	    talk.user_id, "{a,b,c}", "{text,text,text}", "{NULL,NULL,NULL}", "{NULL,NULL,NULL}");

	CU_ASSERT_STRING_EQUAL(first, "1 t 1, 2 t 2, 3 t 3");
	CU_ASSERT_STRING_EQUAL(ANSWERS(talk.user_id, "{a,b,c}", "{text,text,text}",
				   "{NULL,NULL,NULL}", "{NULL,NULL,NULL}"),
	    "1 f 1, 2 f 2, 3 f 3");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT last_seq FROM conversation WHERE id = $1", talk.conversation_id), 3);
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "message.created"), 3);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT last_seq FROM inbox WHERE user_id = $1", talk.advisor_id), 3);
}

/* What has to be written in another way inside of an array. */
static const char *const words[] = { "Hello \"you\" \\ {\xe2\x99\xa5}, NULL", "NULL", "  a,b\n\\\"",
	"'$1", "" };

static void
a_batch_is_one_round_trip_and_keeps_every_character(void)
{
	struct db *db = testdb_open((const struct stmt_set *const[]){ &message_stmts, NULL });
	struct talk talk = talk_make("ONGOING");
	struct message_draft made[COUNT_OF(words) + 1];
	const struct message_draft *drafts[COUNT_OF(words) + 1];
	struct message_sent sent[COUNT_OF(words) + 1];
	unsigned long before;
	char clients[COUNT_OF(words) + 1][8];
	size_t i;

	for (i = 0; i <= COUNT_OF(words); i++) {
		(void)snprintf(clients[i], sizeof(clients[i]), "c-%zu", i);
		made[i] = (struct message_draft){ talk.conversation_id, talk.advisor_id, clients[i],
			"text", i < COUNT_OF(words) ? words[i] : "x", NULL, NULL, NULL };
		drafts[i] = &made[i];
	}
	made[i - 1].reply_to = talk.user_id;
	CU_ASSERT_EQUAL_FATAL(db_connect(db), ERR_OK);
	before = db_round_trips(db);
	CU_ASSERT_EQUAL_FATAL(message_send_batch(db, drafts, i, sent), ERR_OK);
	CU_ASSERT_EQUAL(db_round_trips(db) - before, 1);
	for (i = 0; i < COUNT_OF(words); i++) {
		CU_ASSERT_EQUAL_FATAL(sent[i].err, ERR_OK);
		CU_ASSERT(sent[i].created);
		CU_ASSERT_STRING_EQUAL(
		    testdb_text("SELECT $1::jsonb->>'body'", sent[i].json), words[i]);
	}
	CU_ASSERT_EQUAL(sent[i].err, ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(sent[i].detail, "reply_to");
	CU_ASSERT_PTR_NULL(sent[i].json);
	CU_ASSERT_EQUAL(message_send_batch(db, drafts, 1, sent), ERR_OK);
	CU_ASSERT_FALSE(sent[0].created);
	testdb_close(db);
}

/* By one who has an answer: in a batch or alone, as what a batch did is done again where its answer was lost. */
static void
what_is_sent_again_with_its_id_was_sent_now(void)
{
	struct db *db = testdb_open((const struct stmt_set *const[]){ &message_stmts, NULL });
	struct talk talk = talk_make("ONGOING");
	struct message_draft made = { talk.conversation_id, talk.user_id, "a", "text", "x", NULL,
		NULL, testdb_text("SELECT gen_random_uuid()") };
	const struct message_draft *drafts[] = { &made };
	struct message_sent sent;
	const char *json;
	bool created;
	int i;

	for (i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(message_send_batch(db, drafts, 1, &sent), ERR_OK);
		CU_ASSERT(sent.created);
		CU_ASSERT_EQUAL_FATAL(message_send(db, &made, &created, &json), ERR_OK);
		CU_ASSERT(created);
	}
	made.id = testdb_text("SELECT gen_random_uuid()");
	CU_ASSERT_EQUAL_FATAL(message_send_batch(db, drafts, 1, &sent), ERR_OK);
	CU_ASSERT_FALSE(sent.created);
	CU_ASSERT_EQUAL_FATAL(message_send(db, &made, &created, &json), ERR_OK);
	CU_ASSERT_FALSE(created);
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "message.created"), 1);
	testdb_close(db);
}

enum { BATCH, EDIT, DELETE, REACT, POST, READ, CLOSE, OPEN, ACTS };

/* $1 is the people; a message of theirs by chance. */
#define SOME                                                                                                  \
	"(SELECT m.* FROM message m JOIN member k USING (conversation_id) WHERE k.user_id = ANY ($1::uuid[])" \
	" AND m.sender_id IS NOT NULL ORDER BY random() LIMIT 1) m"
#define PLACE                                                                                      \
	"(SELECT conversation_id FROM member WHERE user_id = ANY ($1::uuid[]) ORDER BY random() LIMIT 1)"
static const struct stmt stmts[] = {
	[BATCH] = { "test_batch", 1,
	    "SELECT count(*) FROM (SELECT array_agg(conversation_id) AS places, array_agg(user_id) AS people,"
	    " array_agg(gen_random_uuid()) AS ids, array_agg(gen_random_uuid()::text) AS clients,"
	    " array_agg('text'::text) AS kinds, array_agg(NULL::uuid) AS none FROM (SELECT k.* FROM member k,"
	    " generate_series(1, 3) WHERE user_id = ANY ($1::uuid[]) ORDER BY random() LIMIT 1 + (random() * 11)::int) k) a,"
	    " message_send_batch(places, people, ids, clients, kinds, clients, none, none)",
	    false },
	[EDIT] = { "test_edit", 1,
	    "SELECT message_edit(m.id, m.sender_id, random()::text, 900) FROM " SOME, false },
	[DELETE] = { "test_delete", 1, "SELECT message_delete(m.id, m.sender_id, 900) FROM " SOME,
	    false },
	[REACT] = { "test_react", 1,
	    "SELECT message_react(m.id, m.sender_id, 'x', random() < 0.5) FROM " SOME, false },
	[POST] = { "test_post", 1,
	    "SELECT message_post(" PLACE ", 'SYSTEM', gen_random_uuid(),"
	    " gen_random_uuid()::text, 'So it is')",
	    false },
	[READ] = { "test_read", 1,
	    "SELECT conversation_id, user_id FROM member WHERE user_id = ANY ($1::uuid[])"
	    " ORDER BY random() LIMIT 1",
	    true },
	[CLOSE] = { "test_close", 1,
	    "UPDATE conversation SET closed_at = app_now() WHERE random() < 0.3 AND id = " PLACE,
	    false },
	[OPEN] = { "test_open", 1, "UPDATE conversation SET closed_at = NULL WHERE id = " PLACE,
	    false },
};
static const struct stmt_set test_stmts = { stmts, COUNT_OF(stmts) };
static const struct stmt_set *const sets[] = { &conversation_stmts, &message_stmts, &test_stmts,
	NULL };

static enum err
act(struct db *db, int what, const char *people)
{
	struct rows *rows;
	int64_t newest;

	if (what != READ)
		return db_exec(db, &stmts[what], db_text(people));
	TRY(db_one(db, &rows, &stmts[READ], db_text(people)));
	return conversation_read(
	    db, rows_text(rows, 0, 0), rows_text(rows, 0, 1), 5, &newest, &rows);
}

/* Most send batches; the others do one at a time all that locks the same rows. */
static int
live(struct db *db, int racer, void *people)
{
	int i;

	for (i = 0; i < TURNS; i++) {
		struct arena_mark mark = arena_mark(db_arena(db));
		int what = racer < BATCHERS ? BATCH : i % 2 == 0 ? POST : i / 2 % ACTS;
		enum err err = act(db, what, people);

		arena_rewind(db_arena(db), mark);
		if (err != ERR_OK && err != ERR_BAD_STATE && err != ERR_NOT_FOUND &&
		    err != ERR_VALIDATION)
			return 10 + (int)err % 80;
	}
	return 0;
}

static void
people_who_all_talk_at_once_do_not_stop_each_other(void)
{
	struct race race = { sets, live, NULL, NULL };
	int statuses[RACERS], i;
	char people[PEOPLE * 40] = "{";
	int64_t deadlocks =
	    testdb_i64("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");

	for (i = 0; i < PEOPLE; i++)
		(void)snprintf(people + strlen(people), sizeof(people) - strlen(people), "%s%s",
		    i > 0 ? "," : "", testdb_user("USER"));
	(void)snprintf(people + strlen(people), sizeof(people) - strlen(people), "}");
	/* Everybody with everybody, and one conversation of all. */
	testdb_run(
	    "WITH pair AS (SELECT gen_random_uuid() AS id, a, b FROM unnest($1::uuid[]) a,"
	    " unnest($1::uuid[]) b WHERE a < b), place AS (INSERT INTO conversation (id, kind)"
	    " SELECT id, 'DIRECT' FROM pair) INSERT INTO member (conversation_id, user_id, role)"
	    " SELECT id, unnest(CASE WHEN a = ($1::uuid[])[1] THEN $1::uuid[] ELSE ARRAY[a, b] END),"
	    " 'USER' FROM pair",
	    people);
	race.arg = people;
	race_run(&race, RACERS, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, RACERS, 0), RACERS);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM conversation c WHERE c.id IN (SELECT conversation_id"
		       " FROM member WHERE user_id = ANY ($1::uuid[])) AND (SELECT array_agg(seq"
		       " ORDER BY seq) FROM message WHERE conversation_id = c.id)"
		       " IS DISTINCT FROM ARRAY(SELECT generate_series(1, c.last_seq))",
		people),
	    0);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM inbox i WHERE user_id = ANY ($1::uuid[])"
				   " AND (SELECT array_agg(seq ORDER BY seq) FROM event"
				   " WHERE user_id = i.user_id)"
				   " IS DISTINCT FROM ARRAY(SELECT generate_series(1, i.last_seq))",
			    people),
	    0);
	CU_ASSERT_EQUAL(testdb_i64("SELECT deadlocks FROM pg_stat_database"
				   " WHERE datname = current_database()"),
	    deadlocks);
}

/* Tables read whole by this connection, of those that a send looks into. */
#define SCANS                                                                                      \
	"SELECT sum(seq_scan) FROM pg_stat_xact_user_tables"                                       \
	" WHERE relname IN ('member', 'message', 'inbox', 'block', 'media')"

/* The smaller a table, the cheaper it is to read whole; a connection keeps the plans it made then. */
static void
no_batch_reads_a_whole_table(void)
{
	struct talk talk = talk_make("ONGOING");
	int64_t before;
	int i;

	testdb_run("ANALYZE member, message, inbox, block, media");
	testdb_run("BEGIN");
	before = testdb_i64(SCANS);
	for (i = 0; i < 8; i++)
		(void)ANSWERS(talk.user_id, "{a,b,c}", "{text,text,text}", "{NULL,NULL,NULL}",
		    "{NULL,NULL,NULL}");
	CU_ASSERT_EQUAL(testdb_i64(SCANS), before);
	testdb_run("ROLLBACK");
}

static const struct cunit_test tests[] = {
	{ "no batch reads a whole table", no_batch_reads_a_whole_table },
	{ "batches leave what single sends leave", batches_leave_what_single_sends_leave },
	{ "each draft has its own answer", each_draft_has_its_own_answer },
	{ "a batch sent twice gives the same answers", a_batch_sent_twice_gives_the_same_answers },
	{ "a batch is one round trip and keeps every character",
	    a_batch_is_one_round_trip_and_keeps_every_character },
	{ "what is sent again with its id was sent now",
	    what_is_sent_again_with_its_id_was_sent_now },
	{ "people who all talk at once do not stop each other",
	    people_who_all_talk_at_once_do_not_stop_each_other },
	{ 0 },
};

int
main(void)
{
	return cunit_run("message batch", tests);
}
