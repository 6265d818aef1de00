/*
 * Fresh state = old state + events. Both sides of a session keep what they once read and go on by events
 * alone (tests/harness/replica.h); after every action that must be what the API would tell them now.
 */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/replica.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THUMB "%F0%9F%91%8D"
#define FIRE "%F0%9F%94%A5"

/* One of the two: a client, the account, the cursor it keeps and the state. */
struct side {
	struct client *c;
	struct person person;
	char cursor[64];
	int64_t seq; /* of the cursor */
	struct json_object *state; /* NULL: no conversation yet */
	unsigned events; /* applied */
};

static struct side user, advisor;
static char session[37], conversation[37];

/* ------------------------------------------------------------------ state */

static struct json_object *
read_json(struct side *side, const char *path)
{
	CU_ASSERT_EQUAL_FATAL(client_call(side->c, "GET", path, NULL), 200);
	return json_object_get(client_json(side->c));
}

/* All the messages, in pages. */
static struct json_object *
read_messages(struct side *side)
{
	struct json_object *all = json_object_new_array();
	char path[128];
	bool more = true;
	int64_t after = 0;
	size_t i;

	while (more) {
		struct json_object *page, *items;

		(void)snprintf(path, sizeof(path), "/conversations/%s/messages?after=%lld&limit=4",
		    conversation, (long long)after);
		page = read_json(side, path);
		items = replica_get(page, "items");
		for (i = 0; i < json_object_array_length(items); i++) {
			struct json_object *message = json_object_array_get_idx(items, i);

			after = replica_i64(message, "seq");
			(void)json_object_array_add(all, json_object_get(message));
		}
		more = json_object_get_boolean(replica_get(page, "has_more"));
		json_object_put(page);
	}
	return all;
}

/* What the API tells now; the list and the single conversation must tell the same. */
static struct json_object *
fresh(struct side *side)
{
	struct json_object *place, *list, *talk, *messages = read_messages(side);
	char path[128];

	list = read_json(side, "/conversations?limit=1");
	(void)snprintf(path, sizeof(path), "/conversations/%s", conversation);
	place = read_json(side, path);
	CU_ASSERT(
	    json_object_equal(json_object_array_get_idx(replica_get(list, "items"), 0), place));
	json_object_put(list);
	(void)snprintf(path, sizeof(path), "/sessions/%s", session);
	talk = read_json(side, path);
	return replica_new(place, messages, talk);
}

/* ----------------------------------------------------------------- events */

static void
apply(struct side *side, struct json_object *event)
{
	if (replica_get(event, "seq") != NULL)
		CU_ASSERT_EQUAL(replica_i64(event, "seq"), ++side->seq);
	side->events++;
	if (side->state != NULL)
		replica_apply(side->state, side->person.id, event);
}

/* One poll. */
static void
poll_once(struct side *side)
{
	struct json_object *reply, *events;
	char path[128];
	size_t i;

	(void)snprintf(path, sizeof(path), "/events?wait=5&cursor=%s", side->cursor);
	reply = read_json(side, path);
	events = replica_get(reply, "events");
	for (i = 0; i < json_object_array_length(events); i++)
		apply(side, json_object_array_get_idx(events, i));
	(void)snprintf(side->cursor, sizeof(side->cursor), "%s", replica_text(reply, "cursor"));
	json_object_put(reply);
}

/* Hear everything that is committed now. The stream can tell of a commit a moment before a new snapshot
 * shows it: what was heard must be there to be read, too. */
static void
catch_up(struct side *side)
{
	int64_t until_us = clock_monotonic_us() + HANG_US, last;

	do
		last = testdb_i64("SELECT last_seq FROM inbox WHERE user_id = $1", side->person.id);
	while (last < side->seq && clock_monotonic_us() < until_us);
	while (side->seq < last)
		poll_once(side);
}

/* The side's own state against the API's; changed: the action before was one that it must see. */
static void
compare(struct side *side, const char *action, bool changed)
{
	struct json_object *now = fresh(side);

	if (changed == json_object_equal(side->state, now)) {
		(void)fprintf(stderr, "%s: before the events the state is %s what it was\n", action,
		    changed ? "still" : "not");
		CU_FAIL("the action changed what it should not, or not what it should");
	}
	catch_up(side);
	if (!json_object_equal(side->state, now)) {
		(void)fprintf(stderr, "%s: kept  %s\n%s: fresh %s\n", action,
		    json_object_to_json_string(side->state), action,
		    json_object_to_json_string(now));
		CU_FAIL("old state and events do not make the fresh state");
	}
	json_object_put(now);
}

enum { NEITHER, USER, ADVISOR, BOTH };

static void
check(const char *action, unsigned changed)
{
	compare(&user, action, (changed & USER) != 0);
	compare(&advisor, action, (changed & ADVISOR) != 0);
}

/* ----------------------------------------------------------------- actions */

/* Calls must succeed. */
static void
call(struct side *side, const char *method, const char *path, const char *body)
{
	int status = client_call(side->c, method, path, body);

	if (status >= 300)
		(void)fprintf(stderr, "%s %s: %d %s\n", method, path, status, client_body(side->c));
	CU_ASSERT_FATAL(status < 300);
}

static void
move(struct side *side, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/sessions/%s/%s", session, name);
	call(side, "POST", path, NULL);
}

/* below: "messages", "read" and so on. */
static void
in_conversation(struct side *side, const char *method, const char *below, const char *body)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/conversations/%s/%s", conversation, below);
	call(side, method, path, body);
}

/* Send; the id. more: further members, each after a comma. */
static const char *
say(struct side *side, const char *text, const char *more)
{
	static unsigned count;
	static char id[37];
	char body[1024];

	(void)snprintf(
	    body, sizeof(body), "{\"client_id\":\"s%u\",\"body\":\"%s\"%s}", count++, text, more);
	in_conversation(side, "POST", "messages", body);
	(void)snprintf(id, sizeof(id), "%s", client_text(side->c, "id"));
	return id;
}

static void
to_message(
    struct side *side, const char *method, const char *id, const char *below, const char *body)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "/messages/%s%s", id, below);
	call(side, method, path, body);
}

/* ------------------------------------------------------------------ scenes */

/* Hidden, for presence changes by time, and what is compared must stand still. */
static void
side_open(struct side *side, struct person person)
{
	testdb_run("UPDATE user_account SET presence_hidden = true WHERE id = $1", person.id);
	if (side->c == NULL)
		side->c = client_new();
	side->person = person;
	client_token(side->c, person.token);
	CU_ASSERT_EQUAL_FATAL(client_call(side->c, "GET", "/events", NULL), 200);
	(void)snprintf(side->cursor, sizeof(side->cursor), "%s", client_text(side->c, "cursor"));
	side->seq = strtoll(strchr(side->cursor, '-') + 1, NULL, 10);
}

/* The newest event of a side's log is this session's, and its data is what GET says. */
static void
heard_request(struct side *side)
{
	struct json_object *data = json_tokener_parse(testdb_text(
	    "SELECT payload FROM event WHERE user_id = $1 AND type = 'session.requested'"
	    " ORDER BY seq DESC LIMIT 1",
	    side->person.id));
	struct json_object *talk = json_object_get(replica_get(side->state, "session"));

	json_object_object_del(data, "server_time");
	json_object_object_del(data, "seconds_left");
	json_object_object_del(data, "elapsed_s");
	json_object_object_add(data, "unread", json_object_new_int(0));
	CU_ASSERT(json_object_equal(data, talk));
	json_object_put(data);
	json_object_put(talk);
}

/* A new session of the two: both hear of it, and read what they then keep. */
static void
ask(void)
{
	char body[128];

	if (user.c == NULL) {
		side_open(&user, person_register("USER"));
		side_open(&advisor, person_advisor());
	}
	(void)snprintf(
	    body, sizeof(body), "{\"advisor_id\":\"%s\",\"topic\":\"Moving\"}", advisor.person.id);
	call(&user, "POST", "/sessions/chat", body);
	(void)snprintf(session, sizeof(session), "%s", client_text(user.c, "id"));
	(void)snprintf(
	    conversation, sizeof(conversation), "%s", client_text(user.c, "conversation_id"));
	json_object_put(user.state);
	json_object_put(advisor.state);
	user.state = fresh(&user);
	advisor.state = fresh(&advisor);
	heard_request(&user);
	heard_request(&advisor);
	check("request", NEITHER); /* what was heard before the reading changes nothing */
}

static void
begin(void)
{
	ask();
	move(&advisor, "accept");
	check("accept", BOTH);
	move(&user, "join");
	check("join", BOTH);
	move(&user, "heartbeat");
	check("heartbeat", NEITHER);
}

static const char *
image_of_advisor(void)
{
	return testdb_text(
	    "INSERT INTO media (id, owner_id, kind, mime, bytes, state) VALUES"
	    " (gen_random_uuid(), $1, 'image', 'image/png', 700, 'READY') RETURNING id",
	    advisor.person.id);
}

static void
every_action_on_messages(void)
{
	char first[37], answer[37], more[128];

	begin();
	(void)snprintf(first, sizeof(first), "%s", say(&user, "Hello \\u2665", ""));
	check("say", BOTH);
	(void)snprintf(more, sizeof(more), ",\"reply_to\":\"%s\"", first);
	(void)snprintf(answer, sizeof(answer), "%s", say(&advisor, "Hello back", more));
	check("answer", BOTH);
	to_message(&advisor, "PUT", answer, "/reactions/" THUMB, NULL);
	check("react", BOTH);
	to_message(&user, "PUT", answer, "/reactions/" THUMB, NULL);
	to_message(&user, "PUT", answer, "/reactions/" FIRE, NULL);
	check("react too", BOTH);
	to_message(&user, "PUT", answer, "/reactions/" FIRE, NULL);
	check("react again", NEITHER);
	to_message(&advisor, "DELETE", answer, "/reactions/" THUMB, NULL);
	check("take a reaction back", BOTH);
	to_message(&user, "PATCH", first, "",
	    "{\"body\":\"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9 one two three "
	    "four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
	    "seventeen eighteen\"}");
	check("edit what was answered", BOTH);
	to_message(&advisor, "PATCH", answer, "", "{\"body\":\"Hello again\"}");
	check("edit the newest", BOTH);
	in_conversation(&user, "PUT", "read", "{\"seq\":2}");
	check("read", BOTH);
	in_conversation(&user, "PUT", "read", "{\"seq\":1}");
	check("read less", NEITHER);
	to_message(&user, "DELETE", first, "", NULL);
	check("delete what was answered", BOTH);
	(void)say(&advisor, "One", "");
	(void)say(&advisor, "Two", "");
	check("say twice", BOTH);
	to_message(&advisor, "DELETE", answer, "", NULL);
	check("delete what was read", BOTH);
	(void)snprintf(
	    more, sizeof(more), ",\"type\":\"image\",\"media_id\":\"%s\"", image_of_advisor());
	(void)snprintf(answer, sizeof(answer), "%s", say(&advisor, "", more));
	check("send an image", BOTH);
	to_message(&advisor, "DELETE", answer, "", NULL);
	check("delete what was not read", BOTH);
	CU_ASSERT_EQUAL(replica_i64(replica_get(user.state, "conversation"), "unread"), 2);
	(void)say(&user, "Mine", "");
	check("say something and so have read", BOTH);
	in_conversation(&user, "PUT", "mute", "{\"until\":null}");
	check("mute", USER);
	in_conversation(&user, "PUT", "mute", "{\"until\":\"2101-01-01T00:00:00Z\"}");
	check("mute until", USER);
	in_conversation(&user, "DELETE", "mute", NULL);
	check("unmute", USER);
	move(&user, "end");
	check("end", BOTH);
	in_conversation(&advisor, "PUT", "read", "{\"seq\":7}");
	check("read the end", BOTH);
}

/* Who waits hears it, and nothing changes. */
static void
typing_changes_nothing(void)
{
	struct parked *waiting;
	struct json_object *events;

	begin();
	waiting = parked_start(advisor.person.token, "wait=20&cursor=%s", advisor.cursor);
	events_metric_wait("polls_parked", 1);
	in_conversation(&user, "POST", "typing", NULL);
	CU_ASSERT_EQUAL(parked_wait(waiting), 200);
	CU_ASSERT_STRING_EQUAL(parked_text(waiting, "events.0.type"), "typing");
	CU_ASSERT_STRING_EQUAL(parked_text(waiting, "events.0.data.user_id"), user.person.id);
	events = replica_get(parked_json(waiting), "events");
	CU_ASSERT_EQUAL(json_object_array_length(events), 1);
	apply(&advisor, json_object_array_get_idx(events, 0));
	parked_free(waiting);
	check("typing", NEITHER);
	move(&advisor, "end");
	check("end by the other", BOTH);
}

/* Poll until the session has the state. */
static void
wait_state(struct side *side, const char *name)
{
	int64_t until_us = clock_monotonic_us() + HANG_US;

	while (strcmp(replica_text(replica_get(side->state, "session"), "state"), name) != 0 &&
	    clock_monotonic_us() < until_us)
		poll_once(side);
	catch_up(side);
}

static void
every_end_of_a_session(void)
{
	char path[128];

	ask();
	move(&advisor, "decline");
	check("decline", BOTH);
	ask();
	move(&user, "cancel");
	check("cancel", BOTH);
	ask();
	move(&advisor, "accept");
	check("accept", BOTH);
	move(&advisor, "cancel");
	check("cancel by the advisor", BOTH);
	ask();
	testdb_run(
	    "UPDATE session SET expires_at = app_now() - interval '1 s' WHERE id = $1", session);
	wait_state(&user, "EXPIRED");
	catch_up(&advisor);
	check("expiry", NEITHER); /* heard already */
	CU_ASSERT_STRING_EQUAL(
	    replica_text(replica_get(advisor.state, "session"), "state"), "EXPIRED");
	begin();
	(void)snprintf(path, sizeof(path), "/users/me/blocks/%s", advisor.person.id);
	call(&user, "PUT", path, NULL);
	check("block", BOTH);
	CU_ASSERT_STRING_EQUAL(
	    replica_text(replica_get(advisor.state, "session"), "state"), "ENDED");
	call(&user, "DELETE", path, NULL);
	check("unblock", NEITHER);
}

static void
what_the_assistant_says_comes_by_events_too(void)
{
	int64_t until_us = clock_monotonic_us() + HANG_US, said;

	call(&user, "POST", "/sessions/chat", "{\"ai\":true}");
	(void)snprintf(session, sizeof(session), "%s", client_text(user.c, "id"));
	(void)snprintf(
	    conversation, sizeof(conversation), "%s", client_text(user.c, "conversation_id"));
	json_object_put(user.state);
	user.state = fresh(&user);
	compare(&user, "ask the assistant", false);
	(void)say(&user, "Are you there?", "");
	said = client_i64(user.c, "seq");
	while (replica_i64(replica_get(user.state, "conversation"), "last_seq") <= said &&
	    clock_monotonic_us() < until_us)
		poll_once(&user);
	catch_up(&user);
	compare(&user, "the assistant answers", false); /* heard already */
	CU_ASSERT_EQUAL(replica_i64(replica_get(user.state, "conversation"), "unread"), 1);
	move(&user, "end");
	compare(&user, "end with the assistant", true);
}

static const struct cunit_test tests[] = {
	{ "every action on messages", every_action_on_messages },
	{ "typing changes nothing", typing_changes_nothing },
	{ "every end of a session", every_end_of_a_session },
	{ "what the assistant says comes by events too",
	    what_the_assistant_says_comes_by_events_too },
	{ NULL, NULL },
};

int
main(void)
{
	int status = cunit_run("state", tests);

	(void)printf("%u events applied\n", user.events + advisor.events);
	json_object_put(user.state);
	json_object_put(advisor.state);
	client_free(user.c);
	client_free(advisor.c);
	return status;
}
