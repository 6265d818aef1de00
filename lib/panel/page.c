#include "panel/page.h"

#include "base/crypto.h"
#include "base/str.h"
#include "base/uuid.h"
#include "base/zone.h"
#include "domain/people/panel_login.h"
#include "panel/csrf.h"
#include "panel/nav.h"
#include "web/reply.h"
#include "web/routes.h"
#include "panel/tmpl.h"

#include <string.h>

enum { SECRET_SIZE = 32, SECRET_TEXT_MAX = 64 };

static const char cookie_login[] = "panel", cookie_form[] = "form";
static const char html[] = "text/html; charset=utf-8";

const struct page_hooks page_hooks = {
	.authenticate = page_authenticate,
	.check_form = page_check_form,
	.error = page_error,
	.headers = page_headers,
	.load = tmpl_dir_load,
};

/* The panel headers of reliability section 7; Cache-Control: no-store stands on every reply. */
static const struct {
	const char *name, *value;
} headers[] = {
	{ "Content-Security-Policy",
	    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
	    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'" },
	{ "Strict-Transport-Security", "max-age=63072000; includeSubDomains" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Embedder-Policy", "require-corp" },
	{ "Permissions-Policy", "camera=(), microphone=(), geolocation=()" },
	{ "X-Robots-Tag", "noindex" },
};

void
page_headers(struct req *req)
{
	size_t i;

	for (i = 0; i < COUNT_OF(headers); i++)
		reply_header(req, headers[i].name, headers[i].value);
}

static const char *
secret_hash(struct req *req, const char *secret)
{
	char *hex = arena_alloc(req->arena, SHA256_HEX_SIZE);

	crypto_sha256_hex(secret, strlen(secret), hex);
	return hex;
}

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

const char *
page_local(const char *next)
{
	const char *query;

	if (next == NULL || strlen(next) > PAGE_LOCAL_MAX || !str_starts(next, "/admin"))
		return NULL;
	query = next + strlen("/admin");
	if (*query != '\0' && *query != '/' && *query != '?')
		return NULL;
	query += strspn(query, PLAIN "/");
	if (*query == '?')
		query += strspn(query, PLAIN "/?%=&+.,:;~*!()");
	return *query == '\0' ? next : NULL;
}

/* Where to go after signing in: the page that was asked for, with its query. */
static const char *
sign_in_path(struct req *req, bool expired)
{
	const char *asked = req->query_text[0] == '\0'
	    ? req->path
	    : arena_printf(req->arena, "%s?%s", req->path, req->query_text);
	struct buf out = buf_new(req->arena, 128);

	buf_join(&out, "/admin/login", expired ? "?done=expired" : "", NULL);
	if (!str_starts(asked, "/admin/") || page_local(asked) == NULL)
		return out.data;
	buf_join(&out, expired ? "&next=" : "?next=", req->path, NULL);
	buf_url(&out, asked + strlen(req->path));
	return out.data;
}

static enum err
find_login(struct req *req, const char *secret)
{
	struct rows *rows;
	enum err err;

	if (secret == NULL || strlen(secret) > SECRET_TEXT_MAX)
		return ERR_OK;
	err = panel_login_find(req->db, secret_hash(req, secret), &rows);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	req->caller = (struct caller){
		.role = ROLE_ADMIN,
		.login_id = rows_text_of(rows, 0, "id"),
		.user_id = rows_text_of(rows, 0, "user_id"),
		.name = rows_text_of(rows, 0, "display_name"),
		.zone = zone_known(rows_text_of(rows, 0, "timezone"))
		    ? rows_text_of(rows, 0, "timezone")
		    : NULL,
		.left_s = (int)rows_i64_of(rows, 0, "left_s"),
		.csrf = csrf_token(req, "login", rows_text_of(rows, 0, "id")),
	};
	return ERR_OK;
}

enum err
page_authenticate(struct req *req)
{
	const char *secret = csrf_cookie_get(req, cookie_login);

	req->caller = (struct caller){ .role = ROLE_ANON };
	TRY(find_login(req, secret));
	if (req->caller.role != ROLE_ANON)
		return ERR_OK;
	if (secret != NULL)
		csrf_cookie_set(req, cookie_login, "");
	if (req->route->roles & ROLE_ANON)
		return ERR_OK;
	if (req->method != METHOD_GET)
		return ERR_CSRF;
	return reply_redirect(req, sign_in_path(req, secret != NULL));
}

enum err
page_check_form(struct req *req)
{
	const char *token = req_text(req, "csrf"), *value;
	bool sign_in = (req->route->roles & ROLE_ANON) != 0;

	if (token == NULL || !csrf_same_origin(req))
		return ERR_CSRF;
	value = sign_in ? csrf_cookie_get(req, cookie_form) : req->caller.login_id;
	if (value == NULL || !csrf_token_good(req, sign_in ? "form" : "login", value, token))
		return ERR_CSRF;
	return ERR_OK;
}

const char *
page_form_token(struct req *req)
{
	const char *value = csrf_cookie_get(req, cookie_form);

	if (value == NULL || strlen(value) > SECRET_TEXT_MAX || value[0] == '\0') {
		value = crypto_random_token(req->arena, SECRET_SIZE);
		csrf_cookie_set(req, cookie_form, value);
	}
	return csrf_token(req, "form", value);
}

enum err
page_sign_in(struct req *req, const char *user_id)
{
	const char *secret = crypto_random_token(req->arena, SECRET_SIZE);
	const struct panel_login login = {
		.id = uuid_new(req->arena),
		.user_id = user_id,
		.secret_hash = secret_hash(req, secret),
		.ip = req->ip,
		.user_agent = req_user_agent(req),
	};

	TRY(panel_login_create(req->db, &login));
	if (req->caller.login_id != NULL)
		TRY(panel_login_end(req->db, req->caller.login_id));
	csrf_cookie_set(req, cookie_login, secret);
	csrf_cookie_set(req, cookie_form, "");
	return ERR_OK;
}

enum err
page_sign_out(struct req *req)
{
	TRY(panel_login_end(req->db, req->caller.login_id));
	csrf_cookie_set(req, cookie_login, "");
	return ERR_OK;
}

static void
render(struct req *req, const char *name, struct json_object *context)
{
	const struct tmpl *tmpl = tmpl_find(req->worker->templates, name);

	assert(tmpl != NULL);
	page_put(context, "site", req->conf->site_name);
	page_put(context, "request_id", req->id);
	page_put(context, "path", req->path);
	if (req->caller.role == ROLE_ADMIN) {
		page_put(context, "admin", req->caller.name);
		page_put(context, "csrf", req->caller.csrf);
		page_put_int(context, "left_s", req->caller.left_s);
		nav_put(req, context);
	}
	buf_clear(&req->reply.body);
	tmpl_render(tmpl, context, &req->reply.body);
	req->reply.type = html;
	req->reply.finished = true;
}

enum err
page_reply(struct req *req, const char *template, struct json_object *context)
{
	if (req->reply.status == 0)
		req->reply.status = 200;
	if (req->reply.body.over) /* a row did not fit: stages.c makes an error of it */
		req->reply.finished = true;
	else
		render(req, template, context);
	return ERR_OK;
}

const char *
page_wait(struct req *req, int seconds)
{
	int minutes = (seconds + 59) / 60;

	if (seconds < 120)
		return arena_printf(req->arena, "%d second%s", seconds, seconds == 1 ? "" : "s");
	return arena_printf(req->arena, "%d minutes", minutes);
}

/* What happened and what to do, as a sentence without its end. */
static const char *
error_words(struct req *req, enum err err, int wait_s)
{
	switch (err) {
	case ERR_RATE:
		return arena_printf(
		    req->arena, "Too many requests: try again in %s", page_wait(req, wait_s));
	case ERR_UNAVAILABLE:
		return arena_printf(req->arena, "A part of the system is away: try again in %s",
		    page_wait(req, wait_s));
	case ERR_BUSY:
	case ERR_TIMEOUT:
		return arena_printf(req->arena,
		    "The system is busy, and nothing was done: try again in %s",
		    page_wait(req, wait_s));
	case ERR_TOO_LARGE:
		return "That is more than this form takes, and nothing was done: shorten it";
	case ERR_NOT_FOUND:
		return "There is no such page, or what it was about is gone";
	case ERR_FORBIDDEN:
		return "You may not do that, and nothing was done";
	case ERR_CSRF:
		return req->caller.role == ROLE_ADMIN || req->route->roles & ROLE_ANON
		    ? "This form is too old, or not from here, and nothing was done: load its page again"
		    : "You are signed out, and nothing was done: sign in and do it again";
	default:
		return err_text(err);
	}
}

/* Where to sign in; a form that came too late is led back to, where it has a page. */
static const char *
sign_in_again(struct req *req)
{
	const struct route *route;
	const char *params[ROUTE_PARAMS_MAX], *allow;
	bool has_page = str_starts(req->path, "/admin/") && page_local(req->path) != NULL &&
	    route_find(req->worker->routes, req->arena, METHOD_GET, req->path, &route, params,
		&allow) == ERR_OK &&
	    !(route->roles & ROLE_ANON);

	return has_page ? arena_printf(req->arena, "/admin/login?next=%s", req->path)
			: "/admin/login";
}

void
page_error(struct req *req, enum err err)
{
	struct json_object *context = page_object(req), *fields = page_list(req), *field;
	int status = err_status(err), wait_s = req->retry_after_s > 0 ? req->retry_after_s : 1;
	size_t i;

	/* Without a route nobody was looked up; the page should still have its navigation. */
	if (req->caller.role == 0 && find_login(req, csrf_cookie_get(req, cookie_login)) != ERR_OK)
		req->caller.role = ROLE_ANON;
	for (i = 0; i < req->errors.count; i++) {
		field = page_object(req);
		page_put(field, "name", req->errors.list[i].path);
		page_put(field, "problem", req->errors.list[i].message);
		page_list_add(fields, field);
	}
	page_put(context, "title", error_words(req, err, wait_s));
	page_put(context, "error", error_words(req, err, wait_s));
	page_put_int(context, "status", status);
	page_put_object(context, "fields", fields);
	page_put_bool(context, "sign_in", req->caller.role != ROLE_ADMIN);
	page_put(context, "sign_in_url", sign_in_again(req));
	page_put_bool(context, "ours", status == 500);
	req->reply.location = req->reply.etag = NULL;
	req->reply.status = status;
	if (status == 429 || status == 503)
		reply_header(req, "Retry-After", arena_printf(req->arena, "%d", wait_s));
	render(req, "error", context);
}
