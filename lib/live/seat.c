#include "live/seat.h"
#include "base/clock.h"

static const int64_t turn_s[SEAT__COUNT] = {
	[SEAT_POLL] = SEAT_POLL_TURN_S,
	[SEAT_LIVE] = SEAT_LIVE_TURN_S,
};

static enum seat
kind_of(const struct waiter *waiter)
{
	if (waiter->stays)
		return SEAT_LIVE;
	return waiter->has_cursor && !waiter->at_once ? SEAT_POLL : SEAT_NONE;
}

/* The oldest; before it the oldest whose client seems to have left without a word. */
static struct waiter *
choose(const struct user *user, enum seat seat)
{
	struct waiter *waiter, *oldest = NULL;

	for (waiter = user->first; waiter != NULL; waiter = waiter->user_next) {
		if (waiter->seat != seat)
			continue;
		if (waiter->doubtful)
			return waiter;
		if (oldest == NULL)
			oldest = waiter;
	}
	return oldest;
}

int
seat_take(struct user *user, struct waiter *waiter, int64_t places, int64_t now_us,
    struct waiter **victim)
{
	enum seat seat = kind_of(waiter);
	int64_t *gave_way_us = &user->gave_way_us[seat], turn_us = turn_s[seat] * SECOND_US;
	int64_t seats = seat == SEAT_POLL ? places * SEAT_POLLS_A_PLACE : places;

	*victim = NULL;
	waiter->seat = seat;
	if (seat == SEAT_NONE || user->seats[seat] < seats)
		return 0;
	if (*gave_way_us != 0 && now_us < *gave_way_us + turn_us)
		return (int)((*gave_way_us + turn_us - now_us) / SECOND_US) + 1;
	*gave_way_us = now_us;
	*victim = choose(user, seat);
	return 0;
}
