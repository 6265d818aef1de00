/*
 * Views of the panel's lists that an administrator keeps by name: the query of a list's address. Each sees their own.
 */
#ifndef DOMAIN_PEOPLE_SAVED_VIEW_H
#define DOMAIN_PEOPLE_SAVED_VIEW_H

#include "db/db.h"

enum { SAVED_VIEWS_MAX = 20 }; /* of a list and an administrator */

extern const struct stmt_set saved_view_stmts;

/* Those of a list, by name: id, name, query. */
MUST_CHECK enum err saved_view_list(
    struct db *, const char *admin_id, const char *list, struct rows **rows);
/*
 * Keep one; the same name again is the new query.
 *	ERR_CONFLICT	there are SAVED_VIEWS_MAX already
 */
MUST_CHECK enum err saved_view_add(
    struct db *, const char *admin_id, const char *list, const char *name, const char *query);
/* Forget one. *rows: list. ERR_NOT_FOUND: this administrator has none of that id. */
MUST_CHECK enum err saved_view_remove(
    struct db *, const char *admin_id, const char *id, struct rows **rows);

#endif
