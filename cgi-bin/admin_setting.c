/* The settings in force, as this program has read them. */
#include "admin.h"

#include "base/conf.h"

static const struct column columns[] = {
	{ "key", "Setting", COLUMN_CODE, .badge = "state" },
	{ "value", "In force", COLUMN_PROSE, .none = "empty" },
	{ "normal", "Otherwise", COLUMN_PROSE, .none = "empty" },
	{ "from", "Said by", COLUMN_PROSE, .none = "nobody" },
	{ "doc", "Meaning", .kind = COLUMN_PROSE },
	{ 0 },
};

static enum err
get_settings(struct req *req)
{
	struct json_object *context = page_object(req), *list = page_list(req), *row;
	enum conf_id id;

	for (id = 0; id < CONF__COUNT; id++) {
		const struct conf_shown shown = conf_show(req->arena, req->conf, id);

		row = page_object(req);
		page_put(row, "key", shown.key);
		page_put(row, "state", shown.warning != NULL ? "LOOK_AT_IT" : NULL);
		page_put(row, "value", shown.value);
		page_put(row, "normal", shown.normal);
		page_put(row, "from", shown.from);
		page_put(row, "doc", shown.doc);
		page_list_add(list, row);
		if (shown.warning != NULL)
			(void)list_notice(req, context, NOTICE_WARN,
			    arena_printf(req->arena, "%s %s.", shown.key, shown.warning));
	}
	page_put(context, "title", "Settings");
	page_put(context, "lead",
	    "As the panel read them when it was started or reloaded last. They are changed in their file, and taken up"
	    " by a reload of the programs. Secrets are not shown.");
	list_table(req, context, "In force", columns, list);
	return panel_reply(req, "room", "settings", context);
}

static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};

const struct route admin_setting_routes[] = {
	{ METHOD_GET, "/admin/settings", "panel_settings", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = ROUTE_PAGE | ROUTE_HIDDEN, .query = done_query, .handle = get_settings,
	    .summary = "The settings in force" },
	{ 0 },
};
