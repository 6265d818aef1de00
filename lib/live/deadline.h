/*
 * Deadlines: a wheel of slots, each a list of what is due then. Pure: the time is told, and what is due is taken
 * one by one. A deadline is a member of what has it; it is given back by whoever takes it.
 */
#ifndef LIVE_DEADLINE_H
#define LIVE_DEADLINE_H

#include "base/base.h"

enum {
	DEADLINE_SLOTS = 512, /* of DEADLINE_SLOT_US: 51 s, longer than any wait */
	DEADLINE_SLOT_US = 100000
};

/* All zero: none is set. */
struct deadline {
	struct deadline **link, *next;
};

struct deadlines {
	struct deadline *slots[DEADLINE_SLOTS];
	int64_t slot; /* the next to look at, in slots since the monotonic zero */
};

void deadline_open(struct deadlines *, int64_t now_us);
/* Set it, or set it to another time: due in the slot after due_us, at most 51 s from now. */
void deadline_set(struct deadlines *, struct deadline *, int64_t due_us);
void deadline_remove(struct deadline *); /* if it is set */
/* One that is due, which is not set any more; NULL: no other is. */
struct deadline *deadline_take(struct deadlines *, int64_t now_us);
/* One that is set, whenever it is due; NULL: none is. */
struct deadline *deadline_any(struct deadlines *);

#endif
