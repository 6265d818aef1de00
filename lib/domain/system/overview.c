#include "domain/system/overview.h"

enum { COUNTS, WAITING, DAYS, DUE, COUNT_DAY, COUNT_TOTALS, DATABASE, PROGRAMS, SLOTS };
enum { COUNT_MAX = 10000 };
static const struct stmt stmts[] = {
	/* What is large was counted by the worker; what waits or lives is little, or not counted beyond $1. */
	[COUNTS] = { "overview_counts", 1,
	    "SELECT f.*, w.*,"
	    " (SELECT count(*) FROM advisor WHERE online AND state = 'APPROVED') AS advisors_online,"
	    " (SELECT count(*) FROM (SELECT FROM session WHERE state = 'ONGOING' UNION ALL"
	    " SELECT FROM session WHERE state IN ('REQUESTED', 'ACCEPTED')) s) AS sessions_live,"
	    " (SELECT applied_at FROM advisor WHERE state = 'PENDING' ORDER BY applied_at, id LIMIT 1)"
	    " AS pending_since,"
	    " (SELECT created_at FROM report WHERE state = 'OPEN' ORDER BY created_at, id LIMIT 1)"
	    " AS report_since"
	    " FROM (SELECT coalesce(max(count) FILTER (WHERE name = 'users'), 0) AS users,"
	    " coalesce(max(count) FILTER (WHERE name = 'users_blocked'), 0) AS users_blocked,"
	    " coalesce(max(count) FILTER (WHERE name = 'users_new'), 0) AS users_new,"
	    " coalesce(max(count) FILTER (WHERE name = 'advisors_draft'), 0) AS advisors_draft,"
	    " coalesce(max(count) FILTER (WHERE name = 'advisors_approved'), 0) AS advisors_approved,"
	    " coalesce(max(count) FILTER (WHERE name = 'advisors_rejected'), 0) AS advisors_rejected,"
	    " coalesce(max(count) FILTER (WHERE name = 'messages_day'), 0) AS messages_day,"
	    " max(counted_at) FILTER (WHERE name = 'users') AS counted_at FROM figure"
	    " WHERE day = (SELECT max(day) FROM figure WHERE name = 'users')) f, ("
	    "SELECT (SELECT count(*) FROM (SELECT FROM advisor WHERE state = 'PENDING'"
	    " LIMIT $1::bigint) x) AS advisors_pending, (SELECT count(*) FROM (SELECT FROM report"
	    " WHERE state = 'OPEN' LIMIT $1) x) AS reports_open, (SELECT count(*) FROM (SELECT FROM job"
	    " WHERE state = 'READY' LIMIT $1) x) AS jobs_ready, (SELECT count(*) FROM (SELECT FROM job"
	    " WHERE state = 'READY' AND run_at < app_now() - interval '1 minute' LIMIT $1) x)"
	    " AS jobs_late, (SELECT count(*) FROM (SELECT FROM job WHERE state = 'RUNNING' LIMIT $1) x)"
	    " AS jobs_running, (SELECT count(*) FROM (SELECT FROM job WHERE state = 'DEAD' LIMIT $1) x)"
	    " AS jobs_dead) w",
	    true },
	[WAITING] = { "overview_waiting", 1,
	    "SELECT (SELECT count(*) FROM (SELECT FROM advisor WHERE state = 'PENDING'"
	    " LIMIT $1::int) a) AS pending, (SELECT count(*) FROM (SELECT FROM report"
	    " WHERE state = 'OPEN' LIMIT $1::int) r) AS reports, (SELECT count(*) FROM"
	    " (SELECT FROM job WHERE state = 'DEAD' LIMIT $1::int) j) AS jobs",
	    true },
	[DAYS] = { "overview_days", 1,
	    "SELECT to_char(d, 'YYYY-MM-DD') AS day, coalesce(m.count, 0) AS messages,"
	    " coalesce(s.count, 0) AS sessions"
	    " FROM (SELECT (app_now() AT TIME ZONE 'UTC')::date - i AS d"
	    " FROM generate_series(0, $1::int - 1) i) days"
	    " LEFT JOIN figure m ON m.day = d AND m.name = 'messages'"
	    " LEFT JOIN figure s ON s.day = d AND s.name = 'sessions' ORDER BY d",
	    true },
	[DUE] = { "overview_due", 1, "SELECT figure_due($1::int)", true },
	[COUNT_DAY] = { "overview_count_day", 1, "SELECT figure_put(f) FROM figure_day($1::date) f",
	    true },
	[COUNT_TOTALS] = { "overview_count_totals", 0,
	    "SELECT figure_put(f) FROM figure_totals() f", true },
	[DATABASE] = { "overview_database", 0,
	    "SELECT coalesce((SELECT max(version) FROM migration), 0) AS version,"
	    " split_part(current_setting('server_version'), ' ', 1) AS server_version,"
	    " pg_database_size(current_database()) AS database_bytes,"
	    " pg_postmaster_start_time() AS started_at, app_now() AS now,"
	    " current_setting('max_connections')::int AS connections_max,"
	    " (SELECT sum(numbackends) FROM pg_stat_database)::bigint AS connections,"
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
	[SLOTS] = { "overview_slots", 1,
	    "SELECT slot_name AS name, slot_type AS type, active, pg_wal_lsn_diff("
	    "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,"
	    " coalesce(confirmed_flush_lsn, restart_lsn))::bigint AS lag_bytes"
	    " FROM pg_replication_slots ORDER BY slot_name LIMIT $1::bigint",
	    true },
};
STMT_SET(overview_stmts, stmts);

enum err
overview_counts(struct db *db, struct rows **rows)
{
	return db_one(db, rows, &stmts[COUNTS], db_i64(COUNT_MAX));
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
overview_refresh(struct db *db)
{
	struct rows *due;
	size_t i;

	TRY(db_rows(db, &due, &stmts[DUE], db_i64(OVERVIEW_DAYS)));
	for (i = 0; i < rows_count(due); i++)
		TRY(db_exec(db, &stmts[COUNT_DAY], db_text(rows_text(due, i, 0))));
	return db_exec(db, &stmts[COUNT_TOTALS]);
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

enum err
overview_slots(struct db *db, struct rows **rows)
{
	return db_rows(db, rows, &stmts[SLOTS], db_i64(OVERVIEW_SLOTS_MAX));
}
