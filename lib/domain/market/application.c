#include "domain/market/application.h"

#include "domain/people/evidence.h"

enum { NEXT = APPLICATION__COUNT, MATTER };

static const struct stmt stmts[] = {
	/* Of an account that is not active nothing can be decided. */
	[NEXT] = { "application_next", 2,
	    "SELECT a.id, a.id AS matter_id FROM advisor a WHERE a.state = 'PENDING'"
	    " AND a.id <> ALL (" QUEUE_BUSY ") AND a.id <> ALL (" QUEUE_DECIDED ")"
	    " AND NOT " QUEUE_ASSIGNED("advisor",
		"a.id") " AND (SELECT u.state FROM user_account u"
			" WHERE u.id = a.id) = 'ACTIVE' ORDER BY a.applied_at, a.id LIMIT 1",
	    false },
	[MATTER] = { "application_matter", 1, "SELECT id FROM advisor WHERE id = $1", true },
	[APPLICATION_PROFILE] = { "application_profile", 2,
	    "SELECT a.id, u.display_name, u.email, u.state AS account_state, u.created_at, a.state,"
	    " a.state_reason, a.headline, a.bio, a.experience_years,"
	    " to_jsonb(a.languages) AS languages,"
	    " coalesce((SELECT jsonb_agg(coalesce(s.name, g.slug) ORDER BY s.place)"
	    " FROM unnest(a.specializations) g(slug) LEFT JOIN specialization s ON s.slug = g.slug),"
	    " '[]') AS specializations, amount_json(a.rate_minor, a.currency) AS rate, a.applied_at,"
	    " a.reviewed_at FROM advisor a JOIN user_account u ON u.id = a.id WHERE a.id = $1"
	    " LIMIT $2::bigint",
	    true },
	[APPLICATION_PERSON] = { "application_person", 2,
	    "SELECT " EVIDENCE_PERSON " FROM user_account u" EVIDENCE_PERSON_JOIN
	    " WHERE u.id = $1 LIMIT $2::bigint",
	    true },
	[APPLICATION_EARLIER] = { "application_earlier", 2,
	    "SELECT a.at, a.action, a.detail ->> 'reason' AS reason, a.actor_id,"
	    " coalesce(p.display_name, 'the system') AS actor_name, nullif(a.request_id, '') AS request_id"
	    " FROM (SELECT * FROM audit WHERE target_id = $1 AND target_type = 'advisor'"
	    " ORDER BY at DESC, id DESC LIMIT $2::bigint) a"
	    " LEFT JOIN user_account p ON p.id = a.actor_id ORDER BY a.at DESC, a.id DESC",
	    true },
	[APPLICATION_REPORTS] = { "application_reports", 2,
	    "SELECT r.id, r.reason, r.state, r.detail, r.reporter_id, w.display_name AS reporter_name,"
	    " r.created_at FROM report r JOIN user_account w ON w.id = r.reporter_id"
	    " WHERE r.target_user_id = $1 ORDER BY r.created_at DESC, r.id DESC LIMIT $2::bigint",
	    true },
};
STMT_SET(application_stmts, stmts);

const struct stmt *const application[APPLICATION__COUNT] = {
	[APPLICATION_PROFILE] = &stmts[APPLICATION_PROFILE],
	[APPLICATION_PERSON] = &stmts[APPLICATION_PERSON],
	[APPLICATION_EARLIER] = &stmts[APPLICATION_EARLIER],
	[APPLICATION_REPORTS] = &stmts[APPLICATION_REPORTS],
};

const struct queue_source application_queue = { "advisors", &stmts[NEXT], &stmts[MATTER], NULL };
