/*
 * The parent of N workers: forks them and keeps them at that number, passes SIGTERM on until all are gone,
 * takes up new settings at SIGHUP, tells systemd (READY, RELOADING, STOPPING, WATCHDOG, STATUS).
 *
 * A worker that crashed over a request is replaced at once: its siblings do well, and who sent that request
 * must not take the program away by sending it again. Only when many end so in a row with nothing answered in
 * between is there a pause, of 0.1 s. A worker that ends young and without having come to a request cannot
 * start: the pauses then grow to 5 s.
 *
 * At SIGHUP the parent, which keeps its pid and its listeners, calls reload; when that takes the new settings,
 * each worker gets a successor and, once that is ready, is told to leave, a few at a time. When it does not,
 * all stays as it is. Every wait ends: a worker told to leave is killed after grace_s, and workers that do not
 * get ready end the reload after RELOAD_S with the old ones at work. A worker that gives no sign of life for
 * still_s is ended by SIGABRT, which leaves a line that says where it was.
 */
#ifndef WEB_PREFORK_H
#define WEB_PREFORK_H

#include "base/base.h"

enum { PREFORK_WORKERS_MAX = 64 };

struct prefork {
	const char *name;
	int count; /* workers, at most PREFORK_WORKERS_MAX */
	int (*run)(void *arg); /* body of a child; its result is the exit status */
	void *arg;
	int grace_s; /* after SIGTERM, children still there are killed */
	int still_s; /* the longest time between two signs of life */
	void (*lost)(void *arg); /* in the parent: a child died busy; NULL: nobody asks */
	/* In the parent: read the settings again, for the children that are started from now on; may set count
	 * and grace_s. False: nothing is changed, why was logged. NULL: SIGHUP is ignored. */
	bool (*reload)(struct prefork *);
};

/* Returns the exit status of the parent when all children are gone. */
int prefork_run(struct prefork *);
/* Catch SIGTERM and SIGINT (with SA_RESTART; waits by poll or epoll still wake), ignore SIGPIPE and, in
 * children, SIGHUP. */
void prefork_signals(void);

/* In a child: SIGTERM has come. */
bool prefork_stopping(void);
/* In a child: from here on requests are served; a predecessor may leave. */
void prefork_ready(void);
/* In a child: it leaves, or should before long. It gets a successor and, when that is ready, is told to leave;
 * until then it goes on. */
void prefork_worn(void);
/* In a child: at work for a request, or no longer. */
void prefork_busy(bool busy);
/* In a child: a sign of life. Who has given one is watched from then on. */
void prefork_alive(void);
/* In a child: a request is about to be taken, and one was answered. From any thread. */
void prefork_took(void);
void prefork_answered(void);

#endif
