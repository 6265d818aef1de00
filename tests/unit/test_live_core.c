/* The core of the events program: who is told what, in which order; no socket, no database, no clock. */
#include "harness/cunit.h"
#include "live/settle.h"

#include <string.h>

static const char user_id[] = "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80";
static struct core core;
static struct arena *arena;
static struct user *user;
static struct waiter waiter;

/* A waiter that polls, or stays, from cursor on; the stream runs. */
static void
begin(int64_t seq, bool stays)
{
	core_open(&core, 1000000);
	core.run = core.epoch = 1;
	core.good = true;
	arena = arena_new(1024 * 1024);
	user = user_make(&core.users, user_id, core.now_us);
	waiter = (struct waiter){ .has_cursor = true,
		.cursor = { 1, seq },
		.stays = stays,
		.acked_seq = -1,
		.page_bytes = 1024,
		.login_id = "a" };
	core_attach(&core, user, &waiter);
}

static void
end(void)
{
	core_leave(&core, &waiter, WAITER_GONE);
	CU_ASSERT_PTR_EQUAL(core_left(&core), &waiter);
	CU_ASSERT_PTR_NULL(core_left(&core));
	core_close(&core);
	arena_free(arena);
}

/* An event of the stream, whose commit comes with it. */
static void
tell(int64_t seq, const char *text)
{
	core_insert(&core, user, seq, false);
	user_keep(&core.users, user, seq, text, strlen(text));
	core_commit(&core);
}

static void
pass(const char *text)
{
	core_pass(&core, user, text, strlen(text));
}

/* What is to be done now; the texts told: *told, and as a waiter that is told does, it waits from there on. */
static enum step
turn(const char **told)
{
	struct event_cursor cursor;
	enum step step = STEP_NONE;
	struct batch *batch;

	*told = "";
	core_turn(&core);
	while (core_take(&core) != NULL)
		step = core_step(&core, &waiter, arena, &batch, &cursor);
	if (step == STEP_EVENTS) {
		*told = batch->text.data;
		core_told(&waiter, cursor);
		core_room(&core, &waiter);
	}
	return step;
}

#define EXPECT(expected_step, expected_text)                                                       \
	do {                                                                                       \
		const char *told;                                                                  \
                                                                                                   \
		CU_ASSERT_EQUAL(turn(&told), expected_step);                                       \
		CU_ASSERT_STRING_EQUAL(told, expected_text);                                       \
	} while (0)

/* A read that found count events behind the waiter's cursor, and last_seq. */
static enum verdict
read_back(int64_t epoch, int64_t first_seq, size_t count, int64_t last_seq)
{
	const struct settle_page page = { epoch, last_seq, count, first_seq };

	waiter.read_run = core.run;
	waiter.state = WAITER_READING;
	return settle_read(&core, &waiter, &page);
}

static void
park(void)
{
	EXPECT(STEP_READ, "");
	CU_ASSERT_EQUAL(read_back(1, 0, 0, waiter.cursor.seq), VERDICT_NONE);
	EXPECT(STEP_PARKED, "");
}

static void
events_are_told_in_order(void)
{
	begin(4, true);
	park();
	tell(5, "5");
	tell(6, "6");
	EXPECT(STEP_EVENTS, "5,6");
	CU_ASSERT_EQUAL(waiter.cursor.seq, 6);
	EXPECT(STEP_NONE, "");
	tell(7, "7");
	EXPECT(STEP_EVENTS, "7");
	end();
}

static void
what_passes_is_told_where_it_came(void)
{
	begin(4, true);
	park();
	pass("typing");
	tell(5, "5");
	pass("gone");
	tell(6, "6");
	EXPECT(STEP_EVENTS, "typing,5,gone,6");
	EXPECT(STEP_NONE, "");
	end();
}

static void
a_gap_is_read(void)
{
	begin(4, true);
	park();
	core_found(&core, user, 6); /* by the scan: the stream told nothing of 5 */
	EXPECT(STEP_READ, "");
	tell(7, "7"); /* while it is read */
	EXPECT(STEP_READ, "");
	CU_ASSERT_EQUAL(read_back(1, 5, 2, 6), VERDICT_PAGE);
	end();
}

static void
a_page_is_followed_by_what_the_stream_told_meanwhile(void)
{
	struct batch *batch;

	begin(4, false);
	tell(6, "6");
	tell(7, "7");
	batch = batch_new(arena);
	CU_ASSERT_EQUAL(read_back(1, 5, 2, 6), VERDICT_PAGE);
	batch_add(batch, "five", 4, 5);
	batch_add(batch, "six", 3, 6);
	CU_ASSERT_EQUAL(settle_append(&waiter, 6, batch), 7);
	CU_ASSERT_STRING_EQUAL(batch->text.data, "five,six,7");
	CU_ASSERT_EQUAL(settle_append(&waiter, 4, batch), 4); /* 5 is not remembered */
	end();
}

/* A commit is told before a new snapshot shows it. */
static void
what_the_snapshot_lacks_is_told_by_the_stream(void)
{
	begin(4, false);
	EXPECT(STEP_READ, "");
	tell(5, "5");
	CU_ASSERT_EQUAL(read_back(1, 0, 0, 4), VERDICT_NONE);
	EXPECT(STEP_EVENTS, "5");
	end();
}

static void
three_reads_that_see_nothing_are_enough(void)
{
	begin(4, false);
	core_found(&core, user, 5);
	EXPECT(STEP_READ, "");
	CU_ASSERT_EQUAL(read_back(1, 0, 0, 4), VERDICT_NONE);
	EXPECT(STEP_READ, "");
	CU_ASSERT_EQUAL(read_back(1, 0, 0, 4), VERDICT_NONE);
	EXPECT(STEP_READ, "");
	CU_ASSERT_EQUAL(read_back(1, 0, 0, 4), VERDICT_NONE);
	EXPECT(STEP_PARKED, ""); /* the scan will see it */
	end();
}

static void
a_client_that_comes_again_needs_no_read(void)
{
	begin(4, false);
	park();
	CU_ASSERT_EQUAL(user->synced_run, 1);
	core_leave(&core, &waiter, WAITER_GONE);
	(void)core_left(&core);
	pass("typing");
	core_attach(&core, user, &waiter);
	EXPECT(STEP_EVENTS, "typing"); /* which came in between */
	core_leave(&core, &waiter, WAITER_GONE);
	(void)core_left(&core);
	core_attach(&core, user, &waiter);
	EXPECT(STEP_PARKED, "");
	core_leave(&core, &waiter, WAITER_GONE);
	(void)core_left(&core);
	core.run = 2; /* the stream has broken: who knows what it missed */
	core_attach(&core, user, &waiter);
	EXPECT(STEP_READ, "");
	end();
}

static const struct cunit_test tests[] = {
	{ "events are told in order", events_are_told_in_order },
	{ "what passes is told where it came", what_passes_is_told_where_it_came },
	{ "a gap is read", a_gap_is_read },
	{ "a page is followed by what the stream told meanwhile",
	    a_page_is_followed_by_what_the_stream_told_meanwhile },
	{ "what the snapshot lacks is told by the stream",
	    what_the_snapshot_lacks_is_told_by_the_stream },
	{ "three reads that see nothing are enough", three_reads_that_see_nothing_are_enough },
	{ "a client that comes again needs no read", a_client_that_comes_again_needs_no_read },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("live_core", tests);
}
