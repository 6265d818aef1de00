#include "domain/system/health.h"

enum { HEALTH_VERSION };
static const struct stmt stmts[] = {
	[HEALTH_VERSION] = { "health_version", 0, "SELECT max(version) FROM migration", true },
};
STMT_SET(health_stmts, stmts);

enum err
health_schema_version(struct db *db, int64_t *version)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[HEALTH_VERSION]));
	*version = rows_i64(rows, 0, 0);
	return ERR_OK;
}
