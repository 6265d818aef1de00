#include "panel/queue.h"

#include "domain/system/overview.h"
#include "panel/act.h"
#include "panel/nav.h"

#include <string.h>

enum { UNDOABLE_MAX = 5 };

/* The page being made. */
struct view {
	struct req *req;
	const struct queue *queue;
	const char *path; /* of the queue */
	const char *id; /* the item */
	struct json_object *item; /* its row */
	struct json_object *context, *parts;
};

/* --- evidence --- */

static void
put_facts(struct view *view, const struct queue_part *from, struct json_object *rows,
    struct json_object *part)
{
	struct json_object *cards = page_list(view->req), *card, *row;
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		card = page_object(view->req);
		if (from->heading != NULL)
			page_put(card, "heading", column_text(row, from->heading));
		page_put_object(card, "facts", record_facts(view->req, from->columns, row));
		page_list_add(cards, card);
	}
	page_put_bool(part, "several", json_object_array_length(rows) > 1);
	page_put_object(part, "cards", cards);
}

static void
put_messages(struct json_object *messages, struct json_object *part)
{
	page_put_object(part, "messages", messages);
	page_put_bool(part, "has_messages", json_object_array_length(messages) > 0);
}

static void
put_part(struct view *view, const struct queue_part *from, const struct rows *rows)
{
	struct json_object *part = page_object(view->req),
			   *shown = page_rows(view->req, rows, (size_t)from->limit);

	if (rows_count(rows) == 0 && from->empty == NULL)
		return;
	page_put(part, "part", from->title);
	page_put(part, "none", rows_count(rows) == 0 ? from->empty : NULL);
	if (from->more != NULL &&
	    (rows_count(rows) > (size_t)from->limit || from->shape == QUEUE_TALK))
		page_put(part, "more_url", column_link(view->req, from->more, view->item));
	if (from->shape == QUEUE_TALK)
		put_messages(shown, part);
	else if (from->shape == QUEUE_FACTS)
		put_facts(view, from, shown, part);
	else if (rows_count(rows) > 0)
		list_table(view->req, part, from->title, from->columns, shown);
	page_list_add(view->parts, part);
}

static enum err
read_part(struct view *view, const struct queue_part *from, struct rows **rows)
{
	return db_rows(view->req->db, rows, *from->stmt, db_text(view->id), db_i64(from->limit + 1));
}

/* A private conversation being read for an item. */
struct reading {
	struct view *view;
	const struct queue_part *part;
	struct rows *rows; /* NULL: there is no conversation */
};

/* Nothing is read without its entry in the audit log. */
static enum err
read_in_tx(struct db *db, void *arg)
{
	struct reading *reading = arg;
	struct req *req = reading->view->req;
	const struct audit_by by = { req->caller.user_id, req->id };
	bool has;

	reading->rows = NULL;
	TRY(queue_open(db, reading->view->queue->source, &by, reading->view->id, &has));
	return has ? read_part(reading->view, reading->part, &reading->rows) : ERR_OK;
}

static enum err
put_talk(struct view *view, const struct queue_part *part)
{
	struct reading reading = { .view = view, .part = part };

	TRY(db_tx(view->req->db, read_in_tx, &reading));
	if (reading.rows != NULL)
		put_part(view, part, reading.rows);
	return ERR_OK;
}

static enum err
put_parts(struct view *view)
{
	const struct queue_part *part = view->queue->parts;
	struct rows *rows;

	TRY(read_part(view, part, &rows));
	if (rows_count(rows) == 0)
		return ERR_NOT_FOUND;
	view->item = page_row(view->req, rows, 0);
	view->parts = page_list(view->req);
	put_part(view, part, rows);
	for (part++; part->title != NULL; part++) {
		if (part->shape == QUEUE_TALK) {
			TRY(put_talk(view, part));
			continue;
		}
		TRY(read_part(view, part, &rows));
		put_part(view, part, rows);
	}
	page_put_object(view->context, "parts", view->parts);
	return ERR_OK;
}

/* --- decisions --- */

/* "Also the 3 other reports about the same person"; NULL: there are none. */
static const char *
together_label(const struct view *view)
{
	const struct queue *queue = view->queue;
	struct json_object *others;
	int64_t count;

	if (queue->others == NULL || !json_object_object_get_ex(view->item, queue->others, &others))
		return NULL;
	count = json_object_get_int64(others);
	if (count == 0)
		return NULL;
	if (count == 1)
		return arena_printf(
		    view->req->arena, "Also the other open %s about the same person", queue->one);
	return arena_printf(view->req->arena, "Also the %s other open %s about the same person",
	    column_number(view->req->arena, count), queue->many);
}

static enum err
put_acts(struct view *view)
{
	const struct act_desk desk = { .back = view->path,
		.keys = view->queue->keys,
		.together = view->queue->together,
		.together_label = together_label(view) };
	const char *decided;

	TRY(queue_decided(view->req->db, view->id, &decided));
	if (decided != NULL) {
		(void)list_notice(view->req, view->context, NOTICE_WARN,
		    arena_printf(view->req->arena,
			"“%s” was decided and takes effect within ten seconds.", decided));
		return ERR_OK;
	}
	TRY(act_queue(view->req, view->context, view->queue->kind, view->id, &desk));
	if (json_object_array_length(json_object_object_get(view->context, "acts")) == 0)
		(void)list_notice(view->req, view->context, NOTICE_WARN,
		    "Nothing is to be decided here any more.");
	return ERR_OK;
}

/* What was decided just now, but for that which the message speaks of. */
static enum err
put_undoable(struct view *view)
{
	struct json_object *list = page_list(view->req), *one, *decision;
	const char *of = query_text(view->req, "of");
	struct rows *rows;
	size_t i;

	TRY(queue_undoable(view->req->db, view->req->caller.user_id, UNDOABLE_MAX, &rows));
	for (i = 0; i < rows_count(rows); i++) {
		decision = page_row(view->req, rows, i);
		if (of != NULL && strcmp(of, column_text(decision, "id")) == 0)
			continue;
		one = page_object(view->req);
		page_put(one, "undo",
		    arena_printf(
			view->req->arena, "/admin/decisions/%s/undo", column_text(decision, "id")));
		page_put_object(one, "decision", decision);
		page_list_add(list, one);
	}
	page_put_object(view->context, "undoable", list);
	page_put_bool(view->context, "has_undoable", json_object_array_length(list) > 0);
	return ERR_OK;
}

/* --- the page --- */

static enum err
put_waiting(struct view *view)
{
	const struct queue *queue = view->queue;
	struct arena *arena = view->req->arena;
	struct rows *rows;
	int64_t count;

	TRY(overview_waiting(view->req->db, NAV_COUNT_MAX, &rows));
	count = rows_i64_of(rows, 0, queue->waiting);
	page_put(view->context, "waiting_said",
	    count >= NAV_COUNT_MAX
		? arena_printf(arena, "%d+ %s wait", NAV_COUNT_MAX - 1, queue->many)
		: arena_printf(arena, "%lld %s", (long long)count,
		      count == 1 ? arena_printf(arena, "%s waits", queue->one)
				 : arena_printf(arena, "%s wait", queue->many)));
	return ERR_OK;
}

static enum err
put_frame(struct view *view)
{
	const struct queue *queue = view->queue;

	view->path = arena_printf(view->req->arena, "/admin/queue/%s", queue->source->name);
	page_put(view->context, "title", queue->title);
	page_put(view->context, "crumb", queue->list->title);
	page_put(view->context, "crumb_url", queue->list->path);
	page_put(view->context, "queue_path", view->path);
	page_put(view->context, "empty_text", queue->done);
	TRY(put_waiting(view));
	return put_undoable(view);
}

static void
put_head(struct view *view)
{
	struct json_object *badges = page_list(view->req), *badge;
	const char *const *name;

	for (name = view->queue->badges;
	     name < view->queue->badges + RECORD_BADGES_MAX && *name != NULL; name++) {
		const char *code = column_text(view->item, *name);

		badge = page_object(view->req);
		page_put(badge, "code", code);
		page_put(badge, "word", column_word(view->req->arena, code));
		page_list_add(badges, badge);
	}
	page_put(view->context, "title", column_text(view->item, view->queue->heading));
	page_put_object(view->context, "badges", badges);
	page_put(view->context, "item", view->id);
	page_put(view->context, "skip_url",
	    arena_printf(view->req->arena, "%s?skip=%s", view->path, view->id));
	page_put(view->context, "record_url",
	    arena_printf(view->req->arena, "%s/%s", view->queue->list->path, view->id));
}

static enum err
show(struct view *view)
{
	TRY(put_frame(view));
	if (view->id == NULL)
		return ERR_OK;
	TRY(put_parts(view));
	put_head(view);
	return put_acts(view);
}

/* What is to come, in a transaction. */
struct going {
	const struct queue *queue;
	const char *admin_id, *skip, *id; /* id: NULL when nothing waits */
	bool again;
};

static enum err
go_in_tx(struct db *db, void *arg)
{
	struct going *going = arg;
	const struct queue_source *source = going->queue->source;
	enum err err;

	going->id = NULL;
	if (going->skip != NULL)
		TRY(queue_skip(db, source, going->admin_id, going->skip));
	err = queue_next(db, source, going->admin_id, &going->id, &going->again);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
queue_show_next(
    struct req *req, const struct queue *queue, const char *skip, struct json_object *context)
{
	struct going going = { .queue = queue, .admin_id = req->caller.user_id, .skip = skip };
	struct view view = { .req = req, .queue = queue, .context = context };

	TRY(db_tx(req->db, go_in_tx, &going));
	view.id = going.id;
	if (going.id != NULL && going.again && skip != NULL)
		(void)list_notice(req, context, NOTICE_GOOD,
		    "You have skipped all that is left: it comes again from the first.");
	return show(&view);
}

enum err
queue_show(struct req *req, const struct queue *queue, const char *id, struct json_object *context)
{
	struct view view = { .req = req, .queue = queue, .id = id, .context = context };
	const char *other;

	TRY(queue_take(req->db, queue->source, req->caller.user_id, id, &other));
	if (other != NULL)
		(void)list_notice(req, context, NOTICE_WARN,
		    arena_printf(req->arena, "%s looks at this now.", other));
	return show(&view);
}
