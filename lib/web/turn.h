/*
 * A worker's turn: the requests that are ready at the same moment, at most TURN_MAX, each with an arena of its own.
 * All are taken first, up to their handlers. Then the statements of the reads go to the server in one flight and
 * are answered in order. Writes of one route that has a batch form become one statement: while it is under way
 * the next ones gather at the sockets, so that more load makes larger batches. What else there is, other writes,
 * handlers with several statements, statements that can be slow, and the requests of a batch that failed as
 * a whole, is served one after the other. Waking a process costs more than most reads, so a
 * loaded worker does more for each time it wakes, and an idle one has turns of one request and loses nothing.
 */
#ifndef WEB_TURN_H
#define WEB_TURN_H

#include "base/base.h"

enum { TURN_MAX = 16 };

struct http;
struct turn;
struct worker;

/* The reply is written to http, which is to be finished. fresh: as given to turn_take. */
typedef void turn_answered(void *arg, struct http *http, bool fresh);

/* Lives as long as the process; after worker_open. */
struct turn *turn_new(struct worker *, turn_answered *, void *arg);
/* Gives back its arenas; before worker_close. */
void turn_free(struct turn *);
/* Take the request that http carries; the turn is not full. What ends before its handler is answered at once. */
void turn_take(struct turn *, struct http *, bool fresh);
bool turn_full(const struct turn *);
bool turn_empty(const struct turn *);
/* This one was taken, and is not answered. */
bool turn_has(const struct turn *, const struct http *);
/* Answer all that were taken. */
void turn_run(struct turn *);

#endif
