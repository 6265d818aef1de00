/* Words that were edited or deleted are told to nobody any more, however old the cursor of a device. */
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/testdb.h"

#include <string.h>

static struct listener writer, phone, tablet;
static char place[37], said[37];
static int64_t known; /* of the reader's log */

static void
conversation_make(void)
{
	writer = listener_make();
	phone = listener_make();
	tablet = listener_device(phone.id);
	known = 0;
	(void)snprintf(place, sizeof(place), "%s", testdb_text("SELECT gen_random_uuid()::text"));
	(void)snprintf(said, sizeof(said), "%s", testdb_text("SELECT gen_random_uuid()::text"));
	testdb_run("INSERT INTO conversation (id, kind) VALUES ($1, 'DIRECT')", place);
	testdb_run("INSERT INTO member (conversation_id, user_id, role)"
		   " SELECT $1, u, 'USER' FROM unnest(ARRAY[$2, $3]::uuid[]) u",
	    place, writer.id, phone.id);
}

/* Change something while the phone waits: it has heard of it when this returns, and so has the program. */
static void
change(const char *sql, const char *words)
{
	struct parked *p = parked_start(phone.token, "cursor=%s&wait=20", cursor_at(known));

	events_metric_wait("polls_parked", 1);
	if (words != NULL)
		testdb_run(sql, said, writer.id, words, place);
	else
		testdb_run(sql, said, writer.id);
	CU_ASSERT_EQUAL_FATAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL_FATAL(parked_events(p), 1);
	known++;
	parked_free(p);
}

/* What a device hears that comes from seq on; the text lives until the next call. */
static const char *
heard(int64_t seq)
{
	static char text[16384];
	struct parked *p = parked_start(tablet.token, "cursor=%s&wait=20", cursor_at(seq));

	CU_ASSERT_EQUAL_FATAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL(parked_events(p), (size_t)(known - seq));
	(void)snprintf(text, sizeof(text), "%s", json_object_to_json_string(parked_json(p)));
	parked_free(p);
	return text;
}

static const char send_sql[] =
    "SELECT message_send($4::uuid, $2::uuid, $1::uuid, 'one', 'text', $3, NULL, NULL)";
static const char reply_sql[] = "SELECT message_send($4::uuid, $2::uuid, gen_random_uuid(), 'two',"
				" 'text', $3, $1::uuid, NULL)";
static const char edit_sql[] = "SELECT message_edit($1::uuid, $2::uuid, $3, 900), $4::text";
static const char delete_sql[] = "SELECT message_delete($1::uuid, $2::uuid, 900)";

static void
edited_and_deleted_words_are_not_told_again(void)
{
	const char *text;

	conversation_make();
	change(send_sql, "first words");
	change(reply_sql, "an answer");
	text = heard(0); /* from memory: the phone keeps the account active */
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "first words"));
	change(edit_sql, "second words");
	text = heard(0);
	CU_ASSERT_PTR_NULL(strstr(text, "first words"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "second words"));
	CU_ASSERT_PTR_NULL(strstr(heard(1), "first words")); /* in the excerpt of the answer */
	change(delete_sql, NULL);
	text = heard(0);
	CU_ASSERT_PTR_NULL(strstr(text, "first words"));
	CU_ASSERT_PTR_NULL(strstr(text, "second words"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "an answer"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "message.deleted"));
}

/* In one transaction with what it takes back: the event of it reaches who waits without the words. */
static void
what_is_said_and_taken_back_at_once_has_no_words(void)
{
	struct parked *p;

	conversation_make();
	p = parked_start(phone.token, "cursor=%s&wait=20", cursor_at(0));
	events_metric_wait("polls_parked", 1);
	testdb_run("WITH s AS MATERIALIZED (SELECT message_send($4::uuid, $2::uuid, $1::uuid, 'one',"
		   " 'text', $3, NULL, NULL)) SELECT message_delete($1::uuid, $2::uuid, 900) FROM s",
	    said, writer.id, "hasty words", place);
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL(parked_events(p), 2);
	CU_ASSERT_PTR_NULL(strstr(json_object_to_json_string(parked_json(p)), "hasty words"));
	parked_free(p);
}

static const struct cunit_test tests[] = {
	{ "edited and deleted words are not told again",
	    edited_and_deleted_words_are_not_told_again },
	{ "what is said and taken back at once has no words",
	    what_is_said_and_taken_back_at_once_has_no_words },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("events_untold", tests);
}
