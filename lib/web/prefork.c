#include "web/prefork.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/outage.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum {
	CHILDREN_MAX = 2 * PREFORK_WORKERS_MAX,
	YOUNG_US = 1000000, /* a child that ends sooner, without a request, cannot start */
	BACKOFF_FIRST_US = 50000, /* doubled for each such end in a row */
	BACKOFF_MAX_US = 5000000,
	CRASHES_FREE = 16, /* in a row with nothing answered; from then on a pause for each */
	CRASH_PAUSE_US = 100000,
	RELOAD_S = 60,
	TICK_MS = 200,
	WORN = -1
};

/* What children tell their parent; a slot is one child's. */
struct slot {
	_Atomic bool ready, worn, took, busy;
	_Atomic int64_t alive_us; /* monotonic; 0: it gives no signs of life */
};
struct tally {
	_Atomic int64_t answered; /* by all of them */
	struct slot slots[CHILDREN_MAX];
};

struct child {
	pid_t pid; /* 0: free */
	int generation; /* of its settings; WORN: to be replaced whatever they are */
	int64_t began_us;
	int64_t end_us; /* told to leave, and killed at this time; 0: not told */
};

struct pool {
	struct prefork *prefork;
	struct tally *tally;
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

static volatile sig_atomic_t stopping, asked_reload;
static struct tally *own_tally; /* in a child */
static struct slot *own_slot;

static void
on_stop(int number)
{
	(void)number;
	stopping = 1;
}

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

bool
prefork_stopping(void)
{
	return stopping != 0;
}

void
prefork_ready(void)
{
	if (own_slot != NULL)
		atomic_store(&own_slot->ready, true);
}

void
prefork_worn(void)
{
	if (own_slot != NULL)
		atomic_store(&own_slot->worn, true);
}

void
prefork_alive(void)
{
	if (own_slot != NULL)
		atomic_store_explicit(&own_slot->alive_us, clock_steady_us(), memory_order_relaxed);
}

void
prefork_busy(bool busy)
{
	if (own_slot != NULL)
		atomic_store_explicit(&own_slot->busy, busy, memory_order_relaxed);
}

void
prefork_took(void)
{
	if (own_slot != NULL)
		atomic_store_explicit(&own_slot->took, true, memory_order_relaxed);
}

void
prefork_answered(void)
{
	if (own_tally != NULL)
		atomic_fetch_add_explicit(&own_tally->answered, 1, memory_order_relaxed);
}

void
prefork_signals(void)
{
	/* Restart what was interrupted: libfcgi takes an interrupted read or write for a lost connection, and
	 * the request with it. epoll_wait and poll are never restarted, so the loops still wake. */
	struct sigaction action = { .sa_handler = on_stop, .sa_flags = SA_RESTART };

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigaction(SIGUSR1, &action, NULL);
}

/* --- children --- */

static _Noreturn void
child_main(struct pool *pool, size_t at, pid_t parent)
{
	own_tally = pool->tally;
	own_slot = &pool->tally->slots[at];
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the group; the parent passes TERM */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &pool->before, NULL);
	if (getppid() != parent)
		_exit(0);
	exit(pool->prefork->run(pool->prefork->arg));
}

/* False: it cannot be now. */
static bool
child_start(struct pool *pool)
{
	int64_t now = clock_steady_us();
	pid_t parent = getpid(), pid;
	size_t at = 0;

	while (at < CHILDREN_MAX && pool->children[at].pid != 0)
		at++;
	if (now < pool->start_us || at == CHILDREN_MAX)
		return false;
	atomic_store(&pool->tally->slots[at].ready, false);
	atomic_store(&pool->tally->slots[at].worn, false);
	atomic_store(&pool->tally->slots[at].took, false);
	atomic_store(&pool->tally->slots[at].busy, false);
	atomic_store(&pool->tally->slots[at].alive_us, 0);
	pid = fork();
	if (pid == 0)
		child_main(pool, at, parent);
	if (pid < 0) {
		log_error("cannot fork", LOG_STR("error", strerror(errno)));
		pool->start_us = now + BACKOFF_MAX_US;
		return false;
	}
	pool->children[at] = (struct child){ pid, pool->generation, now, 0 };
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

	pool->children[at].pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	log_error("worker ended", LOG_INT("worker", child.pid),
	    LOG_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
	    LOG_INT("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
	if (pool->prefork->lost != NULL && atomic_load(&pool->tally->slots[at].busy))
		pool->prefork->lost(pool->prefork->arg);
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

/*
 * SIGTERM is repeated: between a child's test of its flag and its wait there is a window in which one
 * signal would be lost.
 */
static void
child_tell(struct pool *pool, struct child *child)
{
	int64_t now = clock_steady_us();

	if (child->end_us == 0)
		child->end_us = now + (int64_t)pool->prefork->grace_s * SECOND_US;
	if (now <= child->end_us) {
		(void)kill(child->pid, SIGTERM);
		return;
	}
	log_error("a worker did not leave in time", LOG_INT("worker", child->pid));
	(void)kill(child->pid, SIGKILL);
	child->end_us = now + SECOND_US; /* told, and this logged, once a second until reaped */
}

/* It may be worn; or something in it has no end: a loop, a wait. */
static void
child_watch(struct pool *pool, size_t at)
{
	int64_t alive_us = atomic_load(&pool->tally->slots[at].alive_us);
	int64_t still_us = clock_steady_us() - alive_us;

	if (atomic_load(&pool->tally->slots[at].worn))
		pool->children[at].generation = WORN;
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

/* The one told to leave is of earlier settings or, when there are too many, any. */
static void
retire_one(struct pool *pool)
{
	size_t i, at = CHILDREN_MAX;

	for (i = 0; i < CHILDREN_MAX; i++) {
		const struct child *child = &pool->children[i];

		if (child->pid == 0 || child->end_us != 0)
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
	int count = pool->prefork->count, at_once = (count + 3) / 4;
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

int
prefork_run(struct prefork *prefork)
{
	struct arena *arena = arena_new(65536);
	struct pool *pool = arena_calloc(arena, 1, sizeof(*pool));
	struct tally *tally =
	    mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (tally == MAP_FAILED)
		abort();
	assert(prefork->count <= PREFORK_WORKERS_MAX);
	pool->prefork = prefork;
	pool->tally = tally;
	signals_hold(pool);
	turn(pool);
	(void)sd_notifyf(0, "READY=1\nSTATUS=%d workers", prefork->count);
	log_info("started", LOG_INT("workers", prefork->count));
	while (!stopping) {
		pool_wait(pool, pool->reload_us != 0);
		if (!stopping)
			turn(pool);
	}
	children_end(pool);
	log_info("stopped");
	(void)sigprocmask(SIG_SETMASK, &pool->before, NULL);
	(void)munmap(tally, sizeof(*tally));
	arena_free(arena);
	return 0;
}
