/*
 * The worker's heartbeat: when each of its lanes was last done, by the clock of the database. HEARTBEAT_TURN is
 * the loop itself; whoever wants to know whether a worker lives looks at that.
 */
#ifndef DOMAIN_SYSTEM_HEARTBEAT_H
#define DOMAIN_SYSTEM_HEARTBEAT_H

#include "db/db.h"

#define HEARTBEAT_TURN "turn"
enum { HEARTBEAT_EVERY_MS = 1000 }; /* how often the worker says that its loop goes on */

extern const struct stmt_set heartbeat_stmts;

/* What heartbeat_look found. */
struct heartbeat {
	bool good; /* the loop's last beat is at most silent_s old */
	const char *text; /* for people: "last turn 1 s ago", "silent for 40 s", "has never run" */
	const char *lanes; /* "expire 1 s, lapse 4 s": age of every other lane; "" without any */
};

/* These lanes, separated by commas, were done now. */
MUST_CHECK enum err heartbeat_beat(struct db *, const char *lanes);
/* Is there a worker that is silent for no longer than silent_s seconds? Texts live in the db's arena. */
MUST_CHECK enum err heartbeat_look(struct db *, int64_t silent_s, struct heartbeat *beat);

#endif
