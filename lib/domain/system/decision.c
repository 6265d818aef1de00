#include "domain/system/decision.h"

#include "base/uuid.h"

#define SUBJECT                                                                                    \
	"SELECT what AS name, state, subject_id, effective_at, error FROM decision WHERE id = $1"

enum { LOOK, LOCK, MAKE, ASK, UNDO };

static const struct stmt stmts[] = {
	[LOOK] = { "decision_look", 1, SUBJECT, true },
	[LOCK] = { "decision_lock", 1, SUBJECT " FOR UPDATE" },
	[MAKE] = { "decision_make", 8,
	    "INSERT INTO decision (id, act, subject_id, what, input, decided_by, request_id,"
	    " effective_at) VALUES ($1, $2, $3, left($4, 300), coalesce($5::jsonb, '{}'), $6, $7,"
	    " app_now() + make_interval(secs => $8::int)) RETURNING effective_at" },
	[ASK] = { "decision_ask", 3,
	    "SELECT job_add($1, jsonb_build_object('decision_id', $2::uuid), $2::uuid::text,"
	    " make_interval(secs => $3::int))" },
	[UNDO] = { "decision_undo", 1,
	    "UPDATE decision SET state = 'UNDONE', done_at = app_now() WHERE id = $1" },
};
STMT_SET(decision_stmts, stmts);

const char *const decision_states[] = { "PENDING", "DONE", "UNDONE", "FAILED", NULL };

/* --- deciding --- */

enum err
decision_make(struct db *db, struct act_call *call, struct decision *decision)
{
	const struct act *act = call->act;
	const char *input = call->input == NULL
	    ? NULL
	    : json_object_to_json_string_ext(call->input, JSON_C_TO_STRING_PLAIN);
	struct rows *rows;

	assert(act->flags & ACT_LATER && call->id != NULL);
	TRY(act_take(db, call));
	decision->id = uuid_new(db_arena(db));
	decision->what = arena_printf(db_arena(db), "%s %s", act->label, act_was(call, "name"));
	TRY(db_one(db, &rows, &stmts[MAKE], db_text(decision->id), db_text(act->name),
	    db_text(call->id), db_text(decision->what), db_text(input), db_text(call->by.actor_id),
	    db_text(call->by.request_id), db_i64(DECISION_WAIT_S)));
	decision->effective_at = rows_only(rows);
	return db_exec(
	    db, &stmts[ASK], db_text(DECISION_JOB), db_text(decision->id), db_i64(DECISION_WAIT_S));
}

/* --- undoing --- */

static enum err
undo(struct db *db, struct act_call *call)
{
	return db_exec(db, &stmts[UNDO], db_text(call->id));
}

const struct act_kind decision_kind = { "decision", "decisions", .look = &stmts[LOOK],
	.lock = &stmts[LOCK], .no_page = true };
static const struct act_refusal refusals[] = {
	{ ERR_BAD_STATE, "Nothing was done: “{}” has taken effect, or was undone before." },
	{ ERR_OK, NULL },
};
const struct act decision_acts[] = {
	{ "decision.undo", &decision_kind, "decisions.undo", NULL, "PENDING", "UNDONE", 0,
	    .label = "Undo", .hint = "Nothing has happened yet, and nothing will.",
	    .done = "“{}” was undone: nothing has happened.", .refusals = refusals,
	    .summary = "Undo a decision",
	    .doc = "Within ten seconds, before it takes effect: nothing has happened then.",
	    .run = undo },
	{ 0 },
};
