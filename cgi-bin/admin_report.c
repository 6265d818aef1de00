/* Reports: the queue and the decision. */
#include "admin.h"

#include "base/str.h"
#include "domain/people/moderation.h"
#include "domain/people/report.h"
#include "domain/talk/message_admin.h"
#include "domain/talk/session_admin.h"

#include <string.h>

static const struct column report_facts[] = {
	{ "target_name", "About", COLUMN_TEXT, .link = "/admin/users/{target_user_id}",
	    .badge = "target_state" },
	{ "target_type", "What", .kind = COLUMN_WORD },
	{ "target_id", "Its id", COLUMN_CODE, .link = "/admin/{target_pages}/{target_id}" },
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
	.desk = "report",
};

/* Where pages of what was reported stand: "users" of "USER". */
static const char *
target_pages(struct req *req, const char *type)
{
	char *pages = arena_printf(req->arena, "%sS", type);

	str_lower(pages);
	return pages;
}

/* What can be done to the message or the session itself. */
static enum err
also(struct req *req, struct json_object *context, const struct rows *report)
{
	const char *type = rows_text_of(report, 0, "target_type"),
		   *id = rows_text_of(report, 0, "target_id");

	if (strcmp(type, "MESSAGE") == 0)
		return act_bar_also(req, context, &message_kind, id);
	return strcmp(type, "SESSION") == 0 ? act_bar_also(req, context, &session_kind, id) : ERR_OK;
}

/* What was said around a message is read where it is decided, or with a reason in its conversation. */
static void
put_queue(struct req *req, struct json_object *context, const char *id, bool of_message)
{
	struct json_object *notice = list_notice(req, context, NOTICE_WARN,
	    of_message ? "It waits for a decision; there is what was said around it, too."
		       : "It waits for a decision.");

	page_put(notice, "more_url", arena_printf(req->arena, "/admin/queue/reports/%s", id));
	page_put(notice, "more_label", "Decide it in the queue");
}

static enum err
get_report(struct req *req)
{
	struct json_object *context = page_object(req), *report;
	struct rows *rows;

	TRY(moderation_report_get(req->db, req->params[0], &rows));
	report = page_row(req, rows, 0);
	page_put(report, "heading",
	    arena_printf(req->arena, "%s, %s",
		column_word(req->arena, rows_text_of(rows, 0, "reason")),
		rows_text_of(rows, 0, "target_name")));
	page_put(report, "target_pages", target_pages(req, rows_text_of(rows, 0, "target_type")));
	TRY(record_show(req, &report_record, req->params[0], report, context));
	TRY(act_bar(req, context, &report_kind, req->params[0]));
	TRY(also(req, context, rows));
	if (strcmp(rows_text_of(rows, 0, "state"), "OPEN") == 0)
		put_queue(req, context, req->params[0],
		    strcmp(rows_text_of(rows, 0, "target_type"), "MESSAGE") == 0);
	return panel_reply(req, "record", "reports", context);
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
	{ "assignee", "Assigned to", COLUMN_TEXT, .link = "/admin/users/{assignee_id}" },
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
	{ "assignee", FIELD_UUID, .doc = "Assigned to" },
	{ "about", FIELD_UUID, .doc = "Its id" },
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
	.acts = &report_kind,
	.reply = moderation_report_fields,
	.columns = list_columns,
	.query = list_query,
	.tabs = "state",
	.mine = "assignee",
	.start = "state=OPEN",
	.queue = "/admin/queue/reports",
	.empty = "What people report appears here, the oldest first.",
};
static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};
enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_report_routes[] = {
	LIST_ROUTES("/admin/reports", "panel_reports", list_query, "Page of the reports"),
	{ METHOD_GET, "/admin/reports/{id}", "panel_report", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .query = done_query, .handle = get_report,
	    .summary = "Page of one report" },
	{ 0 },
};
