#include "panel/record.h"

#include "domain/people/desk.h"

#include <string.h>

enum { SOURCES_MAX = 12 };

static const struct {
	const char *source, *link;
} links[] = {
	{ "audit", "/admin/audit?request={ref}" },
	{ "decision", "/admin/decisions/{ref}/undo" },
	{ "report", "/admin/reports/{id}" },
	{ "session", "/admin/sessions/{id}" },
};

struct json_object *
record_facts(struct req *req, const struct column *column, struct json_object *row)
{
	struct json_object *cells = page_list(req), *cell;
	static const char *const shown[] = { "plain", "time", "state", "tags", "items", "as_code",
		"none" };
	size_t i;

	for (; column != NULL && column->name != NULL; column++) {
		cell = column_cell(req, column, row);
		for (i = 0; i < COUNT_OF(shown); i++)
			if (json_object_object_get(cell, shown[i]) != NULL)
				break;
		if (i < COUNT_OF(shown))
			page_list_add(cells, cell);
	}
	return cells;
}

static void
put_head(struct req *req, const struct record *record, struct json_object *row,
    struct json_object *context)
{
	struct json_object *badges = page_list(req), *badge;
	const char *warning = record->warning != NULL ? column_text(row, record->warning) : NULL;
	size_t i;

	for (i = 0; i < RECORD_BADGES_MAX && record->badges[i] != NULL; i++) {
		const char *code = column_text(row, record->badges[i]);

		if (code == NULL)
			continue;
		badge = page_object(req);
		page_put(badge, "code", code);
		page_put(badge, "word", column_word(req->arena, code));
		page_list_add(badges, badge);
	}
	page_put(context, "title",
	    column_text(row, record->title != NULL ? record->title : record->list->columns->name));
	page_put_object(context, "badges", badges);
	page_put(context, "crumb_url", record->list->path);
	page_put(context, "crumb", record->list->title);
	if (warning != NULL && warning[0] != '\0')
		(void)list_notice(req, context, NOTICE_ALERT,
		    arena_printf(req->arena, "%s: %s", record->warning_label, warning));
}

static enum err
put_related(
    struct req *req, const struct record *record, const char *id, struct json_object *context)
{
	struct json_object *all = page_list(req), *one;
	const struct record_related *related = record->related;

	for (; related != NULL && related->title != NULL; related++) {
		TRY(list_related(req, related->list, related->filter, id, &one));
		page_put(one, "related_title", related->title);
		page_list_add(all, one);
	}
	page_put_object(context, "related", all);
	return ERR_OK;
}

/* --- notes, and who looks after it --- */

static void
put_notes(struct req *req, const struct rows *notes, struct json_object *desk)
{
	struct json_object *list = page_rows(req, notes, DESK_NOTES), *note;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		note = json_object_array_get_idx(list, i);
		page_put(note, "who_url", column_link(req, "/admin/users/{who_id}", note));
	}
	page_put_object(desk, "notes", list);
	if (rows_count(notes) > DESK_NOTES)
		page_put(desk, "more", arena_printf(req->arena, "The newest %d notes.", DESK_NOTES));
}

/* As "desk"; act_bar hangs the acts into it that belong there. */
static enum err
put_desk(struct req *req, const char *kind, const char *id, struct json_object *context)
{
	struct json_object *desk;
	struct rows *rows;

	TRY(desk_assignee(req->db, kind, id, &rows));
	desk = rows_count(rows) > 0 ? page_row(req, rows, 0) : page_object(req);
	page_put(desk, "assignee", column_text(desk, "admin"));
	page_put(desk, "assignee_url", column_link(req, "/admin/users/{admin_id}", desk));
	TRY(desk_notes(req->db, id, &rows));
	put_notes(req, rows, desk);
	page_put_object(context, "desk", desk);
	return ERR_OK;
}

/* --- the timeline --- */

/* What one source gave, and how far it was taken. */
struct source {
	const struct timeline_source *from;
	struct rows *rows;
	size_t next;
};

static const char *
at_of(const struct source *source)
{
	return rows_text_of(source->rows, source->next, "at");
}

/* The source whose next row is the newest; NULL when all are taken. The server writes times of one zone so that
 * they sort as text. */
static struct source *
newest(struct source *sources, size_t count)
{
	struct source *found = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (sources[i].next < rows_count(sources[i].rows) &&
		    (found == NULL || strcmp(at_of(&sources[i]), at_of(found)) > 0))
			found = &sources[i];
	return found;
}

static struct json_object *
event_of(struct req *req, const struct source *source)
{
	struct json_object *row = page_row(req, source->rows, source->next);
	size_t i;

	page_put(row, "kind", source->from->name);
	for (i = 0; i < COUNT_OF(links); i++)
		if (strcmp(links[i].source, source->from->name) == 0)
			page_put(row, "event_url", column_link(req, links[i].link, row));
	if (column_text(row, "who_id") != NULL)
		page_put(row, "who_url", column_link(req, "/admin/users/{who_id}", row));
	return row;
}

static enum err
put_timeline(
    struct req *req, const struct record *record, const char *id, struct json_object *context)
{
	struct json_object *events = page_list(req);
	const struct timeline_source *from =
	    record->timeline != NULL ? record->timeline : timeline_thing;
	struct source sources[SOURCES_MAX] = { 0 }, *source;
	size_t count, taken;

	for (count = 0; from[count].name != NULL; count++) {
		assert(count < SOURCES_MAX);
		sources[count].from = &from[count];
		TRY(timeline_read(
		    req->db, sources[count].from, id, RECORD_EVENTS, &sources[count].rows));
	}
	for (taken = 0; taken < RECORD_EVENTS && (source = newest(sources, count)) != NULL; taken++) {
		page_list_add(events, event_of(req, source));
		source->next++;
	}
	page_put_object(context, "events", events);
	page_put(context, "audit_url", arena_printf(req->arena, "/admin/audit?target=%s", id));
	return ERR_OK;
}

enum err
record_show(struct req *req, const struct record *record, const char *id, struct json_object *row,
    struct json_object *context)
{
	put_head(req, record, row, context);
	page_put_object(context, "facts",
	    record_facts(req, record->facts != NULL ? record->facts : record->list->columns, row));
	page_put_object(context, "texts", record_facts(req, record->texts, row));
	TRY(put_related(req, record, id, context));
	if (record->desk != NULL)
		TRY(put_desk(req, record->desk, id, context));
	return put_timeline(req, record, id, context);
}
