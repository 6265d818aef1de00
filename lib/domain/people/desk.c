#include "domain/people/desk.h"

#include "base/uuid.h"
#include "domain/market/review.h"
#include "domain/people/moderation.h"
#include "domain/talk/conversation_admin.h"
#include "domain/talk/session_admin.h"

#include <string.h>

enum { NOTE, ASSIGN, UNASSIGN, NOTES, ASSIGNEE };

static const struct stmt stmts[] = {
	/* Not what the same person wrote a moment ago. */
	[NOTE] = { "desk_note", 5,
	    "INSERT INTO note (id, subject, subject_id, author_id, body) SELECT $1, $2, $3, $4, $5"
	    " WHERE NOT EXISTS (SELECT FROM note n WHERE n.subject_id = $3 AND n.subject = $2"
	    " AND n.author_id = $4 AND n.body = $5 AND n.created_at > app_now() - interval '1 minute')"
	    " RETURNING id" },
	[ASSIGN] = { "desk_assign", 3,
	    "INSERT INTO assignment (subject, subject_id, admin_id) VALUES ($1, $2, $3)"
	    " ON CONFLICT (subject, subject_id) DO UPDATE SET admin_id = excluded.admin_id,"
	    " at = app_now() WHERE assignment.admin_id <> excluded.admin_id",
	    false },
	[UNASSIGN] = { "desk_unassign", 2,
	    "DELETE FROM assignment WHERE subject = $1 AND subject_id = $2", false },
	[NOTES] = { "desk_notes", 2,
	    "SELECT n.created_at AS at, n.body, n.author_id AS who_id, p.display_name AS who"
	    " FROM note n JOIN user_account p ON p.id = n.author_id WHERE n.subject_id = $1"
	    " ORDER BY n.created_at DESC, n.id DESC LIMIT $2::bigint",
	    true },
	[ASSIGNEE] = { "desk_assignee", 2,
	    "SELECT s.admin_id, p.display_name AS admin, s.at FROM assignment s"
	    " JOIN user_account p ON p.id = s.admin_id WHERE s.subject = $1 AND s.subject_id = $2",
	    true },
};
STMT_SET(desk_stmts, stmts);

/* The system writes no notes and looks after nothing. A form that is sent twice is one note: the subject is held. */
static enum err
note(struct db *db, struct act_call *call)
{
	struct rows *rows;

	if (call->by.actor_id == NULL)
		return ERR_FORBIDDEN;
	TRY(db_rows(db, &rows, &stmts[NOTE], db_text(uuid_new(db_arena(db))),
	    db_text(call->act->kind->name), db_text(call->id), db_text(call->by.actor_id),
	    db_text(act_text(call, "text"))));
	return rows_count(rows) > 0 ? ERR_OK : ERR_CONFLICT;
}

static enum err
assign(struct db *db, struct act_call *call)
{
	if (call->by.actor_id == NULL)
		return ERR_FORBIDDEN;
	return db_exec(db, &stmts[ASSIGN], db_text(call->act->kind->name), db_text(call->id),
	    db_text(call->by.actor_id));
}

static enum err
unassign(struct db *db, struct act_call *call)
{
	return db_exec(db, &stmts[UNASSIGN], db_text(call->act->kind->name), db_text(call->id));
}

enum err
desk_notes(struct db *db, const char *id, struct rows **rows)
{
	return db_rows(db, rows, &stmts[NOTES], db_text(id), db_i64(DESK_NOTES + 1));
}

enum err
desk_assignee(struct db *db, const char *kind, const char *id, struct rows **rows)
{
	return db_rows(db, rows, &stmts[ASSIGNEE], db_text(kind), db_text(id));
}

static bool
is_theirs(const struct rows *was, const char *admin_id)
{
	const char *assignee = rows_text_of(was, 0, "assignee_id");

	return assignee != NULL && strcmp(assignee, admin_id) == 0;
}

static bool
is_not_theirs(const struct rows *was, const char *admin_id)
{
	return !is_theirs(was, admin_id);
}

static const struct field note_fields[] = {
	{ "text", FIELD_TEXT, .required = true, .min = 1, .max = 2000, .label = "Note",
	    .doc = "For the other admins", .example = "\"Asked for papers by e-mail.\"" },
	{ 0 },
};
static const struct act_refusal note_refusals[] = {
	{ ERR_FORBIDDEN, "Nothing was done: say which administrator does it." },
	{ ERR_CONFLICT, "Nothing was done: you noted the same about {} a moment ago." },
	{ ERR_OK, NULL },
};
static const struct act_refusal nobody[] = {
	{ ERR_FORBIDDEN, "Nothing was done: say which administrator does it." },
	{ ERR_OK, NULL },
};

#define DESK(word, of)                                                                             \
	{ word ".note", &of, "people.note", note_fields, NULL, NULL, ACT_ASIDE,                    \
		.label = "Add a note", .done = "Your note about {} was kept.",                     \
		.refusals = note_refusals, .summary = "Add a note for the other admins",           \
		.doc = "It stands on the page and in the timeline; nobody else sees it.",          \
		.run = note },                                                                     \
	    { word ".assign", &of, "people.note", NULL, NULL, NULL, ACT_ASIDE,                     \
		    .label = "Assign to me", .done = "{} is yours to look after.",                 \
		    .refusals = nobody, .summary = "Look after it yourself",                       \
		    .doc = "In place of whoever did; of each there is one.",                       \
		    .offered = is_not_theirs, .run = assign },                                     \
	{                                                                                          \
		word ".unassign", &of, "people.note", NULL, NULL, NULL, ACT_ASIDE,                 \
		    .label = "Unassign", .done = "Nobody looks after {} now.",                     \
		    .summary = "Have nobody look after it", .doc = "Whoever did.",                 \
		    .offered = is_theirs, .run = unassign                                          \
	}

const struct act desk_acts[] = {
	DESK("user", user_kind),
	DESK("advisor", advisor_kind),
	DESK("report", report_kind),
	DESK("session", session_kind),
	DESK("conversation", conversation_kind),
	{ 0 },
};
