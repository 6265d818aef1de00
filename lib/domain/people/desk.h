/*
 * What administrators keep beside people, advisors, reports, sessions and conversations, for each other: notes, and
 * who looks after it. Acts note, assign (to whoever does it) and unassign, of each of these kinds.
 */
#ifndef DOMAIN_PEOPLE_DESK_H
#define DOMAIN_PEOPLE_DESK_H

#include "domain/system/act.h"

extern const struct stmt_set desk_stmts;
extern const struct act desk_acts[];

enum { DESK_NOTES = 20 };
/* The newest notes about it, the newest first, DESK_NOTES and one if there are more: at, body, who_id, who. */
MUST_CHECK enum err desk_notes(struct db *, const char *id, struct rows **rows);
/* Who looks after it: admin_id, admin, at; no row: nobody does. kind is the act kind's name. */
MUST_CHECK enum err desk_assignee(struct db *, const char *kind, const char *id, struct rows **rows);

#endif
