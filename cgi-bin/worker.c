/*
 * The worker: a daemon without HTTP that does what nobody waits for. Five times a second it does the
 * jobs that are due, each second it ends sessions nobody came to, every five seconds those that both sides
 * left, with who was present at a responder that is gone, and each minute it forgets what is old. Each
 * second it writes down that it lives, and which of these it has done (system/heartbeat.h).
 * Several may run; a job is done once. While the database is away it waits; nothing is lost.
 *
 * A program as the others (app.h), in a single child of its parent, without a socket.
 */
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "db/db.h"
#include "domain/system/audit_check.h"
#include "domain/system/heartbeat.h"
#include "domain/system/job.h"
#include "domain/system/prune.h"
#include "domain/talk/assistant.h"
#include "domain/talk/message.h"
#include "domain/talk/presence.h"
#include "domain/talk/retention.h"
#include "domain/talk/session.h"
#include "domain/talk/session_sweep.h"
#include "ext/ai.h"
#include "web/app.h"
#include "web/metrics.h"
#include "web/prefork.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TICK_MS = 200, EXPIRE_MS = 1000, LAPSE_MS = 5000, ABSENT_MS = 5000, PRUNE_MS = 60000 };

static const struct job_handler handlers[] = {
	{ "ai.reply", assistant_prepare, assistant_apply },
	{ AUDIT_CHECK_JOB, audit_check_prepare, audit_check_apply },
	{ 0 },
};

static const struct stmt_set *const sets[] = { &job_stmts, &prune_stmts, &retention_stmts,
	&session_stmts, &session_sweep_stmts, &presence_stmts, &message_stmts, &assistant_stmts,
	&audit_stmts, &audit_check_stmts, &heartbeat_stmts, NULL };
static const struct route *const no_routes[] = { NULL };

/* What the loop works with. */
struct daemon {
	const struct conf *conf;
	struct db *db;
	struct arena *arena; /* of one job or one round */
	struct metrics *metrics;
	int64_t expire_us, lapse_us, absent_us, prune_us, beat_us; /* when next, monotonic */
	char done[64]; /* lanes done since the last beat, each behind a comma */
};

/* A lane was done without a fault: the next beat tells of it. */
static void
lane_done(struct daemon *daemon, const char *lane)
{
	size_t len = strlen(daemon->done);

	if (strstr(daemon->done, lane) == NULL)
		(void)snprintf(daemon->done + len, sizeof(daemon->done) - len, ",%s", lane);
}

/* One job. False when there is none due, or the database is away. */
static bool
work(struct daemon *daemon)
{
	struct job job;
	enum err err;

	arena_reset(daemon->arena);
	err = job_claim(daemon->db, &job);
	if (err != ERR_OK)
		return false;
	err = job_run(daemon->db, &job, handlers);
	if (err == ERR_OK)
		metrics_add(daemon->metrics, METRIC_JOBS_DONE, 1);
	else if (err != ERR_STALE)
		metrics_add(daemon->metrics, METRIC_JOBS_FAILED, 1);
	return err != ERR_UNAVAILABLE;
}

static void
expire(struct daemon *daemon)
{
	size_t count = 0;

	arena_reset(daemon->arena);
	if (session_expire_due(daemon->db, &count) != ERR_OK || job_bury(daemon->db) != ERR_OK)
		return;
	lane_done(daemon, "expire");
	if (count > 0)
		log_info("sessions expired", LOG_INT("count", (int64_t)count));
}

static void
lapse(struct daemon *daemon)
{
	size_t count = 0;

	arena_reset(daemon->arena);
	if (session_lapse_due(daemon->db, daemon->conf->session_idle_s, &count) != ERR_OK)
		return;
	lane_done(daemon, "lapse");
	if (count > 0)
		log_info("sessions lapsed", LOG_INT("count", (int64_t)count));
}

/* Who was present at a responder that is gone. */
static void
sweep_absent(struct daemon *daemon)
{
	int64_t count;

	arena_reset(daemon->arena);
	if (presence_sweep_all(daemon->db, &count) != ERR_OK)
		return;
	lane_done(daemon, "absent");
	if (count > 0)
		log_info("devices of a lost responder forgotten", LOG_INT("count", count));
}

/* The days of the event log. */
static void
retain(struct daemon *daemon)
{
	int64_t made, dropped;
	enum err err = retention_run(daemon->db, daemon->conf->event_days, &made, &dropped);

	if (err == ERR_OK)
		lane_done(daemon, "retain");
	if (made + dropped > 0)
		log_info("days of events", LOG_INT("made", made), LOG_INT("dropped", dropped));
	if (err == ERR_TIMEOUT)
		log_info("the event log is in use, its days wait for the next round");
}

static void
prune(struct daemon *daemon)
{
	int64_t count = 0;

	arena_reset(daemon->arena);
	if (prune_run(daemon->db, daemon->conf->event_days, &count) == ERR_OK)
		lane_done(daemon, "prune");
	if (count > 0)
		log_info("pruned", LOG_INT("rows", count));
	retain(daemon);
}

static void
beat(struct daemon *daemon)
{
	arena_reset(daemon->arena);
	if (heartbeat_beat(daemon->db,
		arena_printf(daemon->arena, HEARTBEAT_TURN "%s", daemon->done)) != ERR_OK)
		return;
	daemon->done[0] = '\0';
	metrics_set(daemon->metrics, METRIC_BEAT_US, clock_steady_us());
}

/* Is it time? Then set the next. */
static bool
due(int64_t *next_us, int64_t every_ms)
{
	int64_t now = clock_monotonic_us();

	if (now < *next_us)
		return false;
	*next_us = now + every_ms * 1000;
	return true;
}

static void
tick(struct daemon *daemon)
{
	prefork_alive();
	if (due(&daemon->expire_us, EXPIRE_MS))
		expire(daemon);
	if (due(&daemon->lapse_us, LAPSE_MS))
		lapse(daemon);
	if (due(&daemon->absent_us, ABSENT_MS))
		sweep_absent(daemon);
	if (due(&daemon->prune_us, PRUNE_MS))
		prune(daemon);
	if (due(&daemon->beat_us, HEARTBEAT_EVERY_MS))
		beat(daemon);
}

static int
serve(struct worker *worker, int listener)
{
	const struct timespec pause = { 0, clock_nap_ms(TICK_MS) * 1000000L };
	struct daemon daemon = { .conf = worker->conf,
		.db = worker->db,
		.arena = worker->arena,
		.metrics = worker->metrics };

	(void)listener;
	log_info("worker started", LOG_STR("ai_provider", worker->conf->ai_provider));
	while (!prefork_stopping()) {
		tick(&daemon);
		while (!prefork_stopping() && work(&daemon))
			tick(&daemon);
		if (!prefork_stopping())
			(void)nanosleep(&pause, NULL);
	}
	log_info("worker stopped");
	return 0;
}

/* conf_check has seen that it is one. */
static void
prepare(const struct conf *conf)
{
	assistant_provider_set(ai_provider_find(conf->ai_provider));
}

static const struct app app = { "worker", no_routes, sets, .no_listener = true, .prepare = prepare,
	.serve = serve };

int
main(int argc, char **argv)
{
	return app_main(&app, argc, argv);
}
