#include "web/req.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/crypto.h"
#include "base/fail.h"
#include "base/ip.h"
#include "base/log.h"
#include "db/outage.h"
#include "base/str.h"
#include "web/app.h"
#include "web/cors.h"
#include "web/fcgi.h"
#include "web/idem.h"
#include "web/input.h"
#include "web/metrics.h"
#include "web/prefork.h"
#include "web/rate.h"
#include "web/reply.h"
#include "web/reply_check.h"
#include "web/revoke.h"
#include "web/routes.h"
#include "web/token_cache.h"

#include <string.h>

static const char *
param_or(const struct req *req, enum param param, const char *otherwise)
{
	const char *value = http_param(req->http, param);

	return value != NULL ? value : otherwise;
}

/* Beside the routes marked so: what no route takes, in a program of pages, outside its API. */
static bool
is_page(const struct req *req)
{
	if (req->route != NULL)
		return (req->route->flags & ROUTE_PAGE) != 0;
	return req->worker->app->pages != NULL && !str_starts(req->path, "/api/");
}

/* Method, path and query; nginx has decoded and normalised the path. */
static enum err
req_read(struct req *req)
{
	const char *method = param_or(req, PARAM_REQUEST_METHOD, "");

	req->method = method_parse(method);
	req->head = strcmp(method, "HEAD") == 0;
	if (strlen(req->path) > PATH_BYTES_MAX)
		return ERR_URI_TOO_LONG;
	if (!str_utf8_valid(req->path, strlen(req->path)))
		return ERR_BAD_REQUEST;
	if (strcmp(method, "OPTIONS") == 0)
		return cors_preflight(req);
	return ERR_OK;
}

static enum err
req_route(struct req *req)
{
	const char *allow;
	enum err err = route_find(req->worker->routes, req->arena, req->method, req->path,
	    &req->route, req->params, &allow);

	if (err == ERR_OK)
		crash_doing(req->id, req->route->name);
	if (err == ERR_METHOD)
		reply_header(req, "Allow", allow);
	return err;
}

/* Who: the token's signature and claims, and that its login was not ended. */
static enum err
req_authenticate(struct req *req)
{
	const char *header = req_header(req, HEADER_AUTHORIZATION);
	struct token token;

	req->caller.role = ROLE_ANON;
	if (is_page(req))
		return req->worker->app->pages->authenticate(req);
	if (header == NULL || req->route->roles == ROLE_ANON)
		return ERR_OK;
	if (strlen(header) < 8 || !str_equal_nocase(arena_strndup(req->arena, header, 7), "bearer "))
		return ERR_UNAUTHORIZED;
	TRY(token_cache_check(req->worker->tokens, req->arena, req->conf, header + 7, &token));
	TRY(revoke_check(req->worker->revoke, req->db, token.login_id));
	/* Copied: the cache has one place for several tokens, and others are looked up before this is answered. */
	req->caller = (struct caller){ .role = token.role,
		.user_id = arena_strdup(req->arena, token.user_id),
		.login_id = arena_strdup(req->arena, token.login_id) };
	return ERR_OK;
}

static enum err
req_authorize(struct req *req)
{
	if (req->reply.finished || req->route->roles & req->caller.role)
		return ERR_OK;
	if (req->route->flags & ROUTE_TICKET && req->caller.role == ROLE_ANON &&
	    strstr(req->query_text, "ticket=") != NULL)
		return ERR_OK; /* the handler looks at it */
	return req->caller.role == ROLE_ANON ? ERR_UNAUTHORIZED : ERR_FORBIDDEN;
}

static enum err
req_limit_rate(struct req *req)
{
	const char *subject =
	    req->caller.user_id != NULL ? req->caller.user_id : ip_subject(req->arena, req->ip);
	enum err err = rate_take(req->worker->rate, req->route->rate, subject, &req->rate);

	req->retry_after_s = req->rate.retry_after_s;
	return err;
}

static enum err
req_validate(struct req *req)
{
	enum err err = input_read(req);

	if (!is_page(req) || req->method == METHOD_GET || (err != ERR_OK && err != ERR_VALIDATION))
		return err;
	TRY(req->worker->app->pages->check_form(req));
	return req->route->flags & ROUTE_FORM ? ERR_OK : err;
}

/* A reply that does not fit is no reply: what it tells of does not happen either. */
static enum err
check_size(const struct req *req)
{
	if (!req->reply.body.over)
		return ERR_OK;
	log_error("reply too large", LOG_STR("route", req->route->name),
	    LOG_INT("bytes_max", REPLY_BYTES_MAX));
	return ERR_REPLY_TOO_LARGE;
}

/* The body of the transaction; it may run again, so the reply starts anew each time. */
static enum err
handle_in_tx(struct db *db, void *arg)
{
	struct req *req = arg;
	bool replayed = false, keyed = (req->route->flags & ROUTE_IDEMPOTENT) != 0;

	(void)db;
	reply_restart(req);
	if (keyed)
		TRY(idem_begin(req, &replayed));
	if (replayed)
		return ERR_OK;
	TRY(req->route->handle(req));
	TRY(check_size(req));
	return keyed ? idem_end(req) : ERR_OK;
}

/* What a handler returned: err, or that its reply is too large. */
enum err
req_handled(struct req *req, enum err err)
{
	if (err == ERR_OK)
		err = check_size(req);
	assert(err != ERR_OK || req->reply.finished || req->later);
	if (err != ERR_OK) { /* nothing of a reply that failed half-way, as an ETag, goes out */
		struct field_errors errors = req->errors;

		reply_restart(req);
		req->errors = errors;
	}
	return err;
}

/* A read gives its statement, a write that can go in a batch its draft. */
static enum err
req_bind(struct req *req)
{
	struct db_bound *bound;
	enum err err;

	req->clean = req->reply;
	FAILPOINT_OF(REQUEST, req->id);
	if (req->route->draft != NULL) {
		err = req->route->draft(req, &req->draft);
		return err == ERR_OK ? ERR_OK : req_handled(req, err);
	}
	if (req->route->bind == NULL)
		return ERR_OK;
	bound = arena_alloc(req->arena, sizeof(*bound));
	err = req->route->bind(req, bound);
	req->bound = bound;
	return err == ERR_OK ? ERR_OK : req_handled(req, err);
}

enum err
req_show(struct req *req, enum err err, const struct rows *rows)
{
	return req_handled(req, err == ERR_OK ? req->route->show(req, rows) : err);
}

enum err
req_handle(struct req *req)
{
	struct rows *rows = NULL;
	enum err err;

	if (req->bound != NULL) {
		err = db_run(req->db, req->bound, &rows);
		return req_show(req, err, rows);
	}
	if (req->route->flags & ROUTE_NO_TX || req->method == METHOD_GET)
		err = req->route->handle(req);
	else
		err = db_tx(req->db, handle_in_tx, req); /* committed before a byte goes out */
	return req_handled(req, err);
}

static enum err (*const stages[])(struct req *) = {
	req_read, /* limits; method, path, query */
	req_route, /* 404, or 405 with Allow */
	req_authenticate, /* who: token, or cookie for pages */
	req_authorize, /* route->roles meets the caller's role */
	req_limit_rate, /* 429 with Retry-After */
	req_validate, /* query and body against the field tables */
	req_bind, /* what a read or one of a batch will ask the database */
};

/* A strong ETag over the bytes, unless the handler gave a version. */
static const char *
reply_etag(struct req *req)
{
	char hex[SHA256_HEX_SIZE];

	if (req->reply.etag == NULL) {
		struct buf etag = buf_new(req->arena, 34);

		crypto_sha256_hex(req->reply.body.data, req->reply.body.len, hex);
		hex[32] = '\0';
		buf_join(&etag, "\"", hex, "\"", NULL);
		req->reply.etag = etag.data;
	}
	return req->reply.etag;
}

/* 304 when the client has what it would get (RFC 9110 section 13). */
static void
reply_unless_known(struct req *req)
{
	const char *known = req_header(req, HEADER_IF_NONE_MATCH), *etag = reply_etag(req);

	if (known == NULL || (strcmp(known, "*") != 0 && strstr(known, etag) == NULL))
		return;
	req->reply.status = 304;
	req->reply.type = NULL;
	buf_clear(&req->reply.body);
}

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = { { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 303, "See Other" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 408, "Request Timeout" },
		{ 409, "Conflict" }, { 412, "Precondition Failed" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" }, { 428, "Precondition Required" },
		{ 429, "Too Many Requests" }, { 500, "Internal Server Error" },
		{ 503, "Service Unavailable" } };
	size_t i;

	for (i = 0; i < COUNT_OF(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Status";
}

void
req_tell(const struct req *req, enum err err, struct buf *head)
{
	if (req->route != NULL)
		buf_join(head, "X-Confab-Route: ", req->route->name, "\r\n", NULL);
	if (req->caller.role & ROLE_SIGNED_IN)
		buf_join(head, "X-Confab-Role: ", role_name(req->caller.role), "\r\n", NULL);
	if (req->caller.user_id != NULL)
		buf_join(head, "X-Confab-User: ", req->caller.user_id, "\r\n", NULL);
	if (err != ERR_OK)
		buf_join(head, "X-Confab-Error: ", err_code(err), "\r\n", NULL);
	buf_puts(head, "X-Confab-Time: ");
	buf_int(head, clock_monotonic_us() - req->began_us);
	buf_puts(head, "\r\n");
}

/* nginx keeps it for the next who ask the same: it offers to (CACHE), and anybody would get it. */
static bool
is_kept(const struct req *req)
{
	return req->route != NULL && req->route->flags & ROUTE_BRIEF_CACHE &&
	    req->caller.role == ROLE_ANON && req->reply.status == 200 &&
	    http_param(req->http, PARAM_CACHE) != NULL;
}

/* What is kept is read by nginx, which has other words for the client. */
static void
put_cache_control(const struct req *req, struct buf *head)
{
	bool cached = req->route != NULL && req->route->flags & ROUTE_PUBLIC_CACHE &&
	    req->reply.status < 400 && req->caller.role == ROLE_ANON;

	if (is_kept(req))
		buf_puts(head,
		    "Cache-Control: max-age=1, stale-while-revalidate=2, stale-if-error=0\r\n"
		    "X-Confab-");
	buf_puts(head,
	    !cached				     ? "Cache-Control: no-store\r\n"
		: req->route->flags & ROUTE_LANGUAGE ? "Cache-Control: public, max-age=60\r\n"
						       "Vary: Authorization, Accept-Language\r\n"
						     : "Cache-Control: public, max-age=60\r\n"
						       "Vary: Authorization\r\n");
}

/* What is left to one caller is nothing to tell the next. */
static void
put_rate(const struct req *req, struct buf *head)
{
	if (req->rate.limit == 0 || is_kept(req))
		return;
	buf_puts(head, "RateLimit-Limit: ");
	buf_int(head, req->rate.limit);
	buf_puts(head, "\r\nRateLimit-Remaining: ");
	buf_int(head, req->rate.remaining);
	buf_puts(head, "\r\nRateLimit-Reset: ");
	buf_int(head, req->rate.reset_s);
	buf_puts(head, "\r\n");
}

static void
put_head(struct req *req, enum err err, struct buf *head)
{
	const struct reply *reply = &req->reply;

	buf_puts(head, "Status: ");
	buf_int(head, reply->status);
	buf_join(head, " ", reason(reply->status), "\r\n", NULL);
	if (reply->type != NULL) {
		buf_join(head, "Content-Type: ", reply->type, "\r\nContent-Length: ", NULL);
		buf_uint(head, reply->body.len);
		buf_puts(head, "\r\n");
	}
	if (reply->location != NULL)
		buf_join(head, "Location: ", reply->location, "\r\n", NULL);
	if (reply->etag != NULL)
		buf_join(head, "ETag: ", reply->etag, "\r\n", NULL);
	put_cache_control(req, head);
	put_rate(req, head);
	buf_add(head, reply->headers.data, reply->headers.len);
	req_tell(req, err, head);
	buf_add(head, "\r\n", 2);
}

/*
 * That there was a request says nginx's access log. Here is what its line has no room for: our fault, and
 * what took long, but for those that wait for events.
 */
static void
req_log(const struct req *req, enum err err, int64_t us)
{
	/* That the database is away was said once (db/outage.h). */
	bool known = err == ERR_UNAVAILABLE && outage_lasts();
	bool failed = err_status(err) >= 500 && !known;
	bool waits = req->route != NULL && req->route->rate == RATE_POLL;
	bool slow = !waits && !known && us >= req->conf->slow_ms * 1000;

	log_write(failed || slow ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG,
	    slow && !failed ? "slow request" : "request",
	    LOG_FIELDS_(LOG_STR("method", param_or(req, PARAM_REQUEST_METHOD, "")),
		LOG_STR("path", req->path),
		LOG_STR("route", req->route != NULL ? req->route->name : ""),
		LOG_STR("role", role_name(req->caller.role)),
		LOG_STR("user_id", req->caller.user_id), LOG_INT("status", req->reply.status),
		LOG_STR("error", err == ERR_OK ? "" : err_code(err)), LOG_INT("latency_us", us)));
}

static void
req_fail(struct req *req, enum err err)
{
	if (is_page(req))
		req->worker->app->pages->error(req, err);
	else
		reply_error(req, err);
	reply_check_error(req, err);
}

struct req *
req_begin(struct worker *worker, struct http *http)
{
	struct req *req = arena_alloc(worker->arena, sizeof(*req));

	req->arena = worker->arena;
	req->worker = worker;
	req->db = worker->db;
	req->conf = worker->conf;
	req->http = http;
	req->id = param_or(req, PARAM_REQUEST_ID, "none");
	req->path = param_or(req, PARAM_PATH_INFO, "");
	req->query_text = param_or(req, PARAM_QUERY_STRING, "");
	req->ip = param_or(req, PARAM_REMOTE_ADDR, "unknown");
	req->errors.arena = worker->arena;
	req->reply.headers = buf_new(req->arena, 512);
	req->reply.body = buf_new_bounded(req->arena, 2048, REPLY_BYTES_MAX);
	req->began_us = clock_monotonic_us();
	return req;
}

void
req_resume(const struct req *req)
{
	log_request_set(req->id);
	crash_doing(req->id, req->route != NULL ? req->route->name : NULL);
	db_arena_set(req->db, req->arena);
}

void
req_pause(void)
{
	log_request_set(NULL);
	crash_doing(NULL, NULL);
}

enum err
req_run(struct req *req)
{
	enum err err = req_prepare(req);

	return err != ERR_OK || req->reply.finished ? err : req_handle(req);
}

enum err
req_prepare(struct req *req)
{
	enum err err = ERR_OK;
	size_t i;

	req_resume(req);
	for (i = 0; i < COUNT_OF(stages) && err == ERR_OK && !req->reply.finished; i++)
		err = stages[i](req);
	return err;
}

struct buf
req_render(struct req *req, enum err err)
{
	struct buf whole;

	if (err != ERR_OK)
		req_fail(req, err);
	else
		reply_check(req);
	if (is_page(req))
		req->worker->app->pages->headers(req);
	else
		cors_headers(req);
	if (req->route != NULL && req->route->flags & ROUTE_ETAG && req->reply.status == 200)
		reply_unless_known(req);
	whole = buf_new(req->arena, req->reply.body.len + req->reply.headers.len + 512);
	put_head(req, err, &whole);
	if (!req->head)
		buf_add(&whole, req->reply.body.data, req->reply.body.len);
	return whole;
}

void
req_done(const struct req *req, enum err err)
{
	int64_t us = clock_monotonic_us() - req->began_us;

	log_request_set(req->id);
	req_log(req, err, us);
	metrics_request(req->worker->metrics, route_number(req->worker->routes, req->route),
	    req->reply.status, us);
	req_pause();
}
