/* Who looks after what (desk.h), for statements of the nouns that are looked after: text alone, so that a noun need not
 * know of the desk, which knows of all of them. */
#ifndef DOMAIN_PEOPLE_DESK_SQL_H
#define DOMAIN_PEOPLE_DESK_SQL_H

/* A column of a subject's row, which its acts read: who looks after it. kind and id are SQL. */
#define DESK_ASSIGNEE(kind, id)                                                                    \
	"(SELECT mine.admin_id FROM assignment mine WHERE mine.subject = " kind                    \
	" AND mine.subject_id = " id ") AS assignee_id"
/* Of lists: join, columns and filter. */
#define DESK_LIST_FROM(kind, id)                                                                   \
	" LEFT JOIN assignment s ON s.subject = " kind " AND s.subject_id = " id                   \
	" LEFT JOIN user_account sa ON sa.id = s.admin_id"
#define DESK_LIST_COLUMNS ", s.admin_id AS assignee_id, sa.display_name AS assignee"
#define DESK_LIST_WHERE(kind, id)                                                                  \
	id " IN (SELECT x.subject_id FROM assignment x WHERE x.subject = " kind                    \
	   " AND x.admin_id = $?)"

#endif
