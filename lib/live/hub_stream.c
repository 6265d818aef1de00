/*
 * What comes from the write-ahead log: rows of event, delivered commit by commit, and messages that are
 * stored nowhere (typing, presence): {"type": …, "users": [ids], "data": {…}} under the prefix below.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "live/hub_int.h"

#include <stdlib.h>
#include <string.h>

/* --- stored events --- */

/* The value as a C string; "" for null. */
static const char *
column_text(struct hub *hub, const struct wal_row *row, const char *name)
{
	struct pgoutput_value value = wal_column(row, name);

	return value.data == NULL ? "" : arena_strndup(hub->arena, value.data, value.len);
}

/* The same envelope that rows_json makes of a row of event_read. */
static struct buf
envelope(struct hub *hub, const struct wal_row *row, int64_t seq)
{
	struct pgoutput_value payload = wal_column(row, "payload");
	struct buf text = buf_new(hub->arena, payload.len + 160);

	buf_puts(&text, "{\"seq\":");
	buf_int(&text, seq);
	buf_puts(&text, ",\"type\":");
	buf_json(&text, column_text(hub, row, "type"));
	buf_puts(&text, ",\"created_at\":");
	db_time_json(&text, column_text(hub, row, "created_at"));
	buf_puts(&text, ",\"data\":");
	if (payload.data != NULL)
		buf_add(&text, payload.data, payload.len);
	else
		buf_puts(&text, "null");
	buf_putc(&text, '}');
	return text;
}

static bool
takes_words_back(struct hub *hub, const struct wal_row *row)
{
	const char *type = column_text(hub, row, "type");

	return strcmp(type, "message.updated") == 0 || strcmp(type, "message.deleted") == 0;
}

static void
on_insert(void *arg, const char *table, const struct wal_row *row)
{
	struct hub *hub = arg;
	struct arena_mark mark = arena_mark(hub->arena);
	struct hub_user *user;
	int64_t seq;

	if (!str_starts(table, "event"))
		return;
	user = hub_user_find(hub, column_text(hub, row, "user_id"));
	if (user != NULL && str_to_int(column_text(hub, row, "seq"), 1, INT64_MAX, &seq)) {
		hub_user_known(user, seq);
		if (takes_words_back(hub, row))
			hub_user_unsay(hub, user, seq);
		if (hub_user_active(user)) {
			struct buf text = envelope(hub, row, seq);

			hub_user_keep(hub, user, seq, text.data, text.len);
		}
		if (!user->dirty) {
			user->dirty = true;
			user->dirty_next = hub->dirty;
			hub->dirty = user;
		}
	}
	arena_rewind(hub->arena, mark);
}

static void
on_commit(void *arg)
{
	struct hub *hub = arg;

	while (hub->dirty != NULL) {
		struct hub_user *user = hub->dirty;

		hub->dirty = user->dirty_next;
		user->dirty = false;
		hub_wake(hub, user);
	}
}

/* --- events without a number --- */

static struct buf
message_envelope(struct hub *hub, const char *type, struct json_object *data)
{
	struct buf text = buf_new(hub->arena, 512);
	char now[CLOCK_TEXT_SIZE];

	clock_format(clock_now_us(), now);
	buf_puts(&text, "{\"seq\":null,\"type\":");
	buf_json(&text, type);
	buf_printf(&text, ",\"created_at\":\"%s\",\"data\":", now);
	buf_puts(&text, json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN));
	buf_putc(&text, '}');
	return text;
}

static void
message_deliver(struct hub *hub, struct json_object *root)
{
	struct json_object *type, *users, *data;
	struct buf text;
	size_t i;

	if (!json_object_is_type(root, json_type_object) ||
	    !json_object_object_get_ex(root, "type", &type) ||
	    !json_object_is_type(type, json_type_string) ||
	    !json_object_object_get_ex(root, "users", &users) ||
	    !json_object_is_type(users, json_type_array) ||
	    !json_object_object_get_ex(root, "data", &data) ||
	    !json_object_is_type(data, json_type_object))
		return;
	text = message_envelope(hub, json_object_get_string(type), data);
	for (i = 0; i < json_object_array_length(users); i++) {
		struct json_object *id = json_object_array_get_idx(users, i);
		struct hub_user *user = NULL;

		if (json_object_is_type(id, json_type_string))
			user = hub_user_find(hub, json_object_get_string(id));
		if (user != NULL)
			hub_passing_tell(hub, user, text.data, text.len);
	}
}

static void
on_message(void *arg, const char *text, size_t len)
{
	struct hub *hub = arg;
	struct arena_mark mark = arena_mark(hub->arena);
	struct json_object *root;
	struct json_fault fault;

	if (len <= BODY_BYTES_MAX && json_parse(hub->arena, text, len, &fault, &root) == ERR_OK)
		message_deliver(hub, root);
	else
		log_warn("a message in the log that cannot be read");
	arena_rewind(hub->arena, mark);
}

/* --- state --- */

static void
on_started(void *arg)
{
	struct hub *hub = arg;

	hub->run = -hub->run + 1;
	hub->told_blind = false; /* the slot begins behind it */
	metrics_set(hub->worker->metrics, METRIC_STREAM_CONNECTED, 1);
	/* Commits from before the slot are not in the stream: check everyone. A scan that is under way may
	 * have looked too early. */
	hub->scan_again = hub->scanning;
	if (!hub->scanning)
		hub_scan(hub);
}

static void
on_stopped(void *arg)
{
	struct hub *hub = arg;

	hub->run = -hub->run;
	on_commit(
	    hub); /* rows whose commit was not heard: what is known of them is true all the same */
	metrics_set(hub->worker->metrics, METRIC_STREAM_CONNECTED, 0);
}

struct wal *
hub_stream_open(struct hub *hub)
{
	struct wal_config config = {
		hub->conf->database_url, "events-stream", "confab_event", "confab",
		{ hub, hub_life_streamed, on_started, on_stopped, on_insert, on_commit, on_message }
	};

	metrics_set(hub->worker->metrics, METRIC_STREAM_CONNECTED, 0);
#ifdef CONFAB_TEST
	if (getenv("CONFAB_NO_STREAM") != NULL)
		return NULL;
#endif
	return wal_open(&config);
}
