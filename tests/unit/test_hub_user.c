/* Users of the hub: found, remembered for a while, forgotten; alone, without a loop or a database. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "live/hub_int.h"

#include <string.h>

static const char *const ids[] = { "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80",
	"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a81" };

static void
are_found_by_their_id(void)
{
	struct hub hub = { .epoll = -1 };
	struct hub_user *user;

	hub_users_open(&hub);
	CU_ASSERT_PTR_NULL(hub_user_find(&hub, ids[0]));
	user = hub_user_make(&hub, ids[0]);
	CU_ASSERT_PTR_EQUAL(hub_user_make(&hub, ids[0]), user);
	CU_ASSERT_PTR_EQUAL(hub_user_find(&hub, ids[0]), user);
	CU_ASSERT_PTR_NULL(hub_user_find(&hub, ids[1]));
	hub_users_close(&hub);
}

static void
are_forgotten_when_idle_for_long(void)
{
	struct hub hub = { .epoll = -1 };
	struct hub_user *user;

	hub_users_open(&hub);
	user = hub_user_make(&hub, ids[0]);
	(void)hub_user_make(&hub, ids[1]);
	hub_user_keep(&hub, user, 1, "{}", 2);
	hub_users_expire(&hub);
	CU_ASSERT_EQUAL(user->recent_count, 1); /* it may come again */
	user->idle_us -= USER_ACTIVE_US;
	hub_users_expire(&hub);
	CU_ASSERT_EQUAL(user->recent_count, 0);
	user->idle_us -= USER_IDLE_US;
	hub_users_expire(&hub);
	CU_ASSERT_PTR_NULL(hub_user_find(&hub, ids[0]));
	CU_ASSERT_PTR_NOT_NULL(hub_user_find(&hub, ids[1]));
	hub_users_close(&hub);
}

/* However few the events are: what one user is told must not take the place of all others. */
static void
remember_only_so_many_bytes(void)
{
	static char text[RECENT_BYTES_MAX / 3];
	struct hub hub = { .epoll = -1 };
	struct hub_user *user;
	int64_t seq;

	memset(text, 'x', sizeof(text));
	hub_users_open(&hub);
	user = hub_user_make(&hub, ids[0]);
	for (seq = 1; seq <= 5; seq++)
		hub_user_keep(&hub, user, seq, text, sizeof(text));
	CU_ASSERT_EQUAL(user->recent_count, 3);
	CU_ASSERT_EQUAL(hub.recent_bytes, 3 * sizeof(text));
	CU_ASSERT_EQUAL(hub_user_recent(user, 2), RECENT_MAX);
	CU_ASSERT_EQUAL(hub_user_recent(user, 3), 0);
	CU_ASSERT_EQUAL(hub_user_recent(user, 5), 2);
	CU_ASSERT_EQUAL(hub_user_recent(user, 6), RECENT_MAX); /* not told yet */
	hub_users_close(&hub);
	CU_ASSERT_EQUAL(hub.recent_bytes, 0);
}

/* Its rows were read from the log and their commit was not: the commit will look for it. */
static void
are_not_forgotten_within_a_commit(void)
{
	struct hub hub = { .epoll = -1 };
	struct hub_user *user;

	hub_users_open(&hub);
	user = hub_user_make(&hub, ids[0]);
	user->idle_us -= 2 * (int64_t)USER_IDLE_US;
	user->dirty = true;
	hub_users_expire(&hub);
	CU_ASSERT_PTR_EQUAL(hub_user_find(&hub, ids[0]), user);
	if (hub_user_find(&hub, ids[0]) != NULL)
		user->dirty = false;
	hub_users_expire(&hub);
	CU_ASSERT_PTR_NULL(hub_user_find(&hub, ids[0]));
	hub_users_close(&hub);
}

static const struct cunit_test tests[] = {
	{ "users are found by their id", are_found_by_their_id },
	{ "idle users lose their recent events, then are forgotten",
	    are_forgotten_when_idle_for_long },
	{ "only so many bytes are remembered of each", remember_only_so_many_bytes },
	{ "none is forgotten within a commit", are_not_forgotten_within_a_commit },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("hub_user", tests);
}
