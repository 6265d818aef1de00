/* Reports: the queue and the decision. */
#include "admin.h"

#include "domain/people/moderation.h"
#include "domain/people/report.h"

#include <string.h>

static const struct column report_facts[] = {
	{ "target_name", "About", COLUMN_TEXT, .link = "/admin/users/{target_user_id}",
	    .badge = "target_state" },
	{ "target_type", "What", .kind = COLUMN_WORD },
	{ "target_id", "Its id", .kind = COLUMN_CODE },
	{ "reporter_name", "Reported by", COLUMN_TEXT, .link = "/admin/users/{reporter_id}" },
	{ "created_at", "When", .kind = COLUMN_TIME },
	{ "others", "Other open reports about them", COLUMN_NUMBER,
	    .link = "/admin/reports?state=OPEN&target={target_user_id}" },
	{ "resolver_name", "Closed by", .kind = COLUMN_TEXT },
	{ "resolved_at", "Closed", .kind = COLUMN_TIME },
	{ 0 },
};
static const struct column report_texts[] = {
	{ "detail", "In the reporter's words", .kind = COLUMN_PROSE },
	{ "snapshot", "As it stood then", COLUMN_DETAILS, .none = "Nothing was kept." },
	{ "resolution", "Note of who closed it", .kind = COLUMN_PROSE },
	{ 0 },
};
static const struct record report_record = {
	.list = &admin_reports,
	.title = "heading",
	.badges = { "state" },
	.facts = report_facts,
	.texts = report_texts,
	.timeline = timeline_thing,
};

static enum err
get_report(struct req *req)
{
	struct json_object *context = page_object(req), *report;
	struct rows *rows;
	bool open;

	TRY(moderation_report_get(req->db, req->params[0], &rows));
	report = page_row(req, rows, 0);
	open = strcmp(rows_text_of(rows, 0, "state"), "OPEN") == 0;
	page_put(report, "heading",
	    arena_printf(req->arena, "%s, %s",
		column_word(req->arena, rows_text_of(rows, 0, "reason")),
		rows_text_of(rows, 0, "target_name")));
	page_put_object(context, "report", report);
	page_put_bool(context, "open", open);
	page_put_bool(context, "can_block",
	    open && strcmp(rows_text_of(rows, 0, "target_state"), "ACTIVE") == 0 &&
		strcmp(rows_text_of(rows, 0, "target_role"), "ADMIN") != 0);
	TRY(record_show(req, &report_record, req->params[0], report, context));
	return panel_reply(req, "record", "reports", context);
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

static const struct column list_columns[] = {
	{ "reason", "Reason", COLUMN_WORD, .link = "/admin/reports/{id}" },
	{ "target_type", "What", .kind = COLUMN_WORD },
	{ "target_name", "About", COLUMN_TEXT, .link = "/admin/users/{target_user_id}",
	    .badge = "target_state" },
	{ "detail", "In their words", .kind = COLUMN_PROSE },
	{ "reporter_name", "By", COLUMN_TEXT, .link = "/admin/users/{reporter_id}" },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "created_at", "Raised", COLUMN_TIME, .sort = "raised" },
	{ "resolution", "Note", COLUMN_PROSE, .file_only = true },
	{ "resolved_at", "Closed", COLUMN_TIME, .file_only = true },
	{ "target_user_id", "About, id", COLUMN_CODE, .file_only = true },
	{ "id", "Id", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const struct field list_query[] = {
	PANEL_DONE,
	LIST_FIELDS,
	{ "state", FIELD_ENUM, .one_of = report_states, .doc = "State" },
	{ "reason", FIELD_ENUM, .one_of = report_reasons, .doc = "Reason" },
	{ "type", FIELD_ENUM, .one_of = report_target_types, .doc = "What" },
	{ "target", FIELD_UUID, .doc = "About" },
	{ "reporter", FIELD_UUID, .doc = "By" },
	{ "from", FIELD_DATE, .doc = "Raised from" },
	{ "to", FIELD_DATE, .doc = "Raised until" },
	{ 0 },
};
const struct list admin_reports = {
	.name = "reports",
	.path = "/admin/reports",
	.title = "Reports",
	.one = "report",
	.many = "reports",
	.source = &report_list,
	.columns = list_columns,
	.query = list_query,
	.tabs = "state",
	.start = "state=OPEN",
	.empty = "What people report appears here, the oldest first.",
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
	LIST_ROUTES("/admin/reports", "panel_reports", list_query, "Page of the reports"),
	{ METHOD_GET, "/admin/reports/{id}", "panel_report", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .query = done_query, .handle = get_report,
	    .summary = "Page of one report" },
	{ METHOD_POST, "/admin/reports/{id}/resolve", "panel_report_resolve", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .body = resolve_body, .handle = post_resolve,
	    .summary = "Close a report from the panel" },
	{ 0 },
};
