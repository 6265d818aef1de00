#include "domain/people/timeline.h"

enum { AUDIT, NOTES, SESSIONS, REPORTED, REPORTS, LOGINS };
static const struct stmt stmts[] = {
	[AUDIT] = { "timeline_audit", 2,
	    "SELECT a.at, a.action AS what, coalesce(a.detail->>'reason', a.detail->>'note') AS text,"
	    " a.id::text AS id, nullif(a.request_id, '') AS ref, a.actor_id AS who_id,"
	    " coalesce(p.display_name, 'the system') AS who"
	    " FROM audit a LEFT JOIN user_account p ON p.id = a.actor_id WHERE a.target_id = $1"
	    " ORDER BY a.at DESC, a.id DESC LIMIT $2::bigint",
	    true },
	[NOTES] = { "timeline_notes", 2,
	    "SELECT n.created_at AS at, 'note' AS what, n.body AS text, n.id::text AS id,"
	    " NULL AS ref, n.author_id AS who_id, p.display_name AS who"
	    " FROM note n JOIN user_account p ON p.id = n.author_id WHERE n.subject_id = $1"
	    " ORDER BY n.created_at DESC, n.id DESC LIMIT $2::bigint",
	    true },
	[SESSIONS] = { "timeline_sessions", 2,
	    "SELECT s.requested_at AS at, 'session ' || lower(s.state) AS what, s.topic AS text,"
	    " s.id::text AS id, NULL AS ref, o.id AS who_id, coalesce(o.display_name, 'the assistant') AS who"
	    " FROM ((SELECT * FROM session WHERE user_id = $1 ORDER BY requested_at DESC, id DESC"
	    " LIMIT $2::bigint) UNION ALL (SELECT * FROM session WHERE advisor_id = $1"
	    " ORDER BY requested_at DESC, id DESC LIMIT $2)) s"
	    " LEFT JOIN user_account o"
	    " ON o.id = CASE WHEN s.advisor_id = $1 THEN s.user_id ELSE s.advisor_id END"
	    " ORDER BY s.requested_at DESC, s.id DESC LIMIT $2",
	    true },
	[REPORTED] = { "timeline_reported", 2,
	    "SELECT r.created_at AS at, 'reported for ' || lower(r.reason) AS what, r.detail AS text,"
	    " r.id::text AS id, NULL AS ref, r.reporter_id AS who_id, p.display_name AS who"
	    " FROM report r JOIN user_account p ON p.id = r.reporter_id WHERE r.target_user_id = $1"
	    " ORDER BY r.created_at DESC, r.id DESC LIMIT $2::bigint",
	    true },
	[REPORTS] = { "timeline_reports", 2,
	    "SELECT r.created_at AS at, 'reports ' || lower(r.reason) || ' of' AS what, r.detail AS text,"
	    " r.id::text AS id, NULL AS ref, r.target_user_id AS who_id, p.display_name AS who"
	    " FROM report r JOIN user_account p ON p.id = r.target_user_id WHERE r.reporter_id = $1"
	    " ORDER BY r.created_at DESC, r.id DESC LIMIT $2::bigint",
	    true },
	[LOGINS] = { "timeline_logins", 2,
	    "SELECT l.created_at AS at, CASE WHEN l.ended_at IS NULL AND l.expires_at > app_now()"
	    " THEN 'signed in, live' ELSE 'signed in, over' END AS what,"
	    " concat_ws(', ', nullif(l.device_name, ''), lower(l.kind), host(l.ip)) AS text,"
	    " l.id::text AS id, NULL AS ref, NULL::uuid AS who_id, NULL AS who"
	    " FROM login l WHERE l.user_id = $1 ORDER BY l.created_at DESC, l.id DESC LIMIT $2::bigint",
	    true },
};
STMT_SET(timeline_stmts, stmts);

const struct timeline_source timeline_person[] = {
	{ "audit", &stmts[AUDIT] },
	{ "note", &stmts[NOTES] },
	{ "session", &stmts[SESSIONS] },
	{ "report", &stmts[REPORTED] },
	{ "report", &stmts[REPORTS] },
	{ "login", &stmts[LOGINS] },
	{ 0 },
};

const struct timeline_source timeline_thing[] = {
	{ "audit", &stmts[AUDIT] },
	{ "note", &stmts[NOTES] },
	{ 0 },
};

enum err
timeline_read(struct db *db, const struct timeline_source *source, const char *id, int64_t limit,
    struct rows **rows)
{
	return db_rows(db, rows, source->stmt, db_text(id), db_i64(limit));
}
