/*
 * What administrators keep beside people, advisors and reports, for each other: notes, and who looks after it. Acts
 * note, assign (to whoever does it) and unassign, of each of the three kinds.
 */
#ifndef DOMAIN_PEOPLE_DESK_H
#define DOMAIN_PEOPLE_DESK_H

#include "domain/system/act.h"

extern const struct stmt_set desk_stmts;
extern const struct act desk_acts[];

/* A column of a subject's row, which its acts read: who looks after it. kind and id are SQL. */
#define DESK_ASSIGNEE(kind, id)                                                                    \
	"(SELECT s.admin_id FROM assignment s WHERE s.subject = " kind " AND s.subject_id = " id   \
	") AS assignee_id"
/* Of lists: join, columns and filter. */
#define DESK_LIST_FROM(kind, id)                                                                   \
	" LEFT JOIN assignment s ON s.subject = " kind " AND s.subject_id = " id                   \
	" LEFT JOIN user_account sa ON sa.id = s.admin_id"
#define DESK_LIST_COLUMNS ", s.admin_id AS assignee_id, sa.display_name AS assignee"
#define DESK_LIST_WHERE(kind, id)                                                                  \
	id " IN (SELECT x.subject_id FROM assignment x WHERE x.subject = " kind                    \
	   " AND x.admin_id = $?)"

enum { DESK_NOTES = 20 };
/* The newest notes about it, the newest first, DESK_NOTES and one if there are more: at, body, who_id, who. */
MUST_CHECK enum err desk_notes(struct db *, const char *id, struct rows **rows);
/* Who looks after it: admin_id, admin, at; no row: nobody does. kind is the act kind's name. */
MUST_CHECK enum err desk_assignee(struct db *, const char *kind, const char *id, struct rows **rows);

#endif
