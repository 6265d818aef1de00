#include "domain/system/clock_shift.h"

#ifdef CONFAB_CLOCK

enum { ADVANCE, NOW };
/* Two: the statement that moves it still sees the clock as it was. */
static const struct stmt stmts[] = {
	[ADVANCE] = { "clock_shift", 1,
	    "UPDATE test.clock SET shift = shift + make_interval(secs => $1::bigint)" },
	[NOW] = { "clock_shift_now", 0, "SELECT time_json(app_now())", .repeatable = true },
};
STMT_SET(clock_shift_stmts, stmts);

enum err
clock_shift(struct db *db, int64_t seconds, const char **now)
{
	struct rows *rows;

	assert(seconds >= 0);
	TRY(db_exec(db, &stmts[ADVANCE], db_i64(seconds)));
	TRY(db_one(db, &rows, &stmts[NOW]));
	*now = rows_text(rows, 0, 0);
	return ERR_OK;
}

#else
extern int clock_shift_unused_; /* ISO C wants a declaration in every file */
#endif
