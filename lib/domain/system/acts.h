/* Every act there is, for the panel, the command and the worker. A row stands beside its noun; tables are listed in
 * acts.c. */
#ifndef DOMAIN_SYSTEM_ACTS_H
#define DOMAIN_SYSTEM_ACTS_H

#include "domain/system/act.h"

/* The statements of all of them, NULL-terminated. */
extern const struct stmt_set *const act_sets[];

/* own, NULL-terminated, and these behind it, in the arena. */
const struct stmt_set *const *act_sets_behind(struct arena *, const struct stmt_set *const *own);
/* The act of that number, from 0; NULL behind the last one. */
const struct act *act_at(size_t number);
/* The act of that name; NULL: there is none. */
const struct act *act_find(const char *name);

#endif
