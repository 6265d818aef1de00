#include "domain/system/audit_check.h"
#include "base/uuid.h"

enum { LATEST, LOST, START, JOB, PLACE, NOTE };

static const struct stmt stmts[] = {
	[LATEST] = { "audit_check_latest", 0,
	    "SELECT c.id, c.asked_by, u.display_name AS asked_by_name, c.asked_at, c.state, c.checked,"
	    " c.broken_id, c.done_at FROM audit_check c LEFT JOIN user_account u ON u.id = c.asked_by"
	    " ORDER BY c.id DESC LIMIT 1",
	    .repeatable = true },
	[LOST] = { "audit_check_lost", 1,
	    "UPDATE audit_check SET state = 'FAILED', done_at = app_now() WHERE state = 'RUNNING'"
	    " AND NOT EXISTS (SELECT FROM job WHERE kind = $1"
	    " AND state IN ('READY', 'RUNNING'))" },
	[START] = { "audit_check_start", 2,
	    "INSERT INTO audit_check (id, asked_by) VALUES ($1, $2)"
	    " ON CONFLICT ((true)) WHERE state = 'RUNNING' DO NOTHING" },
	[JOB] = { "audit_check_job", 2,
	    "SELECT job_add($1, jsonb_build_object('check_id', $2::uuid), $2::uuid::text)" },
	[PLACE] = { "audit_check_place", 1,
	    "SELECT c.id, c.last_id FROM job j JOIN audit_check c ON c.state = 'RUNNING'"
	    " AND c.id = (j.payload ->> 'check_id')::uuid WHERE j.id = $1",
	    .repeatable = true },
	[NOTE] = { "audit_check_note", 5,
	    "UPDATE audit_check SET checked = checked + $2::bigint,"
	    " last_id = greatest(last_id, $3::bigint), broken_id = nullif($4::bigint, 0),"
	    " state = $5, done_at = CASE WHEN $5 <> 'RUNNING' THEN app_now() END"
	    " WHERE id = $1 AND state = 'RUNNING'" },
};
STMT_SET(audit_check_stmts, stmts);

const char *const audit_check_states[] = { "RUNNING", "GOOD", "BROKEN", "FAILED", NULL };

const struct field audit_check_fields[] = {
	{ "id", FIELD_UUID, .doc = "The check" },
	{ "asked_by", FIELD_UUID, .nullable = true, .doc = "The administrator who asked" },
	{ "asked_by_name", FIELD_TEXT, .nullable = true, .doc = "Name of that account" },
	{ "asked_at", FIELD_TIME, .doc = "When" },
	{ "state", FIELD_ENUM, .one_of = audit_check_states,
	    .doc = "GOOD: every row fits the one before; FAILED: the worker gave up" },
	{ "checked", FIELD_INT, .doc = "Rows seen so far", .example = "5120" },
	{ "broken_id", FIELD_INT, .nullable = true, .doc = "The first row that does not fit",
	    .example = "null" },
	{ "done_at", FIELD_TIME, .nullable = true, .doc = "When it came to an end" },
	{ 0 },
};

enum err
audit_check_start(struct db *db, const struct audit_by *by, struct rows **rows)
{
	const char *id = uuid_new(db_arena(db));
	enum err err;

	TRY(db_exec(db, &stmts[LOST], db_text(AUDIT_CHECK_JOB)));
	err = db_exec_one(db, &stmts[START], db_text(id), db_text(by->actor_id));
	if (err == ERR_OK) {
		TRY(db_exec(db, &stmts[JOB], db_text(AUDIT_CHECK_JOB), db_text(id)));
		TRY(audit_add(db, by, &(struct audit_entry){ "audit.check", "audit", NULL, NULL }));
	} else if (err != ERR_NOT_FOUND) {
		return err;
	}
	return audit_check_latest(db, rows);
}

enum err
audit_check_latest(struct db *db, struct rows **rows)
{
	return db_one(db, rows, &stmts[LATEST]);
}

/* A slice that was checked. */
struct slice {
	const char *check_id;
	struct audit_found found;
};

static enum err
prepare(struct db *db, const struct job *job, void **work)
{
	struct slice *slice = arena_alloc(db_arena(db), sizeof(*slice));
	struct rows *rows;

	*work = NULL;
	TRY(db_rows(db, &rows, &stmts[PLACE], db_text(job->id)));
	if (rows_count(rows) == 0) /* it has ended without us */
		return ERR_OK;
	slice->check_id = rows_text(rows, 0, 0);
	TRY(audit_verify(db, rows_i64(rows, 0, 1), AUDIT_CHECK_SLICE, &slice->found));
	*work = slice;
	return ERR_OK;
}

static enum err
apply(struct db *db, const struct job *job, void *work)
{
	const struct slice *slice = work;
	const char *state = "RUNNING";

	(void)job;
	if (slice == NULL)
		return ERR_OK;
	if (slice->found.broken_id != 0)
		state = "BROKEN";
	else if (slice->found.rows < AUDIT_CHECK_SLICE)
		state = "GOOD";
	TRY(db_exec(db, &stmts[NOTE], db_text(slice->check_id), db_i64(slice->found.rows),
	    db_i64(slice->found.last_id), db_i64(slice->found.broken_id), db_text(state)));
	if (state[0] != 'R')
		return ERR_OK;
	return db_exec(db, &stmts[JOB], db_text(AUDIT_CHECK_JOB), db_text(slice->check_id));
}

static const char *const shown[] = { "check_id", NULL };

const struct job_kind audit_check_job = {
	.name = AUDIT_CHECK_JOB,
	.lane = LANE_MEDIA,
	.limit_s = 120,
	.tries = 8,
	.wait_s = 2,
	.wait_max_s = 600,
	.shown = shown,
	.prepare = prepare,
	.apply = apply,
};
