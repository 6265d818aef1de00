/* Jobs: what waits in each lane, what was given up, and what is done about it. */
#include "admin.h"

#include "base/str.h"
#include "domain/system/job_admin.h"
#include "domain/system/job_kinds.h"

#include <string.h>

static const struct column lane_columns[] = {
	{ "name", "Lane", .kind = COLUMN_TEXT },
	{ "doc", "For", .kind = COLUMN_TEXT },
	{ "ready", "Waiting", .kind = COLUMN_NUMBER },
	{ "running", "Running", .kind = COLUMN_NUMBER },
	{ "dead", "Given up", .kind = COLUMN_NUMBER },
	{ "oldest_s", "Oldest due", COLUMN_NUMBER, .tail = "s" },
	{ 0 },
};

/* A row a lane. */
static enum err
put_lanes(struct req *req, struct json_object *context)
{
	struct json_object *list = page_list(req), *item;
	struct job_tally tallies[LANE__COUNT];
	size_t i;

	TRY(job_count(req->db, job_kinds, tallies));
	for (i = 0; i < LANE__COUNT; i++) {
		item = page_object(req);
		page_put(item, "name", lanes[i].name);
		page_put(item, "doc", lanes[i].doc);
		page_put_int(item, "ready", tallies[i].ready);
		page_put_int(item, "running", tallies[i].running);
		page_put_int(item, "dead", tallies[i].dead);
		page_put_int(item, "oldest_s", tallies[i].oldest_s);
		page_list_add(list, item);
	}
	list_table(req, context, "Lanes", lane_columns, list);
	return ERR_OK;
}

/* The lanes; and of those given up, each kind with the form that has all of it tried anew. */
static enum err
above(struct req *req, struct json_object *context)
{
	const char *state = query_text(req, "state");
	struct rows *rows;

	TRY(put_lanes(req, context));
	if (state == NULL || strcmp(state, "DEAD") != 0)
		return ERR_OK;
	TRY(job_dead_kinds(req->db, &rows));
	page_put_object(context, "dead_kinds", page_rows(req, rows, LIST_ROWS));
	return ERR_OK;
}

/* is_dead and so on. */
static bool
is_shown(const struct job_kind *kind, const char *member)
{
	const char *const *shown;

	for (shown = kind == NULL ? NULL : kind->shown; shown != NULL && *shown != NULL; shown++)
		if (strcmp(*shown, member) == 0)
			return true;
	return false;
}

/* The payload; the values of those members only that the kind says may be shown. */
static struct json_object *
payload_shown(struct req *req, const struct job_kind *kind, struct json_object *payload)
{
	struct json_object *shown = page_object(req);

	if (!json_object_is_type(payload, json_type_object))
		return shown;
	json_object_object_foreach (payload, name, value)
		page_put(shown, name,
		    !is_shown(kind, name) ? "not shown"
			: value == NULL	  ? ""
					  : json_object_get_string(value));
	return shown;
}

static const struct column job_facts[] = {
	{ "id", "Id", .kind = COLUMN_CODE },
	{ "lane", "Lane", COLUMN_TEXT, .none = "none: this release does not know the kind" },
	{ "attempts", "Tries", .kind = COLUMN_NUMBER },
	{ "tries_max", "Tries at most", .kind = COLUMN_NUMBER },
	{ "key", "Key", .kind = COLUMN_CODE },
	{ "created_at", "Asked for", .kind = COLUMN_TIME },
	{ "began_at", "Last try began", .kind = COLUMN_TIME },
	{ "run_at", "Due", .kind = COLUMN_MOMENT },
	{ "lease_until", "Ended at the latest", .kind = COLUMN_TEXT },
	{ "done_at", "Ended", .kind = COLUMN_TIME },
	{ 0 },
};
static const struct column job_texts[] = {
	{ "payload_shown", "Payload", .kind = COLUMN_DETAILS },
	{ 0 },
};
static const struct record job_record = {
	.list = &admin_jobs,
	.title = "kind",
	.badges = { "state" },
	.warning = "last_error",
	.warning_label = "Last error",
	.facts = job_facts,
	.texts = job_texts,
	.timeline = timeline_thing,
};

static enum err
get_job(struct req *req)
{
	struct json_object *context = page_object(req), *job, *payload = NULL;
	const struct job_kind *kind;
	struct rows *rows;

	TRY(job_get(req->db, req->params[0], &rows));
	job = page_row(req, rows, 0);
	kind = job_kind_find(job_kinds, rows_text_of(rows, 0, "kind"));
	(void)json_object_object_get_ex(job, "payload", &payload);
	if (kind != NULL)
		page_put(job, "lane",
		    arena_printf(req->arena, "%s, at most %d s a try", lanes[kind->lane].name,
			kind->limit_s));
	page_put_object(job, "payload_shown", payload_shown(req, kind, payload));
	page_put_int(context, "kept_days", JOB_DEAD_DAYS);
	TRY(record_show(req, &job_record, req->params[0], job, context));
	TRY(act_bar(req, context, &job_kind_of_acts, req->params[0]));
	return panel_reply(req, "record", "jobs", context);
}

static const struct column list_columns[] = {
	{ "kind", "Kind", COLUMN_TEXT, .link = "/admin/jobs/{id}" },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "attempts", "Tries", .kind = COLUMN_NUMBER },
	{ "last_error", "Last error", COLUMN_PROSE, .none = "none" },
	{ "created_at", "Asked for", COLUMN_TIME, .sort = "asked" },
	{ "due_at", "Due", .kind = COLUMN_TIME },
	{ "done_at", "Ended", .kind = COLUMN_TIME },
	{ "key", "Key", COLUMN_CODE, .file_only = true },
	{ "tries_max", "Tries at most", COLUMN_NUMBER, .file_only = true },
	{ "began_at", "Began", COLUMN_TIME, .file_only = true },
	{ "id", "Id", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const struct field list_query[] = {
	PANEL_DONE,
	LIST_FIELDS,
	{ "kind", FIELD_TEXT, .max = 64, .doc = "Kind" },
	{ "state", FIELD_ENUM, .one_of = job_states, .doc = "State" },
	{ "from", FIELD_DATE, .doc = "Asked for from" },
	{ "to", FIELD_DATE, .doc = "Asked for until" },
	{ 0 },
};
const struct list admin_jobs = {
	.name = "jobs",
	.path = "/admin/jobs",
	.title = "Jobs",
	.one = "job",
	.many = "jobs",
	.source = &job_all,
	.acts = &job_kind_of_acts,
	.columns = list_columns,
	.query = list_query,
	.tabs = "state",
	.start = "state=DEAD",
	.empty = "A job that failed as often as its kind may be tried waits under Dead for 30 days.",
	.above = above,
};
static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};
enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_job_routes[] = {
	LIST_ROUTES("/admin/jobs", "panel_jobs", list_query, "Page of the jobs"),
	{ METHOD_GET, "/admin/jobs/{id}", "panel_job", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .query = done_query, .handle = get_job, .summary = "Page of one job" },
	{ 0 },
};
