/* The audit log, and the checks of its chain. */
#include "admin.h"

#include <string.h>

enum { VERIFY_ROWS = 500 }; /* of the chain, checked whenever the log is shown */

/* What the newest rows say of the chain. */
static enum err
put_newest(struct req *req, struct json_object *context)
{
	struct audit_found found;

	TRY(audit_verify_newest(req->db, VERIFY_ROWS, &found));
	if (found.broken_id != 0)
		list_notice(req, context, NOTICE_ALERT,
		    arena_printf(req->arena,
			"The chain is broken at entry %lld. That entry or the one before it was changed or"
			" removed. Compare with a backup.",
			(long long)found.broken_id));
	else
		list_notice(req, context, NOTICE_GOOD,
		    arena_printf(req->arena, "Verified %s rows: each is sealed to the one before.%s",
			column_number(req->arena, found.rows),
			found.rows == VERIFY_ROWS ? " These are the newest." : ""));
	return ERR_OK;
}

/* The last check of the whole log. */
static void
put_check(struct req *req, struct json_object *context, const struct rows *rows)
{
	struct json_object *check = page_row(req, rows, 0), *notice = NULL;
	const char *state = rows_text_of(rows, 0, "state"),
		   *checked = column_number(req->arena, rows_i64_of(rows, 0, "checked"));

	if (strcmp(state, "BROKEN") == 0)
		list_notice(req, context, NOTICE_ALERT,
		    arena_printf(req->arena,
			"The whole log was checked: it is broken at entry %s. That entry or the one"
			" before it was changed or removed. Compare with a backup.",
			rows_text_of(rows, 0, "broken_id")));
	else if (strcmp(state, "GOOD") == 0)
		list_notice(req, context, NOTICE_GOOD,
		    arena_printf(req->arena, "The whole log of %s rows was good %s.", checked,
			column_text(check, "done_at_ago")));
	else if (strcmp(state, "FAILED") == 0)
		list_notice(req, context, NOTICE_BAD,
		    arena_printf(req->arena,
			"The check asked for %s did not come to an end; the log of the worker says why.",
			column_text(check, "asked_at_ago")));
	else
		notice = list_notice(req, context, NOTICE_WARN,
		    arena_printf(
			req->arena, "The whole log is being checked: %s rows so far.", checked));
	if (notice == NULL)
		return;
	page_put(notice, "more_url", "/admin/audit");
	page_put(notice, "more_label", "Look again");
}

static enum err
above(struct req *req, struct json_object *context)
{
	struct rows *rows;
	enum err err;

	page_put_bool(context, "audit_check", true);
	TRY(put_newest(req, context));
	err = audit_check_latest(req->db, &rows);
	if (err == ERR_OK)
		put_check(req, context, rows);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err
post_check(struct req *req)
{
	const struct audit_by by = panel_by(req);
	struct rows *rows;

	TRY(audit_check_start(req->db, &by, &rows));
	return reply_redirect(req, "/admin/audit?done=checking");
}

static const struct column list_columns[] = {
	{ "id", "No.", .kind = COLUMN_NUMBER },
	{ "at", "When", COLUMN_MOMENT, .sort = "at" },
	{ "actor_name", "Who", COLUMN_TEXT, .link = "/admin/users/{actor_id}", .none = "the system" },
	{ "action", "What", .kind = COLUMN_CODE },
	{ "target_name", "Target", COLUMN_TEXT, .link = "/admin/audit?target={target_id}" },
	{ "detail", "Details", .kind = COLUMN_DETAILS },
	{ "actor_id", "Who, id", COLUMN_CODE, .file_only = true },
	{ "target_id", "Target, id", COLUMN_CODE, .file_only = true },
	{ "request_id", "Request", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const struct field list_query[] = {
	PANEL_DONE,
	LIST_FIELDS,
	{ "action", FIELD_TEXT, .max = 64, .doc = "Action, as user.block" },
	{ "actor", FIELD_UUID, .doc = "Who" },
	{ "target", FIELD_UUID, .doc = "Target" },
	{ "request", FIELD_TEXT, .max = 64, .doc = "Request" },
	{ "from", FIELD_DATE, .doc = "From" },
	{ "to", FIELD_DATE, .doc = "Until" },
	{ 0 },
};
const struct list admin_audit = {
	.name = "audit",
	.path = "/admin/audit",
	.title = "Audit log",
	.one = "entry",
	.many = "entries",
	.source = &audit_all,
	.reply = audit_fields,
	.columns = list_columns,
	.query = list_query,
	.empty = "What administrators do is written down here and cannot be changed.",
	.above = above,
};

static const struct field check_body[] = {
	PAGE_CSRF_FIELD,
	{ 0 },
};

enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_audit_routes[] = {
	LIST_ROUTES("/admin/audit", "panel_audit", list_query, "Page of the audit log"),
	{ METHOD_POST, "/admin/audit/check", "panel_audit_check", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .body = check_body, .handle = post_check,
	    .summary = "Have the whole audit log checked, from the panel" },
	{ 0 },
};
