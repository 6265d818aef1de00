#include "domain/system/job_admin.h"

#include "base/buf.h"

enum { GET, DEAD_KINDS, LOOK, LOCK, TWIN, RETRY, RETRY_ALL, DISCARD };

#define SUBJECT "SELECT kind AS name, state, last_error FROM job WHERE id = $1"

static const struct stmt stmts[] = {
	[GET] = { "job_get", 1,
	    "SELECT id, kind, key, state, run_at, attempts, tries_max, began_at, last_error, created_at,"
	    " done_at, lease_until, payload FROM job WHERE id = $1",
	    true },
	[DEAD_KINDS] = { "job_dead_kinds", 0,
	    "SELECT kind, count(*) AS dead, max(done_at) AS newest_at FROM job WHERE state = 'DEAD'"
	    " GROUP BY kind ORDER BY kind LIMIT 100",
	    true },
	[LOOK] = { "job_look", 1, SUBJECT, true },
	[LOCK] = { "job_lock", 1, SUBJECT " FOR UPDATE" },
	[TWIN] = { "job_twin", 1,
	    "SELECT l.id FROM job d JOIN job l ON l.kind = d.kind AND l.key = d.key"
	    " AND l.state IN ('READY', 'RUNNING') WHERE d.id = $1 AND d.state = 'DEAD' LIMIT 1",
	    true },
	[RETRY] = { "job_retry", 1,
	    "UPDATE job SET state = 'READY', attempts = 0, run_at = app_now(), done_at = NULL"
	    " WHERE id = $1" },
	[RETRY_ALL] = { "job_retry_all", 2,
	    "UPDATE job SET state = 'READY', attempts = 0, run_at = app_now(), done_at = NULL"
	    " WHERE state = 'DEAD' AND id IN (SELECT DISTINCT ON (coalesce(key, id::text)) id FROM job d"
	    " WHERE kind = $1 AND state = 'DEAD' AND NOT EXISTS (SELECT FROM job l"
	    " WHERE l.kind = d.kind AND l.key = d.key AND l.state IN ('READY', 'RUNNING'))"
	    " ORDER BY coalesce(key, id::text), created_at DESC LIMIT $2)" },
	[DISCARD] = { "job_discard", 1, "DELETE FROM job WHERE id = $1" },
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

/* --- acts --- */

/* The entry keeps what the job was, and what was wrong with it. */
static void
note_job(struct act_call *call)
{
	act_note(call, "kind", act_was(call, "name"));
	act_note(call, "error", act_was(call, "last_error"));
}

static enum err
retry(struct db *db, struct act_call *call)
{
	struct rows *twin;

	TRY(db_rows(db, &twin, &stmts[TWIN], db_text(call->id)));
	if (rows_count(twin) > 0)
		return ERR_CONFLICT;
	note_job(call);
	return db_exec(db, &stmts[RETRY], db_text(call->id));
}

static enum err
discard(struct db *db, struct act_call *call)
{
	note_job(call);
	return db_exec(db, &stmts[DISCARD], db_text(call->id));
}

static enum err
retry_all(struct db *db, struct act_call *call)
{
	struct rows *rows;

	TRY(db_rows(
	    db, &rows, &stmts[RETRY_ALL], db_text(act_text(call, "kind")), db_i64(JOB_RETRY_MAX)));
	act_note_int(call, "jobs", (int64_t)rows_touched(rows));
	return ERR_OK;
}

const struct act_kind job_kind_of_acts = { "job", "jobs", .look = &stmts[LOOK],
	.lock = &stmts[LOCK] };

static const struct field kind_fields[] = {
	{ "kind", FIELD_TEXT, .required = true, .min = 1, .max = 64, .doc = "Kind of job",
	    .example = "\"audit.check\"" },
	{ 0 },
};
static const struct act_refusal retry_refusals[] = {
	{ ERR_CONFLICT,
	    "Nothing was done: a younger {} with the same key is waiting or running, and does the"
	    " work." },
	{ ERR_OK, NULL },
};
static const struct act_refusal retry_all_refusals[] = {
	{ ERR_CONFLICT, "Nothing was done: a job of that kind began meanwhile. Try again." },
	{ ERR_OK, NULL },
};

const struct act job_acts[] = {
	{ "job.retry", &job_kind_of_acts, "system.jobs", NULL, "DEAD", "READY", ACT_BULK,
	    .label = "Retry", .hint = "It is done once more, with all the tries of its kind.",
	    .done = "{} will be tried anew, now.", .bulk = "will be tried anew",
	    .refusals = retry_refusals, .summary = "Have a job that was given up tried anew",
	    .doc =
		"Now, with all the tries of its kind. A younger live job with its key does the work instead.",
	    .run = retry },
	{ "job.discard", &job_kind_of_acts, "system.jobs", NULL, "DEAD", NULL,
	    ACT_GRAVE | ACT_BULK | ACT_GONE, .label = "Discard",
	    .confirm = "It will never be done. The audit log keeps its kind and its error.",
	    .done = "The job was discarded.", .bulk = "discarded",
	    .summary = "Forget a job that was given up",
	    .doc = "It will never be done; the audit log keeps its kind and its error.",
	    .run = discard },
	{ "job.retry_all", &job_kind_of_acts, "system.jobs", kind_fields, NULL, NULL, ACT_WHOLE,
	    .label = "Retry all",
	    .hint = "Each is done once more, with all the tries of its kind. See first that what was"
		    " wrong is mended.",
	    .done = "All of them will be tried anew, now.", .refusals = retry_all_refusals,
	    .summary = "Have all jobs of a kind that were given up tried anew",
	    .doc =
		"At most 10,000 of them; of those with one key the youngest, and none whose key is live.",
	    .run = retry_all },
	{ 0 },
};
