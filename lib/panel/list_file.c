/* A list's rows as CSV: the file half of list.h. */
#include "panel/list_view.h"

#include "domain/system/audit.h"
#include "web/reply.h"

#include <string.h>

/* A value in quotes where it must be. What a spreadsheet would run, because of how it begins, is made a text. */
static void
put_value(struct buf *out, const char *text, bool first)
{
	bool formula = *text != '\0' && strchr("=+-@\t\r", *text) != NULL;

	buf_puts(out, first ? "" : ",");
	if (!formula && strpbrk(text, ",\"\r\n") == NULL) {
		buf_puts(out, text);
		return;
	}
	buf_puts(out, formula ? "\"'" : "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_putc(out, '"');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

static void
put_head(const struct list_view *view, struct buf *out)
{
	const struct column *column;
	bool first = true;

	for (column = view->list->columns; column->name != NULL; column++) {
		if (!list_view_has(view, column, true))
			continue;
		put_value(out, column->name, first);
		first = false;
	}
	buf_puts(out, "\r\n");
}

static void
put_row(const struct list_view *view, const struct rows *rows, size_t row, struct buf *out)
{
	const struct column *column;
	bool first = true;

	for (column = view->list->columns; column->name != NULL; column++) {
		if (!list_view_has(view, column, true))
			continue;
		put_value(out,
		    column_plain(view->req, column, rows_text_of(rows, row, column->name)), first);
		first = false;
	}
	buf_puts(out, "\r\n");
}

/* Every column that is asked for is one of the list. */
static enum err
check_columns(const struct list_view *view)
{
	const struct column *column;
	struct json_object *columns = NULL;
	size_t found = 0;

	(void)json_object_object_get_ex(view->req->query, "columns", &columns);
	if (columns == NULL)
		return ERR_OK;
	for (column = view->list->columns; column->name != NULL; column++)
		found += list_view_has(view, column, true);
	return found == json_object_array_length(columns)
	    ? ERR_OK
	    : req_invalid(view->req, "columns", "must be columns of this list, each once");
}

/* Who took what out, and how much of it. */
static enum err
note_export(const struct list_view *view, size_t rows)
{
	struct req *req = view->req;
	const struct audit_by by = { req->caller.user_id, req->id };
	struct buf detail = buf_new(req->arena, 256);

	buf_puts(&detail, "{\"list\": ");
	buf_json(&detail, view->list->name);
	buf_puts(&detail, ", \"view\": ");
	buf_json(&detail, list_view_query(view, NULL, NULL, NULL));
	buf_printf(&detail, ", \"rows\": %zu}", rows);
	return audit_add(
	    req->db, &by, &(struct audit_entry){ "list.export", "list", NULL, detail.data });
}

static enum err
read_rows(struct list_view *view, struct list_page *page)
{
	const char *zone = query_text(view->req, "zone");
	enum err err = zone != NULL ? list_zone(view->req->db, zone) : ERR_OK;

	if (err == ERR_VALIDATION)
		return req_invalid(view->req, "zone", "is not a zone of the IANA list");
	TRY(err);
	view->wanted.limit = LIST_FILE_ROWS_MAX;
	return list_read(view->req->db, view->list->source, &view->wanted, page);
}

enum err
list_file(struct req *req, const struct list *list)
{
	struct buf out = buf_new_bounded(req->arena, 65536, REPLY_BYTES_MAX);
	struct list_view view;
	struct list_page page;
	size_t i;

	TRY(list_enter(req, list));
	if (req->reply.finished)
		return ERR_OK;
	TRY(list_view_read(req, list, &view));
	TRY(check_columns(&view));
	TRY(read_rows(&view, &page));
	put_head(&view, &out);
	for (i = 0; i < page.count && !out.over; i++)
		put_row(&view, page.rows, list_row(&page, i), &out);
	if (out.over)
		return ERR_REPLY_TOO_LARGE;
	TRY(note_export(&view, page.count));
	reply_header(req, "Content-Disposition",
	    arena_printf(req->arena, "attachment; filename=\"%s.csv\"", list->name));
	return reply_text(req, 200, "text/csv; charset=utf-8; header=present", out.data, out.len);
}
