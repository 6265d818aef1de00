#include "live/life.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/pipeline.h"
#include "db/wal.h"
#include "domain/talk/event.h"
#include "live/door.h"

#include <stdlib.h>
#include <string.h>

enum { HISTORY_US = 5000000 }; /* to hear of it from the stream; without, nothing is known */

struct life {
	bool standby; /* it follows another one: nothing of it is told */
	struct wal_life known; /* the log whose events are told; timeline 0: none yet */
	struct wal_life found; /* being settled */
	enum epoch_verdict verdict; /* on that */
	struct wal_life streamed; /* the stream's */
	bool lost; /* the stream's misses some of what was told */
	bool told_blind; /* something was told since the stream broke */
	bool looking; /* the answer to a look, or its settling, is to come */
	uint64_t look_told; /* wal_told when that was asked: more may have been told since than it could see */
	int64_t history_us; /* monotonic: wait for the stream's word until then; 0: not waiting */
};

struct life *
life_new(void)
{
	struct life *life = calloc(1, sizeof(*life));

	if (life == NULL)
		abort();
	return life;
}

void
life_free(struct life *life)
{
	free(life);
}

static bool
same_log(const struct wal_life *a, const struct wal_life *b)
{
	return a->timeline == b->timeline && strcmp(a->system, b->system) == 0;
}

/* --- what others ask and tell --- */

bool
life_unclear(const struct live *live)
{
	return !live->core.good && !live->life->standby;
}

void
life_told(struct live *live)
{
	live->life->told_blind = live->life->told_blind || live->core.run <= 0;
}

void
life_stream_started(struct live *live)
{
	live->life->told_blind = false; /* the slot begins behind it */
}

void
life_connected(struct live *live)
{
	live->core.good = live->life->standby = false;
	live->life->looking = false; /* what was asked before was lost */
}

void
life_refuse(struct live *live)
{
	struct waiter *waiter = NULL;

	while ((waiter = core_next(&live->core, waiter)) != NULL)
		if (waiter->state == WAITER_ASKING)
			core_fail(&live->core, waiter, ERR_UNAVAILABLE);
	door_open(live);
}

/* --- looking --- */

static void
read_all_again(struct live *live)
{
	struct waiter *waiter = NULL;

	while ((waiter = core_next(&live->core, waiter)) != NULL)
		if (waiter->state == WAITER_ASKING || waiter->state == WAITER_PARKED)
			core_want(&live->core, waiter, WORK_READ);
}

/* What is told from now on is of this log. */
static void
good(struct live *live, int64_t epoch, const struct wal_life *here)
{
	struct life *life = live->life;
	bool was_good = live->core.good;

	live->core.good = true;
	life->known = *here;
	life->history_us = 0;
	life->lost = life->standby = false;
	if (live->wal != NULL && live->core.run > 0 && !same_log(&life->streamed, here))
		wal_reset(live->wal);
	core_epoch(&live->core, epoch);
	if (!was_good)
		read_all_again(live);
}

static void
not_good(struct live *live, bool standby)
{
	live->core.good = false;
	live->life->standby = standby;
}

static void
settled(void *arg, enum err err, struct rows *rows)
{
	struct live *live = arg;
	struct life *life = live->life;

	life->looking = false;
	if (err != ERR_OK)
		return; /* the next look tries again */
	log_warn("another life of the database", LOG_STR("system_id", life->found.system),
	    LOG_INT("timeline", life->found.timeline), LOG_INT("epoch", epoch_settled(rows)),
	    LOG_INT("epoch_before", live->core.epoch));
	if (life->verdict != EPOCH_KEPT && live->wal != NULL)
		wal_told_forget(live->wal);
	good(live, epoch_settled(rows), &life->found);
}

/* False: the stream has still to tell the history. */
static bool
verdict_find(struct live *live, const struct epoch_here *here, enum epoch_verdict *verdict)
{
	struct life *life = live->life;
	bool same = same_log(&life->known, &here->life);
	int64_t now = clock_steady_us();

	*verdict = EPOCH_UNKNOWN;
	if (life->known.timeline == 0)
		return true;
	if (life->lost || (same && live->wal != NULL && here->life.position < life->look_told))
		*verdict = EPOCH_LOST;
	else if (same)
		*verdict = EPOCH_KEPT;
	else if (live->wal == NULL)
		*verdict = EPOCH_UNKNOWN;
	else if (same_log(&life->streamed, &here->life))
		*verdict = EPOCH_KEPT;
	else if (life->history_us == 0 || now < life->history_us) {
		life->history_us = life->history_us == 0 ? now + HISTORY_US : life->history_us;
		return false;
	}
	return true;
}

static void
looked(void *arg, enum err err, struct rows *rows)
{
	struct live *live = arg;
	struct life *life = live->life;
	enum epoch_verdict verdict;
	struct epoch_here here;

	life->looking = false;
	if (err != ERR_OK)
		return;
	epoch_looked(rows, &here);
	if (here.life.timeline == 0) {
		not_good(live, true);
		life_refuse(live);
		return;
	}
	if (!verdict_find(live, &here, &verdict)) {
		not_good(live, false);
		return;
	}
	if (here.same && (verdict == EPOCH_KEPT || verdict == EPOCH_UNKNOWN)) {
		good(live, here.epoch, &here.life);
		return;
	}
	not_good(live, false);
	life->found = here.life;
	life->verdict = verdict;
	life->looking =
	    pipeline_send(live->pipeline, db_ref(epoch_settle_bind(live->core.epoch, verdict)),
		settled, live) == ERR_OK;
}

void
life_look(struct live *live)
{
	if (live->life->looking)
		return;
	live->life->look_told = live->wal == NULL ? 0 : wal_told(live->wal);
	live->life->looking =
	    pipeline_send(live->pipeline, db_ref(epoch_look_bind()), looked, live) == ERR_OK;
}

void
life_streamed(void *arg, const struct wal_life *here, const char *history)
{
	struct live *live = arg;
	struct life *life = live->life;
	uint64_t told = wal_told(live->wal);

	life->streamed = *here;
	if (life->known.timeline == 0)
		return;
	if (same_log(&life->known, here)) {
		life->lost = life->lost || here->position < told;
	} else {
		life->lost = life->lost || strcmp(life->known.system, here->system) != 0 ||
		    life->told_blind || !wal_history_keeps(history, life->known.timeline, told);
		not_good(live, false);
	}
	life_look(live);
}
