#include "load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OP_TEXT = 1, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10, SAID_SIZE = 2048 };
/* About what people say at once. */
#define SAID "I will be at the station at ten past six, shall we walk along the river from there?"
#define JSON_HEADERS "Host: localhost\r\nContent-Type: application/json\r\n"
#define HANDSHAKE                                                                                  \
	"Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"                         \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

/* A request, or a frame of text. */
static void PRINTF_LIKE(3, 4) say(struct conn *conn, bool framed, const char *fmt, ...)
{
	char text[SAID_SIZE];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(text))
		load_fail("more than %d bytes to say", SAID_SIZE);
	if (framed)
		conn_frame(conn, OP_TEXT, text, (size_t)len);
	else
		conn_send(conn, text, (size_t)len);
}
#define SEND(conn, ...) say(conn, false, __VA_ARGS__)
#define SEND_FRAME(conn, ...) say(conn, true, __VA_ARGS__)

static void
expect_reply(struct conn *conn, int wanted, struct text *body)
{
	int status;

	while ((status = conn_reply(conn, body)) == 0)
		conn_wait(conn);
	if (status != wanted)
		load_fail("status %d: %.*s", status, (int)body->len, body->data);
}

/* The next text frame, which must begin like this. */
static struct text
expect_frame(struct conn *conn, const char *begin)
{
	struct text text = { NULL, 0 };
	int opcode;

	while ((opcode = conn_frame_take(conn, &text)) < 0)
		conn_wait(conn);
	if (opcode != OP_TEXT || text.len < strlen(begin) ||
	    memcmp(text.data, begin, strlen(begin)) != 0)
		load_fail("not %s but: %.*s", begin, (int)text.len, text.data);
	return text;
}

static bool
begins(struct text text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len && memcmp(text.data, with, len) == 0;
}

/* Everything that has come: texts are taken by text(), the rest is answered here. */
static void
take_frames(struct conn *conn, void (*take)(struct person *, struct text))
{
	struct text text;
	int opcode;

	while ((opcode = conn_frame_take(conn, &text)) >= 0) {
		if (opcode == OP_TEXT)
			take(conn->person, text);
		else if (opcode == OP_PING)
			conn_frame(conn, OP_PONG, text.data, text.len);
		else if (opcode == OP_CLOSE)
			load_fail("closed: %.*s", (int)text.len, text.data);
	}
}

/* --- Confab: WebSocket --- */

static void
ws_text(struct person *person, struct text text)
{
	const char *at;

	if (begins(text, "{\"type\":\"events\"")) {
		tally_heard(person, text);
		return;
	}
	if (!begins(text, "{\"type\":\"answer\",\"id\":\""))
		load_fail("not expected: %.*s", (int)text.len, text.data);
	at = text.data + strlen("{\"type\":\"answer\",\"id\":\"");
	tally_acked(strtoul(at, NULL, 10),
	    memmem(at, (size_t)(text.data + text.len - at), "\"status\":201", 12) != NULL);
}

static void
ws_take(struct conn *conn)
{
	take_frames(conn, ws_text);
}

static void
ws_listen(struct person *person)
{
	static struct conn desk; /* where tickets are given out */
	struct text body;

	if (desk.fd == 0 || desk.ending)
		conn_open(&desk);
	SEND(&desk,
	    "POST /api/v1/events/ticket HTTP/1.1\r\n" JSON_HEADERS "Authorization: Bearer %s\r\n"
	    "Content-Length: 0\r\n\r\n",
	    person->token);
	expect_reply(&desk, 201, &body);
	if (sscanf(body.data, "{\"ticket\":\"%63[^\"]", person->cursor) != 1)
		load_fail("no ticket in %.*s", (int)body.len, body.data);
	person->conn.take = ws_take;
	conn_open(&person->conn);
	SEND(&person->conn, "GET /api/v1/ws?ticket=%s HTTP/1.1\r\n" HANDSHAKE, person->cursor);
	expect_reply(&person->conn, 101, &body);
	(void)expect_frame(&person->conn, "{\"type\":\"events\"");
}

static void
ws_send(struct person *from, size_t number)
{
	SEND_FRAME(&from->conn,
	    "{\"id\":\"%zu\",\"op\":\"send\",\"conversation_id\":\"%s\",\"data\":{\"client_id\":\"%"
	    "s\","
	    "\"body\":\"" SAID "\"}}",
	    number, from->talk->id, tally_client_id(number));
}

const struct side side_ws = { true, ws_listen, ws_send };

/* --- Confab: long poll, and messages by POST --- */

static void
poll_again(struct person *person)
{
	if (person->conn.ending)
		conn_open(&person->conn);
	SEND(&person->conn,
	    "GET /api/v1/events%s%s HTTP/1.1\r\n" JSON_HEADERS "Authorization: Bearer %s\r\n\r\n",
	    *person->cursor == '\0' ? "" : "?cursor=", person->cursor, person->token);
}

static void
poll_reply(struct person *person, struct text body)
{
	const char *cursor = memmem(body.data, body.len, "\"cursor\":\"", 10);

	tally_heard(person, body);
	if (cursor == NULL || sscanf(cursor + 10, "%63[^\"]", person->cursor) != 1)
		load_fail("no cursor in %.*s", (int)body.len, body.data);
	poll_again(person);
}

static void
poll_take(struct conn *conn)
{
	struct text body;
	int status = conn_reply(conn, &body);

	if (status == 200)
		poll_reply(conn->person, body);
	else if (status != 0)
		load_fail("status %d: %.*s", status, (int)body.len, body.data);
}

static void
poll_listen(struct person *person)
{
	struct text body;

	person->conn.take = poll_take;
	conn_open(&person->conn);
	poll_again(person);
	expect_reply(&person->conn, 200, &body);
	poll_reply(person, body);
}

const struct side side_poll = { true, poll_listen, NULL };

void
post_send(struct conn *conn, const struct person *from, size_t number)
{
	char body[512];
	int len = snprintf(body, sizeof(body), "{\"client_id\":\"%s\",\"body\":\"" SAID "\"}",
	    tally_client_id(number));

	if (conn->fd == 0 || conn->ending)
		conn_open(conn);
	conn->number = number;
	SEND(conn,
	    "POST /api/v1/conversations/%s/messages HTTP/1.1\r\n" JSON_HEADERS
	    "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
	    from->talk->id, from->token, len, body);
}

/* --- the Socket.IO peer: Engine.IO 4 text frames --- */

static void
socketio_text(struct person *person, struct text text)
{
	if (begins(text, "42"))
		tally_heard(person, text);
	else if (begins(text, "43"))
		tally_acked(strtoul(text.data + 2, NULL, 10),
		    memmem(text.data, text.len, "\"status\":201", 12) != NULL);
	else if (begins(text, "2"))
		conn_frame(&person->conn, OP_TEXT, "3", 1);
	else
		load_fail("not expected: %.*s", (int)text.len, text.data);
}

static void
socketio_take(struct conn *conn)
{
	take_frames(conn, socketio_text);
}

static void
socketio_listen(struct person *person)
{
	struct text body;

	person->conn.take = socketio_take;
	conn_open(&person->conn);
	SEND(&person->conn, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" HANDSHAKE);
	expect_reply(&person->conn, 101, &body);
	(void)expect_frame(&person->conn, "0{");
	SEND_FRAME(&person->conn, "40{\"token\":\"%s\"}", person->token);
	(void)expect_frame(&person->conn, "40{");
}

static void
socketio_send(struct person *from, size_t number)
{
	SEND_FRAME(&from->conn,
	    "42%zu[\"send\",{\"conversation_id\":\"%s\",\"client_id\":\"%s\",\"body\":\"" SAID
	    "\"}]",
	    number, from->talk->id, tally_client_id(number));
}

/* Two people of a conversation send through two workers, which emit when they come to it. */
const struct side side_socketio = { false, socketio_listen, socketio_send };
