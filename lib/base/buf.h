/*
 * A growing byte buffer in an arena, always NUL-terminated. Growth doubles; the old bytes stay in the
 * arena until its reset, so a buffer that grows to n costs at most 4n, and one that is bounded 2n of its
 * bound. A child of the request: it needs no free.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"
#include <string.h>

struct buf {
	struct arena *arena;
	char *data; /* len bytes and a NUL */
	size_t len; /* bytes without NUL */
	size_t size; /* capacity, at most max + 1; len + 1 once it is over, so that nothing more fits */
	size_t max; /* bytes it may hold; 0: as many as the arena */
	bool over; /* more than max was to be added: what is here is not all, and is of no use */
};

/* An empty buffer with room for size bytes. */
struct buf buf_new(struct arena *, size_t size);
/* The same for what has no bound of its own: it holds at most max bytes, and then says that it is over. */
struct buf buf_new_bounded(struct arena *, size_t size, size_t max);
/* Room for len more bytes and a NUL behind what is there; false when they are more than it may hold. For those
 * who then write at data + len themselves, and tell by buf_filled. */
bool buf_grow(struct buf *, size_t len);
static inline bool
buf_room(struct buf *buf, size_t len)
{
	return len < buf->size - buf->len || buf_grow(buf, len);
}

/* len bytes were written at data + len. */
static inline void
buf_filled(struct buf *buf, size_t len)
{
	buf->len += len;
	buf->data[buf->len] = '\0';
}

static inline void
buf_add(struct buf *buf, const char *bytes, size_t len)
{
	if (buf_room(buf, len)) {
		memcpy(buf->data + buf->len, bytes, len);
		buf_filled(buf, len);
	}
}

static inline void
buf_puts(struct buf *buf, const char *s)
{
	buf_add(buf, s, strlen(s));
}

static inline void
buf_putc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

/* In decimal. */
void buf_int(struct buf *, int64_t value);
void buf_uint(struct buf *, uint64_t value);
/* Each text in turn up to a NULL. */
void buf_join(struct buf *, ...) __attribute__((sentinel));
void buf_printf(struct buf *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* s as a JSON string with its quotes, escaped by RFC 8259; "<", ">", "&" too, so that the text is
 * safe inside a script element. s must be valid UTF-8; NULL becomes null. */
void buf_json(struct buf *, const char *s);
void buf_json_len(struct buf *, const char *s, size_t len);
/* s for HTML text and quoted attributes: & < > " ' become references. */
void buf_html(struct buf *, const char *s);
/* s for a URL path or query part: all but unreserved characters become %XX (RFC 3986). */
void buf_url(struct buf *, const char *s);
/* Forget the content, and that it was over; keep the memory. */
void buf_clear(struct buf *);

#endif
