#include "domain/market/review.h"
#include "domain/market/advisor.h"
#include "domain/people/desk_sql.h"
#include "domain/people/user.h"
#include "domain/people/user_admin.h"

#include "base/buf.h"

#include <string.h>

enum {
	REVIEW_GET,
	REVIEW_LOOK,
	REVIEW_LOCK,
	REVIEW_SET,
	REVIEW_PROMOTE,
	REVIEW_LOGOUT,
	REVIEW_TELL
};
#define SUBJECT                                                                                     \
	"SELECT u.display_name AS name, a.state, u.state AS account_state, u.role, " DESK_ASSIGNEE( \
	    "'advisor'", "a.id") " FROM advisor a"                                                  \
				 " JOIN user_account u ON u.id = a.id WHERE a.id = $1"

static const struct stmt stmts[] = {
	[REVIEW_GET] = { "review_get", 1,
	    "SELECT a.id, u.display_name, u.email, u.role, u.state AS account_state, u.created_at,"
	    " a.state, a.state_reason, a.headline, a.bio, a.experience_years,"
	    " to_jsonb(a.languages) AS languages,"
	    " coalesce((SELECT jsonb_agg(coalesce(s.name, g.slug) ORDER BY s.place)"
	    " FROM unnest(a.specializations) g(slug) LEFT JOIN specialization s ON s.slug = g.slug),"
	    " '[]') AS specializations,"
	    " amount_json(a.rate_minor, a.currency) AS rate, a.online, a.rating_count,"
	    " CASE WHEN a.rating_count > 0 THEN round(a.rating_sum::numeric / a.rating_count, 2) END"
	    " AS rating_mean,"
	    " a.session_count, a.applied_at, a.reviewed_at,"
	    " (SELECT count(*) FROM report r WHERE r.target_user_id = a.id) AS report_count"
	    " FROM advisor a JOIN user_account u ON u.id = a.id WHERE a.id = $1",
	    true },
	[REVIEW_LOOK] = { "review_look", 1, SUBJECT, true },
	[REVIEW_LOCK] = { "review_lock", 1, SUBJECT " FOR UPDATE" },
	[REVIEW_SET] = { "review_set", 3,
	    "UPDATE advisor SET state = $2, state_reason = $3, reviewed_at = app_now(),"
	    " online = online AND $2 = 'APPROVED', updated_at = app_now(), version = version + 1"
	    " WHERE id = $1" },
	[REVIEW_PROMOTE] = { "review_promote", 1,
	    "UPDATE user_account SET role = 'ADVISOR', version = version + 1, updated_at = app_now()"
	    " WHERE id = $1 AND role = 'USER'",
	    false },
	[REVIEW_LOGOUT] = { "review_logout", 1,
	    "UPDATE login SET ended_at = app_now(), end_reason = 'REPLACED'"
	    " WHERE user_id = $1 AND kind = 'APP' AND ended_at IS NULL",
	    false },
	[REVIEW_TELL] = { "review_tell", 4,
	    "SELECT event_emit(ARRAY[$1::uuid], $2, jsonb_build_object('advisor_id', $1::uuid,"
	    " 'state', $3::text, 'reason', $4::text))",
	    false },
};
STMT_SET(review_stmts, stmts);

static const struct list_filter filters[] = {
	{ "q", USER_SEARCH_WHERE, .where_id = "a.id = $?" },
	{ "state", "a.state = $?", NULL },
	{ "subject", "a.specializations @> ARRAY[specialization_now(lower($?::text))]",
	    .where_id =
		"a.specializations @> ARRAY[(SELECT s.slug FROM specialization s WHERE s.id = $?)]" },
	{ "language", "a.languages @> ARRAY[$?::text]", NULL },
	{ "assignee", DESK_LIST_WHERE("'advisor'", "a.id"), NULL },
	{ "from", LIST_DAY_FROM("coalesce(a.applied_at, a.created_at)"), NULL },
	{ "to", LIST_DAY_TO("coalesce(a.applied_at, a.created_at)"), NULL },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "applied", { "coalesce(a.applied_at, a.created_at)", "a.id" }, false },
	{ "rate", { "a.rate_minor", "a.id" }, false },
	{ 0 },
};
const struct list_source advisor_list = {
	.name = "advisor_list",
	.columns =
	    "a.id, u.display_name, u.email, a.headline, a.experience_years,"
	    " to_jsonb(a.languages) AS languages, to_jsonb(a.specializations) AS specializations,"
	    " amount_json(a.rate_minor, a.currency) AS rate, a.state, u.state AS account_state,"
	    " a.session_count, a.applied_at, a.reviewed_at" DESK_LIST_COLUMNS,
	.from =
	    "advisor a LEFT JOIN user_account u ON u.id = a.id" DESK_LIST_FROM("'advisor'", "a.id"),
	.filters = filters,
	.sorts = sorts,
};

const char *const review_states[] = { "PENDING", "APPROVED", "SUSPENDED", "REJECTED", "DRAFT",
	NULL };

static const struct field text_element[] = {
	{ "", FIELD_TEXT, .doc = "One" },
	{ 0 },
};
const struct field review_fields[] = {
	{ "id", FIELD_UUID, .doc = "The advisor" },
	{ "display_name", FIELD_TEXT, .doc = "Name" },
	{ "email", FIELD_EMAIL, .nullable = true, .doc = "E-mail address" },
	{ "headline", FIELD_TEXT, .doc = "Line under the name" },
	{ "experience_years", FIELD_INT, .doc = "Whole years" },
	{ "languages", FIELD_LIST, .sub = text_element, .doc = "BCP 47 tags" },
	{ "specializations", FIELD_LIST, .sub = text_element, .doc = "Slugs" },
	{ "rate", FIELD_AMOUNT, .doc = "Price of a minute; 0 is free" },
	{ "applied_at", FIELD_TIME, .nullable = true, .doc = "Last application" },
	{ "reviewed_at", FIELD_TIME, .nullable = true, .doc = "Last decision" },
	{ "account_state", FIELD_ENUM, .one_of = user_states, .doc = "State of the account" },
	{ 0 },
};

enum err
review_get(struct db *db, const char *advisor_id, struct rows **rows)
{
	return db_one(db, rows, &stmts[REVIEW_GET], db_text(advisor_id));
}

/* --- acts --- */

enum { APPROVE, REJECT, REVOKE, SUSPEND, RESUME, REOPEN };

static const char *const told[] = {
	[APPROVE] = "advisor.approved",
	[REJECT] = "advisor.rejected",
	[REVOKE] = "advisor.revoked",
	[SUSPEND] = "advisor.suspended",
	[RESUME] = "advisor.resumed",
	[REOPEN] = "advisor.reopened",
};

static enum err
of_active_account(const struct rows *was)
{
	return strcmp(rows_text_of(was, 0, "account_state"), "ACTIVE") == 0 ? ERR_OK
									    : ERR_ACCOUNT_BLOCKED;
}

/* Set the new state and tell the person. */
static enum err
decide(struct db *db, struct act_call *call)
{
	const char *reason = call->act->fields == NULL ? "" : act_text(call, "reason");

	TRY(db_exec(
	    db, &stmts[REVIEW_SET], db_text(call->id), db_text(call->act->to), db_text(reason)));
	return db_exec(db, &stmts[REVIEW_TELL], db_text(call->id),
	    db_text(told[call->act - advisor_acts]), db_text(call->act->to), db_text(reason));
}

/* The tokens of a USER carry the old role: those logins end. */
static enum err
approve(struct db *db, struct act_call *call)
{
	if (strcmp(act_was(call, "role"), "USER") == 0) {
		TRY(db_exec(db, &stmts[REVIEW_PROMOTE], db_text(call->id)));
		TRY(db_exec(db, &stmts[REVIEW_LOGOUT], db_text(call->id)));
	}
	return decide(db, call);
}

const struct act_kind advisor_kind = { "advisor", "advisors", .look = &stmts[REVIEW_LOOK],
	.lock = &stmts[REVIEW_LOCK] };

/* What reviewers say most. */
static const char *const presets[] = {
	"Please tell more about your experience.",
	"The description does not fit the chosen subjects.",
	"Please remove contact details from the profile.",
	"The name or headline breaks our rules.",
	"We could not confirm what the profile says.",
	NULL,
};
static const struct field reject_fields[] = {
	{ "reason", FIELD_TEXT, .required = true, .min = 1, .max = 500,
	    .doc = "For the advisor to read", .presets = presets,
	    .example = "\"Please tell more about your experience.\"" },
	{ 0 },
};
static const struct field reason_fields[] = {
	{ "reason", FIELD_TEXT, .required = true, .min = 1, .max = 500,
	    .doc = "For the advisor to read", .example = "\"Complaints are being looked into.\"" },
	{ 0 },
};
static const struct act_refusal refusals[] = {
	{ ERR_ACCOUNT_BLOCKED, "Nothing was done: the account of {} is not active." },
	{ ERR_OK, NULL },
};

const struct act advisor_acts[] = {
	[APPROVE] = { "advisor.approve", &advisor_kind, "advisors.review", NULL, "PENDING",
	    "APPROVED", ACT_GOOD | ACT_BULK | ACT_LATER, .label = "Approve",
	    .hint = "The advisor appears in the directory at once and is told.",
	    .done = "{} was approved and told.", .bulk = "approved", .refusals = refusals,
	    .summary = "Approve an application",
	    .doc = "A USER becomes an ADVISOR and signs in anew; the advisor hears advisor.approved.",
	    .may = of_active_account, .run = approve },
	[REJECT] = { "advisor.reject", &advisor_kind, "advisors.review", reject_fields, "PENDING",
	    "REJECTED", ACT_GRAVE | ACT_BULK | ACT_LATER, .label = "Reject",
	    .done = "The application of {} was rejected, and the advisor told why.",
	    .bulk = "rejected", .refusals = refusals, .summary = "Reject an application",
	    .doc = "The advisor hears advisor.rejected with the reason, and may apply again.",
	    .may = of_active_account, .run = decide },
	[REVOKE] = { "advisor.revoke", &advisor_kind, "advisors.review", reason_fields,
	    "APPROVED SUSPENDED", "REJECTED", ACT_GRAVE, .label = "Revoke",
	    .hint = "The advisor leaves the directory and may apply again. Sessions that are live go"
		    " on to their end.",
	    .done = "The approval of {} was revoked, and the advisor told why.",
	    .summary = "Take an approval back",
	    .doc = "The advisor hears advisor.revoked with the reason, takes no more requests, and may"
		   " apply again.",
	    .run = decide },
	[SUSPEND] = { "advisor.suspend", &advisor_kind, "advisors.review", reason_fields,
	    "APPROVED", "SUSPENDED", ACT_GRAVE | ACT_BULK, .label = "Suspend",
	    .hint = "The advisor leaves the directory until resumed. Sessions that are live go on to"
		    " their end.",
	    .done = "{} was suspended and told why.", .bulk = "suspended",
	    .summary = "Suspend an advisor",
	    .doc = "The advisor hears advisor.suspended with the reason, and takes no more requests"
		   " until an administrator resumes.",
	    .run = decide },
	[RESUME] = { "advisor.resume", &advisor_kind, "advisors.review", NULL, "SUSPENDED",
	    "APPROVED", ACT_GOOD | ACT_BULK, .label = "Resume",
	    .hint = "The advisor is in the directory again and is told.",
	    .done = "{} is an advisor again and was told.", .bulk = "resumed", .refusals = refusals,
	    .summary = "End an advisor's suspension", .doc = "The advisor hears advisor.resumed.",
	    .may = of_active_account, .run = decide },
	[REOPEN] = { "advisor.reopen", &advisor_kind, "advisors.review", NULL, "REJECTED",
	    "PENDING", 0, .label = "Re-open", .hint = "The application waits for a decision again.",
	    .done = "The application of {} is open again.", .refusals = refusals,
	    .summary = "Re-open an application",
	    .doc = "It waits for a decision again; the advisor hears advisor.reopened.",
	    .may = of_active_account, .run = decide },
	{ 0 },
};
