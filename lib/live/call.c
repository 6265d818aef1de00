#include "live/call.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "live/gather.h"
#include "live/live.h"
#include "live/ws.h"
#include "web/rate.h"
#include "web/reply.h"

#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 16, REFUSALS_MAX = 50 };

static const struct field frame_fields[] = {
	{ "id", FIELD_TEXT, .required = true, .min = 1, .max = 64 },
	{ "op", FIELD_TEXT, .required = true, .min = 1, .max = 32 },
};
static const struct field ack_data[] = {
	{ "cursor", FIELD_TEXT, .required = true, .min = 3, .max = EVENT_CURSOR_SIZE },
	{ 0 },
};

/* --- answers --- */

/* As the line of a request, by whose id in an error it is found; what comes again and again is quieter. */
static void
call_log(const struct live_call *call, enum err err, int status)
{
	const struct waiter *waiter = &call->client->waiter;
	enum log_level level = status >= 500	      ? LOG_LEVEL_WARN
	    : call->pipeline != NULL || err != ERR_OK ? LOG_LEVEL_INFO
						      : LOG_LEVEL_DEBUG;

	log_request_set(call->request_id);
	log_write(level, "call",
	    LOG_FIELDS_(LOG_STR("op", call->op != NULL ? call->op->name : ""),
		LOG_STR("user_id", waiter->user != NULL ? waiter->user->id : ""),
		LOG_STR("login_id", waiter->login_id), LOG_INT("status", status),
		LOG_STR("error", err == ERR_OK ? "" : err_code(err)),
		LOG_INT("latency_us", clock_monotonic_us() - call->began_us)));
	log_request_set(NULL);
}

/* object: of the error, or the data when err is ERR_OK. */
static void
answer(const struct live_call *call, enum err err, int status, const char *object)
{
	struct buf text = buf_new(call->arena, strlen(object) + 128);

	buf_puts(&text, "{\"type\":\"answer\",\"id\":");
	if (call->id[0] != '\0')
		buf_json(&text, call->id);
	else
		buf_puts(&text, "null");
	buf_printf(&text, ",\"status\":%d", status);
	if (call->retry_after_s > 0)
		buf_printf(&text, ",\"retry_after\":%d", call->retry_after_s);
	buf_printf(&text, ",\"%s\":%s}", err == ERR_OK ? "data" : "error", object);
	call_log(call, err, status);
	ws_text(call->client, text.data, text.len);
}

static void
answer_error(const struct live_call *call, enum err err)
{
	struct buf error = buf_new(call->arena, 256);

	reply_error_json(err, &call->errors, NULL, call->request_id, &error);
	answer(call, err, err_status(err), error.data);
}

static void
call_end(struct live_call *call)
{
	call->client->asked--;
	call->client->calls--;
	(void)json_object_put(call->kept);
	free(call);
}

void
live_call_answer(struct live_call *call, int status, const char *data)
{
	struct arena *arena = call->arena;
	struct arena_mark mark = arena_mark(arena);

	answer(call, ERR_OK, status, data);
	call_end(call);
	arena_rewind(arena, mark);
}

void
live_call_fail(struct live_call *call, enum err err)
{
	struct arena *arena = call->arena;
	struct arena_mark mark = arena_mark(arena);

	answer_error(call, err);
	call_end(call);
	arena_rewind(arena, mark);
}

/* --- what every connection can --- */

/* The client has dealt with everything up to the cursor. From the first one on, no more than a window of
 * events is sent ahead. */
static enum err
take_ack(struct live_call *call)
{
	struct waiter *waiter = &call->client->waiter;
	struct event_cursor cursor;
	struct json_object *text;

	if (!json_object_object_get_ex(call->data, "cursor", &text) ||
	    event_cursor_parse(json_object_get_string(text), &cursor) != ERR_OK ||
	    cursor.epoch != waiter->cursor.epoch || cursor.seq > waiter->cursor.seq)
		return ERR_BAD_CURSOR;
	if (cursor.seq > waiter->acked_seq)
		waiter->acked_seq = cursor.seq;
	core_want(&call->live->core, waiter, WORK_DELIVER);
	answer(call, ERR_OK, 200, "{}");
	return ERR_OK;
}

static enum err
take_ping(struct live_call *call)
{
	char now[CLOCK_TEXT_SIZE];

	clock_format(clock_now_us(), now);
	answer(call, ERR_OK, 200, arena_printf(call->arena, "{\"server_time\":\"%s\"}", now));
	return ERR_OK;
}

static const struct live_op own_ops[] = {
	{ .name = "ack", .data = ack_data, .rate = RATE_READ, .run = take_ack },
	{ .name = "ping", .rate = RATE_READ, .run = take_ping },
	{ .name = NULL },
};

/* --- reading a frame --- */

static enum err
blame(struct live_call *call, enum err err, const char *path, const char *message)
{
	if (call->errors.count < COUNT_OF(call->errors.list))
		call->errors.list[call->errors.count++] = (struct field_error){ path, message };
	return err;
}

static const struct live_op *
op_find(const struct live_op *ops, const char *name)
{
	for (; ops != NULL && ops->name != NULL; ops++)
		if (strcmp(ops->name, name) == 0)
			return ops;
	return NULL;
}

/* Its own members, and the program's. */
static bool
frame_check(struct live_call *call, struct json_object *root)
{
	const struct field *more = call->live->socket->envelope;
	struct field fields[COUNT_OF(frame_fields) + LIVE_ENVELOPE_MAX + 1] = { { 0 } };
	size_t i, count = COUNT_OF(frame_fields);

	memcpy(fields, frame_fields, sizeof(frame_fields));
	for (i = 0; more != NULL && more[i].name != NULL; i++) {
		assert(i < LIVE_ENVELOPE_MAX);
		fields[count++] = more[i];
	}
	return field_check(fields, root, &call->errors);
}

/* The frame without data, and data by itself. */
static enum err
split(struct live_call *call, const char *text, size_t len, struct json_object **root)
{
	struct json_fault fault;
	struct json_object *id;

	if (json_parse(call->arena, text, len, &fault, root) != ERR_OK)
		return blame(call, ERR_BAD_JSON, fault.key != NULL ? fault.key : "frame",
		    arena_printf(call->arena, "%s at byte %zu", fault.what, fault.offset));
	if (!json_object_is_type(*root, json_type_object))
		return blame(call, ERR_VALIDATION, "frame", "must be an object");
	if (json_object_object_get_ex(*root, "data", &call->data)) {
		(void)json_keep(call->arena, json_object_get(call->data));
		json_object_object_del(*root, "data");
	}
	if (json_object_object_get_ex(*root, "id", &id) &&
	    json_object_is_type(id, json_type_string) &&
	    (size_t)json_object_get_string_len(id) < sizeof(call->id))
		(void)memccpy(call->id, json_object_get_string(id), '\0', sizeof(call->id) - 1);
	return frame_check(call, *root) ? ERR_OK : ERR_VALIDATION;
}

static enum err
check_data(struct live_call *call)
{
	static const struct field none[] = { { 0 } };
	const struct field *fields = call->op->data != NULL ? call->op->data : none;

	if (call->data == NULL) {
		call->data = json_object_new_object();
		(void)json_keep(call->arena, call->data);
	}
	if (!json_object_is_type(call->data, json_type_object))
		return blame(call, ERR_VALIDATION, "data", "must be an object");
	return field_check(fields, call->data, &call->errors) ? ERR_OK : ERR_VALIDATION;
}

/* Of the envelope it has what the op is asked of, and nothing else. */
static enum err
check_of(struct live_call *call, struct json_object *root)
{
	const struct field *field = call->live->socket->envelope;
	struct json_object *value;

	for (; field != NULL && field->name != NULL; field++) {
		bool wanted = call->op->of != NULL && strcmp(call->op->of, field->name) == 0;
		bool there = json_object_object_get_ex(root, field->name, &value);

		if (wanted != there)
			return blame(call, ERR_VALIDATION, field->name,
			    wanted ? "is required" : "is not known here");
		if (wanted)
			call->of = json_object_get_string(value);
	}
	return ERR_OK;
}

static enum err
check(struct live_call *call, const char *text, size_t len)
{
	struct json_object *root = NULL, *value;

	TRY(split(call, text, len, &root));
	(void)json_object_object_get_ex(root, "op", &value);
	call->op = op_find(own_ops, json_object_get_string(value));
	if (call->op == NULL)
		call->op = op_find(call->live->socket->ops, json_object_get_string(value));
	if (call->op == NULL)
		return blame(call, ERR_VALIDATION, "op", "is not known");
	TRY(check_of(call, root));
	return check_data(call);
}

static enum err
take_rate(struct live_call *call, enum rate_class class)
{
	struct rate_state state;
	enum err err = rate_take(call->live->worker->rate, class, call->user_id, &state);

	if (err != ERR_OK)
		call->retry_after_s = state.retry_after_s;
	call->client->refusals = err == ERR_OK ? 0 : call->client->refusals + 1;
	return err;
}

/* What it was asked stays with it. */
static void
keep(struct live_call *call, const char *of)
{
	call->kept = json_object_get(call->data);
	(void)memccpy(call->own_user_id, call->user_id, '\0', sizeof(call->own_user_id) - 1);
	(void)memccpy(call->own_login_id, call->login_id, '\0', sizeof(call->own_login_id) - 1);
	(void)memccpy(call->own_of, of, '\0', sizeof(call->own_of) - 1);
	call->user_id = call->own_user_id;
	call->login_id = call->own_login_id;
	call->of = call->of != NULL ? call->own_of : NULL;
}

/* Its own statement, or one for several. From here on the call ends itself. */
static enum err
ask(struct live_call *call)
{
	struct client *client = call->client;
	const char *of = call->of != NULL ? call->of : call->user_id;
	bool later;

	call->line = line_for(call->live->lines, of);
	call->pipeline = call->line->pipeline;
	later = call->op->bind != NULL || gather_has(call->line, of);
	if (later && gather_full(call->line))
		return ERR_BUSY;
	if (call->op->bind != NULL || !later)
		TRY(call->op->run(call));
	client->calls++;
	client->asked++;
	if (later) {
		keep(call, of);
		gather(call);
	} else {
		call->user_id = call->login_id = call->of = NULL, call->data = NULL;
	}
	return ERR_OK;
}

/* Check it and begin; ERR_OK: it was answered, or it is under way and *kept. */
static enum err
begin(struct live_call *call, const char *text, size_t len, bool *kept)
{
	enum err err = check(call, text, len);

	/* What is wrong counts as a write. */
	TRY(take_rate(call, err == ERR_OK ? call->op->rate : RATE_WRITE));
	TRY(err);
	if (op_find(own_ops, call->op->name) != NULL)
		return call->op->run(call);
	if (call->client->calls >= CALLS_MAX)
		return ERR_BUSY;
	TRY(ask(call));
	*kept = true;
	return ERR_OK;
}

static struct live_call *
call_new(struct client *client)
{
	struct live_call *call = calloc(1, sizeof(*call));

	if (call == NULL)
		abort();
	call->live = client->live;
	call->client = client;
	call->arena = client->live->arena;
	call->began_us = clock_monotonic_us();
	call->user_id = client->waiter.user->id;
	call->login_id = client->waiter.login_id;
	call->errors.arena = call->arena;
	(void)memccpy(call->request_id, uuid_new(call->arena), '\0', sizeof(call->request_id) - 1);
	return call;
}

void
call_heard(struct client *client, const char *text, size_t len)
{
	struct arena *arena = client->live->arena;
	struct arena_mark mark = arena_mark(arena);
	struct live_call *call = call_new(client);
	bool kept = false;
	enum err err = begin(call, text, len, &kept);

	if (err != ERR_OK)
		answer_error(call, err);
	if (!kept)
		free(call);
	if (client->refusals > REFUSALS_MAX)
		ws_end(client, WS_CLOSE_POLICY);
	arena_rewind(arena, mark);
}
