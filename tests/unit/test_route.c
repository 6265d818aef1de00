/* Dispatch: method and path to a route and its parameters, 404, 405 with Allow. */
#include "harness/cunit.h"
#include "web/routes.h"

#include <stdlib.h>
#include <string.h>

#define ID "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80"

static struct arena *arena;
static struct routes *routes;

static const struct field slug_fields[] = {
	{ "slug", FIELD_TEXT, .max = 8 },
	{ 0 },
};
static const struct route first[] = {
	{ METHOD_GET, "/things", "list", .roles = ROLE_ANON },
	{ METHOD_POST, "/things", "make", .roles = ROLE_ANON },
	{ METHOD_GET, "/things/{id}", "get", .roles = ROLE_ANON },
	{ METHOD_PATCH, "/things/{id}", "edit", .roles = ROLE_ANON },
	{ METHOD_GET, "/things/me", "mine", .roles = ROLE_ANON },
	{ METHOD_DELETE, "/things/{id}/parts/{part}", "part_end", .roles = ROLE_ANON },
	{ 0 },
};
static const struct route second[] = {
	{ METHOD_GET, "/tags/all", "tags_all", .path_fields = slug_fields },
	{ METHOD_GET, "/tags/{slug}", "tag", .path_fields = slug_fields },
	{ METHOD_PUT, "/tags/{slug}/{id}", "tag_put", .path_fields = slug_fields },
	{ METHOD_GET, "/", "root", .roles = ROLE_ANON },
	{ 0 },
};
static const struct route *const tables[] = { first, second, NULL };

/* What flags and tables promise before a handler runs. */
static const struct field cursor_fields[] = {
	PAGE_FIELDS,
	{ 0 },
};
static const enum err own_errors[] = { ERR_BLOCKED, ERR_RATE, ERR_OK };
static const struct route plain = { METHOD_GET, "/plain", "plain", .roles = ROLE_ANON,
	.rate = RATE_NONE };
static const struct route page = { METHOD_GET, "/things", "page", .roles = ROLE_USER,
	.query = cursor_fields };
static const struct route keyed = { METHOD_POST, "/things/{id}", "keyed", .roles = ROLE_SIGNED_IN,
	.flags = ROUTE_IDEMPOTENT | ROUTE_KEY_REQUIRED | ROUTE_IF_MATCH, .body = slug_fields,
	.errors = own_errors };

static const struct route *route;
static const char *params[ROUTE_PARAMS_MAX], *allow;

/* The route's name, or the error's code. */
static const char *
find(enum method method, const char *path)
{
	enum err err = route_find(routes, arena, method, path, &route, params, &allow);

	return err == ERR_OK ? route->name : err_code(err);
}

static void
finds_by_method_and_path(void)
{
	CU_ASSERT_STRING_EQUAL(find(METHOD_GET, "/things"), "list");
	CU_ASSERT_STRING_EQUAL(find(METHOD_POST, "/things"), "make");
	CU_ASSERT_STRING_EQUAL(find(METHOD_GET, "/tags/all"), "tags_all");
	CU_ASSERT_STRING_EQUAL(find(METHOD_GET, "/"), "root");
}

static void
takes_ids_out_of_the_path(void)
{
	CU_ASSERT_STRING_EQUAL(find(METHOD_GET, "/things/" ID), "get");
	CU_ASSERT_STRING_EQUAL(params[0], ID);
	CU_ASSERT_PTR_NULL(params[1]);
	CU_ASSERT_STRING_EQUAL(find(METHOD_DELETE, "/things/" ID "/parts/" ID), "part_end");
	CU_ASSERT_STRING_EQUAL(params[1], ID);
	CU_ASSERT_STRING_EQUAL(find(METHOD_PUT, "/tags/red/" ID), "tag_put");
	CU_ASSERT_STRING_EQUAL(params[0], "red");
	CU_ASSERT_STRING_EQUAL(params[1], ID);
}

static void
a_word_is_no_id_wherever_it_stands(void)
{
	CU_ASSERT_STRING_EQUAL(find(METHOD_GET, "/things/me"), "mine");
	CU_ASSERT_STRING_EQUAL(find(METHOD_GET, "/tags/all"), "tags_all");
	CU_ASSERT_STRING_EQUAL(find(METHOD_GET, "/tags/other"), "tag");
}

static void
what_is_not_there_is_not_found(void)
{
	static const char *const paths[] = { "", "things", "/thing", "/things/", "//things",
		"/things//", "/things/1", "/things/" ID "/", "/things/" ID "x", "/things/{id}",
		"/things/" ID "/parts", "/things/" ID "/parts/me", "/Things", "/things ", "/tags/",
		"/tags/ninechars", "/tags/a\nb", "/tags/a/b/c",
		"/things/0199A3C0-7D2E-7C1B-9F3A-2B1D5E6F7A80" };
	size_t i;

	for (i = 0; i < COUNT_OF(paths); i++)
		CU_ASSERT_STRING_EQUAL(find(METHOD_GET, paths[i]), "not_found");
}

static void
another_method_is_told_which_ones_there_are(void)
{
	CU_ASSERT_STRING_EQUAL(find(METHOD_DELETE, "/things"), "method_not_allowed");
	CU_ASSERT_STRING_EQUAL(allow, "GET, HEAD, POST");
	CU_ASSERT_STRING_EQUAL(find(METHOD_PUT, "/things/" ID), "method_not_allowed");
	CU_ASSERT_STRING_EQUAL(allow, "GET, HEAD, PATCH");
	CU_ASSERT_STRING_EQUAL(find(METHOD_GET, "/things/" ID "/parts/" ID), "method_not_allowed");
	CU_ASSERT_STRING_EQUAL(allow, "DELETE");
	CU_ASSERT_STRING_EQUAL(find(0, "/things"), "method_not_allowed");
	CU_ASSERT_STRING_EQUAL(find(0, "/nothing"), "not_found");
}

static void
reads_methods_and_names_roles(void)
{
	CU_ASSERT_EQUAL(method_parse("GET"), METHOD_GET);
	CU_ASSERT_EQUAL(method_parse("HEAD"), METHOD_GET);
	CU_ASSERT_EQUAL(method_parse("DELETE"), METHOD_DELETE);
	CU_ASSERT_EQUAL(method_parse("get"), 0);
	CU_ASSERT_EQUAL(method_parse("TRACE"), 0);
	CU_ASSERT_EQUAL(method_parse(""), 0);
	CU_ASSERT_STRING_EQUAL(method_name(METHOD_PATCH), "PATCH");
	CU_ASSERT_STRING_EQUAL(role_name(ROLE_ANON), "anon");
	CU_ASSERT_STRING_EQUAL(role_name(ROLE_ADVISOR), "advisor");
}

static void
tells_what_can_fail(void)
{
	static const struct {
		enum err err;
		bool plain, page, keyed;
	} rows[] = {
		{ ERR_BAD_REQUEST, true, true, true },
		{ ERR_VALIDATION, true, true, true },
		{ ERR_URI_TOO_LONG, true, true, true },
		{ ERR_TOO_LARGE, true, true, true },
		{ ERR_RATE, true, true, true },
		{ ERR_INTERNAL, true, true, true },
		{ ERR_UNAVAILABLE, true, true, true },
		{ ERR_TIMEOUT, true, true, true },
		{ ERR_UNAUTHORIZED, false, true, true },
		{ ERR_TOKEN_EXPIRED, false, true, true },
		{ ERR_FORBIDDEN, false, true, false },
		{ ERR_NOT_FOUND, false, false, true },
		{ ERR_BAD_CURSOR, false, true, false },
		{ ERR_BAD_JSON, false, false, true },
		{ ERR_MEDIA_TYPE, false, false, true },
		{ ERR_TIMEOUT_BODY, false, false, true },
		{ ERR_KEY_REQUIRED, false, false, true },
		{ ERR_KEY_REUSED, false, false, true },
		{ ERR_IN_PROGRESS, false, false, true },
		{ ERR_MATCH_REQUIRED, false, false, true },
		{ ERR_STALE, false, false, true },
		{ ERR_BLOCKED, false, false, true },
		{ ERR_EXISTS, false, false, false },
	};
	enum err list[ROUTE_ERRORS_MAX];
	size_t i, j, count = route_errors(&keyed, list);

	for (i = 0; i < COUNT_OF(rows); i++) {
		CU_ASSERT_EQUAL(route_can_fail(&plain, rows[i].err), rows[i].plain);
		CU_ASSERT_EQUAL(route_can_fail(&page, rows[i].err), rows[i].page);
		CU_ASSERT_EQUAL(route_can_fail(&keyed, rows[i].err), rows[i].keyed);
	}
	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(list[i], list[j]);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "flags and tables tell what can fail",
						       tells_what_can_fail },
		{ "finds by method and path", finds_by_method_and_path },
		{ "takes ids out of the path", takes_ids_out_of_the_path },
		{ "a word is no id, wherever it stands", a_word_is_no_id_wherever_it_stands },
		{ "what is not there is not found", what_is_not_there_is_not_found },
		{ "another method is told which ones there are",
		    another_method_is_told_which_ones_there_are },
		{ "reads methods and names roles", reads_methods_and_names_roles }, { NULL, NULL } };
	int status;

	arena = arena_new(16 * 1024 * 1024);
	routes = routes_new(arena, tables);
	status = cunit_run("route", tests);
	arena_free(arena);
	return status;
}
