/*
 * The worker: a daemon without HTTP that does what nobody waits for. It is a parent and its children, each with
 * a seat (prefork.h): one for each sweep (worker_sweep.c), and as many for each lane of jobs as lane.def says,
 * if there is a kind of job for it. A child does one thing at a time, within a time limit that its parent
 * enforces, and has a connection of its own; so what hangs delays nothing but its own lane or sweep, and not
 * for long. Several workers may run; a job is done once. While the database is away they wait; nothing is lost.
 *
 * A program as the others (app.h), without a socket.
 */
#include "worker.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "db/db.h"
#include "domain/system/acts.h"
#include "domain/system/audit_check.h"
#include "domain/system/decision_job.h"
#include "domain/system/heartbeat.h"
#include "domain/system/job_kinds.h"
#include "domain/system/outbox.h"
#include "domain/system/overview.h"
#include "domain/system/prune.h"
#include "domain/talk/assistant.h"
#include "domain/talk/message.h"
#include "domain/talk/presence.h"
#include "domain/talk/retention.h"
#include "domain/talk/session.h"
#include "domain/talk/session_sweep.h"
#include "ext/ai.h"
#include "web/metrics.h"
#include "web/prefork.h"

#include <time.h>

enum { ACTS_BYTES_MAX = 64 * 1024 }; /* for the list of them */

/* Those of the worker's own; the acts' come behind them. */
static const struct stmt_set *const own_sets[] = { &job_stmts, &prune_stmts, &retention_stmts,
	&session_stmts, &session_sweep_stmts, &presence_stmts, &message_stmts, &assistant_stmts,
	&overview_stmts, &audit_stmts, &audit_check_stmts, &decision_job_stmts, &heartbeat_stmts,
	&outbox_stmts, NULL };
static const struct route *const no_routes[] = { NULL };

void
worker_nap(void)
{
	const struct timespec pause = { 0, clock_nap_ms(TICK_MS) * 1000000L };

	if (!prefork_stopping())
		(void)nanosleep(&pause, NULL);
}

/* Children that the lane has. */
static int
lane_children(enum lane_id lane)
{
	size_t i;

	for (i = 0; job_kinds[i] != NULL; i++)
		if (job_kinds[i]->lane == lane)
			return lanes[lane].children;
	return 0;
}

enum lane_id
seat_lane(int seat)
{
	enum lane_id lane = LANE__COUNT;
	int end = (int)sweep_count(), i;

	for (i = 0; seat >= end && i < LANE__COUNT; i++) {
		lane = (enum lane_id)i;
		end += lane_children(lane);
	}
	return lane;
}

int
seat_count(void)
{
	int count = (int)sweep_count(), i;

	for (i = 0; i < LANE__COUNT; i++)
		count += lane_children((enum lane_id)i);
	return count;
}

/* One job of the lane. False when there is none due, or the database is away. */
static bool
work(struct worker *worker, enum lane_id lane, const struct job_kind *const *kinds)
{
	const struct job_kind *kind;
	struct job job;
	enum err err;

	arena_reset(worker->arena);
	if (job_claim(worker->db, kinds, &job) != ERR_OK)
		return false;
	kind = job_kind_find(kinds, job.kind);
	assert(kind != NULL);
	prefork_took();
	prefork_begin(
	    arena_printf(worker->arena, "%s %lld %s", job.id, (long long)job.attempt, job.kind),
	    kind->limit_s);
	err = job_run(worker->db, &job, kind);
	prefork_end();
	prefork_answered();
	metrics_add(worker->metrics, METRIC_TEXTS_MISSED, wording_missed());
	if (err != ERR_STALE)
		metrics_lane_add(worker->metrics, lane,
		    err == ERR_OK ? METRIC_LANE_DONE : METRIC_LANE_FAILED, 1);
	return err != ERR_UNAVAILABLE;
}

static void
lane_serve(struct worker *worker, enum lane_id lane)
{
	const struct job_kind *const *kinds = job_kinds_of(worker->process, lane);

	while (!prefork_stopping()) {
		prefork_alive();
		while (!prefork_stopping() && work(worker, lane, kinds))
			continue;
		worker_nap();
	}
}

static int
serve(struct worker *worker, int listener)
{
	int seat = prefork_seat();
	enum lane_id lane = seat_lane(seat);
	const char *does = lane == LANE__COUNT ? sweeps[seat].name : lanes[lane].name;

	(void)listener;
	log_debug("worker started", LOG_STR("does", does));
	prefork_alive();
	if (lane != LANE__COUNT || sweeps[seat].run != keep)
		prefork_ready();
	if (lane == LANE__COUNT)
		sweep_serve(worker, &sweeps[seat]);
	else
		lane_serve(worker, lane);
	log_debug("worker stopped", LOG_STR("does", does));
	return 0;
}

/* conf_check has seen that it is one. */
static void
prepare(const struct conf *conf)
{
	assistant_provider_set(ai_provider_find(conf->ai_provider));
	letters_prepare(conf);
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new(ACTS_BYTES_MAX);
	const struct app app = { "worker", no_routes, act_sets_behind(arena, own_sets),
		.no_listener = true, .prepare = prepare, .serve = serve, .seats = seat_count() };
	int status = app_main(&app, argc, argv);

	arena_free(arena);
	return status;
}
