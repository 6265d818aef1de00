/* The worker's sweeps: what each does in a round, how often and within what time. */
#include "worker.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/fail.h"
#include "base/log.h"
#include "domain/system/heartbeat.h"
#include "domain/system/overview.h"
#include "domain/system/prune.h"
#include "domain/talk/message.h"
#include "domain/talk/presence.h"
#include "domain/talk/retention.h"
#include "domain/talk/session_sweep.h"
#include "web/prefork.h"

#include <string.h>

enum { MINUTE_MS = 60000 };

/* Sessions nobody came to. */
static enum err
expire(struct worker *worker)
{
	size_t count = 0;

	TRY(session_expire_due(worker->db, &count));
	if (count > 0)
		log_info("sessions expired", LOG_INT("count", (int64_t)count));
	return ERR_OK;
}

/* Sessions both sides left. */
static enum err
lapse(struct worker *worker)
{
	size_t count = 0;

	TRY(session_lapse_due(worker->db, worker->conf->session_idle_s, &count));
	if (count > 0)
		log_info("sessions lapsed", LOG_INT("count", (int64_t)count));
	return ERR_OK;
}

/* Who was present at a responder that is gone. */
static enum err
absent(struct worker *worker)
{
	int64_t count;

	TRY(presence_sweep_all(worker->db, &count));
	if (count > 0)
		log_info("devices of a lost responder forgotten", LOG_INT("count", count));
	return ERR_OK;
}

/* The days of the event log. */
static enum err
retain(struct worker *worker)
{
	int64_t made, dropped;
	enum err err = retention_run(worker->db, worker->conf->event_days, &made, &dropped);

	if (made + dropped > 0)
		log_info("days of events", LOG_INT("made", made), LOG_INT("dropped", dropped));
	if (err == ERR_TIMEOUT)
		log_info("the event log is in use, its days wait for the next round");
	return err;
}

/* What is old. */
static enum err
prune(struct worker *worker)
{
	int64_t count = 0;
	enum err err = prune_run(worker->db, worker->conf->event_days, &count);

	if (count > 0)
		log_info("pruned", LOG_INT("rows", count));
	return err;
}

/* Words of new messages. */
static enum err
index_words(struct worker *worker)
{
	int64_t pages;

	return message_index(worker->db, &pages);
}

/* What the home page tells. */
static enum err
count(struct worker *worker)
{
	return overview_refresh(worker->db);
}

const struct sweep sweeps[] = {
	{ "keep", HEARTBEAT_EVERY_MS, 30, keep },
	{ "expire", 1000, 60, expire },
	{ "lapse", 5000, 60, lapse },
	{ "absent", 5000, 60, absent },
	{ "index", 1000, 60, index_words },
	{ "retain", MINUTE_MS, 300, retain },
	{ "prune", MINUTE_MS, 300, prune },
	{ "count", MINUTE_MS, 300, count },
	{ 0 },
};

size_t
sweep_count(void)
{
	return COUNT_OF(sweeps) - 1;
}

static void
sweep_round(struct worker *worker, const struct sweep *sweep)
{
	arena_reset(worker->arena);
	prefork_begin("", sweep->limit_s);
	FAILPOINT_OF(SWEEP, sweep->name);
	if (sweep->run(worker) == ERR_OK && heartbeat_beat(worker->db, sweep->name) != ERR_OK)
		log_debug("a round could not be noted", LOG_STR("sweep", sweep->name));
	prefork_end();
	if (sweep->every_ms < MINUTE_MS)
		return;
	/* A connection is not kept for a minute of nothing. */
	worker_close(worker);
	worker_open(worker);
}

void
sweep_serve(struct worker *worker, const struct sweep *sweep)
{
	int64_t next_us = 0, now_us;

	while (!prefork_stopping()) {
		prefork_alive();
		now_us = clock_monotonic_us();
		if (now_us >= next_us) {
			next_us = now_us + sweep->every_ms * 1000;
			sweep_round(worker, sweep);
		}
		worker_nap();
	}
}
