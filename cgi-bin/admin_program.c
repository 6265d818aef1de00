/* Programs and what they stand on: how each of them is, the database, the stream of events, the jobs, the audit log. */
#include "admin_health.h"

#include "base/clock.h"
#include "base/version.h"
#include "domain/system/heartbeat.h"
#include "domain/system/job_admin.h"
#include "domain/system/job_kinds.h"
#include "domain/system/overview.h"

#include <string.h>

enum { KIB = 1024, LAG_MAX = 16 << 20 };

/* "45.2 MiB". */
static const char *
bytes_text(struct req *req, int64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	int64_t tenths = bytes * 10 / KIB;
	size_t unit = 0;

	for (; tenths >= 10 * KIB && unit + 1 < COUNT_OF(units); unit++)
		tenths /= KIB;
	return arena_printf(req->arena, "%lld.%lld %s", (long long)(tenths / 10),
	    (long long)(tenths % 10), units[unit]);
}

/* --- the programs of this machine --- */

static const struct column program_columns[] = {
	{ "name", "Program", .kind = COLUMN_TEXT },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "seen_at", "Heard of", COLUMN_TIME, .none = "never" },
	{ "began_at", "Began", COLUMN_TIME, .none = "not running" },
	{ "memory", "Memory", .kind = COLUMN_TEXT },
	{ "requests", "Requests", .kind = COLUMN_NUMBER },
	{ "failed", "Failed", .kind = COLUMN_NUMBER },
	{ "connections", "Connections", COLUMN_NUMBER, .none = "none" },
	{ "workers", "Workers", COLUMN_NUMBER, .none = "none" },
	{ "pids", "Processes", .kind = COLUMN_PROSE },
	{ 0 },
};

static void
put_time_of(struct req *req, struct json_object *row, const char *name, int64_t wall_s)
{
	char iso[CLOCK_TEXT_SIZE];

	clock_format(wall_s * SECOND_US, iso);
	page_put(row, name, iso);
	page_put_time(req, row, name, wall_s);
}

static void
put_processes(struct req *req, struct json_object *row, const struct metrics_program *seen)
{
	struct buf pids = buf_new(req->arena, 64);
	int64_t kib = seen->parent.rss_kib;
	size_t i;

	buf_printf(&pids, "%lld", (long long)seen->parent.pid);
	for (i = 0; i < seen->workers; i++) {
		buf_printf(&pids, " %lld", (long long)seen->worker[i].pid);
		kib += seen->worker[i].rss_kib;
	}
	page_put_int(row, "workers", (int64_t)seen->workers);
	page_put(row, "pids", pids.data);
	page_put(row, "memory", bytes_text(req, kib * KIB));
}

static void
put_connections(struct json_object *row, const struct rows *rows, const char *name)
{
	size_t i;

	for (i = 0; i < rows_count(rows); i++)
		if (strcmp(rows_text_of(rows, i, "program"), name) == 0)
			page_put_int(row, "connections", rows_i64_of(rows, i, "connections"));
}

static struct json_object *
program_row(struct req *req, const char *name)
{
	static const char *const states[] = { [METRICS_RUNNING] = "RUNNING",
		[METRICS_STOPPED] = "STOPPED",
		[METRICS_SILENT] = "SILENT",
		[METRICS_UNSEEN] = "NEVER_SEEN" };
	struct metrics_program *seen = arena_alloc(req->arena, sizeof(*seen));
	struct json_object *row = page_object(req);
	enum metrics_life_state state;

	(void)metrics_program(req->conf->run_dir, name, seen);
	state = metrics_state(seen, clock_steady_us());
	page_put(row, "name", name);
	page_put(row, "state", states[state]);
	page_put_int(row, "requests", seen->requests);
	page_put_int(row, "failed", seen->failed);
	if (state != METRICS_UNSEEN)
		put_time_of(req, row, "seen_at", health_seen_s(seen));
	if (state != METRICS_RUNNING)
		return row;
	put_time_of(
	    req, row, "began_at", clock_now_s() - (clock_steady_us() - seen->began_us) / SECOND_US);
	put_processes(req, row, seen);
	return row;
}

static enum err
put_programs(struct req *req, struct json_object *context)
{
	struct json_object *list = page_list(req), *row;
	const char *name;
	struct rows *rows;
	size_t i;

	TRY(overview_programs(req->db, &rows));
	for (i = 0; (name = health_program(req, i)) != NULL; i++) {
		row = program_row(req, name);
		put_connections(row, rows, name);
		page_list_add(list, row);
	}
	list_table(req, context, "Programs of this machine", program_columns, list);
	return ERR_OK;
}

/* --- what they stand on --- */

static const struct column check_columns[] = {
	{ "what", "What", COLUMN_TEXT, .link = "{url}" },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "found", "Found", .kind = COLUMN_PROSE },
	{ 0 },
};

enum found { FOUND_GOOD, FOUND_WARN, FOUND_BAD };

/* url: where more is to be seen; NULL: nowhere. */
static void
add(struct req *req, struct json_object *list, enum found state, const char *what, const char *url,
    const char *found)
{
	static const char *const states[] = { "GOOD", "LOOK_AT_IT", "BAD" };
	struct json_object *row = page_object(req);

	page_put(row, "what", what);
	page_put(row, "url", url);
	page_put(row, "state", states[state]);
	page_put(row, "found", found);
	page_list_add(list, row);
}

static void
add_schema(struct req *req, struct json_object *list, const struct rows *rows)
{
	int64_t version = rows_i64_of(rows, 0, "version"), latest = confab_schema;
	enum found found = FOUND_GOOD;

	if (version != latest)
		found = version < latest ? FOUND_BAD : FOUND_WARN;
	add(req, list, FOUND_GOOD, "Release", NULL, confab_version);
	add(req, list, found, "Schema", NULL,
	    arena_printf(req->arena, "number %lld; this release has %lld", (long long)version,
		(long long)latest));
}

static void
add_database(struct req *req, struct json_object *list, const struct rows *rows)
{
	int64_t used = rows_i64_of(rows, 0, "connections"),
		max = rows_i64_of(rows, 0, "connections_max");

	add(req, list, FOUND_GOOD, "Database", NULL,
	    arena_printf(req->arena, "PostgreSQL %s, %s", rows_text_of(rows, 0, "server_version"),
		bytes_text(req, rows_i64_of(rows, 0, "database_bytes"))));
	add(req, list, used * 10 < max * 9 ? FOUND_GOOD : FOUND_WARN, "Connections", NULL,
	    arena_printf(req->arena, "%s of %s", column_number(req->arena, used),
		column_number(req->arena, max)));
}

/* Of every events program. */
static void
add_streams(struct req *req, struct json_object *list)
{
	struct metrics_program *seen = arena_alloc(req->arena, sizeof(*seen));
	const char *name;
	size_t i;

	for (i = 0; (name = health_program(req, i)) != NULL; i++) {
		int64_t lag;

		if (strncmp(name, "events", strlen("events")) != 0)
			continue;
		(void)metrics_program(req->conf->run_dir, name, seen);
		lag = seen->values[METRIC_STREAM_LAG_BYTES];
		if (seen->values[METRIC_STREAM_CONNECTED] == 0)
			add(req, list, FOUND_BAD, arena_printf(req->arena, "Stream of %s", name),
			    NULL, "not connected: events arrive late");
		else
			add(req, list, lag < LAG_MAX ? FOUND_GOOD : FOUND_WARN,
			    arena_printf(req->arena, "Stream of %s", name), NULL,
			    arena_printf(req->arena, "connected, %s behind; %s who wait",
				bytes_text(req, lag),
				column_number(req->arena,
				    seen->values[METRIC_POLLS_PARKED] +
					seen->values[METRIC_STREAMS_OPEN])));
	}
}

static enum err
add_worker(struct req *req, struct json_object *list)
{
	struct heartbeat beat;

	TRY(heartbeat_look(req->db, req->conf->worker_silent_s, &beat));
	add(req, list, beat.good ? FOUND_GOOD : FOUND_BAD, "Heartbeat of the worker", NULL,
	    beat.lanes[0] == '\0'
		? beat.text
		: arena_printf(req->arena, "%s; lanes and rounds: %s", beat.text, beat.lanes));
	return ERR_OK;
}

static enum err
add_jobs(struct req *req, struct json_object *list)
{
	struct job_tally tallies[LANE__COUNT];
	int64_t oldest_s = 0, dead, ready = 0;
	struct rows *rows;
	size_t i;

	TRY(overview_waiting(req->db, LIST_COUNT_MAX, &rows));
	dead =
	    rows_i64_of(rows, 0, "jobs"); /* also those of kinds that this release does not know */
	TRY(job_count(req->db, job_kinds, tallies));
	for (i = 0; i < LANE__COUNT; i++) {
		ready += tallies[i].ready;
		if (tallies[i].oldest_s > oldest_s)
			oldest_s = tallies[i].oldest_s;
	}
	add(req, list, oldest_s < 60 ? FOUND_GOOD : FOUND_WARN, "Jobs that wait",
	    "/admin/jobs?state=READY",
	    oldest_s == 0
		? arena_printf(req->arena, "%s, none is due", column_number(req->arena, ready))
		: arena_printf(req->arena, "%s; the oldest has been due for %s s",
		      column_number(req->arena, ready), column_number(req->arena, oldest_s)));
	add(req, list, dead == 0 ? FOUND_GOOD : FOUND_WARN, "Jobs given up",
	    "/admin/jobs?state=DEAD", column_number(req->arena, dead));
	return ERR_OK;
}

static enum err
add_audit(struct req *req, struct json_object *list)
{
	struct json_object *check;
	struct rows *rows;
	const char *state, *at;
	enum found found = FOUND_GOOD;
	enum err err = audit_check_latest(req->db, &rows);

	if (err == ERR_NOT_FOUND)
		add(req, list, FOUND_WARN, "Check of the audit log", "/admin/audit",
		    "the whole log was never checked");
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	check = page_row(req, rows, 0);
	state = column_text(check, "state");
	at = column_text(check, "done_at_text");
	if (strcmp(state, "BROKEN") == 0)
		found = FOUND_BAD;
	else if (strcmp(state, "FAILED") == 0)
		found = FOUND_WARN;
	add(req, list, found, "Check of the audit log", "/admin/audit",
	    arena_printf(req->arena, "%s, %s rows, %s", column_word(req->arena, state),
		column_text(check, "checked_text"),
		at != NULL ? at : column_text(check, "asked_at_text")));
	return ERR_OK;
}

/* Built in, so that the system works without an account anywhere. */
static void
add_built_in(struct req *req, struct json_object *list)
{
	bool echo = strcmp(req->conf->ai_provider, "echo") == 0,
	     production = strcmp(req->conf->environment, "production") == 0;

	add(req, list, echo && production ? FOUND_WARN : FOUND_GOOD, "Assistant", "/admin/settings",
	    echo ? "echo, which is built in and repeats what is said" : req->conf->ai_provider);
}

static enum err
put_checks(struct req *req, struct json_object *context)
{
	struct json_object *list = page_list(req);
	struct rows *rows;

	TRY(overview_database(req->db, &rows));
	add_schema(req, list, rows);
	add_database(req, list, rows);
	add_streams(req, list);
	TRY(add_worker(req, list));
	TRY(add_jobs(req, list));
	TRY(add_audit(req, list));
	add_built_in(req, list);
	list_table(req, context, "What they stand on", check_columns, list);
	return ERR_OK;
}

static const struct column slot_columns[] = {
	{ "name", "Slot", .kind = COLUMN_CODE },
	{ "type", "Type", .kind = COLUMN_TEXT },
	{ "active", "Read now", .kind = COLUMN_BOOL },
	{ "lag", "Behind", COLUMN_TEXT, .none = "nothing is kept" },
	{ 0 },
};

static enum err
put_slots(struct req *req, struct json_object *context)
{
	struct json_object *list = page_list(req), *row;
	struct rows *rows;
	size_t i;

	TRY(overview_slots(req->db, &rows));
	for (i = 0; i < rows_count(rows); i++) {
		row = page_row(req, rows, i);
		if (rows_text_of(rows, i, "lag_bytes") != NULL)
			page_put(row, "lag", bytes_text(req, rows_i64_of(rows, i, "lag_bytes")));
		page_list_add(list, row);
	}
	if (rows_count(rows) > 0)
		list_table(req, context, "Replication slots", slot_columns, list);
	return ERR_OK;
}

static enum err
get_programs(struct req *req)
{
	struct json_object *context = page_object(req);

	page_put(context, "title", "Programs");
	health_notices(req, context);
	TRY(put_programs(req, context));
	TRY(put_checks(req, context));
	TRY(put_slots(req, context));
	return panel_reply(req, "room", "programs", context);
}

static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};

const struct route admin_program_routes[] = {
	{ METHOD_GET, "/admin/programs", "panel_programs", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = ROUTE_PAGE | ROUTE_HIDDEN, .query = done_query, .handle = get_programs,
	    .summary = "Programs and their health" },
	{ 0 },
};
