/* Queue mode: what waits for a decision, one item after the other. */
#include "admin.h"

#include "domain/market/application.h"
#include "domain/market/review.h"
#include "domain/people/evidence.h"
#include "domain/people/moderation.h"
#include "panel/queue.h"

#include <string.h>

/* --- what both show of a person --- */

#define PERSON                                                                                     \
	{ "role", "Account", COLUMN_WORD, .link = "/admin/users/{id}", .badge = "state" },         \
	    { "created_at", "Member since", .kind = COLUMN_MOMENT },                               \
	    { "login_at", "Last sign-in", COLUMN_TIME, .none = "never" },                          \
	    { "sessions", "Sessions", .kind = COLUMN_NUMBER },                                     \
	    { "reports_about", "Reports about them", COLUMN_TEXT, .none = "none",                  \
		    .link = "/admin/reports?target={id}" },                                        \
	    { "about_at", "Last of these", .kind = COLUMN_TIME },                                  \
	    { "reports_made", "Reports they raised", COLUMN_TEXT, .none = "none",                  \
		    .link = "/admin/reports?reporter={id}" },                                      \
	    { "made_at", "Last of these", .kind = COLUMN_TIME },                                   \
	    { "blocked_by", "Blocked by", COLUMN_NUMBER, .tail = "people" },                       \
	{                                                                                          \
		"blocks", "Blocks", COLUMN_NUMBER, .tail = "people"                                \
	}

/* --- reports --- */

static const struct column report_columns[] = {
	{ "target_name", "About", COLUMN_TEXT, .link = "/admin/users/{target_user_id}",
	    .badge = "target_state" },
	{ "reason", "Reason", COLUMN_WORD, .link = "/admin/reports/{id}" },
	{ "target_type", "What", .kind = COLUMN_WORD },
	{ "reporter_name", "Reported by", COLUMN_TEXT, .link = "/admin/users/{reporter_id}" },
	{ "created_at", "Waits since", .kind = COLUMN_TIME },
	{ "detail", "In the reporter's words", COLUMN_PROSE, .none = "Nothing was said." },
	{ 0 },
};
static const struct column then_columns[] = {
	{ "snapshot", "When it was reported", COLUMN_DETAILS, .none = "Nothing was kept." },
	{ 0 },
};
static const struct column side_columns[] = {
	{ "name", "Name", COLUMN_TEXT, .link = "/admin/users/{id}" },
	PERSON,
	{ 0 },
};
static const struct column other_columns[] = {
	{ "reason", "Reason", COLUMN_WORD, .link = "/admin/reports/{id}" },
	{ "target_type", "What", .kind = COLUMN_WORD },
	{ "detail", "In their words", .kind = COLUMN_PROSE },
	{ "reporter_name", "By", COLUMN_TEXT, .link = "/admin/users/{reporter_id}" },
	{ "created_at", "Raised", .kind = COLUMN_TIME },
	{ 0 },
};
static const struct column earlier_columns[] = {
	{ "reason", "Reason", COLUMN_WORD, .link = "/admin/reports/{id}" },
	{ "state", "Decided", .kind = COLUMN_STATE },
	{ "resolution", "Note", .kind = COLUMN_PROSE },
	{ "resolver_name", "By", COLUMN_TEXT, .link = "/admin/users/{resolved_by}" },
	{ "resolved_at", "When", .kind = COLUMN_TIME },
	{ 0 },
};
static const struct queue_part report_parts[] = {
	{ "The report", QUEUE_FACTS, &evidence[EVIDENCE_REPORT], report_columns, .limit = 1 },
	{ "Other open reports about them", QUEUE_ROWS, &evidence[EVIDENCE_OTHERS], other_columns,
	    .limit = 10, .more = "/admin/reports?state=OPEN&target={target_user_id}" },
	{ "What was said", QUEUE_TALK, &evidence[EVIDENCE_TALK], NULL, .limit = 21,
	    .more = "/admin/messages/{message_id}" },
	{ "As it stood", QUEUE_FACTS, &evidence[EVIDENCE_THEN], then_columns, .limit = 1 },
	{ "Both sides", QUEUE_FACTS, &evidence[EVIDENCE_SIDES], side_columns, .limit = 2,
	    .heading = "side" },
	{ "Decided about them before", QUEUE_ROWS, &evidence[EVIDENCE_EARLIER], earlier_columns,
	    .limit = 5, .empty = "Nothing.", .more = "/admin/reports?target={target_user_id}" },
	{ 0 },
};

/* --- applications --- */

static const struct column profile_columns[] = {
	{ "headline", "Headline", COLUMN_TEXT, .none = "none" },
	{ "rate", "Price", .kind = COLUMN_MONEY },
	{ "experience_years", "Experience", COLUMN_NUMBER, .tail = "years" },
	{ "specializations", "Subjects", COLUMN_TAGS, .none = "none" },
	{ "languages", "Languages", COLUMN_TAGS, .none = "none" },
	{ "applied_at", "Waits since", .kind = COLUMN_TIME },
	{ "email", "E-mail", COLUMN_TEXT, .none = "none", .link = "/admin/advisors/{id}" },
	{ "bio", "About", COLUMN_PROSE, .none = "Nothing was said." },
	{ "state_reason", "Reason of the last refusal", .kind = COLUMN_PROSE },
	{ 0 },
};
static const struct column person_columns[] = {
	PERSON,
	{ 0 },
};
static const struct column decided_columns[] = {
	{ "action", "What", COLUMN_CODE, .link = "/admin/audit?request={request_id}" },
	{ "reason", "Reason", .kind = COLUMN_PROSE },
	{ "actor_name", "By", COLUMN_TEXT, .link = "/admin/users/{actor_id}" },
	{ "at", "When", .kind = COLUMN_TIME },
	{ 0 },
};
static const struct column about_columns[] = {
	{ "reason", "Reason", COLUMN_WORD, .link = "/admin/reports/{id}" },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "detail", "In their words", .kind = COLUMN_PROSE },
	{ "reporter_name", "By", COLUMN_TEXT, .link = "/admin/users/{reporter_id}" },
	{ "created_at", "Raised", .kind = COLUMN_TIME },
	{ 0 },
};
static const struct queue_part application_parts[] = {
	{ "The application", QUEUE_FACTS, &application[APPLICATION_PROFILE], profile_columns,
	    .limit = 1 },
	{ "The person", QUEUE_FACTS, &application[APPLICATION_PERSON], person_columns, .limit = 1 },
	{ "Decided about it before", QUEUE_ROWS, &application[APPLICATION_EARLIER], decided_columns,
	    .limit = 5, .empty = "Nothing.", .more = "/admin/audit?target={id}" },
	{ "Reports about the person", QUEUE_ROWS, &application[APPLICATION_REPORTS], about_columns,
	    .limit = 5, .empty = "None.", .more = "/admin/reports?target={id}" },
	{ 0 },
};

/* --- the queues --- */

static const struct queue queues[] = {
	{ &report_queue, &admin_reports, "Reports", "report", "reports", "reports", &report_kind,
	    "ad", report_parts, "heading", .badges = { "state" }, .together = "others",
	    .others = "others", .done = "No report waits for a decision, or others are at them." },
	{ &application_queue, &admin_advisors, "Applications", "application", "applications",
	    "pending", &advisor_kind, "ad", application_parts, "display_name", .badges = { "state" },
	    .done = "No application waits for a decision, or others are at them." },
};
/* The queue of that name; NULL: there is none. */
static const struct queue *
queue_of(const struct req *req)
{
	size_t i;

	for (i = 0; i < COUNT_OF(queues); i++)
		if (strcmp(queues[i].source->name, req->params[0]) == 0)
			return &queues[i];
	return NULL;
}

static enum err
get_next(struct req *req)
{
	const struct queue *queue = queue_of(req);
	struct json_object *context = page_object(req);

	if (queue == NULL)
		return ERR_NOT_FOUND;
	TRY(queue_show_next(req, queue, query_text(req, "skip"), context));
	return panel_reply(req, "queue", queue->list->name, context);
}

static enum err
get_one(struct req *req)
{
	const struct queue *queue = queue_of(req);
	struct json_object *context = page_object(req);

	if (queue == NULL)
		return ERR_NOT_FOUND;
	TRY(queue_show(req, queue, req->params[1], context));
	return panel_reply(req, "queue", queue->list->name, context);
}

static const struct field path_fields[] = {
	{ "name", FIELD_TEXT, .min = 1, .max = 40, .doc = "What waits" },
	{ 0 },
};
static const struct field next_query[] = {
	PANEL_DONE,
	{ "skip", FIELD_UUID, .doc = "An item that is put off" },
	{ 0 },
};
static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};
enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_queue_routes[] = {
	{ METHOD_GET, "/admin/queue/{name}", "panel_queue", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .path_fields = path_fields, .query = next_query, .handle = get_next,
	    .summary = "Page of the most urgent item of a queue" },
	{ METHOD_GET, "/admin/queue/{name}/{id}", "panel_queue_item", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .path_fields = path_fields, .query = done_query,
	    .handle = get_one, .summary = "Page of one item of a queue" },
	{ 0 },
};
