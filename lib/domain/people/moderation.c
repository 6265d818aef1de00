#include "domain/people/moderation.h"
#include "domain/people/report.h"
#include "domain/people/user.h"

#include "base/buf.h"
#include "domain/talk/session_leave.h"

#include <string.h>

enum {
	ACCOUNT_LOCK,
	ACCOUNT_BLOCK,
	ACCOUNT_UNBLOCK,
	LOGINS_END,
	ADVISOR_OFFLINE,
	REPORT_LIST,
	REPORT_GET,
	REPORT_LOCK,
	REPORT_CLOSE
};

#define REPORT_COLUMNS                                                                             \
	"SELECT r.id, r.reporter_id, w.display_name AS reporter_name, r.target_type, r.target_id," \
	" r.target_user_id, t.display_name AS target_name, t.state AS target_state, r.reason,"     \
	" r.detail, r.state, r.resolution, r.created_at, r.resolved_at"
#define REPORT_FROM                                                                                \
	" FROM report r JOIN user_account w ON w.id = r.reporter_id"                               \
	" JOIN user_account t ON t.id = r.target_user_id"

static const struct stmt stmts[] = {
	/* Messages and sessions that name the account go on: only their writers' checks wait. */
	[ACCOUNT_LOCK] = { "moderation_account_lock", 1,
	    "SELECT role, state, coalesce(block_reason, '') FROM user_account WHERE id = $1"
	    " FOR NO KEY UPDATE",
	    false },
	[ACCOUNT_BLOCK] = { "moderation_account_block", 2,
	    "UPDATE user_account SET state = 'BLOCKED', block_reason = $2, version = version + 1,"
	    " updated_at = app_now() WHERE id = $1 RETURNING id, state, block_reason",
	    false },
	[ACCOUNT_UNBLOCK] = { "moderation_account_unblock", 1,
	    "UPDATE user_account SET state = 'ACTIVE', block_reason = NULL, version = version + 1,"
	    " updated_at = app_now() WHERE id = $1 RETURNING id, state, block_reason",
	    false },
	[LOGINS_END] = { "moderation_logins_end", 1,
	    "UPDATE login SET ended_at = app_now(), end_reason = 'BLOCKED'"
	    " WHERE user_id = $1 AND ended_at IS NULL",
	    false },
	[ADVISOR_OFFLINE] = { "moderation_advisor_offline", 1,
	    "UPDATE advisor SET online = false WHERE id = $1 AND online", false },
	[REPORT_LIST] = { "moderation_report_list", 4,
	    REPORT_COLUMNS
	    ", r.id::text AS _k1" REPORT_FROM " WHERE ($1::text IS NULL OR r.state = $1)"
	    " AND ($2::uuid IS NULL OR r.target_user_id = $2)"
	    " AND ($4::uuid IS NULL OR CASE WHEN $1 = 'OPEN' THEN r.id > $4 ELSE r.id < $4 END)"
	    " ORDER BY CASE WHEN $1 = 'OPEN' THEN r.id END, r.id DESC LIMIT $3::bigint",
	    true },
	[REPORT_GET] = { "moderation_report_get", 1,
	    REPORT_COLUMNS
	    ", report_shown(r.snapshot) AS snapshot, t.email AS target_email, t.role AS target_role,"
	    " x.display_name AS resolver_name,"
	    " (SELECT count(*) FROM report o WHERE o.target_user_id = r.target_user_id"
	    " AND o.state = 'OPEN' AND o.id <> r.id) AS others" REPORT_FROM
	    " LEFT JOIN user_account x ON x.id = r.resolved_by WHERE r.id = $1",
	    true },
	[REPORT_LOCK] = { "moderation_report_lock", 1,
	    "SELECT state, target_user_id FROM report WHERE id = $1 FOR UPDATE", false },
	[REPORT_CLOSE] = { "moderation_report_close", 4,
	    "UPDATE report SET state = $2, resolution = $3, resolved_by = $4, resolved_at = app_now()"
	    " WHERE id = $1 RETURNING id, state, resolution, resolved_at, target_user_id",
	    false },
};
STMT_SET(moderation_stmts, stmts);

static const struct list_filter filters[] = {
	{ "state", "r.state = $?", NULL },
	{ "reason", "r.reason = $?", NULL },
	{ "type", "r.target_type = $?", NULL },
	{ "target", "r.target_user_id = $?", NULL },
	{ "reporter", "r.reporter_id = $?", NULL },
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
	    "r.id, r.reason, r.target_type, r.target_user_id, t.display_name AS target_name,"
	    " t.state AS target_state, r.detail, r.reporter_id, w.display_name AS reporter_name,"
	    " r.state, r.resolution, r.created_at, r.resolved_at",
	.from = "report r LEFT JOIN user_account w ON w.id = r.reporter_id"
		" LEFT JOIN user_account t ON t.id = r.target_user_id",
	.filters = filters,
	.sorts = sorts,
};

const struct field moderation_resolve_body[] = {
	{ "decision", FIELD_ENUM, .required = true, .one_of = report_decisions,
	    .doc = "What comes of it" },
	{ "note", FIELD_TEXT, .max = 500, .doc = "What was found and done" },
	{ "block", FIELD_BOOL, .doc = "Also block the person; only with ACTIONED" },
	{ 0 },
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

const struct field moderation_resolved_fields[] = {
	{ "id", FIELD_UUID, .doc = "The report" },
	{ "state", FIELD_ENUM, .one_of = report_states, .doc = "State now" },
	{ "resolution", FIELD_TEXT, .doc = "What the moderator noted" },
	{ "resolved_at", FIELD_TIME, .doc = "When it was closed" },
	{ "target_user_id", FIELD_UUID, .doc = "The person behind the target" },
	{ 0 },
};

const struct field moderation_blocked_fields[] = {
	{ "id", FIELD_UUID, .doc = "The account" },
	{ "state", FIELD_ENUM, .one_of = user_states, .doc = "State now" },
	{ "block_reason", FIELD_TEXT, .nullable = true, .doc = "Why it is blocked" },
	{ 0 },
};

/* {"from": …, "to": …, "reason": …, "sessions": n}; the last only when not negative. */
static const char *
change_detail(struct db *db, const char *from, const char *to, const char *reason, int64_t sessions)
{
	struct buf out = buf_new(db_arena(db), 128);

	buf_puts(&out, "{\"from\": ");
	buf_json(&out, from);
	buf_puts(&out, ", \"to\": ");
	buf_json(&out, to);
	buf_puts(&out, ", \"reason\": ");
	buf_json(&out, reason);
	if (sessions >= 0)
		buf_printf(&out, ", \"sessions_ended\": %lld", (long long)sessions);
	buf_puts(&out, "}");
	return out.data;
}

enum err
moderation_block(struct db *db, const struct audit_by *by, const char *user_id, const char *reason,
    struct rows **rows)
{
	struct rows *account;
	size_t sessions;

	TRY(db_one(db, &account, &stmts[ACCOUNT_LOCK], db_text(user_id)));
	if (strcmp(rows_text(account, 0, 0), "ADMIN") == 0)
		return ERR_FORBIDDEN;
	if (strcmp(rows_text(account, 0, 1), "ACTIVE") != 0)
		return ERR_BAD_STATE;
	TRY(db_exec(db, &stmts[LOGINS_END], db_text(user_id)));
	TRY(session_leave_all(db, user_id, "The account of one side was blocked", &sessions));
	TRY(db_exec(db, &stmts[ADVISOR_OFFLINE], db_text(user_id)));
	TRY(db_one(db, rows, &stmts[ACCOUNT_BLOCK], db_text(user_id), db_text(reason)));
	return audit_add(db, by,
	    &(struct audit_entry){ "user.block", "user", user_id,
		change_detail(db, "ACTIVE", "BLOCKED", reason, (int64_t)sessions) });
}

enum err
moderation_unblock(struct db *db, const struct audit_by *by, const char *user_id, struct rows **rows)
{
	struct rows *account;

	TRY(db_one(db, &account, &stmts[ACCOUNT_LOCK], db_text(user_id)));
	if (strcmp(rows_text(account, 0, 1), "BLOCKED") != 0)
		return ERR_BAD_STATE;
	TRY(db_one(db, rows, &stmts[ACCOUNT_UNBLOCK], db_text(user_id)));
	return audit_add(db, by,
	    &(struct audit_entry){ "user.unblock", "user", user_id,
		change_detail(db, "BLOCKED", "ACTIVE", rows_text(account, 0, 2), -1) });
}

enum err
moderation_report_list(struct db *db, const char *state, const char *target_user_id, int64_t limit,
    const char *after, struct rows **rows)
{
	return db_rows(db, rows, &stmts[REPORT_LIST], db_text(state), db_text(target_user_id),
	    db_i64(limit), db_text(after));
}

enum err
moderation_report_get(struct db *db, const char *report_id, struct rows **rows)
{
	return db_one(db, rows, &stmts[REPORT_GET], db_text(report_id));
}

enum err
moderation_report_resolve(struct db *db, const struct audit_by *by,
    const struct moderation_decision *decision, struct rows **rows)
{
	const char *state = decision->actioned ? "ACTIONED" : "DISMISSED", *person, *note;
	struct rows *report, *blocked;

	TRY(db_one(db, &report, &stmts[REPORT_LOCK], db_text(decision->report_id)));
	if (strcmp(rows_text(report, 0, 0), "OPEN") != 0)
		return ERR_BAD_STATE;
	person = rows_text(report, 0, 1);
	note = decision->note[0] != '\0' ? decision->note : "Reported by another person";
	if (decision->block)
		TRY(moderation_block(db, by, person, note, &blocked));
	TRY(db_one(db, rows, &stmts[REPORT_CLOSE], db_text(decision->report_id), db_text(state),
	    db_text(decision->note), db_text(by->actor_id)));
	return audit_add(db, by,
	    &(struct audit_entry){ "report.resolve", "report", decision->report_id,
		change_detail(db, "OPEN", state, decision->note, -1) });
}
