#include "live/stream.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "db/db.h"
#include "db/wal.h"
#include "live/life.h"
#include "live/scan.h"
#include "web/metrics.h"

#include <stdlib.h>
#include <string.h>

/* --- stored events --- */

/* The value as a C string; "" for null. */
static const char *
column_text(struct live *live, const struct wal_row *row, const char *name)
{
	struct pgoutput_value value = wal_column(row, name);

	return value.data == NULL ? "" : arena_strndup(live->arena, value.data, value.len);
}

/* The same envelope that rows_json makes of a row of event_read. */
static struct buf
envelope(struct live *live, const struct wal_row *row, int64_t seq)
{
	struct pgoutput_value payload = wal_column(row, "payload");
	struct buf text = buf_new(live->arena, payload.len + 160);

	buf_puts(&text, "{\"seq\":");
	buf_int(&text, seq);
	buf_puts(&text, ",\"type\":");
	buf_json(&text, column_text(live, row, "type"));
	buf_puts(&text, ",\"created_at\":");
	db_time_json(&text, column_text(live, row, "created_at"));
	buf_puts(&text, ",\"data\":");
	if (payload.data != NULL)
		buf_add(&text, payload.data, payload.len);
	else
		buf_puts(&text, "null");
	buf_putc(&text, '}');
	return text;
}

/* Its type says that it takes words of earlier ones back. */
static bool
unsays(struct live *live, const struct wal_row *row)
{
	const struct event_type *type =
	    event_type_find(live->worker->app->events, column_text(live, row, "type"));

	return type != NULL && type->unsays;
}

static void
on_insert(void *arg, const char *table, const struct wal_row *row)
{
	struct live *live = arg;
	struct arena_mark mark = arena_mark(live->arena);
	struct user *user;
	int64_t seq;

	if (!str_starts(table, "event"))
		return;
	user = user_among(&live->core.users, column_text(live, row, "user_id"));
	if (user != NULL && str_to_int(column_text(live, row, "seq"), 1, INT64_MAX, &seq)) {
		core_insert(&live->core, user, seq, unsays(live, row));
		if (user_active(user, live->core.now_us)) {
			struct buf text = envelope(live, row, seq);

			user_keep(&live->core.users, user, seq, text.data, text.len);
		}
	}
	arena_rewind(live->arena, mark);
}

static void
on_commit(void *arg)
{
	struct live *live = arg;

	core_commit(&live->core);
}

/* --- events without a number --- */

static struct buf
message_envelope(struct live *live, const char *type, struct json_object *data)
{
	struct buf text = buf_new(live->arena, 512);
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
message_deliver(struct live *live, struct json_object *root)
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
	text = message_envelope(live, json_object_get_string(type), data);
	for (i = 0; i < json_object_array_length(users); i++) {
		struct json_object *id = json_object_array_get_idx(users, i);
		struct user *user = NULL;

		if (json_object_is_type(id, json_type_string))
			user = user_among(&live->core.users, json_object_get_string(id));
		if (user != NULL)
			core_pass(&live->core, user, text.data, text.len);
	}
}

static void
on_message(void *arg, const char *text, size_t len)
{
	struct live *live = arg;
	struct arena_mark mark = arena_mark(live->arena);
	struct json_object *root;
	struct json_fault fault;

	if (len <= BODY_BYTES_MAX && json_parse(live->arena, text, len, &fault, &root) == ERR_OK)
		message_deliver(live, root);
	else
		log_warn("a message in the log that cannot be read");
	arena_rewind(live->arena, mark);
}

/* --- state --- */

static void
on_started(void *arg)
{
	struct live *live = arg;

	live->core.run = -live->core.run + 1;
	life_stream_started(live);
	metrics_set(live->worker->metrics, METRIC_STREAM_CONNECTED, 1);
	/* Commits from before the slot are not in the stream. */
	scan_from_here(live);
}

static void
on_stopped(void *arg)
{
	struct live *live = arg;

	live->core.run = -live->core.run;
	/* Rows whose commit was not heard: what is known of them is true all the same. */
	core_commit(&live->core);
	metrics_set(live->worker->metrics, METRIC_STREAM_CONNECTED, 0);
}

struct wal *
stream_open(struct live *live)
{
	struct wal_config config = { live->conf->database_url, "events-stream", "confab_event",
		"confab",
		{ live, life_streamed, on_started, on_stopped, on_insert, on_commit, on_message } };

	metrics_set(live->worker->metrics, METRIC_STREAM_CONNECTED, 0);
#ifdef CONFAB_TEST
	if (getenv("CONFAB_NO_STREAM") != NULL)
		return NULL;
#endif
	return wal_open(&config);
}
