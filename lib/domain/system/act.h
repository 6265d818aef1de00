/*
 * Acts: what administrators do, as data. One row is the form and its page, the JSON twin with its documentation,
 * the command, the audit entry, the sentence that follows, and what the tests must try. To add an act:
 *
 *	1. a function that does it, beside its noun: enum err f(struct db *, struct act_call *). It runs in a
 *	   transaction, maybe twice; the subject is locked, in a state of .from, and call->was is what it was
 *	2. a row in that noun's table: name "user.block", its kind, what it asks for (struct field), from which state
 *	   to which, and the words
 *	3. a new noun: a struct act_kind, its table into acts.c, and the maker of a subject into tests/harness/subject.c
 *
 * From "user.block" come GET and POST /admin/users/{id}/block, POST /api/v1/admin/users/{id}/block, `confab user
 * block ID --reason TEXT`, and an entry "user.block" in the audit log, in the act's own transaction.
 */
#ifndef DOMAIN_SYSTEM_ACT_H
#define DOMAIN_SYSTEM_ACT_H

#include "base/fault.h"
#include "domain/system/audit.h"
#include "shape/field.h"

/* What acts are done to. */
struct act_kind {
	const char *name; /* "user": of the audit entry and the command */
	const char *plural; /* "users": in paths */
	/* Of $1, the subject: name, state, and what its acts read; lock holds it until the transaction ends. */
	const struct stmt *look, *lock;
	bool no_page; /* it has none of its own: what follows an act is the home page */
};

/* What an act says when it comes to err; {} is the subject's name. */
struct act_refusal {
	enum err err; /* ERR_OK ends the list */
	const char *text;
};

/* Rows of the database that an input is chosen from in a form: a text, value, with a label. */
struct act_choices {
	const char *field;
	const struct stmt *stmt; /* $1: the subject's id */
};

struct act_call;

enum act_flags {
	ACT_WHOLE = 1, /* done to no single subject */
	ACT_GRAVE = 2, /* its button is red */
	ACT_GOOD = 4, /* its button is green */
	ACT_BULK = 8, /* offered for many subjects at once */
	ACT_GONE = 16, /* afterwards there is no subject any more */
	ACT_LATER =
	    32, /* may be decided now and done a little later, so that it can be undone (decision.h) */
	ACT_ASIDE = 64, /* decides nothing: its button stands apart from those that do */
	ACT_LISTED = 128 /* with ACT_WHOLE: its form stands above the list of its kind */
};

struct act {
	const char *name; /* KIND.VERB; also the audit entry's action. NULL ends a table */
	const struct act_kind *kind;
	const char *permission; /* what somebody must be given to do it */
	const struct field *fields; /* what it asks for; NULL: nothing */
	const char *from; /* states it can be done in, "OPEN" or "DRAFT PENDING"; NULL: any */
	const char *to; /* the state afterwards; NULL: as it was */
	unsigned flags; /* enum act_flags */
	const char *label; /* on its button: "Block" */
	const char *hint; /* what will come of it; NULL: nothing to say */
	const char *confirm; /* asked first, where it cannot be taken back; NULL: it can */
	const char *done; /* "{} was blocked."; {} is the subject's name */
	const char *next; /* the page that follows, {} is the subject's id; NULL: the subject's */
	const char *bulk; /* with ACT_BULK, behind a number: "blocked" */
	const struct act_choices *choices; /* NULL: none */
	const struct act_refusal *refusals; /* what else it may come to; NULL: nothing */
	const char *summary, *doc; /* of the twin */
	/* May it be done to the subject, whose row of look or lock this is? NULL: to all. */
	enum err (*may)(const struct rows *was);
	/* Does a page offer it to that administrator, who may do it all the same? NULL: to all. */
	bool (*offered)(const struct rows *was, const char *admin_id);
	enum err (*run)(struct db *, struct act_call *);
};

/* An act being done. */
struct act_call {
	const struct act *act;
	const char *id; /* the subject; NULL with ACT_WHOLE */
	struct json_object *input; /* checked against act->fields; NULL: empty */
	struct audit_by by;
	const char *decided_at; /* of what takes effect later (decision.h); NULL: it is decided now */
	/* Made by act_run. */
	const struct rows *was; /* the subject's row, locked; NULL with ACT_WHOLE */
	const char *to; /* its state afterwards, act->to or as it was; run may say otherwise; NULL: there is none */
	struct buf notes; /* for the audit entry, see act_note */
	const char *at; /* when it was done, as the database writes a time */
	struct fault fault; /* with ERR_VALIDATION: which input */
};

/* The verb of its name: "block". */
const char *act_verb(const struct act *);
/* May it be done in that state? */
bool act_fits(const struct act *, const char *state);
/* An input by its name; NULL, false when it was not given. A name that is not in the table is a bug and aborts. */
const char *act_text(const struct act_call *, const char *name);
bool act_bool(const struct act_call *, const char *name);
/* For run: the audit entry is to say this too, beside the states and the input. */
void act_note(struct act_call *, const char *name, const char *text);
void act_note_int(struct act_call *, const char *name, int64_t value);
/* A column of the subject's row. */
const char *act_was(const struct act_call *, const char *column);

/* The subject's row of kind->look. ERR_NOT_FOUND: there is none. */
MUST_CHECK enum err act_look(
    struct db *, const struct act_kind *, const char *id, const struct rows **was);
/* The first half of act_run: the subject is there, held, and the act can be done to it. */
MUST_CHECK enum err act_take(struct db *, struct act_call *);
/*
 * Do it, in the caller's transaction, with its audit entry. call->act, id, input and by are set.
 *	ERR_NOT_FOUND	there is no such subject
 *	ERR_BAD_STATE	it is in a state for which the act is not
 *	ERR_VALIDATION	call->fault names the input
 *	another		one of act->refusals, or the database's
 */
MUST_CHECK enum err act_run(struct db *, struct act_call *);
/* The same for another act that belongs to this one, by the same person, with one text as its input. */
MUST_CHECK enum err act_also(struct db *, const struct act_call *, const struct act *,
    const char *id, const char *name, const char *text);
/* Every error that act_run may come to by the act's row, ERR_OK-terminated. */
enum { ACT_ERRORS_MAX = 16 };
void act_errors(const struct act *, enum err list[ACT_ERRORS_MAX]);
/* What to say of err, with the subject's name and state (may be NULL); NULL: nothing special. */
const char *act_refused(
    struct arena *, const struct act *, enum err err, const char *name, const char *state);
/* text with the subject's name for {}. */
char *act_say(struct arena *, const char *text, const char *name);

#endif
