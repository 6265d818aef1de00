/*
 * The days of the event log. Its partitions, one a day (UTC), are made RETENTION_AHEAD_DAYS ahead and
 * dropped whole when all of a day is older than the log is kept. Neither makes anyone wait longer than
 * the 250 ms that sql/ gives a lock here; what could not be locked is for the next round. When no day
 * was made in time, events are kept all the same, in a default partition, and pruned by row.
 *
 * A client whose next event is gone is told to read its state again: see lib/live/core.h.
 */
#ifndef DOMAIN_TALK_RETENTION_H
#define DOMAIN_TALK_RETENTION_H

#include "db/db.h"

extern const struct stmt_set retention_stmts;

enum { RETENTION_AHEAD_DAYS = 2, RETENTION_DROPS_MAX = 40 };

/* One round: days older than event_days (1 and more) go, at most RETENTION_DROPS_MAX of them. *made and
 * *dropped say how many days; both are set whatever is returned.
 *	ERR_TIMEOUT	the log was locked by others; the rest waits for the next round */
MUST_CHECK enum err retention_run(struct db *, int64_t event_days, int64_t *made, int64_t *dropped);

#endif
