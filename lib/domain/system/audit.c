#include "domain/system/audit.h"

enum { VERIFY_BATCH = 5000 };

enum { AUDIT_ADD, AUDIT_START, AUDIT_VERIFY };
static const struct stmt stmts[] = {
	[AUDIT_ADD] = { "audit_add", 6,
	    "INSERT INTO audit (actor_id, action, target_type, target_id, detail, request_id,"
	    " previous_hash, hash)"
	    " VALUES ($1, $2, $3, $4, coalesce($5::jsonb, '{}'), coalesce($6, ''), '', '') RETURNING at",
	    false },
	/* The id before the newest $1 rows; 0 when there are no more than that. */
	[AUDIT_START] = { "audit_start", 1,
	    "SELECT coalesce((SELECT id FROM audit ORDER BY id DESC OFFSET $1::bigint LIMIT 1), 0)",
	    true },
	/* $1: the id before the batch. The row before it gives the first expected hash. */
	[AUDIT_VERIFY] = { "audit_verify", 2,
	    "WITH batch AS (SELECT a.id, a.hash, a.previous_hash, audit_digest(a) AS digest"
	    " FROM audit a WHERE a.id > $1::bigint ORDER BY a.id LIMIT $2::bigint),"
	    " linked AS (SELECT id, hash = digest AND previous_hash = lag(hash, 1, coalesce("
	    "(SELECT hash FROM audit WHERE id <= $1 ORDER BY id DESC LIMIT 1), ''))"
	    " OVER (ORDER BY id) AS good FROM batch)"
	    " SELECT count(*), coalesce(min(id) FILTER (WHERE NOT good), 0), coalesce(max(id), 0)"
	    " FROM linked",
	    true },
};
STMT_SET(audit_stmts, stmts);

static const struct list_filter filters[] = {
	{ "action", "a.action = $?", NULL },
	{ "target", "a.target_id = $?", NULL },
	{ "actor", "a.actor_id = $?", NULL },
	{ "request", "a.request_id = $?", NULL },
	{ "from", LIST_DAY_FROM("a.at"), NULL },
	{ "to", LIST_DAY_TO("a.at"), NULL },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "at", { "a.at", "a.id" }, .descending = true },
	{ 0 },
};
const struct list_source audit_all = {
	.name = "audit_all",
	.columns = "a.id, a.at, a.actor_id, p.display_name AS actor_name, a.action, a.target_type,"
		   " a.target_id, coalesce(t.display_name, a.target_type) AS target_name, a.detail,"
		   " a.request_id",
	.from = "audit a LEFT JOIN user_account p ON p.id = a.actor_id"
		" LEFT JOIN user_account t ON t.id = a.target_id",
	.filters = filters,
	.sorts = sorts,
};

const struct field audit_fields[] = {
	{ "id", FIELD_INT, .doc = "Order in the chain" },
	{ "at", FIELD_TIME, .doc = "When" },
	{ "actor_id", FIELD_UUID, .nullable = true, .doc = "Who; null is the system" },
	{ "actor_name", FIELD_TEXT, .nullable = true, .doc = "Their name" },
	{ "action", FIELD_TEXT, .doc = "What", .example = "\"advisor.approve\"" },
	{ "target_type", FIELD_TEXT, .doc = "Kind of thing acted on", .example = "\"advisor\"" },
	{ "target_id", FIELD_UUID, .nullable = true, .doc = "Which" },
	{ "target_name", FIELD_TEXT, .nullable = true,
	    .doc = "Name, when it is a person, else its kind" },
	{ "detail", FIELD_OBJECT, .doc = "Before, after, reason" },
	{ "request_id", FIELD_TEXT, .doc = "As in the logs" },
	{ 0 },
};

enum err
audit_add_at(
    struct db *db, const struct audit_by *by, const struct audit_entry *entry, const char **at)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[AUDIT_ADD], db_text(by->actor_id), db_text(entry->action),
	    db_text(entry->target_type), db_text(entry->target_id), db_text(entry->detail),
	    db_text(by->request_id)));
	*at = rows_only(rows);
	return ERR_OK;
}

enum err
audit_add(struct db *db, const struct audit_by *by, const struct audit_entry *entry)
{
	const char *at;

	return audit_add_at(db, by, entry, &at);
}

enum err
audit_verify(struct db *db, int64_t after, int64_t rows_max, struct audit_found *found)
{
	struct audit_found sum = { 0, 0, 0 };
	struct rows *rows;
	int64_t count, wanted;

	do {
		wanted = rows_max - sum.rows < VERIFY_BATCH ? rows_max - sum.rows : VERIFY_BATCH;
		TRY(db_one(db, &rows, &stmts[AUDIT_VERIFY], db_i64(after), db_i64(wanted)));
		count = rows_i64(rows, 0, 0);
		sum.rows += count;
		sum.broken_id = rows_i64(rows, 0, 1);
		if (count > 0)
			after = sum.last_id = rows_i64(rows, 0, 2);
	} while (count == wanted && sum.rows < rows_max && sum.broken_id == 0);
	*found = sum;
	return ERR_OK;
}

enum err
audit_verify_newest(struct db *db, int64_t rows_max, struct audit_found *found)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[AUDIT_START], db_i64(rows_max)));
	return audit_verify(db, rows_i64(rows, 0, 0), rows_max, found);
}
