/* A user's recent events: consecutive, within bounds, and without words that were taken back. */
#include "harness/cunit.h"
#include "live/user.h"

static struct users users;

static struct user *
user_new(void)
{
	users = (struct users){ 0 };
	user_open(&users);
	return user_make(&users, "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80", 1);
}

static void
keep(struct user *user, int64_t seq)
{
	user_keep(&users, user, seq, "{}", 2);
}

static size_t
find(const struct user *user, int64_t seq)
{
	return recent_find(&user->recent, seq);
}

static void
a_gap_forgets_what_was_before_it(void)
{
	struct user *user = user_new();

	keep(user, 1);
	keep(user, 2);
	keep(user, 4);
	CU_ASSERT_EQUAL(find(user, 1), RECENT_MAX);
	CU_ASSERT_EQUAL(find(user, 2), RECENT_MAX);
	CU_ASSERT_EQUAL(find(user, 3), RECENT_MAX);
	CU_ASSERT_EQUAL(find(user, 4), 0);
	keep(user, 5);
	CU_ASSERT_EQUAL(find(user, 5), 1);
	CU_ASSERT_EQUAL(find(user, 6), RECENT_MAX);
	keep(user, 4); /* known */
	CU_ASSERT_EQUAL(user->recent.count, 2);
	user_close(&users);
	CU_ASSERT_EQUAL(users.recent_bytes, 0);
}

static void
the_oldest_go_when_there_are_many(void)
{
	struct user *user = user_new();
	int64_t seq;

	for (seq = 1; seq <= RECENT_MAX + 3; seq++)
		keep(user, seq);
	CU_ASSERT_EQUAL(user->recent.count, RECENT_MAX);
	CU_ASSERT_EQUAL(find(user, 3), RECENT_MAX);
	CU_ASSERT_EQUAL(find(user, 4), 0);
	user_close(&users);
}

static void
what_was_taken_back_is_not_remembered(void)
{
	struct user *user = user_new();

	keep(user, 1);
	keep(user, 2);
	CU_ASSERT_FALSE(user_outdated(user, 1));
	user_unsay(&users, user, 3);
	keep(user, 3);
	CU_ASSERT_EQUAL(find(user, 1), RECENT_MAX);
	CU_ASSERT_EQUAL(find(user, 2), RECENT_MAX);
	CU_ASSERT_EQUAL(find(user, 3), 0);
	CU_ASSERT_TRUE(user_outdated(user, 2)); /* a read from before it */
	CU_ASSERT_FALSE(user_outdated(user, 3));
	user_close(&users);
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
	return cunit_run("live_recent", tests);
}
