/*
 * The core: who waits for whose events, what is known of them, and what is to be done for whom. It does no I/O and
 * ends nobody: what comes to pass is told to it, it puts the waiters whom that concerns on a list of work, and the
 * loop takes them from there one by one and asks with core_step what to do for each. So whoever calls the core still
 * has every waiter it had before. Who has left stays in memory until the end of the pass: core_left.
 *
 *	attach		the waiter is attached to its user, so every event from here on is seen
 *	catch up	the log behind its cursor is read from the database; anything there is the answer
 *	park		nothing there: wait for the stream, the scan, or the deadline
 *
 * Events of a commit that is told while a catch-up read runs are kept in the user's list of recent ones and merged by
 * number when the read is back, so there is no window. Events reach a parked waiter straight from that list when they
 * follow its cursor without a gap, else by another read. A client that comes again soon is served from what the stream
 * told meanwhile, without a read, as long as the stream has not broken. Passing events (stored nowhere) are told in
 * between, where they came.
 *
 * Each is given a page of events in its turn, so that one with thousands to come holds nobody up.
 */
#ifndef LIVE_CORE_H
#define LIVE_CORE_H

#include "live/waiter.h"

enum { CORE_ACK_WINDOW = 1000 }; /* events without an ack, for a client that sends acks */

struct core {
	struct users users;
	struct deadlines deadlines; /* of waiters, by their member */
	int64_t now_us; /* monotonic: of this pass; its owner sets it */
	int64_t run; /* of the stream, counted; negative while it is broken */
	int64_t epoch; /* 0: not read yet */
	bool good; /* it is known whose events these are: stored ones may be told */
	bool leaving; /* nobody waits any more */
	int64_t passing_count; /* passing events so far */
	struct user *dirty, *brief;
	struct waiter *work_first, **work_last; /* for the next turn */
	struct waiter *turn; /* what is left of this one */
	struct waiter *left;
};

void core_open(struct core *, int64_t now_us);
void core_close(struct core *); /* no waiter may be attached */

/* --- waiters --- */

/* A waiter that is set up: cursor, stays, at_once, page_bytes, login_id, seat. It has work then. */
void core_attach(struct core *, struct user *, struct waiter *);
/*
 * It is of its user no more, and has no deadline. state: WAITER_CLOSING or, from any state, WAITER_GONE. It comes
 * with core_left.
 */
void core_leave(struct core *, struct waiter *, enum waiter_state state);
/* Take one that left since this was called last; NULL: no other. */
struct waiter *core_left(struct core *);
void core_deadline(struct core *, struct waiter *, int64_t due_us);
/* One whose deadline has come; NULL: no other. */
struct waiter *core_due(struct core *);
/* One that has a deadline, whenever; NULL: none has. */
struct waiter *core_any(struct core *);
/* There is nothing for it in the log: wait. */
void core_park(struct core *, struct waiter *);
/* It was told everything up to cursor, and waits. */
void core_told(struct waiter *, struct event_cursor cursor);
/* There are stored events for it; it takes more. */
bool core_behind(const struct waiter *);
bool core_has_room(const struct waiter *);
/* All that was sent is on its way: it takes more. */
void core_room(struct core *, struct waiter *);
/* The next of all that are attached; NULL: the first, and after the last. None may leave meanwhile. */
struct waiter *core_next(const struct core *, const struct waiter *);

/* --- what comes to pass --- */

/* The stream tells an event of the commit that is being read. unsaid: it takes words of earlier ones back. */
void core_insert(struct core *, struct user *, int64_t seq, bool unsaid);
void core_commit(struct core *);
/* A passing event; text is copied. */
void core_pass(struct core *, struct user *, const char *text, size_t len);
/* seq is the number of the user's newest event, as somebody else found. */
void core_found(struct core *, struct user *, int64_t seq);
/* Cursors of another epoch than this one are not good any more. */
void core_epoch(struct core *, int64_t epoch);

/* --- work --- */

/* To be done, unless something more pressing is. */
void core_want(struct core *, struct waiter *, enum work);
void core_fail(struct core *, struct waiter *, enum err); /* WORK_ERROR */
/* There is work for the next turn. */
bool core_busy(const struct core *);
/* Begin a turn; then take those who have work one by one; NULL ends it. */
void core_turn(struct core *);
struct waiter *core_take(struct core *);

enum step {
	STEP_NONE,
	STEP_PARKED, /* it waits: say so, if it was not said yet */
	STEP_EVENTS, /* tell it batch, and that its cursor is cursor from now on */
	STEP_READ, /* read what is behind its cursor */
	STEP_NOTHING, /* its time is over */
	STEP_ERROR /* end it with waiter->err */
};
/* What to do for one that was taken; *batch in the arena. */
enum step core_step(struct core *, struct waiter *, struct arena *, struct batch **batch,
    struct event_cursor *cursor);

#endif
