#include "live/ws_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <wslay/wslay.h>

enum {
	TURN_BYTES_MAX = 64 * 1024, /* of one socket, then the others have their turn */
	FRAGMENTS_MAX = 64 /* of one message: libwslay keeps each by itself, however short */
};

struct ws_frames {
	struct ws_handler handler;
	size_t text_bytes_max;
	wslay_event_context_ptr context; /* NULL: between messages */
	int fd; /* while it is read */
	bool reading; /* libwslay runs: the context must stay */
	size_t turn_bytes; /* that may still be read in this turn */
	size_t frame_len; /* of the frame that comes: head and payload */
	size_t unread_bytes; /* given to libwslay, of frames that have not ended */
	bool message_begun; /* and its last fragment has not */
	unsigned fragments; /* so far, of the message that comes */
	struct buf *out; /* while libwslay writes */
};

struct ws_frames *
ws_frame_new(struct ws_handler handler, size_t text_bytes_max)
{
	struct ws_frames *frames = calloc(1, sizeof(*frames));

	if (frames == NULL)
		abort();
	frames->handler = handler;
	frames->text_bytes_max = text_bytes_max;
	return frames;
}

void
ws_frame_free(struct ws_frames *frames)
{
	if (frames != NULL && frames->context != NULL)
		wslay_event_context_free(frames->context);
	free(frames);
}

/* --- what libwslay calls --- */

/* One that closes is read on: its client's goodbye is to come, and what is left in the socket would make it readable
 * for ever. */
static ssize_t
on_recv(wslay_event_context_ptr context, uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct ws_frames *frames = arg;
	ssize_t n;

	(void)flags;
	if (len > frames->turn_bytes)
		len = frames->turn_bytes;
	if (len == 0 || !frames->handler.wanted(frames->handler.arg)) {
		wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	do
		n = recv(frames->fd, bytes, len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		frames->turn_bytes -= (size_t)n;
		frames->unread_bytes += (size_t)n;
		return n;
	}
	wslay_event_set_error(
	    context, n < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t
on_send(wslay_event_context_ptr context, const uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct ws_frames *frames = arg;

	(void)context;
	(void)flags;
	buf_add(frames->out, (const char *)bytes, len);
	return (ssize_t)len;
}

/* RFC 6455, section 5.2: the length in as few bytes as it can be, else libwslay refuses it; a mask, too. */
static size_t
frame_head_len(uint64_t payload_len)
{
	return payload_len < 126 ? 6 : payload_len <= UINT16_MAX ? 8 : 14;
}

static void
on_frame(wslay_event_context_ptr context, const struct wslay_event_on_frame_recv_start_arg *frame,
    void *arg)
{
	struct ws_frames *frames = arg;

	(void)context;
	frames->frame_len = frame_head_len(frame->payload_length) + (size_t)frame->payload_length;
	if (!wslay_is_ctrl_frame(frame->opcode))
		frames->message_begun = frame->fin == 0;
	if (frame->opcode == WSLAY_CONTINUATION_FRAME)
		frames->fragments++;
	else if (!wslay_is_ctrl_frame(frame->opcode))
		frames->fragments = 1;
	if (frames->fragments > FRAGMENTS_MAX)
		frames->handler.pieces(frames->handler.arg);
}

static void
on_frame_end(wslay_event_context_ptr context, void *arg)
{
	struct ws_frames *frames = arg;

	(void)context;
	frames->unread_bytes -= frames->frame_len;
}

static void
on_message(
    wslay_event_context_ptr context, const struct wslay_event_on_msg_recv_arg *message, void *arg)
{
	const struct ws_handler *handler = &((struct ws_frames *)arg)->handler;

	(void)context;
	handler->life(handler->arg);
	if (message->opcode == WSLAY_TEXT_FRAME)
		handler->text(handler->arg, (const char *)message->msg, message->msg_length);
	else if (message->opcode == WSLAY_BINARY_FRAME)
		handler->binary(handler->arg);
}

/* --- a context, while one is needed --- */

static void
need(struct ws_frames *frames)
{
	static const struct wslay_event_callbacks callbacks = { on_recv, on_send, NULL, on_frame,
		NULL, on_frame_end, on_message };

	if (frames->context != NULL)
		return;
	if (wslay_event_context_server_init(&frames->context, &callbacks, frames) != 0)
		abort();
	wslay_event_config_set_max_recv_msg_length(frames->context, frames->text_bytes_max);
}

/* Once a close came, was made or was sent, the context knows it and stays. */
static void
rest(struct ws_frames *frames)
{
	wslay_event_context_ptr context = frames->context;

	if (context == NULL || frames->reading || frames->unread_bytes > 0 ||
	    frames->message_begun || !wslay_event_get_read_enabled(context) ||
	    !wslay_event_get_write_enabled(context) || wslay_event_want_write(context))
		return;
	wslay_event_context_free(context);
	frames->context = NULL;
}

bool
ws_frame_finished(const struct ws_frames *frames)
{
	return frames->context == NULL || !wslay_event_get_read_enabled(frames->context) ||
	    wslay_event_get_close_received(frames->context);
}

/* --- reading and writing --- */

/* What libwslay has to say. */
static void
put(struct ws_frames *frames, struct buf *out)
{
	frames->out = out;
	while (wslay_event_want_write(frames->context) && wslay_event_send(frames->context) == 0)
		;
	frames->out = NULL;
}

enum ws_read
ws_frame_read(struct ws_frames *frames, int fd, struct buf *out)
{
	enum ws_read result;
	int error;

	need(frames);
	frames->fd = fd;
	frames->turn_bytes = TURN_BYTES_MAX;
	frames->reading = true;
	error = wslay_event_recv(frames->context);
	frames->reading = false;
	if (error != 0)
		return WS_READ_BROKEN;
	put(frames, out); /* answers to pings, a close of its own */
	result = ws_frame_finished(frames) ? WS_READ_OVER : WS_READ_GOOD;
	rest(frames);
	return result;
}

static void
queue(struct ws_frames *frames, uint8_t opcode, const char *text, size_t len, struct buf *out)
{
	const struct wslay_event_msg message = { opcode, (const uint8_t *)text, len };

	need(frames);
	/* Refused only when the connection closes already. */
	if (wslay_event_queue_msg(frames->context, &message) == 0)
		put(frames, out);
	rest(frames);
}

void
ws_frame_text(struct ws_frames *frames, const char *text, size_t len, struct buf *out)
{
	queue(frames, WSLAY_TEXT_FRAME, text, len, out);
}

void
ws_frame_ping(struct ws_frames *frames, struct buf *out)
{
	queue(frames, WSLAY_PING, "", 0, out);
}

void
ws_frame_close(struct ws_frames *frames, unsigned code, struct buf *out)
{
	need(frames);
	(void)wslay_event_queue_close(frames->context, (uint16_t)code, NULL, 0);
	put(frames, out);
}
