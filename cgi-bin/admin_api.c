/* The panel's lists as JSON, for tools: the same domain calls, an admin's access token. Acts are in lib/panel/act.c. */
#include "admin.h"

#include "domain/market/review.h"
#include "domain/people/moderation.h"
#include "domain/people/report.h"
#include "domain/people/user.h"
#include "domain/people/user_admin.h"

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
get_audit(struct req *req)
{
	struct page page;
	struct rows *rows;

	TRY(req_page(req, &page));
	TRY(audit_list(req->db, query_text(req, "target_id"), query_text(req, "actor_id"),
	    page.limit + 1, page.keys[0], &rows));
	return reply_page(req, rows, &page);
}

static const struct field page_query[] = {
	PAGE_FIELDS,
	{ 0 },
};
static const struct field reports_query[] = {
	PAGE_FIELDS,
	{ "state", FIELD_ENUM, .one_of = report_states,
	    .doc = "OPEN comes oldest first, all else newest first" },
	{ 0 },
};
static const struct field users_query[] = {
	PAGE_FIELDS,
	{ "q", FIELD_TEXT, .max = 100, .doc = "Part of a name or e-mail, or a whole id" },
	{ "role", FIELD_ENUM, .one_of = user_roles, .doc = "Only this role" },
	{ "state", FIELD_ENUM, .one_of = user_states, .doc = "Only this state" },
	{ 0 },
};
static const struct field audit_query[] = {
	PAGE_FIELDS,
	{ "target_id", FIELD_UUID, .doc = "Only entries about this person or thing" },
	{ "actor_id", FIELD_UUID, .doc = "Only what this admin did" },
	{ 0 },
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
static const enum err list_errors[] = { ERR_BAD_CURSOR, ERR_OK };

const struct route admin_api_routes[] = {
	{ METHOD_GET, "/api/v1/admin/advisors/pending", "admin_advisor_pending",
	    .roles = ROLE_ADMIN, .rate = RATE_READ, .flags = ROUTE_LIST, .query = page_query,
	    .reply = review_fields, .errors = list_errors, .handle = get_pending,
	    .summary = "List the applications waiting for review",
	    .doc = "The longest waiting comes first." },
	{ METHOD_GET, "/api/v1/admin/reports", "admin_report_list", .roles = ROLE_ADMIN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = reports_query,
	    .reply = moderation_report_fields, .errors = list_errors, .handle = get_reports,
	    .summary = "List reports",
	    .doc = "The open ones with the oldest first, any others with the newest first." },
	{ METHOD_GET, "/api/v1/admin/users", "admin_user_list", .roles = ROLE_ADMIN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = users_query,
	    .reply = user_admin_fields, .errors = list_errors, .handle = get_users,
	    .summary = "Search accounts", .doc = "The newest first; without filters, all of them." },
	{ METHOD_GET, "/api/v1/admin/audit", "admin_audit_list", .roles = ROLE_ADMIN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = audit_query, .reply = audit_fields,
	    .errors = list_errors, .handle = get_audit, .summary = "Read the audit log",
	    .doc = "Newest first. Entries cannot be changed; each is sealed to the one before." },
	{ METHOD_POST, "/api/v1/admin/audit/check", "admin_audit_check", .roles = ROLE_ADMIN,
	    .rate = RATE_WRITE, .status = 202, .reply = audit_check_fields, .handle = post_check,
	    .summary = "Have the whole audit log checked",
	    .doc = "The worker does it; GET shows how far it is. While a check runs, asking again "
		   "gives that one." },
	{ METHOD_GET, "/api/v1/admin/audit/check", "admin_audit_check_get", .roles = ROLE_ADMIN,
	    .rate = RATE_READ, .reply = audit_check_fields, .errors = check_errors,
	    .handle = get_check, .summary = "Read the last check of the audit log",
	    .doc = "Not found when there was none yet." },
	{ 0 },
};
