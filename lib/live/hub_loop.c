/*
 * The loop: one epoll set over the listener, the parked sockets, the decoding stream and the catch-up
 * connection; deadlines by the wheel, the scan once a second.
 */
#include "base/clock.h"
#include "base/log.h"
#include "live/hub_int.h"
#include "web/prefork.h"
#include "web/revoke.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	EVENTS_MAX = 256,
	TICK_MS = 100, /* of the wheel, while anyone waits */
	IDLE_TICK_MS = 500,
	LEAVE_US = 1500000, /* to answer those whose first read is still out */
	SCRATCH_BYTES_MAX = 64 * 1024 * 1024,
	SPARE_FDS = 64, /* besides parked sockets */
	ACCEPT_PAUSE_US = 100000
};

/* libpq closes descriptors and opens others within a step, and reply threads close theirs at any time: by
 * the time a source hears of it, the number may be that of another source's connection. */
static struct source **
watched(struct hub *hub, int fd)
{
	size_t size = hub->watched_size > 0 ? hub->watched_size : 256;

	while (size <= (size_t)fd)
		size *= 2;
	if (size > hub->watched_size) {
		hub->watched = realloc(hub->watched, size * sizeof(struct source *));
		if (hub->watched == NULL)
			abort();
		memset(hub->watched + hub->watched_size, 0,
		    (size - hub->watched_size) * sizeof(struct source *));
		hub->watched_size = size;
	}
	return &hub->watched[fd];
}

void
hub_watch(struct hub *hub, struct source *source, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data = { .ptr = source } };

	if (source->fd >= 0 && source->fd != fd && *watched(hub, source->fd) == source) {
		(void)epoll_ctl(hub->epoll, EPOLL_CTL_DEL, source->fd, NULL);
		*watched(hub, source->fd) = NULL;
	}
	/* A new connection may have the number of a closed one: it must be added then. */
	if (fd >= 0 && epoll_ctl(hub->epoll, EPOLL_CTL_MOD, fd, &event) != 0 &&
	    (errno != ENOENT || epoll_ctl(hub->epoll, EPOLL_CTL_ADD, fd, &event) != 0))
		log_error("epoll_ctl", LOG_STR("error", strerror(errno)));
	if (fd >= 0)
		*watched(hub, fd) = source;
	source->fd = fd;
	source->events = events;
}

static void
listen_on(struct hub *hub)
{
	hub->listen_us = 0;
	hub_watch(hub, &hub->listener, hub->listener_fd, EPOLLIN);
	if (hub->ws_fd >= 0)
		hub_watch(hub, &hub->ws_listener, hub->ws_fd, EPOLLIN);
}

static void
listen_off(struct hub *hub)
{
	hub_watch(hub, &hub->listener, -1, 0);
	hub_watch(hub, &hub->ws_listener, -1, 0);
}

void
hub_listen(struct hub *hub)
{
	if (hub->listening || hub->leaving)
		return;
	hub->listening = true;
	listen_on(hub);
}

void
hub_accept_failed(struct hub *hub, int error)
{
	if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
		return;
	if (hub->listen_us == 0)
		log_warn("cannot accept", LOG_STR("error", strerror(error)));
	hub->listen_us = clock_monotonic_us() + ACCEPT_PAUSE_US;
	listen_off(hub);
}

static void
listener_ready(struct hub *hub, void *owner, uint32_t events)
{
	(void)owner;
	(void)events;
	if (!hub->leaving)
		hub_accept(hub);
}

static void
ws_listener_ready(struct hub *hub, void *owner, uint32_t events)
{
	(void)owner;
	(void)events;
	if (!hub->leaving)
		hub_ws_accept(hub);
}

static void
stream_ready(struct hub *hub, void *owner, uint32_t events)
{
	(void)owner;
	(void)events;
	wal_step(hub->wal);
}

static void
database_ready(struct hub *hub, void *owner, uint32_t events)
{
	(void)owner;
	(void)events;
	pipeline_step(hub->pipeline);
}

static void
calls_ready(struct hub *hub, void *owner, uint32_t events)
{
	(void)hub;
	(void)events;
	pipeline_step(owner);
}

static uint32_t
to_epoll(short events)
{
	return ((events & POLLIN) != 0 ? (uint32_t)EPOLLIN : 0) |
	    ((events & POLLOUT) != 0 ? (uint32_t)EPOLLOUT : 0);
}

static void
watch_pipeline(struct hub *hub, struct source *source, const struct pipeline *pipeline)
{
	hub_watch(hub, source, pipeline_fd(pipeline), to_epoll(pipeline_poll(pipeline)));
}

/* Sockets and wishes of libpq change with every step. */
static void
watch_database(struct hub *hub)
{
	int64_t i;

	watch_pipeline(hub, &hub->database, hub->pipeline);
	for (i = 0; i < hub->call_count; i++)
		watch_pipeline(hub, &hub->call_sources[i], hub->calls[i]);
	if (hub->wal != NULL)
		hub_watch(hub, &hub->stream, wal_fd(hub->wal), to_epoll(wal_poll(hub->wal)));
}

/* What is due by the clock. */
static void
tick(struct hub *hub)
{
	int64_t now = clock_monotonic_us(), steady = clock_steady_us(), i;

	if (steady >= pipeline_due_us(hub->pipeline))
		pipeline_step(hub->pipeline);
	for (i = 0; i < hub->call_count; i++)
		if (steady >= pipeline_due_us(hub->calls[i]))
			pipeline_step(hub->calls[i]);
	if (hub->wal != NULL && steady >= wal_due_us(hub->wal))
		wal_step(hub->wal);
	if (hub->listen_us != 0 && now >= hub->listen_us && !hub->leaving)
		listen_on(hub);
	if (now >= hub->scan_us) {
		hub_scan_regularly(hub);
		hub_users_expire(hub);
		if (hub->wal != NULL)
			metrics_set(
			    hub->worker->metrics, METRIC_STREAM_LAG_BYTES, wal_lag_bytes(hub->wal));
	}
	hub_wheel_turn(hub);
	hub_presence_turn(hub);
}

static int
timeout_ms(const struct hub *hub)
{
	int64_t due = pipeline_due_us(hub->pipeline), left_us, scan_us, i;
	int most_ms = clock_nap_ms(hub->held > 0 ? TICK_MS : IDLE_TICK_MS);

	for (i = 0; i < hub->call_count; i++)
		if (pipeline_due_us(hub->calls[i]) < due)
			due = pipeline_due_us(hub->calls[i]);
	if (hub->wal != NULL && wal_due_us(hub->wal) < due)
		due = wal_due_us(hub->wal);
	left_us = due - clock_steady_us();
	scan_us = hub->scan_us - clock_monotonic_us();
	if (scan_us < left_us)
		left_us = scan_us;
	if (left_us <= 0 || hub->ready_first != NULL)
		return 0;
	return left_us / 1000 + 1 < most_ms ? (int)(left_us / 1000) + 1 : most_ms;
}

static void
turn(struct hub *hub)
{
	struct epoll_event events[EVENTS_MAX];
	int i, count;

	watch_database(hub);
	metrics_add(hub->worker->metrics, METRIC_LOOP_TURNS, 1);
	count = epoll_wait(hub->epoll, events, EVENTS_MAX, timeout_ms(hub));
	for (i = 0; i < count; i++) {
		struct source *source = events[i].data.ptr;

		source->ready(hub, source->owner, events[i].events);
	}
	hub_ready_turn(hub);
	tick(hub);
	hub_bury(hub);
	arena_reset(hub->arena);
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

/* Who asks while there is no connection is told so at once, and whose call was lost with it too. */
static void
calls_changed(void *hub)
{
	(void)hub;
}

static void
calls_open(struct hub *hub, struct pipeline_config config)
{
	int64_t i;

	config.program = "events-calls";
	config.ready = config.down = calls_changed;
	config.waiting_max = CALLS_WAITING_MAX;
	hub->call_count = hub->conf->events_connections;
	for (i = 0; i < hub->call_count; i++) {
		hub->calls[i] = pipeline_open(&config);
		hub->call_sources[i] = (struct source){ calls_ready, hub->calls[i], -1, 0 };
	}
}

static void
hub_open(struct hub *hub, struct worker *worker, int listener, const struct hub_op *ops)
{
	struct pipeline_config config = { worker->conf->database_url, "events", worker->sets, 0,
		hub, hub_database_ready, hub_database_down };

	hub->worker = worker;
	hub->conf = worker->conf;
	hub->arena = arena_new(SCRATCH_BYTES_MAX);
	hub->epoll = epoll_create1(EPOLL_CLOEXEC);
	hub->listener_fd = listener;
	hub->ws_fd = worker->second_listener;
	hub->ops = ops;
	hub->ready_last = &hub->ready_first;
	hub->listener = (struct source){ listener_ready, NULL, -1, 0 };
	hub->ws_listener = (struct source){ ws_listener_ready, NULL, -1, 0 };
	hub->stream = (struct source){ stream_ready, NULL, -1, 0 };
	hub->database = (struct source){ database_ready, NULL, -1, 0 };
	hub->held_max = held_max(worker->conf);
	hub->wheel_slot = clock_monotonic_us() / WHEEL_SLOT_US;
	hub->scan_us = clock_monotonic_us() + SCAN_US;
	hub_users_open(hub);
	config.waiting_max = (size_t)hub->held_max + SPARE_FDS;
	hub->pipeline = pipeline_open(&config);
	calls_open(hub, config);
	hub->wal = hub_stream_open(hub);
	hub_presence_open(hub);
	hub->replier = replier_start();
	metrics_set(worker->metrics, METRIC_POLLS_PARKED, 0);
	metrics_set(worker->metrics, METRIC_STREAMS_OPEN, 0);
}

static void
answer_nothing(struct hub *hub, struct waiter *waiter, void *arg)
{
	(void)arg;
	hub_answer_nothing(hub, waiter);
}

static void
answer_with_cursor(struct hub *hub, struct waiter *waiter, void *arg)
{
	(void)arg;
	if (waiter->has_cursor || waiter->live != NULL)
		hub_answer_nothing(hub, waiter);
}

/* Take what nginx has handed over already, then no more; answer all. */
static void
leave(struct hub *hub)
{
	int64_t until = clock_monotonic_us() + LEAVE_US;

	if (hub->listening)
		hub_accept(hub);
	hub->leaving = true;
	hub_presence_goodbye(hub);
	listen_off(hub);
	hub_each_waiter(hub, answer_with_cursor, NULL);
	while (hub->held + hub->pending > 0 && clock_monotonic_us() < until)
		turn(hub);
	hub_each_waiter(hub, answer_nothing, NULL);
	hub_wheel_drop_all(hub);
}

static void
hub_close(struct hub *hub)
{
	int64_t i;

	replier_stop(hub->replier);
	wal_close(hub->wal);
	pipeline_close(hub->pipeline);
	for (i = 0; i < hub->call_count; i++)
		pipeline_close(hub->calls[i]);
	hub_bury(hub);
	hub_users_close(hub);
	hub_presence_close(hub);
	metrics_set(hub->worker->metrics, METRIC_STREAM_CONNECTED, 0); /* until a successor's is */
	(void)close(hub->epoll);
	free(hub->watched);
	arena_free(hub->arena);
}

int
hub_serve(struct worker *worker, int listener, const struct hub_op *ops)
{
	struct hub *hub = calloc(1, sizeof(*hub));
	struct arena *arena = worker->arena;

	if (hub == NULL)
		abort();
	hub_open(hub, worker, listener, ops);
	worker->hub = hub;
	worker->arena = hub->arena;
	revoke_by_loop(worker->revoke);
	while (!prefork_stopping())
		turn(hub);
	leave(hub);
	hub_close(hub);
	worker->arena = arena;
	worker->hub = NULL;
	free(hub);
	return 0;
}
