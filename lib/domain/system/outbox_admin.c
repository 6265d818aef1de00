#include "domain/system/outbox_admin.h"

enum { LOOK, LOCK, RETRY, FORGET, ADD };

#define SUBJECT                                                                                    \
	"SELECT recipient_masked AS name, state, letter, error,"                                   \
	" content_sealed IS NOT NULL AND recipient_sealed IS NOT NULL"                             \
	" AND expires_at > app_now() AS sendable FROM outbox WHERE id = $1"

static const struct stmt stmts[] = {
	[LOOK] = { "outbox_look", 1, SUBJECT, true },
	[LOCK] = { "outbox_lock", 1, SUBJECT " FOR UPDATE" },
	[RETRY] = { "outbox_retry", 1,
	    "UPDATE outbox SET state = 'QUEUED', state_at = app_now(), error = '' WHERE id = $1" },
	/* The job that was given up; a new one takes its place. */
	[FORGET] = { "outbox_job_forget", 1,
	    "DELETE FROM job WHERE kind = 'outbox.send' AND key = $1 AND state = 'DEAD'" },
	[ADD] = { "outbox_job_add", 1,
	    "SELECT job_add('outbox.send', jsonb_build_object('outbox_id', $1::text), $1::text)" },
};
STMT_SET(outbox_admin_stmts, stmts);

const char *const outbox_states[] = { "FAILED", "QUEUED", "SENT", "DELIVERED", NULL };

static const struct list_filter filters[] = {
	{ "state", "o.state = $?", NULL },
	{ "channel", "o.channel = $?", NULL },
	{ "letter", "o.letter = $?", NULL },
	{ "provider", "o.provider = $?", NULL },
	{ "user", "o.user_id = $?", NULL },
	{ "from", LIST_DAY_FROM("o.created_at"), NULL },
	{ "to", LIST_DAY_TO("o.created_at"), NULL },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "written", { "o.created_at", "o.id" }, .descending = true },
	{ 0 },
};
const struct list_source outbox_all = {
	.name = "outbox_all",
	.columns = "o.id, o.channel, o.recipient_masked, o.user_id, u.display_name AS user_name,"
		   " o.letter, o.locale, o.state, o.provider, o.provider_ref, o.segments, o.error,"
		   " o.created_at, o.sent_at, o.state_at",
	.from = "outbox o LEFT JOIN user_account u ON u.id = o.user_id",
	.filters = filters,
	.sorts = sorts,
};

static enum err
may_retry(const struct rows *was)
{
	return rows_bool_of(was, 0, "sendable") ? ERR_OK : ERR_CONFLICT;
}

static enum err
retry(struct db *db, struct act_call *call)
{
	act_note(call, "letter", act_was(call, "letter"));
	act_note(call, "error", act_was(call, "error"));
	TRY(db_exec(db, &stmts[RETRY], db_text(call->id)));
	TRY(db_exec(db, &stmts[FORGET], db_text(call->id)));
	return db_exec(db, &stmts[ADD], db_text(call->id));
}

const struct act_kind outbox_kind = { "outbox", "outbox", .look = &stmts[LOOK],
	.lock = &stmts[LOCK] };

static const struct act_refusal refusals[] = {
	{ ERR_CONFLICT,
	    "Nothing was done: what the letter to {} would say is no longer kept, or no longer of use." },
	{ ERR_OK, NULL },
};

const struct act outbox_acts[] = {
	{ "outbox.retry", &outbox_kind, "system.outbox", NULL, "FAILED", "QUEUED", ACT_BULK,
	    .label = "Send again",
	    .hint = "It is handed to the provider once more. A code whose time is over is not.",
	    .done = "The letter to {} will be sent again, now.", .bulk = "will be sent again",
	    .refusals = refusals, .summary = "Have a letter that failed sent again",
	    .doc =
		"While what it says is kept and of use: a code for ten minutes, a notice for a day.",
	    .may = may_retry, .run = retry },
	{ 0 },
};
