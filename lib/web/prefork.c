#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/outage.h"
#include "web/prefork_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum {
	CHILDREN_MAX = PREFORK_CHILDREN_MAX,
	YOUNG_US = 1000000, /* a child that ends sooner, without a request, cannot start */
	BACKOFF_FIRST_US = 50000, /* doubled for each such end in a row */
	BACKOFF_MAX_US = 5000000,
	CRASHES_FREE = 16, /* in a row with nothing answered; from then on a pause for each */
	CRASH_PAUSE_US = 100000,
	RELOAD_S = 60,
	READY_S = 5,
	TICK_MS = 200,
	WORN = -1
};

struct child {
	pid_t pid; /* 0: free */
	int generation; /* of its settings; WORN: to be replaced whatever they are */
	int64_t began_us;
	int seat;
	int64_t end_us; /* told to leave, and killed at this time; 0: not told */
	bool over; /* because its limit has passed */
};

struct pool {
	struct prefork *prefork;
	struct prefork_tally *tally;
	struct child children[CHILDREN_MAX];
	int generation; /* of settings */
	int64_t start_us; /* no child is started before */
	int unborn; /* ends in a row of children that could not start */
	int crashes; /* in a row, with nothing answered in between */
	int64_t answered; /* at the last crash */
	int64_t reload_us; /* when the reload began; 0: none */
	sigset_t before; /* signals blocked outside the parent's wait */
};

/* Those in service, by what has become of them. */
struct census {
	int ready, starting; /* of this generation */
	int old; /* of an earlier one, not told to leave */
	int leaving;
};

static volatile sig_atomic_t asked_reload;

static void
on_reload(int number)
{
	(void)number;
	asked_reload = 1;
}

static void
on_child(int number)
{
	(void)number; /* only to interrupt the wait */
}

/* --- children --- */

static _Noreturn void
child_main(struct pool *pool, size_t at, pid_t parent)
{
	prefork_child_is(pool->tally, at);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the group; the parent passes TERM */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &pool->before, NULL);
	if (getppid() != parent)
		_exit(0);
	exit(pool->prefork->run(pool->prefork->arg));
}

/* How many have that seat and were not told to leave; of this generation only, or all. */
static int
seat_taken(const struct pool *pool, int seat, bool all)
{
	int count = 0;
	size_t i;

	for (i = 0; i < CHILDREN_MAX; i++) {
		const struct child *child = &pool->children[i];

		count += child->pid != 0 && child->end_us == 0 && child->seat == seat &&
		    (all || child->generation == pool->generation);
	}
	return count;
}

/* False: it cannot be now. */
static bool
child_start(struct pool *pool)
{
	int64_t now = clock_steady_us();
	pid_t parent = getpid(), pid;
	size_t at = 0;
	int seat = 0;

	while (at < CHILDREN_MAX && pool->children[at].pid != 0)
		at++;
	while (seat_taken(pool, seat, false) > 0)
		seat++;
	if (now < pool->start_us || at == CHILDREN_MAX)
		return false;
	prefork_slot_open(&pool->tally->slots[at], seat);
	pid = fork();
	if (pid == 0)
		child_main(pool, at, parent);
	if (pid < 0) {
		log_error("cannot fork", LOG_STR("error", strerror(errno)));
		pool->start_us = now + BACKOFF_MAX_US;
		return false;
	}
	atomic_store(&pool->tally->slots[at].pid, pid);
	pool->children[at] = (struct child){
		.pid = pid, .generation = pool->generation, .began_us = now, .seat = seat
	};
	return true;
}

/* A child failed: when may the next be started? */
static void
pause_set(struct pool *pool, const struct child *child, bool took)
{
	int64_t now = clock_steady_us(), answered = atomic_load(&pool->tally->answered);
	int64_t pause_us = 0;

	if (!took && now - child->began_us < YOUNG_US) {
		pause_us = BACKOFF_MAX_US;
		if (pool->unborn < 7)
			pause_us = BACKOFF_FIRST_US << pool->unborn++;
	} else {
		pool->unborn = 0;
		pool->crashes = answered == pool->answered ? pool->crashes + 1 : 1;
		pool->answered = answered;
		if (pool->crashes > CRASHES_FREE)
			pause_us = CRASH_PAUSE_US;
	}
	if (pause_us > BACKOFF_MAX_US)
		pause_us = BACKOFF_MAX_US;
	pool->start_us = now + pause_us;
}

static void
child_ended(struct pool *pool, size_t at, int status)
{
	struct child child = pool->children[at];
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && child.end_us != 0;
	const struct prefork_left left = {
		.over = child.over,
		.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	};

	pool->children[at].pid = 0;
	prefork_slot_close(pool->tally, at, &left);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	log_error("worker ended", LOG_INT("worker", child.pid), LOG_INT("signal", left.signal),
	    LOG_INT("status", left.status));
	if (pool->prefork->lost != NULL)
		pool->prefork->lost(pool->prefork->arg, atomic_load(&pool->tally->slots[at].busy));
	if (!killed)
		pause_set(pool, &child, atomic_load(&pool->tally->slots[at].took));
}

/* How many are left. */
static int
children_reap(struct pool *pool)
{
	int status, alive = 0;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < CHILDREN_MAX; i++)
			if (pool->children[i].pid == pid)
				child_ended(pool, i, status);
	for (i = 0; i < CHILDREN_MAX; i++)
		alive += pool->children[i].pid != 0;
	return alive;
}

/* What has a limit may use it up when only the settings are new; the machine does not wait for it. */
static int64_t
grace_us(const struct pool *pool, const struct child *child)
{
	int64_t limit_us = atomic_load(&pool->tally->slots[child - pool->children].limit_us);
	int64_t left_us = limit_us - clock_monotonic_us();
	int64_t grace_us = pool->prefork->grace_s * SECOND_US;

	if (child->over)
		return PREFORK_OVER_S * SECOND_US;
	return limit_us != 0 && left_us > grace_us && !prefork_stopping() ? left_us : grace_us;
}

/*
 * SIGTERM is repeated: between a child's test of its flag and its wait there is a window in which one
 * signal would be lost.
 */
static void
child_tell(struct pool *pool, struct child *child)
{
	int64_t now = clock_steady_us();

	if (child->end_us == 0)
		child->end_us = now + grace_us(pool, child);
	if (now <= child->end_us) {
		(void)kill(child->pid, SIGTERM);
		return;
	}
	log_error("a worker did not leave in time", LOG_INT("worker", child->pid));
	(void)kill(child->pid, SIGKILL);
	child->end_us = now + SECOND_US; /* told, and this logged, once a second until reaped */
}

/* Past the time it gave itself: it is asked to leave, and soon ended. */
static void
limit_watch(struct pool *pool, struct child *child, int64_t limit_us)
{
	if (clock_monotonic_us() <= limit_us)
		return;
	log_warn("a worker is over its time", LOG_INT("worker", child->pid));
	child->over = true;
	child_tell(pool, child);
}

/* It may be worn; or something in it has no end: a loop, a wait. */
static void
child_watch(struct pool *pool, size_t at)
{
	int64_t alive_us = atomic_load(&pool->tally->slots[at].alive_us);
	int64_t limit_us = atomic_load(&pool->tally->slots[at].limit_us);
	int64_t still_us = clock_steady_us() - alive_us;

	if (atomic_load(&pool->tally->slots[at].worn))
		pool->children[at].generation = WORN;
	if (limit_us != 0) {
		limit_watch(pool, &pool->children[at], limit_us);
		return;
	}
	if (alive_us == 0 || still_us < pool->prefork->still_s * SECOND_US)
		return;
	log_error("a worker stands still", LOG_INT("worker", pool->children[at].pid),
	    LOG_INT("s", still_us / SECOND_US));
	atomic_store(&pool->tally->slots[at].alive_us, 0);
	(void)kill(pool->children[at].pid, SIGABRT);
}

static struct census
census_take(const struct pool *pool)
{
	struct census census = { 0 };
	size_t i;

	for (i = 0; i < CHILDREN_MAX; i++) {
		const struct child *child = &pool->children[i];

		if (child->pid == 0)
			continue;
		if (child->end_us != 0)
			census.leaving++;
		else if (child->generation != pool->generation)
			census.old++;
		else if (atomic_load(&pool->tally->slots[i].ready))
			census.ready++;
		else
			census.starting++;
	}
	return census;
}

/* --- the parent's turn --- */

/* The one told to leave has a successor in its seat, or its seat is no more; the oldest of those. */
static void
retire_one(struct pool *pool)
{
	size_t i, at = CHILDREN_MAX;

	for (i = 0; i < CHILDREN_MAX; i++) {
		const struct child *child = &pool->children[i];

		if (child->pid == 0 || child->end_us != 0)
			continue;
		if (child->seat < pool->prefork->count && seat_taken(pool, child->seat, true) < 2)
			continue;
		if (at == CHILDREN_MAX || child->generation < pool->children[at].generation)
			at = i;
	}
	if (at < CHILDREN_MAX)
		child_tell(pool, &pool->children[at]);
}

/* At most a quarter leaves at a time: each still holds its connection to the database, and its successor's
 * comes on top. */
static bool
replace_one(struct pool *pool)
{
	struct census census = census_take(pool);
	int count = pool->prefork->count,
	    at_once = pool->prefork->together ? count : (count + 3) / 4;
	int fresh = census.ready + census.starting;

	if (census.ready + census.old > count && census.leaving < at_once) {
		retire_one(pool);
		return true;
	}
	return fresh < count && fresh + census.old <= count && child_start(pool);
}

static void
reload_end(struct pool *pool)
{
	pool->reload_us = 0;
	(void)sd_notifyf(0, "READY=1\nSTATUS=%d workers", pool->prefork->count);
}

static void
reload_begin(struct pool *pool)
{
	int64_t now = clock_steady_us();

	asked_reload = 0;
	if (pool->prefork->reload == NULL)
		return;
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)now);
	if (!pool->prefork->reload(pool->prefork)) {
		log_error("the settings are refused, those from before stay in force");
		reload_end(pool);
		return;
	}
	pool->generation++;
	pool->unborn = pool->crashes = 0;
	pool->start_us = 0;
	pool->reload_us = now;
	log_info("reloading", LOG_INT("workers", pool->prefork->count));
}

static void
reload_watch(struct pool *pool)
{
	struct census census = census_take(pool);

	if (pool->reload_us == 0)
		return;
	if (census.old == 0 && census.ready >= pool->prefork->count) {
		log_info("reloaded", LOG_INT("ms", (clock_steady_us() - pool->reload_us) / 1000));
		reload_end(pool);
	} else if (clock_steady_us() - pool->reload_us > (int64_t)RELOAD_S * SECOND_US) {
		log_error("new workers do not get ready, the old ones stay",
		    LOG_INT("old", census.old), LOG_INT("ready", census.ready));
		reload_end(pool);
	}
}

/* Wait for a signal, for a child that is to be started or for the next tick. */
static void
pool_wait(const struct pool *pool, bool soon)
{
	int64_t left_us = pool->start_us - clock_steady_us(), wait_us = TICK_MS * 1000;
	struct timespec wait;

	if (soon)
		wait_us = 10000;
	if (left_us > 0 && left_us < wait_us)
		wait_us = left_us;
	wait = (struct timespec){ wait_us / SECOND_US, wait_us % SECOND_US * 1000 };
	(void)ppoll(NULL, 0, &wait, &pool->before);
}

static void
turn(struct pool *pool)
{
	size_t i;

	(void)children_reap(pool);
	atomic_store(&pool->tally->parent_us, clock_steady_us());
	if (asked_reload)
		reload_begin(pool);
	for (i = 0; i < CHILDREN_MAX; i++) {
		if (pool->children[i].pid == 0)
			continue;
		if (pool->children[i].end_us != 0)
			child_tell(pool, &pool->children[i]);
		else
			child_watch(pool, i);
	}
	while (replace_one(pool))
		;
	reload_watch(pool);
	prefork_tell(pool->prefork, pool->tally, false);
	outage_tick();
	(void)sd_notify(0, "WATCHDOG=1");
}

static void
children_end(struct pool *pool)
{
	size_t i;

	(void)sd_notify(0, "STOPPING=1");
	while (children_reap(pool) > 0) {
		for (i = 0; i < CHILDREN_MAX; i++)
			if (pool->children[i].pid != 0)
				child_tell(pool, &pool->children[i]);
		pool_wait(pool, false);
	}
}

/* Signals come only while the parent waits, so none is missed between a look and the wait. */
static void
signals_hold(struct pool *pool)
{
	struct sigaction action = { .sa_handler = on_child };
	sigset_t held;

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGCHLD, &action, NULL);
	action.sa_handler = on_reload;
	(void)sigaction(SIGHUP, &action, NULL);
	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGCHLD);
	(void)sigaddset(&held, SIGHUP);
	(void)sigaddset(&held, SIGTERM);
	(void)sigaddset(&held, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &held, &pool->before);
}

/* Who waits for this program's start finds all of it at work, unless that takes long, as without a database. */
static void
ready_await(struct pool *pool)
{
	int64_t until = clock_steady_us() + READY_S * SECOND_US;

	while (!prefork_stopping() && census_take(pool).ready < pool->prefork->count &&
	    clock_steady_us() < until) {
		pool_wait(pool, true);
		turn(pool);
	}
}

int
prefork_run(struct prefork *prefork)
{
	struct arena *arena = arena_new(65536);
	struct pool *pool = arena_calloc(arena, 1, sizeof(*pool));
	struct prefork_tally *tally =
	    mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (tally == MAP_FAILED)
		abort();
	assert(prefork->count <= PREFORK_WORKERS_MAX);
	pool->prefork = prefork;
	pool->tally = tally;
	for (i = 0; i < CHILDREN_MAX; i++)
		prefork_slot_open(&tally->slots[i], -1);
	signals_hold(pool);
	turn(pool);
	if (prefork->awaited)
		ready_await(pool);
	(void)sd_notifyf(0, "READY=1\nSTATUS=%d workers", prefork->count);
	log_info("started", LOG_INT("workers", prefork->count));
	while (!prefork_stopping()) {
		pool_wait(pool, pool->reload_us != 0);
		if (!prefork_stopping())
			turn(pool);
	}
	children_end(pool);
	prefork_tell(pool->prefork, pool->tally, true);
	log_info("stopped");
	(void)sigprocmask(SIG_SETMASK, &pool->before, NULL);
	(void)munmap(tally, sizeof(*tally));
	arena_free(arena);
	return 0;
}
