/*
 * The queue of reports: its order, and the evidence that one is decided by.
 *
 * What is worst comes first: complaints about minors, then abuse, fraud and indecency, then the rest. Of one severity
 * it is the one that waits longest, where waiting counts up to double for a reporter who was right before and less for one who
 * was not. Reports about one person are one matter: they are shown together and can be decided together.
 */
#ifndef DOMAIN_PEOPLE_EVIDENCE_H
#define DOMAIN_PEOPLE_EVIDENCE_H

#include "domain/system/queue.h"

extern const struct stmt_set evidence_stmts;
extern const struct queue_source report_queue;

/*
 * Of each kind of complaint the oldest so many compete, so that it costs the same however many wait; and so many of a
 * reporter's newest reports are their record.
 */
#define EVIDENCE_OLDEST "30"
#define EVIDENCE_RECORD "50"

/* Statements of evidence: of the report $1, at most $2 rows. */
enum evidence {
	EVIDENCE_REPORT, /* the report itself, and others: how many more about the person are open */
	EVIDENCE_TALK, /* messages: see below */
	EVIDENCE_THEN, /* snapshot: what was reported as it stood, but for messages */
	EVIDENCE_SIDES, /* reporter and reported: EVIDENCE_PERSON */
	EVIDENCE_OTHERS, /* further open reports about the person, the oldest first */
	EVIDENCE_EARLIER, /* closed ones, the newest first */
	EVIDENCE__COUNT
};
/*
 * Messages around the one reported, ten before and ten after, or the last twenty-one of the session reported: seq, id,
 * marked (it is the one), side ("reporter", "reported", ""), sender_id, sender, body, said (what it said first, when
 * that was changed), created_at, edited_at, deleted_at.
 */
extern const struct stmt *const evidence[EVIDENCE__COUNT];

/* Who somebody is to those who decide: columns of a person u, and what has to be joined. Counts end at a thousand. */
#define EVIDENCE_PERSON                                                                            \
	"u.id, u.display_name AS name, u.state, u.role, u.created_at,"                             \
	" made.said AS reports_made, made.last AS made_at, got.said AS reports_about,"             \
	" got.last AS about_at,"                                                                   \
	" (SELECT count(*) FROM (SELECT FROM block WHERE user_id = u.id LIMIT 1000) b) AS blocks," \
	" (SELECT count(*) FROM (SELECT FROM block WHERE blocked_id = u.id LIMIT 1000) b)"         \
	" AS blocked_by, (SELECT count(*) FROM (SELECT FROM session WHERE user_id = u.id"          \
	" LIMIT 1000) s) + (SELECT count(*) FROM (SELECT FROM session WHERE advisor_id = u.id"     \
	" LIMIT 1000) s) AS sessions, (SELECT l.created_at FROM login l WHERE l.user_id = u.id"    \
	" ORDER BY l.created_at DESC, l.id DESC LIMIT 1) AS login_at"
#define EVIDENCE_COUNTS(whose)                                                                       \
	"LATERAL (SELECT CASE WHEN count(*) > 0 THEN concat_ws(', ', count(*),"                      \
	" nullif(count(*) FILTER (WHERE x.state = 'OPEN'), 0) || ' open',"                           \
	" nullif(count(*) FILTER (WHERE x.state = 'ACTIONED'), 0) || ' right',"                      \
	" nullif(count(*) FILTER (WHERE x.state = 'DISMISSED'), 0) || ' dismissed') END AS said,"    \
	" max(x.created_at) AS last FROM (SELECT e.state, e.created_at FROM report e WHERE e." whose \
	" = u.id ORDER BY e.created_at DESC, e.id DESC LIMIT 1000) x)"
#define EVIDENCE_PERSON_JOIN                                                                       \
	" CROSS JOIN " EVIDENCE_COUNTS("reporter_id") " made CROSS JOIN " EVIDENCE_COUNTS(         \
	    "target_user_id") " got"

#endif
