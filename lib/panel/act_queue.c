#include "panel/act_form.h"

#include <string.h>

/* What can be ticked stands before the button, the rest behind it. */
static void
sort_fields(
    struct req *req, struct json_object *form, const struct act *act, const struct act_desk *desk)
{
	struct json_object *ticks = page_list(req), *asked = page_list(req), *shown,
			   *all = json_object_object_get(form, "fields");
	const struct field *field = act->fields;
	bool quick = true;
	size_t i;

	for (i = 0; field != NULL && field[i].name != NULL; i++) {
		bool together = desk->together != NULL && strcmp(desk->together, field[i].name) == 0;

		shown = json_object_array_get_idx(all, i);
		quick = quick && !field[i].required;
		if (together) {
			page_put(shown, "label", desk->together_label);
			page_put_bool(shown, "checked", true);
		}
		if (!together || desk->together_label != NULL)
			page_list_add(field[i].type == FIELD_BOOL ? ticks : asked, shown);
	}
	page_put_bool(form, "quick", quick);
	page_put_bool(form, "more", json_object_array_length(asked) > 0);
	page_put_object(form, "ticks", ticks);
	page_put_object(form, "asked", asked);
}

static struct json_object *
form_of(struct req *req, const struct act *act, const char *id, const char *name,
    const struct act_desk *desk, size_t place)
{
	struct json_object *form = act_form(req, act, id, name, false);

	assert(place < strlen(desk->keys));
	sort_fields(req, form, act, desk);
	page_put(form, "back", desk->back);
	if (place > 0 && (act->flags & (ACT_GRAVE | ACT_GOOD)) == 0)
		page_put(form, "tone", "outline-secondary");
	page_put(form, "key", arena_printf(req->arena, "%c", desk->keys[place]));
	return form;
}

enum err
act_queue(struct req *req, struct json_object *context, const struct act_kind *kind, const char *id,
    const struct act_desk *desk)
{
	struct json_object *list = page_list(req);
	const struct rows *was;
	const struct act *act;
	size_t i, place = 0;

	TRY(act_look(req->db, kind, id, &was));
	for (i = 0; (act = act_at(i)) != NULL; i++) {
		if (act->kind != kind || (act->flags & ACT_LATER) == 0)
			continue;
		if (act_fits(act, rows_text_of(was, 0, "state")) &&
		    (act->may == NULL || act->may(was) == ERR_OK))
			page_list_add(
			    list, form_of(req, act, id, rows_text_of(was, 0, "name"), desk, place));
		place++;
	}
	page_put_object(context, "acts", list);
	page_put_bool(context, "has_acts", json_object_array_length(list) > 0);
	return ERR_OK;
}
