#include "live/ws_head.h"
#include "base/crypto.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { KEY_LEN = 24 }; /* base64 of 16 bytes */

struct header {
	const char *name, *value;
};

struct head {
	const char *method, *target, *version;
	struct header headers[WS_HEADERS_MAX];
	size_t count;
};

/* --- the form of a head --- */

/* RFC 9110: tchar. */
static bool
is_token(const char *text)
{
	return *text != '\0' &&
	    text[strspn(text,
		"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

/* Visible characters, blanks within; no control characters. */
static bool
is_value(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	for (len = strlen(text); len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'); len--)
		text[len - 1] = '\0';
	return text;
}

static bool
parse_request_line(char *line, struct head *head)
{
	char *target = strchr(line, ' '), *version = target == NULL ? NULL : strchr(target + 1, ' ');

	if (version == NULL)
		return false;
	*target++ = '\0';
	*version++ = '\0';
	head->method = line;
	head->target = target;
	head->version = version;
	return is_token(line) && *target == '/' && is_value(target) &&
	    strcmp(version, "HTTP/1.1") == 0;
}

static bool
parse_header(char *line, struct head *head)
{
	char *colon = strchr(line, ':');

	if (colon == NULL)
		return false;
	*colon = '\0';
	head->headers[head->count] = (struct header){ line, trim(colon + 1) };
	return is_token(line) && is_value(head->headers[head->count++].value);
}

/* text is the head without its last empty line, each line ended by CRLF. */
static int
parse_lines(char *text, struct head *head)
{
	char *line = text, *end;
	bool good;

	for (; *line != '\0'; line = end + 2) {
		end = strstr(line, "\r\n");
		if (end == NULL)
			return 400;
		*end = '\0';
		if (head->count == WS_HEADERS_MAX)
			return 431;
		good = line == text ? parse_request_line(line, head) : parse_header(line, head);
		if (!good)
			return 400;
	}
	return head->method == NULL ? 400 : 0;
}

/* --- what it says --- */

static size_t
header_count(const struct head *head, const char *name)
{
	size_t i, count = 0;

	for (i = 0; i < head->count; i++)
		count += str_equal_nocase(head->headers[i].name, name);
	return count;
}

static const char *
header(const struct head *head, const char *name)
{
	size_t i;

	for (i = 0; i < head->count; i++)
		if (str_equal_nocase(head->headers[i].name, name))
			return head->headers[i].value;
	return NULL;
}

/* One of the words between commas in one of the headers of this name. */
static bool
header_has(struct arena *arena, const struct head *head, const char *name, const char *word)
{
	size_t i;

	for (i = 0; i < head->count; i++) {
		const char *at = head->headers[i].value;

		if (!str_equal_nocase(head->headers[i].name, name))
			continue;
		while (*at != '\0') {
			size_t len = strcspn(at, ",");

			if (str_equal_nocase(trim(arena_strndup(arena, at, len)), word))
				return true;
			at += len + (at[len] == ',');
		}
	}
	return false;
}

static bool
is_key(const char *key)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return key != NULL && strlen(key) == KEY_LEN && strspn(key, digits) == KEY_LEN - 2 &&
	    strcmp(key + KEY_LEN - 2, "==") == 0;
}

static int
check(struct arena *arena, const struct head *head)
{
	static const char *const once[] = { "Host", "Origin", "Sec-WebSocket-Key",
		"Sec-WebSocket-Version" };
	const char *length = header(head, "Content-Length");
	const char *version = header(head, "Sec-WebSocket-Version");
	size_t i;

	if (strcmp(head->method, "GET") != 0)
		return 405;
	for (i = 0; i < COUNT_OF(once); i++)
		if (header_count(head, once[i]) > 1)
			return 400;
	if (header(head, "Host") == NULL || header(head, "Transfer-Encoding") != NULL ||
	    (length != NULL && strcmp(length, "0") != 0))
		return 400;
	if (!header_has(arena, head, "Upgrade", "websocket") ||
	    !header_has(arena, head, "Connection", "upgrade") || version == NULL ||
	    strcmp(version, "13") != 0)
		return 426;
	return is_key(header(head, "Sec-WebSocket-Key")) ? 101 : 400;
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

int
ws_head_parse(struct arena *arena, const char *bytes, size_t len, struct ws_head *request)
{
	const char *end = memmem(bytes, len, "\r\n\r\n", 4), *question;
	struct head *head = arena_alloc(arena, sizeof(*head));
	size_t head_len = end == NULL ? len : (size_t)(end - bytes) + 4;
	int status;

	if (head_len > WS_HEAD_BYTES_MAX)
		return 431;
	if (memchr(bytes, '\0', head_len) != NULL)
		return 400;
	if (end == NULL)
		return len == WS_HEAD_BYTES_MAX ? 431 : 0;
	status = parse_lines(arena_strndup(arena, bytes, head_len - 2), head);
	if (status == 0) {
		request->request_id = or_empty(header(head, "X-Request-Id"));
		status = check(arena, head);
	}
	if (status != 101)
		return status;
	question = strchr(head->target, '?');
	request->head_len = head_len;
	request->path = question == NULL
	    ? head->target
	    : arena_strndup(arena, head->target, (size_t)(question - head->target));
	request->query = question == NULL ? "" : question + 1;
	request->key = header(head, "Sec-WebSocket-Key");
	request->origin = header(head, "Origin");
	request->ip = or_empty(header(head, "X-Real-IP"));
	request->protocol = header_has(arena, head, "Sec-WebSocket-Protocol", WS_PROTOCOL);
	return 101;
}

void
ws_head_accept(const char *key, char accept[WS_ACCEPT_SIZE])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char text[KEY_LEN + sizeof(guid)];

	(void)snprintf(text, sizeof(text), "%s%s", key, guid);
	crypto_sha1_base64(text, strlen(text), accept);
}
