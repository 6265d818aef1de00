/* Reading and checking what a request brings: the input half of req.h. */
#include "web/input.h"
#include "base/form.h"
#include "base/str.h"
#include "web/fcgi.h"

#include <string.h>

const char *
req_header(const struct req *req, enum param header)
{
	return http_param(req->http, header);
}

const char *
req_user_agent(const struct req *req)
{
	const char *agent = req_header(req, HEADER_USER_AGENT);

	return agent != NULL && str_utf8_valid(agent, strlen(agent)) ? agent : "";
}

static bool
has_type(const struct req *req, const char *type)
{
	const char *given = http_param(req->http, PARAM_CONTENT_TYPE);
	size_t len = strlen(type);

	return given != NULL && strlen(given) >= len &&
	    str_equal_nocase(arena_strndup(req->arena, given, len), type) &&
	    (given[len] == '\0' || given[len] == ';' || given[len] == ' ');
}

static enum err
body_read(struct req *req)
{
	const char *length = http_param(req->http, PARAM_CONTENT_LENGTH);
	int64_t max = req->route->body_max > 0 ? req->route->body_max : BODY_BYTES_MAX, len = 0;
	char *text;

	if (length != NULL && *length != '\0' && !str_to_int(length, 0, INT64_MAX, &len))
		return ERR_BAD_REQUEST;
	if (len > max)
		return ERR_TOO_LARGE;
	text = arena_alloc(req->arena, (size_t)len + 1);
	req->body_len = http_read(req->http, text, (size_t)len);
	req->body_text = text;
	return req->body_len == (size_t)len ? ERR_OK : ERR_TIMEOUT_BODY;
}

static enum err
form_parse(struct req *req)
{
	struct pair pairs[QUERY_PAIRS_MAX];
	size_t count = 0;

	if (!has_type(req, "application/x-www-form-urlencoded"))
		return ERR_MEDIA_TYPE;
	TRY(form_decode(req->arena, req->body_text, req->body_len, pairs, QUERY_PAIRS_MAX, &count));
	if (!field_from_pairs(req->route->body, pairs, count, &req->body, &req->errors))
		return ERR_VALIDATION;
	return ERR_OK;
}

/* The key behind a JSON fault is the field at fault; without one the body as a whole is. */
static enum err
json_fault(struct req *req, const struct json_fault *fault)
{
	return req_blame(req, ERR_BAD_JSON, fault->key != NULL ? fault->key : "body",
	    arena_printf(req->arena, "%s at byte %zu", fault->what, fault->offset));
}

static enum err
json_body_parse(struct req *req)
{
	struct json_fault fault;

	if (req->body_len == 0 && req->route->flags & ROUTE_BODY_OPTIONAL)
		return json_parse(req->arena, "{}", 2, &fault, &req->body);
	if (!has_type(req, "application/json"))
		return ERR_MEDIA_TYPE;
	if (json_parse(req->arena, req->body_text, req->body_len, &fault, &req->body) != ERR_OK)
		return json_fault(req, &fault);
	if (!json_object_is_type(req->body, json_type_object))
		return req_invalid(req, "body", "must be an object");
	return field_check(req->route->body, req->body, &req->errors) ? ERR_OK : ERR_VALIDATION;
}

static const struct field no_fields[] = { { 0 } };

static enum err
query_parse(struct req *req)
{
	const struct field *fields = req->route->query != NULL ? req->route->query : no_fields;
	struct pair pairs[QUERY_PAIRS_MAX];
	size_t count = 0, len = strlen(req->query_text);

	if (len > QUERY_BYTES_MAX)
		return ERR_URI_TOO_LONG;
	if (len == 0 && req->route->query == NULL)
		return ERR_OK;
	if (form_decode(req->arena, req->query_text, len, pairs, QUERY_PAIRS_MAX, &count) != ERR_OK)
		return req_blame(req, ERR_BAD_REQUEST, "query", "is not well-formed");
	if (!field_from_pairs(fields, pairs, count, &req->query, &req->errors))
		return ERR_VALIDATION;
	return ERR_OK;
}

enum err
input_read(struct req *req)
{
	TRY(query_parse(req));
	req->body_text = "";
	if (req->route->body == NULL && !(req->route->flags & ROUTE_RAW))
		return ERR_OK;
	TRY(body_read(req));
	if (req->route->flags & ROUTE_RAW)
		return ERR_OK;
	return req->route->flags & ROUTE_PAGE ? form_parse(req) : json_body_parse(req);
}

struct json_object *
req_json(const struct req *req, const char *name)
{
	return field_value(req->route->body, req->body, name);
}

const char *
req_text(const struct req *req, const char *name)
{
	struct json_object *value = req_json(req, name);

	return value == NULL ? NULL : json_object_get_string(value);
}

int64_t
req_int(const struct req *req, const char *name)
{
	return json_object_get_int64(req_json(req, name));
}

bool
req_bool(const struct req *req, const char *name)
{
	return json_object_get_boolean(req_json(req, name));
}

const char *
req_json_text(const struct req *req, const char *name)
{
	struct json_object *value = req_json(req, name);

	return value == NULL ? NULL : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
}

const char *
req_body_json(const struct req *req)
{
	return json_object_to_json_string_ext(req->body, JSON_C_TO_STRING_PLAIN);
}

bool
req_has(const struct req *req, const char *name)
{
	(void)req_json(req, name);
	return req->body != NULL && json_object_object_get_ex(req->body, name, NULL);
}

const char *
query_text(const struct req *req, const char *name)
{
	struct json_object *value = field_value(req->route->query, req->query, name);

	return value == NULL ? NULL : json_object_get_string(value);
}

int64_t
query_int(const struct req *req, const char *name, int64_t otherwise)
{
	struct json_object *value = field_value(req->route->query, req->query, name);

	return value == NULL ? otherwise : json_object_get_int64(value);
}

bool
query_has(const struct req *req, const char *name)
{
	return field_value(req->route->query, req->query, name) != NULL;
}

enum err
req_blame(struct req *req, enum err err, const char *path, const char *message)
{
	return field_blame(&req->errors, err, path, message);
}

enum err
req_fault(struct req *req, enum err err, const struct fault *fault)
{
	return field_fault(&req->errors, err, fault);
}

enum err
req_invalid(struct req *req, const char *path, const char *message)
{
	return req_blame(req, ERR_VALIDATION, path, message);
}

enum err
req_if_match(const struct req *req, int64_t *version)
{
	const char *header = req_header(req, HEADER_IF_MATCH);
	size_t len;

	if (header == NULL)
		return ERR_MATCH_REQUIRED;
	*version = 0;
	if (strcmp(header, "*") == 0)
		return ERR_OK;
	len = strlen(header);
	if (len < 4 || strncmp(header, "\"v", 2) != 0 || header[len - 1] != '"' ||
	    !str_to_int(arena_strndup(req->arena, header + 2, len - 3), 1, INT64_MAX, version))
		return ERR_STALE;
	return ERR_OK;
}
