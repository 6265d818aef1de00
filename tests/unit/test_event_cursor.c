/* The text of a client's place in its event log: strict both ways. */
#include "harness/cunit.h"
#include "live/event_cursor.h"

static void
reads_what_it_writes(void)
{
	static const struct event_cursor cursors[] = { { 0, 0 }, { 1763694000, 42 },
		{ INT64_MAX, INT64_MAX } };
	struct event_cursor again;
	char text[EVENT_CURSOR_SIZE];
	size_t i;

	for (i = 0; i < COUNT_OF(cursors); i++) {
		event_cursor_format(cursors[i], text);
		CU_ASSERT_EQUAL(event_cursor_parse(text, &again), ERR_OK);
		CU_ASSERT_EQUAL(again.epoch, cursors[i].epoch);
		CU_ASSERT_EQUAL(again.seq, cursors[i].seq);
	}
	event_cursor_format((struct event_cursor){ 1763694000, 42 }, text);
	CU_ASSERT_STRING_EQUAL(text, "1763694000-42");
}

static void
refuses_every_other_form(void)
{
	static const char *const bad[] = { "", "-", "1", "1-", "-1", "-1-2", "1--2", "1-2-3",
		"+1-2", "1-+2", " 1-2", "1-2 ", "1 -2", "01-2", "1-02", "1-2x", "x-2", "0x1-2",
		"1.0-2", "9223372036854775808-1", "1-9223372036854775808", "1-99999999999999999999",
		"00000000000000000000000-1", "1-2\n", "\xc2\xb9-1" };
	struct event_cursor cursor = { 7, 7 };
	size_t i;

	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_EQUAL(event_cursor_parse(bad[i], &cursor), ERR_BAD_CURSOR);
	CU_ASSERT(cursor.epoch == 7 && cursor.seq == 7);
}

static const struct cunit_test tests[] = {
	{ "what is written reads back", reads_what_it_writes },
	{ "every other form is refused and nothing is written", refuses_every_other_form },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("event_cursor", tests);
}
