/*
 * Review of advisors by an admin: the queue of applications and the two decisions. Each decision moves
 * a PENDING advisor once, tells the person by an event, and writes its audit row.
 */
#ifndef DOMAIN_MARKET_REVIEW_H
#define DOMAIN_MARKET_REVIEW_H

#include "db/list.h"
#include "domain/system/act.h"
#include "shape/field.h"

extern const struct stmt_set review_stmts;
extern const char *const review_states[]; /* advisor_states in the order reviewers go through them */
extern const struct list_source advisor_list; /* all who have a profile */
extern const struct field review_fields[]; /* of advisor_list */

/* One advisor with everything a reviewer wants to see; the columns stand in review.c.
 *	ERR_NOT_FOUND	no such advisor */
MUST_CHECK enum err review_get(struct db *, const char *advisor_id, struct rows **rows);
/* Acts on an application and on who was approved: approve, reject, revoke, suspend, resume, reopen. An account that
 * was a USER becomes an ADVISOR when it is approved, and its app logins end, for their tokens carry the old role. */
extern const struct act_kind advisor_kind;
extern const struct act advisor_acts[];

#endif
