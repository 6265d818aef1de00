#include "domain/system/decision_job.h"

#include "domain/system/acts.h"
#include "domain/system/decision.h"

#include <string.h>

enum { TAKE, END };

static const struct stmt stmts[] = {
	[TAKE] = { "decision_take", 1,
	    "SELECT d.id, d.act, d.subject_id, d.input::text, d.decided_by, d.request_id,"
	    " d.decided_at, EXISTS (SELECT FROM user_account u WHERE u.id = d.decided_by"
	    " AND u.role = 'ADMIN' AND u.state = 'ACTIVE') FROM job j"
	    " JOIN decision d ON d.id = (j.payload ->> 'decision_id')::uuid"
	    " WHERE j.id = $1 AND d.state = 'PENDING' FOR UPDATE OF d" },
	[END] = { "decision_end", 3,
	    "UPDATE decision SET state = $2, error = $3, done_at = app_now() WHERE id = $1" },
};
STMT_SET(decision_job_stmts, stmts);

/* The job's decision. */
struct effect {
	const char *job_id;
	struct act_call call; /* call.act NULL: there is nothing (more) to do */
	const char *id;
	bool may; /* who decided is an administrator still */
	enum err err; /* of the act */
};

static enum err
take(struct db *db, struct effect *effect)
{
	struct json_fault fault;
	const char *input;
	struct rows *rows;

	effect->call = (struct act_call){ 0 };
	TRY(db_rows(db, &rows, &stmts[TAKE], db_text(effect->job_id)));
	if (rows_count(rows) == 0)
		return ERR_OK;
	effect->id = rows_text(rows, 0, 0);
	input = rows_text(rows, 0, 3);
	effect->may = rows_bool(rows, 0, 7);
	effect->call = (struct act_call){ .act = act_find(rows_text(rows, 0, 1)),
		.id = rows_text(rows, 0, 2),
		.by = { rows_text(rows, 0, 4), rows_text(rows, 0, 5) },
		.decided_at = rows_text(rows, 0, 6) };
	if (effect->call.act == NULL) /* of a newer release: the job is tried again, there */
		return ERR_UNAVAILABLE;
	return json_parse(db_arena(db), input, strlen(input), &fault, &effect->call.input);
}

static enum err
act_in_tx(struct db *db, void *arg)
{
	struct effect *effect = arg;

	effect->err = ERR_OK;
	TRY(take(db, effect));
	if (effect->call.act == NULL)
		return ERR_OK;
	effect->err = effect->may ? act_run(db, &effect->call) : ERR_FORBIDDEN;
	TRY(effect->err);
	return db_exec(db, &stmts[END], db_text(effect->id), db_text("DONE"), db_text(""));
}

static enum err
give_up_in_tx(struct db *db, void *arg)
{
	struct effect *effect = arg;
	const char *error = err_code(effect->err), *detail;
	struct audit_entry entry = { "decision.fail", "decision", NULL, NULL };

	TRY(take(db, effect));
	if (effect->call.act == NULL)
		return ERR_OK;
	detail = arena_printf(db_arena(db), "{\"act\": \"%s\", \"id\": \"%s\", \"error\": \"%s\"}",
	    effect->call.act->name, effect->call.id, error);
	entry.target_id = effect->id;
	entry.detail = detail;
	TRY(db_exec(db, &stmts[END], db_text(effect->id), db_text("FAILED"), db_text(error)));
	return audit_add(db, &effect->call.by, &entry);
}

/* All of it is here, in transactions of its own: what a refused act has done must be rolled back before that can be
 * noted. */
static enum err
prepare(struct db *db, const struct job *job, void **work)
{
	struct effect effect = { .job_id = job->id };
	enum err err = db_tx(db, act_in_tx, &effect);

	*work = NULL;
	if (err == ERR_OK || effect.err == ERR_OK || err_status(err) >= 500)
		return err;
	effect.err = err;
	return db_tx(db, give_up_in_tx, &effect);
}

static enum err
apply(struct db *db, const struct job *job, void *work)
{
	(void)db;
	(void)job;
	(void)work;
	return ERR_OK;
}

static const char *const shown[] = { "decision_id", NULL };

const struct job_kind decision_job = {
	.name = DECISION_JOB,
	.lane = LANE_FAST,
	.limit_s = 30,
	.tries = 8,
	.wait_s = 1,
	.wait_max_s = 60,
	.shown = shown,
	.prepare = prepare,
	.apply = apply,
};
