/* The panel's acts as JSON, for tools: the same domain calls, an admin's access token. */
#include "admin.h"

#include "domain/market/review.h"
#include "domain/people/moderation.h"
#include "domain/people/user_admin.h"

#include <string.h>

static const char *const roles[] = { "USER", "ADVISOR", "ADMIN", NULL };
static const char *const user_states[] = { "ACTIVE", "BLOCKED", "DELETED", NULL };
static const char *const advisor_states[] = { "DRAFT", "PENDING", "APPROVED", "REJECTED", NULL };
static const char *const report_states[] = { "OPEN", "ACTIONED", "DISMISSED", NULL };
static const char *const decisions[] = { "ACTIONED", "DISMISSED", NULL };
static const char *const target_types[] = { "USER", "ADVISOR", "MESSAGE", "SESSION", NULL };
static const char *const report_reasons[] = {
    "SPAM", "ABUSE", "FRAUD", "INDECENT", "MINOR", "OTHER", NULL};

static enum err
get_pending(struct req *req)
{
	struct page page;
	struct rows *rows;

	TRY(req_page(req, &page));
	TRY(review_list(req->db, "PENDING", page.limit + 1, page.keys[0], &rows));
	return reply_page(req, rows, &page);
}

static enum err
post_approve(struct req *req)
{
	const struct audit_by by = panel_by(req);
	struct rows *rows;

	TRY(review_approve(req->db, &by, req->params[0], &rows));
	return reply_row(req, rows, 0);
}

static enum err
post_reject(struct req *req)
{
	const struct audit_by by = panel_by(req);
	struct rows *rows;

	TRY(review_reject(req->db, &by, req->params[0], req_text(req, "reason"), &rows));
	return reply_row(req, rows, 0);
}

static enum err
get_reports(struct req *req)
{
	struct page page;
	struct rows *rows;

	TRY(req_page(req, &page));
	TRY(moderation_report_list(
	    req->db, query_text(req, "state"), NULL, page.limit + 1, page.keys[0], &rows));
	return reply_page(req, rows, &page);
}

static enum err
post_resolve(struct req *req)
{
	const struct audit_by by = panel_by(req);
	const char *note = req_text(req, "note");
	const struct moderation_decision decision = {
		.report_id = req->params[0],
		.actioned = strcmp(req_text(req, "decision"), "ACTIONED") == 0,
		.note = note != NULL ? note : "",
		.block = req_bool(req, "block"),
	};
	struct rows *rows;

	if (decision.block && !decision.actioned)
		return req_invalid(req, "block", "goes with the decision ACTIONED");
	TRY(moderation_report_resolve(req->db, &by, &decision, &rows));
	return reply_row(req, rows, 0);
}

static enum err
get_users(struct req *req)
{
	const struct user_admin_filter filter = { query_text(req, "q"), query_text(req, "role"),
		query_text(req, "state") };
	struct page page;
	struct rows *rows;

	TRY(req_page(req, &page));
	TRY(user_admin_list(req->db, &filter, page.limit + 1, page.keys[0], &rows));
	return reply_page(req, rows, &page);
}

static enum err
post_block(struct req *req)
{
	const struct audit_by by = panel_by(req);
	struct rows *rows;

	TRY(moderation_block(req->db, &by, req->params[0], req_text(req, "reason"), &rows));
	return reply_row(req, rows, 0);
}

static enum err
post_unblock(struct req *req)
{
	const struct audit_by by = panel_by(req);
	struct rows *rows;

	TRY(moderation_unblock(req->db, &by, req->params[0], &rows));
	return reply_row(req, rows, 0);
}

static enum err
get_audit(struct req *req)
{
	struct page page;
	struct rows *rows;

	TRY(req_page(req, &page));
	TRY(audit_list(req->db, query_text(req, "target_id"), query_text(req, "actor_id"),
	    page.limit + 1, page.keys[0], &rows));
	return reply_page(req, rows, &page);
}

static const struct field text_element[] = { { "", FIELD_TEXT, .doc = "One" }, { 0 } };
static const struct field page_query[] = { PAGE_FIELDS, { 0 } };
static const struct field reports_query[] = { PAGE_FIELDS,
	{ "state", FIELD_ENUM, .one_of = report_states,
	    .doc = "OPEN comes oldest first, all else newest first" },
	{ 0 } };
static const struct field users_query[] = { PAGE_FIELDS,
	{ "q", FIELD_TEXT, .max = 100, .doc = "Part of a name or e-mail, or a whole id" },
	{ "role", FIELD_ENUM, .one_of = roles, .doc = "Only this role" },
	{ "state", FIELD_ENUM, .one_of = user_states, .doc = "Only this state" }, { 0 } };
static const struct field audit_query[] = { PAGE_FIELDS,
	{ "target_id", FIELD_UUID, .doc = "Only entries about this person or thing" },
	{ "actor_id", FIELD_UUID, .doc = "Only what this admin did" }, { 0 } };
static const struct field reason_body[] = {
	{ "reason", FIELD_TEXT, .required = true, .min = 1, .max = 500, .doc = "Why",
	    .example = "\"Please tell more about your experience.\"" },
	{ 0 }
};
static const struct field resolve_body[] = {
	{ "decision", FIELD_ENUM, .required = true, .one_of = decisions, .doc = "What comes of it" },
	{ "note", FIELD_TEXT, .max = 500, .doc = "What was found and done" },
	{ "block", FIELD_BOOL, .doc = "Also block the person; only with ACTIONED" }, { 0 }
};

static const struct field pending_reply[] = {
	{ "id", FIELD_UUID, .doc = "The advisor" },
	{ "display_name", FIELD_TEXT, .doc = "Name" },
	{ "email", FIELD_EMAIL, .nullable = true, .doc = "E-mail address" },
	{ "headline", FIELD_TEXT, .doc = "Line under the name" },
	{ "experience_years", FIELD_INT, .doc = "Whole years" },
	{ "languages", FIELD_LIST, .sub = text_element, .doc = "BCP 47 tags" },
	{ "specializations", FIELD_LIST, .sub = text_element, .doc = "Slugs" },
	{ "rate_minor", FIELD_INT, .doc = "Price of a minute, minor units" },
	{ "currency", FIELD_TEXT, .doc = "Of rate_minor" },
	{ "applied_at", FIELD_TIME, .nullable = true, .doc = "Last application" },
	{ "reviewed_at", FIELD_TIME, .nullable = true, .doc = "Last decision" },
	{ "account_state", FIELD_ENUM, .one_of = user_states, .doc = "State of the account" }, { 0 }
};
static const struct field decided_reply[] = {
	{ "id", FIELD_UUID, .doc = "The advisor" },
	{ "state", FIELD_ENUM, .one_of = advisor_states, .doc = "State now" },
	{ "state_reason", FIELD_TEXT, .doc = "What the advisor reads; empty when approved" },
	{ "reviewed_at", FIELD_TIME, .doc = "Time of the decision" }, { 0 }
};
static const struct field report_reply[] = {
	{ "id", FIELD_UUID, .doc = "The report" },
	{ "reporter_id", FIELD_UUID, .doc = "Who reports" },
	{ "reporter_name", FIELD_TEXT, .doc = "Their name" },
	{ "target_type", FIELD_ENUM, .one_of = target_types, .doc = "What is reported" },
	{ "target_id", FIELD_UUID, .doc = "Its id" },
	{ "target_user_id", FIELD_UUID, .doc = "The person behind it" },
	{ "target_name", FIELD_TEXT, .doc = "Their name" },
	{ "target_state", FIELD_ENUM, .one_of = user_states, .doc = "State of their account" },
	{ "reason", FIELD_ENUM, .one_of = report_reasons, .doc = "Kind of complaint" },
	{ "detail", FIELD_TEXT, .doc = "In the reporter's words" },
	{ "state", FIELD_ENUM, .one_of = report_states, .doc = "State of the report" },
	{ "resolution", FIELD_TEXT, .doc = "What the moderator noted" },
	{ "created_at", FIELD_TIME, .doc = "When it was raised" },
	{ "resolved_at", FIELD_TIME, .nullable = true, .doc = "When it was closed" }, { 0 }
};
static const struct field resolved_reply[] = {
	{ "id", FIELD_UUID, .doc = "The report" },
	{ "state", FIELD_ENUM, .one_of = report_states, .doc = "State now" },
	{ "resolution", FIELD_TEXT, .doc = "What the moderator noted" },
	{ "resolved_at", FIELD_TIME, .doc = "When it was closed" },
	{ "target_user_id", FIELD_UUID, .doc = "The person behind the target" }, { 0 }
};
static const struct field user_reply[] = {
	{ "id", FIELD_UUID, .doc = "The account" },
	{ "display_name", FIELD_TEXT, .doc = "Name" },
	{ "email", FIELD_EMAIL, .nullable = true, .doc = "E-mail address" },
	{ "role", FIELD_ENUM, .one_of = roles, .doc = "Role" },
	{ "state", FIELD_ENUM, .one_of = user_states, .doc = "State of the account" },
	{ "advisor_state", FIELD_ENUM, .nullable = true, .one_of = advisor_states,
	    .doc = "State of the advisor profile, if there is one" },
	{ "created_at", FIELD_TIME, .doc = "When the account was made" }, { 0 }
};
static const struct field blocked_reply[] = {
	{ "id", FIELD_UUID, .doc = "The account" },
	{ "state", FIELD_ENUM, .one_of = user_states, .doc = "State now" },
	{ "block_reason", FIELD_TEXT, .nullable = true, .doc = "Why it is blocked" }, { 0 }
};
static const struct field audit_reply[] = {
	{ "id", FIELD_INT, .doc = "Order in the chain" },
	{ "at", FIELD_TIME, .doc = "When" },
	{ "actor_id", FIELD_UUID, .nullable = true, .doc = "Who; null is the system" },
	{ "actor_name", FIELD_TEXT, .nullable = true, .doc = "Their name" },
	{ "action", FIELD_TEXT, .doc = "What", .example = "\"advisor.approve\"" },
	{ "target_type", FIELD_TEXT, .doc = "Kind of thing acted on", .example = "\"advisor\"" },
	{ "target_id", FIELD_UUID, .nullable = true, .doc = "Which" },
	{ "target_name", FIELD_TEXT, .nullable = true, .doc = "Name, when it is a person" },
	{ "detail", FIELD_OBJECT, .doc = "Before, after, reason" },
	{ "request_id", FIELD_TEXT, .doc = "As in the logs" }, { 0 }
};

static const char *const check_states[] = { "RUNNING", "GOOD", "BROKEN", "FAILED", NULL };
static const struct field check_reply[] = {
	{ "id", FIELD_UUID, .doc = "The check" },
	{ "asked_by", FIELD_UUID, .nullable = true, .doc = "The administrator who asked" },
	{ "asked_by_name", FIELD_TEXT, .nullable = true, .doc = "Name of that account" },
	{ "asked_at", FIELD_TIME, .doc = "When" },
	{ "state", FIELD_ENUM, .one_of = check_states,
	    .doc = "GOOD: every row fits the one before; FAILED: the worker gave up" },
	{ "checked", FIELD_INT, .doc = "Rows seen so far", .example = "5120" },
	{ "broken_id", FIELD_INT, .nullable = true, .doc = "The first row that does not fit",
	    .example = "null" },
	{ "done_at", FIELD_TIME, .nullable = true, .doc = "When it came to an end" }, { 0 }
};

static enum err
post_check(struct req *req)
{
	const struct audit_by by = panel_by(req);
	struct rows *rows;

	TRY(audit_check_start(req->db, &by, &rows));
	reply_location(req, "/api/v1/admin/audit/check");
	return reply_row(req, rows, 0);
}

static enum err
get_check(struct req *req)
{
	struct rows *rows;

	TRY(audit_check_latest(req->db, &rows));
	return reply_row(req, rows, 0);
}

static const enum err check_errors[] = { ERR_NOT_FOUND, ERR_OK };
static const enum err move_errors[] = { ERR_NOT_FOUND, ERR_BAD_STATE, ERR_OK };
static const enum err block_errors[] = { ERR_NOT_FOUND, ERR_BAD_STATE, ERR_FORBIDDEN, ERR_OK };
static const enum err list_errors[] = { ERR_BAD_CURSOR, ERR_OK };

const struct route admin_api_routes[] = {
	{ METHOD_GET, "/api/v1/admin/advisors/pending", "admin_advisor_pending", .roles = ROLE_ADMIN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = page_query, .reply = pending_reply,
	    .errors = list_errors, .handle = get_pending,
	    .summary = "List the applications waiting for review",
	    .doc = "The longest waiting comes first." },
	{ METHOD_POST, "/api/v1/admin/advisors/{id}/approve", "admin_advisor_approve",
	    .roles = ROLE_ADMIN, .rate = RATE_WRITE, .reply = decided_reply, .errors = move_errors,
	    .handle = post_approve, .summary = "Approve an application",
	    .doc = "A USER becomes an ADVISOR and signs in anew; the advisor hears advisor.approved." },
	{ METHOD_POST, "/api/v1/admin/advisors/{id}/reject", "admin_advisor_reject",
	    .roles = ROLE_ADMIN, .rate = RATE_WRITE, .body = reason_body, .reply = decided_reply,
	    .errors = move_errors, .handle = post_reject, .summary = "Reject an application",
	    .doc = "The advisor hears advisor.rejected with the reason, and may apply again." },
	{ METHOD_GET, "/api/v1/admin/reports", "admin_report_list", .roles = ROLE_ADMIN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = reports_query, .reply = report_reply,
	    .errors = list_errors, .handle = get_reports, .summary = "List reports",
	    .doc = "The open ones with the oldest first, any others with the newest first." },
	{ METHOD_POST, "/api/v1/admin/reports/{id}/resolve", "admin_report_resolve",
	    .roles = ROLE_ADMIN, .rate = RATE_WRITE, .body = resolve_body, .reply = resolved_reply,
	    .errors = block_errors, .handle = post_resolve, .summary = "Close a report",
	    .doc = "With block, the person reported is blocked in the same step." },
	{ METHOD_GET, "/api/v1/admin/users", "admin_user_list", .roles = ROLE_ADMIN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = users_query, .reply = user_reply,
	    .errors = list_errors, .handle = get_users, .summary = "Search accounts",
	    .doc = "The newest first; without filters, all of them." },
	{ METHOD_POST, "/api/v1/admin/users/{id}/block", "admin_user_block", .roles = ROLE_ADMIN,
	    .rate = RATE_WRITE, .body = reason_body, .reply = blocked_reply, .errors = block_errors,
	    .handle = post_block, .summary = "Block an account",
	    .doc = "Logins and live sessions end at once; access tokens stop working within seconds. "
		   "Admins cannot be blocked." },
	{ METHOD_POST, "/api/v1/admin/users/{id}/unblock", "admin_user_unblock", .roles = ROLE_ADMIN,
	    .rate = RATE_WRITE, .reply = blocked_reply, .errors = move_errors,
	    .handle = post_unblock, .summary = "Unblock an account",
	    .doc = "The person can sign in again; sessions that had ended stay ended." },
	{ METHOD_GET, "/api/v1/admin/audit", "admin_audit_list", .roles = ROLE_ADMIN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = audit_query, .reply = audit_reply,
	    .errors = list_errors, .handle = get_audit, .summary = "Read the audit log",
	    .doc = "Newest first. Entries cannot be changed; each is sealed to the one before." },
	{ METHOD_POST, "/api/v1/admin/audit/check", "admin_audit_check", .roles = ROLE_ADMIN,
	    .rate = RATE_WRITE, .status = 202, .reply = check_reply, .handle = post_check,
	    .summary = "Have the whole audit log checked",
	    .doc = "The worker does it; GET shows how far it is. While a check runs, asking again "
		   "gives that one." },
	{ METHOD_GET, "/api/v1/admin/audit/check", "admin_audit_check_get", .roles = ROLE_ADMIN,
	    .rate = RATE_READ, .reply = check_reply, .errors = check_errors, .handle = get_check,
	    .summary = "Read the last check of the audit log",
	    .doc = "Not found when there was none yet." },
	{ 0 }
};
