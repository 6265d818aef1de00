#include "harness/replica.h"

#include <string.h>

enum { EXCERPT_CHARACTERS = 120 };

struct json_object *
replica_get(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (object != NULL)
		(void)json_object_object_get_ex(object, name, &value);
	return value;
}

const char *
replica_text(struct json_object *object, const char *name)
{
	struct json_object *value = replica_get(object, name);

	return value != NULL ? json_object_get_string(value) : "";
}

int64_t
replica_i64(struct json_object *object, const char *name)
{
	return json_object_get_int64(replica_get(object, name));
}

static void
set(struct json_object *object, const char *name, struct json_object *value)
{
	(void)json_object_object_add(object, name, value);
}

static struct json_object *
copy(struct json_object *value)
{
	struct json_object *made = NULL;

	(void)json_object_deep_copy(value, &made, NULL);
	return made;
}

/* --- what follows from the rest --- */

/* A session without what the clock changes. */
static struct json_object *
session_kept(struct json_object *session)
{
	json_object_object_del(session, "server_time");
	json_object_object_del(session, "seconds_left");
	json_object_object_del(session, "elapsed_s");
	return session;
}

/* Unread is what others said above my mark and did not take back. */
static void
count_unread(struct json_object *state, const char *me)
{
	struct json_object *conversation = replica_get(state, "conversation");
	struct json_object *messages = replica_get(state, "messages");
	int64_t read_seq = replica_i64(conversation, "read_seq"), unread = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(messages); i++) {
		struct json_object *message = json_object_array_get_idx(messages, i);

		unread += replica_i64(message, "seq") > read_seq &&
		    strcmp(replica_text(message, "sender_id"), me) != 0 &&
		    replica_get(message, "deleted_at") == NULL;
	}
	set(conversation, "unread", json_object_new_int64(unread));
	set(replica_get(state, "session"), "unread", json_object_new_int64(unread));
}

struct json_object *
replica_new(
    struct json_object *conversation, struct json_object *messages, struct json_object *session)
{
	struct json_object *state = json_object_new_object();

	set(state, "conversation", conversation);
	set(state, "messages", messages);
	set(state, "session", session_kept(session));
	return state;
}

/* --- events --- */

static void
mark_read(struct json_object *conversation, const char *me, const char *user_id, int64_t seq)
{
	struct json_object *members = replica_get(conversation, "members");
	size_t i;

	for (i = 0; i < json_object_array_length(members); i++) {
		struct json_object *member = json_object_array_get_idx(members, i);

		if (strcmp(replica_text(member, "user_id"), user_id) == 0 &&
		    replica_i64(member, "read_seq") < seq)
			set(member, "read_seq", json_object_new_int64(seq));
	}
	if (strcmp(user_id, me) == 0 && replica_i64(conversation, "read_seq") < seq)
		set(conversation, "read_seq", json_object_new_int64(seq));
}

static void
presence_changed(struct json_object *conversation, struct json_object *data)
{
	struct json_object *members = replica_get(conversation, "members");
	size_t i;

	for (i = 0; i < json_object_array_length(members); i++) {
		struct json_object *member = json_object_array_get_idx(members, i), *shown = NULL;

		if (strcmp(replica_text(member, "user_id"), replica_text(data, "user_id")) != 0)
			continue;
		if (replica_get(data, "status") != NULL) {
			shown = copy(data);
			json_object_object_del(shown, "user_id");
		}
		set(member, "presence", shown);
	}
}

static void
message_created(struct json_object *state, const char *me, struct json_object *message)
{
	struct json_object *conversation = replica_get(state, "conversation");
	int64_t seq = replica_i64(message, "seq");

	if (seq <= replica_i64(conversation, "last_seq"))
		return;
	(void)json_object_array_add(replica_get(state, "messages"), copy(message));
	set(conversation, "last_seq", json_object_new_int64(seq));
	set(conversation, "last_message", copy(message));
	set(conversation, "last_message_at", copy(replica_get(message, "created_at")));
	mark_read(conversation, me, replica_text(message, "sender_id"), seq);
}

/* The first characters of a text in UTF-8. */
static struct json_object *
excerpt(const char *body)
{
	size_t len, count = 0;

	for (len = 0; body[len] != '\0'; len++)
		if (((unsigned char)body[len] & 0xc0) != 0x80 && count++ == EXCERPT_CHARACTERS)
			break;
	return json_object_new_string_len(body, (int)len);
}

/* The message itself, and what answers to it show of it. */
static void
message_changed(struct json_object *state, struct json_object *message)
{
	struct json_object *messages = replica_get(state, "messages");
	int64_t seq = replica_i64(message, "seq");
	size_t i;

	for (i = 0; i < json_object_array_length(messages); i++) {
		struct json_object *at = json_object_array_get_idx(messages, i), *reply;

		if (replica_i64(at, "seq") == seq)
			(void)json_object_array_put_idx(messages, i, copy(message));
		else if ((reply = replica_get(at, "reply_to")) != NULL &&
		    replica_i64(reply, "seq") == seq)
			set(reply, "excerpt", excerpt(replica_text(message, "body")));
	}
}

static void
reactions_changed(struct json_object *state, struct json_object *data)
{
	struct json_object *messages = replica_get(state, "messages");
	size_t i;

	for (i = 0; i < json_object_array_length(messages); i++) {
		struct json_object *at = json_object_array_get_idx(messages, i);

		if (replica_i64(at, "seq") == replica_i64(data, "seq"))
			set(at, "reactions", copy(replica_get(data, "reactions")));
	}
}

/* The conversation shows its newest message as the history does. */
static void
refresh_last(struct json_object *state)
{
	struct json_object *messages = replica_get(state, "messages");
	size_t count = json_object_array_length(messages);

	if (count > 0)
		set(replica_get(state, "conversation"), "last_message",
		    copy(json_object_array_get_idx(messages, count - 1)));
}

static void
session_changed(struct json_object *state, struct json_object *session)
{
	struct json_object *conversation = replica_get(state, "conversation");
	const char *name = replica_text(session, "state");
	bool open = strcmp(name, "REQUESTED") == 0 || strcmp(name, "ACCEPTED") == 0 ||
	    strcmp(name, "ONGOING") == 0;

	set(state, "session", session_kept(copy(session)));
	set(replica_get(conversation, "session"), "state", json_object_new_string(name));
	set(conversation, "closed", json_object_new_boolean(!open));
}

void
replica_apply(struct json_object *state, const char *me, struct json_object *event)
{
	struct json_object *conversation = replica_get(state, "conversation");
	struct json_object *data = replica_get(event, "data");
	const char *type = replica_text(event, "type");

	if (strcmp(type, "presence") == 0)
		presence_changed(conversation, data);
	if (strcmp(replica_text(data, "conversation_id"), replica_text(conversation, "id")) != 0)
		return;
	if (strcmp(type, "message.created") == 0)
		message_created(state, me, data);
	else if (strcmp(type, "message.updated") == 0 || strcmp(type, "message.deleted") == 0)
		message_changed(state, data);
	else if (strcmp(type, "message.reaction") == 0)
		reactions_changed(state, data);
	else if (strcmp(type, "message.read") == 0)
		mark_read(conversation, me, replica_text(data, "user_id"), replica_i64(data, "seq"));
	else if (strncmp(type, "session.", 8) == 0)
		session_changed(state, data);
	if (strcmp(type, "conversation.muted") == 0) {
		set(conversation, "muted", copy(replica_get(data, "muted")));
		set(conversation, "muted_until", copy(replica_get(data, "muted_until")));
	}
	refresh_last(state);
	count_unread(state, me);
}
