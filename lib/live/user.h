/*
 * The users somebody waits for, or did a short while ago: a table by id. A user stays for a minute after the last
 * waiter left, so that the highest number it was told is remembered: its next request may carry a cursor that a new
 * snapshot of the database does not show yet, or may be answered without one. Pure.
 */
#ifndef LIVE_USER_H
#define LIVE_USER_H

#include "base/uuid.h"
#include "live/passing.h"
#include "live/recent.h"

enum {
	USER_IDLE_US = 60000000, /* a user without waiters is remembered so long */
	USER_ACTIVE_US = 30000000 /* and its recent events so long */
};

struct waiter;

/* What a user has only so many of; see seat.h. */
enum seat { SEAT_NONE, SEAT_POLL, SEAT_LIVE, SEAT__COUNT };

struct user {
	struct user *hash_next;
	struct user *idle_prev, *idle_next; /* while it has no waiters */
	struct user *dirty_next; /* has events of the commit being read */
	struct user *brief_next; /* has passing events of this pass of the loop */
	bool dirty, brief;
	char id[UUID_TEXT_SIZE];
	int64_t idle_us; /* monotonic: since when */
	int64_t known_seq; /* the highest number seen committed, by stream, read or scan */
	int64_t synced_run; /* the run of the stream since which known_seq is the truth; 0: never */
	int64_t unsaid_seq; /* the newest event that took words back, by the stream; 0: none */
	struct waiter *first, *last; /* in order of arrival */
	int64_t waiter_count;
	int64_t seats[SEAT__COUNT]; /* taken, of waiter_count */
	int64_t gave_way_us[SEAT__COUNT]; /* monotonic: when one had to leave its seat last; 0: never */
	struct recent_list recent;
	struct passing_list passing;
};

struct users {
	struct user **table;
	struct user *idle_first, *idle_last;
	size_t recent_bytes; /* of all */
};

void user_open(struct users *);
void user_close(struct users *);
struct user *user_among(const struct users *, const char *id); /* NULL: not known here */
struct user *user_make(struct users *, const char *id, int64_t now_us); /* found or new */
/* The first waiter came; the last one left. */
void user_busy(struct users *, struct user *);
void user_idle(struct users *, struct user *, int64_t now_us);
/* Was here a short while ago, or is. */
bool user_active(const struct user *, int64_t now_us);
/* Keep an event of the stream among the recent ones, when there is room. */
void user_keep(struct users *, struct user *, int64_t seq, const char *text, size_t len);
/* Note that seq is committed. */
void user_known(struct user *, int64_t seq);
/* The event seq says that words of earlier ones were edited or deleted: they are not told from here any more. What
 * the database still has of them is as it is now. */
void user_unsay(struct users *, struct user *, int64_t seq);
/* A page of a snapshot in which last_seq was the newest may have words that were taken back since. */
bool user_outdated(const struct user *, int64_t last_seq);
/* A restored database: what is known of numbers belongs to its former life. */
void user_reset(struct users *, struct user *);
/* Forget users that were idle for long; call now and then. */
void user_expire(struct users *, int64_t now_us);
/* The next of all users in no order; NULL: the first, and after the last one. None may come or go meanwhile. */
struct user *user_next(const struct users *, const struct user *);

#endif
