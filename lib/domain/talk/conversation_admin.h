/*
 * Conversations as administrators see them. That there is one, between whom and since when, every administrator
 * sees. What was said is behind a door: the act conversation.read asks why, and its entry in the audit log, which
 * stands in the same transaction, opens that conversation to that administrator for CONVERSATION_OPEN_S seconds.
 * Whatever shows messages to an administrator asks conversation_is_open first, or opens it itself.
 */
#ifndef DOMAIN_TALK_CONVERSATION_ADMIN_H
#define DOMAIN_TALK_CONVERSATION_ADMIN_H

#include "db/list.h"
#include "domain/system/act.h"

enum { CONVERSATION_OPEN_S = 900 };

extern const struct stmt_set conversation_admin_stmts;
extern const char *const conversation_states[]; /* OPEN, or CLOSED: nobody can write any more */
extern const struct list_source conversation_all; /* without what was said */

/* The act read: gives a reason. */
extern const struct act_kind conversation_kind;
extern const struct act conversation_acts[];

/* One conversation; the columns stand in conversation_admin.c.
 *	ERR_NOT_FOUND	no such conversation */
MUST_CHECK enum err conversation_admin_get(struct db *, const char *id, struct rows **rows);
/* Who takes part: user_id, display_name, state, role, joined_at, read_seq, unread, muted, sent (messages, at most
 * 10,000 are counted). */
MUST_CHECK enum err conversation_admin_members(struct db *, const char *id, struct rows **rows);

/* The newest opening that holds: reason, until_at; no row: it is not open to this administrator. */
MUST_CHECK enum err conversation_opening(
    struct db *, const char *id, const char *admin_id, struct rows **rows);
/* Did this administrator say why less than CONVERSATION_OPEN_S ago? */
MUST_CHECK enum err conversation_is_open(
    struct db *, const char *id, const char *admin_id, bool *open);
/*
 * Open it: the act conversation.read with this reason (1 to 500 characters), by an administrator. Needs the
 * caller's transaction, in which what is read should be read.
 *	ERR_NOT_FOUND	no such conversation
 */
MUST_CHECK enum err conversation_open(
    struct db *, const struct audit_by *, const char *id, const char *reason);

#endif
