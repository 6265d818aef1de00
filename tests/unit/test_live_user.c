/* Users somebody waits for: found, remembered for a while, forgotten; alone, without a loop or a database. */
#include "harness/cunit.h"
#include "live/user.h"

#include <string.h>

static const char *const ids[] = { "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80",
	"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a81" };
static struct users users;

static void
begin(void)
{
	users = (struct users){ 0 };
	user_open(&users);
}

static void
are_found_by_their_id(void)
{
	struct user *user;

	begin();
	CU_ASSERT_PTR_NULL(user_among(&users, ids[0]));
	CU_ASSERT_PTR_NULL(user_next(&users, NULL));
	user = user_make(&users, ids[0], 1);
	CU_ASSERT_PTR_EQUAL(user_make(&users, ids[0], 2), user);
	CU_ASSERT_PTR_EQUAL(user_among(&users, ids[0]), user);
	CU_ASSERT_PTR_NULL(user_among(&users, ids[1]));
	CU_ASSERT_PTR_EQUAL(user_next(&users, NULL), user);
	CU_ASSERT_PTR_NULL(user_next(&users, user));
	user_close(&users);
}

static void
are_forgotten_when_idle_for_long(void)
{
	struct user *user;

	begin();
	user = user_make(&users, ids[0], 0);
	(void)user_make(&users, ids[1], USER_IDLE_US);
	user_keep(&users, user, 1, "{}", 2);
	user_expire(&users, USER_ACTIVE_US - 1);
	CU_ASSERT_EQUAL(user->recent.count, 1); /* it may come again */
	user_expire(&users, USER_ACTIVE_US);
	CU_ASSERT_EQUAL(user->recent.count, 0);
	user_expire(&users, USER_IDLE_US);
	CU_ASSERT_PTR_EQUAL(user_among(&users, ids[0]), user);
	user_expire(&users, USER_IDLE_US + 1);
	CU_ASSERT_PTR_NULL(user_among(&users, ids[0]));
	CU_ASSERT_PTR_NOT_NULL(user_among(&users, ids[1]));
	user_close(&users);
}

/* However few the events are: what one user is told must not take the place of all others. */
static void
remember_only_so_many_bytes(void)
{
	static char text[RECENT_BYTES_MAX / 3];
	struct user *user;
	int64_t seq;

	memset(text, 'x', sizeof(text));
	begin();
	user = user_make(&users, ids[0], 0);
	for (seq = 1; seq <= 5; seq++)
		user_keep(&users, user, seq, text, sizeof(text));
	CU_ASSERT_EQUAL(user->recent.count, 3);
	CU_ASSERT_EQUAL(users.recent_bytes, 3 * sizeof(text));
	CU_ASSERT_EQUAL(recent_find(&user->recent, 2), RECENT_MAX);
	CU_ASSERT_EQUAL(recent_find(&user->recent, 3), 0);
	CU_ASSERT_EQUAL(recent_find(&user->recent, 5), 2);
	CU_ASSERT_EQUAL(recent_find(&user->recent, 6), RECENT_MAX); /* not told yet */
	user_close(&users);
	CU_ASSERT_EQUAL(users.recent_bytes, 0);
}

/* Its rows were read from the log and their commit was not: the commit will look for it. */
static void
are_not_forgotten_within_a_commit(void)
{
	struct user *user;

	begin();
	user = user_make(&users, ids[0], 0);
	user->dirty = true;
	user_expire(&users, 2 * (int64_t)USER_IDLE_US);
	CU_ASSERT_PTR_EQUAL_FATAL(user_among(&users, ids[0]), user);
	user->dirty = false;
	user->brief = true;
	user_expire(&users, 2 * (int64_t)USER_IDLE_US);
	CU_ASSERT_PTR_EQUAL_FATAL(user_among(&users, ids[0]), user);
	user->brief = false;
	user_expire(&users, 2 * (int64_t)USER_IDLE_US);
	CU_ASSERT_PTR_NULL(user_among(&users, ids[0]));
	user_close(&users);
}

static const struct cunit_test tests[] = {
	{ "users are found by their id", are_found_by_their_id },
	{ "idle users lose their recent events, then are forgotten",
	    are_forgotten_when_idle_for_long },
	{ "only so many bytes are remembered of each", remember_only_so_many_bytes },
	{ "none is forgotten within a commit or a pass", are_not_forgotten_within_a_commit },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("live_user", tests);
}
