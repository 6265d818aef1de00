/*
 * Messages as administrators see them: those of one conversation as a list, with what was deleted and what was
 * said before an edit. Who shows them asks conversation_is_open first (conversation_admin.h). The act message.remove
 * does what its author's deleting does, whenever it was said.
 */
#ifndef DOMAIN_TALK_MESSAGE_ADMIN_H
#define DOMAIN_TALK_MESSAGE_ADMIN_H

#include "db/list.h"
#include "domain/system/act.h"

/* Of a page: what messages and their past may be must fit into one (panel/page.h). */
enum { MESSAGE_ADMIN_ROWS_MAX = 50 };

extern const struct stmt_set message_admin_stmts;
extern const struct list_source message_all; /* within a conversation */

/* The act remove: the place stays, empty; members hear message.deleted. States SENT, DELETED, and NOTICE of the
 * system, which is not removed. */
extern const struct act_kind message_kind;
extern const struct act message_acts[];

/* Where a message stands: conversation_id, seq.
 *	ERR_NOT_FOUND	no such message */
MUST_CHECK enum err message_admin_place(struct db *, const char *id, struct rows **rows);

#endif
