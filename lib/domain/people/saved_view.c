#include "domain/people/saved_view.h"

#include "base/uuid.h"

enum { LIST, ADD, REMOVE };
static const struct stmt stmts[] = {
	[LIST] = { "saved_view_list", 3,
	    "SELECT id, name, query FROM saved_view WHERE admin_id = $1 AND list = $2"
	    " ORDER BY name LIMIT $3::bigint",
	    true },
	[ADD] = { "saved_view_add", 6,
	    "INSERT INTO saved_view (id, admin_id, list, name, query) SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text"
	    " WHERE EXISTS (SELECT FROM saved_view WHERE admin_id = $2 AND list = $3 AND name = $4)"
	    " OR (SELECT count(*) FROM saved_view WHERE admin_id = $2 AND list = $3) < $6::bigint"
	    " ON CONFLICT (admin_id, list, name) DO UPDATE SET query = excluded.query" },
	[REMOVE] = { "saved_view_remove", 2,
	    "DELETE FROM saved_view WHERE id = $1 AND admin_id = $2 RETURNING list" },
};
STMT_SET(saved_view_stmts, stmts);

enum err
saved_view_list(struct db *db, const char *admin_id, const char *list, struct rows **rows)
{
	return db_rows(
	    db, rows, &stmts[LIST], db_text(admin_id), db_text(list), db_i64(SAVED_VIEWS_MAX));
}

enum err
saved_view_add(
    struct db *db, const char *admin_id, const char *list, const char *name, const char *query)
{
	enum err err =
	    db_exec_one(db, &stmts[ADD], db_text(uuid_new(db_arena(db))), db_text(admin_id),
		db_text(list), db_text(name), db_text(query), db_i64(SAVED_VIEWS_MAX));

	return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
}

enum err
saved_view_remove(struct db *db, const char *admin_id, const char *id, struct rows **rows)
{
	return db_one(db, rows, &stmts[REMOVE], db_text(id), db_text(admin_id));
}
