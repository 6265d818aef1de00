/*
 * Routes as data: one row is dispatch, 405 Allow, roles, rate class, idempotency, validation,
 * OpenAPI, metric and log names, and what the tests must try. roles left out is 0 is nobody.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "base/err.h"
#include "shape/field.h"

enum method { METHOD_GET = 1, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };

enum role {
	ROLE_ANON = 1, /* no token; one that is sent must be good where other roles may call too */
	ROLE_USER = 2,
	ROLE_ADVISOR = 4,
	ROLE_ADMIN = 8,
	ROLE_SIGNED_IN = ROLE_USER | ROLE_ADVISOR | ROLE_ADMIN
};

/* Rate classes; the figures are in rate.c. By user, or by address for ROLE_ANON. */
enum rate_class {
	RATE_READ, /* 300 a minute */
	RATE_WRITE, /* 60 a minute */
	RATE_MESSAGE, /* 60 a minute, burst 20 */
	RATE_AUTH, /* 10 a minute and address; an IPv6 /64 is one */
	RATE_POLL, /* bounded by what is parked, not by count */
	RATE_PANEL, /* 120 a minute */
	RATE_HOOK, /* 6,000 a minute and address */
	RATE_NONE, /* health */
	RATE__COUNT
};

enum route_flags {
	ROUTE_IDEMPOTENT = 1, /* takes Idempotency-Key */
	ROUTE_KEY_REQUIRED = 2, /* and will not go without (money) */
	ROUTE_NO_TX = 4, /* the handler calls db_tx itself, or needs none */
	ROUTE_ETAG = 8, /* ETag, of the version or the bytes; If-None-Match gives 304 */
	ROUTE_IF_MATCH = 16, /* If-Match is required: 428 without */
	ROUTE_PAGE = 32, /* server-rendered: cookie and CSRF token instead of Bearer, HTML errors */
	ROUTE_LIST = 64, /* reply is {"items": [reply…], "next_cursor": …} */
	ROUTE_TEXT = 128, /* the reply is text/plain (metrics); reply table not needed */
	ROUTE_HIDDEN = 256, /* not in the OpenAPI document (pages, health) */
	ROUTE_PUBLIC_CACHE = 512, /* anyone may cache the reply for a minute */
	ROUTE_BODY_OPTIONAL = 1024, /* no body at all is taken as {} */
	ROUTE_OR_200 = 2048, /* 200 instead of status when what is asked for was there already */
	ROUTE_TICKET = 4096, /* without a token, ?ticket= may say who: the handler must check it */
	ROUTE_SSE = 8192, /* the reply is text/event-stream; reply table not needed */
	/* nginx may keep what ROLE_ANON gets for a second: nginx/cache-on.conf */
	ROUTE_BRIEF_CACHE = 16384,
	ROUTE_FORM =
	    65536, /* of a page: a form that its fields refuse goes to the handler, with req->errors */
	ROUTE_LANGUAGE = 131072, /* its reply is in a language of Accept-Language */
	/* the body is what it is, of any type: the handler reads req->body_text */
	ROUTE_RAW = 262144,
	ROUTE_SLOW = 32768 /* its statement can take long, as a search: it goes alone */
};

struct db_bound;
struct req;
struct rows;

struct route {
	enum method method; /* 0 ends a table */
	const char *path; /* "/api/v1/advisors/{id}"; {…} takes one segment, a UUID unless
			     * path_fields says otherwise */
	const char *name; /* operationId, metric and log name: "advisor_get" */
	unsigned roles; /* who may: enum role */
	enum rate_class rate;
	unsigned flags; /* enum route_flags */
	int status; /* of success; 0 means 200 */
	int64_t body_max; /* bytes; 0 means BODY_BYTES_MAX */
	const struct field *path_fields; /* {…} that are not UUIDs */
	const struct field *query, *body, *reply; /* NULL: none */
	const enum err *errors; /* what the handler may give, ERR_OK-terminated; for the document */
	/*
	 * Input is checked, the caller is allowed. Unless ROUTE_NO_TX or a GET, runs inside db_tx and so
	 * may run twice; committed before a byte goes out. Fill the reply (reply.h), or return an error.
	 */
	enum err (*handle)(struct req *);
	/*
	 * Instead of handle, for a GET that is one statement: bind gives it, and show makes the reply of its rows
	 * (reply.h has the usual ones). Between the two the statement may go to the server together with those of
	 * other requests (turn.h).
	 */
	enum err (*bind)(struct req *, struct db_bound *);
	enum err (*show)(struct req *, const struct rows *);
	/*
	 * Beside handle, for a write with ROUTE_NO_TX of which several can go to the database as one statement, each
	 * as if it were alone. draft checks all that needs no database and makes what handle and batch work on,
	 * req->draft. batch does for 2 to ROUTE_BATCH_MAX requests what handle would do for each: errs[i] is what
	 * handle would return for reqs[i]. Results are in db_arena. An error is of all: nothing was done, no reply
	 * was begun, and each is handled alone.
	 */
	enum err (*draft)(struct req *, void **draft);
	enum err (*batch)(struct req *const reqs[], size_t count, enum err errs[]);
	const void *of; /* what a handler of many routes works on here; NULL: nothing */
	const char *summary; /* one line, imperative */
	const char *doc; /* more, if needed */
};

enum { ROUTE_BATCH_MAX = 16 };
enum { ROUTE_PARAMS_MAX = 4 }; /* {…} in a path; a route with more is never found */
const char *method_name(enum method);

/*
 * Every error this route may answer, each once, by what its flags and tables make the stages before the
 * handler do, then by its own list. What the document tells; test builds hold every answer to it.
 */
enum { ROUTE_ERRORS_MAX = ERR__COUNT };
size_t route_errors(const struct route *, enum err list[ROUTE_ERRORS_MAX]);
/* Is err one of them? */
bool route_can_fail(const struct route *, enum err err);
/* METHOD_GET for "HEAD" too; 0 for what no route takes. */
enum method method_parse(const char *text);
const char *role_name(enum role); /* "anon", "user", … */

#endif
