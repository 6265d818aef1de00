#include "web/cors.h"
#include "web/reply.h"

#include <string.h>

bool
cors_is_listed(const char *list, const char *origin)
{
	size_t origin_len = strlen(origin);

	while (*list != '\0') {
		size_t len = strcspn(list, ",");

		if (len == origin_len && memcmp(list, origin, len) == 0)
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

static const char *
listed_origin(const struct req *req)
{
	const char *origin = req_header(req, HEADER_ORIGIN);

	return origin != NULL && cors_is_listed(req->conf->cors_origins, origin) ? origin : NULL;
}

enum err
cors_preflight(struct req *req)
{
	static const char methods[] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

	reply_header(req, "Allow", methods);
	if (listed_origin(req) != NULL) {
		reply_header(req, "Access-Control-Allow-Methods", methods);
		reply_header(req, "Access-Control-Allow-Headers",
		    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
		    "X-Request-Id");
		reply_header(req, "Access-Control-Max-Age", "600");
	}
	return reply_empty(req);
}

void
cors_headers(struct req *req)
{
	const char *origin = listed_origin(req);

	if (*req->conf->cors_origins != '\0')
		reply_header(req, "Vary", "Origin");
	if (origin == NULL)
		return;
	reply_header(req, "Access-Control-Allow-Origin", origin);
	reply_header(req, "Access-Control-Expose-Headers",
	    "ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
	    "X-Request-Id, Idempotent-Replayed");
}
