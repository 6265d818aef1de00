/* A user's recent events: consecutive, within bounds, and without words that were taken back. */
#include "harness/cunit.h"
#include "live/hub_int.h"

#include <string.h>

static struct hub hub;

static struct hub_user *
user_new(void)
{
	hub = (struct hub){ .epoll = -1 };
	hub_users_open(&hub);
	return hub_user_make(&hub, "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80");
}

static void
keep(struct hub_user *user, int64_t seq)
{
	hub_user_keep(&hub, user, seq, "{}", 2);
}

static void
a_gap_forgets_what_was_before_it(void)
{
	struct hub_user *user = user_new();

	keep(user, 1);
	keep(user, 2);
	keep(user, 4);
	CU_ASSERT_EQUAL(hub_user_recent(user, 1), RECENT_MAX);
	CU_ASSERT_EQUAL(hub_user_recent(user, 2), RECENT_MAX);
	CU_ASSERT_EQUAL(hub_user_recent(user, 3), RECENT_MAX);
	CU_ASSERT_EQUAL(hub_user_recent(user, 4), 0);
	keep(user, 5);
	CU_ASSERT_EQUAL(hub_user_recent(user, 5), 1);
	CU_ASSERT_EQUAL(hub_user_recent(user, 6), RECENT_MAX);
	keep(user, 4); /* known */
	CU_ASSERT_EQUAL(user->recent_count, 2);
	hub_users_close(&hub);
	CU_ASSERT_EQUAL(hub.recent_bytes, 0);
}

static void
the_oldest_go_when_there_are_many(void)
{
	struct hub_user *user = user_new();
	int64_t seq;

	for (seq = 1; seq <= RECENT_MAX + 3; seq++)
		keep(user, seq);
	CU_ASSERT_EQUAL(user->recent_count, RECENT_MAX);
	CU_ASSERT_EQUAL(hub_user_recent(user, 3), RECENT_MAX);
	CU_ASSERT_EQUAL(hub_user_recent(user, 4), 0);
	hub_users_close(&hub);
}

static void
what_was_taken_back_is_not_remembered(void)
{
	struct hub_user *user = user_new();

	keep(user, 1);
	keep(user, 2);
	CU_ASSERT_FALSE(hub_user_outdated(user, 1));
	hub_user_unsay(&hub, user, 3);
	keep(user, 3);
	CU_ASSERT_EQUAL(hub_user_recent(user, 1), RECENT_MAX);
	CU_ASSERT_EQUAL(hub_user_recent(user, 2), RECENT_MAX);
	CU_ASSERT_EQUAL(hub_user_recent(user, 3), 0);
	CU_ASSERT_TRUE(hub_user_outdated(user, 2)); /* a read from before it */
	CU_ASSERT_FALSE(hub_user_outdated(user, 3));
	hub_users_close(&hub);
}

static const struct cunit_test tests[] = {
	{ "a gap forgets what was before it", a_gap_forgets_what_was_before_it },
	{ "the oldest go when there are many", the_oldest_go_when_there_are_many },
	{ "what was taken back is not remembered", what_was_taken_back_is_not_remembered },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("hub_recent", tests);
}
