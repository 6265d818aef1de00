#include "domain/people/moderation.h"
#include "domain/people/desk_sql.h"
#include "domain/people/report.h"
#include "domain/people/user.h"

#include "base/buf.h"
#include "domain/talk/session_leave.h"

#include <string.h>

enum {
	ACCOUNT_LOOK,
	ACCOUNT_LOCK,
	ACCOUNT_BLOCK,
	ACCOUNT_UNBLOCK,
	ACCOUNT_TELL,
	LOGINS_END,
	ADVISOR_OFFLINE,
	REPORT_GET,
	REPORT_LOOK,
	REPORT_LOCK,
	REPORT_SET,
	REPORT_OTHERS,
	REPORT_TELL,
	REPORT_TELL_PERSON
};

#define ACCOUNT                                                                                                 \
	"SELECT display_name AS name, state, role, coalesce(block_reason, '') AS block_reason, " DESK_ASSIGNEE( \
	    "'user'", "user_account.id") " FROM user_account WHERE id = $1"

#define REPORT_SUBJECT                                                                                     \
	"SELECT 'The report about ' || t.display_name AS name, r.state, r.target_user_id, " DESK_ASSIGNEE( \
	    "'report'",                                                                                    \
	    "r.id") " FROM report r JOIN user_account t ON t.id = r.target_user_id WHERE r.id = $1"

static const struct stmt stmts[] = {
	[ACCOUNT_LOOK] = { "moderation_account_look", 1, ACCOUNT, true },
	/* Messages and sessions that name the account go on: only their writers' checks wait. */
	[ACCOUNT_LOCK] = { "moderation_account_lock", 1, ACCOUNT " FOR NO KEY UPDATE" },
	[ACCOUNT_BLOCK] = { "moderation_account_block", 2,
	    "UPDATE user_account SET state = 'BLOCKED', block_reason = $2, version = version + 1,"
	    " updated_at = app_now() WHERE id = $1" },
	[ACCOUNT_UNBLOCK] = { "moderation_account_unblock", 1,
	    "UPDATE user_account SET state = 'ACTIVE', block_reason = NULL, version = version + 1,"
	    " updated_at = app_now() WHERE id = $1" },
	[ACCOUNT_TELL] = { "moderation_account_tell", 3,
	    "SELECT event_emit(ARRAY[$1::uuid], $2, jsonb_build_object('user_id', $1::uuid,"
	    " 'state', $3::text))",
	    false },
	[LOGINS_END] = { "moderation_logins_end", 1,
	    "UPDATE login SET ended_at = app_now(), end_reason = 'BLOCKED'"
	    " WHERE user_id = $1 AND ended_at IS NULL",
	    false },
	[ADVISOR_OFFLINE] = { "moderation_advisor_offline", 1,
	    "UPDATE advisor SET online = false WHERE id = $1 AND online", false },
	[REPORT_GET] = { "moderation_report_get", 1,
	    "SELECT r.id, r.reporter_id, w.display_name AS reporter_name, r.target_type, r.target_id,"
	    " r.target_user_id, t.display_name AS target_name, t.state AS target_state, r.reason,"
	    " r.detail, r.state, r.resolution, r.created_at, r.resolved_at,"
	    " report_shown(r.snapshot) - 'around' AS snapshot, t.email AS target_email, t.role AS target_role,"
	    " x.display_name AS resolver_name,"
	    " (SELECT count(*) FROM report o WHERE o.target_user_id = r.target_user_id"
	    " AND o.state = 'OPEN' AND o.id <> r.id) AS others FROM report r JOIN user_account w ON w.id = r.reporter_id"
	    " JOIN user_account t ON t.id = r.target_user_id"
	    " LEFT JOIN user_account x ON x.id = r.resolved_by WHERE r.id = $1",
	    true },
	[REPORT_LOOK] = { "moderation_report_look", 1, REPORT_SUBJECT, true },
	[REPORT_LOCK] = { "moderation_report_lock", 1, REPORT_SUBJECT " FOR UPDATE OF r" },
	[REPORT_SET] = { "moderation_report_set", 4,
	    "UPDATE report SET state = $2, resolution = $3, resolved_by = CASE WHEN $2 <> 'OPEN'"
	    " THEN $4::uuid END, resolved_at = CASE WHEN $2 <> 'OPEN' THEN app_now() END"
	    " WHERE id = $1" },
	/* Not those that came in after it was decided, which nobody has seen. */
	[REPORT_OTHERS] = { "moderation_report_others", 4,
	    "SELECT id FROM report r WHERE target_user_id = $1 AND state = 'OPEN' AND id <> $2"
	    " AND created_at <= coalesce($3::timestamptz, app_now()) AND NOT EXISTS (SELECT FROM decision"
	    " d WHERE d.subject_id = r.id AND d.state = 'PENDING') ORDER BY id LIMIT $4::bigint FOR UPDATE",
	    false },
	[REPORT_TELL] = { "moderation_report_tell", 2,
	    "SELECT event_emit(ARRAY[reporter_id], $2, jsonb_build_object('report_id', id,"
	    " 'state', state, 'target_type', target_type, 'target_id', target_id))"
	    " FROM report WHERE id = $1" },
	[REPORT_TELL_PERSON] = { "moderation_report_tell_person", 2,
	    "SELECT event_emit(ARRAY[target_user_id], $2, jsonb_build_object("
	    "'target_type', target_type, 'target_id', target_id, 'reason', reason))"
	    " FROM report WHERE id = $1" },
};
STMT_SET(moderation_stmts, stmts);

static const struct list_filter filters[] = {
	{ "state", "r.state = $?", NULL },
	{ "reason", "r.reason = $?", NULL },
	{ "type", "r.target_type = $?", NULL },
	{ "target", "r.target_user_id = $?", NULL },
	{ "reporter", "r.reporter_id = $?", NULL },
	{ "assignee", DESK_LIST_WHERE("'report'", "r.id"), NULL },
	{ "about", "r.target_id = $?", NULL },
	{ "from", LIST_DAY_FROM("r.created_at"), NULL },
	{ "to", LIST_DAY_TO("r.created_at"), NULL },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "raised", { "r.created_at", "r.id" }, false },
	{ 0 },
};
const struct list_source report_list = {
	.name = "report_list",
	.columns =
	    "r.id, r.reason, r.target_type, r.target_id, r.target_user_id, t.display_name AS target_name,"
	    " t.state AS target_state, r.detail, r.reporter_id, w.display_name AS reporter_name,"
	    " r.state, r.resolution, r.created_at, r.resolved_at" DESK_LIST_COLUMNS,
	.from = "report r LEFT JOIN user_account w ON w.id = r.reporter_id"
		" LEFT JOIN user_account t ON t.id = r.target_user_id" DESK_LIST_FROM(
		    "'report'", "r.id"),
	.filters = filters,
	.sorts = sorts,
};

const struct field moderation_report_fields[] = {
	{ "id", FIELD_UUID, .doc = "The report" },
	{ "reporter_id", FIELD_UUID, .doc = "Who reports" },
	{ "reporter_name", FIELD_TEXT, .doc = "Their name" },
	{ "target_type", FIELD_ENUM, .one_of = report_target_types, .doc = "What is reported" },
	{ "target_id", FIELD_UUID, .doc = "Its id" },
	{ "target_user_id", FIELD_UUID, .doc = "The person behind it" },
	{ "target_name", FIELD_TEXT, .doc = "Their name" },
	{ "target_state", FIELD_ENUM, .one_of = user_states, .doc = "State of their account" },
	{ "reason", FIELD_ENUM, .one_of = report_reasons, .doc = "Kind of complaint" },
	{ "detail", FIELD_TEXT, .doc = "In the reporter's words" },
	{ "state", FIELD_ENUM, .one_of = report_states, .doc = "State of the report" },
	{ "resolution", FIELD_TEXT, .doc = "What the moderator noted" },
	{ "created_at", FIELD_TIME, .doc = "When it was raised" },
	{ "resolved_at", FIELD_TIME, .nullable = true, .doc = "When it was closed" },
	{ 0 },
};

static const struct field account_data[] = {
	{ "user_id", FIELD_UUID, .doc = "You" },
	{ "state", FIELD_ENUM, .one_of = user_states, .doc = "State of your account now" },
	{ 0 },
};
const struct event_type account_events[] = {
	{ "account.blocked",
	    "Your account was blocked: logins and live sessions have ended. A device that is"
	    " connected hears it at once, others when the account is unblocked",
	    .data = account_data },
	{ "account.unblocked", "You can sign in again; what had ended stays ended",
	    .data = account_data },
	{ 0 },
};

/* --- acts on an account --- */

/* Of blocks no reason is told: it was written for administrators. */
static enum err
tell_account(struct db *db, struct act_call *call, const char *type)
{
	return db_exec(
	    db, &stmts[ACCOUNT_TELL], db_text(call->id), db_text(type), db_text(call->act->to));
}

static enum err
no_admin(const struct rows *was)
{
	return strcmp(rows_text_of(was, 0, "role"), "ADMIN") == 0 ? ERR_FORBIDDEN : ERR_OK;
}

static enum err
block(struct db *db, struct act_call *call)
{
	size_t sessions;

	TRY(db_exec(db, &stmts[LOGINS_END], db_text(call->id)));
	TRY(session_leave_all(db, call->id, "The account of one side was blocked", &sessions));
	TRY(db_exec(db, &stmts[ADVISOR_OFFLINE], db_text(call->id)));
	act_note_int(call, "sessions_ended", (int64_t)sessions);
	TRY(db_exec(db, &stmts[ACCOUNT_BLOCK], db_text(call->id), db_text(act_text(call, "reason"))));
	return tell_account(db, call, "account.blocked");
}

static enum err
unblock(struct db *db, struct act_call *call)
{
	act_note(call, "reason", act_was(call, "block_reason"));
	TRY(db_exec(db, &stmts[ACCOUNT_UNBLOCK], db_text(call->id)));
	return tell_account(db, call, "account.unblocked");
}

const struct act_kind user_kind = { "user", "users", .look = &stmts[ACCOUNT_LOOK],
	.lock = &stmts[ACCOUNT_LOCK] };

static const struct field block_fields[] = {
	{ "reason", FIELD_TEXT, .required = true, .min = 1, .max = 500,
	    .doc = "For the other admins", .example = "\"Insults people.\"" },
	{ 0 },
};
static const struct act_refusal block_refusals[] = {
	{ ERR_FORBIDDEN, "Nothing was done: {} is an administrator, and those are not blocked." },
	{ ERR_OK, NULL },
};

enum { BLOCK, UNBLOCK };
const struct act user_acts[] = {
	[BLOCK] = { "user.block", &user_kind, "people.moderate", block_fields, "ACTIVE", "BLOCKED",
	    ACT_GRAVE | ACT_BULK, .label = "Block",
	    .hint = "Every login ends at once, and with them live sessions. The person cannot sign in"
		    " until unblocked.",
	    .done = "{} was blocked: logins and live sessions have ended.", .bulk = "blocked",
	    .refusals = block_refusals, .summary = "Block an account",
	    .doc = "Logins and live sessions end at once; access tokens stop working within seconds."
		   " The person hears account.blocked. Admins cannot be blocked.",
	    .may = no_admin, .run = block },
	[UNBLOCK] = { "user.unblock", &user_kind, "people.moderate", NULL, "BLOCKED", "ACTIVE",
	    ACT_GOOD | ACT_BULK, .label = "Unblock",
	    .hint = "The person can sign in again; what ended stays ended.",
	    .done = "{} was unblocked and can sign in again.", .bulk = "unblocked",
	    .summary = "Unblock an account",
	    .doc = "The person can sign in again and hears account.unblocked; sessions that had"
		   " ended stay ended.",
	    .run = unblock },
	{ 0 },
};

/* --- reports --- */

enum err
moderation_report_get(struct db *db, const char *report_id, struct rows **rows)
{
	return db_one(db, rows, &stmts[REPORT_GET], db_text(report_id));
}

/* --- acts on a report --- */

enum { DECIDE, DISMISS, REOPEN };
enum { REPORT_OTHERS_MAX = 100 };

static const char *
note_of(const struct act_call *call)
{
	const char *note = act_text(call, "note");

	return note != NULL ? note : "";
}

static enum err
close_report(struct db *db, struct act_call *call)
{
	TRY(db_exec(db, &stmts[REPORT_SET], db_text(call->id), db_text(call->act->to),
	    db_text(note_of(call)), db_text(call->by.actor_id)));
	return db_exec(db, &stmts[REPORT_TELL], db_text(call->id), db_text("report.closed"));
}

/* Whoever reported the same person hears the same; each has an entry of its own. */
static enum err
close_others(struct db *db, struct act_call *call)
{
	struct rows *others;
	size_t i;

	if (!act_bool(call, "others"))
		return ERR_OK;
	TRY(db_rows(db, &others, &stmts[REPORT_OTHERS], db_text(act_was(call, "target_user_id")),
	    db_text(call->id), db_text(call->decided_at), db_i64(REPORT_OTHERS_MAX)));
	for (i = 0; i < rows_count(others); i++)
		TRY(act_also(db, call, call->act, rows_text(others, i, 0), "note", note_of(call)));
	act_note_int(call, "others_closed", (int64_t)rows_count(others));
	return ERR_OK;
}

static enum err
dismiss(struct db *db, struct act_call *call)
{
	TRY(close_report(db, call));
	return close_others(db, call);
}

/* The person hears of what, never by whom. */
static enum err
decide(struct db *db, struct act_call *call)
{
	const char *note = note_of(call), *person = act_was(call, "target_user_id");
	enum err err;

	if (act_bool(call, "block")) {
		err = act_also(db, call, &user_acts[BLOCK], person, "reason",
		    note[0] != '\0' ? note : "Reported by another person");
		if (err != ERR_OK)
			return err == ERR_BAD_STATE ? ERR_ACCOUNT_BLOCKED : err;
	}
	TRY(close_report(db, call));
	TRY(db_exec(db, &stmts[REPORT_TELL_PERSON], db_text(call->id), db_text("report.upheld")));
	return close_others(db, call);
}

/* Who heard that the report was right hears that this is not settled. */
static enum err
reopen(struct db *db, struct act_call *call)
{
	if (strcmp(act_was(call, "state"), "ACTIONED") == 0)
		TRY(db_exec(db, &stmts[REPORT_TELL_PERSON], db_text(call->id),
		    db_text("report.reconsidered")));
	TRY(db_exec(db, &stmts[REPORT_SET], db_text(call->id), db_text("OPEN"), db_text(""),
	    db_text(NULL)));
	return db_exec(db, &stmts[REPORT_TELL], db_text(call->id), db_text("report.reopened"));
}

const struct act_kind report_kind = { "report", "reports", .look = &stmts[REPORT_LOOK],
	.lock = &stmts[REPORT_LOCK] };

/* What moderators say most. */
static const char *const decide_presets[] = {
	"The messages show it.",
	"The profile shows it.",
	"Several people report the same.",
	"It happened before, and a warning did not help.",
	NULL,
};
static const char *const dismiss_presets[] = {
	"The messages do not show it.",
	"It is within the rules.",
	"The two disagree, and nobody broke a rule.",
	"It was decided before.",
	NULL,
};
#define NOTE(offered)                                                                              \
	{                                                                                          \
		"note", FIELD_TEXT, .max = 500, .doc = "What was found and done",                  \
				    .presets = (offered), .example = "\"Proven by the messages.\"" \
	}
#define OTHERS                                                                                     \
	{                                                                                          \
		"others", FIELD_BOOL,                                                              \
		    .label = "Also the other open reports about the person",                       \
		    .doc = "Those raised so far are closed the same way, at most a hundred",       \
		    .example = "false"                                                             \
	}
static const struct field decide_fields[] = {
	NOTE(decide_presets),
	{ "block", FIELD_BOOL, .doc = "The note becomes the reason",
	    .label = "Also block the person", .example = "false" },
	OTHERS,
	{ 0 },
};
static const struct field dismiss_fields[] = {
	NOTE(dismiss_presets),
	OTHERS,
	{ 0 },
};
static const struct act_refusal decide_refusals[] = {
	{ ERR_FORBIDDEN,
	    "Nothing was done: the person is an administrator, and those are not blocked." },
	{ ERR_ACCOUNT_BLOCKED,
	    "Nothing was done: the person's account is blocked already, or gone." },
	{ ERR_OK, NULL },
};
static const struct act_refusal reopen_refusals[] = {
	{ ERR_CONFLICT, "Nothing was done: a newer report of the same is open." },
	{ ERR_OK, NULL },
};

const struct act report_acts[] = {
	[DECIDE] = { "report.decide", &report_kind, "people.moderate", decide_fields, "OPEN",
	    "ACTIONED", ACT_LATER, .label = "Act upon",
	    .hint = "The reporter and the person hear that the report was right.",
	    .done = "{} was acted upon.", .refusals = decide_refusals,
	    .summary = "Close a report as right",
	    .doc = "The reporter hears report.closed, the person report.upheld. With block the person"
		   " is blocked in the same step.",
	    .run = decide },
	[DISMISS] = { "report.dismiss", &report_kind, "people.moderate", dismiss_fields, "OPEN",
	    "DISMISSED", ACT_BULK | ACT_LATER, .label = "Dismiss",
	    .hint = "The reporter hears that nothing came of it; the person hears nothing.",
	    .done = "{} was dismissed.", .bulk = "dismissed",
	    .summary = "Close a report without consequences",
	    .doc = "The reporter hears report.closed.", .run = dismiss },
	[REOPEN] = { "report.reopen", &report_kind, "people.moderate", NULL, "ACTIONED DISMISSED",
	    "OPEN", 0, .label = "Re-open", .hint = "It waits for a decision again.",
	    .done = "{} is open again.", .refusals = reopen_refusals, .summary = "Re-open a report",
	    .doc = "It waits for a decision again; the reporter hears report.reopened, and the person"
		   " report.reconsidered if it was upheld. A block stays.",
	    .run = reopen },
	{ 0 },
};
