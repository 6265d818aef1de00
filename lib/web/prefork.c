#include "web/prefork.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/outage.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
	YOUNG_US = 1000000,	  /* a child that ends sooner is failing */
	BACKOFF_FIRST_US = 50000, /* doubled for each young end in a row */
	BACKOFF_MAX_US = 5000000,
	TICK_MS = 200
};

struct child {
	pid_t pid; /* 0: to be started at start_us */
	int64_t began_us, start_us;
	int64_t backoff_us;
};

static volatile sig_atomic_t stopping;

static void
on_stop(int number)
{
	(void)number;
	stopping = 1;
}

static void
on_child(int number)
{
	(void)number; /* only to interrupt poll */
}

bool
prefork_stopping(void)
{
	return stopping != 0;
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

static void
child_start(const struct prefork *prefork, struct child *child)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		(void)signal(SIGCHLD, SIG_DFL);
		(void)signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the group; the parent passes TERM */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(0);
		exit(prefork->run(prefork->arg));
	}
	if (pid < 0)
		log_error("cannot fork", LOG_STR("error", strerror(errno)));
	child->pid = pid < 0 ? 0 : pid;
	child->began_us = clock_monotonic_us();
	if (pid < 0)
		child->start_us = child->began_us + BACKOFF_MAX_US;
}

/* Decide when the child that just ended is started again. */
static void
child_ended(struct child *child, int status)
{
	int64_t now = clock_monotonic_us();
	bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;

	if (failed)
		log_error("worker ended", LOG_INT("worker", child->pid),
		    LOG_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
		    LOG_INT("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
	if (failed && now - child->began_us < YOUNG_US) {
		child->backoff_us = child->backoff_us == 0 ? BACKOFF_FIRST_US : child->backoff_us * 2;
		if (child->backoff_us > BACKOFF_MAX_US)
			child->backoff_us = BACKOFF_MAX_US;
	} else {
		child->backoff_us = 0;
	}
	child->pid = 0;
	child->start_us = now + child->backoff_us;
}

static int
children_reap(struct child *children, int count)
{
	int status, i, alive = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < count; i++)
			if (children[i].pid == pid)
				child_ended(&children[i], status);
	for (i = 0; i < count; i++)
		alive += children[i].pid != 0;
	return alive;
}

static void
children_signal(const struct child *children, int count, int number)
{
	int i;

	for (i = 0; i < count; i++)
		if (children[i].pid != 0)
			(void)kill(children[i].pid, number);
}

static void
children_keep(const struct prefork *prefork, struct child *children)
{
	int64_t now = clock_monotonic_us();
	int i;

	for (i = 0; i < prefork->count; i++)
		if (children[i].pid == 0 && now >= children[i].start_us)
			child_start(prefork, &children[i]);
}

/*
 * SIGTERM is repeated: between a child's test of its flag and its wait there is a window in which one
 * signal would be lost.
 */
static int
children_end(const struct prefork *prefork, struct child *children)
{
	int64_t deadline = clock_monotonic_us() + (int64_t)prefork->grace_s * SECOND_US;

	(void)sd_notify(0, "STOPPING=1");
	while (children_reap(children, prefork->count) > 0) {
		bool late = clock_monotonic_us() > deadline;

		if (late)
			log_error("workers did not end in time", LOG_STR("program", prefork->name));
		children_signal(children, prefork->count, late ? SIGKILL : SIGTERM);
		(void)poll(NULL, 0, TICK_MS);
	}
	return 0;
}

int
prefork_run(const struct prefork *prefork)
{
	struct arena *arena = arena_new(65536);
	struct child *children = arena_calloc(arena, (size_t)prefork->count, sizeof(*children));
	struct sigaction action = { .sa_handler = on_child };
	int status;

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGCHLD, &action, NULL);
	children_keep(prefork, children);
	(void)sd_notifyf(0, "READY=1\nSTATUS=%d workers", prefork->count);
	log_info("started", LOG_INT("workers", prefork->count));
	while (!stopping) {
		(void)poll(NULL, 0, TICK_MS);
		(void)children_reap(children, prefork->count);
		if (!stopping)
			children_keep(prefork, children);
		(void)sd_notify(0, "WATCHDOG=1");
		outage_tick();
	}
	status = children_end(prefork, children);
	log_info("stopped");
	arena_free(arena);
	return status;
}
