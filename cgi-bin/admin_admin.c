/* Administrators: who they are, and where they are signed in. */
#include "admin.h"

#include "domain/people/admin.h"

static const struct column admin_facts[] = {
	{ "email", "E-mail", COLUMN_TEXT, .none = "none" },
	{ "id", "Account", COLUMN_CODE, .link = "/admin/users/{id}" },
	{ "created_at", "Account made", .kind = COLUMN_MOMENT },
	{ "timezone", "Zone", .kind = COLUMN_TEXT },
	{ "last_seen_at", "Last seen in the panel", COLUMN_TIME, .none = "never" },
	{ "last_ip", "Last signed in from", COLUMN_TEXT, .none = "nowhere" },
	{ "logins", "Signed in now, browsers", .kind = COLUMN_NUMBER },
	{ 0 },
};
static const struct record admin_record = {
	.list = &admin_admins,
	.title = "display_name",
	.badges = { "state" },
	.facts = admin_facts,
	.timeline = timeline_person,
	.get = admin_get,
};

static const struct column list_columns[] = {
	{ "display_name", "Name", COLUMN_TEXT, .link = "/admin/admins/{id}", .sort = "name" },
	{ "email", "E-mail", COLUMN_TEXT, .none = "none" },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "last_seen_at", "Last seen", COLUMN_TIME, .none = "never" },
	{ "last_ip", "Last signed in from", COLUMN_TEXT, .none = "nowhere" },
	{ "logins", "Signed in now", .kind = COLUMN_NUMBER },
	{ "created_at", "Account made", COLUMN_TIME, .sort = "joined" },
	{ "id", "Id", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const struct field list_query[] = {
	PANEL_DONE,
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .max = 100, .doc = "Name, e-mail or id" },
	{ 0 },
};
const struct list admin_admins = {
	.name = "admins",
	.path = "/admin/admins",
	.title = "Administrators",
	.one = "administrator",
	.many = "administrators",
	.source = &admin_list,
	.acts = &admin_kind,
	.columns = list_columns,
	.query = list_query,
	.empty = "`confab admin create` makes one.",
	.record = &admin_record,
};

const struct route admin_admin_routes[] = {
	LIST_ROUTES("/admin/admins", "panel_admins", list_query, "Page of the administrators"),
	RECORD_ROUTE("/admin/admins", "panel_admin", "Page of one administrator"),
	{ 0 },
};
