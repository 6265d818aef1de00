/* Users: search, one person. */
#include "admin.h"

#include "domain/market/advisor.h"
#include "domain/people/moderation.h"
#include "domain/people/user.h"
#include "domain/people/user_admin.h"

#include <string.h>

static const struct column user_facts[] = {
	{ "id", "Id", .kind = COLUMN_CODE },
	{ "email", "E-mail", COLUMN_TEXT, .none = "none" },
	{ "has_phone", "Phone on file, encrypted", .kind = COLUMN_BOOL },
	{ "created_at", "Joined", .kind = COLUMN_MOMENT },
	{ "presence", "In the app", .kind = COLUMN_WORD },
	{ "last_seen_at", "Last left", .kind = COLUMN_TIME },
	{ "presence_hidden", "Hidden from others", .kind = COLUMN_BOOL },
	{ "locale", "Language", .kind = COLUMN_TEXT },
	{ "timezone", "Zone", .kind = COLUMN_TEXT },
	{ "birth_date", "Born", COLUMN_TEXT, .none = "not said" },
	{ "session_count", "Sessions", .kind = COLUMN_NUMBER },
	{ "reports_made", "Reports made", COLUMN_NUMBER, .link = "/admin/reports?reporter={id}" },
	{ "blocked_by", "Blocked by", COLUMN_NUMBER, .tail = "people" },
	{ "advisor_state", "Advisor", COLUMN_STATE, .link = "/admin/advisors/{id}" },
	{ 0 },
};
static const struct column user_texts[] = {
	{ "bio", "What they say of themselves", .kind = COLUMN_PROSE },
	{ 0 },
};
static const struct record_related user_related[] = {
	{ "Sessions they asked for", &admin_sessions, "user" },
	{ "Conversations", &admin_conversations, "person" },
	{ "Reports about them", &admin_reports, "target" },
	{ 0 },
};
static const struct record user_record = {
	.list = &admin_users,
	.title = "display_name",
	.badges = { "role", "state" },
	.warning = "block_reason",
	.warning_label = "Blocked",
	.facts = user_facts,
	.texts = user_texts,
	.related = user_related,
	.timeline = timeline_person,
	.desk = "user",
	.get = user_admin_get,
};

static const struct column user_columns[] = {
	{ "display_name", "Name", .kind = COLUMN_TEXT, .link = "/admin/users/{id}", .sort = "name" },
	{ "email", "E-mail", .kind = COLUMN_TEXT, .none = "none" },
	{ "role", "Role", .kind = COLUMN_STATE, .badge = "advisor_state" },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "created_at", "Joined", .kind = COLUMN_TIME, .sort = "joined" },
	{ "id", "Id", .kind = COLUMN_CODE, .file_only = true },
	{ "advisor_state", "As advisor", .kind = COLUMN_STATE, .file_only = true },
	{ 0 },
};
static const struct field users_query[] = {
	PANEL_DONE,
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .max = 100, .doc = "Name, e-mail or id" },
	{ "state", FIELD_ENUM, .one_of = user_states, .doc = "State" },
	{ "role", FIELD_ENUM, .one_of = user_roles, .doc = "Role" },
	{ "advisor", FIELD_ENUM, .one_of = advisor_states, .doc = "As advisor" },
	{ "from", FIELD_DATE, .doc = "Joined from" },
	{ "to", FIELD_DATE, .doc = "Joined until" },
	{ 0 },
};
const struct list admin_users = {
	.name = "users",
	.path = "/admin/users",
	.title = "Users",
	.one = "account",
	.many = "accounts",
	.source = &user_list,
	.acts = &user_kind,
	.reply = user_admin_fields,
	.columns = user_columns,
	.query = users_query,
	.empty = "A part of the name or e-mail is enough; ids must be whole.",
	.record = &user_record,
};

const struct route admin_user_routes[] = {
	LIST_ROUTES("/admin/users", "panel_users", users_query, "Page of the users"),
	RECORD_ROUTE("/admin/users", "panel_user", "Page of one user"),
	{ 0 },
};
