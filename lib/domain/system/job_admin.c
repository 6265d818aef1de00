#include "domain/system/job_admin.h"

#include "base/buf.h"

enum { GET, DEAD_KINDS, TWIN, RETRY, RETRY_ALL, DISCARD };

static const struct stmt stmts[] = {
	[GET] = { "job_get", 1,
	    "SELECT id, kind, key, state, run_at, attempts, tries_max, began_at, last_error, created_at,"
	    " done_at, lease_until, payload FROM job WHERE id = $1",
	    true },
	[DEAD_KINDS] = { "job_dead_kinds", 0,
	    "SELECT kind, count(*) AS dead, max(done_at) AS newest_at FROM job WHERE state = 'DEAD'"
	    " GROUP BY kind ORDER BY kind LIMIT 100",
	    true },
	[TWIN] = { "job_twin", 1,
	    "SELECT l.id FROM job d JOIN job l ON l.kind = d.kind AND l.key = d.key"
	    " AND l.state IN ('READY', 'RUNNING') WHERE d.id = $1 AND d.state = 'DEAD' LIMIT 1",
	    true },
	[RETRY] = { "job_retry", 1,
	    "UPDATE job SET state = 'READY', attempts = 0, run_at = app_now(), done_at = NULL"
	    " WHERE id = $1 AND state = 'DEAD' RETURNING kind, last_error" },
	[RETRY_ALL] = { "job_retry_all", 2,
	    "UPDATE job SET state = 'READY', attempts = 0, run_at = app_now(), done_at = NULL"
	    " WHERE state = 'DEAD' AND id IN (SELECT DISTINCT ON (coalesce(key, id::text)) id FROM job d"
	    " WHERE kind = $1 AND state = 'DEAD' AND NOT EXISTS (SELECT FROM job l"
	    " WHERE l.kind = d.kind AND l.key = d.key AND l.state IN ('READY', 'RUNNING'))"
	    " ORDER BY coalesce(key, id::text), created_at DESC LIMIT $2)" },
	[DISCARD] = { "job_discard", 1,
	    "DELETE FROM job WHERE id = $1 AND state = 'DEAD' RETURNING kind, last_error" },
};
STMT_SET(job_admin_stmts, stmts);

static const struct list_filter filters[] = {
	{ "state", "j.state = $?", NULL },
	{ "kind", "j.kind = $?", NULL },
	{ "from", LIST_DAY_FROM("j.created_at"), NULL },
	{ "to", LIST_DAY_TO("j.created_at"), NULL },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "asked", { "j.created_at", "j.id" }, .descending = true },
	{ 0 },
};
const struct list_source job_all = {
	.name = "job_all",
	.columns =
	    "j.id, j.kind, j.key, j.state, j.attempts, j.tries_max, j.last_error, j.created_at,"
	    " CASE WHEN j.state = 'READY' THEN j.run_at END AS due_at, j.began_at, j.done_at",
	.from = "job j",
	.filters = filters,
	.sorts = sorts,
};

const char *const job_states[] = { "DEAD", "READY", "RUNNING", "DONE", NULL };

enum err
job_get(struct db *db, const char *id, struct rows **rows)
{
	return db_one(db, rows, &stmts[GET], db_text(id));
}

enum err
job_dead_kinds(struct db *db, struct rows **rows)
{
	return db_rows(db, rows, &stmts[DEAD_KINDS]);
}

/* What was done to the one job that the statement gives back. */
static enum err
decide(struct db *db, const struct audit_by *by, const struct stmt *stmt, const char *action,
    const char *id)
{
	struct buf detail = buf_new(db_arena(db), 256);
	struct rows *rows;

	TRY(db_rows(db, &rows, stmt, db_text(id)));
	if (rows_count(rows) == 0)
		return ERR_BAD_STATE;
	buf_puts(&detail, "{\"kind\":");
	buf_json(&detail, rows_text(rows, 0, 0));
	buf_puts(&detail, ",\"error\":");
	buf_json(&detail, rows_text(rows, 0, 1));
	buf_putc(&detail, '}');
	return audit_add(db, by, &(struct audit_entry){ action, "job", id, detail.data });
}

enum err
job_retry(struct db *db, const struct audit_by *by, const char *id)
{
	struct rows *twin;

	TRY(db_rows(db, &twin, &stmts[TWIN], db_text(id)));
	if (rows_count(twin) > 0)
		return ERR_STALE;
	return decide(db, by, &stmts[RETRY], "job.retry", id);
}

enum err
job_discard(struct db *db, const struct audit_by *by, const char *id)
{
	return decide(db, by, &stmts[DISCARD], "job.discard", id);
}

enum err
job_retry_all(struct db *db, const struct audit_by *by, const char *kind, int64_t *count)
{
	struct buf detail = buf_new(db_arena(db), 128);
	struct rows *rows;

	TRY(db_rows(db, &rows, &stmts[RETRY_ALL], db_text(kind), db_i64(JOB_RETRY_MAX)));
	buf_puts(&detail, "{\"kind\":");
	buf_json(&detail, kind);
	buf_printf(&detail, ",\"jobs\":%lld}", (long long)rows_touched(rows));
	TRY(audit_add(db, by, &(struct audit_entry){ "job.retry_all", "job", NULL, detail.data }));
	*count = (int64_t)rows_touched(rows);
	return ERR_OK;
}
