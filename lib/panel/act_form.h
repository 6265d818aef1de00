/* Forms of acts: what they show, and what is read of them. Private to lib/panel/act*.c. */
#ifndef PANEL_ACT_FORM_H
#define PANEL_ACT_FORM_H

#include "panel/act.h"

/* The body of the act's form, in the arena: its fields with nothing required (act_form_input says what is missing),
 * and those of every form. bulk: with the subjects. */
const struct field *act_form_fields(struct arena *, const struct act *, bool bulk);
/* What was filled in, as the act takes it; req->errors has what it does not. */
struct json_object *act_form_input(struct req *, const struct act *);
/* Button, words and fields of the form for the subject of that name (NULL: none). posted: with what was filled in and
 * req->errors beside it. */
struct json_object *act_form(
    struct req *, const struct act *, const char *id, const char *name, bool posted);
/* The page of a section, as the program shows it. */
enum err act_show(
    struct req *, const char *template, const char *section, struct json_object *context);
/* What an act on many subjects is asked and done by: the handler of POST /admin/KINDS/VERB. */
MUST_CHECK enum err act_bulk_post(struct req *);
/* The page to go to that the form names; NULL: none, or none of ours. */
const char *act_form_back(struct req *);
/* That page, if it is one of ours, without what it said was done before; else NULL. */
const char *act_form_local(struct req *, const char *page);

#endif
