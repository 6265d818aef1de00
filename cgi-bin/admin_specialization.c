/* Subjects that advisors can offer. */
#include "admin.h"

#include "domain/market/specialization.h"

static const struct column columns[] = {
	{ "name", "Name", COLUMN_TEXT, .link = "/admin/specializations/{id}", .sort = "name" },
	{ "slug", "Slug", .kind = COLUMN_CODE },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "merged_into_name", "Now", COLUMN_TEXT, .link = "/admin/specializations/{merged_into}" },
	{ "old_slugs", "Old slugs", .kind = COLUMN_TAGS },
	{ "names", "In other languages", .kind = COLUMN_DETAILS },
	{ "place", "Place", COLUMN_NUMBER, .sort = "place" },
	{ "id", "Id", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const struct field query[] = { PANEL_DONE, LIST_FIELDS,
	{ "state", FIELD_ENUM, .one_of = specialization_states, .doc = "State" }, { 0 } };
static const struct record_related related[] = { { "Advisors", &admin_advisors, "subject" }, { 0 } };
static const struct record record = { &admin_specializations, .badges = { "state" },
	.related = related, .get = specialization_get };
const struct list admin_specializations = { "specializations", "/admin/specializations", "Subjects",
	"subject", "subjects", &specialization_all, columns, query, .tabs = "state",
	.acts = &specialization_kind, .record = &record, .empty = "Subjects appear here." };

const struct route admin_specialization_routes[] = {
	LIST_ROUTES("/admin/specializations", "panel_specializations", query, "Page of the subjects"),
	RECORD_ROUTE("/admin/specializations", "panel_specialization", "Page of one subject"),
	{ 0 },
};
