/*
 * Is this still the database whose events were told? A restore takes away what came after the backup, and
 * new events get the numbers of those that are gone: cursors from before must not be gone on with.
 *
 * Each new connection is looked at before anything of it is told. The same log, no shorter than what was
 * told: all is well. Another timeline: the history, which the stream's connection tells, says where the
 * former one was left. When that is behind all that was told, and nobody asked for an earlier time, it was the
 * promotion of a standby that had everything, and cursors are kept. In every other case there is a new
 * epoch. A program that has just begun knows nothing of what others told: it keeps the epoch only when the
 * database names this very log for it.
 */
#include "base/clock.h"
#include "base/log.h"
#include "live/hub_int.h"

#include <string.h>

enum { HISTORY_US = 5000000 }; /* to hear of it from the stream; without, nothing is known */

static bool
same_log(const struct wal_life *a, const struct wal_life *b)
{
	return a->timeline == b->timeline && strcmp(a->system, b->system) == 0;
}

static void
read_again(struct hub *hub, struct waiter *waiter, void *arg)
{
	(void)arg;
	if (waiter->state == WAITER_ASKING || waiter->state == WAITER_PARKED)
		hub_read(hub, waiter);
}

/* What is told from now on is of this log. */
static void
good(struct hub *hub, int64_t epoch, const struct wal_life *life)
{
	bool was_good = hub->life == LIFE_GOOD;

	hub->life = LIFE_GOOD;
	hub->known = *life;
	hub->history_us = 0;
	hub->lost = false;
	if (hub->wal != NULL && hub->run > 0 && !same_log(&hub->streamed, life))
		wal_reset(hub->wal);
	hub_epoch_take(hub, epoch);
	if (!was_good)
		hub_each_waiter(hub, read_again, NULL);
}

static void
settled(void *arg, enum err err, struct rows *rows)
{
	struct hub *hub = arg;

	hub->looking = false;
	if (err != ERR_OK)
		return; /* the next look tries again */
	log_warn("another life of the database", LOG_STR("system_id", hub->found.system),
	    LOG_INT("timeline", hub->found.timeline), LOG_INT("epoch", epoch_settled(rows)),
	    LOG_INT("epoch_before", hub->epoch));
	if (hub->verdict != EPOCH_KEPT && hub->wal != NULL)
		wal_told_forget(hub->wal);
	good(hub, epoch_settled(rows), &hub->found);
}

/* False: the stream has still to tell the history. */
static bool
verdict_find(struct hub *hub, const struct epoch_here *here, enum epoch_verdict *verdict)
{
	bool same = same_log(&hub->known, &here->life);
	int64_t now = clock_steady_us();

	*verdict = EPOCH_UNKNOWN;
	if (hub->known.timeline == 0)
		return true;
	if (hub->lost || (same && hub->wal != NULL && here->life.position < hub->look_told))
		*verdict = EPOCH_LOST;
	else if (same)
		*verdict = EPOCH_KEPT;
	else if (hub->wal == NULL)
		*verdict = EPOCH_UNKNOWN;
	else if (same_log(&hub->streamed, &here->life))
		*verdict = EPOCH_KEPT;
	else if (hub->history_us == 0 || now < hub->history_us) {
		hub->history_us = hub->history_us == 0 ? now + HISTORY_US : hub->history_us;
		return false;
	}
	return true;
}

static void
looked(void *arg, enum err err, struct rows *rows)
{
	struct hub *hub = arg;
	enum epoch_verdict verdict;
	struct epoch_here here;

	hub->looking = false;
	if (err != ERR_OK)
		return;
	epoch_looked(rows, &here);
	if (here.life.timeline == 0) {
		hub->life = LIFE_STANDBY;
		hub_refuse_asking(hub);
		return;
	}
	if (!verdict_find(hub, &here, &verdict)) {
		hub->life = LIFE_UNKNOWN;
		return;
	}
	if (here.same && (verdict == EPOCH_KEPT || verdict == EPOCH_UNKNOWN)) {
		good(hub, here.epoch, &here.life);
		return;
	}
	hub->life = LIFE_UNKNOWN;
	hub->found = here.life;
	hub->verdict = verdict;
	hub->looking = pipeline_send(hub->pipeline, db_ref(epoch_settle_bind(hub->epoch, verdict)),
			   settled, hub) == ERR_OK;
}

void
hub_life_look(struct hub *hub)
{
	if (hub->looking)
		return;
	hub->look_told = hub->wal == NULL ? 0 : wal_told(hub->wal);
	hub->looking =
	    pipeline_send(hub->pipeline, db_ref(epoch_look_bind()), looked, hub) == ERR_OK;
}

void
hub_life_connected(struct hub *hub)
{
	hub->life = LIFE_UNKNOWN;
	hub->looking = false; /* what was asked before was lost */
}

void
hub_life_streamed(void *arg, const struct wal_life *life, const char *history)
{
	struct hub *hub = arg;
	uint64_t told = wal_told(hub->wal);

	hub->streamed = *life;
	if (hub->known.timeline == 0)
		return;
	if (same_log(&hub->known, life)) {
		hub->lost = hub->lost || life->position < told;
	} else {
		hub->lost = hub->lost || strcmp(hub->known.system, life->system) != 0 ||
		    hub->told_blind || !wal_history_keeps(history, hub->known.timeline, told);
		hub->life = LIFE_UNKNOWN;
	}
	hub_life_look(hub);
}
