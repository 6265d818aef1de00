/*
 * What happened to a person or a thing, newest first: one statement for each source, merged by time by who asks.
 */
#ifndef DOMAIN_PEOPLE_TIMELINE_H
#define DOMAIN_PEOPLE_TIMELINE_H

#include "db/db.h"

extern const struct stmt_set timeline_stmts;

/* Of $1, its id: at most $2 rows, newest first: at, what, text, id, ref, who_id, who. All but at and what may be
 * null; who is a person's name, ref names the entry beside its id. */
struct timeline_source {
	const char *name; /* "audit"; NULL ends a table */
	const struct stmt *stmt;
};

extern const struct timeline_source timeline_person[]; /* audit, notes, decisions, sessions, reports, logins */
extern const struct timeline_source timeline_thing[]; /* audit, notes, decisions */
/* A session: audit, notes, its states, who came, its rating, reports about it. A conversation: audit, notes, its
 * states, members, its session. */
extern const struct timeline_source timeline_session[], timeline_conversation[];

/* ERR_OK and the rows of one source. */
MUST_CHECK enum err timeline_read(
    struct db *, const struct timeline_source *, const char *id, int64_t limit, struct rows **rows);

#endif
