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

static struct message_draft
draft_of(const struct live_call *call)
{
	const char *type = text_of(call, "type"), *body = text_of(call, "body");

	return (struct message_draft){
		.conversation_id = call->of,
		.sender_id = call->user_id,
		.client_id = text_of(call, "client_id"),
		.type = type != NULL ? type : "text",
		.body = body != NULL ? body : "",
		.reply_to = text_of(call, "reply_to"),
		.media_id = text_of(call, "media_id"),
	};
}

static enum err
op_send(struct live_call *call)
{
	const struct message_draft draft = draft_of(call);
	struct fault fault = FAULT_NONE;
	enum err err = message_draft_check(&draft, &fault);

	return err == ERR_OK ? ERR_OK : field_fault(&call->errors, err, &fault);
}

/* One goes by the statement for one, which costs half as much. */
static struct db_bound
bind_sends(struct arena *arena, struct live_call *const calls[], size_t count)
{
	const struct message_draft *list[LIVE_BATCH_MAX] = { NULL };
	struct message_draft drafts[LIVE_BATCH_MAX];
	size_t i;

	static_assert((int)LIVE_BATCH_MAX <= (int)MESSAGE_BATCH_MAX, "one statement takes them");
	for (i = 0; i < count; i++) {
		drafts[i] = draft_of(calls[i]);
		list[i] = &drafts[i];
	}
	return count == 1 ? message_send_bind(arena, list[0])
			  : message_send_batch_bind(arena, list, count);
}

static void
answer_sent(struct live_call *call, const struct message_sent *sent)
{
	struct fault fault;

	if (sent->err == ERR_OK) {
		live_call_answer(call, sent->created ? 201 : 200, sent->json);
		return;
	}
	fault = message_refusal(sent->err, sent->detail);
	live_call_fail(call, field_fault(&call->errors, sent->err, &fault));
}

static void
take_sends(struct live_call *const calls[], size_t count, enum err err, const struct rows *rows)
{
	struct message_sent sent[LIVE_BATCH_MAX] = { { 0 } };
	size_t i;

	sent[0].detail = pipeline_detail(calls[0]->pipeline);
	if (err == ERR_OK && count == 1)
		err = message_send_take(rows, &sent[0].created, &sent[0].json);
	else if (err == ERR_OK)
		err = message_send_batch_take(rows, sent, count);
	for (i = 0; i < count; i++) {
		if (err != ERR_OK)
			sent[i].err = err;
		answer_sent(calls[i], &sent[i]);
	}
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
	{ "send", message_body, "conversation_id", RATE_MESSAGE, op_send, bind_sends, take_sends },
	{ "read", conversation_read_body, "conversation_id", RATE_WRITE, op_read, NULL, NULL },
	{ "typing", NULL, "conversation_id", RATE_WRITE, op_typing, NULL, NULL },
	{ "presence", presence_body, NULL, RATE_WRITE, op_presence, NULL, NULL },
	{ .name = NULL },
};
const struct live_socket event_socket = {
	.path = "/api/v1/ws",
	.text_bytes_max = MESSAGE_BODY_BYTES_MAX + 1024, /* what is data here is the body there */
	.envelope = envelope,
	.ops = ops,
};
