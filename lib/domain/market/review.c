#include "domain/market/review.h"
#include "domain/market/advisor.h"
#include "domain/people/user.h"
#include "domain/people/user_admin.h"

#include "base/buf.h"

#include <string.h>

enum {
	REVIEW_LIST,
	REVIEW_GET,
	REVIEW_LOCK,
	REVIEW_SET,
	REVIEW_PROMOTE,
	REVIEW_LOGOUT,
	REVIEW_TELL
};
static const struct stmt stmts[] = {
	[REVIEW_LIST] = { "review_list", 3,
	    "SELECT a.id, u.display_name, u.email, a.headline, a.experience_years,"
	    " to_jsonb(a.languages) AS languages, to_jsonb(a.specializations) AS specializations,"
	    " amount_json(a.rate_minor, a.currency) AS rate, a.applied_at, a.reviewed_at, u.state AS account_state,"
	    " a.id::text AS _k1"
	    " FROM advisor a JOIN user_account u ON u.id = a.id"
	    " WHERE a.state = $1 AND ($3::uuid IS NULL OR (coalesce(a.applied_at, a.created_at), a.id) >"
	    " (SELECT coalesce(b.applied_at, b.created_at), b.id FROM advisor b WHERE b.id = $3))"
	    " ORDER BY coalesce(a.applied_at, a.created_at), a.id LIMIT $2::bigint",
	    true },
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
	[REVIEW_LOCK] = { "review_lock", 1,
	    "SELECT a.state, u.state, u.role FROM advisor a JOIN user_account u ON u.id = a.id"
	    " WHERE a.id = $1 FOR UPDATE",
	    false },
	[REVIEW_SET] = { "review_set", 3,
	    "UPDATE advisor SET state = $2, state_reason = $3, reviewed_at = app_now(),"
	    " updated_at = app_now(), version = version + 1 WHERE id = $1"
	    " RETURNING id, state, state_reason, reviewed_at",
	    false },
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
	{ "subject", "a.specializations @> ARRAY[lower($?::text)]", NULL },
	{ "language", "a.languages @> ARRAY[$?::text]", NULL },
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
	    " a.session_count, a.applied_at, a.reviewed_at",
	.from = "advisor a LEFT JOIN user_account u ON u.id = a.id",
	.filters = filters,
	.sorts = sorts,
};

const char *const review_states[] = { "PENDING", "APPROVED", "REJECTED", "DRAFT", NULL };

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

const struct field review_decided_fields[] = {
	{ "id", FIELD_UUID, .doc = "The advisor" },
	{ "state", FIELD_ENUM, .one_of = advisor_states, .doc = "State now" },
	{ "state_reason", FIELD_TEXT, .doc = "What the advisor reads; empty when approved" },
	{ "reviewed_at", FIELD_TIME, .doc = "Time of the decision" },
	{ 0 },
};

enum err
review_list(struct db *db, const char *state, int64_t limit, const char *after, struct rows **rows)
{
	return db_rows(db, rows, &stmts[REVIEW_LIST], db_text(state), db_i64(limit), db_text(after));
}

enum err
review_get(struct db *db, const char *advisor_id, struct rows **rows)
{
	return db_one(db, rows, &stmts[REVIEW_GET], db_text(advisor_id));
}

static enum err
lock_pending(struct db *db, const char *advisor_id, bool *was_user)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[REVIEW_LOCK], db_text(advisor_id)));
	if (strcmp(rows_text(rows, 0, 0), "PENDING") != 0 ||
	    strcmp(rows_text(rows, 0, 1), "ACTIVE") != 0)
		return ERR_BAD_STATE;
	*was_user = strcmp(rows_text(rows, 0, 2), "USER") == 0;
	return ERR_OK;
}

/* Set the new state, tell the person, write the audit row. */
static enum err
decide(struct db *db, const struct audit_by *by, const char *advisor_id, bool approve,
    const char *reason, struct rows **rows)
{
	struct buf detail = buf_new(db_arena(db), 128);
	const char *state = approve ? "APPROVED" : "REJECTED";

	TRY(db_one(
	    db, rows, &stmts[REVIEW_SET], db_text(advisor_id), db_text(state), db_text(reason)));
	TRY(db_exec(db, &stmts[REVIEW_TELL], db_text(advisor_id),
	    db_text(approve ? "advisor.approved" : "advisor.rejected"), db_text(state),
	    db_text(reason)));
	buf_puts(&detail, "{\"from\": \"PENDING\", \"to\": ");
	buf_json(&detail, state);
	buf_puts(&detail, ", \"reason\": ");
	buf_json(&detail, reason);
	buf_puts(&detail, "}");
	return audit_add(db, by,
	    &(struct audit_entry){ approve ? "advisor.approve" : "advisor.reject", "advisor",
		advisor_id, detail.data });
}

enum err
review_approve(struct db *db, const struct audit_by *by, const char *advisor_id, struct rows **rows)
{
	bool was_user;

	TRY(lock_pending(db, advisor_id, &was_user));
	if (was_user) {
		TRY(db_exec(db, &stmts[REVIEW_PROMOTE], db_text(advisor_id)));
		TRY(db_exec(db, &stmts[REVIEW_LOGOUT], db_text(advisor_id)));
	}
	return decide(db, by, advisor_id, true, "", rows);
}

enum err
review_reject(struct db *db, const struct audit_by *by, const char *advisor_id, const char *reason,
    struct rows **rows)
{
	bool was_user;

	assert(reason[0] != '\0');
	TRY(lock_pending(db, advisor_id, &was_user));
	return decide(db, by, advisor_id, false, reason, rows);
}
