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
 *
 * Each worker has a seat, a number below count that no other of the same settings has; its successor has the
 * same. Who is about to do what may hang says how long that may take (prefork_begin): then this limit counts and
 * not still_s, and past it the worker is told to leave and killed PREFORK_OVER_S later. What a worker was at
 * when it died is told to whichever of the others asks first (prefork_left).
 */
#ifndef WEB_PREFORK_H
#define WEB_PREFORK_H

#include "base/base.h"

enum { PREFORK_WORKERS_MAX = 64, PREFORK_AT_SIZE = 160, PREFORK_OVER_S = 2 };

struct prefork {
	const char *name;
	int count; /* workers, at most PREFORK_WORKERS_MAX */
	int (*run)(void *arg); /* body of a child; its result is the exit status */
	void *arg;
	int grace_s; /* after SIGTERM, children still there are killed */
	int still_s; /* the longest time between two signs of life */
	bool awaited; /* it is ready when its children are, or after READY_S */
	bool together; /* at a reload any number of them may be leaving at a time, else a quarter */
	/* In the parent: a child died over so many; NULL: nobody asks. */
	void (*lost)(void *arg, int requests);
	/* In the parent: every few seconds, and when it is about to end (stopped); its children. NULL: nobody asks. */
	void (*tell)(void *arg, const int pids[], size_t count, bool stopped);
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
/* In a child: at work for so many requests. */
void prefork_busy(int requests);
/* In a child: a sign of life. Who has given one is watched from then on. */
void prefork_alive(void);
/* In a child: its seat. */
int prefork_seat(void);
/* In a child: it begins at (cut to fit; for prefork_left) what must be over within limit_s; it has come to an
 * end of it. */
void prefork_begin(const char *at, int limit_s);
void prefork_end(void);

/* What a child was at when it came to an end. */
struct prefork_left {
	char at[PREFORK_AT_SIZE];
	bool over; /* it was past its limit */
	int signal, status; /* 0 and the exit status, or the signal that ended it and -1 */
};
/* In a child: take one that nobody has taken; false when there is none. Those that find no place any more, as
 * those of the last children of a parent, are lost. */
bool prefork_left(struct prefork_left *);
/* In a child: has the seat somebody who gave a sign of life within_s ago, or is within its limit? */
bool prefork_seat_lives(int seat, int within_s);
/* In a child: has its parent had a turn so lately? */
bool prefork_parent_lives(int within_s);

/* In a child: a request is about to be taken, and one was answered. From any thread. */
void prefork_took(void);
void prefork_answered(void);

#endif
