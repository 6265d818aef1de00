/*
 * Dispatch: the first byte is the method, the rest the path. A route that is found takes the method, and
 * putting its parameters into its pattern gives the path again.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "web/route.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field slug[] = { { "slug", FIELD_TEXT, .max = 16 }, { 0 } };
static const struct route routes[] = {
	{ METHOD_GET, "/a", "list", .roles = ROLE_ANON },
	{ METHOD_POST, "/a", "make", .roles = ROLE_ANON },
	{ METHOD_GET, "/a/me", "me", .roles = ROLE_ANON },
	{ METHOD_GET, "/a/{id}", "get", .roles = ROLE_ANON },
	{ METHOD_PUT, "/a/{id}/b/{other}", "put", .roles = ROLE_ANON },
	{ METHOD_GET, "/t/{slug}", "tag", .roles = ROLE_ANON, .path_fields = slug },
	{ METHOD_GET, "/t/{slug}/x", "tag_x", .roles = ROLE_ANON, .path_fields = slug },
	{ 0 }
};

static void
compare(struct arena *arena, const struct route *route, const char *const *params, const char *path)
{
	struct buf made = buf_new(arena, 64);
	const char *at = route->path;
	size_t param = 0;

	while (*at != '\0') {
		if (*at == '{') {
			buf_puts(&made, params[param++]);
			at += strcspn(at, "}") + 1;
		} else {
			buf_putc(&made, *at++);
		}
	}
	assert(strcmp(made.data, path) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct route *const tables[] = { routes, NULL };
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	const char *params[ROUTE_PARAMS_MAX] = { NULL }, *allow = NULL;
	const struct route *route;

	if (size > 0) {
		enum method method = (enum method)(data[0] % 6);
		char *path = arena_strndup(arena, (const char *)data + 1, size - 1);
		enum err err = route_find(arena, tables, method, path, &route, params, &allow);

		if (err == ERR_OK) {
			assert(route->method == method);
			compare(arena, route, params, path);
		} else if (err == ERR_METHOD) {
			assert(allow[0] != '\0' && strlen(allow) < 64);
		} else {
			assert(err == ERR_NOT_FOUND);
		}
	}
	arena_free(arena);
	return 0;
}
