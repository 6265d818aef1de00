/*
 * Moderation by an admin: blocking accounts and closing reports. Each action writes its audit row.
 * All functions that change something need the caller's transaction.
 */
#ifndef DOMAIN_PEOPLE_MODERATION_H
#define DOMAIN_PEOPLE_MODERATION_H

#include "db/list.h"
#include "domain/system/audit.h"
#include "shape/field.h"

extern const struct stmt_set moderation_stmts;
extern const struct list_source report_list; /* all reports */
extern const struct field moderation_report_fields[]; /* of moderation_report_list */
extern const struct field moderation_resolve_body[], moderation_resolved_fields[];
extern const struct field moderation_blocked_fields[]; /* an account blocked, or no more */

/*
 * Block an account, with a reason (1 to 500 characters) for the other admins. All its logins end (their
 * access tokens are revoked), an advisor goes offline, live sessions end: requested and accepted ones
 * are CANCELLED, ongoing ones ENDED, their conversations are closed and both sides are told. *rows: id,
 * state, block_reason. Needs session_stmts, session_leave_stmts and message_stmts too.
 *	ERR_NOT_FOUND	no such account
 *	ERR_FORBIDDEN	an admin's account, one's own included
 *	ERR_BAD_STATE	not ACTIVE
 */
MUST_CHECK enum err moderation_block(struct db *, const struct audit_by *by, const char *user_id,
    const char *reason, struct rows **rows);
/* Make a blocked account ACTIVE again; the person signs in anew. *rows as for moderation_block.
 *	ERR_NOT_FOUND	no such account
 *	ERR_BAD_STATE	not BLOCKED */
MUST_CHECK enum err moderation_unblock(
    struct db *, const struct audit_by *by, const char *user_id, struct rows **rows);

/*
 * limit reports: OPEN ones oldest first, others newest first. state NULL takes all, target_user_id NULL
 * everyone's. after is the id of the last report seen, or NULL. Columns: id, reporter_id,
 * reporter_name, target_type, target_id, target_user_id, target_name, target_state, reason, detail,
 * state, resolution, created_at, resolved_at, _k1.
 */
MUST_CHECK enum err moderation_report_list(struct db *, const char *state,
    const char *target_user_id, int64_t limit, const char *after, struct rows **rows);
/* One report: as above, then snapshot (all that a page holds of it), target_email, target_role, resolver_name,
 * others (further open reports about the same person).
 *	ERR_NOT_FOUND	no such report */
MUST_CHECK enum err moderation_report_get(struct db *, const char *report_id, struct rows **rows);

/* What is decided about a report. */
struct moderation_decision {
	const char *report_id;
	bool actioned; /* else dismissed */
	const char *note; /* at most 500 characters; "" is none */
	bool block; /* also block the person reported, with the note as reason */
};
/*
 * Close an OPEN report. *rows: id, state, resolution, resolved_at, target_user_id.
 *	ERR_NOT_FOUND	no such report
 *	ERR_BAD_STATE	not OPEN; or with block: the account is not ACTIVE
 *	ERR_FORBIDDEN	with block: the person is an admin
 */
MUST_CHECK enum err moderation_report_resolve(
    struct db *, const struct audit_by *by, const struct moderation_decision *, struct rows **rows);

#endif
