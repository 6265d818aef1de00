/*
 * The database's part of a clock that can be moved: stack.sh makes the table test.clock that app_now() then
 * adds. Builds with CONFAB_CLOCK only.
 */
#ifndef DOMAIN_SYSTEM_CLOCK_SHIFT_H
#define DOMAIN_SYSTEM_CLOCK_SHIFT_H

#include "base/test_map.h"
#include "db/db.h"

#ifdef CONFAB_CLOCK
extern const struct stmt_set clock_shift_stmts;

/* app_now() goes on by so many seconds, 0 or more; *now is the time it then shows. */
MUST_CHECK enum err clock_shift(struct db *, int64_t seconds, const char **now);
#endif

#endif
