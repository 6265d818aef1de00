#include "domain/people/evidence.h"

enum { NEXT = EVIDENCE__COUNT, MATTER, CONVERSATION };

/* Each message as it stands, and what it said first. */
#define MESSAGES                                                                                   \
	"SELECT m.seq, m.id, m.id = r.target_id AS marked, CASE m.sender_id"                       \
	" WHEN r.reporter_id THEN 'reporter' WHEN r.target_user_id THEN 'reported' ELSE '' END"    \
	" AS side, m.sender_id, coalesce(u.display_name, initcap(m.sender_type)) AS sender,"       \
	" m.body, v.body AS said, m.created_at, m.edited_at, m.deleted_at"
#define MESSAGES_WITH                                                                              \
	" LEFT JOIN user_account u ON u.id = m.sender_id LEFT JOIN LATERAL (SELECT x.body"         \
	" FROM message_version x WHERE x.conversation_id = m.conversation_id AND x.seq = m.seq"    \
	" ORDER BY x.version LIMIT 1) v ON true"

#define OTHERS                                                                                     \
	" FROM report r JOIN report o ON o.target_user_id = r.target_user_id AND o.id <> r.id"

static const struct stmt stmts[] = {
	/* Look at the oldest of each kind, and of those of the worst severity at who reported. */
	[NEXT] = { "evidence_next", 2,
	    "WITH waiting AS MATERIALIZED (SELECT k.severity, r.* FROM (VALUES ('MINOR', 1),"
	    " ('ABUSE', 2), ('FRAUD', 2), ('INDECENT', 2), ('SPAM', 3), ('OTHER', 3)) k(reason, severity)"
	    " CROSS JOIN LATERAL (SELECT r.id, r.target_user_id, r.reporter_id, r.created_at FROM report r"
	    " WHERE r.state = 'OPEN' AND r.reason = k.reason AND r.target_user_id <> ALL (" QUEUE_BUSY
	    ")"
	    " AND r.id <> ALL (" QUEUE_DECIDED ") AND r.target_user_id <> ALL (ARRAY("
	    "SELECT d.target_user_id FROM decision p JOIN report d ON d.id = p.subject_id"
	    " WHERE p.state = 'PENDING' AND p.input @> '{\"others\": true}'))"
	    " AND NOT " QUEUE_ASSIGNED("report",
		"r.id") " ORDER BY r.created_at, r.id LIMIT " EVIDENCE_OLDEST ") r)"
			" SELECT w.id, w.target_user_id AS matter_id FROM waiting w CROSS JOIN LATERAL (SELECT"
			" (1 + count(*) FILTER (WHERE e.state = 'ACTIONED')) * 2.0 / (2 + count(*) FILTER"
			" (WHERE e.state <> 'OPEN')) AS trust FROM (SELECT e.state FROM report e"
			" WHERE e.reporter_id = w.reporter_id ORDER BY e.created_at DESC, e.id DESC"
			" LIMIT " EVIDENCE_RECORD ") e) record"
			" WHERE w.severity = (SELECT min(severity) FROM waiting)"
			" ORDER BY extract(epoch FROM app_now() - w.created_at) * record.trust DESC, w.created_at, w.id"
			" LIMIT 1",
	    false },
	[MATTER] = { "evidence_matter", 1, "SELECT target_user_id FROM report WHERE id = $1", true },
	[CONVERSATION] = { "evidence_conversation", 1,
	    "SELECT coalesce(m.conversation_id, s.conversation_id) AS conversation_id,"
	    " 'Report ' || r.id || ', ' || lower(r.reason) AS reason FROM report r"
	    " LEFT JOIN message m ON m.id = r.target_id AND r.target_type = 'MESSAGE'"
	    " LEFT JOIN session s ON s.id = r.target_id AND r.target_type = 'SESSION'"
	    " WHERE r.id = $1 AND coalesce(m.id, s.id) IS NOT NULL",
	    true },
	[EVIDENCE_REPORT] = { "evidence_report", 2,
	    "SELECT r.id, initcap(r.reason) || ', ' || t.display_name AS heading, r.reason, r.state,"
	    " r.target_type, CASE r.target_type WHEN 'MESSAGE' THEN r.target_id END AS message_id,"
	    " r.target_user_id,"
	    " t.display_name AS target_name, t.state AS target_state, r.reporter_id,"
	    " w.display_name AS reporter_name, r.detail, r.resolution, r.created_at,"
	    " (SELECT count(*) FROM (SELECT o.id" OTHERS
	    " WHERE r.id = $1 AND o.state = 'OPEN' LIMIT 1000) x) AS others"
	    " FROM report r JOIN user_account t ON t.id = r.target_user_id"
	    " JOIN user_account w ON w.id = r.reporter_id WHERE r.id = $1 LIMIT $2::bigint",
	    true },
	[EVIDENCE_TALK] = { "evidence_talk", 2,
	    "SELECT * FROM (" MESSAGES " FROM report r JOIN message t ON t.id = r.target_id"
	    " JOIN message m ON m.conversation_id = t.conversation_id"
	    " AND m.seq BETWEEN t.seq - 10 AND t.seq + 10" MESSAGES_WITH
	    " WHERE r.id = $1 AND r.target_type = 'MESSAGE' UNION ALL " MESSAGES
	    " FROM report r JOIN session s ON s.id = r.target_id JOIN conversation c"
	    " ON c.id = s.conversation_id JOIN message m ON m.conversation_id = c.id"
	    " AND m.seq > c.last_seq - 21" MESSAGES_WITH
	    " WHERE r.id = $1 AND r.target_type = 'SESSION') x ORDER BY seq LIMIT $2::bigint",
	    true },
	[EVIDENCE_THEN] = { "evidence_then", 2,
	    "SELECT report_shown(snapshot) AS snapshot FROM report WHERE id = $1"
	    " AND target_type <> 'MESSAGE' LIMIT $2::bigint",
	    true },
	[EVIDENCE_SIDES] = { "evidence_sides", 2,
	    "SELECT CASE p.place WHEN 1 THEN 'Reported' ELSE 'Reporter' END AS side, " EVIDENCE_PERSON
	    " FROM report r CROSS JOIN LATERAL (VALUES (1, r.target_user_id), (2, r.reporter_id))"
	    " p(place, id) JOIN user_account u ON u.id = p.id" EVIDENCE_PERSON_JOIN
	    " WHERE r.id = $1 ORDER BY p.place LIMIT $2::bigint",
	    true },
	[EVIDENCE_OTHERS] = { "evidence_others", 2,
	    "SELECT o.id, o.reason, o.target_type, o.detail, o.reporter_id,"
	    " w.display_name AS reporter_name, o.created_at" OTHERS
	    " JOIN user_account w ON w.id = o.reporter_id"
	    " WHERE r.id = $1 AND o.state = 'OPEN' ORDER BY o.created_at, o.id LIMIT $2::bigint",
	    true },
	[EVIDENCE_EARLIER] = { "evidence_earlier", 2,
	    "SELECT o.id, o.reason, o.state, o.resolution, x.display_name AS resolver_name,"
	    " o.resolved_by, o.created_at, o.resolved_at" OTHERS
	    " LEFT JOIN user_account x ON x.id = o.resolved_by"
	    " WHERE r.id = $1 AND o.state <> 'OPEN' ORDER BY o.created_at DESC, o.id DESC"
	    " LIMIT $2::bigint",
	    true },
};
STMT_SET(evidence_stmts, stmts);

const struct stmt *const evidence[EVIDENCE__COUNT] = {
	[EVIDENCE_REPORT] = &stmts[EVIDENCE_REPORT],
	[EVIDENCE_TALK] = &stmts[EVIDENCE_TALK],
	[EVIDENCE_THEN] = &stmts[EVIDENCE_THEN],
	[EVIDENCE_SIDES] = &stmts[EVIDENCE_SIDES],
	[EVIDENCE_OTHERS] = &stmts[EVIDENCE_OTHERS],
	[EVIDENCE_EARLIER] = &stmts[EVIDENCE_EARLIER],
};

const struct queue_source report_queue = { "reports", &stmts[NEXT], &stmts[MATTER],
	&stmts[CONVERSATION] };
