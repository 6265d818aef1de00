/* What tools ask of the panel beside its lists (lib/panel/list_json.c) and acts (lib/panel/act.c), which are JSON too. */
#include "admin.h"

#include "domain/market/review.h"

static enum err
get_pending(struct req *req)
{
	struct list_wanted wanted = { .sort = list_sort_find(&advisor_list, "applied") };
	struct list_page found;
	struct page page;

	TRY(req_page(req, &page));
	wanted.values[list_filter_find(&advisor_list, "state")] = "PENDING";
	wanted.keys = page.keys[0] != NULL ? page.keys : NULL;
	wanted.limit = page.limit;
	TRY(list_read(req->db, &advisor_list, &wanted, &found));
	return list_reply(req, &found);
}

static const struct field page_query[] = {
	PAGE_FIELDS,
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
static const enum err list_errors[] = { ERR_BAD_CURSOR, ERR_REPLY_TOO_LARGE, ERR_OK };

const struct route admin_api_routes[] = {
	{ METHOD_GET, "/api/v1/admin/advisors/pending", "admin_advisor_pending",
	    .roles = ROLE_ADMIN, .rate = RATE_READ, .flags = ROUTE_LIST, .query = page_query,
	    .reply = review_fields, .errors = list_errors, .handle = get_pending,
	    .summary = "List the applications waiting for review",
	    .doc = "The longest waiting comes first." },
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
