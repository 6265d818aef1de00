#include "domain/people/timeline.h"

enum {
	AUDIT,
	NOTES,
	DECISIONS,
	SESSIONS,
	REPORTED,
	REPORTS,
	LOGINS,
	SESSION_STATES,
	SESSION_SEATS,
	SESSION_RATED,
	ABOUT,
	PLACE_STATES,
	PLACE_MEMBERS,
	PLACE_SESSION
};
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
	/* Those that were done have their entry; ref is the one that can be undone. */
	[DECISIONS] = { "timeline_decisions", 2,
	    "SELECT d.decided_at AS at, d.what || CASE d.state WHEN 'PENDING' THEN ': takes effect in a"
	    " moment' WHEN 'UNDONE' THEN ': undone' ELSE ': refused in the end' END AS what,"
	    " nullif(replace(d.error, '_', ' '), '') AS text, d.id::text AS id,"
	    " CASE WHEN d.state = 'PENDING' THEN d.id::text END AS ref, d.decided_by AS who_id,"
	    " p.display_name AS who FROM decision d LEFT JOIN user_account p ON p.id = d.decided_by"
	    " WHERE d.subject_id = $1 AND d.state <> 'DONE'"
	    " ORDER BY d.decided_at DESC, d.id DESC LIMIT $2::bigint",
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
	/* The system moves what no side moves; that a session began is the doing of both. */
	[SESSION_STATES] = { "timeline_session_states", 2,
	    "SELECT t.at, t.what, t.text, s.id::text AS id, NULL AS ref, p.id AS who_id,"
	    " coalesce(p.display_name, t.otherwise) AS who"
	    " FROM session s CROSS JOIN LATERAL (VALUES"
	    " (s.requested_at, 'requested', s.topic, s.user_id, ''),"
	    " (s.accepted_at, 'accepted', NULL, s.advisor_id, ''),"
	    " (s.started_at, 'started', NULL, NULL, CASE WHEN s.advisor_id IS NULL"
	    " THEN 'the assistant' ELSE 'both were there' END),"
	    " (s.ended_at, lower(s.state), s.end_reason, s.ended_by, 'the system'))"
	    " t(at, what, text, by, otherwise) LEFT JOIN user_account p ON p.id = t.by"
	    " WHERE s.id = $1 AND t.at IS NOT NULL ORDER BY t.at DESC LIMIT $2::bigint",
	    true },
	[SESSION_SEATS] = { "timeline_session_seats", 2,
	    "SELECT t.at, t.what, NULL AS text, k.user_id::text AS id, NULL AS ref, p.id AS who_id,"
	    " p.display_name AS who FROM session_presence k JOIN user_account p ON p.id = k.user_id"
	    " CROSS JOIN LATERAL (VALUES (k.joined_at, 'came'), (nullif(k.seen_at, k.joined_at),"
	    " 'was last heard of')) t(at, what) WHERE k.session_id = $1 AND t.at IS NOT NULL"
	    " ORDER BY t.at DESC LIMIT $2::bigint",
	    true },
	[SESSION_RATED] = { "timeline_session_rated", 2,
	    "SELECT r.created_at AS at, 'rated ' || r.stars || ' of 5' AS what, r.review AS text,"
	    " r.id::text AS id, NULL AS ref, p.id AS who_id, p.display_name AS who"
	    " FROM rating r JOIN user_account p ON p.id = r.user_id WHERE r.session_id = $1"
	    " LIMIT $2::bigint",
	    true },
	[ABOUT] = { "timeline_about", 2,
	    "SELECT r.created_at AS at, 'reported for ' || lower(r.reason) AS what, r.detail AS text,"
	    " r.id::text AS id, NULL AS ref, r.reporter_id AS who_id, p.display_name AS who"
	    " FROM report r JOIN user_account p ON p.id = r.reporter_id WHERE r.target_id = $1"
	    " ORDER BY r.created_at DESC, r.id DESC LIMIT $2::bigint",
	    true },
	[PLACE_STATES] = { "timeline_place_states", 2,
	    "SELECT t.at, t.what, NULL AS text, c.id::text AS id, NULL AS ref, NULL::uuid AS who_id,"
	    " NULL AS who FROM conversation c CROSS JOIN LATERAL (VALUES (c.created_at, 'opened'),"
	    " (c.last_message_at, 'last message'), (c.closed_at, 'closed')) t(at, what)"
	    " WHERE c.id = $1 AND t.at IS NOT NULL ORDER BY t.at DESC LIMIT $2::bigint",
	    true },
	[PLACE_MEMBERS] = { "timeline_place_members", 2,
	    "SELECT k.joined_at AS at, 'takes part as ' || lower(k.role) AS what, NULL AS text,"
	    " k.user_id::text AS id, NULL AS ref, p.id AS who_id, p.display_name AS who"
	    " FROM member k JOIN user_account p ON p.id = k.user_id WHERE k.conversation_id = $1"
	    " ORDER BY k.joined_at DESC LIMIT $2::bigint",
	    true },
	[PLACE_SESSION] = { "timeline_place_session", 2,
	    "SELECT s.requested_at AS at, 'session ' || lower(s.state) AS what, s.topic AS text,"
	    " s.id::text AS id, NULL AS ref, p.id AS who_id, p.display_name AS who"
	    " FROM session s JOIN user_account p ON p.id = s.user_id WHERE s.conversation_id = $1"
	    " LIMIT $2::bigint",
	    true },
};
STMT_SET(timeline_stmts, stmts);

const struct timeline_source timeline_person[] = {
	{ "audit", &stmts[AUDIT] },
	{ "note", &stmts[NOTES] },
	{ "decision", &stmts[DECISIONS] },
	{ "session", &stmts[SESSIONS] },
	{ "report", &stmts[REPORTED] },
	{ "report", &stmts[REPORTS] },
	{ "login", &stmts[LOGINS] },
	{ 0 },
};

const struct timeline_source timeline_thing[] = {
	{ "audit", &stmts[AUDIT] },
	{ "note", &stmts[NOTES] },
	{ "decision", &stmts[DECISIONS] },
	{ 0 },
};

const struct timeline_source timeline_session[] = {
	{ "audit", &stmts[AUDIT] },
	{ "note", &stmts[NOTES] },
	{ "state", &stmts[SESSION_STATES] },
	{ "presence", &stmts[SESSION_SEATS] },
	{ "rating", &stmts[SESSION_RATED] },
	{ "report", &stmts[ABOUT] },
	{ 0 },
};

const struct timeline_source timeline_conversation[] = {
	{ "audit", &stmts[AUDIT] },
	{ "note", &stmts[NOTES] },
	{ "state", &stmts[PLACE_STATES] },
	{ "member", &stmts[PLACE_MEMBERS] },
	{ "session", &stmts[PLACE_SESSION] },
	{ 0 },
};

enum err
timeline_read(struct db *db, const struct timeline_source *source, const char *id, int64_t limit,
    struct rows **rows)
{
	return db_rows(db, rows, source->stmt, db_text(id), db_i64(limit));
}
