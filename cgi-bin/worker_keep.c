/* The worker's child that minds the others. */
#include "worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "domain/system/heartbeat.h"
#include "domain/system/job_kinds.h"
#include "web/metrics.h"
#include "web/prefork.h"

#include <stdlib.h>
#include <string.h>

enum {
	LIVES_S = 5, /* between two looks of a child: some ticks and a slow statement */
	COUNT_MS = 5000
};

/* Have all seats of the lane (LANE__COUNT: of the sweeps) somebody who lives? */
static bool
seats_live(enum lane_id lane)
{
	int seat;

	for (seat = 0; seat < seat_count(); seat++)
		if (seat_lane(seat) == lane && !prefork_seat_lives(seat, LIVES_S))
			return false;
	return true;
}

/*
 * Whoever does not live is not told of, and before long it is seen that nothing was heard of it. This child is ready
 * when all are said to live, as far as there is a database: the first to ask then hears that they do.
 */
static enum err
beat(struct worker *worker)
{
	struct buf names = buf_new(worker->arena, 128);
	bool turns = prefork_parent_lives(LIVES_S) && seats_live(LANE__COUNT), all = turns;
	enum err err;
	int i;

	buf_puts(&names, turns ? HEARTBEAT_TURN : "");
	for (i = 0; i < LANE__COUNT; i++)
		if (seats_live((enum lane_id)i))
			buf_printf(&names, "%s%s", names.len > 0 ? "," : "", lanes[i].name);
		else
			all = false;
	err = heartbeat_beat(worker->db, names.data);
	if (all)
		prefork_ready();
	TRY(err);
	if (turns)
		metrics_set(worker->metrics, METRIC_BEAT_US, clock_steady_us());
	return ERR_OK;
}

/* What a child was at, as worker.c told it: "ID ATTEMPT KIND". Nothing is done of what is not so. */
static enum err
take_back(struct worker *worker, const struct prefork_left *left)
{
	char *id = arena_strdup(worker->arena, left->at), *attempt = strchr(id, ' '), *name = NULL;
	const struct job_kind *kind;
	const char *reason;
	struct job job;

	if (attempt != NULL)
		name = strchr(attempt + 1, ' ');
	if (name == NULL)
		return ERR_OK;
	*attempt = *name = '\0';
	job = (struct job){ id, name + 1, strtoll(attempt + 1, NULL, 10), NULL };
	kind = job_kind_find(job_kinds, job.kind);
	if (left->over && kind != NULL)
		reason = arena_printf(worker->arena, "timeout: ended after its %d s", kind->limit_s);
	else if (left->signal != 0)
		reason = arena_printf(
		    worker->arena, "killed: its process ended by signal %d", left->signal);
	else
		reason = arena_printf(
		    worker->arena, "killed: its process ended with status %d", left->status);
	if (kind != NULL)
		metrics_lane_add(worker->metrics, kind->lane, METRIC_LANE_FAILED, 1);
	return job_failed(worker->db, &job, kind, reason);
}

static enum err
count_jobs(struct worker *worker)
{
	struct job_tally tallies[LANE__COUNT];
	int i;

	TRY(job_count(worker->db, job_kinds, tallies));
	for (i = 0; i < LANE__COUNT; i++) {
		enum lane_id lane = (enum lane_id)i;

		metrics_lane_set(worker->metrics, lane, METRIC_LANE_READY, tallies[i].ready);
		metrics_lane_set(worker->metrics, lane, METRIC_LANE_RUNNING, tallies[i].running);
		metrics_lane_set(worker->metrics, lane, METRIC_LANE_DEAD, tallies[i].dead);
		metrics_lane_set(worker->metrics, lane, METRIC_LANE_OLDEST_S, tallies[i].oldest_s);
	}
	return ERR_OK;
}

enum err
keep(struct worker *worker)
{
	static int64_t count_us;
	struct prefork_left left;
	int64_t lost = 0;

	TRY(beat(worker));
	while (prefork_left(&left))
		TRY(take_back(worker, &left));
	TRY(job_lost(worker->db, &lost));
	if (lost > 0)
		log_warn("jobs were lost with their workers", LOG_INT("count", lost));
	if (clock_steady_us() < count_us)
		return ERR_OK;
	count_us = clock_steady_us() + COUNT_MS * 1000;
	return count_jobs(worker);
}
