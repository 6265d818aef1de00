/* What can be done to messages over HTTP: edit, delete, answer, react, search; mute and unread counts. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

#define THUMB "%F0%9F%91%8D" /* as a path has it */

static struct client *user, *advisor, *third;
static struct person user_person, advisor_person;
static char conversation[37];

/* Two people with an ongoing session and a third who has nothing to do with it; for all tests. */
static void
talk(void)
{
	char body[128];

	if (user != NULL)
		return;
	user_person = person_register("USER");
	advisor_person = person_advisor();
	user = client_new();
	advisor = client_new();
	third = client_new();
	client_token(user, user_person.token);
	client_token(advisor, advisor_person.token);
	client_token(third, person_register("USER").token);
	(void)snprintf(body, sizeof(body), "{\"advisor_id\":\"%s\"}", advisor_person.id);
	CU_ASSERT_EQUAL_FATAL(client_call(user, "POST", "/sessions/chat", body), 201);
	(void)snprintf(
	    conversation, sizeof(conversation), "%s", client_text(user, "conversation_id"));
	CU_ASSERT_EQUAL_FATAL(
	    client_callf(advisor, "POST", NULL, "/sessions/%s/accept", client_text(user, "id")),
	    200);
	CU_ASSERT_EQUAL_FATAL(
	    client_callf(user, "POST", NULL, "/sessions/%s/join", client_text(user, "id")), 200);
}

/* Send a message; the status. more: further members of the body, each after a comma. */
static int
say(struct client *who, const char *text, const char *more)
{
	static unsigned count;
	char body[512];

	(void)snprintf(
	    body, sizeof(body), "{\"client_id\":\"c%u\",\"body\":\"%s\"%s}", count++, text, more);
	return client_callf(who, "POST", body, "/conversations/%s/messages", conversation);
}

/* A new text of the user's; its id, until the next call. */
static const char *
said(const char *text)
{
	static char id[37];

	CU_ASSERT_EQUAL_FATAL(say(user, text, ""), 201);
	(void)snprintf(id, sizeof(id), "%s", client_text(user, "id"));
	return id;
}

static void
a_text_can_be_said_in_other_words(void)
{
	const char *id;

	talk();
	id = said("Helo");
	CU_ASSERT_EQUAL(
	    client_callf(user, "PATCH", "{\"body\":\"Hello\"}", "/messages/%s", id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "body"), "Hello");
	CU_ASSERT_STRING_NOT_EQUAL(client_text(user, "edited_at"), "null");
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "GET", NULL, "/conversations/%s/messages?limit=1", conversation),
	    200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "items.0.body"), "Hello");
	CU_ASSERT_EQUAL(client_callf(user, "PATCH", "{\"body\":\"\"}", "/messages/%s", id), 422);
	CU_ASSERT_EQUAL(client_callf(user, "PATCH", "{\"type\":\"text\"}", "/messages/%s", id), 422);
	testdb_run(
	    "UPDATE message SET created_at = app_now() - interval '15 minutes' WHERE id = $1", id);
	CU_ASSERT_EQUAL(
	    client_callf(user, "PATCH", "{\"body\":\"Hello\"}", "/messages/%s", id), 200);
	CU_ASSERT_EQUAL(client_callf(user, "PATCH", "{\"body\":\"Hi\"}", "/messages/%s", id), 409);
	CU_ASSERT_STRING_EQUAL(client_text(user, "error"), "bad_state");
	CU_ASSERT_STRING_EQUAL(client_text(user, "details.message"), "the time for edits is over");
}

static void
a_message_is_found_by_its_location(void)
{
	char place[64];
	const char *id;

	talk();
	CU_ASSERT_EQUAL_FATAL(say(user, "Where am I?", ""), 201);
	id = client_text(user, "id");
	(void)snprintf(place, sizeof(place), "/api/v1/messages/%s", id);
	CU_ASSERT_STRING_EQUAL(client_reply_header(user, "Location"), place);
	CU_ASSERT_EQUAL(client_call(advisor, "GET", place + strlen("/api/v1"), NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "body"), "Where am I?");
	CU_ASSERT_EQUAL(client_call(third, "GET", place + strlen("/api/v1"), NULL), 404);
}

static void
other_peoples_messages_are_not_there(void)
{
	struct client *who[] = { advisor, third };
	const char *id;
	size_t i;

	talk();
	who[0] = advisor;
	who[1] = third;
	id = said("Mine");
	for (i = 0; i < COUNT_OF(who); i++) {
		CU_ASSERT_EQUAL(
		    client_callf(who[i], "PATCH", "{\"body\":\"x\"}", "/messages/%s", id), 404);
		CU_ASSERT_EQUAL(client_callf(who[i], "DELETE", NULL, "/messages/%s", id), 404);
	}
	CU_ASSERT_EQUAL(
	    client_callf(third, "PUT", NULL, "/messages/%s/reactions/%s", id, THUMB), 404);
	CU_ASSERT_EQUAL(
	    client_callf(third, "DELETE", NULL, "/messages/%s/reactions/%s", id, THUMB), 404);
	CU_ASSERT_EQUAL(
	    client_callf(third, "PUT", "{\"until\":null}", "/conversations/%s/mute", conversation),
	    404);
	CU_ASSERT_EQUAL(
	    client_callf(third, "DELETE", NULL, "/conversations/%s/mute", conversation), 404);
}

static void
a_message_taken_back_leaves_its_place(void)
{
	const char *id;
	char first[4096];

	talk();
	id = said("Regret");
	CU_ASSERT_EQUAL(client_callf(user, "DELETE", NULL, "/messages/%s", id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "body"), "");
	CU_ASSERT_STRING_NOT_EQUAL(client_text(user, "deleted_at"), "null");
	(void)snprintf(first, sizeof(first), "%s", client_body(user));
	CU_ASSERT_EQUAL(client_callf(user, "DELETE", NULL, "/messages/%s", id), 200);
	CU_ASSERT_STRING_EQUAL(client_body(user), first);
	CU_ASSERT_EQUAL(client_callf(user, "PATCH", "{\"body\":\"x\"}", "/messages/%s", id), 409);
	CU_ASSERT_EQUAL(
	    client_callf(user, "PUT", NULL, "/messages/%s/reactions/%s", id, THUMB), 409);
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "GET", NULL, "/conversations/%s/messages?limit=1", conversation),
	    200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "items.0.id"), id);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "items.0.body"), "");
	id = said("Late");
	testdb_run(
	    "UPDATE message SET created_at = app_now() - interval '1 hour' WHERE id = $1", id);
	CU_ASSERT_EQUAL(client_callf(user, "DELETE", NULL, "/messages/%s", id), 409);
	CU_ASSERT_STRING_EQUAL(
	    client_text(user, "details.message"), "the time for deletion is over");
}

static void
an_answer_shows_what_it_answers_and_media_what_it_is(void)
{
	char more[160], client_id[64], body[256];
	const char *id, *media;

	talk();
	id = said("How are you?");
	(void)snprintf(more, sizeof(more), ",\"reply_to\":\"%s\"", id);
	CU_ASSERT_EQUAL(say(advisor, "Fine", more), 201);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "reply_to.id"), id);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "reply_to.sender_id"), user_person.id);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "reply_to.excerpt"), "How are you?");
	(void)snprintf(client_id, sizeof(client_id), "%s", client_text(advisor, "client_id"));
	(void)snprintf(body, sizeof(body), "{\"client_id\":\"%s\",\"body\":\"Again\"}", client_id);
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "POST", body, "/conversations/%s/messages", conversation), 200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "reply_to.id"), id);
	media = testdb_text(
	    "INSERT INTO media (id, owner_id, kind, mime, bytes, state) VALUES"
	    " (gen_random_uuid(), $1, 'voice', 'audio/ogg', 9000, 'READY') RETURNING id",
	    user_person.id);
	(void)snprintf(more, sizeof(more), ",\"type\":\"voice\",\"media_id\":\"%s\"", media);
	CU_ASSERT_EQUAL(say(advisor, "", more), 422); /* not the advisor's */
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "details.field"), "media_id");
	CU_ASSERT_EQUAL(say(user, "", more), 201);
	CU_ASSERT_STRING_EQUAL(client_text(user, "media.id"), media);
	CU_ASSERT_EQUAL(client_i64(user, "media.bytes"), 9000);
	CU_ASSERT_STRING_EQUAL(client_text(user, "type"), "voice");
}

static void
nobody_speaks_for_the_system(void)
{
	talk();
	CU_ASSERT_EQUAL(say(user, "Your session was refunded.", ",\"type\":\"system\""), 422);
	CU_ASSERT_STRING_EQUAL(client_text(user, "details.field"), "type");
	CU_ASSERT_EQUAL(say(user, "x", ",\"sender_type\":\"SYSTEM\""), 422);
	CU_ASSERT_EQUAL(say(user, "x", ",\"sender_id\":null"), 422);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM message WHERE conversation_id = $1"
				   " AND (type = 'system' OR sender_id IS NULL)",
			    conversation),
	    0);
}

static void
reactions_are_ones_own(void)
{
	static const char *const no_emoji[] = { "a", "7", THUMB THUMB, "%EF%B8%8F", "%20" };
	const char *id;
	size_t i;

	talk();
	id = said("Good news");
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "PUT", NULL, "/messages/%s/reactions/%s", id, THUMB), 200);
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "PUT", NULL, "/messages/%s/reactions/%s", id, THUMB), 200);
	CU_ASSERT_EQUAL(client_count(advisor, "reactions.0.user_ids"), 1);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "reactions.0.emoji"), "\U0001F44D");
	CU_ASSERT_EQUAL(
	    client_callf(user, "DELETE", NULL, "/messages/%s/reactions/%s", id, THUMB), 200);
	CU_ASSERT_EQUAL(client_count(user, "reactions"), 1);
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "DELETE", NULL, "/messages/%s/reactions/%s", id, THUMB), 200);
	CU_ASSERT_EQUAL(client_count(advisor, "reactions"), 0);
	for (i = 0; i < COUNT_OF(no_emoji); i++) {
		CU_ASSERT_EQUAL(
		    client_callf(user, "PUT", NULL, "/messages/%s/reactions/%s", id, no_emoji[i]),
		    422);
		CU_ASSERT_STRING_EQUAL(client_text(user, "details.field"), "emoji");
	}
}

static void
search_goes_on_where_a_page_ended_and_shows_nothing_of_others(void)
{
	char path[700];
	int i;

	talk();
	for (i = 0; i < 3; i++)
		(void)said("A quokka was seen in Z\\u00fcrich");
	CU_ASSERT_EQUAL(
	    client_call(user, "GET", "/conversations/search?q=zurich+quokk&limit=2", NULL), 200);
	CU_ASSERT_EQUAL(client_count(user, "items"), 2);
	CU_ASSERT_STRING_EQUAL(client_text(user, "items.0.conversation.id"), conversation);
	CU_ASSERT_STRING_EQUAL(
	    client_text(user, "items.0.excerpt"), "A quokka was seen in Z\u00fcrich");
	CU_ASSERT(client_i64(user, "items.0.message.seq") > client_i64(user, "items.1.message.seq"));
	(void)snprintf(path, sizeof(path), "/conversations/search?q=zurich+quokk&limit=2&cursor=%s",
	    client_text(user, "next_cursor"));
	CU_ASSERT_EQUAL(client_call(user, "GET", path, NULL), 200);
	CU_ASSERT_EQUAL(client_count(user, "items"), 1);
	CU_ASSERT_STRING_EQUAL(client_text(user, "next_cursor"), "null");
	memcpy(path + strlen("/conversations/search?q="), "Zurich", 6);
	CU_ASSERT_EQUAL(client_call(user, "GET", path, NULL), 400); /* a cursor of other words */
	CU_ASSERT_EQUAL(client_call(third, "GET", "/conversations/search?q=quokka", NULL), 200);
	CU_ASSERT_EQUAL(client_count(third, "items"), 0);
	CU_ASSERT_EQUAL(client_call(user, "GET", "/conversations/search?q=%26%7C%3A%27", NULL), 200);
	CU_ASSERT_EQUAL(client_count(user, "items"), 0);
	CU_ASSERT_EQUAL(client_call(user, "GET", "/conversations/search", NULL), 422);
}

static void
a_muted_conversation_is_not_counted(void)
{
	int64_t before;

	talk();
	CU_ASSERT_EQUAL(client_call(user, "GET", "/conversations/unread-count", NULL), 200);
	before = client_i64(user, "unread");
	CU_ASSERT_EQUAL(say(advisor, "One more", ""), 201);
	CU_ASSERT_EQUAL(client_call(user, "GET", "/conversations/unread-count", NULL), 200);
	CU_ASSERT_EQUAL(client_i64(user, "unread"), before + 1);
	CU_ASSERT_EQUAL(client_i64(user, "conversations"), 1);
	CU_ASSERT_EQUAL(
	    client_callf(user, "PUT", "{\"until\":null}", "/conversations/%s/mute", conversation),
	    200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "muted"), "true");
	CU_ASSERT_STRING_EQUAL(client_text(user, "muted_until"), "null");
	CU_ASSERT_EQUAL(client_call(user, "GET", "/conversations/unread-count", NULL), 200);
	CU_ASSERT_EQUAL(client_i64(user, "unread"), 0);
	CU_ASSERT_EQUAL(client_i64(user, "muted"), before + 1);
	CU_ASSERT_EQUAL(client_callf(user, "PUT", "{\"until\":\"2101-01-01T00:00:00Z\"}",
			    "/conversations/%s/mute", conversation),
	    200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "muted_until"), "2101-01-01T00:00:00.000000Z");
	CU_ASSERT_EQUAL(client_callf(user, "GET", NULL, "/conversations/%s", conversation), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "muted"), "true");
	CU_ASSERT_EQUAL(client_callf(user, "PUT", "{\"until\":\"2001-01-01T00:00:00Z\"}",
			    "/conversations/%s/mute", conversation),
	    422);
	CU_ASSERT_STRING_EQUAL(client_text(user, "details.field"), "until");
	CU_ASSERT_EQUAL(
	    client_callf(user, "DELETE", NULL, "/conversations/%s/mute", conversation), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "muted"), "false");
}

static const struct cunit_test tests[] = {
	{ "a text can be said in other words", a_text_can_be_said_in_other_words },
	{ "a message is found by its location", a_message_is_found_by_its_location },
	{ "other people's messages are not there", other_peoples_messages_are_not_there },
	{ "a message taken back leaves its place", a_message_taken_back_leaves_its_place },
	{ "an answer shows what it answers, and media what it is",
	    an_answer_shows_what_it_answers_and_media_what_it_is },
	{ "nobody speaks for the system", nobody_speaks_for_the_system },
	{ "reactions are one's own", reactions_are_ones_own },
	{ "search goes on where a page ended, and shows nothing of others",
	    search_goes_on_where_a_page_ended_and_shows_nothing_of_others },
	{ "a muted conversation is not counted", a_muted_conversation_is_not_counted },
	{ NULL, NULL },
};

int
main(void)
{
	int status = cunit_run("messages", tests);

	client_free(user);
	client_free(advisor);
	client_free(third);
	return status;
}
