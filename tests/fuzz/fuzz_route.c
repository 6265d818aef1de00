/*
 * Dispatch and list cursors. The input is a path, the byte 0, a query, the byte 0,
 * and a cursor. What route_find answers is checked against the table by writing the pattern out again,
 * and for every method; a cursor is only taken when it carries the digest for this list and filter.
 */
#include "base/crypto.h"
#include "base/form.h"
#include "base/str.h"
#include "base/uuid.h"
#include "web/page_cursor.h"
#include "web/routes.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field slug_fields[] = {
	{ "slug", FIELD_TEXT, .max = 8 },
	{ 0 },
};
static const char *const orders[] = { "rating", "price", NULL };
static const struct field list_query[] = {
	PAGE_FIELDS,
	{ "q", FIELD_TEXT, .min = 1, .max = 100 },
	{ "language", FIELD_TEXT, .min = 2, .max = 8 },
	{ "rating_min", FIELD_NUMBER, .min = 1, .max = 5 },
	{ "online", FIELD_BOOL },
	{ "sort", FIELD_ENUM, .one_of = orders },
	{ "after", FIELD_TIME },
	{ "day", FIELD_DATE },
	{ "user_id", FIELD_UUID },
	{ 0 },
};

static const struct route api[] = {
	{ METHOD_GET, "/api/v1/advisors", "advisor_list", .query = list_query },
	{ METHOD_GET, "/api/v1/advisors/me", "advisor_me_get" },
	{ METHOD_PATCH, "/api/v1/advisors/me", "advisor_me_update" },
	{ METHOD_PUT, "/api/v1/advisors/me/status", "advisor_status_set" },
	{ METHOD_GET, "/api/v1/advisors/{id}", "advisor_get" },
	{ METHOD_GET, "/api/v1/advisors/{id}/ratings", "advisor_ratings", .query = list_query },
	{ METHOD_DELETE, "/api/v1/auth/logins/{id}", "login_end" },
	{ METHOD_GET, "/api/v1/conversations/{id}/messages", "message_list", .query = list_query },
	{ METHOD_POST, "/api/v1/conversations/{id}/messages", "message_send" },
	{ METHOD_PUT, "/api/v1/users/me/blocks/{user_id}", "block_put" },
	{ METHOD_DELETE, "/api/v1/users/me/blocks/{user_id}", "block_delete" },
	{ 0 },
};
static const struct route pages[] = {
	{ METHOD_GET, "/", "root" },
	{ METHOD_GET, "/tags/all", "tags_all", .path_fields = slug_fields },
	{ METHOD_GET, "/tags/{slug}", "tag", .path_fields = slug_fields },
	{ METHOD_PUT, "/tags/{slug}/{id}", "tag_put", .path_fields = slug_fields },
	{ METHOD_POST, "/a/{a}/{b}/{c}/{d}", "four" },
	{ METHOD_POST, "/b/{a}/{b}/{c}/{d}/{e}", "five" }, /* more than fit: never found */
	{ 0 },
};
static const struct route *const tables[] = { api, pages, NULL };
static const struct conf conf = { .lookup_key = "lookup-key-lookup-key-lookup-key-1" };

/* The pattern with its {…} replaced by params is the path, and each is fit for its place. */
static void
check_found(
    struct arena *arena, const struct route *route, const char *const *params, const char *path)
{
	struct buf whole = buf_new(arena, 128);
	const char *at = route->path;
	size_t i = 0;

	while (*at != '\0') {
		if (*at != '{') {
			buf_putc(&whole, *at++);
			continue;
		}
		assert(i < ROUTE_PARAMS_MAX && params[i] != NULL && *params[i] != '\0');
		assert(strchr(params[i], '/') == NULL);
		if (str_starts(at, "{slug}"))
			assert(str_utf8_count(params[i]) <= 8 && !str_has_control(params[i]));
		else
			assert(uuid_valid(params[i]));
		buf_puts(&whole, params[i++]);
		at = strchr(at, '}') + 1;
	}
	assert(strcmp(whole.data, path) == 0);
	assert(i == ROUTE_PARAMS_MAX || params[i] == NULL);
}

/* Each method's answer agrees with the Allow list, and all agree whether the path exists. */
static void
check_path(struct arena *arena, const char *path)
{
	const struct routes *routes = routes_new(arena, tables);
	unsigned found = 0, refused = 0, unknown = 0, listed = 0;
	enum method method;

	for (method = METHOD_GET; method <= METHOD_DELETE; method++) {
		const char *params[ROUTE_PARAMS_MAX] = { NULL }, *allow = NULL;
		const struct route *route = NULL;
		enum err err = route_find(routes, arena, method, path, &route, params, &allow);

		if (err == ERR_OK) {
			assert(route->method == method);
			check_found(arena, route, params, path);
			found |= 1U << method;
		} else if (err == ERR_METHOD) {
			enum method other;

			assert(strstr(allow, method_name(method)) == NULL);
			for (other = METHOD_GET; other <= METHOD_DELETE; other++)
				listed |=
				    strstr(allow, method_name(other)) != NULL ? 1U << other : 0;
			refused++;
		} else {
			assert(err == ERR_NOT_FOUND);
			unknown++;
		}
	}
	assert(unknown == 0 || unknown == 5);
	assert(refused == 0 || listed == found);
}

static void
sign(struct req *req, const char *payload, size_t len, uint8_t mac[SHA256_SIZE])
{
	struct buf whole = buf_new(req->arena, 256);

	buf_add(&whole, payload, len);
	buf_printf(&whole, "\n%s%s", req->route->name, req->path);
	json_object_object_foreach (req->query, name, value)
		if (strcmp(name, "cursor") != 0 && strcmp(name, "limit") != 0)
			buf_printf(&whole, "&%s=%s", name, json_object_to_json_string(value));
	crypto_hmac_sha256(conf.lookup_key, strlen(conf.lookup_key), whole.data, whole.len, mac);
}

/* Any text: taken only with the right digest at its end. */
static void
check_foreign(struct req *req, const char *cursor)
{
	const char *keys[PAGE_KEYS_MAX] = { NULL };
	uint8_t mac[SHA256_SIZE], *bytes;
	enum err err;
	size_t len;

	if (page_cursor_read(req, cursor, keys) != ERR_OK)
		return;
	err = crypto_base64url_decode(req->arena, cursor, strlen(cursor), &bytes, &len);
	assert(err == ERR_OK && len > 12);
	sign(req, (const char *)bytes, len - 12, mac);
	assert(memcmp(mac, bytes + len - 12, 12) == 0);
}

/* payload with our digest: its keys come back, and the cursor is worth nothing on another list. */
static void
check_own(struct req *req, const char *payload, size_t len)
{
	const char *keys[PAGE_KEYS_MAX] = { NULL }, *at = payload;
	struct req other = *req;
	struct buf whole = buf_new(req->arena, len + 16);
	uint8_t mac[SHA256_SIZE];
	char *cursor;
	enum err err;
	size_t i;

	sign(req, payload, len, mac);
	buf_add(&whole, payload, len);
	buf_add(&whole, (const char *)mac, 12);
	cursor = crypto_base64url(req->arena, whole.data, whole.len);
	err = page_cursor_read(req, cursor, keys);
	assert(err == (len == 0 ? ERR_BAD_CURSOR : ERR_OK));
	for (i = 0; i < PAGE_KEYS_MAX && keys[i] != NULL; i++) {
		size_t key_len = strlen(keys[i]);

		assert(memcmp(at, keys[i], key_len) == 0 && at[key_len] == '\x1f');
		at += key_len + 1;
	}
	other.path = "/api/v1/advisors/other";
	err = page_cursor_read(&other, cursor, keys);
	assert(err == ERR_BAD_CURSOR);
}

static void
check_cursor(
    struct arena *arena, const char *path, const char *query, const char *cursor, size_t len)
{
	struct req req = { .arena = arena, .conf = &conf, .path = path, .route = &api[0] };
	struct field_errors errors = { .arena = arena };
	struct pair pairs[QUERY_PAIRS_MAX];
	size_t count = 0;

	if (form_decode(arena, query, strlen(query), pairs, COUNT_OF(pairs), &count) != ERR_OK)
		return;
	if (!field_from_pairs(list_query, pairs, count, &req.query, &errors)) {
		assert(errors.count > 0 && errors.count <= FIELD_ERRORS_MAX);
		return;
	}
	assert(field_check(list_query, req.query, &errors) && errors.count == 0);
	check_foreign(&req, cursor);
	check_own(&req, cursor, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	char *path = arena_strndup(arena, (const char *)data, size), *query, *cursor;
	size_t len = strlen(path);

	query = path + len + (len < size);
	cursor = query + strlen(query);
	cursor += cursor < path + size;
	/* What nginx and req_read let through. */
	if (len <= PATH_BYTES_MAX && str_utf8_valid(path, len) && strlen(query) <= QUERY_BYTES_MAX) {
		check_path(arena, path);
		check_cursor(arena, path, query, cursor, (size_t)(path + size - cursor));
	}
	arena_free(arena);
	return 0;
}
