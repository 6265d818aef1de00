/* Times in the zones of those who read them: summer and winter, half and quarter hours, names that are none. */
#include "base/zone.h"
#include "harness/cunit.h"

#include <string.h>

static struct arena *arena;

static void
a_time_is_that_of_the_zone(void)
{
	static const struct {
		const char *zone;
		int64_t wall_s;
		const char *text;
	} samples[] = {
		{ NULL, 1795230245, "21 Nov 2026, 03:04 UTC" },
		{ "UTC", 0, "1 Jan 1970, 00:00 UTC" },
		{ "Europe/Berlin", 1782907200, "1 Jul 2026, 14:00 CEST" },
		{ "Europe/Berlin", 1795230245, "21 Nov 2026, 04:04 CET" },
		{ "Asia/Kolkata", 1795230245, "21 Nov 2026, 08:34 IST" },
		{ "Asia/Kathmandu", 1795230245, "21 Nov 2026, 08:49 UTC+05:45" },
		{ "America/Sao_Paulo", 1795230245, "21 Nov 2026, 00:04 UTC-03" },
		{ "America/St_Johns", 1782907200, "1 Jul 2026, 09:30 NDT" },
		{ "Australia/Lord_Howe", 1782907200, "1 Jul 2026, 22:30 UTC+10:30" },
		{ "Australia/Lord_Howe", 1795230245, "21 Nov 2026, 14:04 UTC+11" },
		/* The hour that comes twice, and the one that is left out. */
		{ "Europe/Berlin", 1792888200, "25 Oct 2026, 02:30 CEST" },
		{ "Europe/Berlin", 1792891800, "25 Oct 2026, 02:30 CET" },
		{ "Europe/Berlin", 1774745999, "29 Mar 2026, 01:59 CET" },
		{ "Europe/Berlin", 1774746000, "29 Mar 2026, 03:00 CEST" },
		{ "Pacific/Kiritimati", 1767175200, "1 Jan 2026, 00:00 UTC+14" },
		{ "Nowhere/Land", 1795230245, "21 Nov 2026, 03:04 UTC" },
		{ "", 1795230245, "21 Nov 2026, 03:04 UTC" },
	};
	size_t i;

	for (i = 0; i < COUNT_OF(samples); i++)
		CU_ASSERT_STRING_EQUAL(
		    zone_text(arena, samples[i].zone, samples[i].wall_s), samples[i].text);
}

static void
a_name_is_known_when_the_machine_has_the_zone(void)
{
	static const char *const known[] = { "UTC", "Asia/Kolkata", "America/Argentina/Ushuaia" },
				 *const unknown[] = { "", "IST", "Asia", "Asia/", "/etc/passwd",
					 "../zoneinfo/Asia/Kolkata", "Asia/../Asia/Kolkata",
					 "Nowhere/Land", "Asia/Kolkata ", "EST5EDT,M3/2" };
	size_t i;

	for (i = 0; i < COUNT_OF(known); i++)
		CU_ASSERT_TRUE(zone_known(known[i]));
	for (i = 0; i < COUNT_OF(unknown); i++)
		CU_ASSERT_FALSE(zone_known(unknown[i]));
}

static void
those_to_choose_from_are_known_each_once(void)
{
	const char *const *names = zone_names(arena);
	size_t i;

	CU_ASSERT_STRING_EQUAL(names[0], "UTC");
	for (i = 0; names[i] != NULL; i++) {
		CU_ASSERT_TRUE(zone_known(names[i]));
		CU_ASSERT_TRUE(i < 2 || strcmp(names[i - 1], names[i]) < 0);
	}
	CU_ASSERT_TRUE(i > 300);
}

static const struct cunit_test tests[] = {
	{ "a time is that of the zone", a_time_is_that_of_the_zone },
	{ "a name is known when the machine has the zone",
	    a_name_is_known_when_the_machine_has_the_zone },
	{ "those to choose from are known, each once", those_to_choose_from_are_known_each_once },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(1 << 20);
	status = cunit_run("zone", tests);
	arena_free(arena);
	return status;
}
