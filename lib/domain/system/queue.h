/*
 * Queues: what waits for a decision, one item after the other, the most urgent first. A noun gives its order and its
 * evidence as data (struct queue_source); here is who works at what.
 *
 * Whoever is given an item looks at its matter: what all items have in common that are decided together, as reports
 * about one person. While one administrator looks, at most QUEUE_LOOK_S, no other is given an item of that matter.
 * What is skipped comes after all others for who skipped it, and at once for everybody else. What is decided and does
 * not yet take effect (decision.h), or assigned to another, is given to nobody.
 */
#ifndef DOMAIN_SYSTEM_QUEUE_H
#define DOMAIN_SYSTEM_QUEUE_H

#include "domain/system/audit.h"

#define QUEUE_LOOK_S "600"
#define QUEUE_SKIP_S "1800" /* what was skipped longer ago comes in its turn again */

extern const struct stmt_set queue_stmts;

/* Matters that nobody else is to be given, as an array: $1 the queue, $2 the administrator. For a source's next. */
#define QUEUE_BUSY                                                                                    \
	"ARRAY(SELECT q.matter_id FROM queue_look q WHERE q.queue = $1 AND CASE WHEN q.admin_id = $2" \
	" THEN q.skipped AND q.at > app_now() - " QUEUE_SKIP_S " * interval '1 s'"                    \
	" ELSE NOT q.skipped AND q.at > app_now() - " QUEUE_LOOK_S " * interval '1 s' END)"
/* What was decided and does not yet take effect, as an array of subjects. */
#define QUEUE_DECIDED "ARRAY(SELECT p.subject_id FROM decision p WHERE p.state = 'PENDING')"
/* Does another than $2 look after the item? No anti-join: the rows come by the order's index, one by one. */
#define QUEUE_ASSIGNED(kind, id)                                                                   \
	"coalesce((SELECT n.admin_id <> $2 FROM assignment n WHERE n.subject = '" kind "'"         \
	" AND n.subject_id = " id "), false)"

struct queue_source {
	const char *name; /* "reports" */
	/* id and matter_id of the most urgent item; $1: name, $2: the administrator. Looks at few rows, however many
	 * wait. */
	const struct stmt *next;
	const struct stmt *matter; /* matter_id of the item $1 */
	/* conversation_id and reason: the conversation that belongs to the item $1, and why it is read. NULL, or no row:
	 * none does. Reading it is an act of its own, with an entry in the audit log. */
	const struct stmt *conversation;
};

/*
 * Give the administrator the most urgent item, and have them look at its matter, and at no other. What was skipped
 * comes when nothing else is left, and then *again. Needs the caller's transaction.
 *	ERR_NOT_FOUND	nothing waits, or others look at all of it
 */
MUST_CHECK enum err queue_next(struct db *, const struct queue_source *, const char *admin_id,
    const char **item_id, bool *again);
/* The item that is asked for. *other: who else looks at its matter, NULL: nobody, and then the administrator does.
 *	ERR_NOT_FOUND	there is no such item */
MUST_CHECK enum err queue_take(struct db *, const struct queue_source *, const char *admin_id,
    const char *item_id, const char **other);
/* Put an item off.
 *	ERR_NOT_FOUND	there is no such item */
MUST_CHECK enum err queue_skip(
    struct db *, const struct queue_source *, const char *admin_id, const char *item_id);
/* The item's conversation is being read, which is the act conversation.read (talk/conversation_admin.h) with its entry
 * in the audit log. *has: there is one. Needs the caller's transaction, in which it is read. */
MUST_CHECK enum err queue_open(struct db *, const struct queue_source *, const struct audit_by *by,
    const char *item_id, bool *has);
/* What was decided about the item and does not yet take effect, in words; NULL: nothing. */
MUST_CHECK enum err queue_decided(struct db *, const char *item_id, const char **what);
/* At most limit decisions of theirs that can be undone still, the newest first: id, name, subject_id, effective_at. */
MUST_CHECK enum err queue_undoable(
    struct db *, const char *admin_id, int64_t limit, struct rows **rows);

#endif
