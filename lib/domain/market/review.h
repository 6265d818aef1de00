/*
 * Review of advisors by an admin: the queue of applications and the two decisions. Each decision moves
 * a PENDING advisor once, tells the person by an event, and writes its audit row.
 */
#ifndef DOMAIN_MARKET_REVIEW_H
#define DOMAIN_MARKET_REVIEW_H

#include "db/list.h"
#include "domain/system/audit.h"
#include "shape/field.h"

extern const struct stmt_set review_stmts;
extern const char *const review_states[]; /* advisor_states in the order reviewers go through them */
extern const struct list_source advisor_list; /* all who have a profile */
extern const struct field review_fields[]; /* of review_list */
extern const struct field review_decided_fields[];

/*
 * limit advisors in state ("PENDING" …), the longest waiting first, after the advisor of the id after
 * (NULL: from the start). Columns: id, display_name, email, headline, experience_years, languages,
 * specializations, rate, applied_at, reviewed_at, account_state, _k1.
 */
MUST_CHECK enum err review_list(
    struct db *, const char *state, int64_t limit, const char *after, struct rows **rows);
/* One advisor with everything a reviewer wants to see; the columns stand in review.c.
 *	ERR_NOT_FOUND	no such advisor */
MUST_CHECK enum err review_get(struct db *, const char *advisor_id, struct rows **rows);
/*
 * PENDING to APPROVED. An account that was a USER becomes an ADVISOR, and its app logins end, for their
 * tokens carry the old role. Needs the caller's transaction. *rows: id, state, state_reason,
 * reviewed_at.
 *	ERR_NOT_FOUND	no such advisor
 *	ERR_BAD_STATE	not PENDING, or the account is not ACTIVE
 */
MUST_CHECK enum err review_approve(
    struct db *, const struct audit_by *by, const char *advisor_id, struct rows **rows);
/* PENDING to REJECTED with a reason (1 to 500 characters) the advisor will read. Otherwise as
 * review_approve. */
MUST_CHECK enum err review_reject(struct db *, const struct audit_by *by, const char *advisor_id,
    const char *reason, struct rows **rows);

#endif
