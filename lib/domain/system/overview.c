#include "domain/system/overview.h"

enum { COUNTS, WAITING, DAYS, DATABASE, PROGRAMS };
static const struct stmt stmts[] = {
	[COUNTS] = { "overview_counts", 0,
	    "SELECT u.*, a.*, r.*, j.*,"
	    " (SELECT count(*) FROM session WHERE state IN ('REQUESTED', 'ACCEPTED', 'ONGOING'))"
	    " AS sessions_live,"
	    " (SELECT count(*) FROM message WHERE created_at > app_now() - interval '24 hours')"
	    " AS messages_day"
	    " FROM (SELECT count(*) FILTER (WHERE state <> 'DELETED') AS users,"
	    " count(*) FILTER (WHERE state = 'BLOCKED') AS users_blocked,"
	    " count(*) FILTER (WHERE created_at > app_now() - interval '7 days') AS users_new"
	    " FROM user_account) u,"
	    " (SELECT count(*) FILTER (WHERE state = 'DRAFT') AS advisors_draft,"
	    " count(*) FILTER (WHERE state = 'PENDING') AS advisors_pending,"
	    " count(*) FILTER (WHERE state = 'APPROVED') AS advisors_approved,"
	    " count(*) FILTER (WHERE state = 'REJECTED') AS advisors_rejected,"
	    " count(*) FILTER (WHERE online) AS advisors_online,"
	    " min(applied_at) FILTER (WHERE state = 'PENDING') AS pending_since FROM advisor) a,"
	    " (SELECT count(*) AS reports_open, min(created_at) AS report_since"
	    " FROM report WHERE state = 'OPEN') r,"
	    " (SELECT count(*) FILTER (WHERE state = 'READY') AS jobs_ready,"
	    " count(*) FILTER (WHERE state = 'READY' AND run_at < app_now() - interval '1 minute')"
	    " AS jobs_late, count(*) FILTER (WHERE state = 'RUNNING') AS jobs_running,"
	    " count(*) FILTER (WHERE state = 'DEAD') AS jobs_dead FROM job"
	    " WHERE state <> 'DONE') j",
	    true },
	[WAITING] = { "overview_waiting", 1,
	    "SELECT (SELECT count(*) FROM (SELECT FROM advisor WHERE state = 'PENDING'"
	    " LIMIT $1::int) a) AS pending, (SELECT count(*) FROM (SELECT FROM report"
	    " WHERE state = 'OPEN' LIMIT $1::int) r) AS reports, (SELECT count(*) FROM"
	    " (SELECT FROM job WHERE state = 'DEAD' LIMIT $1::int) j) AS jobs",
	    true },
	[DAYS] = { "overview_days", 1,
	    "WITH span AS (SELECT date_trunc('day', app_now() AT TIME ZONE 'UTC')"
	    " - make_interval(days => $1::int - 1) AS first),"
	    " m AS (SELECT date_trunc('day', created_at AT TIME ZONE 'UTC') AS day, count(*) AS n"
	    " FROM message WHERE created_at >= (SELECT first AT TIME ZONE 'UTC' FROM span) GROUP BY 1),"
	    " s AS (SELECT date_trunc('day', requested_at AT TIME ZONE 'UTC') AS day, count(*) AS n"
	    " FROM session WHERE requested_at >= (SELECT first AT TIME ZONE 'UTC' FROM span) GROUP BY 1)"
	    " SELECT to_char(d, 'YYYY-MM-DD') AS day, coalesce(m.n, 0) AS messages,"
	    " coalesce(s.n, 0) AS sessions"
	    " FROM span, generate_series(0, $1::int - 1) i,"
	    " LATERAL (SELECT span.first + make_interval(days => i) AS d) x"
	    " LEFT JOIN m ON m.day = d LEFT JOIN s ON s.day = d ORDER BY d",
	    true },
	[DATABASE] = { "overview_database", 0,
	    "SELECT coalesce((SELECT max(version) FROM migration), 0) AS version,"
	    " split_part(current_setting('server_version'), ' ', 1) AS server_version,"
	    " pg_database_size(current_database()) AS database_bytes,"
	    " pg_postmaster_start_time() AS started_at, app_now() AS now,"
	    " s.active IS NOT NULL AS stream_active, s.lag AS stream_lag_bytes"
	    " FROM (SELECT 1) one LEFT JOIN (SELECT bool_or(active) AS active,"
	    " max(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
	    " ELSE pg_current_wal_lsn() END, confirmed_flush_lsn))::bigint AS lag"
	    " FROM pg_replication_slots WHERE slot_type = 'logical' AND active"
	    " AND database = current_database() HAVING count(*) > 0) s ON true",
	    true },
	[PROGRAMS] = { "overview_programs", 0,
	    "SELECT application_name AS program, count(*) AS connections,"
	    " max(greatest(state_change, backend_start)) AS seen_at FROM pg_stat_activity"
	    " WHERE datname = current_database() AND usename = current_user"
	    " GROUP BY 1 ORDER BY 1",
	    true },
};
STMT_SET(overview_stmts, stmts);

enum err
overview_counts(struct db *db, struct rows **rows)
{
	return db_one(db, rows, &stmts[COUNTS]);
}

enum err
overview_waiting(struct db *db, int64_t max, struct rows **rows)
{
	return db_one(db, rows, &stmts[WAITING], db_i64(max));
}

enum err
overview_days(struct db *db, struct rows **rows)
{
	return db_rows(db, rows, &stmts[DAYS], db_i64(OVERVIEW_DAYS));
}

enum err
overview_database(struct db *db, struct rows **rows)
{
	return db_one(db, rows, &stmts[DATABASE]);
}

enum err
overview_programs(struct db *db, struct rows **rows)
{
	return db_rows(db, rows, &stmts[PROGRAMS]);
}
