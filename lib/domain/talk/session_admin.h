/*
 * Sessions as administrators see them: all of them as a list, one with all that belongs to it, and the acts by
 * which an administrator ends what goes on or calls off what has not begun. For the two sides these are moves of
 * the system (session_state.h); the audit log says who made them.
 */
#ifndef DOMAIN_TALK_SESSION_ADMIN_H
#define DOMAIN_TALK_SESSION_ADMIN_H

#include "db/list.h"
#include "domain/system/act.h"

extern const struct stmt_set session_admin_stmts;
extern const struct list_source session_all;

/* Acts end and cancel. Both sides hear of them as of any end, with the reason. Need session_stmts and message_stmts. */
extern const struct act_kind session_kind;
extern const struct act session_acts[];

/* One session, with both sides, when each of them came and was last heard of, and the rating; the columns stand in
 * session_admin.c.
 *	ERR_NOT_FOUND	no such session */
MUST_CHECK enum err session_admin_get(struct db *, const char *id, struct rows **rows);

#endif
