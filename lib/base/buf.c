#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct buf
buf_new(struct arena *arena, size_t size)
{
	return (struct buf){ arena, arena_alloc(arena, size + 1), 0, size + 1, 0, false };
}

struct buf
buf_new_bounded(struct arena *arena, size_t size, size_t max)
{
	struct buf buf = buf_new(arena, size);

	buf.max = max;
	return buf;
}

/* Room for len more bytes; false when they are more than the buffer may hold. */
static bool
reserve(struct buf *buf, size_t len)
{
	size_t size = buf->size;
	char *data;

	if (buf->max != 0 && (buf->over || len > buf->max - buf->len)) {
		buf->over = true;
		return false;
	}
	if (len < size - buf->len)
		return true;
	while (size - buf->len <= len)
		size *= 2;
	if (buf->max != 0 && size > buf->max + 1)
		size = buf->max + 1;
	data = arena_alloc(buf->arena, size);
	memcpy(data, buf->data, buf->len + 1);
	buf->data = data;
	buf->size = size;
	return true;
}

void
buf_add(struct buf *buf, const char *bytes, size_t len)
{
	if (!reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_puts(struct buf *buf, const char *s)
{
	buf_add(buf, s, strlen(s));
}

void
buf_putc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void
buf_int(struct buf *buf, int64_t value)
{
	char digits[24];
	char *at = digits + sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do
		*--at = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (value < 0)
		*--at = '-';
	buf_add(buf, at, (size_t)(digits + sizeof(digits) - at));
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(len >= 0);
	if (reserve(buf, (size_t)len)) {
		(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
		buf->len += (size_t)len;
	}
	va_end(ap);
}

static const char hex_upper[] = "0123456789ABCDEF";

static void
json_char(struct buf *buf, unsigned char c)
{
	static const char plain[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	char unicode[7] = "\\u00";
	size_t i;

	for (i = 0; i < sizeof(plain) - 1; i += 2)
		if ((unsigned char)plain[i] == c) {
			buf_putc(buf, '\\');
			buf_putc(buf, plain[i + 1]);
			return;
		}
	unicode[4] = hex_upper[c >> 4];
	unicode[5] = hex_upper[c & 15];
	buf_add(buf, unicode, 6);
}

void
buf_json_len(struct buf *buf, const char *s, size_t len)
{
	size_t i, start = 0;

	buf_putc(buf, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' &&
		    c != 0x7f)
			continue;
		buf_add(buf, s + start, i - start);
		json_char(buf, c);
		start = i + 1;
	}
	buf_add(buf, s + start, len - start);
	buf_putc(buf, '"');
}

void
buf_json(struct buf *buf, const char *s)
{
	if (s == NULL)
		buf_puts(buf, "null");
	else
		buf_json_len(buf, s, strlen(s));
}

static const char *
html_reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
buf_html(struct buf *buf, const char *s)
{
	for (; *s != '\0'; s++) {
		const char *reference = html_reference(*s);

		if (reference != NULL)
			buf_puts(buf, reference);
		else
			buf_putc(buf, *s);
	}
}

void
buf_url(struct buf *buf, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    c == '-' || c == '.' || c == '_' || c == '~') {
			buf_putc(buf, (char)c);
			continue;
		}
		buf_putc(buf, '%');
		buf_putc(buf, hex_upper[c >> 4]);
		buf_putc(buf, hex_upper[c & 15]);
	}
}

void
buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->over = false;
	buf->data[0] = '\0';
}
