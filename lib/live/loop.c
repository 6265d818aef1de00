/*
 * The loop: one epoll set over the listeners, the sockets of clients, the decoding stream and the connections to the
 * database. A pass waits, lets each source that is ready tell the core, does what is due by the clock, does what the core
 * wants done, and buries who left.
 */
#include "base/clock.h"
#include "base/log.h"
#include "db/wal.h"
#include "live/call.h"
#include "live/door.h"
#include "live/enter.h"
#include "live/here.h"
#include "live/life.h"
#include "live/gather.h"
#include "live/live.h"
#include "live/reply_thread.h"
#include "live/request.h"
#include "live/scan.h"
#include "live/stream.h"
#include "live/work.h"
#include "live/ws_greet.h"
#include "web/metrics.h"
#include "web/prefork.h"
#include "web/revoke.h"

#include <stdlib.h>
#include <sys/resource.h>

enum {
	TICK_MS = 100, /* of the deadlines, while anyone waits */
	IDLE_TICK_MS = 500,
	LEAVE_US = 1500000, /* to answer those whose first read is still out */
	SCRATCH_BYTES_MAX = 64 * 1024 * 1024,
	SPARE_FDS = 64 /* besides parked sockets */
};

/* The program, and what of its sources belongs to no part. */
struct loop {
	struct live live;
	struct source stream, database;
};

static void
stream_ready(void *owner, uint32_t events)
{
	const struct live *live = owner;

	(void)events;
	wal_step(live->wal);
}

static void
database_ready(void *owner, uint32_t events)
{
	const struct live *live = owner;

	(void)events;
	pipeline_step(live->pipeline);
}

/* Sockets and wishes of libpq change with every step. */
static void
watch_database(struct loop *loop)
{
	struct live *live = &loop->live;

	watch_poll(&live->watch, &loop->database, pipeline_fd(live->pipeline),
	    pipeline_poll(live->pipeline));
	line_watch(live);
	if (live->wal != NULL)
		watch_poll(&live->watch, &loop->stream, wal_fd(live->wal), wal_poll(live->wal));
}

/* What is due by the clock. */
static void
tick(struct live *live)
{
	int64_t steady = clock_steady_us();

	if (steady >= pipeline_due_us(live->pipeline))
		pipeline_step(live->pipeline);
	line_tick(live->lines);
	gather_tick(live->lines);
	if (live->wal != NULL && steady >= wal_due_us(live->wal))
		wal_step(live->wal);
	door_tick(live);
	scan_tick(live);
	work_due(live);
	here_turn(live);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int
timeout_ms(const struct live *live)
{
	int64_t due = least(pipeline_due_us(live->pipeline), line_due_us(live->lines)), left_us;
	int most_ms = clock_nap_ms(live->held > 0 ? TICK_MS : IDLE_TICK_MS);

	due = least(due, gather_due_us(live->lines));
	if (live->wal != NULL)
		due = least(due, wal_due_us(live->wal));
	left_us = least(due - clock_steady_us(), scan_due_us(live) - clock_monotonic_us());
	if (left_us <= 0 || core_busy(&live->core))
		return 0;
	return left_us / 1000 + 1 < most_ms ? (int)(left_us / 1000) + 1 : most_ms;
}

static void
count(const struct live *live)
{
	metrics_set(live->worker->metrics, METRIC_POLLS_PARKED, live->held - live->stay_count);
	metrics_set(live->worker->metrics, METRIC_STREAMS_OPEN, live->stay_count);
}

static void
pass(struct loop *loop)
{
	struct live *live = &loop->live;

	watch_database(loop);
	metrics_add(live->worker->metrics, METRIC_LOOP_TURNS, 1);
	watch_wait(&live->watch, timeout_ms(live));
	live->core.now_us = clock_monotonic_us();
	watch_tell(&live->watch);
	tick(live);
	work_turn(live);
	enter_bury(live);
	count(live);
	arena_reset(live->arena);
}

/* --- beginning and end --- */

/* Descriptors for POLL_HELD_MAX requests, or as many as the system grants. */
static int64_t
held_max(const struct conf *conf)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return conf->poll_held_max;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max >= (rlim_t)(conf->poll_held_max + SPARE_FDS))
		return conf->poll_held_max;
	log_warn("too few descriptors for POLL_HELD_MAX", LOG_INT("limit", (int64_t)limit.rlim_max));
	return limit.rlim_max > 2 * SPARE_FDS ? (int64_t)limit.rlim_max - SPARE_FDS : SPARE_FDS;
}

static void
database_open(struct live *live)
{
	struct pipeline_config config = { live->conf->database_url, "events", live->worker->sets,
		(size_t)live->held_max + SPARE_FDS, live, scan_connected, scan_down };

	live->life = life_new();
	live->scan = scan_new(live->core.now_us);
	live->here = here_new(live->conf);
	live->pipeline = pipeline_open(&config);
	live->lines = line_open(live, config);
	live->wal = stream_open(live);
}

static void
loop_open(struct loop *loop, struct worker *worker, int listener, const struct live_socket *socket)
{
	struct live *live = &loop->live;

	live->worker = worker;
	live->conf = worker->conf;
	live->arena = arena_new(SCRATCH_BYTES_MAX);
	live->socket = socket;
	live->heard = call_heard;
	live->held_max = held_max(worker->conf);
	core_open(&live->core, clock_monotonic_us());
	watch_open(&live->watch);
	live->door =
	    door_new(live, listener, request_accept, worker->second_listener, ws_greet_accept);
	loop->stream = (struct source){ stream_ready, live, -1, 0 };
	loop->database = (struct source){ database_ready, live, -1, 0 };
	database_open(live);
	live->replies = reply_thread_start();
	count(live);
}

/* Take what nginx has handed over already, then no more; answer all. */
static void
leave(struct loop *loop)
{
	struct live *live = &loop->live;
	int64_t until = clock_monotonic_us() + LEAVE_US;
	struct waiter *waiter = NULL;

	door_shut(live);
	live->core.leaving = true;
	here_goodbye(live);
	gather_all(live->lines);
	while ((waiter = core_next(&live->core, waiter)) != NULL)
		if (waiter->has_cursor || waiter->stays)
			core_want(&live->core, waiter, WORK_NOTHING);
	while (live->held + live->pending > 0 && clock_monotonic_us() < until)
		pass(loop);
	work_end_all(live);
	work_drop_all(live);
}

static void
loop_close(struct loop *loop)
{
	struct live *live = &loop->live;

	reply_thread_stop(live->replies);
	wal_close(live->wal);
	pipeline_close(live->pipeline);
	line_close(live->lines);
	enter_bury(live);
	core_close(&live->core);
	here_free(live->here);
	scan_free(live->scan);
	life_free(live->life);
	door_free(live->door);
	metrics_set(live->worker->metrics, METRIC_STREAM_CONNECTED, 0); /* until a successor's is */
	watch_close(&live->watch);
	arena_free(live->arena);
}

int
live_serve(struct worker *worker, int listener, const struct live_socket *socket)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct arena *arena = worker->arena;

	if (loop == NULL)
		abort();
	loop_open(loop, worker, listener, socket);
	worker->live = &loop->live;
	worker->arena = loop->live.arena;
	revoke_by_loop(worker->revoke);
	while (!prefork_stopping())
		pass(loop);
	leave(loop);
	loop_close(loop);
	worker->arena = arena;
	worker->live = NULL;
	free(loop);
	return 0;
}
