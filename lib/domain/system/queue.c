#include "domain/system/queue.h"

#include "domain/talk/conversation_admin.h"

#include <string.h>

enum { LOCK, FORGET, AGAIN, LOOK, OTHER, DECIDED, UNDOABLE };

static const struct stmt stmts[] = {
	/* Two who ask at once are given an item one after the other. */
	[LOCK] = { "queue_lock", 1, "SELECT pg_advisory_xact_lock(hashtext('queue ' || $1))" },
	/* One matter at a time; what was skipped is kept until it comes in its turn again. */
	[FORGET] = { "queue_forget", 2,
	    "DELETE FROM queue_look WHERE queue = $1 AND admin_id = $2 AND (NOT skipped"
	    " OR at <= app_now() - " QUEUE_SKIP_S " * interval '1 s')",
	    false },
	[AGAIN] = { "queue_again", 2,
	    "DELETE FROM queue_look WHERE queue = $1 AND admin_id = $2 AND skipped", false },
	[LOOK] = { "queue_look_at", 5,
	    "INSERT INTO queue_look (queue, admin_id, matter_id, item_id, skipped)"
	    " VALUES ($1, $2, $3, $4, $5::boolean) ON CONFLICT (queue, admin_id, matter_id)"
	    " DO UPDATE SET item_id = excluded.item_id, skipped = excluded.skipped, at = app_now()",
	    false },
	[OTHER] = { "queue_other", 3,
	    "SELECT u.display_name FROM queue_look q JOIN user_account u ON u.id = q.admin_id"
	    " WHERE q.queue = $1 AND q.matter_id = $3 AND q.admin_id <> $2 AND NOT q.skipped"
	    " AND q.at > app_now() - " QUEUE_LOOK_S " * interval '1 s' ORDER BY q.at LIMIT 1",
	    true },
	[DECIDED] = { "queue_decided", 1,
	    "SELECT what FROM decision WHERE subject_id = $1 AND state = 'PENDING'", true },
	/* Of the newest twenty, so that it costs the same after a hundred thousand. */
	[UNDOABLE] = { "queue_undoable", 2,
	    "SELECT d.id, d.what AS name, d.subject_id, d.effective_at FROM (SELECT * FROM decision"
	    " WHERE decided_by = $1 ORDER BY id DESC LIMIT 20) d WHERE d.state = 'PENDING'"
	    " ORDER BY d.id DESC LIMIT $2::bigint",
	    true },
};
STMT_SET(queue_stmts, stmts);

static enum err
look(struct db *db, const struct queue_source *source, const char *admin_id, const char *matter_id,
    const char *item_id, bool skipped)
{
	return db_exec(db, &stmts[LOOK], db_text(source->name), db_text(admin_id),
	    db_text(matter_id), db_text(item_id), db_bool(skipped));
}

static enum err
find_next(struct db *db, const struct queue_source *source, const char *admin_id,
    struct rows **rows, bool *again)
{
	enum err err = db_one(db, rows, source->next, db_text(source->name), db_text(admin_id));

	*again = err == ERR_NOT_FOUND;
	if (!*again)
		return err;
	TRY(db_exec(db, &stmts[AGAIN], db_text(source->name), db_text(admin_id)));
	return db_one(db, rows, source->next, db_text(source->name), db_text(admin_id));
}

enum err
queue_next(struct db *db, const struct queue_source *source, const char *admin_id,
    const char **item_id, bool *again)
{
	struct rows *rows;

	TRY(db_exec(db, &stmts[LOCK], db_text(source->name)));
	TRY(db_exec(db, &stmts[FORGET], db_text(source->name), db_text(admin_id)));
	TRY(find_next(db, source, admin_id, &rows, again));
	*item_id = rows_text_of(rows, 0, "id");
	return look(db, source, admin_id, rows_text_of(rows, 0, "matter_id"), *item_id, false);
}

/* An item and who acts on it, in a transaction. */
struct taking {
	const struct queue_source *source;
	const char *admin_id, *item_id;
	const char **other;
};

static enum err
take_in_tx(struct db *db, void *arg)
{
	struct taking *taking = arg;
	const struct queue_source *source = taking->source;
	struct rows *matter, *other;
	const char *id;

	TRY(db_one(db, &matter, source->matter, db_text(taking->item_id)));
	id = rows_only(matter);
	TRY(db_exec(db, &stmts[LOCK], db_text(source->name)));
	TRY(db_rows(db, &other, &stmts[OTHER], db_text(source->name), db_text(taking->admin_id),
	    db_text(id)));
	*taking->other = rows_count(other) > 0 ? rows_only(other) : NULL;
	if (*taking->other != NULL)
		return ERR_OK;
	TRY(db_exec(db, &stmts[FORGET], db_text(source->name), db_text(taking->admin_id)));
	return look(db, source, taking->admin_id, id, taking->item_id, false);
}

enum err
queue_take(struct db *db, const struct queue_source *source, const char *admin_id,
    const char *item_id, const char **other)
{
	struct taking taking = { source, admin_id, item_id, other };

	return db_tx(db, take_in_tx, &taking);
}

enum err
queue_skip(
    struct db *db, const struct queue_source *source, const char *admin_id, const char *item_id)
{
	struct rows *matter;

	TRY(db_one(db, &matter, source->matter, db_text(item_id)));
	return look(db, source, admin_id, rows_only(matter), item_id, true);
}

/* Once for each reason while it is open: who comes back to the item reads the same. */
static enum err
open_once(struct db *db, const struct audit_by *by, const char *id, const char *reason)
{
	struct rows *opening;

	TRY(conversation_opening(db, id, by->actor_id, &opening));
	if (rows_count(opening) > 0 && strcmp(rows_text_of(opening, 0, "reason"), reason) == 0)
		return ERR_OK;
	return conversation_open(db, by, id, reason);
}

enum err
queue_open(struct db *db, const struct queue_source *source, const struct audit_by *by,
    const char *item_id, bool *has)
{
	struct rows *rows;

	*has = false;
	if (source->conversation == NULL)
		return ERR_OK;
	TRY(db_rows(db, &rows, source->conversation, db_text(item_id)));
	if (rows_count(rows) == 0)
		return ERR_OK;
	*has = true;
	return open_once(
	    db, by, rows_text_of(rows, 0, "conversation_id"), rows_text_of(rows, 0, "reason"));
}

enum err
queue_decided(struct db *db, const char *item_id, const char **what)
{
	struct rows *rows;

	TRY(db_rows(db, &rows, &stmts[DECIDED], db_text(item_id)));
	*what = rows_count(rows) > 0 ? rows_only(rows) : NULL;
	return ERR_OK;
}

enum err
queue_undoable(struct db *db, const char *admin_id, int64_t limit, struct rows **rows)
{
	return db_rows(db, rows, &stmts[UNDOABLE], db_text(admin_id), db_i64(limit));
}
