/*
 * The state of the system at a glance, for the panel's home page. Read only.
 */
#ifndef DOMAIN_SYSTEM_OVERVIEW_H
#define DOMAIN_SYSTEM_OVERVIEW_H

#include "db/db.h"

enum { OVERVIEW_DAYS = 14 };

extern const struct stmt_set overview_stmts;

/* One row of counts: users, users_blocked, users_new (7 days), advisors_{draft,pending,approved,
 * rejected,online}, reports_open, sessions_live, messages_day (24 h), jobs_ready, jobs_late, jobs_running, jobs_dead,
 * pending_since and report_since (times of the oldest; null without). */
MUST_CHECK enum err overview_counts(struct db *, struct rows **rows);
/* What waits for an admin: pending, reports, jobs (given up), each counted up to max. Cheap: every page shows it. */
MUST_CHECK enum err overview_waiting(struct db *, int64_t max, struct rows **rows);
/* OVERVIEW_DAYS rows, oldest first: day (YYYY-MM-DD, UTC), messages, sessions. */
MUST_CHECK enum err overview_days(struct db *, struct rows **rows);
/* One row: version (highest migration applied), server_version, database_bytes, started_at,
 * stream_active, stream_lag_bytes (null when not streaming), now. */
MUST_CHECK enum err overview_database(struct db *, struct rows **rows);
/* A row for each of our programs that has connections now: program, connections, seen_at. */
MUST_CHECK enum err overview_programs(struct db *, struct rows **rows);

#endif
