/* Seats, deadlines and what passes: the small parts of the core. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "live/core.h"
#include "live/seat.h"

#include <string.h>

enum { PLACES = 2, WAITERS = PLACES * SEAT_POLLS_A_PLACE + 1 };

static struct core core;
static struct user *user;
static struct waiter waiters[WAITERS];

static void
begin(void)
{
	core_open(&core, 1000000);
	user = user_make(&core.users, "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80", core.now_us);
	memset(waiters, 0, sizeof(waiters));
}

/* One more that waits; seconds and victim as of seat_take. */
static int
come(size_t i, bool stays, struct waiter **victim)
{
	int retry_s;

	waiters[i] = (struct waiter){ .has_cursor = true, .stays = stays };
	retry_s = seat_take(user, &waiters[i], PLACES, core.now_us, victim);
	if (retry_s == 0)
		core_attach(&core, user, &waiters[i]);
	if (*victim != NULL)
		core_leave(&core, *victim, WAITER_GONE);
	return retry_s;
}

static void
end(void)
{
	size_t i;

	for (i = 0; i < WAITERS; i++)
		core_leave(&core, &waiters[i], WAITER_GONE);
	core_close(&core);
}

static void
the_oldest_poll_gives_way_once_in_a_while(void)
{
	struct waiter *victim;
	size_t i;

	begin();
	for (i = 0; i < WAITERS - 1; i++) {
		CU_ASSERT_EQUAL(come(i, false, &victim), 0);
		CU_ASSERT_PTR_NULL(victim);
	}
	CU_ASSERT_EQUAL(come(WAITERS - 1, false, &victim), 0);
	CU_ASSERT_PTR_EQUAL(victim, &waiters[0]);
	core.now_us += SECOND_US;
	CU_ASSERT_EQUAL(come(0, false, &victim), SEAT_POLL_TURN_S);
	CU_ASSERT_PTR_NULL(victim);
	core.now_us += SEAT_POLL_TURN_S * SECOND_US;
	CU_ASSERT_EQUAL(come(0, false, &victim), 0);
	CU_ASSERT_PTR_EQUAL(victim, &waiters[1]);
	end();
}

static void
one_whose_client_is_in_doubt_gives_way_first(void)
{
	struct waiter *victim;

	begin();
	CU_ASSERT_EQUAL(come(0, true, &victim), 0);
	CU_ASSERT_EQUAL(come(1, true, &victim), 0);
	waiters[1].doubtful = true;
	CU_ASSERT_EQUAL(come(2, true, &victim), 0);
	CU_ASSERT_PTR_EQUAL(victim, &waiters[1]);
	CU_ASSERT_EQUAL(come(3, true, &victim), SEAT_LIVE_TURN_S + 1);
	CU_ASSERT_EQUAL(come(4, false, &victim), 0); /* polls have seats of their own */
	end();
}

static void
deadlines_come_in_their_slot(void)
{
	struct waiter *one = &waiters[0], *two = &waiters[1];

	begin();
	core_deadline(&core, one, core.now_us + 3 * (int64_t)DEADLINE_SLOT_US);
	core_deadline(&core, two, core.now_us + 900 * SECOND_US); /* further than the wheel goes */
	core.now_us += 3 * (int64_t)DEADLINE_SLOT_US;
	CU_ASSERT_PTR_NULL(core_due(&core));
	core.now_us += DEADLINE_SLOT_US;
	CU_ASSERT_PTR_EQUAL(core_due(&core), one);
	CU_ASSERT_PTR_NULL(core_due(&core));
	core_deadline(&core, one, core.now_us);
	deadline_remove(&one->deadline);
	core.now_us += 60 * SECOND_US; /* the clock leaps */
	CU_ASSERT_PTR_EQUAL(core_due(&core), two);
	CU_ASSERT_PTR_NULL(core_due(&core));
	CU_ASSERT_PTR_NULL(core_any(&core));
	end();
}

/* What comes in one pass reaches who waits, all of it; who comes later is told a little of it. */
static void
of_what_passes_little_is_kept(void)
{
	static char text[PASSING_BYTES_MAX + 1];
	struct passing_list list = { 0 };
	int64_t number;

	for (number = 1; number <= PASSING_MAX + 3; number++)
		passing_add(&list, number, 0, 0, text, 1);
	passing_add(&list, number, 0, 0, text, sizeof(text));
	CU_ASSERT_EQUAL(list.count, PASSING_MAX + 4);
	passing_trim(&list);
	CU_ASSERT_EQUAL(list.count, PASSING_MAX);
	CU_ASSERT_EQUAL(list.first->number, 4);
	CU_ASSERT_EQUAL(list.last->number, PASSING_MAX + 3);
	passing_expire(&list, PASSING_US);
	CU_ASSERT_EQUAL(list.count, PASSING_MAX);
	passing_expire(&list, PASSING_US + 1);
	CU_ASSERT_EQUAL(list.count, 0);
	CU_ASSERT_PTR_NULL(list.last);
}

static void
a_login_is_told_nothing_twice(void)
{
	struct passing_list list = { 0 };
	int64_t login;

	CU_ASSERT_EQUAL(passing_begin(&list, "a", 7), 7);
	passing_end(&list, "a", 9);
	passing_end(&list, "a", 8); /* another connection of it */
	CU_ASSERT_EQUAL(passing_begin(&list, "a", 20), 9);
	for (login = 'b'; login < 'b' + MARKS_MAX; login++)
		passing_end(&list, (char[]){ (char)login, '\0' }, 10);
	CU_ASSERT_EQUAL(
	    passing_begin(&list, "a", 20), 20); /* forgotten: of many logins few are known */
}

static const struct cunit_test tests[] = {
	{ "the oldest poll gives way once in a while", the_oldest_poll_gives_way_once_in_a_while },
	{ "one whose client is in doubt gives way first",
	    one_whose_client_is_in_doubt_gives_way_first },
	{ "deadlines come in their slot", deadlines_come_in_their_slot },
	{ "of what passes little is kept", of_what_passes_little_is_kept },
	{ "a login is told nothing twice", a_login_is_told_nothing_twice },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("live_seat", tests);
}
