/* Reports: the queue and the decision; and the audit log. */
#include "admin.h"

#include "base/str.h"
#include "domain/people/moderation.h"
#include "domain/people/report.h"

#include <string.h>

enum { VERIFY_ROWS = 2000 }; /* of the chain, checked whenever the log is shown */

static enum err
get_reports(struct req *req)
{
	struct json_object *context = page_object(req);
	const char *state = query_text(req, "state");
	struct rows *rows;

	if (state == NULL)
		state = report_states[0];
	TRY(moderation_report_list(
	    req->db, state, NULL, PANEL_ROWS + 1, query_text(req, "after"), &rows));
	page_put(context, "title", "Reports");
	page_put_object(context, "states", panel_choices(req, report_states, state));
	page_put_bool(context, "open", strcmp(state, "OPEN") == 0);
	panel_list(req, context, rows, "/admin/reports", panel_pair(req, "state", state));
	return panel_reply(req, "reports", "reports", context);
}

static enum err
get_report(struct req *req)
{
	struct json_object *context = page_object(req), *report, *snapshot = NULL;
	struct rows *rows;
	bool open;

	TRY(moderation_report_get(req->db, req->params[0], &rows));
	report = page_row(req, rows, 0);
	(void)json_object_object_get_ex(report, "snapshot", &snapshot);
	open = strcmp(rows_text_of(rows, 0, "state"), "OPEN") == 0;
	page_put(context, "title", "Report");
	page_put_object(context, "report", report);
	page_put_object(context, "kept", panel_members(req, snapshot));
	page_put_bool(context, "open", open);
	page_put_bool(context, "can_block",
	    open && strcmp(rows_text_of(rows, 0, "target_state"), "ACTIVE") == 0 &&
		strcmp(rows_text_of(rows, 0, "target_role"), "ADMIN") != 0);
	return panel_reply(req, "report", "reports", context);
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
		return req_invalid(req, "block", "goes with the decision to act");
	TRY(moderation_report_resolve(req->db, &by, &decision, &rows));
	return reply_redirect(req,
	    decision.block ? "/admin/reports?done=resolved_blocked"
			   : "/admin/reports?done=resolved");
}

/* Details of each entry beyond what the template knows, as a list it can walk. */
static void
put_details(struct req *req, struct json_object *context)
{
	struct json_object *list, *row, *detail, *rest;
	size_t i;

	if (!json_object_object_get_ex(context, "rows", &list))
		return;
	for (i = 0; i < json_object_array_length(list); i++) {
		row = json_object_array_get_idx(list, i);
		if (!json_object_object_get_ex(row, "detail", &detail))
			continue;
		rest = page_object(req);
		json_object_object_foreach (detail, name, value)
			if (strcmp(name, "from") != 0 && strcmp(name, "to") != 0 &&
			    strcmp(name, "reason") != 0)
				page_put_object(rest, name, value);
		page_put_object(row, "details", panel_members(req, rest));
	}
}

/* The last check of the whole log, with is_good and so on for its state. */
static void
put_check(struct req *req, struct json_object *context, const struct rows *rows)
{
	struct json_object *check = page_row(req, rows, 0), *state = NULL;
	const char *const *name;

	(void)json_object_object_get_ex(check, "state", &state);
	for (name = audit_check_states; *name != NULL; name++) {
		char *is = arena_printf(req->arena, "is_%s", *name);

		str_lower(is);
		page_put_bool(
		    check, is, state != NULL && strcmp(json_object_get_string(state), *name) == 0);
	}
	page_put_object(context, "check", check);
}

static enum err
get_audit(struct req *req)
{
	struct json_object *context = page_object(req);
	const char *target = query_text(req, "target"), *before = NULL;
	struct audit_found found;
	struct rows *rows;
	enum err err;

	if (query_has(req, "after"))
		before = arena_printf(req->arena, "%lld", (long long)query_int(req, "after", 0));
	TRY(audit_list(req->db, target, NULL, PANEL_ROWS + 1, before, &rows));
	page_put(context, "title", "Audit log");
	page_put(context, "target", target);
	panel_list(req, context, rows, "/admin/audit", panel_pair(req, "target", target));
	put_details(req, context);
	TRY(audit_verify_newest(req->db, VERIFY_ROWS, &found));
	page_put_int(context, "verified", found.rows);
	page_put_bool(context, "partial", found.rows == VERIFY_ROWS);
	if (found.broken_id != 0)
		page_put_int(context, "broken", found.broken_id);
	err = audit_check_latest(req->db, &rows);
	if (err == ERR_OK)
		put_check(req, context, rows);
	else if (err != ERR_NOT_FOUND)
		return err;
	return panel_reply(req, "audit", "audit", context);
}

static enum err
post_check(struct req *req)
{
	const struct audit_by by = panel_by(req);
	struct rows *rows;

	TRY(audit_check_start(req->db, &by, &rows));
	return reply_redirect(req, "/admin/audit?done=checking");
}

static const struct field list_query[] = {
	PANEL_DONE,
	PANEL_AFTER,
	{ "state", FIELD_ENUM, .one_of = report_states, .doc = "State to list" },
	{ 0 },
};
static const struct field audit_query[] = {
	PANEL_DONE,
	{ "after", FIELD_INT, .min = 1, .max = INT64_MAX, .doc = "Last row of the page before" },
	{ "target", FIELD_UUID, .doc = "Only entries about this person or thing" },
	{ 0 },
};
static const struct field check_body[] = {
	PAGE_CSRF_FIELD,
	{ 0 },
};
static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};
static const struct field resolve_body[] = {
	PAGE_CSRF_FIELD,
	{ "decision", FIELD_ENUM, .required = true, .one_of = report_decisions, .doc = "Outcome" },
	{ "note", FIELD_TEXT, .max = 500, .doc = "What was found and done" },
	{ "block", FIELD_BOOL, .doc = "Also block the person" },
	{ 0 },
};

enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_report_routes[] = {
	{ METHOD_GET, "/admin/reports", "panel_reports", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .query = list_query, .handle = get_reports,
	    .summary = "Page of the reports" },
	{ METHOD_GET, "/admin/reports/{id}", "panel_report", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .query = done_query, .handle = get_report,
	    .summary = "Page of one report" },
	{ METHOD_POST, "/admin/reports/{id}/resolve", "panel_report_resolve", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .body = resolve_body, .handle = post_resolve,
	    .summary = "Close a report from the panel" },
	{ METHOD_GET, "/admin/audit", "panel_audit", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .query = audit_query, .handle = get_audit,
	    .summary = "Page of the audit log" },
	{ METHOD_POST, "/admin/audit/check", "panel_audit_check", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .body = check_body, .handle = post_check,
	    .summary = "Have the whole audit log checked, from the panel" },
	{ 0 },
};
