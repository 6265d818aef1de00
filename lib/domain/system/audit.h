/*
 * The audit log: what administrators and the system did. It is append-only, and each row holds a hash
 * over itself and the row before (done by SQL, see sql/code/audit.sql), so a change made behind our
 * back shows. An entry is written in the transaction of what it tells of.
 */
#ifndef DOMAIN_SYSTEM_AUDIT_H
#define DOMAIN_SYSTEM_AUDIT_H

#include "db/list.h"
#include "shape/field.h"

/* Who acts, and in which request. */
struct audit_by {
	const char *actor_id; /* NULL: the system */
	const char *request_id; /* as in the logs */
};

/* One entry to write. */
struct audit_entry {
	const char *action; /* as "advisor.approve" */
	const char *target_type; /* as "advisor" */
	const char *target_id; /* NULL when there is none */
	const char *detail; /* JSON object; NULL is {} */
};

/* What audit_verify found. */
struct audit_found {
	int64_t rows; /* checked */
	int64_t last_id; /* the last of them; 0 when there was none */
	int64_t broken_id; /* the first row that does not fit; 0 when all do */
};

extern const struct stmt_set audit_stmts;
extern const struct field audit_fields[]; /* of audit_all */
extern const struct list_source audit_all; /* the whole log */

/* Append an entry. Needs the caller's transaction. */
MUST_CHECK enum err audit_add(
    struct db *, const struct audit_by *by, const struct audit_entry *entry);
/* The same; *at is when, as the database writes a time. */
MUST_CHECK enum err audit_add_at(
    struct db *, const struct audit_by *by, const struct audit_entry *entry, const char **at);
/* Recompute the chain over at most rows_max rows after the id after, in batches; it ends at the first row
 * that does not fit. Fewer than rows_max and none broken: that was the end of the log. */
MUST_CHECK enum err audit_verify(
    struct db *, int64_t after, int64_t rows_max, struct audit_found *found);
/* The same over the newest rows_max rows. */
MUST_CHECK enum err audit_verify_newest(struct db *, int64_t rows_max, struct audit_found *found);

#endif
