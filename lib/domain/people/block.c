#include "domain/people/block.h"

#include "domain/talk/session_leave.h"

#include <string.h>

enum { ADD, REMOVE, LIST };

static const struct stmt stmts[] = {
	/* The row tells that the other exists, whether or not a block was made now. Its lock keeps the
	 * two from beginning a session meanwhile. */
	[ADD] = { "block_add", 2,
	    "WITH other AS (SELECT id FROM user_account WHERE id = $2 AND state <> 'DELETED'"
	    " FOR NO KEY UPDATE),"
	    " made AS (INSERT INTO block (user_id, blocked_id) SELECT $1, id FROM other"
	    " ON CONFLICT DO NOTHING) SELECT id FROM other" },
	[REMOVE] = { "block_remove", 2, "DELETE FROM block WHERE user_id = $1 AND blocked_id = $2",
	    .repeatable = true },
	[LIST] = { "block_list", 4,
	    "SELECT b.blocked_id AS user_id, u.display_name, b.created_at, b.created_at AS _k1,"
	    " b.blocked_id AS _k2 FROM block b JOIN user_account u ON u.id = b.blocked_id"
	    " WHERE b.user_id = $1 AND (b.created_at, b.blocked_id) <"
	    " (coalesce($3::timestamptz, 'infinity'),"
	    " coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))"
	    " ORDER BY b.created_at DESC, b.blocked_id DESC LIMIT $2::bigint",
	    .repeatable = true },
};
STMT_SET(block_stmts, stmts);

const struct field block_fields[] = {
	{ "user_id", FIELD_UUID, .doc = "Who is blocked" },
	{ "display_name", FIELD_TEXT, .doc = "Their name", .example = "\"Ravi\"" },
	{ "created_at", FIELD_TIME, .doc = "Since when" },
	{ 0 },
};

/* Who blocks whom. */
struct blocking {
	const char *user_id, *other_id;
};

static enum err
add_in_tx(struct db *db, void *arg)
{
	const struct blocking *blocking = arg;

	TRY(db_exec_one(db, &stmts[ADD], db_text(blocking->user_id), db_text(blocking->other_id)));
	return session_leave_between(db, blocking->user_id, blocking->other_id);
}

enum err
block_add(struct db *db, const char *user_id, const char *other_id)
{
	struct blocking blocking = { user_id, other_id };

	if (strcmp(user_id, other_id) == 0)
		return ERR_VALIDATION;
	return db_tx(db, add_in_tx, &blocking);
}

enum err
block_remove(struct db *db, const char *user_id, const char *other_id)
{
	return db_exec(db, &stmts[REMOVE], db_text(user_id), db_text(other_id));
}

struct db_bound
block_list_bind(const char *user_id, int64_t limit, const char *key1, const char *key2)
{
	return db_bind(&stmts[LIST], db_text(user_id), db_i64(limit), db_text(key1), db_text(key2));
}

enum err
block_list(struct db *db, const char *user_id, int64_t limit, const char *key1, const char *key2,
    struct rows **rows)
{
	return db_run(db, db_ref(block_list_bind(user_id, limit, key1, key2)), rows);
}
