/*
 * Events that are stored nowhere (typing, presence), of one user. They reach who waits; between two polls of one
 * client they would be lost, so each is kept for a few seconds, and a client that comes again is given those it
 * was not told. A client is a login here: the cursor says nothing of these events, so the last one told is
 * remembered by login, and none is told to a login twice but to connections it holds at once.
 *
 * Within the pass of the loop in which they come all are kept, so that who waits is told of each, however many
 * and long; what stays behind it is little. Pure.
 */
#ifndef LIVE_PASSING_H
#define LIVE_PASSING_H

#include "live/batch.h"

enum {
	PASSING_MAX = 8, /* kept of a user */
	PASSING_BYTES_MAX = 4 * 1024, /* a longer one reaches only who waits when it comes */
	PASSING_US = 3000000, /* and how long they are kept */
	PASSING_PASS_MAX = 200, /* within one pass */
	MARKS_MAX = 4 /* logins of a user whose last such event is remembered */
};

struct passing {
	struct passing *next;
	int64_t number; /* of all such events, as they came */
	int64_t behind; /* the number of the user's last stored event when it came: it is told after that */
	int64_t at_us; /* monotonic */
	size_t len;
	char text[]; /* the envelope, as in recent */
};

/* Which event a login was told last. */
struct passing_mark {
	uint64_t login; /* its id, hashed; 0: free */
	int64_t told;
};

/* All zero: empty. */
struct passing_list {
	struct passing *first, *last; /* oldest first */
	size_t count;
	struct passing_mark marks[MARKS_MAX];
	size_t mark_next; /* to be used for the next new login */
};

/* A client comes: the number it was told last; number when its login is not known. */
int64_t passing_begin(const struct passing_list *, const char *login_id, int64_t number);
/* It leaves: remember what it was told. */
void passing_end(struct passing_list *, const char *login_id, int64_t told);
/* Add an event, text copied; number is above that of all before. */
void passing_add(struct passing_list *, int64_t number, int64_t behind, int64_t now_us,
    const char *text, size_t len);
/* The pass is over: keep no more than is kept. */
void passing_trim(struct passing_list *);
/* Forget those from before PASSING_US. */
void passing_expire(struct passing_list *, int64_t now_us);
void passing_forget(struct passing_list *);
/* There is one with a higher number than told. */
bool passing_news(const struct passing_list *, int64_t told);
/* Add to the batch those behind *told that came before any stored event above behind_max, as long as it has
 * less than bytes_max; *told becomes the number of the last one. */
void passing_collect(const struct passing_list *, int64_t behind_max, int64_t *told,
    size_t bytes_max, struct batch *);

#endif
