/* What an administrator sets for themselves: their name and zone; and where else they are signed in. */
#include "admin.h"

#include "base/clock.h"
#include "base/zone.h"
#include "domain/people/panel_login.h"
#include "domain/people/profile.h"

#include <string.h>

static const struct column login_columns[] = {
	{ "user_agent", "Browser", COLUMN_PROSE, .none = "it did not say" },
	{ "ip", "Address", .kind = COLUMN_TEXT },
	{ "created_at", "Signed in", .kind = COLUMN_MOMENT },
	{ "last_used_at", "Last used", .kind = COLUMN_TIME },
	{ "current", "This one", .kind = COLUMN_BOOL },
	{ 0 },
};

/* The sentence for the field with that name, behind its label; NULL: none. */
static const char *
problem_of(struct req *req, const char *name, const char *label)
{
	size_t i;

	for (i = 0; i < req->errors.count; i++)
		if (strcmp(req->errors.list[i].path, name) == 0)
			return arena_printf(
			    req->arena, "%s %s.", label, req->errors.list[i].message);
	return NULL;
}

static struct json_object *
zones(struct req *req)
{
	const char *const *name = zone_names(req->arena);
	struct json_object *list = page_list(req), *item;

	for (; *name != NULL; name++) {
		item = page_object(req);
		page_put(item, "zone", *name);
		page_list_add(list, item);
	}
	return list;
}

/* name and zone: as they are, or as they were filled in and refused. */
static enum err
show(struct req *req, const char *name, const char *zone)
{
	struct json_object *context = page_object(req), *logins;
	struct rows *rows;

	TRY(panel_login_list(req->db, req->caller.user_id, req->caller.login_id, &rows));
	logins = page_rows(req, rows, PANEL_LOGINS_MAX);
	list_table(req, context, "Where you are signed in to the panel", login_columns, logins);
	page_put_bool(context, "others", rows_count(rows) > 1);
	page_put(context, "title", "My settings");
	page_put(context, "display_name", name);
	page_put(context, "name_problem", problem_of(req, "display_name", "The name"));
	page_put(context, "zone", zone);
	page_put(context, "zone_problem", problem_of(req, "timezone", "The zone"));
	page_put_object(context, "zones", zones(req));
	page_put_time(req, context, "now", clock_now_s());
	reply_status(req, req->errors.count > 0 ? 422 : 200);
	return panel_reply(req, "me", "me", context);
}

static enum err
get_me(struct req *req)
{
	return show(req, req->caller.name, req->caller.zone != NULL ? req->caller.zone : "UTC");
}

/* A change in its transaction. */
struct change {
	struct req *req;
	struct fault fault;
};

static enum err
change_in_tx(struct db *db, void *arg)
{
	struct change *change = arg;
	struct req *req = change->req;
	const struct audit_by by = panel_by(req);
	struct buf changes = buf_new(req->arena, 256);

	buf_puts(&changes, "{\"display_name\":");
	buf_json(&changes, req_text(req, "display_name"));
	buf_puts(&changes, ",\"timezone\":");
	buf_json(&changes, req_text(req, "timezone"));
	buf_putc(&changes, '}');
	TRY(profile_update(db, req->caller.user_id, 0, changes.data, &change->fault));
	return audit_add(db, &by,
	    &(struct audit_entry){ "admin.settings", "user", req->caller.user_id, changes.data });
}

static enum err
post_me(struct req *req)
{
	struct change change = { .req = req };
	const char *name = req_text(req, "display_name"), *zone = req_text(req, "timezone");
	enum err err;

	if (req->errors.count == 0 && !zone_known(zone))
		err = req_invalid(req, "timezone", "must be one of the IANA list, as Asia/Kolkata");
	else
		err = req->errors.count > 0 ? ERR_VALIDATION : db_tx(req->db, change_in_tx, &change);
	if (err == ERR_VALIDATION && req->errors.count == 0)
		err = req_fault(req, err, &change.fault);
	if (err == ERR_VALIDATION && req->errors.count > 0)
		return show(req, name, zone);
	TRY(err);
	return reply_redirect(req, "/admin/me?done=me");
}

static enum err
post_others(struct req *req)
{
	TRY(panel_login_end_others(req->db, req->caller.user_id, req->caller.login_id));
	return reply_redirect(req, "/admin/me?done=others");
}

/* That it was asked is a use: what is left now. */
static enum err
get_left(struct req *req)
{
	const char *text = arena_printf(req->arena, "%d", req->caller.left_s);

	return reply_text(req, 200, "text/plain", text, strlen(text));
}

static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};
static const struct field me_body[] = {
	PAGE_CSRF_FIELD,
	{ "display_name", FIELD_TEXT, .required = true, .min = 1, .max = 80, .doc = "Name" },
	{ "timezone", FIELD_TEXT, .required = true, .min = 1, .max = 64, .doc = "IANA zone" },
	{ 0 },
};
static const struct field csrf_body[] = {
	PAGE_CSRF_FIELD,
	{ 0 },
};

enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_me_routes[] = {
	{ METHOD_GET, "/admin/me", "panel_me", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .query = done_query, .handle = get_me, .summary = "Own settings" },
	{ METHOD_POST, "/admin/me", "panel_me_set", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE | ROUTE_FORM | ROUTE_NO_TX, .body = me_body, .handle = post_me,
	    .summary = "Change own settings" },
	{ METHOD_POST, "/admin/me/sign_out_others", "panel_me_others", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .body = csrf_body, .handle = post_others,
	    .summary = "End own other sign-ins to the panel" },
	{ METHOD_GET, "/admin/me/left", "panel_me_left", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE | ROUTE_TEXT, .handle = get_left,
	    .summary = "Stay signed in: seconds until that would end without use" },
	{ 0 },
};
