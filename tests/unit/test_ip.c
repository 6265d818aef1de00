/* Addresses as subjects of limits. */
#include "base/ip.h"
#include "harness/cunit.h"

#include <string.h>

static void
same_subject(const char *address, const char *subject)
{
	struct arena *arena = arena_new(65536);

	CU_ASSERT_STRING_EQUAL(ip_subject(arena, address), subject);
	arena_free(arena);
}

static void
an_ipv4_address_is_its_own_subject(void)
{
	same_subject("192.0.2.7", "192.0.2.7");
	same_subject("::ffff:192.0.2.7", "192.0.2.7");
}

static void
all_addresses_of_a_64_are_one_subject(void)
{
	same_subject("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
	same_subject("2001:DB8:1:2::9", "2001:db8:1:2::/64");
	same_subject("2001:db8:1:3::9", "2001:db8:1:3::/64");
	same_subject("::1", "::/64");
}

static void
other_text_is_left_alone(void)
{
	same_subject("unknown", "unknown");
	same_subject("", "");
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "an ipv4 address is its own subject", an_ipv4_address_is_its_own_subject },
		{ "all addresses of a /64 are one subject", all_addresses_of_a_64_are_one_subject },
		{ "other text is left alone", other_text_is_left_alone },
		{ 0 },
	};

	return cunit_run("ip", tests);
}
