/* Users: search, one person, blocking. */
#include "admin.h"

#include "domain/people/moderation.h"
#include "domain/people/user.h"
#include "domain/people/user_admin.h"

#include <string.h>

enum { RECENT = 20 };

static enum err
get_users(struct req *req)
{
	struct json_object *context = page_object(req);
	const struct user_admin_filter filter = { query_text(req, "q"), query_text(req, "role"),
		query_text(req, "state") };
	struct rows *rows;

	TRY(user_admin_list(req->db, &filter, PANEL_ROWS + 1, query_text(req, "after"), &rows));
	page_put(context, "title", "Users");
	page_put(context, "q", filter.text);
	page_put_object(context, "roles", panel_choices(req, user_roles, filter.role));
	page_put_object(context, "states", panel_choices(req, user_states, filter.state));
	page_put_bool(context, "filtered",
	    filter.text != NULL || filter.role != NULL || filter.state != NULL);
	panel_list(req, context, rows, "/admin/users",
	    arena_printf(req->arena, "%s%s%s", panel_pair(req, "q", filter.text),
		panel_pair(req, "role", filter.role), panel_pair(req, "state", filter.state)));
	return panel_reply(req, "users", "users", context);
}

/* What belongs to the account, newest first. */
static enum err
put_belongings(struct req *req, struct json_object *context, const char *id)
{
	struct rows *rows;

	TRY(user_admin_logins(req->db, id, RECENT, &rows));
	page_put_object(context, "logins", page_rows(req, rows, RECENT));
	TRY(user_admin_sessions(req->db, id, RECENT, &rows));
	page_put_object(context, "sessions", page_rows(req, rows, RECENT));
	TRY(moderation_report_list(req->db, NULL, id, RECENT, NULL, &rows));
	page_put_object(context, "reports", page_rows(req, rows, RECENT));
	TRY(audit_list(req->db, id, NULL, RECENT, NULL, &rows));
	page_put_object(context, "audit", page_rows(req, rows, RECENT));
	return ERR_OK;
}

static enum err
get_user(struct req *req)
{
	struct json_object *context = page_object(req);
	const char *id = req->params[0], *state, *role;
	struct rows *rows;

	TRY(user_admin_get(req->db, id, &rows));
	role = rows_text_of(rows, 0, "role");
	state = rows_text_of(rows, 0, "state");
	page_put_object(context, "user", page_row(req, rows, 0));
	page_put(context, "title", rows_text_of(rows, 0, "display_name"));
	page_put_bool(
	    context, "can_block", strcmp(state, "ACTIVE") == 0 && strcmp(role, "ADMIN") != 0);
	page_put_bool(context, "can_unblock", strcmp(state, "BLOCKED") == 0);
	TRY(put_belongings(req, context, id));
	return panel_reply(req, "user", "users", context);
}

static enum err
post_block(struct req *req)
{
	const struct audit_by by = panel_by(req);
	const char *id = req->params[0], *reason = req_text(req, "reason");
	struct rows *rows;

	if (reason == NULL)
		return reply_redirect(
		    req, arena_printf(req->arena, "/admin/users/%s?done=reason", id));
	TRY(moderation_block(req->db, &by, id, reason, &rows));
	return reply_redirect(req, arena_printf(req->arena, "/admin/users/%s?done=blocked", id));
}

static enum err
post_unblock(struct req *req)
{
	const struct audit_by by = panel_by(req);
	const char *id = req->params[0];
	struct rows *rows;

	TRY(moderation_unblock(req->db, &by, id, &rows));
	return reply_redirect(req, arena_printf(req->arena, "/admin/users/%s?done=unblocked", id));
}

static const struct field list_query[] = {
	PANEL_DONE,
	PANEL_AFTER,
	{ "q", FIELD_TEXT, .max = 100, .doc = "Part of a name or e-mail, or an id" },
	{ "role", FIELD_ENUM, .one_of = user_roles, .doc = "Role to list" },
	{ "state", FIELD_ENUM, .one_of = user_states, .doc = "State to list" },
	{ 0 },
};
static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};
static const struct field csrf_body[] = {
	PAGE_CSRF_FIELD,
	{ 0 },
};
static const struct field block_body[] = {
	PAGE_CSRF_FIELD,
	{ "reason", FIELD_TEXT, .max = 500, .doc = "Why, for the other admins" },
	{ 0 },
};

enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_user_routes[] = {
	{ METHOD_GET, "/admin/users", "panel_users", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .query = list_query, .handle = get_users, .summary = "Page of the users" },
	{ METHOD_GET, "/admin/users/{id}", "panel_user", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .query = done_query, .handle = get_user, .summary = "Page of one user" },
	{ METHOD_POST, "/admin/users/{id}/block", "panel_user_block", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .body = block_body, .handle = post_block,
	    .summary = "Block from the panel" },
	{ METHOD_POST, "/admin/users/{id}/unblock", "panel_user_unblock", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .body = csrf_body, .handle = post_unblock,
	    .summary = "Unblock from the panel" },
	{ 0 },
};
