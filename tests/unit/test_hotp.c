/* One-time codes, by the values of RFC 4226 appendix D and RFC 4648 section 10. */
#include "base/arena.h"
#include "base/hotp.h"
#include "harness/cunit.h"

static const char secret[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; /* 12345678901234567890 */

static void
codes_are_those_of_the_rfc(void)
{
	static const char *const codes[] = { "755224", "287082", "359152", "969429", "338314",
		"254676", "287922", "162583", "399871", "520489" };
	int place, i;

	for (i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(hotp_find(secret, 0, 10, codes[i], &place), ERR_OK);
		CU_ASSERT_EQUAL(place, i);
	}
	CU_ASSERT_EQUAL(hotp_find(secret, 0, 9, codes[9], &place), ERR_OK);
	CU_ASSERT_EQUAL(place, -1);
	CU_ASSERT_EQUAL(hotp_find(secret, 8, 2, codes[9], &place), ERR_OK);
	CU_ASSERT_EQUAL(place, 1);
	CU_ASSERT_EQUAL(hotp_find("not base 32!", 0, 1, codes[0], &place), ERR_INTERNAL);
}

static void
base32_is_that_of_the_rfc(void)
{
	struct arena *arena = arena_new(4096);

	CU_ASSERT_STRING_EQUAL(hotp_base32(arena, "12345678901234567890", 20), secret);
	CU_ASSERT_STRING_EQUAL(hotp_base32(arena, "foobar", 6), "MZXW6YTBOI");
	CU_ASSERT_STRING_EQUAL(hotp_base32(arena, "fo", 2), "MZXQ");
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "codes are those of the RFC", codes_are_those_of_the_rfc },
	{ "base32 is that of the RFC", base32_is_that_of_the_rfc },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("hotp", tests);
}
