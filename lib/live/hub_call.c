/*
 * What clients ask over a WebSocket: {"id", "op", "conversation_id", "data"}, a JSON text of each, with
 * data as the body of the route whose twin the op is. Answered in the order in which the answers come:
 * {"type": "answer", "id", "status", "data"} or, with the error object of every other reply,
 * {"type": "answer", "id", "status", "error"}, where 429 also has retry_after, in seconds.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "live/hub_int.h"
#include "web/rate.h"
#include "web/reply.h"

#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 16, REFUSALS_MAX = 50 };

static const struct field frame_fields[] = {
	{ "id", FIELD_TEXT, .required = true, .min = 1, .max = 64 },
	{ "op", FIELD_TEXT, .required = true, .min = 1, .max = 32 },
	{ "conversation_id", FIELD_UUID, .doc = "Where; for ops that need it" },
	{ 0 },
};
static const struct field ack_data[] = {
	{ "cursor", FIELD_TEXT, .required = true, .min = 3, .max = EVENT_CURSOR_SIZE },
	{ 0 },
};

/* --- answers --- */

/* As the line of a request, by whose id in an error it is found; what comes again and again is quieter. */
static void
call_log(const struct hub_call *call, enum err err, int status)
{
	const struct waiter *waiter = call->waiter;
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
answer(const struct hub_call *call, enum err err, int status, const char *object)
{
	struct buf text = buf_new(call->hub->arena, strlen(object) + 128);

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
	hub_ws_text(call->hub, call->waiter, text.data, text.len);
}

static void
answer_error(const struct hub_call *call, enum err err)
{
	struct buf error = buf_new(call->hub->arena, 256);

	reply_error_json(err, &call->errors, NULL, call->request_id, &error);
	answer(call, err, err_status(err), error.data);
}

static void
call_end(struct hub_call *call)
{
	call->waiter->asked--;
	call->waiter->live->calls--;
	free(call);
}

void
hub_call_answer(struct hub_call *call, int status, const char *data)
{
	struct arena_mark mark = arena_mark(call->hub->arena);
	struct hub *hub = call->hub;

	answer(call, ERR_OK, status, data);
	call_end(call);
	arena_rewind(hub->arena, mark);
}

void
hub_call_fail(struct hub_call *call, enum err err)
{
	struct arena_mark mark = arena_mark(call->hub->arena);
	struct hub *hub = call->hub;

	answer_error(call, err);
	call_end(call);
	arena_rewind(hub->arena, mark);
}

/* --- what every connection can --- */

/* The client has dealt with everything up to the cursor. From the first one on, no more than a window of
 * events is sent ahead. */
static enum err
take_ack(struct hub_call *call)
{
	struct waiter *waiter = call->waiter;
	struct event_cursor cursor;
	struct json_object *text;

	if (!json_object_object_get_ex(call->data, "cursor", &text) ||
	    event_cursor_parse(json_object_get_string(text), &cursor) != ERR_OK ||
	    cursor.epoch != waiter->cursor.epoch || cursor.seq > waiter->cursor.seq)
		return ERR_BAD_CURSOR;
	if (cursor.seq > waiter->live->acked_seq)
		waiter->live->acked_seq = cursor.seq;
	hub_ready(call->hub, waiter);
	answer(call, ERR_OK, 200, "{}");
	return ERR_OK;
}

static enum err
take_ping(struct hub_call *call)
{
	char now[CLOCK_TEXT_SIZE];

	clock_format(clock_now_us(), now);
	answer(call, ERR_OK, 200, arena_printf(call->arena, "{\"server_time\":\"%s\"}", now));
	return ERR_OK;
}

static const struct hub_op own_ops[] = {
	{ .name = "ack", .data = ack_data, .rate = RATE_READ, .run = take_ack },
	{ .name = "ping", .rate = RATE_READ, .run = take_ping },
	{ .name = NULL },
};

/* --- reading a frame --- */

static enum err
blame(struct hub_call *call, enum err err, const char *path, const char *message)
{
	if (call->errors.count < COUNT_OF(call->errors.list))
		call->errors.list[call->errors.count++] = (struct field_error){ path, message };
	return err;
}

static const struct hub_op *
op_find(const struct hub_op *ops, const char *name)
{
	for (; ops != NULL && ops->name != NULL; ops++)
		if (strcmp(ops->name, name) == 0)
			return ops;
	return NULL;
}

/* The frame without data, and data by itself. */
static enum err
split(struct hub_call *call, const char *text, size_t len, struct json_object **root)
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
	return field_check(frame_fields, *root, &call->errors) ? ERR_OK : ERR_VALIDATION;
}

static enum err
check_data(struct hub_call *call)
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

static enum err
check(struct hub_call *call, const char *text, size_t len)
{
	struct json_object *root = NULL, *value;

	TRY(split(call, text, len, &root));
	(void)json_object_object_get_ex(root, "op", &value);
	call->op = op_find(own_ops, json_object_get_string(value));
	if (call->op == NULL)
		call->op = op_find(call->hub->ops, json_object_get_string(value));
	if (call->op == NULL)
		return blame(call, ERR_VALIDATION, "op", "is not known");
	if (json_object_object_get_ex(root, "conversation_id", &value))
		call->conversation_id = json_object_get_string(value);
	if (call->op->conversation != (call->conversation_id != NULL))
		return blame(call, ERR_VALIDATION, "conversation_id",
		    call->op->conversation ? "is required" : "is not known here");
	return check_data(call);
}

static enum err
take_rate(struct hub_call *call, enum rate_class class)
{
	struct rate_state state;
	enum err err = rate_take(call->hub->worker->rate, class, call->user_id, &state);

	if (err != ERR_OK)
		call->retry_after_s = state.retry_after_s;
	call->waiter->live->refusals = err == ERR_OK ? 0 : call->waiter->live->refusals + 1;
	return err;
}

/* What is asked of one conversation is done in the order it came. */
static struct pipeline *
pipeline_for(const struct hub_call *call)
{
	const char *id = call->conversation_id != NULL ? call->conversation_id : call->user_id;

	return call->hub->calls[str_hash(id) % (uint64_t)call->hub->call_count];
}

/* Check it and begin; ERR_OK: it was answered, or its statement is under way and it is kept. */
static enum err
begin(struct hub_call *call, const char *text, size_t len, bool *kept)
{
	struct live *live = call->waiter->live;
	enum err err = check(call, text, len);

	/* What is wrong counts as a write. */
	TRY(take_rate(call, err == ERR_OK ? call->op->rate : RATE_WRITE));
	TRY(err);
	if (op_find(own_ops, call->op->name) != NULL)
		return call->op->run(call);
	if (live->calls >= CALLS_MAX)
		return ERR_BUSY;
	call->pipeline = pipeline_for(call);
	TRY(call->op->run(call));
	live->calls++;
	call->waiter->asked++;
	*kept = true;
	return ERR_OK;
}

void
hub_call_take(struct hub *hub, struct waiter *waiter, const char *text, size_t len)
{
	struct arena_mark mark = arena_mark(hub->arena);
	struct hub_call *call = calloc(1, sizeof(*call));
	bool kept = false;
	enum err err;

	if (call == NULL)
		abort();
	call->hub = hub;
	call->waiter = waiter;
	call->arena = hub->arena;
	call->began_us = clock_monotonic_us();
	call->user_id = waiter->user->id;
	call->login_id = waiter->login_id;
	call->errors.arena = hub->arena;
	(void)memccpy(call->request_id, uuid_new(hub->arena), '\0', sizeof(call->request_id) - 1);
	err = begin(call, text, len, &kept);
	if (err != ERR_OK)
		answer_error(call, err);
	if (!kept)
		free(call);
	else
		call->user_id = call->login_id = call->conversation_id = NULL, call->data = NULL;
	if (waiter->state != WAITER_GONE && waiter->live->refusals > REFUSALS_MAX)
		hub_live_end(hub, waiter, CLOSE_POLICY);
	arena_rewind(hub->arena, mark);
}
