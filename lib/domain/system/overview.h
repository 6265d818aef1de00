/*
 * The state of the system at a glance, for the panel's home page. What is many is counted by the worker once in a
 * while (table figure): a page costs the same however much there is.
 */
#ifndef DOMAIN_SYSTEM_OVERVIEW_H
#define DOMAIN_SYSTEM_OVERVIEW_H

#include "db/db.h"

enum { OVERVIEW_DAYS = 14, OVERVIEW_SLOTS_MAX = 50 };

extern const struct stmt_set overview_stmts;

/*
 * One row of counts. As of counted_at (null: not counted yet): users, users_blocked, users_new (7 days),
 * advisors_{draft,approved,rejected}, messages_day (24 h). Of now, each at most 10,000: advisors_pending,
 * reports_open, jobs_{ready,late,running,dead}; and sessions_live, advisors_online, pending_since and report_since
 * (times of the oldest; null without).
 */
MUST_CHECK enum err overview_counts(struct db *, struct rows **rows);
/* What waits for an admin: pending, reports, jobs (given up), each counted up to max. Cheap: every page shows it. */
MUST_CHECK enum err overview_waiting(struct db *, int64_t max, struct rows **rows);
/* OVERVIEW_DAYS rows, oldest first: day (YYYY-MM-DD, UTC), messages, sessions. */
MUST_CHECK enum err overview_days(struct db *, struct rows **rows);
/* Count what the two above tell, a day or the totals at a time, which takes as long as there is much of it. Days
 * that are over are counted once. */
MUST_CHECK enum err overview_refresh(struct db *);
/* One row: version (highest migration applied), server_version, database_bytes, started_at,
 * connections (to the server, of anybody), connections_max, stream_active, stream_lag_bytes (null when not
 * streaming), now. */
MUST_CHECK enum err overview_database(struct db *, struct rows **rows);
/* A row for each of our programs that has connections now: program, connections, seen_at. */
MUST_CHECK enum err overview_programs(struct db *, struct rows **rows);
/* The server's replication slots, of anybody: name, type (physical, logical), active, lag_bytes (write-ahead log that is kept
 * for it; null when none is). */
MUST_CHECK enum err overview_slots(struct db *, struct rows **rows);

#endif
