/* Cursors that are no good, clients that take no more, and how waiters end; the core alone. */
#include "harness/cunit.h"
#include "live/settle.h"

static struct core core;
static struct arena *arena;
static struct user *user;
static struct waiter waiter;

static void
begin(int64_t seq, bool stays)
{
	core_open(&core, 1000000);
	core.run = core.epoch = 1;
	core.good = true;
	arena = arena_new(1024 * 1024);
	user = user_make(&core.users, "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80", core.now_us);
	waiter = (struct waiter){ .has_cursor = true,
		.cursor = { 1, seq },
		.stays = stays,
		.acked_seq = -1,
		.page_bytes = 1024 };
	core_attach(&core, user, &waiter);
}

static void
end(void)
{
	core_leave(&core, &waiter, WAITER_GONE);
	core_close(&core);
	arena_free(arena);
}

static enum verdict
read_back(int64_t epoch, int64_t first_seq, size_t count, int64_t last_seq)
{
	const struct settle_page page = { epoch, last_seq, count, first_seq };

	waiter.read_run = core.run;
	return settle_read(&core, &waiter, &page);
}

static enum step
turn(void)
{
	struct event_cursor cursor;
	enum step step = STEP_NONE;
	struct batch *batch;

	core_turn(&core);
	while (core_take(&core) != NULL)
		step = core_step(&core, &waiter, arena, &batch, &cursor);
	if (step == STEP_EVENTS)
		core_told(&waiter, cursor);
	return step;
}

static void
tell(int64_t seq)
{
	core_insert(&core, user, seq, false);
	user_keep(&core.users, user, seq, "{}", 2);
	core_commit(&core);
}

static void
a_cursor_of_another_life_resyncs(void)
{
	begin(4, false);
	CU_ASSERT_EQUAL(read_back(2, 5, 1, 5), VERDICT_RESYNC);
	CU_ASSERT_EQUAL(read_back(1, 5, 1, 5), VERDICT_PAGE);
	end();
}

static void
a_cursor_from_the_future_resyncs(void)
{
	begin(9, false);
	CU_ASSERT_EQUAL(read_back(1, 0, 0, 4), VERDICT_RESYNC);
	tell(9); /* the stream is ahead of a snapshot: what it told is not the future */
	CU_ASSERT_EQUAL(read_back(1, 0, 0, 4), VERDICT_NONE);
	end();
}

static void
a_cursor_behind_what_was_pruned_resyncs(void)
{
	begin(4, false);
	CU_ASSERT_EQUAL(read_back(1, 7, 2, 8), VERDICT_RESYNC);
	CU_ASSERT_EQUAL(read_back(1, 0, 0, 8), VERDICT_RESYNC);
	end();
}

static void
without_a_cursor_the_present_is_told(void)
{
	begin(0, false);
	waiter.has_cursor = false;
	CU_ASSERT_EQUAL(read_back(1, 0, 0, 8), VERDICT_PRESENT);
	end();
}

static void
a_page_from_before_words_were_taken_back_is_read_again(void)
{
	begin(4, false);
	(void)turn();
	core_insert(&core, user, 7, true);
	CU_ASSERT_EQUAL(read_back(1, 5, 2, 6), VERDICT_NONE);
	CU_ASSERT_EQUAL(turn(), STEP_READ);
	CU_ASSERT_EQUAL(read_back(1, 5, 3, 7), VERDICT_PAGE);
	end();
}

static void
a_new_epoch_reads_everyone_again(void)
{
	begin(4, true);
	(void)turn();
	CU_ASSERT_EQUAL(read_back(1, 0, 0, 4), VERDICT_NONE);
	CU_ASSERT_EQUAL(turn(), STEP_PARKED);
	tell(5);
	core_epoch(&core, 2);
	CU_ASSERT_EQUAL(user->known_seq, 0);
	CU_ASSERT_EQUAL(user->recent.count, 0);
	CU_ASSERT_EQUAL(turn(), STEP_READ);
	end();
}

static void
one_that_is_full_or_does_not_ack_has_its_turn_later(void)
{
	begin(4000, true);
	(void)turn();
	(void)read_back(1, 0, 0, 4000);
	(void)turn();
	waiter.full = true;
	tell(4001);
	CU_ASSERT_EQUAL(turn(), STEP_PARKED);
	core_room(&core, &waiter);
	CU_ASSERT_EQUAL(turn(), STEP_EVENTS);
	CU_ASSERT_EQUAL(waiter.cursor.seq, 4001);
	waiter.acked_seq = 4001 - CORE_ACK_WINDOW;
	tell(4002);
	CU_ASSERT_EQUAL(turn(), STEP_PARKED);
	waiter.acked_seq++;
	core_room(&core, &waiter);
	CU_ASSERT_EQUAL(turn(), STEP_EVENTS);
	end();
}

static void
nothing_stored_is_told_while_the_database_is_in_doubt(void)
{
	begin(4, true);
	(void)turn();
	(void)read_back(1, 0, 0, 4);
	(void)turn();
	core.good = false;
	tell(5);
	CU_ASSERT_EQUAL(turn(), STEP_PARKED);
	core_pass(&core, user, "{}", 2);
	CU_ASSERT_EQUAL(turn(), STEP_EVENTS);
	CU_ASSERT_EQUAL(waiter.cursor.seq, 4);
	end();
}

static void
a_failed_read_ends_only_who_was_never_answered(void)
{
	begin(4, false);
	(void)turn();
	settle_failed(&core, &waiter, ERR_UNAVAILABLE, true);
	CU_ASSERT_EQUAL(waiter.state, WAITER_ASKING);
	CU_ASSERT_EQUAL(turn(), STEP_NONE);
	settle_failed(&core, &waiter, ERR_UNAVAILABLE, false);
	CU_ASSERT_EQUAL(turn(), STEP_ERROR);
	CU_ASSERT_EQUAL(waiter.err, ERR_UNAVAILABLE);
	waiter.settled = true;
	settle_failed(&core, &waiter, ERR_UNAVAILABLE, false);
	CU_ASSERT_EQUAL(waiter.state, WAITER_PARKED);
	CU_ASSERT_EQUAL(turn(), STEP_NONE);
	settle_failed(&core, &waiter, ERR_UNAUTHORIZED, true);
	CU_ASSERT_EQUAL(turn(), STEP_ERROR);
	end();
}

static void
who_left_has_no_work(void)
{
	begin(4, false);
	core_deadline(&core, &waiter, core.now_us);
	core_leave(&core, &waiter, WAITER_CLOSING);
	CU_ASSERT_EQUAL(turn(), STEP_NONE);
	CU_ASSERT_PTR_NULL(core_next(&core, NULL));
	core.now_us += 10 * DEADLINE_SLOT_US;
	CU_ASSERT_PTR_NULL(core_due(&core));
	core_leave(&core, &waiter, WAITER_GONE); /* listed once */
	CU_ASSERT_PTR_EQUAL(core_left(&core), &waiter);
	CU_ASSERT_PTR_NULL(core_left(&core));
	core_close(&core);
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "a cursor of another life resyncs", a_cursor_of_another_life_resyncs },
	{ "a cursor from the future resyncs", a_cursor_from_the_future_resyncs },
	{ "a cursor behind what was pruned resyncs", a_cursor_behind_what_was_pruned_resyncs },
	{ "without a cursor the present is told", without_a_cursor_the_present_is_told },
	{ "a page from before words were taken back is read again",
	    a_page_from_before_words_were_taken_back_is_read_again },
	{ "a new epoch reads everyone again", a_new_epoch_reads_everyone_again },
	{ "one that is full, or does not ack, has its turn later",
	    one_that_is_full_or_does_not_ack_has_its_turn_later },
	{ "nothing stored is told while the database is in doubt",
	    nothing_stored_is_told_while_the_database_is_in_doubt },
	{ "a failed read ends only who was never answered",
	    a_failed_read_ends_only_who_was_never_answered },
	{ "who left has no work", who_left_has_no_work },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("live_resync", tests);
}
