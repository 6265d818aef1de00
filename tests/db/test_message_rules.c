/* What a message may never be, whoever writes it: each rule is refused, by its name. */
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

/* The constraint a statement breaks, "" for none; what it did is undone. The function leaves with the
 * connection. */
#define JUDGE                                                                                                      \
	"CREATE FUNCTION pg_temp.judge(statement text) RETURNS text LANGUAGE plpgsql AS $$"                        \
	" DECLARE name text; BEGIN EXECUTE statement;"                                                             \
	" RAISE EXCEPTION 'undone' USING ERRCODE = 'CF999';"                                                       \
	" EXCEPTION WHEN check_violation OR unique_violation THEN GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;" \
	" RETURN name; WHEN SQLSTATE 'CF999' THEN RETURN ''; END $$"

static const char *
judge(const char *statement)
{
	static bool made;

	if (!made) {
		struct talk talk = talk_make("ONGOING");

		testdb_run("DELETE FROM message WHERE client_id = 'rules'");
		testdb_run("INSERT INTO message (conversation_id, seq, id, sender_id, sender_type,"
			   " client_id, body) VALUES ($1, 2, gen_random_uuid(), $2, 'USER', 'rules',"
			   " 'Hello')",
		    talk.conversation_id, talk.user_id);
		testdb_run(JUDGE);
		made = true;
	}
	return testdb_text("SELECT pg_temp.judge($1)", statement);
}

/* Another row like the one of the rules, with another number. */
#define COPIED(sender, client)                                                                          \
	judge("INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, body)" \
	      " SELECT conversation_id, seq + 1, gen_random_uuid(), " sender ", " client                \
	      ", 'again' FROM message WHERE client_id = 'rules'")
#define CHANGED(change) judge("UPDATE message SET " change " WHERE client_id = 'rules'")
#define BREAKS(change, rule) CU_ASSERT_STRING_EQUAL(CHANGED(change), rule)
#define HOLDS(change) CU_ASSERT_STRING_EQUAL(CHANGED(change), "")

static void
a_sender_is_of_a_known_type(void)
{
	BREAKS("sender_type = 'ADMIN'", "message_sender_type_check");
	HOLDS("sender_type = 'ADVISOR'");
}

static void
a_client_id_has_1_to_64_characters(void)
{
	BREAKS("client_id = ''", "message_client_id_check");
	BREAKS("client_id = repeat('x', 65)", "message_client_id_check");
	HOLDS("client_id = repeat('x', 64)");
}

static void
a_message_is_of_a_known_type(void)
{
	BREAKS("type = 'poll'", "message_type_check");
	HOLDS("type = 'file'");
}

static void
a_body_has_at_most_4000_characters(void)
{
	BREAKS("body = repeat('x', 4001)", "message_body_check");
	HOLDS("body = repeat('\xc3\xa9', 4000)");
}

static void
only_the_assistant_and_the_system_are_nobody(void)
{
	BREAKS("sender_id = NULL", "message_sender");
	BREAKS("sender_type = 'AI'", "message_sender");
	HOLDS("sender_id = NULL, sender_type = 'AI'");
}

static void
a_reply_is_whole_and_to_an_earlier_message(void)
{
	BREAKS("reply = '{}'", "message_reply_whole");
	BREAKS("reply_seq = 1", "message_reply_whole");
	BREAKS("reply = '{}', reply_seq = seq", "message_reply_before");
	HOLDS("reply = NULL, reply_seq = NULL");
}

static void
media_is_whole(void)
{
	BREAKS("media = '{}'", "message_media_whole");
	BREAKS("media_id = gen_random_uuid()", "message_media_whole");
}

static void
system_messages_are_of_the_system(void)
{
	BREAKS("type = 'system'", "message_system");
	BREAKS("sender_id = NULL, sender_type = 'SYSTEM'", "message_system");
	HOLDS("sender_id = NULL, sender_type = 'SYSTEM', type = 'system'");
}

static void
of_a_deleted_message_only_the_place_is_left(void)
{
	BREAKS("deleted_at = now()", "message_tombstone");
	BREAKS("deleted_at = now(), body = '', reactions = '[]'", "message_tombstone");
	BREAKS("deleted_at = now(), body = '', reply = '{}', reply_seq = 1", "message_tombstone");
	BREAKS("deleted_at = now(), body = '', media = '{}', media_id = gen_random_uuid()",
	    "message_tombstone");
	HOLDS("deleted_at = now(), body = ''");
}

#define EMIT(kind)                                                                                 \
	judge("SELECT event_emit(ARRAY(SELECT sender_id FROM message WHERE client_id = "           \
	      "'rules'), " kind ", '{}')")
#define ADDED(values)                                                                              \
	judge("INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, " \
	      "body)"                                                                              \
	      " SELECT conversation_id, 3, gen_random_uuid(), " values " FROM message"             \
	      " WHERE client_id = 'rules'")

static void
a_new_row_is_judged_as_a_changed_one(void)
{
	CU_ASSERT_STRING_EQUAL(ADDED("sender_id, 'AI', 'new', 'Hello'"), "message_sender");
	CU_ASSERT_STRING_EQUAL(ADDED("sender_id, 'USER', '', 'Hello'"), "message_client_id_check");
	CU_ASSERT_STRING_EQUAL(ADDED("sender_id, 'USER', 'new', 'Hello'"), "");
}

static void
where_people_talk_and_what_they_hear_is_of_a_known_type(void)
{
	HOLDS("body = 'There is one'");
	CU_ASSERT_STRING_EQUAL(
	    judge("UPDATE conversation SET kind = 'ROOM'"), "conversation_kind_check");
	CU_ASSERT_STRING_EQUAL(
	    judge("INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'ROOM')"),
	    "conversation_kind_check");
	CU_ASSERT_STRING_EQUAL(judge("UPDATE member SET role = 'ADMIN'"), "member_role_check");
	CU_ASSERT_STRING_EQUAL(EMIT("repeat('x', 65)"), "event_type_length");
	CU_ASSERT_STRING_EQUAL(EMIT("repeat('x', 64)"), "");
}

static void
a_client_id_is_a_senders_once(void)
{
	CU_ASSERT_STRING_EQUAL(COPIED("sender_id, sender_type", "client_id"), "message_client");
	CU_ASSERT_STRING_EQUAL(COPIED("sender_id, sender_type", "'other'"), "");
	CU_ASSERT_STRING_EQUAL(COPIED("NULL::uuid, 'AI'", "client_id"), "");
	testdb_run(
	    "INSERT INTO message (conversation_id, seq, id, sender_type, client_id, body)"
	    " SELECT conversation_id, seq - 1, gen_random_uuid(), 'AI', 'rules-ai', 'x' FROM message"
	    " WHERE client_id = 'rules'");
	CU_ASSERT_STRING_EQUAL(COPIED("NULL::uuid, 'AI'", "'rules-ai'"), "message_client");
	testdb_run("DELETE FROM message WHERE client_id = 'rules-ai'");
}

static const struct cunit_test tests[] = {
	{ "a sender is of a known type", a_sender_is_of_a_known_type },
	{ "a client id has 1 to 64 characters", a_client_id_has_1_to_64_characters },
	{ "a message is of a known type", a_message_is_of_a_known_type },
	{ "a body has at most 4,000 characters", a_body_has_at_most_4000_characters },
	{ "only the assistant and the system are nobody",
	    only_the_assistant_and_the_system_are_nobody },
	{ "a client id is a sender's once", a_client_id_is_a_senders_once },
	{ "a reply is whole and to an earlier message", a_reply_is_whole_and_to_an_earlier_message },
	{ "media is whole", media_is_whole },
	{ "system messages are of the system", system_messages_are_of_the_system },
	{ "of a deleted message only the place is left",
	    of_a_deleted_message_only_the_place_is_left },
	{ "a new row is judged as a changed one", a_new_row_is_judged_as_a_changed_one },
	{ "where people talk and what they hear is of a known type",
	    where_people_talk_and_what_they_hear_is_of_a_known_type },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("message rules", tests);
}
