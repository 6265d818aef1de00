#include "web/route.h"

#include <string.h>

static const char *const method_names[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

const char *
method_name(enum method method)
{
	return method_names[method];
}

enum method
method_parse(const char *text)
{
	size_t i;

	if (strcmp(text, "HEAD") == 0)
		return METHOD_GET;
	for (i = 1; i < COUNT_OF(method_names); i++)
		if (strcmp(method_names[i], text) == 0)
			return (enum method)i;
	return 0;
}

const char *
role_name(enum role role)
{
	switch (role) {
	case ROLE_USER:
		return "user";
	case ROLE_ADVISOR:
		return "advisor";
	case ROLE_ADMIN:
		return "admin";
	default:
		return "anon";
	}
}

/* What is being listed by route_errors. */
struct errors {
	enum err *list;
	size_t count;
};

static void
may(struct errors *errors, bool when, enum err err)
{
	size_t i;

	for (i = 0; i < errors->count && errors->list[i] != err; i++)
		;
	if (when && i == errors->count)
		errors->list[errors->count++] = err;
}

static bool
has_field(const struct field *fields, const char *name)
{
	for (; fields != NULL && fields->name != NULL; fields++)
		if (strcmp(fields->name, name) == 0)
			return true;
	return false;
}

/* The stages in their order; nginx in front answers 413, 414, 429, 500 and 503 in the same words. */
size_t
route_errors(const struct route *route, enum err list[ROUTE_ERRORS_MAX])
{
	struct errors errors = { list, 0 };
	bool token = (route->roles & ROLE_SIGNED_IN) != 0, body = route->body != NULL;
	bool keyed = (route->flags & ROUTE_IDEMPOTENT) != 0;
	bool matched = (route->flags & ROUTE_IF_MATCH) != 0;
	const enum err *own;

	may(&errors, true, ERR_URI_TOO_LONG);
	may(&errors, true, ERR_BAD_REQUEST); /* the query is not well-formed */
	may(&errors, strchr(route->path, '{') != NULL, ERR_NOT_FOUND);
	may(&errors, token, ERR_UNAUTHORIZED);
	may(&errors, token, ERR_TOKEN_EXPIRED);
	may(&errors, token && (route->roles & ROLE_SIGNED_IN) != ROLE_SIGNED_IN, ERR_FORBIDDEN);
	may(&errors, true, ERR_RATE);
	may(&errors, true, ERR_VALIDATION); /* an unknown name in the query at least */
	may(&errors, true, ERR_TOO_LARGE);
	may(&errors, body, ERR_BAD_JSON);
	may(&errors, body, ERR_MEDIA_TYPE);
	may(&errors, body, ERR_TIMEOUT_BODY);
	may(&errors, has_field(route->query, "cursor"), ERR_BAD_CURSOR);
	may(&errors, (route->flags & ROUTE_KEY_REQUIRED) != 0, ERR_KEY_REQUIRED);
	may(&errors, keyed, ERR_KEY_REUSED);
	may(&errors, keyed, ERR_IN_PROGRESS);
	may(&errors, matched, ERR_MATCH_REQUIRED);
	may(&errors, matched, ERR_STALE);
	for (own = route->errors; own != NULL && *own != ERR_OK; own++)
		may(&errors, true, *own);
	may(&errors, true, ERR_INTERNAL);
	may(&errors, true, ERR_REPLY_TOO_LARGE);
	may(&errors, true, ERR_UNAVAILABLE);
	may(&errors, true, ERR_TIMEOUT);
	return errors.count;
}

bool
route_can_fail(const struct route *route, enum err err)
{
	enum err list[ROUTE_ERRORS_MAX];
	size_t i, count = route_errors(route, list);

	for (i = 0; i < count && list[i] != err; i++)
		;
	return i < count;
}
