#include "panel/act_form.h"

#include "base/str.h"
#include "panel/column.h"

#include <ctype.h>
#include <string.h>

/* A text offered for the one field that has presets; more may be written behind it. */
static const char canned[] = "canned";

static const struct field common[] = {
	PAGE_CSRF_FIELD,
	{ "back", FIELD_TEXT, .max = PAGE_LOCAL_MAX, .doc = "Page to go to" },
};
static const struct field later = { "later", FIELD_BOOL,
	.doc = "Take effect a little later, so that it can be undone" };
static const struct field one_id[] = {
	{ "id", FIELD_UUID, .doc = "One of them" },
	{ 0 },
};
static const struct field many[] = {
	{ "id", FIELD_LIST, .min = 1, .max = ACT_BULK_MAX, .sub = one_id, .doc = "To whom or what" },
	{ "sure", FIELD_BOOL, .doc = "Was asked, and said yes" },
};

static const struct field *
preset_field(const struct act *act)
{
	const struct field *field = act->fields;

	for (; field != NULL && field->name != NULL; field++)
		if (field->presets != NULL)
			return field;
	return NULL;
}

static size_t
field_count(const struct field *fields)
{
	size_t count = 0;

	while (fields != NULL && fields[count].name != NULL)
		count++;
	return count;
}

const struct field *
act_form_fields(struct arena *arena, const struct act *act, bool bulk)
{
	const struct field *preset = preset_field(act);
	size_t count = field_count(act->fields), made = 0, i;
	struct field *list =
	    arena_calloc(arena, count + COUNT_OF(common) + COUNT_OF(many) + 3, sizeof(*list));

	for (i = 0; i < COUNT_OF(common); i++)
		list[made++] = common[i];
	for (i = 0; bulk && i < COUNT_OF(many); i++)
		list[made++] = many[i];
	if (!bulk && act->flags & ACT_LATER)
		list[made++] = later;
	if (preset != NULL)
		list[made++] = (struct field){ canned, FIELD_ENUM, .one_of = preset->presets,
			.doc = "Chosen from those offered" };
	for (i = 0; i < count; i++, made++) {
		list[made] = act->fields[i];
		list[made].required = false;
		if (list[made].type == FIELD_TEXT)
			list[made].min = 0;
	}
	return list;
}

/* What was chosen, and what was written. */
static struct json_object *
joined(struct req *req, const char *chosen, const char *written)
{
	return json_keep(req->arena,
	    json_object_new_string(
		written == NULL ? chosen : arena_printf(req->arena, "%s %s", chosen, written)));
}

struct json_object *
act_form_input(struct req *req, const struct act *act)
{
	const struct field *field = act->fields, *preset = preset_field(act);
	struct json_object *input = page_object(req), *value;
	bool refused = req->errors.count > 0;

	for (; field != NULL && field->name != NULL; field++) {
		value = req_json(req, field->name);
		if (field == preset && req_text(req, canned) != NULL)
			value = joined(req, req_text(req, canned), json_object_get_string(value));
		if (value != NULL)
			(void)json_object_object_add(input, field->name, json_object_get(value));
	}
	if (!refused && act->fields != NULL)
		(void)field_check(act->fields, input, &req->errors);
	return input;
}

const char *
act_form_local(struct req *req, const char *page)
{
	struct buf out = buf_new(req->arena, 128);
	const char *at = page_local(page);
	char mark = '?';
	size_t len;

	if (at == NULL || strchr(at, '?') == NULL)
		return at;
	len = strcspn(at, "?");
	buf_add(&out, at, len);
	for (at += len; *at != '\0'; at += len) {
		at++;
		len = strcspn(at, "&");
		if (len == 0 || str_starts(at, "done=") || str_starts(at, "of="))
			continue;
		buf_putc(&out, mark);
		buf_add(&out, at, len);
		mark = '&';
	}
	return out.data;
}

const char *
act_form_back(struct req *req)
{
	return act_form_local(req, req_text(req, "back"));
}

/* "display_name" as "Display name". */
static const char *
label_of(struct req *req, const struct field *field)
{
	char *label, *at;

	if (field->label != NULL)
		return field->label;
	label = arena_strdup(req->arena, field->name);
	for (at = label; *at != '\0'; at++)
		if (*at == '_')
			*at = ' ';
	label[0] = (char)toupper((unsigned char)label[0]);
	return label;
}

/* "ACTIONED" as "Actioned"; a sentence stays as it is. */
static struct json_object *
options(struct req *req, const char *const *values, const char *selected)
{
	struct json_object *list = page_list(req), *option;

	for (; *values != NULL; values++) {
		char *label = arena_strdup(req->arena, *values);

		if (strpbrk(label, " abcdefghijklmnopqrstuvwxyz") == NULL && label[0] != '\0')
			str_lower(label + 1);
		option = page_object(req);
		page_put(option, "value", *values);
		page_put(option, "label", label);
		page_put_bool(
		    option, "selected", selected != NULL && strcmp(selected, *values) == 0);
		page_list_add(list, option);
	}
	return list;
}

/* What is wrong with the field, as a sentence; NULL: nothing. */
static const char *
problem(struct req *req, const char *name, const char *label)
{
	size_t i;

	for (i = 0; i < req->errors.count; i++)
		if (strcmp(req->errors.list[i].path, name) == 0)
			return arena_printf(
			    req->arena, "%s %s.", label, req->errors.list[i].message);
	return NULL;
}

static void
put_kind(struct req *req, struct json_object *shown, const struct field *field, const char *value)
{
	switch (field->type) {
	case FIELD_BOOL:
		page_put_bool(shown, "is_bool", true);
		page_put_bool(shown, "checked", value != NULL && strcmp(value, "true") == 0);
		break;
	case FIELD_ENUM:
		page_put_bool(shown, "is_enum", true);
		page_put_object(shown, "options", options(req, field->one_of, value));
		break;
	case FIELD_TEXT:
		page_put_bool(shown, field->max > 120 ? "is_area" : "is_line", true);
		page_put_int(shown, "max", field->max);
		break;
	default:
		page_put_bool(shown, "is_line", true);
		if (field->type == FIELD_INT)
			page_put(shown, "type", "number");
	}
}

static struct json_object *
show_field(
    struct req *req, const struct act *act, const struct field *field, bool posted, bool *wrong)
{
	struct json_object *shown = page_object(req);
	const char *label = label_of(req, field), *said, *value = NULL;

	if (posted && field->type != FIELD_SECRET)
		value = req_text(req, field->name);
	said = posted ? problem(req, field->name, label) : NULL;
	page_put(shown, "key", arena_printf(req->arena, "%s-%s", act_verb(act), field->name));
	page_put(shown, "name", field->name);
	page_put(shown, "label", label);
	page_put(shown, "doc", field->doc);
	page_put(shown, "value", value);
	page_put(shown, "problem", said);
	page_put_bool(shown, "required", field->required && field->presets == NULL);
	page_put_bool(shown, "focus", said != NULL && !*wrong);
	*wrong = *wrong || said != NULL;
	page_put_bool(shown, "has_presets", field->presets != NULL);
	if (field->presets != NULL)
		page_put_object(shown, "presets",
		    options(req, field->presets, posted ? req_text(req, canned) : NULL));
	put_kind(req, shown, field, value);
	return shown;
}

/* A select of the rows that the field is chosen from; what was sent and is none of them stays in it. When they cannot
 * be read the field remains one to write in. */
static void
put_choices(struct req *req, const struct act *act, const char *id, struct json_object *shown)
{
	const char *value = column_text(shown, "value");
	struct json_object *list = page_list(req), *option;
	bool found = value == NULL || *value == '\0';
	struct rows *rows;
	size_t i;

	if (db_rows(req->db, &rows, act->choices->stmt, db_text(id)) != ERR_OK)
		return;
	for (i = 0; i < rows_count(rows) + !found; i++) {
		bool row = i < rows_count(rows);

		option = page_object(req);
		page_put(option, "value", row ? rows_text_of(rows, i, "value") : value);
		page_put(option, "label", row ? rows_text_of(rows, i, "label") : value);
		page_put_bool(option, "selected",
		    value != NULL && strcmp(value, column_text(option, "value")) == 0);
		found = found || (value != NULL && strcmp(value, column_text(option, "value")) == 0);
		page_list_add(list, option);
	}
	page_put_bool(shown, "is_line", false);
	page_put_bool(shown, "is_enum", true);
	page_put_object(shown, "options", list);
}

/* What was refused of that which has no field of the act's, as a list of sentences. */
static struct json_object *
other_problems(struct req *req, const struct act *act)
{
	struct json_object *list = page_list(req);
	const struct field *field;
	size_t i;

	for (i = 0; i < req->errors.count; i++) {
		for (field = act->fields; field != NULL && field->name != NULL; field++)
			if (strcmp(field->name, req->errors.list[i].path) == 0)
				break;
		if (field == NULL || field->name == NULL)
			page_list_add(list,
			    json_keep(req->arena,
				json_object_new_string(arena_printf(req->arena, "%s %s.",
				    req->errors.list[i].path, req->errors.list[i].message))));
	}
	return list;
}

/* A name behind a verb: "the report about Ada" of "The report about Ada". */
static const char *
behind_verb(struct req *req, const char *name)
{
	return name != NULL && str_starts(name, "The ") ? arena_printf(req->arena, "t%s", name + 1)
							: name;
}

struct json_object *
act_form(struct req *req, const struct act *act, const char *id, const char *name, bool posted)
{
	struct json_object *form = page_object(req), *fields = page_list(req);
	const struct field *field = act->fields;
	bool wrong = false;

	for (; field != NULL && field->name != NULL; field++) {
		struct json_object *shown = show_field(req, act, field, posted, &wrong);

		if (act->choices != NULL && strcmp(act->choices->field, field->name) == 0)
			put_choices(req, act, id, shown);
		page_list_add(fields, shown);
	}
	page_put(form, "verb", act_verb(act));
	page_put(form, "label", act->label);
	page_put(form, "hint", act->hint);
	page_put(form, "confirm", act->confirm);
	page_put(form, "subject", behind_verb(req, name));
	page_put(form, "tone",
	    act->flags & ACT_GRAVE	? "danger"
		: act->flags & ACT_GOOD ? "success"
					: "primary");
	page_put(form, "url",
	    arena_printf(req->arena, "/admin/%s%s%s/%s", act->kind->plural, id != NULL ? "/" : "",
		id != NULL ? id : "", act_verb(act)));
	page_put_bool(form, "plain", act->fields == NULL && act->confirm == NULL);
	page_put_object(form, "fields", fields);
	if (posted) {
		page_put(form, "back", act_form_back(req));
		page_put_bool(
		    form, "later", id != NULL && act->flags & ACT_LATER && req_bool(req, "later"));
		page_put_object(form, "problems", other_problems(req, act));
	}
	return form;
}
