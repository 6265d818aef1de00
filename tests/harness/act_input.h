/* What a test puts into an act's form or its twin, made of the act's row. Everything is in the test's arena. */
#ifndef HARNESS_ACT_INPUT_H
#define HARNESS_ACT_INPUT_H

#include "domain/system/act.h"
#include "harness/browser.h"

/* BASE/KINDS/ID/VERB; without ID when id is NULL. */
const char *act_path(struct arena *, const struct act *, const char *base, const char *id);
/* An example of what the act takes. */
struct json_object *act_example(struct arena *, const struct act *);
/* The same as a form, with that token (NULL: without). */
const char *act_form_of(struct arena *, struct json_object *input, const char *csrf);

enum spoil {
	SPOIL_MISSING,
	SPOIL_LONG,
	SPOIL_OTHER, /* it is no such thing */
	SPOIL_EMPTY,
	SPOIL_HIGH, /* a number above its bound */
	WAYS_TO_SPOIL
};
/* The example with that field spoilt; NULL: in that way it cannot be. */
struct json_object *act_spoilt(
    struct arena *, const struct act *, const struct field *, enum spoil how);

/* Assert that the browser's page has the act's form again, with that input and the sentence beside the field. */
void act_is_blamed(struct arena *, struct browser *, const struct act *, const struct field *,
    struct json_object *input);

#endif
