#include "web/reply_check.h"
#include "base/log.h"
#include "web/reply.h"

#ifdef CONFAB_TEST

static void
broken(struct req *req, const char *path, const char *message)
{
	log_error("reply breaks its contract", LOG_STR("route", req->route->name),
	    LOG_STR("field", path), LOG_STR("what", message),
	    LOG_STR("reply", req->reply.body.data));
	reply_error(req, ERR_INTERNAL);
}

static void
check_list(struct req *req, struct json_object *body, struct field_errors *errors)
{
	struct json_object *items, *next;
	size_t i;

	if (!json_object_object_get_ex(body, "items", &items) ||
	    !json_object_is_type(items, json_type_array) ||
	    !json_object_object_get_ex(body, "next_cursor", &next) ||
	    json_object_object_length(body) != 2) {
		broken(req, "items", "is not a page");
		return;
	}
	for (i = 0; i < json_object_array_length(items); i++)
		if (!field_check_reply(
			req->route->reply, json_object_array_get_idx(items, i), errors))
			return;
}

static bool
status_declared(const struct req *req)
{
	int declared = req->route->status != 0 ? req->route->status : 200;

	return req->reply.status == declared ||
	    (req->reply.status == 200 && req->route->flags & ROUTE_OR_200);
}

void
reply_check_error(struct req *req, enum err err)
{
	const struct route *route = req->route;

	if (route == NULL || route->flags & (ROUTE_PAGE | ROUTE_HIDDEN) ||
	    route_can_fail(route, err))
		return;
	broken(req, "", "the error is not one of the route's");
}

void
reply_check(struct req *req)
{
	const struct route *route = req->route;
	struct field_errors errors = { .arena = req->arena };
	struct json_object *body;
	struct json_fault fault;

	if (route == NULL || req->reply.status >= 300 ||
	    route->flags & (ROUTE_PAGE | ROUTE_TEXT | ROUTE_SSE) || req->reply.status == 204)
		return;
	if (route->reply == NULL) {
		broken(req, "", "the route has no reply table");
		return;
	}
	if (!status_declared(req)) {
		broken(req, "", "the status is not the route's");
		return;
	}
	if (json_parse(req->arena, req->reply.body.data, req->reply.body.len, &fault, &body) !=
	    ERR_OK) {
		/* A reply may be larger than a request may be: only the bounds on keys differ. */
		body = json_tokener_parse(req->reply.body.data);
		if (body == NULL) {
			broken(req, "", fault.what);
			return;
		}
		(void)json_keep(req->arena, body);
	}
	if (route->flags & ROUTE_LIST)
		check_list(req, body, &errors);
	else
		(void)field_check_reply(route->reply, body, &errors);
	if (errors.count > 0)
		broken(req, errors.list[0].path, errors.list[0].message);
}

#endif
