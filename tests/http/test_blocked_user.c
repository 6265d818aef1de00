/* Who is blocked by an admin, or gets another role, is out of every program with the next reading of ended logins; and
 * what a block between two people does to their session. */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

enum { IN_A_ROW = 8 };

static struct client *admin, *anon;

static struct client *
signed_in(const char *token)
{
	struct client *c = client_new();

	client_token(c, token);
	return c;
}

static void
admins(void)
{
	if (admin != NULL)
		return;
	admin = signed_in(person_admin().token);
	anon = client_new();
}

static int
sign_in(const struct person *person)
{
	char body[256];

	(void)snprintf(body, sizeof(body), "{\"identifier\":\"%s\",\"password\":\"%s\"}",
	    person->email, person_password);
	return client_call(anon, "POST", "/auth/login", body);
}

static int
refresh(const struct person *person)
{
	char body[600];

	(void)snprintf(body, sizeof(body), "{\"refresh_token\":\"%s\"}", person->refresh);
	return client_call(anon, "POST", "/auth/refresh", body);
}

/* An ongoing session of the two; its id. */
static void
begin_session(struct client *user, struct client *advisor, const char *advisor_id, char id[37])
{
	char body[128];

	(void)snprintf(body, sizeof(body), "{\"advisor_id\":\"%s\"}", advisor_id);
	CU_ASSERT_EQUAL_FATAL(client_call(user, "POST", "/sessions/chat", body), 201);
	(void)snprintf(id, 37, "%s", client_text(user, "id"));
	CU_ASSERT_EQUAL_FATAL(client_callf(advisor, "POST", NULL, "/sessions/%s/accept", id), 200);
	CU_ASSERT_EQUAL_FATAL(client_callf(user, "POST", NULL, "/sessions/%s/join", id), 200);
}

/* A poll that waits for what comes after now. */
static struct parked *
park(struct client *who, const char *token)
{
	CU_ASSERT_EQUAL_FATAL(client_call(who, "GET", "/events", NULL), 200);
	return parked_start(token, "cursor=%s&wait=30", client_text(who, "cursor"));
}

/* The poll and those after it until an event of the type; its index in *poll. */
static size_t
wait_event(struct parked **poll, const char *token, const char *type)
{
	char path[64], cursor[64];
	size_t i;

	for (;;) {
		CU_ASSERT_EQUAL_FATAL(parked_wait(*poll), 200);
		for (i = 0; i < parked_events(*poll); i++) {
			(void)snprintf(path, sizeof(path), "events.%zu.type", i);
			if (strcmp(parked_text(*poll, path), type) == 0)
				return i;
		}
		CU_ASSERT_FATAL(i > 0); /* its time was over */
		(void)snprintf(cursor, sizeof(cursor), "%s", parked_text(*poll, "cursor"));
		parked_free(*poll);
		*poll = parked_start(token, "cursor=%s&wait=30", cursor);
	}
}

/* Every program says 401 to the token, each of its workers too, several times in a row: a call that comes after the
 * second reading from the block does at the latest, for that one began after it. */
static void
is_out(struct client *who, const char *session_id, long read)
{
	static const char *const paths[] = { "/users/me", "/advisors?limit=1", "/conversations",
		"/auth/logins", "/events", NULL };
	char session[64];
	int64_t end = clock_monotonic_us() + HANG_US;
	size_t i;
	int row;

	(void)snprintf(session, sizeof(session), "/sessions/%s", session_id);
	for (i = 0; i < COUNT_OF(paths); i++)
		for (row = 0; row < IN_A_ROW;) {
			bool must =
			    client_revoke_reads(anon) >= read + 2 || clock_monotonic_us() > end;
			int status =
			    client_call(who, "GET", paths[i] != NULL ? paths[i] : session, NULL);

			row = status == 401 ? row + 1 : 0;
			CU_ASSERT_FATAL(status == 401 || !must);
		}
}

static void
a_blocked_person_is_out_of_everything(void)
{
	struct person person = person_register("USER"), other = person_advisor();
	struct client *user = signed_in(person.token), *advisor = signed_in(other.token);
	struct parked *mine, *theirs;
	char session[37], path[64];
	long read;
	size_t at;

	admins();
	begin_session(user, advisor, other.id, session);
	mine = park(user, person.token);
	theirs = park(advisor, other.token);
	events_metric_wait("polls_parked", 2);
	CU_ASSERT_EQUAL(
	    client_callf(admin, "POST", "{\"reason\":\"Rude\"}", "/admin/users/%s/block", person.id),
	    200);
	read = client_revoke_reads(anon);

	at = wait_event(&theirs, other.token, "session.ended");
	(void)snprintf(path, sizeof(path), "events.%zu.data.id", at);
	CU_ASSERT_STRING_EQUAL(parked_text(theirs, path), session);
	(void)snprintf(path, sizeof(path), "events.%zu.data.ended_by", at);
	CU_ASSERT_STRING_EQUAL(parked_text(theirs, path), "SYSTEM");
	parked_free(theirs);
	/* His own poll may first be answered with the end of his session. */
	while (parked_wait(mine) == 200) {
		parked_free(mine);
		mine = parked_start(person.token, "wait=30&cursor=%s", cursor_at(INT64_C(0)));
	}
	CU_ASSERT_EQUAL(parked_wait(mine), 401);
	parked_free(mine);
	is_out(user, session, read);

	CU_ASSERT_EQUAL(refresh(&person), 403);
	CU_ASSERT_STRING_EQUAL(client_text(anon, "error"), "account_blocked");
	CU_ASSERT_EQUAL(sign_in(&person), 403);
	CU_ASSERT_STRING_EQUAL(client_text(anon, "error"), "account_blocked");
	CU_ASSERT_EQUAL(client_callf(advisor, "GET", NULL, "/sessions/%s", session), 200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "state"), "ENDED");

	CU_ASSERT_EQUAL(
	    client_callf(admin, "POST", NULL, "/admin/users/%s/unblock", person.id), 200);
	CU_ASSERT_EQUAL(sign_in(&person), 200);
	client_token(user, client_text(anon, "access_token"));
	CU_ASSERT_EQUAL(client_call(user, "GET", "/users/me", NULL), 200);
	client_token(user, person.token);
	CU_ASSERT_EQUAL(client_call(user, "GET", "/users/me", NULL), 401);
	client_free(user);
	client_free(advisor);
}

/* Whoever is there hears why it ends; whoever is not finds it when unblocked. */
static void
a_blocked_person_hears_it(void)
{
	struct person person = person_register("USER");
	struct client *user = signed_in(person.token);
	struct parked *poll;
	char path[64];
	size_t at;

	admins();
	poll = park(user, person.token);
	events_metric_wait("polls_parked", 1);
	CU_ASSERT_EQUAL(
	    client_callf(admin, "POST", "{\"reason\":\"Rude\"}", "/admin/users/%s/block", person.id),
	    200);
	at = wait_event(&poll, person.token, "account.blocked");
	(void)snprintf(path, sizeof(path), "events.%zu.data.state", at);
	CU_ASSERT_STRING_EQUAL(parked_text(poll, path), "BLOCKED");
	parked_free(poll);
	CU_ASSERT_EQUAL(
	    client_callf(admin, "POST", NULL, "/admin/users/%s/unblock", person.id), 200);
	CU_ASSERT_EQUAL(sign_in(&person), 200);
	client_token(user, client_text(anon, "access_token"));
	CU_ASSERT_EQUAL(
	    client_callf(user, "GET", NULL, "/events?cursor=%s&wait=0", cursor_at(INT64_C(0))), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "events.0.type"), "account.blocked");
	CU_ASSERT_STRING_EQUAL(client_text(user, "events.1.type"), "account.unblocked");
	client_free(user);
}

static void
a_new_role_ends_the_old_token(void)
{
	struct person person = person_register("USER");
	struct client *user = signed_in(person.token);
	char session[37];

	admins();
	CU_ASSERT_EQUAL_FATAL(
	    client_call(user, "POST", "/advisors/apply",
		"{\"headline\":\"Listens first\",\"bio\":\"Twenty years of listening to people.\","
		"\"experience_years\":20,\"languages\":[\"en\"],\"specializations\":[\"dating\"],"
		"\"rate\":{\"amount_minor\":2500,\"currency\":\"INR\"}}"),
	    200);
	CU_ASSERT_EQUAL_FATAL(client_call(user, "POST", "/sessions/chat", "{\"ai\":true}"), 201);
	(void)snprintf(session, sizeof(session), "%s", client_text(user, "id"));
	CU_ASSERT_EQUAL(
	    client_callf(admin, "POST", NULL, "/admin/advisors/%s/approve", person.id), 200);
	is_out(user, session, client_revoke_reads(anon));
	CU_ASSERT_EQUAL(refresh(&person), 401);
	CU_ASSERT_EQUAL(sign_in(&person), 200);
	client_token(user, client_text(anon, "access_token"));
	CU_ASSERT_EQUAL(client_call(user, "GET", "/users/me", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "role"), "ADVISOR");
	CU_ASSERT_EQUAL(
	    client_call(user, "PUT", "/advisors/me/status", "{\"status\":\"ONLINE\"}"), 200);
	client_free(user);
}

static void
blocking_the_other_side_ends_the_session_between(void)
{
	struct person person = person_register("USER"), other = person_advisor();
	struct client *user = signed_in(person.token), *advisor = signed_in(other.token);
	char session[37], place[37], body[128];

	begin_session(user, advisor, other.id, session);
	(void)snprintf(place, sizeof(place), "%s", client_text(user, "conversation_id"));
	CU_ASSERT_EQUAL(client_callf(user, "PUT", NULL, "/users/me/blocks/%s", other.id), 204);
	CU_ASSERT_EQUAL(client_callf(user, "PUT", NULL, "/users/me/blocks/%s", other.id), 204);
	CU_ASSERT_EQUAL(client_callf(advisor, "GET", NULL, "/sessions/%s", session), 200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "state"), "ENDED");
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "ended_by"), "USER");
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "end_reason"), "");
	CU_ASSERT_EQUAL(client_callf(advisor, "POST", "{\"client_id\":\"a\",\"body\":\"Hello?\"}",
			    "/conversations/%s/messages", place),
	    409);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "error"), "bad_state");
	(void)snprintf(body, sizeof(body), "{\"advisor_id\":\"%s\"}", other.id);
	CU_ASSERT_EQUAL(client_call(user, "POST", "/sessions/chat", body), 403);
	CU_ASSERT_STRING_EQUAL(client_text(user, "error"), "blocked");
	client_free(user);
	client_free(advisor);
}

static const struct cunit_test tests[] = {
	{ "a blocked person is out of everything", a_blocked_person_is_out_of_everything },
	{ "a blocked person hears it", a_blocked_person_hears_it },
	{ "a new role ends the old token", a_new_role_ends_the_old_token },
	{ "blocking the other side ends the session between",
	    blocking_the_other_side_ends_the_session_between },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("blocked user", tests);

	if (admin != NULL)
		client_free(admin);
	if (anon != NULL)
		client_free(anon);
	return status;
}
