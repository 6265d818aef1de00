/*
 * What administrators keep beside people, advisors and reports, for each other: notes, and who looks after it. Acts
 * note, assign (to whoever does it) and unassign, of each of the three kinds.
 */
#ifndef DOMAIN_PEOPLE_DESK_H
#define DOMAIN_PEOPLE_DESK_H

#include "domain/system/act.h"

extern const struct stmt_set desk_stmts;
extern const struct act desk_acts[];

#endif
