/*
 * Moderation by an admin: blocking accounts and closing reports. Each action writes its audit row.
 * All functions that change something need the caller's transaction.
 */
#ifndef DOMAIN_PEOPLE_MODERATION_H
#define DOMAIN_PEOPLE_MODERATION_H

#include "db/list.h"
#include "domain/system/act.h"
#include "shape/event_type.h"

extern const struct stmt_set moderation_stmts;
extern const struct list_source report_list; /* all reports */
extern const struct field moderation_report_fields[]; /* of report_list */

/*
 * Acts on an account. Blocking: all its logins end (their access tokens are revoked), an advisor goes offline, live
 * sessions end: requested and accepted ones are CANCELLED, ongoing ones ENDED, their conversations are closed and
 * both sides are told. The person hears account.blocked: who is there at once, who is not when unblocked. Needs
 * session_stmts, session_leave_stmts and message_stmts too.
 */
extern const struct event_type account_events[];
extern const struct act_kind user_kind;
extern const struct act user_acts[];

/*
 * One report. Columns: id, reporter_id, reporter_name, target_type, target_id, target_user_id, target_name,
 * target_state, reason, detail, state, resolution, created_at, resolved_at, snapshot (all that a page holds of it, but
 * not what others said around it: see people/evidence.h), target_email, target_role, resolver_name, others (further
 * open reports about the same person).
 *	ERR_NOT_FOUND	no such report
 */
MUST_CHECK enum err moderation_report_get(struct db *, const char *report_id, struct rows **rows);

/* Acts on a report: decide, dismiss, reopen. With block, deciding also is a user.block, by the same person. */
extern const struct act_kind report_kind;
extern const struct act report_acts[];

#endif
