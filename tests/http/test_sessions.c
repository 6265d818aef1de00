/* Sessions over HTTP: the main job from request to rating, and what is refused. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

static struct client *user, *advisor, *anon;
static struct person user_person, advisor_person;

/* The same two people for all tests; each test leaves the advisor free. */
static void
people(void)
{
	if (user != NULL)
		return;
	user_person = person_register("USER");
	advisor_person = person_advisor();
	user = client_new();
	advisor = client_new();
	anon = client_new();
	client_token(user, user_person.token);
	client_token(advisor, advisor_person.token);
}

/* Ask; the status. id gets the session's. */
static int
ask(struct client *who, const char *advisor_id, char id[37])
{
	char body[128];
	int status;

	(void)snprintf(
	    body, sizeof(body), "{\"advisor_id\":\"%s\",\"topic\":\"Moving\"}", advisor_id);
	status = client_call(who, "POST", "/sessions/chat", body);
	(void)snprintf(id, 37, "%s", client_text(who, "id"));
	return status;
}

static int
move(struct client *who, const char *id, const char *name)
{
	return client_callf(who, "POST", NULL, "/sessions/%s/%s", id, name);
}

static void
a_chat_goes_from_request_to_rating(void)
{
	char id[37], path[128];

	people();
	CU_ASSERT_EQUAL_FATAL(ask(user, advisor_person.id, id), 201);
	(void)snprintf(path, sizeof(path), "/api/v1/sessions/%s", id);
	CU_ASSERT_STRING_EQUAL(client_reply_header(user, "Location"), path);
	CU_ASSERT_STRING_EQUAL(client_text(user, "state"), "REQUESTED");
	CU_ASSERT_STRING_EQUAL(client_text(user, "participants.1.type"), "ADVISOR");
	CU_ASSERT(client_i64(user, "seconds_left") > 0);
	CU_ASSERT_EQUAL(client_i64(user, "rate.amount_minor"), 2500);
	CU_ASSERT_EQUAL(client_i64(user, "cost.amount_minor"), 0);

	CU_ASSERT_EQUAL(move(user, id, "join"), 409);
	CU_ASSERT_EQUAL(move(advisor, id, "accept"), 200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "state"), "ACCEPTED");
	CU_ASSERT_EQUAL(move(advisor, id, "accept"), 200);
	CU_ASSERT_EQUAL(move(user, id, "join"), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "state"), "ONGOING");
	CU_ASSERT_STRING_EQUAL(client_text(user, "expires_at"), "null");
	CU_ASSERT_EQUAL(move(advisor, id, "heartbeat"), 200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "state"), "ONGOING");

	CU_ASSERT_EQUAL(client_callf(user, "POST", "{\"stars\":5}", "/sessions/%s/rating", id), 409);
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "POST", "{\"reason\":\"All said\"}", "/sessions/%s/end", id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "ended_by"), "ADVISOR");
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "end_reason"), "All said");
	CU_ASSERT_EQUAL(move(user, id, "end"), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "ended_by"), "ADVISOR");
	CU_ASSERT_EQUAL(client_callf(user, "GET", NULL, "/sessions/%s", id), 200);
	CU_ASSERT_EQUAL(client_i64(user, "unread"), 1);
	CU_ASSERT_EQUAL(client_callf(user, "GET", NULL, "/sessions/%s/messages?after=0", id), 200);
	CU_ASSERT_EQUAL(client_count(user, "items"), 1);
	CU_ASSERT_STRING_EQUAL(client_text(user, "items.0.sender_type"), "SYSTEM");

	CU_ASSERT_EQUAL(client_callf(user, "POST", "{\"stars\":5,\"review\":\"Good\"}",
			    "/sessions/%s/rating", id),
	    201);
	CU_ASSERT_EQUAL(client_i64(user, "stars"), 5);
	CU_ASSERT_EQUAL(client_callf(user, "POST", "{\"stars\":1}", "/sessions/%s/rating", id), 409);
	CU_ASSERT_STRING_EQUAL(client_text(user, "error"), "already_rated");
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "POST", "{\"stars\":5}", "/sessions/%s/rating", id), 404);
}

static void
a_move_out_of_place_says_where_the_session_stands(void)
{
	char id[37];

	people();
	CU_ASSERT_EQUAL_FATAL(ask(user, advisor_person.id, id), 201);
	CU_ASSERT_EQUAL(move(user, id, "end"), 409);
	CU_ASSERT_STRING_EQUAL(client_text(user, "error"), "bad_state");
	CU_ASSERT_STRING_EQUAL(client_text(user, "details.message"),
	    "is REQUESTED; allowed now: accept, decline, cancel");
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "POST", "{\"reason\":\"Busy\"}", "/sessions/%s/decline", id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "state"), "DECLINED");
	CU_ASSERT_EQUAL(move(advisor, id, "accept"), 409);
	CU_ASSERT_STRING_EQUAL(
	    client_text(advisor, "details.message"), "is DECLINED; allowed now: nothing");
}

static void
asking_twice_gives_the_same_session_and_others_hear_busy(void)
{
	struct person other = person_register("USER");
	struct client *third = client_new();
	char id[37], again[37];

	people();
	client_token(third, other.token);
	CU_ASSERT_EQUAL_FATAL(ask(user, advisor_person.id, id), 201);
	CU_ASSERT_EQUAL(ask(user, advisor_person.id, again), 200);
	CU_ASSERT_STRING_EQUAL(id, again);
	CU_ASSERT_EQUAL(ask(third, advisor_person.id, again), 409);
	CU_ASSERT_STRING_EQUAL(client_text(third, "error"), "advisor_busy");
	CU_ASSERT_EQUAL(move(user, id, "cancel"), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "state"), "CANCELLED");
	client_free(third);
}

/* Also when the answer to the first request was lost and the advisor was quicker than the second one. */
static void
asking_again_gives_the_session_as_far_as_it_has_come(void)
{
	static const char *const steps[][2] = { { "accept", "ACCEPTED" }, { "join", "ONGOING" } };
	struct person other = person_register("USER");
	struct client *third = client_new();
	char id[37], again[37];
	size_t i;

	people();
	client_token(third, other.token);
	CU_ASSERT_EQUAL_FATAL(ask(user, advisor_person.id, id), 201);
	for (i = 0; i < COUNT_OF(steps); i++) {
		CU_ASSERT_EQUAL(move(i == 0 ? advisor : user, id, steps[i][0]), 200);
		CU_ASSERT_EQUAL(ask(user, advisor_person.id, again), 200);
		CU_ASSERT_STRING_EQUAL(id, again);
		CU_ASSERT_STRING_EQUAL(client_text(user, "state"), steps[i][1]);
		CU_ASSERT_EQUAL(ask(third, advisor_person.id, again), 409);
	}
	CU_ASSERT_EQUAL(move(user, id, "end"), 200);
	CU_ASSERT_EQUAL(ask(third, advisor_person.id, again), 201);
	CU_ASSERT_EQUAL(move(third, again, "cancel"), 200);
	client_free(third);
}

static void
a_repeated_key_gives_the_same_answer(void)
{
	struct person other = person_register("USER");
	char body[128], header[64], first[4096], location[128];

	people();
	(void)snprintf(header, sizeof(header), "Idempotency-Key: key-%08x", testdb_random());
	(void)snprintf(body, sizeof(body), "{\"advisor_id\":\"%s\"}", advisor_person.id);
	client_header(user, header);
	CU_ASSERT_EQUAL_FATAL(client_call(user, "POST", "/sessions/chat", body), 201);
	(void)snprintf(first, sizeof(first), "%s", client_body(user));
	(void)snprintf(location, sizeof(location), "/api/v1/sessions/%s", client_text(user, "id"));
	CU_ASSERT_STRING_EQUAL(client_reply_header(user, "Location"), location);
	client_header(user, header);
	CU_ASSERT_EQUAL(client_call(user, "POST", "/sessions/chat", body), 201);
	CU_ASSERT_STRING_EQUAL(client_body(user), first);
	CU_ASSERT_STRING_EQUAL(client_reply_header(user, "Location"), location);
	CU_ASSERT_STRING_EQUAL(client_reply_header(user, "Idempotent-Replayed"), "true");
	client_header(user, header);
	CU_ASSERT_EQUAL(client_call(user, "POST", "/sessions/chat", "{\"ai\":true}"), 422);
	CU_ASSERT_STRING_EQUAL(client_text(user, "error"), "key_reused");
	client_header(anon, header);
	client_token(anon, other.token);
	CU_ASSERT_EQUAL(client_call(anon, "POST", "/sessions/chat", "{\"ai\":true}"), 201);
	CU_ASSERT_STRING_EQUAL(client_reply_header(anon, "Idempotent-Replayed"), "");
	client_token(anon, NULL);
	CU_ASSERT_EQUAL(client_call(user, "POST", "/sessions/chat", body), 200);
	CU_ASSERT_EQUAL(move(user, client_text(user, "id"), "cancel"), 200);
}

static void
whom_to_ask_must_be_said_clearly(void)
{
	char body[128], id[37];

	people();
	CU_ASSERT_EQUAL(client_call(user, "POST", "/sessions/chat", "{}"), 422);
	CU_ASSERT_STRING_EQUAL(client_text(user, "details.field"), "advisor_id");
	(void)snprintf(body, sizeof(body), "{\"advisor_id\":\"%s\",\"ai\":true}", advisor_person.id);
	CU_ASSERT_EQUAL(client_call(user, "POST", "/sessions/chat", body), 422);
	CU_ASSERT_EQUAL(ask(advisor, advisor_person.id, id), 422);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "details.field"), "advisor_id");
	CU_ASSERT_EQUAL(ask(user, user_person.id, id), 422);
	CU_ASSERT_EQUAL(ask(advisor, user_person.id, id), 404);
	CU_ASSERT_EQUAL(client_call(user, "POST", "/sessions/chat", "{\"ai\":\"yes\"}"), 422);
	CU_ASSERT_EQUAL(
	    client_call(user, "POST", "/sessions/chat", "{\"ai\":true,\"colour\":1}"), 422);
}

static void
others_see_nothing_and_roles_are_kept(void)
{
	static const char *const moves[] = { "accept", "decline", "cancel", "join", "heartbeat",
		"end", "rating" };
	struct person other = person_register("ADVISOR"), boss = person_admin();
	struct client *third = client_new(), *admin = client_new();
	char id[37];
	size_t i;

	people();
	client_token(third, other.token);
	client_token(admin, boss.token);
	CU_ASSERT_EQUAL_FATAL(ask(user, advisor_person.id, id), 201);
	for (i = 0; i < COUNT_OF(moves); i++) {
		bool rating = strcmp(moves[i], "rating") == 0;
		const char *body = rating ? "{\"stars\":5}" : NULL;

		CU_ASSERT_EQUAL(
		    client_callf(anon, "POST", body, "/sessions/%s/%s", id, moves[i]), 401);
		CU_ASSERT_EQUAL(
		    client_callf(third, "POST", body, "/sessions/%s/%s", id, moves[i]), 404);
	}
	CU_ASSERT_EQUAL(client_call(anon, "POST", "/sessions/chat", "{\"ai\":true}"), 401);
	CU_ASSERT_EQUAL(client_callf(anon, "GET", NULL, "/sessions/%s", id), 401);
	CU_ASSERT_EQUAL(client_callf(anon, "GET", NULL, "/sessions/%s/messages", id), 401);
	CU_ASSERT_EQUAL(client_callf(third, "GET", NULL, "/sessions/%s", id), 404);
	CU_ASSERT_EQUAL(client_callf(third, "GET", NULL, "/sessions/%s/messages", id), 404);
	CU_ASSERT_EQUAL(move(user, id, "accept"), 403);
	CU_ASSERT_EQUAL(move(user, id, "decline"), 403);
	CU_ASSERT_EQUAL(move(admin, id, "accept"), 403);
	CU_ASSERT_EQUAL(move(admin, id, "decline"), 403);
	CU_ASSERT_EQUAL(
	    client_callf(user, "GET", NULL, "/sessions/%s/messages?before=2&after=1", id), 422);
	CU_ASSERT_EQUAL(client_callf(user, "GET", NULL, "/sessions/none"), 404);
	CU_ASSERT_EQUAL(move(user, id, "cancel"), 200);
	client_free(third);
	client_free(admin);
}

static const struct cunit_test tests[] = {
	{ "a chat goes from request to rating", a_chat_goes_from_request_to_rating },
	{ "a move out of place says where the session stands",
	    a_move_out_of_place_says_where_the_session_stands },
	{ "asking twice gives the same session and others hear busy",
	    asking_twice_gives_the_same_session_and_others_hear_busy },
	{ "asking again gives the session as far as it has come",
	    asking_again_gives_the_session_as_far_as_it_has_come },
	{ "a repeated key gives the same answer, to who sent it first",
	    a_repeated_key_gives_the_same_answer },
	{ "whom to ask must be said clearly", whom_to_ask_must_be_said_clearly },
	{ "others see nothing and roles are kept", others_see_nothing_and_roles_are_kept },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("sessions", tests);

	client_free(user);
	client_free(advisor);
	client_free(anon);
	return status;
}
