/* What the history of a timeline says of what was told on an earlier one. */
#include "db/wal_life.h"
#include "harness/cunit.h"

static const char promoted[] = "1\t0/5000000\tno recovery target specified\n";
static const char restored[] = "1\t0/4016758\tafter transaction 728\n\n"
			       "2\t0/5000000\tno recovery target specified\n";

static void
positions_are_read(void)
{
	uint64_t position = 0;

	CU_ASSERT_TRUE(wal_position_parse("0/4016758", &position));
	CU_ASSERT_EQUAL(position, 0x4016758);
	CU_ASSERT_TRUE(wal_position_parse("1A/FFFFFFFF", &position));
	CU_ASSERT_EQUAL(position, UINT64_C(0x1AFFFFFFFF));
	CU_ASSERT_FALSE(wal_position_parse("", &position));
	CU_ASSERT_FALSE(wal_position_parse("0/1x", &position));
	CU_ASSERT_FALSE(wal_position_parse("12", &position));
}

static void
a_promotion_keeps_what_it_had(void)
{
	CU_ASSERT_TRUE(wal_history_keeps(promoted, 1, 0x4000000));
	CU_ASSERT_TRUE(wal_history_keeps(promoted, 1, 0x5000000));
	CU_ASSERT_FALSE(wal_history_keeps(promoted, 1, 0x5000001));
	CU_ASSERT_TRUE(wal_history_keeps(restored, 2, 0x4900000));
}

static void
a_restore_to_a_time_keeps_nothing(void)
{
	CU_ASSERT_FALSE(wal_history_keeps(restored, 1, 0x4000000));
	CU_ASSERT_FALSE(wal_history_keeps("1\t0/5000000\tbefore 2026-11-21 09:00:00+00\n", 1, 0));
	CU_ASSERT_FALSE(wal_history_keeps("1\t0/5000000\treached consistency\n", 1, 0));
}

static void
what_is_not_named_is_not_kept(void)
{
	CU_ASSERT_FALSE(wal_history_keeps("", 1, 0));
	CU_ASSERT_FALSE(wal_history_keeps(promoted, 2, 0));
	CU_ASSERT_FALSE(wal_history_keeps("nonsense\n1\n1\t\n1\t0/5000000", 1, 0));
}

static const struct cunit_test tests[] = {
	{ "positions are read", positions_are_read },
	{ "a promotion keeps what it had", a_promotion_keeps_what_it_had },
	{ "a restore to a time keeps nothing", a_restore_to_a_time_keeps_nothing },
	{ "what is not named is not kept", what_is_not_named_is_not_kept },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("wal_life", tests);
}
