/*
 * ops: is it alive, is it ready, and the counters of all programs.
 */
#include "base/log.h"
#include "base/version.h"
#include "domain/system/health.h"
#include "domain/system/heartbeat.h"
#include "web/app.h"
#include "web/fcgi.h"
#include "web/metrics.h"
#include "web/program.h"
#include "web/reply.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stdio.h>
#include <string.h>

static const struct app app;

static const struct field alive_reply[] = {
	{ "alive", FIELD_BOOL, .doc = "The program answers" },
	{ "version", FIELD_TEXT, .doc = "Release of the program", .example = "\"0.1.0\"" },
	{ 0 },
};
static const struct field check_fields[] = {
	{ "name", FIELD_TEXT, .doc = "What was looked at", .example = "\"database\"" },
	{ "good", FIELD_BOOL, .doc = "It works" },
	{ "detail", FIELD_TEXT, .doc = "What was seen", .example = "\"answers\"" },
	{ 0 },
};
static const struct field check_item[] = { { "check", FIELD_OBJECT, .sub = check_fields } };
static const struct field adapter_fields[] = {
	{ "ai", FIELD_TEXT, .doc = "The assistant", .example = "\"echo\"" },
	{ "sms", FIELD_TEXT, .doc = "Who sends SMS; outbox: nobody does", .example = "\"twilio\"" },
	{ "mail", FIELD_TEXT, .doc = "Who sends e-mail; outbox: nobody does", .example = "\"smtp\"" },
	{ 0 },
};
static const struct field ready_reply[] = {
	{ "ready", FIELD_BOOL, .doc = "All checks are good" },
	{ "checks", FIELD_LIST, .sub = check_item, .doc = "One for each part" },
	{ "adapters", FIELD_OBJECT, .sub = adapter_fields, .doc = "Which outside services are used" },
	{ 0 },
};

static enum err
get_alive(struct req *req)
{
	buf_puts(&req->reply.body, "{\"alive\":true,\"version\":");
	buf_json(&req->reply.body, confab_version);
	return reply_json(req, "}");
}

static bool
add_check(struct buf *body, const char *name, bool good, const char *detail)
{
	buf_puts(body, body->data[body->len - 1] == '[' ? "{\"name\":" : ",{\"name\":");
	buf_json(body, name);
	buf_printf(body, ",\"good\":%s,\"detail\":", good ? "true" : "false");
	buf_json(body, detail);
	buf_putc(body, '}');
	return good;
}

/* An older schema is refused; a newer one is that of a release which is being installed. */
static bool
check_schema(struct req *req, struct buf *body, int64_t version)
{
	return add_check(body, "migrations", version >= confab_schema,
	    arena_printf(req->arena, "%lld of %lld", (long long)version, (long long)confab_schema));
}

static bool
check_worker(struct req *req, struct buf *body)
{
	struct heartbeat beat = { .text = "unknown", .lanes = "" };
	enum err err = heartbeat_look(req->db, req->conf->worker_silent_s, &beat);

	return add_check(body, "worker", err == ERR_OK && beat.good,
	    arena_printf(
		req->arena, "%s%s%s", beat.text, beat.lanes[0] != '\0' ? "; " : "", beat.lanes));
}

static bool
check_database(struct req *req, struct buf *body)
{
	int64_t version = 0;
	enum err err = health_schema_version(req->db, &version);
	bool good, refused = err != ERR_OK && db_schema_refused(req->db) >= 0;

	good = add_check(body, "database", err == ERR_OK || refused,
	    err == ERR_OK || refused ? "answers" : err_code(err));
	if (refused)
		return check_schema(req, body, db_schema_refused(req->db));
	if (!good)
		return false;
	good = check_schema(req, body, version);
	return check_worker(req, body) && good;
}

static bool
socket_answers(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	answers = fd >= 0 &&
	    connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0;
	if (fd >= 0)
		(void)close(fd);
	return answers;
}

static bool
check_program(struct req *req, struct buf *body, const char *name)
{
	bool good = socket_answers(arena_printf(req->arena, "%s/%s.sock", req->conf->run_dir, name));

	return add_check(body, name, good, good ? "listens" : "no answer");
}

/* All but this one, which answers. */
static bool
check_programs(struct req *req, struct buf *body)
{
	bool all = true;
	size_t i;

	for (i = 0; i < PROGRAM__COUNT; i++)
		if (program_serves(&programs[i]) && strcmp(programs[i].name, app.name) != 0)
			all &= check_program(req, body, programs[i].name);
	return all;
}

/* Without the stream events come a second late, by the scan: worth to be seen, and ready all the same. */
static void
show_stream(struct req *req, struct buf *body, const char *program, const char *name)
{
	const char *dir = req->conf->run_dir;
	int64_t connected = 0, lag = 0;

	(void)metrics_read(dir, program, METRIC_STREAM_CONNECTED, &connected);
	(void)metrics_read(dir, program, METRIC_STREAM_LAG_BYTES, &lag);
	(void)add_check(body, name, true,
	    connected ? arena_printf(req->arena, "streams, %lld bytes behind", (long long)lag)
		      : "not connected: events come by the scan");
}

/* The second events program and those after it; each hears of everything by a stream of its own. */
static bool
check_more_events(struct req *req, struct buf *body)
{
	bool all = true;
	int64_t i;

	for (i = 2; i <= req->conf->events_count; i++) {
		const char *name = arena_printf(req->arena, "events-%lld", (long long)i);

		all &= check_program(req, body, name);
		show_stream(
		    req, body, name, arena_printf(req->arena, "event stream %lld", (long long)i));
	}
	return all;
}

static enum err
get_ready(struct req *req)
{
	struct buf checks = buf_new(req->arena, 1024);
	bool ready;

	buf_putc(&checks, '[');
	ready = check_database(req, &checks);
	ready &= check_programs(req, &checks);
	show_stream(req, &checks, "events", "event stream");
	ready &= check_more_events(req, &checks);
	buf_printf(&req->reply.body,
	    "{\"ready\":%s,\"checks\":%s],\"adapters\":{\"ai\":", ready ? "true" : "false",
	    checks.data);
	buf_json(&req->reply.body, req->conf->ai_provider);
	buf_puts(&req->reply.body, ",\"sms\":");
	buf_json(&req->reply.body, req->conf->sms_provider);
	buf_puts(&req->reply.body, ",\"mail\":");
	buf_json(&req->reply.body, req->conf->mail_provider);
	buf_puts(&req->reply.body, "}}");
	if (!ready) {
		reply_status(req, 503);
		reply_header(req, "Retry-After", "1");
	}
	return reply_json(req, "");
}

static enum err
get_metrics(struct req *req)
{
	struct buf out = buf_new(req->arena, 65536);

	metrics_print(req->conf->run_dir, req->arena, &out);
	return reply_text(req, 200, "text/plain; version=0.0.4", out.data, out.len);
}

static const struct route routes[] = {
	{ METHOD_GET, "/livez", "livez", .roles = ROLE_ANON, .rate = RATE_NONE,
	    .reply = alive_reply, .handle = get_alive, .summary = "Does the system answer at all",
	    .doc = "It asks nothing of the other programs or of the database." },
	{ METHOD_GET, "/readyz", "readyz", .roles = ROLE_ANON, .rate = RATE_NONE,
	    .reply = ready_reply, .handle = get_ready,
	    .summary = "Can the system do its work; 503 when not",
	    .doc = "Each check tells what it found." },
	{ METHOD_GET, "/metrics", "metrics", .roles = ROLE_ANON, .rate = RATE_NONE,
	    .flags = ROUTE_TEXT | ROUTE_HIDDEN, .handle = get_metrics,
	    .summary = "Counters in the Prometheus text format" },
	{ 0 },
};

static const struct route *const tables[] = { routes, NULL };
static const struct stmt_set *const sets[] = { &health_stmts, &heartbeat_stmts, NULL };
static const struct app app = { .name = "ops", .routes = tables, .sets = sets, .no_wait = true };

int
main(int argc, char **argv)
{
	return app_main(&app, argc, argv);
}
