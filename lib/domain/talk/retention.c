#include "domain/talk/retention.h"

enum { MAKE, DROP };
static const struct stmt stmts[] = {
	[MAKE] = { "event_day_make", 1,
	    "SELECT event_day_make((app_now() AT TIME ZONE 'UTC')::date + $1::int)", true },
	[DROP] = { "event_day_drop", 1, "SELECT event_day_drop($1::int)", true },
};
STMT_SET(retention_stmts, stmts);

/* Each call is a transaction of its own, so that no lock is held over two days. */
static enum err
day(struct db *db, const struct stmt *stmt, int64_t days, int64_t *count, bool *done)
{
	struct rows *rows;

	TRY(db_one(db, &rows, stmt, db_i64(days)));
	*done = rows_bool(rows, 0, 0);
	*count += *done;
	return ERR_OK;
}

enum err
retention_run(struct db *db, int64_t event_days, int64_t *made, int64_t *dropped)
{
	int64_t ahead;
	bool done = true;

	*made = *dropped = 0;
	for (ahead = 0; ahead <= RETENTION_AHEAD_DAYS; ahead++)
		TRY(day(db, &stmts[MAKE], ahead, made, &done));
	for (done = true; done && *dropped < RETENTION_DROPS_MAX;)
		TRY(day(db, &stmts[DROP], event_days, dropped, &done));
	return ERR_OK;
}
