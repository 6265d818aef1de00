/* The front page of the site, for who opens its address: what this is and where to go on. */
#include "admin.h"

#include "domain/system/demo_login.h"

/* In development the logins of the demo, with the first of them once more as an example. */
static enum err
put_logins(struct req *req, struct json_object *context)
{
	struct rows *rows;
	enum err err = demo_login_list(req->db, req->conf, &rows);

	if (err != ERR_OK)
		return err == ERR_FORBIDDEN ? ERR_OK : err;
	page_put_object(context, "logins", page_rows(req, rows, DEMO_LOGINS));
	if (rows_count(rows) > 0)
		page_put_object(context, "first", page_row(req, rows, 0));
	return ERR_OK;
}

static enum err
get_front(struct req *req)
{
	struct json_object *context = page_object(req);

	page_put(context, "title", "Welcome");
	page_put(context, "base_url", req->conf->base_url);
	TRY(put_logins(req, context));
	return page_reply(req, "front", context);
}

const struct route admin_front_routes[] = {
	{ METHOD_GET, "/", "front", .roles = ROLE_ANON | ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = ROUTE_PAGE | ROUTE_HIDDEN, .handle = get_front,
	    .summary = "Front page of the site" },
	{ 0 },
};
