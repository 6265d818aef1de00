/*
 * An HTTP client for tests: one struct client is one caller with one kept connection (libcurl) to the
 * server at BASE_URL (environment). What cannot be sent or read is a fatal CUnit assert, so a test only
 * looks at statuses and replies.
 *
 * Paths are below /api/v1 ("/users/me"); one that begins with "//" is taken from the root of the site
 * ("//openapi.json" is BASE_URL/openapi.json). Replies are borrowed until the client's next call.
 */
#ifndef HARNESS_CLIENT_H
#define HARNESS_CLIENT_H

#include "base/base.h"
#include <json-c/json.h>

struct client;

struct client *client_new(void);
void client_free(struct client *);
/* Send this access token from now on; NULL: anonymous. */
void client_token(struct client *, const char *access_token);
/* An extra header line for the next call only, as "If-Match: \"v1\"". */
void client_header(struct client *, const char *line);

/* Make a call; the status. body is JSON text, or NULL for none. Redirects are not followed. */
int client_call(struct client *, const char *method, const char *path, const char *body);
/* The same with a path made as printf does; body as in client_call. */
int client_callf(struct client *, const char *method, const char *body, const char *path_fmt, ...)
    PRINTF_LIKE(4, 5);
/* len bytes of any content; type NULL leaves Content-Type out. */
int client_send(struct client *, const char *method, const char *path, const char *type,
    const void *bytes, size_t len);
/* GET path again and again, HANG_US at most, until that status comes; the last answer is kept. */
bool client_becomes(struct client *, const char *path, int status);
/* How often the programs say they have read which logins were ended. */
long client_revoke_reads(struct client *);

/* The last reply's JSON; NULL when it is none. */
struct json_object *client_json(struct client *);
/* The last reply's body as it came, NUL-terminated. */
const char *client_body(struct client *);
/* A member of the last reply by its dotted path, as "error" or "items.0.id": its value as text; "null"
 * for null, "" when it is not there. Objects and lists come as JSON text. */
const char *client_text(struct client *, const char *path);
/* The number at path; 0 when it is not there. */
int64_t client_i64(struct client *, const char *path);
/* How many elements the list at path has; 0 when it is not there. */
size_t client_count(struct client *, const char *path);
/* A header of the last reply without regard to case; "" when it is not there. */
const char *client_reply_header(struct client *, const char *name);

/* An account made for a test, and its tokens. */
struct person {
	char id[37];
	char token[2049]; /* access token */
	char refresh[512]; /* refresh token */
	char email[64];
};
extern const char person_password[]; /* of all persons registered here */

/* Register a fresh account with a random e-mail through POST /auth/register; role USER or ADVISOR. */
struct person person_register(const char *role);
/* Log in with ADMIN_EMAIL and ADMIN_PASSWORD of the environment. */
struct person person_admin(void);
/* A registered ADVISOR who applied, was approved (directly in DATABASE_URL), and is ONLINE. */
struct person person_advisor(void);

#endif
