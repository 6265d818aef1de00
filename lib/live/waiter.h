/*
 * A waiter: somebody who waits for a user's events, as the core knows it. How it is reached is its owner's
 * (client.h), of which this is the first member. One that does not stay ends with its first answer (a poll); one
 * that stays is answered again and again, parked in between.
 */
#ifndef LIVE_WAITER_H
#define LIVE_WAITER_H

#include "base/err.h"
#include "live/deadline.h"
#include "live/event_cursor.h"
#include "live/user.h"

enum waiter_state {
	WAITER_NEW, /* whose it is, is being found out */
	WAITER_ASKING, /* it is to be read for, as soon as the database can be asked */
	WAITER_READING, /* catching up */
	WAITER_PARKED,
	WAITER_CLOSING, /* of nobody any more: what is still to be sent is sent */
	WAITER_GONE /* answered or left; memory is given back at the end of the loop's pass */
};

/* What is to be done for it, the more pressing ones last. */
enum work {
	WORK_NONE,
	WORK_PARK, /* it has just been parked: is there anything that is not stored? */
	WORK_DELIVER, /* there may be events for it */
	WORK_READ, /* read what is behind its cursor */
	WORK_NOTHING, /* end it without an answer, or an empty one */
	WORK_ERROR /* end it with err */
};

struct waiter {
	struct user *user; /* NULL before it is attached and when it closes */
	struct waiter *user_prev, *user_next; /* in order of arrival */
	struct waiter *work_next, *left_next;
	struct deadline deadline;
	enum waiter_state state;
	enum seat seat;
	enum work work;
	enum err err; /* of WORK_ERROR */
	unsigned reads; /* in a row without what the stream told */
	bool queued; /* stands in the core's list of work */
	bool left; /* stands in the core's list of those who left */
	bool has_cursor;
	bool at_once; /* wants no waiting: answered as soon as it is known that there is nothing */
	bool stays;
	bool settled; /* was parked: its cursor is good, and a failed read can wait */
	bool full; /* nothing more can be sent now; core_room ends it */
	bool doubtful; /* its client has not shown life for long */
	struct event_cursor cursor;
	int64_t acked_seq; /* its client has dealt with what is up to here; negative: it does not say */
	int64_t read_run; /* of the stream, when its read was sent; 0: no stream */
	int64_t told; /* the last passing event */
	size_t page_bytes; /* no further events on one page */
	char login_id[UUID_TEXT_SIZE];
};

#endif
