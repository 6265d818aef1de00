#include "domain/people/desk.h"

#include "base/uuid.h"
#include "domain/market/review.h"
#include "domain/people/moderation.h"

enum { NOTE, ASSIGN, UNASSIGN };

static const struct stmt stmts[] = {
	[NOTE] = { "desk_note", 5,
	    "INSERT INTO note (id, subject, subject_id, author_id, body) VALUES ($1, $2, $3, $4, $5)",
	    false },
	[ASSIGN] = { "desk_assign", 3,
	    "INSERT INTO assignment (subject, subject_id, admin_id) VALUES ($1, $2, $3)"
	    " ON CONFLICT (subject, subject_id) DO UPDATE SET admin_id = excluded.admin_id,"
	    " at = app_now()",
	    false },
	[UNASSIGN] = { "desk_unassign", 2,
	    "DELETE FROM assignment WHERE subject = $1 AND subject_id = $2", false },
};
STMT_SET(desk_stmts, stmts);

/* The system writes no notes and looks after nothing. */
static enum err
note(struct db *db, struct act_call *call)
{
	if (call->by.actor_id == NULL)
		return ERR_FORBIDDEN;
	return db_exec(db, &stmts[NOTE], db_text(uuid_new(db_arena(db))),
	    db_text(call->act->kind->name), db_text(call->id), db_text(call->by.actor_id),
	    db_text(act_text(call, "text")));
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

static const struct field note_fields[] = {
	{ "text", FIELD_TEXT, .required = true, .min = 1, .max = 2000, .label = "Note",
	    .doc = "For the other admins", .example = "\"Asked for papers by e-mail.\"" },
	{ 0 },
};
static const struct act_refusal nobody[] = {
	{ ERR_FORBIDDEN, "Nothing was done: say which administrator does it." },
	{ ERR_OK, NULL },
};

#define DESK(word, of)                                                                             \
	{ word ".note", &of, "people.note", note_fields, NULL, NULL, 0, .label = "Add a note",     \
		.done = "Your note about {} was kept.", .refusals = nobody,                        \
		.summary = "Add a note for the other admins",                                      \
		.doc = "It stands in the timeline; nobody else sees it.", .run = note },           \
	    { word ".assign", &of, "people.note", NULL, NULL, NULL, 0, .label = "Assign to me",    \
		    .done = "{} is yours to look after.", .refusals = nobody,                      \
		    .summary = "Look after it yourself",                                           \
		    .doc = "In place of whoever did; of each there is one.", .run = assign },      \
	{                                                                                          \
		word ".unassign", &of, "people.note", NULL, NULL, NULL, 0,                         \
		    .label = "Unassign", .done = "Nobody looks after {} now.",                     \
		    .summary = "Have nobody look after it", .doc = "Whoever did.", .run = unassign \
	}

const struct act desk_acts[] = {
	DESK("user", user_kind),
	DESK("advisor", advisor_kind),
	DESK("report", report_kind),
	{ 0 },
};
