/*
 * Presence by long polls: several devices, responders that end or are killed, a lost database connection,
 * hiding and blocks. The stack's PRESENCE_GRACE_S is 2.
 */
#include "base/clock.h"
#include "harness/browser.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/replica.h"
#include "harness/testdb.h"

#include <signal.h>
#include <string.h>

enum { DEVICES_MAX = 4, GRACE_US = 1900000 /* PRESENCE_GRACE_S is 2 here */ };

/* A device that polls, and all it has heard of one person: "ONLINE AWAY null". */
struct device {
	struct listener me;
	const char *about;
	struct parked *poll; /* NULL: it does not */
	char cursor[64], heard[512];
	int typing, fences;
	struct json_object *state; /* of the conversation, kept by events; NULL: not kept */
};

static struct device devices[DEVICES_MAX];
static size_t count;

static struct device *
device_add(struct listener me, const char *about)
{
	struct device *device = &devices[count++];

	*device = (struct device){ .me = me, .about = about };
	(void)snprintf(device->cursor, sizeof(device->cursor), "%s",
	    cursor_at(testdb_i64("SELECT last_seq FROM inbox WHERE user_id = $1", me.id)));
	return device;
}

static void
poll_begin(struct device *device)
{
	device->poll = parked_start(device->me.token, "wait=20&cursor=%s", device->cursor);
}

static void
poll_stop(struct device *device)
{
	if (device->poll != NULL)
		parked_free(device->poll);
	device->poll = NULL;
}

static void
all_stop(void)
{
	while (count > 0) {
		poll_stop(&devices[--count]);
		json_object_put(devices[count].state);
	}
}

static const char *
text(struct json_object *object, const char *name)
{
	const char *value = json_object_get_string(json_object_object_get(object, name));

	return value != NULL ? value : "null";
}

static void
hear(struct device *device, struct json_object *event)
{
	struct json_object *data = json_object_object_get(event, "data");
	size_t len = strlen(device->heard);

	if (device->state != NULL)
		replica_apply(device->state, device->me.id, event);
	device->typing += strcmp(text(event, "type"), "typing") == 0;
	device->fences += strcmp(text(event, "type"), "test.fence") == 0;
	if (strcmp(text(event, "type"), "presence") == 0 &&
	    strcmp(text(data, "user_id"), device->about) == 0)
		(void)snprintf(device->heard + len, sizeof(device->heard) - len, "%s%s",
		    len == 0 ? "" : " ", text(data, "status"));
}

/* Each that polls goes on, also when nginx found nobody behind. */
static void
turn(void)
{
	size_t i, k;

	parked_turn(10);
	for (i = 0; i < count; i++) {
		struct device *device = &devices[i];
		struct json_object *reply;

		if (device->poll == NULL || !parked_done(device->poll))
			continue;
		reply = parked_json(device->poll);
		for (k = 0; parked_wait(device->poll) == 200 && k < parked_events(device->poll); k++)
			hear(device,
			    json_object_array_get_idx(json_object_object_get(reply, "events"), k));
		if (parked_wait(device->poll) == 200)
			(void)snprintf(device->cursor, sizeof(device->cursor), "%s",
			    parked_text(device->poll, "cursor"));
		poll_stop(device);
		poll_begin(device);
	}
}

static void
heard(struct device *device, const char *wanted)
{
	int64_t end = clock_monotonic_us() + HANG_US;

	while (strcmp(device->heard, wanted) != 0 && clock_monotonic_us() < end)
		turn();
	CU_ASSERT_STRING_EQUAL(device->heard, wanted);
}

/* Everything that is committed by now has been heard. */
static void
fence(struct device *device)
{
	int64_t end = clock_monotonic_us() + HANG_US;
	int before = device->fences;

	listener_emit(&device->me, "test.fence", "{}");
	while (device->fences == before && clock_monotonic_us() < end)
		turn();
	CU_ASSERT_EQUAL(device->fences, before + 1);
}

/* A value in the database, in time. */
static void
stored(const char *sql, const char *id, const char *wanted)
{
	int64_t end = clock_monotonic_us() + HANG_US;

	while (strcmp(testdb_text(sql, id), wanted) != 0 && clock_monotonic_us() < end)
		turn();
	CU_ASSERT_STRING_EQUAL(testdb_text(sql, id), wanted);
}

#define STATUS "SELECT status FROM presence WHERE user_id = $1"
#define PLACES "SELECT count(*) FROM presence_device WHERE user_id = $1"
#define NODE "SELECT max(node_id::text) FROM presence_device WHERE user_id = $1"

/* Reads what the device goes on from. */
static void
keep_state(struct device *device, const char *conversation)
{
	struct client *c = client_new();

	client_token(c, device->me.token);
	CU_ASSERT_EQUAL_FATAL(client_callf(c, "GET", NULL, "/conversations/%s", conversation), 200);
	json_object_put(device->state);
	device->state = replica_new(
	    json_object_get(client_json(c)), json_object_new_array(), json_object_new_object());
	client_free(c);
}

/* Two who have a conversation; both poll, and a hears of b, and b of a. */
static const char *
pair(struct device **a, struct device **b)
{
	struct listener one = listener_make(), other = listener_make();
	const char *id = testdb_text("INSERT INTO conversation (id, kind)"
				     " VALUES (gen_random_uuid(), 'DIRECT') RETURNING id");

	testdb_run("INSERT INTO member (conversation_id, user_id, role)"
		   " VALUES ($1, $2, 'USER'), ($1, $3, 'USER')",
	    id, one.id, other.id);
	all_stop();
	*a = device_add(one, "");
	*b = device_add(other, "");
	(*a)->about = (*b)->me.id;
	(*b)->about = (*a)->me.id;
	keep_state(*a, id);
	keep_state(*b, id);
	poll_begin(*b);
	stored(STATUS, other.id, "ONLINE");
	poll_begin(*a);
	heard(*b, "ONLINE");
	fence(*a); /* of b it heard or not, by the moment its poll began */
	(*a)->heard[0] = '\0';
	keep_state(*a, id);
	return id;
}

/* How b sees a: what it kept and heard since is what the API tells now, in both places. */
static void
shown(struct device *b, const char *conversation, const char *status)
{
	struct json_object *kept = replica_get(replica_get(b->state, "conversation"), "members");
	bool hidden = strcmp(status, "null") == 0;
	struct client *c = client_new();

	client_token(c, b->me.token);
	CU_ASSERT_EQUAL(client_callf(c, "GET", NULL, "/conversations/%s", conversation), 200);
	CU_ASSERT(json_object_equal(kept, replica_get(client_json(c), "members")));
	CU_ASSERT_EQUAL(strstr(client_text(c, "members"), "\"status\"") == NULL, hidden);
	CU_ASSERT(hidden || strstr(client_text(c, "members"), status) != NULL);
	if (client_callf(c, "GET", NULL, "/users/%s", b->about) == 200)
		CU_ASSERT_STRING_EQUAL(
		    client_text(c, hidden ? "presence" : "presence.status"), status);
	client_free(c);
}

static int
put_status(const struct device *device, const char *body)
{
	struct client *c = client_new();
	int status;

	client_token(c, device->me.token);
	status = client_call(c, "PUT", "/users/me/presence", body);
	client_free(c);
	return status;
}

static void
two_devices_are_one_person(void)
{
	struct device *a, *b, *pad;
	const char *conversation = pair(&a, &b);

	shown(b, conversation, "ONLINE");
	pad = device_add(listener_device(a->me.id), a->about);
	poll_begin(pad);
	stored(PLACES, a->me.id, "2");
	poll_stop(a);
	stored(PLACES, a->me.id, "1");
	fence(b);
	CU_ASSERT_STRING_EQUAL(b->heard, "ONLINE");
	CU_ASSERT_EQUAL(put_status(pad, "{\"status\":\"AWAY\"}"), 200);
	heard(b, "ONLINE AWAY");
	shown(b, conversation, "AWAY");
	poll_begin(a);
	heard(b, "ONLINE AWAY ONLINE");
	poll_stop(a);
	heard(b, "ONLINE AWAY ONLINE AWAY");
	poll_stop(pad);
	heard(b, "ONLINE AWAY ONLINE AWAY OFFLINE");
	shown(b, conversation, "OFFLINE");
}

/* With short waits there is somebody between the polls, too. */
static void
a_pause_between_polls_is_not_noticed(void)
{
	struct device *a, *b;
	int64_t end, here_us, away_us = 0;

	(void)pair(&a, &b);
	poll_stop(a);
	here_us = clock_monotonic_us();
	for (end = clock_monotonic_us() + 4 * SECOND_US; clock_monotonic_us() < end;) {
		struct parked *once = parked_start(a->me.token, "wait=0&cursor=%s", a->cursor);
		int64_t pause = clock_monotonic_us() + SECOND_US / 2;

		CU_ASSERT_EQUAL(parked_wait(once), 200);
		parked_free(once);
		if (clock_monotonic_us() - here_us > away_us)
			away_us = clock_monotonic_us() - here_us;
		here_us = clock_monotonic_us();
		while (clock_monotonic_us() < pause)
			turn();
	}
	fence(b);
	if (away_us > GRACE_US) { /* then it was noticed, rightly */
		(void)printf(
		    "too slow to tell: %.1f s between polls\n", (double)away_us / SECOND_US);
		return;
	}
	CU_ASSERT_STRING_EQUAL(b->heard, "ONLINE");
	heard(b, "ONLINE OFFLINE");
}

static void
child_end(int signal_number)
{
	int child = events_child();
	int64_t end = clock_monotonic_us() + HANG_US;

	CU_ASSERT_FATAL(child > 0);
	(void)kill(child, signal_number);
	while ((events_child() == child || events_child() == 0) && clock_monotonic_us() < end)
		turn();
	CU_ASSERT_NOT_EQUAL(events_child(), child);
}

static void
other_node(const struct device *device, const char *before)
{
	int64_t end = clock_monotonic_us() + HANG_US;

	while (strcmp(testdb_text(NODE, device->me.id), before) == 0 && clock_monotonic_us() < end)
		turn();
	stored("SELECT count(*) FROM presence_device WHERE node_id = $1", before, "0");
	stored(PLACES, device->me.id, "1");
}

/* What ends or kills the responder: those who come again were never gone, those who do not are. */
static void
survives(int signal_number)
{
	struct device *a, *b, *gone;
	const char *before;

	(void)pair(&a, &b);
	before = testdb_text(NODE, a->me.id);
	gone = device_add(listener_make(), "");
	poll_begin(gone);
	stored(STATUS, gone->me.id, "ONLINE");
	poll_stop(gone);
	child_end(signal_number);
	stored(STATUS, gone->me.id, "OFFLINE");
	stored("SELECT count(*) FROM presence_node WHERE id = $1", before, "0");
	stored(STATUS, a->me.id, "ONLINE");
	stored(PLACES, a->me.id, "1");
	fence(b);
	/* A machine so slow that the pause was longer than the node's grace shows both ways. */
	CU_ASSERT(strcmp(b->heard, "ONLINE") == 0 || strcmp(b->heard, "ONLINE OFFLINE ONLINE") == 0);
	CU_ASSERT_STRING_NOT_EQUAL(testdb_text(NODE, a->me.id), before);
}

static void
a_deploy_is_not_noticed(void)
{
	survives(SIGTERM);
	events_metric_wait("stream_connected", 1);
}

static void
a_killed_responder_is_replaced(void)
{
	survives(SIGKILL);
	events_metric_wait("stream_connected", 1);
}

static void
a_lost_connection_tells_all_again(void)
{
	struct device *a, *b;
	const char *before;

	(void)pair(&a, &b);
	before = testdb_text(NODE, a->me.id);
	testdb_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		   " WHERE application_name LIKE '%events' AND backend_type = 'client backend'");
	/* What the database lost meanwhile comes back with the new node. */
	testdb_run("DELETE FROM presence_device WHERE user_id = $1", a->me.id);
	other_node(b, before);
	stored(PLACES, a->me.id, "1");
	fence(b);
	CU_ASSERT_STRING_EQUAL(b->heard, "ONLINE");
	poll_stop(a);
	heard(b, "ONLINE OFFLINE");
}

static void
hide(const struct device *device, bool hidden)
{
	struct client *c = client_new();

	client_token(c, device->me.token);
	client_header(c, "If-Match: *");
	CU_ASSERT_EQUAL(client_call(c, "PATCH", "/users/me",
			    hidden ? "{\"presence_hidden\":true}" : "{\"presence_hidden\":false}"),
	    200);
	CU_ASSERT_STRING_EQUAL(client_text(c, "presence_hidden"), hidden ? "true" : "false");
	client_free(c);
}

static void
who_hides_is_not_seen(void)
{
	struct device *a, *b;
	const char *conversation = pair(&a, &b);

	hide(a, true);
	heard(b, "ONLINE null");
	shown(b, conversation, "null");
	poll_stop(a);
	stored(STATUS, a->me.id, "OFFLINE");
	fence(b);
	CU_ASSERT_STRING_EQUAL(b->heard, "ONLINE null");
	hide(a, false);
	heard(b, "ONLINE null OFFLINE");
	shown(b, conversation, "OFFLINE");
}

static void
a_block_hides_both_and_their_typing(void)
{
	struct device *a, *b;
	const char *conversation = pair(&a, &b);
	struct client *c = client_new();
	char path[64];

	client_token(c, b->me.token);
	(void)snprintf(path, sizeof(path), "/conversations/%s/typing", conversation);
	CU_ASSERT_EQUAL(client_call(c, "POST", path, NULL), 204);
	fence(a);
	CU_ASSERT_EQUAL(a->typing, 1);
	CU_ASSERT_EQUAL(client_callf(c, "PUT", NULL, "/users/me/blocks/%s", a->me.id), 204);
	heard(a, "null");
	heard(b, "ONLINE null");
	shown(a, conversation, "null");
	shown(b, conversation, "null");
	CU_ASSERT_EQUAL(put_status(a, "{\"status\":\"AWAY\"}"), 200);
	CU_ASSERT_EQUAL(put_status(b, "{\"status\":\"AWAY\"}"), 200);
	CU_ASSERT_EQUAL(client_call(c, "POST", path, NULL), 204);
	client_token(c, a->me.token);
	CU_ASSERT_EQUAL(client_call(c, "POST", path, NULL), 204);
	fence(a);
	fence(b);
	CU_ASSERT_EQUAL(a->typing, 1);
	CU_ASSERT_EQUAL(b->typing, 0);
	CU_ASSERT_STRING_EQUAL(a->heard, "null");
	CU_ASSERT_STRING_EQUAL(b->heard, "ONLINE null");
	client_token(c, b->me.token);
	CU_ASSERT_EQUAL(client_callf(c, "DELETE", NULL, "/users/me/blocks/%s", a->me.id), 204);
	heard(a, "null AWAY");
	heard(b, "ONLINE null AWAY");
	client_free(c);
}

static void
the_panel_shows_who_is_there(void)
{
	struct browser *panel = browser_new();
	struct device *a, *b;
	char path[64];

	(void)pair(&a, &b);
	hide(a, true);
	browser_sign_in(panel);
	(void)snprintf(path, sizeof(path), "/admin/users/%s", a->me.id);
	CU_ASSERT_EQUAL(browser_get(panel, path), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(panel), "In the app</dt><dd>Online<"));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(panel), "Hidden from others</dt><dd>yes<"));
	poll_stop(a);
	stored(STATUS, a->me.id, "OFFLINE");
	CU_ASSERT_EQUAL(browser_get(panel, path), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(panel), "In the app</dt><dd>Offline<"));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(panel), "Last left</dt><dd><time"));
	browser_free(panel);
}

static void
who_may_say_what(void)
{
	struct client *c = client_new();
	struct person admin = person_admin();
	struct device *a, *b;

	(void)pair(&a, &b);
	CU_ASSERT_EQUAL(client_call(c, "PUT", "/users/me/presence", "{\"status\":\"AWAY\"}"), 401);
	client_token(c, admin.token);
	CU_ASSERT_EQUAL(client_call(c, "PUT", "/users/me/presence", "{\"status\":\"AWAY\"}"), 200);
	CU_ASSERT_STRING_EQUAL(client_text(c, "status"), "OFFLINE"); /* it waits for nothing */
	CU_ASSERT_EQUAL(put_status(a, "{\"status\":\"OFFLINE\"}"), 422);
	CU_ASSERT_EQUAL(put_status(a, "{\"status\":null}"), 422);
	CU_ASSERT_EQUAL(put_status(a, "{}"), 422);
	client_free(c);
}

static const struct cunit_test tests[] = {
	{ "two devices are one person", two_devices_are_one_person },
	{ "a pause between polls is not noticed", a_pause_between_polls_is_not_noticed },
	{ "a deploy is not noticed", a_deploy_is_not_noticed },
	{ "a killed responder is replaced", a_killed_responder_is_replaced },
	{ "a lost connection tells all again", a_lost_connection_tells_all_again },
	{ "who hides is not seen", who_hides_is_not_seen },
	{ "a block hides both and their typing", a_block_hides_both_and_their_typing },
	{ "the panel shows who is there", the_panel_shows_who_is_there },
	{ "who may say what", who_may_say_what },
	{ 0 },
};

int
main(void)
{
	int result = cunit_run("presence", tests);

	all_stop();
	return result;
}
