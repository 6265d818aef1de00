/*
 * Making the reply. It is built in memory and sent once, after the transaction is committed, so that
 * a failure can still change it. Functions return ERR_OK so that a handler can end with one.
 */
#ifndef WEB_REPLY_H
#define WEB_REPLY_H

#include "web/req.h"

/* One row as the object; status is the route's. */
enum err reply_row(struct req *, const struct rows *, size_t row);
/* {"items": [rows], "next_cursor": null}; for short lists that have no pages. */
enum err reply_rows(struct req *, const struct rows *);
/* At most page->limit rows; next_cursor from columns _k1 … of the last one when there are more. */
enum err reply_page(struct req *, const struct rows *, const struct page *);
/* For route->show: the first row as the object, or ERR_NOT_FOUND; the JSON text that is its first column; a page
 * as of req_page. reply_rows will do too. */
enum err reply_found(struct req *, const struct rows *);
enum err reply_found_json(struct req *, const struct rows *);
enum err reply_found_page(struct req *, const struct rows *);
/* JSON text made elsewhere, as it is. */
enum err reply_json(struct req *, const char *json);
/* 204. */
enum err reply_empty(struct req *);
/* Any type and status, for pages and text. */
enum err reply_text(struct req *, int status, const char *type, const char *text, size_t len);
/* 303 See Other: after a form. */
enum err reply_redirect(struct req *, const char *path);
/* Another status than the route's, before or after the body. */
void reply_status(struct req *, int status);
/* Adds a header line. value must be one line; anything else aborts. */
void reply_header(struct req *, const char *name, const char *value);
/* Location: path (201). */
void reply_location(struct req *, const char *path);
/* ETag "v<version>", as If-Match wants it back. */
void reply_version(struct req *, int64_t version);
/* Replace whatever was made by the error's reply (JSON, or HTML for pages). */
void reply_error(struct req *, enum err);
/*
 * Go back to the reply as it was before the handler, and forget the blamed fields. Every function given
 * to db_tx that makes a reply begins with this: what an earlier run of it left lies in arena memory that
 * db_tx has taken back.
 */
void reply_restart(struct req *);
/*
 * Append the error object to out: the one shape of errors. details: JSON for "details"; NULL: the first
 * failed field, if there is one. An ERR_VALIDATION for which nobody named a field is logged, and blames
 * the body.
 */
void reply_error_json(enum err, const struct field_errors *, const char *details,
    const char *request_id, struct buf *out);

#endif
