/*
 * How many of one user's clients are held. A poll that is answered from its read, as one without a cursor
 * or with wait=0, takes no seat. One that may wait has one of POLLS_A_PLACE times POLL_PER_USER_MAX; a live
 * connection, of POLL_PER_USER_MAX. When all are taken the oldest gives way to the newcomer, but only once
 * in a while, and is told when to come again: clients that come again at once would push each other out
 * without end. In between the newcomer is refused, and told when to come.
 */
#include "base/clock.h"
#include "live/hub_int.h"

enum { POLLS_A_PLACE = 4 };

/* Seconds between two that give way, by kind. */
static const int64_t turn_s[SEAT__COUNT] = { [SEAT_POLL] = 5, [SEAT_LIVE] = LIVE_TURN_S };

static int64_t
seats(const struct hub *hub, enum seat seat)
{
	return hub->conf->poll_per_user_max * (seat == SEAT_POLL ? POLLS_A_PLACE : 1);
}

static enum seat
kind_of(const struct waiter *waiter)
{
	if (waiter->live != NULL)
		return SEAT_LIVE;
	return waiter->has_cursor && !waiter->at_once ? SEAT_POLL : SEAT_NONE;
}

/* The oldest; before it the oldest whose client seems to have left without a word. */
static struct waiter *
victim(const struct hub_user *user, enum seat seat)
{
	struct waiter *waiter, *oldest = NULL;

	for (waiter = user->first; waiter != NULL; waiter = waiter->user_next) {
		if (waiter->seat != seat)
			continue;
		if (waiter->live != NULL && waiter->live->unanswered > 1)
			return waiter;
		if (oldest == NULL)
			oldest = waiter;
	}
	return oldest;
}

int
hub_seat_take(struct hub *hub, struct hub_user *user, struct waiter *waiter)
{
	enum seat seat = kind_of(waiter);
	int64_t now = clock_monotonic_us(), *gave_way_us = &user->gave_way_us[seat];
	int64_t turn_us = turn_s[seat] * SECOND_US;

	waiter->seat = seat;
	if (seat == SEAT_NONE || user->seats[seat] < seats(hub, seat))
		return 0;
	if (*gave_way_us != 0 && now < *gave_way_us + turn_us)
		return (int)((*gave_way_us + turn_us - now) / SECOND_US) + 1;
	*gave_way_us = now;
	if (seat == SEAT_LIVE)
		hub_live_give_way(hub, victim(user, seat));
	else
		hub_answer_nothing(hub, victim(user, seat));
	return 0;
}
