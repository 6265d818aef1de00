/* What clients do over a WebSocket: each op is the twin of a route of chat.c or people.c, with
 * the same body. */
#include "events.h"

#include "base/limits.h"
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "domain/talk/presence.h"
#include "live/live.h"

static const char *
text_of(const struct live_call *call, const char *name)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(call->data, name, &value);
	return value == NULL ? NULL : json_object_get_string(value);
}

/* --- send --- */

static void
sent(void *arg, enum err err, struct rows *rows)
{
	struct live_call *call = arg;
	const char *json = NULL;
	struct fault fault;
	bool created = false;

	if (err == ERR_OK)
		err = message_send_take(rows, &created, &json);
	if (err == ERR_OK) {
		live_call_answer(call, created ? 201 : 200, json);
		return;
	}
	fault = message_refusal(err, pipeline_detail(call->pipeline));
	live_call_fail(call, field_fault(&call->errors, err, &fault));
}

static enum err
op_send(struct live_call *call)
{
	const char *type = text_of(call, "type"), *body = text_of(call, "body");
	struct message_draft draft = {
		.conversation_id = call->of,
		.sender_id = call->user_id,
		.client_id = text_of(call, "client_id"),
		.type = type != NULL ? type : "text",
		.body = body != NULL ? body : "",
		.reply_to = text_of(call, "reply_to"),
		.media_id = text_of(call, "media_id"),
	};
	struct fault fault = FAULT_NONE;
	enum err err = message_draft_check(&draft, &fault);

	if (err != ERR_OK)
		return field_fault(&call->errors, err, &fault);
	return pipeline_send(
	    call->pipeline, db_ref(message_send_bind(call->arena, &draft)), sent, call);
}

/* --- read --- */

static void
was_read(void *arg, enum err err, struct rows *rows)
{
	struct live_call *call = arg;
	struct buf json = buf_new(call->arena, 256);
	int64_t newest = 0;

	if (err == ERR_OK)
		err = conversation_read_take(rows, call->number, &newest);
	if (err == ERR_OK) {
		rows_json(rows, 0, &json);
		live_call_answer(call, 200, json.data);
		return;
	}
	if (err == ERR_VALIDATION && newest < call->number)
		err = field_blame(&call->errors, err, "seq",
		    arena_printf(call->arena, "must be at most %lld, the newest message",
			(long long)newest));
	live_call_fail(call, err);
}

static enum err
op_read(struct live_call *call)
{
	struct json_object *seq = NULL;

	(void)json_object_object_get_ex(call->data, "seq", &seq);
	call->number = json_object_get_int64(seq);
	return pipeline_send(call->pipeline,
	    db_ref(conversation_read_bind(call->of, call->user_id, call->number)), was_read, call);
}

/* --- typing --- */

static void
typed(void *arg, enum err err, struct rows *rows)
{
	struct live_call *call = arg;

	if (err == ERR_OK && rows_count(rows) == 0)
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		live_call_answer(call, 204, "{}");
	else
		live_call_fail(call, err);
}

static enum err
op_typing(struct live_call *call)
{
	return pipeline_send(
	    call->pipeline, db_ref(conversation_typing_bind(call->of, call->user_id)), typed, call);
}

/* --- presence --- */

static void
presence_was_set(void *arg, enum err err, struct rows *rows)
{
	struct live_call *call = arg;
	struct buf json = buf_new(call->arena, 64);

	if (err == ERR_OK) {
		rows_json(rows, 0, &json);
		live_call_answer(call, 200, json.data);
	} else {
		live_call_fail(call, err);
	}
}

static enum err
op_presence(struct live_call *call)
{
	return pipeline_send(call->pipeline,
	    db_ref(presence_set_bind(
		call->user_id, call->login_id, presence_is_away(text_of(call, "status")))),
	    presence_was_set, call);
}

static const struct field envelope[] = {
	{ "conversation_id", FIELD_UUID, .doc = "Where; for ops that need it" },
	{ 0 },
};
static const struct live_op ops[] = {
	{ "send", message_body, "conversation_id", RATE_MESSAGE, op_send },
	{ "read", conversation_read_body, "conversation_id", RATE_WRITE, op_read },
	{ "typing", NULL, "conversation_id", RATE_WRITE, op_typing },
	{ "presence", presence_body, NULL, RATE_WRITE, op_presence },
	{ .name = NULL },
};
const struct live_socket event_socket = {
	.path = "/api/v1/ws",
	.text_bytes_max = MESSAGE_BODY_BYTES_MAX + 1024, /* what is data here is the body there */
	.envelope = envelope,
	.ops = ops,
};
