/* Advisors: the queue of applications, and one of them. */
#include "admin.h"

#include "domain/market/review.h"

#include <string.h>

static const struct column advisor_facts[] = {
	{ "rate", "Price", .kind = COLUMN_MONEY },
	{ "experience_years", "Experience", COLUMN_NUMBER, .tail = "years" },
	{ "specializations", "Subjects", .kind = COLUMN_TAGS },
	{ "languages", "Languages", .kind = COLUMN_TAGS },
	{ "email", "E-mail", COLUMN_TEXT, .none = "none" },
	{ "role", "Account", COLUMN_WORD, .link = "/admin/users/{id}", .badge = "account_state" },
	{ "created_at", "Member since", .kind = COLUMN_MOMENT },
	{ "applied_at", "Applied", COLUMN_TIME, .none = "never" },
	{ "reviewed_at", "Decided", .kind = COLUMN_TIME },
	{ "session_count", "Sessions", .kind = COLUMN_NUMBER },
	{ "rating_mean", "Rating", COLUMN_NUMBER, .none = "none yet", .tail = "of 5" },
	{ "rating_count", "Ratings", .kind = COLUMN_NUMBER },
	{ "report_count", "Reports about them", COLUMN_NUMBER, .link = "/admin/reports?target={id}" },
	{ 0 },
};
static const struct column advisor_texts[] = {
	{ "headline", "Headline", .kind = COLUMN_PROSE },
	{ "bio", "About", .kind = COLUMN_PROSE },
	{ "state_reason", "Reason of the last refusal", .kind = COLUMN_PROSE },
	{ 0 },
};
static const struct record_related advisor_related[] = {
	{ "Sessions with them", &admin_sessions, "advisor" },
	{ "Reports about them", &admin_reports, "target" },
	{ 0 },
};
static const struct record advisor_record = {
	.list = &admin_advisors,
	.title = "display_name",
	.badges = { "state" },
	.facts = advisor_facts,
	.texts = advisor_texts,
	.related = advisor_related,
	.timeline = timeline_person,
	.desk = "advisor",
	.get = review_get,
};

static const struct column list_columns[] = {
	{ "display_name", "Name", COLUMN_TEXT, .link = "/admin/advisors/{id}" },
	{ "headline", "Headline", .kind = COLUMN_TEXT },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "rate", "A minute", COLUMN_MONEY, .sort = "rate" },
	{ "experience_years", "Experience", COLUMN_NUMBER, .tail = "years" },
	{ "specializations", "Subjects", .kind = COLUMN_TAGS },
	{ "languages", "Languages", .kind = COLUMN_TAGS },
	{ "applied_at", "Applied", COLUMN_TIME, .sort = "applied", .none = "never" },
	{ "assignee", "Assigned to", COLUMN_TEXT, .link = "/admin/users/{assignee_id}" },
	{ "email", "E-mail", COLUMN_TEXT, .file_only = true },
	{ "account_state", "Account", COLUMN_STATE, .file_only = true },
	{ "session_count", "Sessions", COLUMN_NUMBER, .file_only = true },
	{ "reviewed_at", "Decided", COLUMN_TIME, .file_only = true },
	{ "id", "Id", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const struct field list_query[] = {
	PANEL_DONE,
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .max = 100, .doc = "Name, e-mail or id" },
	{ "state", FIELD_ENUM, .one_of = review_states, .doc = "State" },
	{ "subject", FIELD_TEXT, .max = 40, .doc = "Subject" },
	{ "language", FIELD_TEXT, .max = 35, .doc = "Language" },
	{ "assignee", FIELD_UUID, .doc = "Assigned to" },
	{ "from", FIELD_DATE, .doc = "Applied from" },
	{ "to", FIELD_DATE, .doc = "Applied until" },
	{ 0 },
};
const struct list admin_advisors = {
	.name = "advisors",
	.path = "/admin/advisors",
	.title = "Advisors",
	.one = "advisor",
	.many = "advisors",
	.source = &advisor_list,
	.acts = &advisor_kind,
	.reply = review_fields,
	.columns = list_columns,
	.query = list_query,
	.tabs = "state",
	.mine = "assignee",
	.start = "state=PENDING",
	.queue = "/admin/queue/advisors",
	.empty = "New applications appear here, the longest waiting first.",
	.record = &advisor_record,
};

const struct route admin_advisor_routes[] = {
	LIST_ROUTES("/admin/advisors", "panel_advisors", list_query, "Page of the advisors"),
	RECORD_ROUTE("/admin/advisors", "panel_advisor", "Page of one advisor"),
	{ 0 },
};
