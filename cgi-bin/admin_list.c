/* Every list of the panel (panel/list.h): the page, the file, and the views that an administrator keeps. */
#include "admin.h"

#include "domain/people/saved_view.h"

#include <string.h>

static const struct list *const lists[] = { &admin_users, &admin_advisors, &admin_reports,
	&admin_jobs, &admin_audit, &admin_sessions, &admin_conversations, &admin_messages,
	&admin_specializations, &admin_admins, &admin_outbox };

const struct route *
panel_list_twins(struct arena *arena)
{
	return list_routes(arena, lists, COUNT_OF(lists));
}

/* The list whose path the route has, with .csv or /{id} behind it or not. */
static const struct list *
list_of(const struct req *req)
{
	size_t i;

	for (i = 0; i < COUNT_OF(lists); i++) {
		size_t len = strlen(lists[i]->path);

		if (strncmp(req->route->path, lists[i]->path, len) == 0 &&
		    strchr("./", req->route->path[len]) != NULL)
			return lists[i];
	}
	abort(); /* a route of LIST_ROUTES without its list here */
}

enum err
panel_list_page(struct req *req)
{
	const struct list *list = list_of(req);
	struct json_object *context = page_object(req);

	TRY(list_show(req, list, context));
	page_put(context, "queue_url", list->queue);
	if (list->acts != NULL) {
		act_bulk(req, context, list->acts);
		act_listed(req, context, list->acts);
	}
	return req->reply.finished ? ERR_OK : panel_reply(req, "list", list->name, context);
}

enum err
panel_record_page(struct req *req)
{
	const struct list *list = list_of(req);
	struct json_object *context = page_object(req);
	const char *id = req->params[0];
	struct rows *rows;

	TRY(list->record->get(req->db, id, &rows));
	TRY(record_show(req, list->record, id, page_row(req, rows, 0), context));
	if (list->acts != NULL)
		TRY(act_bar(req, context, list->acts, id));
	return panel_reply(req, "record", list->name, context);
}

static enum err
file_tx(struct db *db, void *arg)
{
	struct req *req = arg;

	(void)db;
	reply_restart(req);
	return list_file(req, list_of(req));
}

enum err
panel_list_file(struct req *req)
{
	return db_tx(req->db, file_tx, req);
}

const struct field panel_done_query[] = {
	PANEL_DONE,
	{ 0 },
};

static const struct list *
list_named(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT_OF(lists); i++)
		if (strcmp(lists[i]->name, name) == 0)
			return lists[i];
	return NULL;
}

static enum err
post_view(struct req *req)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-._~%+=&";
	const struct list *list = list_named(req_text(req, "list"));
	const char *query = req_text(req, "query");
	enum err err;

	if (list == NULL)
		return req_invalid(req, "list", "is not a list");
	query = query != NULL ? query : "";
	if (strspn(query, plain) != strlen(query))
		return req_invalid(req, "query", "is not a query");
	err = saved_view_add(req->db, req->caller.user_id, list->name, req_text(req, "name"), query);
	if (err == ERR_CONFLICT)
		return req_invalid(req, "name", "is one view too many: remove another first");
	TRY(err);
	return reply_redirect(req, arena_printf(req->arena, "%s?%s", list->path, query));
}

static enum err
post_view_remove(struct req *req)
{
	const struct list *list;
	struct rows *rows;

	TRY(saved_view_remove(req->db, req->caller.user_id, req->params[0], &rows));
	list = list_named(rows_text_of(rows, 0, "list"));
	return reply_redirect(req, list != NULL ? list->path : "/admin");
}

static const struct field view_body[] = {
	PAGE_CSRF_FIELD,
	{ "list", FIELD_TEXT, .required = true, .min = 1, .max = 40, .doc = "Name of the list" },
	{ "name", FIELD_TEXT, .required = true, .min = 1, .max = 60, .doc = "Name of the view" },
	{ "query", FIELD_TEXT, .max = 2000, .doc = "Its query" },
	{ 0 },
};
static const struct field csrf_body[] = {
	PAGE_CSRF_FIELD,
	{ 0 },
};

enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_list_routes[] = {
	{ METHOD_POST, "/admin/views", "panel_view_add", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .body = view_body, .handle = post_view,
	    .summary = "Keep a view of a list by name" },
	{ METHOD_POST, "/admin/views/{id}/remove", "panel_view_remove", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .body = csrf_body, .handle = post_view_remove,
	    .summary = "Forget a view" },
	{ 0 },
};
