/* Signing in and out, and the home page: the state of the system at a glance. */
#include "admin_health.h"

#include "base/str.h"
#include "base/version.h"
#include "domain/people/signin.h"
#include "domain/people/totp.h"
#include "domain/system/heartbeat.h"
#include "domain/system/overview.h"
#include "web/program.h"

#include <string.h>

enum { FORM_BYTES_MAX = 4096, CHART_HEIGHT = 96, CHART_STEP = 20, CHART_BAR = 14 };

/* --- sign-in --- */

/* email is what was tried and failed, and why; both NULL at first. */
static enum err
show_login(struct req *req, int status, const char *email, const char *problem)
{
	struct json_object *context = page_object(req);
	const char *code = query_text(req, "done"),
		   *next = email != NULL ? req_text(req, "next") : query_text(req, "next");

	if (code != NULL && strcmp(code, "out") == 0)
		page_put(context, "note", "You have signed out.");
	if (code != NULL && strcmp(code, "expired") == 0)
		page_put(context, "note", "Your sign-in has ended. Please sign in again.");
	page_put(context, "title", "Sign in");
	page_put(context, "problem", problem);
	page_put(context, "email", email);
	page_put(context, "next", next);
	page_put(context, "csrf", page_form_token(req));
	reply_status(req, status);
	return page_reply(req, "login", context);
}

static enum err
get_login(struct req *req)
{
	const char *next = page_local(query_text(req, "next"));

	if (req->caller.role == ROLE_ADMIN)
		return reply_redirect(req, next != NULL ? next : "/admin");
	return show_login(req, 200, NULL, NULL);
}

static enum err
show_too_many(struct req *req, const char *email, int wait_s)
{
	reply_header(req, "Retry-After", arena_printf(req->arena, "%d", wait_s));
	return show_login(req, 429, email,
	    arena_printf(
		req->arena, "Too many sign-ins failed: try again in %s.", page_wait(req, wait_s)));
}

/* A sign-in in its transaction. */
struct entry {
	struct req *req;
	struct signin signin;
};

static enum err
sign_in_tx(struct db *db, void *arg)
{
	struct entry *entry = arg;

	return signin_check(db, entry->req->conf, &entry->signin);
}

static enum err
post_login(struct req *req)
{
	struct entry entry = { .req = req };
	char *email = arena_strdup(req->arena, req_text(req, "email"));
	const char *next = page_local(req_text(req, "next"));
	enum err outcome;

	str_lower(email);
	entry.signin = (struct signin){ .identifier = email,
		.password = req_text(req, "password"),
		.code = req_text(req, "code"),
		.ip = req->ip };
	TRY(db_tx(req->db, sign_in_tx, &entry));
	outcome = entry.signin.outcome;
	if (outcome == ERR_OK)
		outcome = page_sign_in(req, entry.signin.user.id);
	if (outcome == ERR_RATE)
		return show_too_many(req, email, entry.signin.retry_after_s);
	if (outcome == ERR_BAD_CREDENTIALS)
		return show_login(req, 401, email, "The e-mail address or the password is wrong.");
	if (outcome == ERR_SECOND_FACTOR || outcome == ERR_BAD_CODE)
		return show_login(req, 401, email,
		    outcome == ERR_BAD_CODE ? "The code is wrong, or was used before."
					    : "Give the code of your authenticator app, too.");
	TRY(outcome);
	return reply_redirect(req, next != NULL ? next : "/admin");
}

static enum err
post_logout(struct req *req)
{
	TRY(page_sign_out(req));
	return reply_redirect(req, "/admin/login?done=out");
}

/* --- home --- */

static void
add_check(struct req *req, struct json_object *list, const char *name, const char *state,
    const char *text)
{
	struct json_object *check = page_object(req);

	page_put(check, "name", name);
	page_put(check, "state", state);
	page_put(check, "text", text);
	page_list_add(list, check);
}

static enum err
put_checks(struct req *req, struct json_object *list)
{
	int64_t version, latest = confab_schema, lag;
	struct rows *rows;

	add_check(req, list, "Release", "ok", confab_version);
	TRY(overview_database(req->db, &rows));
	version = rows_i64_of(rows, 0, "version");
	add_check(req, list, "Database", "ok",
	    arena_printf(req->arena, "PostgreSQL %s, %lld MiB",
		rows_text_of(rows, 0, "server_version"),
		(long long)(rows_i64_of(rows, 0, "database_bytes") >> 20)));
	if (version == latest)
		add_check(req, list, "Migrations", "ok",
		    arena_printf(
			req->arena, "%lld of %lld applied", (long long)version, (long long)latest));
	else
		add_check(req, list, "Migrations", version < latest ? "bad" : "warn",
		    arena_printf(req->arena, "%lld applied, the release has %lld",
			(long long)version, (long long)latest));
	lag = rows_i64_of(rows, 0, "stream_lag_bytes");
	if (rows_bool_of(rows, 0, "stream_active"))
		add_check(req, list, "Event stream", lag < (16 << 20) ? "ok" : "warn",
		    arena_printf(req->arena, "connected, %lld KiB behind",
			(long long)((lag < 0 ? 0 : lag) >> 10)));
	else
		add_check(req, list, "Event stream", "bad", "not connected: events arrive late");
	return ERR_OK;
}

static enum err
put_worker(struct req *req, struct json_object *list)
{
	struct heartbeat beat;

	TRY(heartbeat_look(req->db, req->conf->worker_silent_s, &beat));
	add_check(req, list, "Worker", beat.good ? "ok" : "bad",
	    beat.lanes[0] == '\0'
		? beat.text
		: arena_printf(req->arena, "%s; lanes and rounds: %s", beat.text, beat.lanes));
	return ERR_OK;
}

static void
put_jobs(struct req *req, struct json_object *list, struct json_object *counts)
{
	struct json_object *late, *dead, *ready, *running;
	bool good;

	if (!json_object_object_get_ex(counts, "jobs_late", &late) ||
	    !json_object_object_get_ex(counts, "jobs_dead", &dead) ||
	    !json_object_object_get_ex(counts, "jobs_running", &running) ||
	    !json_object_object_get_ex(counts, "jobs_ready", &ready))
		return;
	good = json_object_get_int64(late) == 0 && json_object_get_int64(dead) == 0;
	add_check(req, list, "Jobs", good ? "ok" : "warn",
	    arena_printf(req->arena, "%lld waiting, %lld running, %lld late, %lld given up",
		(long long)json_object_get_int64(ready), (long long)json_object_get_int64(running),
		(long long)json_object_get_int64(late), (long long)json_object_get_int64(dead)));
}

/* What a whole system runs; worker and events keep a connection always. */
static enum err
put_programs(struct req *req, struct json_object *context)
{
	struct json_object *list = page_list(req), *item;
	const struct program *program;
	struct rows *rows;
	size_t i;

	TRY(overview_programs(req->db, &rows));
	for (program = programs; program < programs + PROGRAM__COUNT; program++) {
		if (!program_stays(program))
			continue;
		item = page_object(req);
		page_put(item, "name", program->name);
		for (i = 0; i < rows_count(rows); i++)
			if (strcmp(rows_text_of(rows, i, "program"), program->name) == 0)
				page_put_int(
				    item, "connections", rows_i64_of(rows, i, "connections"));
		page_list_add(list, item);
	}
	page_put_object(context, "programs", list);
	return ERR_OK;
}

/* Column of overview_days as bars of an SVG; heights are ours, in units of its view box. */
static struct json_object *
chart(struct req *req, const struct rows *rows, const char *column, const char *label)
{
	struct json_object *chart = page_object(req), *bars = page_list(req), *bar;
	int64_t max = 1, sum = 0, value, height;
	size_t i, count = rows_count(rows);

	for (i = 0; i < count; i++) {
		value = rows_i64_of(rows, i, column);
		sum += value;
		max = value > max ? value : max;
	}
	for (i = 0; i < count; i++) {
		value = rows_i64_of(rows, i, column);
		height = value == 0 ? 1 : 2 + value * (CHART_HEIGHT - 2) / max;
		bar = page_object(req);
		page_put_int(bar, "x", (int64_t)i * CHART_STEP + (CHART_STEP - CHART_BAR) / 2);
		page_put_int(bar, "y", CHART_HEIGHT - height);
		page_put_int(bar, "width", CHART_BAR);
		page_put_int(bar, "height", height);
		page_put_bool(bar, "none", value == 0);
		page_put(bar, "day", rows_text_of(rows, i, "day"));
		page_put(bar, "value", column_number(req->arena, value));
		page_list_add(bars, bar);
	}
	page_put(chart, "label", label);
	page_put_object(chart, "bars", bars);
	page_put(chart, "max", column_number(req->arena, max));
	page_put(chart, "sum", column_number(req->arena, sum));
	page_put_int(chart, "width", (int64_t)count * CHART_STEP);
	page_put_int(chart, "height", CHART_HEIGHT);
	page_put(chart, "first", count > 0 ? rows_text_of(rows, 0, "day") : "");
	page_put(chart, "last", count > 0 ? rows_text_of(rows, count - 1, "day") : "");
	return chart;
}

static enum err
get_home(struct req *req)
{
	struct json_object *context = page_object(req), *checks = page_list(req), *counts;
	struct rows *rows;

	TRY(overview_counts(req->db, &rows));
	counts = page_row(req, rows, 0);
	page_put(context, "title", "Home");
	page_put_object(context, "counts", counts);
	TRY(put_checks(req, checks));
	TRY(put_worker(req, checks));
	put_jobs(req, checks, counts);
	page_put_object(context, "checks", checks);
	health_notices(req, context);
	TRY(put_programs(req, context));
	TRY(overview_days(req->db, &rows));
	page_put_object(context, "days", page_rows(req, rows, OVERVIEW_DAYS));
	page_put_object(context, "messages", chart(req, rows, "messages", "Messages"));
	page_put_object(context, "sessions", chart(req, rows, "sessions", "Sessions"));
	return panel_reply(req, "home", "home", context);
}

static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};
static const struct field login_query[] = {
	PANEL_DONE,
	{ "next", FIELD_TEXT, .max = PAGE_LOCAL_MAX, .doc = "Page to go to" },
	{ 0 },
};
static const struct field login_body[] = {
	PAGE_CSRF_FIELD,
	{ "email", FIELD_TEXT, .required = true, .min = 1, .max = 254, .doc = "E-mail address" },
	{ "password", FIELD_SECRET, .required = true, .min = 1, .max = 128, .doc = "Password" },
	{ "next", FIELD_TEXT, .max = PAGE_LOCAL_MAX, .doc = "Page to go to" },
	{ "code", FIELD_SECRET, .max = FACTOR_CODE_MAX,
	    .doc = "Of the second factor, when it is on" },
	{ 0 },
};
static const struct field csrf_body[] = {
	PAGE_CSRF_FIELD,
	{ 0 },
};

enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_home_routes[] = {
	{ METHOD_GET, "/admin", "panel_home", .roles = ROLE_ADMIN, .rate = RATE_PANEL, .flags = PAGE,
	    .query = done_query, .handle = get_home, .summary = "Home page of the panel" },
	{ METHOD_GET, "/admin/login", "panel_login_form", .roles = ROLE_ANON | ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .query = login_query, .handle = get_login,
	    .summary = "Sign-in form of the panel" },
	{ METHOD_POST, "/admin/login", "panel_login", .roles = ROLE_ANON | ROLE_ADMIN,
	    .rate = RATE_AUTH, .flags = PAGE | ROUTE_NO_TX, .body_max = FORM_BYTES_MAX,
	    .query = login_query, .body = login_body, .handle = post_login,
	    .summary = "Sign in to the panel" },
	{ METHOD_POST, "/admin/logout", "panel_logout", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .body_max = FORM_BYTES_MAX, .body = csrf_body, .handle = post_logout,
	    .summary = "Sign out of the panel" },
	{ 0 },
};
