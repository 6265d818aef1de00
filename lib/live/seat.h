/*
 * How many of one user's waiters are held. One that is answered from its read, as one without a cursor or one
 * that wants no waiting, takes no seat. One that does not stay has one of SEAT_POLLS_A_PLACE times places; one that
 * stays, of places. When all are taken the oldest gives way to the newcomer, but only once in a while, and is told
 * when to come again: clients that come again at once would push each other out without end. In between the
 * newcomer is refused, and told when to come. Pure.
 */
#ifndef LIVE_SEAT_H
#define LIVE_SEAT_H

#include "live/waiter.h"

enum {
	SEAT_POLLS_A_PLACE = 4,
	SEAT_POLL_TURN_S = 5, /* between two that give way */
	SEAT_LIVE_TURN_S = 60 /* the same; one that gave way is asked to stay away so long */
};

/*
 * Choose the seat of a waiter that is not attached yet: 0, or the seconds after which it should come again, as there
 * is none. *victim: who has to leave its seat for it; NULL: nobody.
 */
int seat_take(
    struct user *, struct waiter *, int64_t places, int64_t now_us, struct waiter **victim);

#endif
