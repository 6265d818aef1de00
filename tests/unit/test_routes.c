/* However many routes: what is found is what going through the tables one by one would find. */
#include "base/buf.h"
#include "base/str.h"
#include "base/uuid.h"
#include "harness/cunit.h"
#include "web/routes.h"

#include <string.h>

#define ID "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80"

enum { ROUTES = 300, TABLES = 3, TRIES = 5000, SEGMENTS_MAX = 6 };

static struct arena *arena;
static uint64_t seed = 20261121;
static const struct field fields[] = {
	{ "short", FIELD_TEXT, .max = 2 },
	{ "long", FIELD_TEXT, .max = 6 },
	{ 0 },
};
static struct route all[TABLES][ROUTES / TABLES + 1];
static const struct route *const tables[] = { all[0], all[1], all[2], NULL };

static size_t
any(size_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(seed >> 33) % below;
}

static const char *
path_any(const char *const *segments, size_t count)
{
	struct buf path = buf_new(arena, 64);
	size_t i, depth = any(SEGMENTS_MAX + 1);

	for (i = 0; i < depth; i++)
		buf_join(&path, "/", segments[any(count)], NULL);
	return depth > 0 ? path.data : "/";
}

static void
tables_fill(void)
{
	static const char *const segments[] = { "", "a", "aa", "b", "{id}", "{user_id}", "{short}",
		"{long}" };
	size_t i, j;

	for (i = 0; i < TABLES; i++)
		for (j = 0; j < ROUTES / TABLES; j++)
			all[i][j] = (struct route){ (enum method)(METHOD_GET + any(5)),
				path_any(segments, COUNT_OF(segments)), "route",
				.path_fields = fields };
}

/* --- the tables one by one --- */

static bool
segment_fits(const char *pattern, size_t pattern_len, const char *value)
{
	size_t max;

	if (*pattern != '{')
		return strlen(value) == pattern_len && memcmp(pattern, value, pattern_len) == 0;
	if (strncmp(pattern, "{short}", pattern_len) != 0 &&
	    strncmp(pattern, "{long}", pattern_len) != 0)
		return uuid_valid(value);
	max = pattern[1] == 's' ? 2 : 6;
	return *value != '\0' && !str_has_control(value) && strpbrk(value, "\t\r\n") == NULL &&
	    str_utf8_count(value) <= max;
}

static bool
fits(const char *pattern, const char *path, const char *params[ROUTE_PARAMS_MAX])
{
	size_t count = 0;

	while (*pattern == '/' && *path == '/') {
		size_t pattern_len = strcspn(++pattern, "/"), len = strcspn(++path, "/");
		char *value = arena_strndup(arena, path, len);

		if (!segment_fits(pattern, pattern_len, value))
			return false;
		if (*pattern == '{' && count == ROUTE_PARAMS_MAX)
			return false;
		if (*pattern == '{')
			params[count++] = value;
		pattern += pattern_len;
		path += len;
	}
	return *pattern == '\0' && *path == '\0';
}

static enum err
find_slowly(enum method method, const char *path, const struct route **route,
    const char *params[ROUTE_PARAMS_MAX], const char **allow)
{
	struct buf others = buf_new(arena, 32);
	size_t i;

	for (i = 0; i < TABLES; i++) {
		const struct route *at;

		for (at = all[i]; at->method != 0; at++) {
			const char *found[ROUTE_PARAMS_MAX] = { NULL };

			if (!fits(at->path, path, found))
				continue;
			if (at->method == method) {
				memcpy(params, found, sizeof(found));
				*route = at;
				return ERR_OK;
			}
			buf_join(&others, others.len > 0 ? ", " : "", method_name(at->method),
			    at->method == METHOD_GET ? ", HEAD" : "", NULL);
		}
	}
	*allow = others.data;
	return others.len > 0 ? ERR_METHOD : ERR_NOT_FOUND;
}

/* --- the tests --- */

static bool
same(const struct routes *routes, enum method method, const char *path, enum err *err)
{
	const struct route *found = NULL, *expected = NULL;
	const char *params[ROUTE_PARAMS_MAX] = { NULL }, *wanted[ROUTE_PARAMS_MAX] = { NULL };
	const char *allow = "", *listed = "";
	size_t i;

	*err = find_slowly(method, path, &expected, wanted, &listed);
	if (route_find(routes, arena, method, path, &found, params, &allow) != *err ||
	    found != expected || (*err == ERR_METHOD && strcmp(allow, listed) != 0))
		return false;
	for (i = 0; i < ROUTE_PARAMS_MAX; i++)
		if ((params[i] == NULL) != (wanted[i] == NULL) ||
		    (params[i] != NULL && strcmp(params[i], wanted[i]) != 0))
			return false;
	return true;
}

static void
the_tree_finds_what_the_tables_say(void)
{
	static const char *const segments[] = { "", "a", "aa", "b", "ab", ID, ID "x", "\xc3\xa9",
		"abcdef", "abcdefg", "a\x7f", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "{id}" };
	unsigned counts[3] = { 0 };
	struct arena_mark mark;
	int round, i;

	for (round = 0; round < 4; round++) {
		const struct routes *routes;

		tables_fill();
		routes = routes_new(arena, tables);
		mark = arena_mark(arena);
		for (i = 0; i < TRIES; i++) {
			const char *path = path_any(segments, COUNT_OF(segments));
			enum err err;

			if (!same(routes, (enum method)any(6), path, &err))
				CU_FAIL_FATAL("another answer than that of the tables");
			counts[err == ERR_OK ? 0 : err == ERR_METHOD ? 1 : 2]++;
			arena_rewind(arena, mark);
		}
	}
	CU_ASSERT(counts[0] > TRIES / 50 && counts[1] > TRIES / 50 && counts[2] > TRIES / 50);
}

static void
what_is_no_path_is_not_found(void)
{
	static const char *const paths[] = { "", "a", "a/b", "*", "{id}" };
	const struct routes *routes = routes_new(arena, tables), *none = routes_new(arena, NULL);
	const struct route *found;
	const char *params[ROUTE_PARAMS_MAX], *allow;
	size_t i;

	for (i = 0; i < COUNT_OF(paths); i++)
		CU_ASSERT_EQUAL(
		    route_find(routes, arena, METHOD_GET, paths[i], &found, params, &allow),
		    ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(
	    route_find(none, arena, METHOD_GET, "/", &found, params, &allow), ERR_NOT_FOUND);
}

/* As the counters are numbered: table by table, from 1. */
static void
each_route_has_the_number_of_its_place(void)
{
	static const struct route elsewhere = { METHOD_GET, "/", "elsewhere", .roles = ROLE_ANON };
	const struct routes *routes = routes_new(arena, tables);
	size_t i, j, number = 1;

	for (i = 0; i < TABLES; i++)
		for (j = 0; j < ROUTES / TABLES; j++)
			CU_ASSERT_EQUAL(route_number(routes, &all[i][j]), number++);
	CU_ASSERT_EQUAL(route_number(routes, NULL), 0);
	CU_ASSERT_EQUAL(route_number(routes, &elsewhere), 0);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "the tree finds what the tables say",
						       the_tree_finds_what_the_tables_say },
		{ "what is no path is not found", what_is_no_path_is_not_found },
		{ "each route has the number of its place", each_route_has_the_number_of_its_place },
		{ NULL, NULL } };
	int status;

	arena = arena_new(16 * 1024 * 1024);
	status = cunit_run("routes", tests);
	arena_free(arena);
	return status;
}
