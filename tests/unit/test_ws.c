/* The opening handshake of a WebSocket: what is taken, what is refused and how, and the accept key. */
#include "base/limits.h"
#include "harness/cunit.h"
#include "live/ws_head.h"

#include <stdio.h>
#include <string.h>

#define GET "GET /api/v1/ws?ticket=t HTTP/1.1\r\n"
#define HOST "Host: a.example\r\n"
#define UPGRADE "upgrade: WebSocket\r\nConnection: keep-alive, UPGRADE\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version:  13 \r\n"
#define END "\r\n"

static struct arena *arena;

static int
parse(const char *text, struct ws_head *request)
{
	memset(request, 0, sizeof(*request));
	return ws_head_parse(arena, text, strlen(text), request);
}

static void
takes_a_good_one(void)
{
	static const char text[] = GET HOST UPGRADE KEY VERSION
	    "Origin: https://a.example\r\nSec-WebSocket-Protocol: x,confab.v1\r\n"
	    "X-Request-Id: r-12345678\r\nX-Real-IP: 192.0.2.1\r\n" END;
	struct ws_head r;

	CU_ASSERT_EQUAL_FATAL(parse(text, &r), 101);
	CU_ASSERT_EQUAL(r.head_len, sizeof(text) - 1);
	CU_ASSERT_STRING_EQUAL(r.path, "/api/v1/ws");
	CU_ASSERT_STRING_EQUAL(r.query, "ticket=t");
	CU_ASSERT_STRING_EQUAL(r.key, "dGhlIHNhbXBsZSBub25jZQ==");
	CU_ASSERT_STRING_EQUAL(r.origin, "https://a.example");
	CU_ASSERT_STRING_EQUAL(r.request_id, "r-12345678");
	CU_ASSERT_STRING_EQUAL(r.ip, "192.0.2.1");
	CU_ASSERT(r.protocol);
	CU_ASSERT_EQUAL(parse(GET HOST UPGRADE KEY VERSION END "frame", &r), 101);
	CU_ASSERT_EQUAL(r.head_len, sizeof(GET HOST UPGRADE KEY VERSION END) - 1);
	CU_ASSERT_PTR_NULL(r.origin);
	CU_ASSERT(!r.protocol);
}

static void
waits_for_the_end_of_the_head(void)
{
	static const char text[] = GET HOST UPGRADE KEY VERSION END;
	struct ws_head r;
	size_t len;

	for (len = 0; len < sizeof(text) - 1; len++)
		CU_ASSERT_EQUAL(ws_head_parse(arena, text, len, &r), 0);
}

static void
refuses_the_rest(void)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{ "POST / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION END, 405 },
		{ GET HOST KEY VERSION END, 426 },
		{ GET HOST "Upgrade: websocket\r\n" KEY VERSION END, 426 },
		{ GET HOST UPGRADE KEY END, 426 },
		{ GET HOST UPGRADE KEY "Sec-WebSocket-Version: 12\r\n" END, 426 },
		{ GET HOST UPGRADE VERSION END, 400 },
		{ GET HOST UPGRADE KEY KEY VERSION END, 400 },
		{ GET HOST HOST UPGRADE KEY VERSION END, 400 },
		{ GET UPGRADE KEY VERSION END, 400 },
		{ GET HOST UPGRADE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n" VERSION END,
		    400 },
		{ GET HOST UPGRADE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ-=\r\n" VERSION END,
		    400 },
		{ GET HOST UPGRADE KEY VERSION "Content-Length: 1\r\n" END, 400 },
		{ GET HOST UPGRADE KEY VERSION "Transfer-Encoding: chunked\r\n" END, 400 },
		{ GET HOST UPGRADE KEY VERSION " folded\r\n" END, 400 },
		{ GET HOST UPGRADE KEY VERSION "No colon\r\n" END, 400 },
		{ GET HOST UPGRADE KEY VERSION "Bad name: x\r\n" END, 400 },
		{ GET HOST UPGRADE KEY VERSION "X: a\nb\r\n" END, 400 },
		{ GET HOST UPGRADE KEY VERSION "X : a\r\n" END, 400 },
		{ "GET / HTTP/1.0\r\n" HOST UPGRADE KEY VERSION END, 400 },
		{ "GET http://a/ HTTP/1.1\r\n" HOST UPGRADE KEY VERSION END, 400 },
		{ "GET  / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION END, 400 },
		{ "GET /\r\n" HOST UPGRADE KEY VERSION END, 400 },
		{ "\r\n\r\n", 400 },
	};
	struct ws_head r;
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++)
		if (parse(cases[i].text, &r) != cases[i].status)
			CU_FAIL(cases[i].text);
	CU_ASSERT_EQUAL(ws_head_parse(arena, "GET /\0 HTTP/1.1", 15, &r), 400);
}

static void
has_bounds(void)
{
	char *text = arena_alloc(arena, 2 * WS_HEAD_BYTES_MAX);
	struct ws_head r;
	size_t i, len;

	memset(text, 'a', 2 * WS_HEAD_BYTES_MAX);
	CU_ASSERT_EQUAL(ws_head_parse(arena, text, WS_HEAD_BYTES_MAX - 1, &r), 0);
	CU_ASSERT_EQUAL(ws_head_parse(arena, text, WS_HEAD_BYTES_MAX, &r), 431);
	len = (size_t)snprintf(text, WS_HEAD_BYTES_MAX, GET);
	for (i = 0; i <= WS_HEADERS_MAX; i++)
		len += (size_t)snprintf(text + len, WS_HEAD_BYTES_MAX - len, "H%zu: x\r\n", i);
	(void)snprintf(text + len, WS_HEAD_BYTES_MAX - len, HOST UPGRADE KEY VERSION END);
	CU_ASSERT_EQUAL(parse(text, &r), 431);
}

static void
makes_the_accept_key_of_the_rfc(void)
{
	char accept[WS_ACCEPT_SIZE];

	ws_head_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
	CU_ASSERT_STRING_EQUAL(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static const struct cunit_test tests[] = {
	{ "takes a good handshake", takes_a_good_one },
	{ "waits for the end of the head", waits_for_the_end_of_the_head },
	{ "refuses the rest, each with its status", refuses_the_rest },
	{ "has bounds", has_bounds },
	{ "makes the accept key of RFC 6455", makes_the_accept_key_of_the_rfc },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(REQUEST_BYTES_MAX);
	status = cunit_run("ws", tests);
	arena_free(arena);
	return status;
}
