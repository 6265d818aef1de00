/*
 * Accounts as administrators see them: search, and one person with all that belongs to the account.
 * Nothing here changes anything; see moderation.h.
 */
#ifndef DOMAIN_PEOPLE_USER_ADMIN_H
#define DOMAIN_PEOPLE_USER_ADMIN_H

#include "db/list.h"
#include "shape/field.h"

extern const struct stmt_set user_admin_stmts;
extern const struct field user_admin_fields[]; /* of user_list */
extern const struct list_source user_list; /* all accounts */
/*
 * A condition: name and e-mail of user_account u have all words of the text, in any order, without case and accents.
 * In a statement whose text the planner sees (db/db.h, whole) words that are not there are no conditions, and the
 * planner knows how many people have those that are.
 */
#define USER_SEARCH(text)                                                                          \
	"search_said(" text ") AND " USER_WORD(text, "1") " AND " USER_WORD(                       \
	    text, "2") " AND " USER_WORD(text, "3") " AND " USER_WORD(text, "4")
#define USER_WORD(text, number)                                                                    \
	"(search_word(" text ", " number                                                           \
	") IS NULL OR u.search LIKE search_pattern(search_word(" text ", " number ")))"
#define USER_SEARCH_WHERE USER_SEARCH("$?::text")

/* One account; the columns stand in user_admin.c.
 *	ERR_NOT_FOUND	no such account */
MUST_CHECK enum err user_admin_get(struct db *, const char *user_id, struct rows **rows);
/* The name of one account. ERR_NOT_FOUND: there is none. */
MUST_CHECK enum err user_admin_name(struct db *, const char *user_id, const char **name);

#endif
