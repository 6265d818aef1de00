/*
 * The worker's heartbeat, by the clock of the database: a row for each of its lanes (lane.def), which says when
 * it was last seen alive, be it busy or idle; for each of its rounds, when it was last done; and HEARTBEAT_TURN,
 * when its parent and all children that have rounds were last seen alive. A lane whose child waits for a provider
 * lives as long as that is within the job's limit; whatever outlives its limit does not.
 */
#ifndef DOMAIN_SYSTEM_HEARTBEAT_H
#define DOMAIN_SYSTEM_HEARTBEAT_H

#include "db/db.h"

#define HEARTBEAT_TURN "turn"
enum { HEARTBEAT_EVERY_MS = 1000 }; /* how often the worker says what lives */

extern const struct stmt_set heartbeat_stmts;

/* What heartbeat_look found. */
struct heartbeat {
	bool good; /* the last beats of HEARTBEAT_TURN and of each lane are at most silent_s old */
	/* For people: "last turn 1 s ago", "silent for 40 s", "lane ai silent for 40 s", "has never run". */
	const char *text;
	const char *lanes; /* "ai 1 s, expire 1 s": age of every other row; "" without any */
};

/* These, separated by commas, live or were done now. */
MUST_CHECK enum err heartbeat_beat(struct db *, const char *names);
/* Is there a worker that is silent for no longer than silent_s seconds? Texts live in the db's arena. */
MUST_CHECK enum err heartbeat_look(struct db *, int64_t silent_s, struct heartbeat *beat);

#endif
