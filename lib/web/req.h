/*
 * One request: what came in, who asks, and the reply being made. It is passed along; nothing about a
 * request is global. Everything it points to lives in its arena, which is reset when it is answered.
 *
 * It passes the named stages (read, route, authenticate, authorize, limit, validate, bind), then it is
 * handled, until an error or a finished reply; then it is sent once, with what
 * nginx's access log is to know. Between the stages and the
 * handler others may be served (turn.h).
 */
#ifndef WEB_REQ_H
#define WEB_REQ_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/limits.h"
#include "db/db.h"
#include "web/param.h"
#include "web/rate.h"
#include "web/route.h"

struct app;
struct worker;
struct http; /* the FastCGI side; fcgi.h */

/* Who asks. */
struct caller {
	enum role role; /* ROLE_ANON when nobody is signed in */
	const char *user_id; /* NULL for ROLE_ANON */
	const char *login_id; /* the sid claim */
	const char *csrf; /* ROUTE_PAGE only: token to put into forms */
	const char *name; /* ROUTE_PAGE only: who is signed in, as pages show it */
	const char *zone; /* ROUTE_PAGE only: IANA zone of their times; NULL: UTC */
	int left_s; /* ROUTE_PAGE only: without use the sign-in ends after so many seconds */
};

struct reply {
	int status; /* 0 until a reply is finished */
	const char *type; /* Content-Type */
	struct buf headers; /* "Name: value\r\n" lines */
	struct buf body;
	const char *location; /* path; NULL: none */
	const char *etag; /* NULL: none, or with ROUTE_ETAG made of the bytes */
	bool finished; /* nothing more to do: send */
};

struct req {
	struct arena *arena;
	struct worker *worker; /* configuration, database, caches of this process */
	struct db *db;
	const struct conf *conf;
	struct http *http; /* parameters and streams of the FastCGI request */
	const char *id; /* X-Request-Id */
	enum method method;
	bool head; /* HEAD: headers only */
	const char *path, *query_text, *ip;
	const struct route *route;
	const char *params[ROUTE_PARAMS_MAX]; /* values of {…} in the path, in order */
	struct caller caller;
	struct json_object *query, *body; /* checked input; never NULL after validation */
	const char *body_text; /* as received; the database gets req_body_json */
	size_t body_len;
	struct field_errors errors;
	struct reply reply;
	struct reply clean; /* as it was before the handler; see reply_restart */
	int64_t began_us; /* monotonic */
	struct rate_state rate; /* limit 0: the class has none, or nothing was counted */
	int retry_after_s; /* for 429 and 503 */
	struct db_bound *bound; /* of a read, what is to be run for it; NULL: it is no read */
	void *draft; /* of a write that can go in a batch, what it is about; NULL: it cannot */
	bool later; /* the handler keeps the request, and it is answered elsewhere */
	const char *details; /* JSON for "details" of an error; NULL: the first failed field, if any */
};

/*
 * req_begin makes the request in worker->arena; req_prepare walks the stages; req_handle does what is left, and
 * leaves later set when the handler kept the request (live.h); req_run is both. Instead of req_handle, req_show
 * takes the answer to req->bound, and req_handled what a batch gave for it. req_render gives the whole reply, an error's when err is not ERR_OK; req_done
 * counts, and logs what failed or took long. After req_prepare nothing of the process is the request's any more: req_resume makes its log
 * lines, memory and crashes its own again, and req_pause ends that.
 */
struct req *req_begin(struct worker *, struct http *);
MUST_CHECK enum err req_prepare(struct req *);
MUST_CHECK enum err req_handle(struct req *);
MUST_CHECK enum err req_show(struct req *, enum err, const struct rows *);
MUST_CHECK enum err req_handled(struct req *, enum err);
MUST_CHECK enum err req_run(struct req *);
void req_resume(const struct req *);
void req_pause(void);
struct buf req_render(struct req *, enum err);
void req_done(const struct req *, enum err);
/*
 * Lines of a reply's head for nginx's access log, which no client sees (nginx/routes.conf): route, role and id
 * of the caller, the error's code, and the microseconds so far. Part of req_render; for heads made elsewhere.
 */
void req_tell(const struct req *, enum err, struct buf *head);

/* A request header, as HEADER_IF_MATCH; NULL when absent. */
const char *req_header(const struct req *, enum param header);
/* User-Agent as text that can be stored: "" when absent or not UTF-8. */
const char *req_user_agent(const struct req *);

/* Checked input by name, from the body (or form) and from the query. A name that is not in the route's
 * table is a bug and aborts. Absent or null: NULL, 0, false. */
const char *req_text(const struct req *, const char *name);
int64_t req_int(const struct req *, const char *name);
bool req_bool(const struct req *, const char *name);
struct json_object *req_json(const struct req *, const char *name);
/* The value as JSON text, for a jsonb parameter; NULL when absent. */
const char *req_json_text(const struct req *, const char *name);
/*
 * The whole body, printed from the tree that was checked: what a statement takes as jsonb. The text as it
 * was received can say what the check did not see, as a number that only PostgreSQL finds too small.
 */
const char *req_body_json(const struct req *);
bool req_has(const struct req *, const char *name); /* present, null included */

const char *query_text(const struct req *, const char *name);
int64_t query_int(const struct req *, const char *name, int64_t otherwise);
bool query_has(const struct req *, const char *name);

/* Blame a field that passed its table but not the rule behind it. Returns ERR_VALIDATION. */
MUST_CHECK enum err req_invalid(struct req *, const char *path, const char *message);
/* The same with another error, which is returned. */
MUST_CHECK enum err req_blame(struct req *, enum err, const char *path, const char *message);
/* What a domain function returned: its err, with the field that fault names blamed, if it names one. */
MUST_CHECK enum err req_fault(struct req *, enum err, const struct fault *);

/* The version in If-Match ("v12" or *): ERR_MATCH_REQUIRED without, ERR_STALE for another form.
 * *version is 0 for "*". */
MUST_CHECK enum err req_if_match(const struct req *, int64_t *version);

/*
 * Keyset paging. The statement takes the limit as page.limit + 1 and the keys as its last
 * parameters (NULL on the first page), and selects them as columns _k1, _k2 … in that order.
 */
enum { PAGE_KEYS_MAX = 3 };
struct page {
	int64_t limit;
	const char *keys[PAGE_KEYS_MAX]; /* of the last row seen; NULL on the first page */
};
/* Read limit and cursor. ERR_BAD_CURSOR when it was not made by this route and these filters. */
MUST_CHECK enum err req_page(struct req *, struct page *);

#endif
