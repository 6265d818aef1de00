/*
 * Acts (domain/system/act.h) on the web: of each row its pages and its JSON twin, as routes that are made when the
 * program starts.
 *
 *	GET  /admin/KINDS/{id}/VERB		the form on a page of its own; what is refused comes back to it
 *	POST /admin/KINDS/{id}/VERB		does it, and leads to `back`, or to the subject's page, which says so
 *	POST /admin/KINDS/VERB			with ACT_BULK: asks about the subjects `id`, then does it to each
 *	POST /api/v1/admin/KINDS/{id}/VERB	the twin: {"act", "id", "state", "effective_at"}
 *
 * An act with ACT_WHOLE has no {id}. A refused form is a page with status 422 that holds what was filled in, and
 * each sentence beside its field.
 */
#ifndef PANEL_ACT_H
#define PANEL_ACT_H

#include "domain/system/acts.h"
#include "panel/page.h"

/* The table of routes of all acts, in the arena, which must live as long as the program. show is how the program
 * shows a page of a section, which is the kind's plural. Call it once. */
const struct route *act_routes(struct arena *,
    enum err (*show)(
	struct req *, const char *template, const char *section, struct json_object *context));

enum { ACT_BULK_MAX = 100 }; /* subjects of one form */

/* What a page that follows an act takes in its query. */
#define ACT_DONE_FIELDS                                                                            \
	{ "done", FIELD_TEXT, .max = 64, .doc = "What was done" },                                 \
	{                                                                                          \
		"of", FIELD_UUID, .doc = "To whom or what"                                         \
	}
/* The sentence of the act that the query says was done, as "message" in context; false: it names none. */
MUST_CHECK enum err act_message(struct req *, struct json_object *context, bool *said);

/* "acts" and "has_acts" in context, for {{> act_bar}}: the forms of those that can be done to the subject as it is now.
 * Those that decide nothing (ACT_ASIDE) stand in "aside" of context's "desk" if it has one (record.h). */
MUST_CHECK enum err act_bar(
    struct req *, struct json_object *context, const struct act_kind *, const char *id);
/* How the acts of a queue are shown, see act_queue. */
struct act_desk {
	const char *back; /* the page that follows */
	const char *keys; /* of the keyboard, a letter for each act in the order of its table */
	const char *together; /* the yes or no that decides all of a matter; NULL: there is none */
	const char *together_label; /* what it says, ticked from the first; NULL: there is but one */
};
/* "acts" and "has_acts" in context, for {{> queue_acts}}: those with ACT_LATER that can be done to the subject as it is
 * now, decided later (decision.h). */
MUST_CHECK enum err act_queue(struct req *, struct json_object *context, const struct act_kind *,
    const char *id, const struct act_desk *);
/* Behind act_bar: what can be done to another subject that the page is about, and leads back to the page. Nothing
 * when it is no more. */
MUST_CHECK enum err act_bar_also(
    struct req *, struct json_object *context, const struct act_kind *, const char *id);
/* "listed" in context, {"acts"} for {{> act_bar}}: the forms that stand above the list of the kind. */
void act_listed(struct req *, struct json_object *context, const struct act_kind *);
/* "bulk" and "has_bulk" in context, for {{> act_bulk}}: a form "bulk", to which the check-boxes called id belong. */
void act_bulk(struct req *, struct json_object *context, const struct act_kind *);

#endif
