/* How a time of the server looks in JSON. */
#include "base/buf.h"
#include "db/db.h"
#include "harness/cunit.h"

static void
a_time_has_six_places_whatever_the_server_left_out(void)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "2026-11-21 03:04:05+00", "\"2026-11-21T03:04:05.000000Z\"" },
		{ "2026-11-21 03:04:05.6+00", "\"2026-11-21T03:04:05.600000Z\"" },
		{ "2026-11-21 03:04:05.678901+00", "\"2026-11-21T03:04:05.678901Z\"" },
		{ "infinity", "\"infinity\"" },
		{ "-infinity", "\"-infinity\"" },
	};
	struct arena *arena = arena_new(4096);
	struct buf out = buf_new(arena, 64);
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		buf_clear(&out);
		db_time_json(&out, cases[i].text);
		CU_ASSERT_STRING_EQUAL(out.data, cases[i].json);
	}
	arena_free(arena);
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "a time has six places, whatever the server left out",
		    a_time_has_six_places_whatever_the_server_left_out },
		{ NULL, NULL }
	};

	return cunit_run("row", tests);
}
