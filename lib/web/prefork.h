/*
 * The parent of N workers: forks them, forks a new one for each that ends (with back-off when they
 * end young), passes SIGTERM on until all are gone, tells systemd (READY, WATCHDOG, STATUS).
 */
#ifndef WEB_PREFORK_H
#define WEB_PREFORK_H

#include "base/base.h"

struct prefork {
	const char *name;
	int count; /* workers */
	int (*run)(void *arg); /* body of a child; its result is the exit status */
	void *arg;
	int grace_s; /* after SIGTERM, children still there are killed */
};

/* Returns the exit status of the parent when all children are gone. */
int prefork_run(const struct prefork *);
/* In a child: SIGTERM has come. */
bool prefork_stopping(void);
/* Catch SIGTERM and SIGINT (with SA_RESTART; waits by poll or epoll still wake), ignore SIGPIPE; also for
 * programs without children. */
void prefork_signals(void);

#endif
