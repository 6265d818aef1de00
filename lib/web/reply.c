#include "web/reply.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/seal.h"
#include "web/app.h"
#include "web/page_cursor.h"

#include <string.h>

static enum err
finish(struct req *req, const char *type)
{
	if (req->reply.status == 0)
		req->reply.status = req->route->status != 0 ? req->route->status : 200;
	req->reply.type = type;
	req->reply.finished = true;
	return ERR_OK;
}

enum err
reply_row(struct req *req, const struct rows *rows, size_t row)
{
	rows_json(rows, row, &req->reply.body);
	return finish(req, "application/json");
}

static enum err
reply_items(struct req *req, const struct rows *rows, size_t count, const char *next_cursor)
{
	struct buf *body = &req->reply.body;
	size_t i;

	buf_puts(body, "{\"items\":[");
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_putc(body, ',');
		rows_json(rows, i, body);
	}
	buf_puts(body, "],\"next_cursor\":");
	if (next_cursor != NULL)
		buf_json(body, next_cursor);
	else
		buf_puts(body, "null");
	buf_putc(body, '}');
	return finish(req, "application/json");
}

enum err
reply_rows(struct req *req, const struct rows *rows)
{
	return reply_items(req, rows, rows_count(rows), NULL);
}

enum err
reply_page(struct req *req, const struct rows *rows, const struct page *page)
{
	size_t count = rows_count(rows);
	const char *next = NULL;

	if (count > (size_t)page->limit) {
		count = (size_t)page->limit;
		next = page_cursor_make(req, rows, count - 1);
	}
	return reply_items(req, rows, count, next);
}

enum err
reply_found(struct req *req, const struct rows *rows)
{
	return rows_count(rows) > 0 ? reply_row(req, rows, 0) : ERR_NOT_FOUND;
}

enum err
reply_found_json(struct req *req, const struct rows *rows)
{
	return rows_count(rows) > 0 ? reply_json(req, rows_only(rows)) : ERR_NOT_FOUND;
}

enum err
reply_found_page(struct req *req, const struct rows *rows)
{
	struct page page;

	TRY(req_page(req, &page));
	return reply_page(req, rows, &page);
}

enum err
reply_json(struct req *req, const char *json)
{
	buf_puts(&req->reply.body, json);
	return finish(req, "application/json");
}

enum err
reply_empty(struct req *req)
{
	req->reply.status = 204;
	return finish(req, NULL);
}

enum err
reply_text(struct req *req, int status, const char *type, const char *text, size_t len)
{
	req->reply.status = status;
	buf_clear(&req->reply.body);
	buf_add(&req->reply.body, text, len);
	return finish(req, type);
}

enum err
reply_redirect(struct req *req, const char *path)
{
	req->reply.status = 303;
	req->reply.location = path;
	return finish(req, NULL);
}

void
reply_status(struct req *req, int status)
{
	req->reply.status = status;
}

void
reply_header(struct req *req, const char *name, const char *value)
{
	assert(strpbrk(value, "\r\n") == NULL);
	buf_join(&req->reply.headers, name, ": ", value, "\r\n", NULL);
}

void
reply_location(struct req *req, const char *path)
{
	req->reply.location = path;
}

void
reply_version(struct req *req, int64_t version)
{
	struct buf etag = buf_new(req->arena, 24);

	buf_puts(&etag, "\"v");
	buf_int(&etag, version);
	buf_putc(&etag, '"');
	req->reply.etag = etag.data;
}

void
reply_restart(struct req *req)
{
	req->reply = req->clean;
	req->reply.headers.data[req->reply.headers.len] = '\0';
	req->reply.body.data[req->reply.body.len] = '\0';
	req->errors.count = 0;
}

/* One failed field as {"field", "message"}; what was left unset is answered all the same. */
static void
put_field_error(const struct field_error *error, struct buf *out)
{
	buf_puts(out, "{\"field\":");
	buf_json(out, error->path != NULL ? error->path : "body");
	buf_puts(out, ",\"message\":");
	buf_json(out, error->message != NULL ? error->message : "is not accepted");
	buf_putc(out, '}');
}

/* The first field stands in "details" too, for clients that show one. */
static void
put_field_errors(const struct field_error *list, size_t count, bool details, struct buf *out)
{
	size_t i;

	if (details) {
		buf_puts(out, ",\"details\":");
		put_field_error(&list[0], out);
	}
	for (i = 0; i < count; i++) {
		buf_puts(out, i > 0 ? "," : ",\"errors\":[");
		put_field_error(&list[i], out);
	}
	buf_putc(out, ']');
}

void
reply_error_json(enum err err, const struct field_errors *errors, const char *details,
    const char *request_id, struct buf *out)
{
	static const struct field_error unnamed = { NULL, NULL };
	bool fields = errors != NULL && errors->count > 0;

	buf_puts(out, "{\"error\":");
	buf_json(out, err_code(err));
	buf_puts(out, ",\"message\":");
	buf_json(out, err_text(err));
	if (details != NULL) {
		buf_puts(out, ",\"details\":");
		buf_puts(out, details);
	}
	if (fields) {
		put_field_errors(errors->list, errors->count, details == NULL, out);
	} else if (err == ERR_VALIDATION && details == NULL) {
		log_error("a refusal names no field");
		put_field_errors(&unnamed, 1, true, out);
	}
	buf_puts(out, ",\"request_id\":");
	buf_json(out, request_id != NULL ? request_id : "none");
	buf_putc(out, '}');
}

void
reply_error(struct req *req, enum err err)
{
	struct reply *reply = &req->reply;

	buf_clear(&reply->body);
	reply->location = reply->etag = NULL;
	reply->status = err_status(err);
	reply->type = "application/json";
	reply->finished = true;
	reply_error_json(err, &req->errors, req->details, req->id, &reply->body);
	if (reply->status == 401)
		reply_header(req, "WWW-Authenticate",
		    req_header(req, HEADER_AUTHORIZATION) != NULL ? "Bearer error=\"invalid_token\""
								  : "Bearer");
	if (reply->status == 429 || reply->status == 503 || err == ERR_IN_PROGRESS)
		reply_header(req, "Retry-After",
		    arena_printf(req->arena, "%d", req->retry_after_s > 0 ? req->retry_after_s : 1));
}
