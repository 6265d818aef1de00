#include "live/settle.h"

enum { READS_MAX = 3 }; /* in a row that do not see what the stream told */

/* What is behind the cursor was committed, or changed, after this snapshot. */
static enum verdict
read_again(struct core *core, struct waiter *waiter)
{
	if (++waiter->reads < READS_MAX) {
		waiter->state = WAITER_ASKING;
		core_want(core, waiter, WORK_READ);
	} else {
		core_park(core, waiter); /* the scan will see it */
	}
	return VERDICT_NONE;
}

/* Nothing behind the cursor in that snapshot. */
static enum verdict
settle_empty(struct core *core, struct waiter *waiter)
{
	if (!core_behind(waiter)) {
		core_park(core, waiter);
	} else if (recent_find(&waiter->user->recent, waiter->cursor.seq + 1) != RECENT_MAX) {
		core_told(waiter, waiter->cursor);
		core_want(core, waiter, WORK_DELIVER);
	} else {
		return read_again(core, waiter);
	}
	return VERDICT_NONE;
}

enum verdict
settle_read(struct core *core, struct waiter *waiter, const struct settle_page *page)
{
	struct user *user = waiter->user;

	user_known(user, page->last_seq);
	if (waiter->read_run > 0 && waiter->read_run == core->run)
		user->synced_run = core->run;
	if (!waiter->has_cursor)
		return VERDICT_PRESENT;
	/* The stream can be ahead of a new snapshot: a number it has told is not the future. */
	if (waiter->cursor.epoch != page->epoch || waiter->cursor.seq > user->known_seq)
		return VERDICT_RESYNC;
	if (waiter->stays && !core_has_room(waiter)) {
		core_park(core, waiter); /* all were read again; this one will be when it has room */
		return VERDICT_NONE;
	}
	if (page->count > 0 && user_outdated(user, page->last_seq))
		return read_again(core, waiter);
	if (page->count > 0 && page->first_seq == waiter->cursor.seq + 1)
		return VERDICT_PAGE;
	if (page->last_seq > waiter->cursor.seq)
		return VERDICT_RESYNC; /* the next event was pruned */
	return settle_empty(core, waiter);
}

int64_t
settle_append(const struct waiter *waiter, int64_t seq, struct batch *batch)
{
	size_t at = recent_find(&waiter->user->recent, seq + 1), count = batch->count;

	if (at != RECENT_MAX)
		recent_collect(&waiter->user->recent, at, waiter->page_bytes, batch);
	return seq + (int64_t)(batch->count - count);
}

void
settle_failed(struct core *core, struct waiter *waiter, enum err err, bool may_come)
{
	/* One that was parked stays so: it is read again when the database is back, or by the scan. */
	if (waiter->settled && err_status(err) >= 500)
		waiter->state = WAITER_PARKED;
	else if (err == ERR_UNAVAILABLE && may_come)
		waiter->state = WAITER_ASKING;
	else
		core_fail(core, waiter, err);
}
