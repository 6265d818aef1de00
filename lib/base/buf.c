#include "base/buf.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

struct buf
buf_new(struct arena *arena, size_t size)
{
	struct buf buf = { arena, arena_bytes(arena, size + 1), 0, size + 1, 0, false };

	buf.data[0] = '\0';
	return buf;
}

struct buf
buf_new_bounded(struct arena *arena, size_t size, size_t max)
{
	struct buf buf = buf_new(arena, size < max ? size : max);

	buf.max = max;
	return buf;
}

bool
buf_grow(struct buf *buf, size_t len)
{
	size_t size = buf->size;
	char *data;

	if (len < size - buf->len)
		return true;
	if (buf->max != 0 && (buf->over || len > buf->max - buf->len)) {
		buf->over = true;
		buf->size = buf->len + 1;
		return false;
	}
	while (size - buf->len <= len)
		size *= 2;
	if (buf->max != 0 && size > buf->max + 1)
		size = buf->max + 1;
	data = arena_bytes(buf->arena, size);
	memcpy(data, buf->data, buf->len + 1);
	buf->data = data;
	buf->size = size;
	return true;
}

void
buf_uint(struct buf *buf, uint64_t value)
{
	char digits[20], *end = digits + sizeof(digits), *at = str_digits(end, value);

	buf_add(buf, at, (size_t)(end - at));
}

void
buf_int(struct buf *buf, int64_t value)
{
	if (value < 0)
		buf_putc(buf, '-');
	buf_uint(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void
buf_join(struct buf *buf, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, buf);
	while ((text = va_arg(ap, const char *)) != NULL)
		buf_puts(buf, text);
	va_end(ap);
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
	if (buf_room(buf, (size_t)len)) {
		(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
		buf->len += (size_t)len;
	}
	va_end(ap);
}

static const char hex_upper[] = "0123456789ABCDEF";

/* A bit for each byte that JSON text cannot hold as it is: control characters, DEL, " and \ and, because the
 * text may stand inside a script element, & < >. */
static const uint32_t json_special[8] = { 0xffffffff,
	1U << ('"' - 32) | 1U << ('&' - 32) | 1U << ('<' - 32) | 1U << ('>' - 32),
	1U << ('\\' - 64), 1U << (0x7f - 96) };

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

static bool
is_special(unsigned char c)
{
	return json_special[c / 32] >> c % 32 & 1;
}

/* One of eight bytes may be special. Of each byte the top bit tells: x - 1 has it, and x has not, when x is 0 (and
 * seldom when it is not, which only costs a closer look); & and " differ in one bit, and so do < and >. */
static bool
any_special(const char *s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t x, no_and, no_less, no_back, no_del;

	memcpy(&x, s, sizeof(x));
	no_and = (x | ones * ('&' ^ '"')) ^ ones * '&';
	no_less = (x | ones * ('<' ^ '>')) ^ ones * '>';
	no_back = x ^ ones * '\\';
	no_del = x ^ ones * 0x7f;
	return (((x - ones * ' ') & ~x) | ((no_and - ones) & ~no_and) |
		   ((no_less - ones) & ~no_less) | ((no_back - ones) & ~no_back) |
		   ((no_del - ones) & ~no_del)) &
	    ones * 0x80;
}

void
buf_json_len(struct buf *buf, const char *s, size_t len)
{
	const char *end = s + len, *run = s;

	buf_putc(buf, '"');
	while (s < end) {
		while (end - s >= 8 && !any_special(s))
			s += 8;
		while (s < end && !is_special((unsigned char)*s))
			s++;
		buf_add(buf, run, (size_t)(s - run));
		if (s < end)
			json_char(buf, (unsigned char)*s++);
		run = s;
	}
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
