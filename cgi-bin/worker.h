/* Inside the worker: what its children have in common. */
#ifndef CGI_BIN_WORKER_H
#define CGI_BIN_WORKER_H

#include "base/err.h"
#include "domain/system/lane.h"
#include "web/app.h"

/* What the system does without being asked, again and again, in a child of its own. */
struct sweep {
	const char *name; /* of its row of the heartbeat */
	int64_t every_ms;
	int limit_s; /* one round is ended when it takes longer */
	enum err (*run)(struct worker *); /* one round; what it found it has logged */
};
/* Ends with one that has no name. */
extern const struct sweep sweeps[];
size_t sweep_count(void);

/* How often a child looks what is to be done. */
enum { TICK_MS = 200 };
/* Wait so long, or until told to leave. */
void worker_nap(void);

/* Read what letters are made of, in the parent, and again after its settings. What is of no use is logged, and letters
 * then wait. */
struct conf;
void letters_prepare(const struct conf *);

/* The seat's lane; LANE__COUNT: it is that of sweeps[seat]. */
enum lane_id seat_lane(int seat);
/* How many seats there are. */
int seat_count(void);

/* A round of the child that minds the others: says which of them live, takes back the jobs of those that do
 * not, counts what waits. */
enum err keep(struct worker *);
/* The body of a child that has a sweep, until it is told to leave. */
void sweep_serve(struct worker *, const struct sweep *);

#endif
