/*
 * Blocks between people. A block works both ways and is silent: each is hidden from the other and
 * neither can write to the other. A live session between the two ends as if the one who blocks had left
 * it; what was said stays.
 */
#ifndef PEOPLE_BLOCK_H
#define PEOPLE_BLOCK_H

#include "db/db.h"
#include "shape/field.h"

extern const struct stmt_set block_stmts;
extern const struct field block_fields[]; /* one of the list */

/*
 * user_id blocks other_id, and leaves a live session between the two, in one transaction (its own or the
 * caller's). Again changes nothing.
 *	ERR_VALIDATION	nobody blocks themselves
 *	ERR_NOT_FOUND	no such account
 */
MUST_CHECK enum err block_add(struct db *, const char *user_id, const char *other_id);
/* End it; also when there was none. */
MUST_CHECK enum err block_remove(struct db *, const char *user_id, const char *other_id);
/* Whom user_id blocks, newest first: user_id, display_name, created_at; _k1, _k2. */
MUST_CHECK enum err block_list(struct db *, const char *user_id, int64_t limit, const char *key1,
    const char *key2, struct rows **rows);
struct db_bound block_list_bind(
    const char *user_id, int64_t limit, const char *key1, const char *key2);

#endif
