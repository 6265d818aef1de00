/*
 * A user's recent events, as the stream told them: for those who wait, for those whose read was under way, and
 * for half a minute for those who come again, who then need no read at all. Consecutive numbers, within bounds.
 * Pure. total counts the bytes of all lists together.
 */
#ifndef LIVE_RECENT_H
#define LIVE_RECENT_H

#include "live/batch.h"

enum {
	RECENT_MAX = 16, /* events kept of a user */
	RECENT_BYTES_MAX = 64 * 1024,
	RECENT_TOTAL_MAX = 64 * 1024 * 1024 /* of all users */
};

/* One event, as the reply shows it. */
struct recent {
	int64_t seq;
	size_t len;
	char text[]; /* the envelope, JSON, len bytes and NUL */
};

struct recent_list {
	struct recent *items[RECENT_MAX]; /* oldest first */
	size_t count, bytes;
};

/* seq can be added: it is not known, and follows the last one. A gap before it empties the list. */
bool recent_expects(struct recent_list *, int64_t seq, size_t *total);
/* Drop the oldest until there is room for len bytes more. */
void recent_make_room(struct recent_list *, size_t len, size_t *total);
/* Add an event that is expected and for which there is room; text is copied. */
void recent_add(struct recent_list *, int64_t seq, const char *text, size_t len, size_t *total);
void recent_forget(struct recent_list *, size_t *total); /* empties the list */
/* The place of seq in the list; RECENT_MAX when it is not there. */
size_t recent_find(const struct recent_list *, int64_t seq);
/* Add what is kept from place at on to the batch, as long as it has less than bytes_max. */
void recent_collect(const struct recent_list *, size_t at, size_t bytes_max, struct batch *);

#endif
