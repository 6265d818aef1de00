/* The worker's loop of app.h: turns (turn.h) over many kept connections. */
#include "web/app.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "web/fcgi.h"
#include "web/prefork.h"
#include "web/revoke.h"
#include "web/token_cache.h"
#include "web/turn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 512,
	EVENTS_MAX = 64,
	TICK_MS = 1000,
	WORKER_BYTES_MAX = 16 * 1024 * 1024
};

/* Kept connections; a free one has fd -1. */
struct loop {
	struct worker *worker;
	struct turn *turn;
	struct http connections[CONNECTIONS_MAX];
	int epoll, listener;
	unsigned kept;
	int64_t served;
	bool leaving; /* no new connections; nginx ends those there are */
	int64_t close_us; /* while leaving, monotonic: from now on each is closed after its next reply */
	int64_t leave_us; /* when leaving ends */
	bool listening; /* the listener is in the epoll set */
};

void
worker_open(struct worker *worker)
{
	worker->arena = arena_new(REQUEST_BYTES_MAX);
	worker->db = db_open(worker->conf->database_url, worker->app->name, worker->sets);
	if (worker->app->no_wait)
		db_wait_set(worker->db, 0);
	db_arena_set(worker->db, worker->arena);
	worker->revoke = revoke_new(worker->revoked, worker->metrics);
	worker->process = arena_new(WORKER_BYTES_MAX);
	worker->tokens = token_cache_new(worker->process);
}

void
worker_close(struct worker *worker)
{
	db_close(worker->db);
	arena_free(worker->arena);
	revoke_free(worker->revoke);
	arena_free(worker->process);
}

static void
watch(const struct loop *loop, int fd, void *ptr, uint32_t events)
{
	struct epoll_event event = { .events = events, .data = { .ptr = ptr } };

	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0 && errno != EEXIST)
		log_error("epoll_ctl", LOG_STR("error", strerror(errno)));
}

static void
listen_start(struct loop *loop)
{
	watch(loop, loop->listener, NULL, EPOLLIN | EPOLLEXCLUSIVE);
	loop->listening = true;
}

static void
listen_stop(struct loop *loop)
{
	if (loop->listening)
		(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, loop->listener, NULL);
	loop->listening = false;
}

/* The request that c carries has its reply; afterwards c is kept, or free. */
static void
answered(void *arg, struct http *c, bool fresh)
{
	struct loop *loop = arg;
	bool open = http_finish(c, loop->leaving && clock_monotonic_us() >= loop->close_us);

	loop->served++;
	if (open && fresh) {
		loop->kept++;
		watch(loop, c->fd, c, EPOLLIN | EPOLLRDHUP);
	} else if (!open && !fresh) {
		loop->kept--;
	}
}

static struct http *
free_connection(struct loop *loop)
{
	size_t i;

	for (i = 0; i < CONNECTIONS_MAX; i++)
		if (loop->connections[i].fd < 0)
			return &loop->connections[i];
	return NULL;
}

/* False: there is none, or no room for it. */
static bool
take_new(struct loop *loop)
{
	struct http *c = free_connection(loop);

	if (c == NULL) {
		listen_stop(loop); /* full: begin again when one closes */
		return false;
	}
	if (http_accept(c) != 0)
		return false;
	turn_take(loop->turn, c, true);
	return true;
}

/*
 * One, so that siblings who have nothing to do take the next. But where a turn takes as long as a commit, one a turn
 * would make those at the listener wait behind all that come over kept connections; and they fill the batch.
 */
static void
on_listener(struct loop *loop)
{
	bool more = take_new(loop);

	while (more && loop->worker->app->commits && !turn_full(loop->turn))
		more = take_new(loop);
}

static void
on_connection(struct loop *loop, struct http *c)
{
	if (http_next(c) == 0)
		turn_take(loop->turn, c, false);
	else
		loop->kept--;
}

/*
 * Between a reply and the close behind it nginx may take the connection for the next request, which is lost
 * then unless it may be sent again. So nginx is to end each connection (nginx/http.conf: within three
 * seconds); what an nginx that does not leaves over is closed here, late.
 */
static void
leave(struct loop *loop)
{
	int64_t now = clock_monotonic_us(), drain_us = loop->worker->conf->drain_s * SECOND_US;

	listen_stop(loop);
	prefork_worn();
	loop->leaving = true;
	loop->close_us = now + drain_us * 3 / 4;
	loop->leave_us = now + drain_us;
}

static bool
loop_goes_on(struct loop *loop)
{
	if (!loop->leaving && prefork_stopping())
		leave(loop);
	if (loop->served >= loop->worker->conf->worker_requests_max)
		prefork_worn();
	if (loop->leaving)
		return loop->kept > 0 && clock_monotonic_us() < loop->leave_us;
	if (!loop->listening && loop->kept < CONNECTIONS_MAX)
		listen_start(loop);
	return true;
}

static void
take_ready(struct loop *loop, const struct epoll_event *events, int count)
{
	int i;

	for (i = 0; i < count && !(loop->leaving && clock_monotonic_us() >= loop->leave_us); i++) {
		if (events[i].data.ptr != NULL)
			on_connection(loop, events[i].data.ptr);
		else if (!loop->leaving)
			on_listener(loop);
		if (turn_full(loop->turn))
			turn_run(loop->turn);
	}
}

/*
 * While the first were read others have come, and what goes with them costs less than another turn. Not those at the
 * listener: siblings may be idle. A connection that is in the turn shows again when its peer will say no more.
 */
static void
take_late(struct loop *loop)
{
	struct epoll_event events[EVENTS_MAX];
	int i, count = epoll_wait(loop->epoll, events, EVENTS_MAX, 0), late = 0;

	for (i = 0; i < count; i++)
		if (events[i].data.ptr != NULL && !turn_has(loop->turn, events[i].data.ptr))
			events[late++] = events[i];
	take_ready(loop, events, late);
}

static void
turn(struct loop *loop)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(loop->epoll, events, EVENTS_MAX, loop->leaving ? 50 : TICK_MS);

	prefork_alive();
	take_ready(loop, events, count);
	if (!turn_empty(loop->turn))
		take_late(loop);
	turn_run(loop->turn);
}

int
worker_run(struct worker *worker, int listener)
{
	struct arena *arena = arena_new(sizeof(struct loop) + 4096);
	struct loop *loop = arena_alloc(arena, sizeof(*loop));
	size_t i;

	loop->worker = worker;
	loop->turn = turn_new(worker, answered, loop);
	loop->listener = listener;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < CONNECTIONS_MAX; i++)
		http_prepare(&loop->connections[i], listener);
	while (loop_goes_on(loop))
		turn(loop);
	for (i = 0; i < CONNECTIONS_MAX; i++)
		if (loop->connections[i].fd >= 0)
			http_drop(&loop->connections[i]);
	(void)close(loop->epoll);
	turn_free(loop->turn);
	arena_free(arena);
	return 0;
}
