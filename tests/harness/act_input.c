#include "harness/act_input.h"

#include "base/json.h"

#include <CUnit/CUnit.h>
#include <string.h>

static const char other[] = "no such";

const char *
act_path(struct arena *arena, const struct act *act, const char *base, const char *id)
{
	return arena_printf(arena, "%s/%s%s%s/%s", base, act->kind->plural, id != NULL ? "/" : "",
	    id != NULL ? id : "", act_verb(act));
}

struct json_object *
act_example(struct arena *arena, const struct act *act)
{
	static const struct field none[] = { { 0 } };
	struct buf text = buf_new(arena, 256);
	struct json_object *object = NULL;
	struct json_fault fault;

	field_example(act->fields != NULL ? act->fields : none, &text);
	CU_ASSERT_EQUAL_FATAL(json_parse(arena, text.data, text.len, &fault, &object), ERR_OK);
	return object;
}

const char *
act_form_of(struct arena *arena, struct json_object *input, const char *csrf)
{
	struct buf form = buf_new(arena, 256);

	if (csrf != NULL)
		buf_join(&form, "csrf=", csrf, NULL);
	json_object_object_foreach (input, name, value) {
		buf_join(&form, form.len > 0 ? "&" : "", name, "=", NULL);
		buf_url(&form, json_object_get_string(value));
	}
	return form.data;
}

/* What the field is given instead; NULL: it cannot be spoilt in that way. */
static struct json_object *
spoilt_value(struct arena *arena, const struct field *field, enum spoil how)
{
	bool text = field->type == FIELD_TEXT || field->type == FIELD_SECRET;
	char *long_text;

	switch (how) {
	case SPOIL_LONG:
		if (field->type != FIELD_TEXT || field->max == 0)
			return NULL;
		long_text = arena_alloc(arena, (size_t)field->max + 2);
		memset(long_text, 'x', (size_t)field->max + 1);
		long_text[field->max + 1] = '\0';
		return json_object_new_string(long_text);
	case SPOIL_OTHER:
		return text ? NULL : json_object_new_string(other);
	case SPOIL_EMPTY:
		return text && field->min > 0 && field->required ? json_object_new_string("") : NULL;
	case SPOIL_HIGH:
		return field->type == FIELD_INT && field->max > 0
		    ? json_object_new_int64(field->max + 1)
		    : NULL;
	default:
		return NULL;
	}
}

struct json_object *
act_spoilt(struct arena *arena, const struct act *act, const struct field *field, enum spoil how)
{
	struct json_object *object = act_example(arena, act), *value;

	if (how == SPOIL_MISSING) {
		if (!field->required)
			return NULL;
		json_object_object_del(object, field->name);
		return object;
	}
	value = spoilt_value(arena, field, how);
	if (value == NULL)
		return NULL;
	(void)json_object_object_add(object, field->name, value);
	return object;
}

/* The element of the page with that id: from its tag on. */
static const char *
element(struct arena *arena, struct browser *browser, const char *key)
{
	const char *at = strstr(browser_body(browser), arena_printf(arena, " id=\"%s\"", key));

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	return at;
}

/* What stands between there and the end of the tag. */
static bool
tag_has(struct arena *arena, const char *at, const char *text)
{
	return strstr(arena_strndup(arena, at, strcspn(at, ">")), text) != NULL;
}

void
act_is_blamed(struct arena *arena, struct browser *browser, const struct act *act,
    const struct field *field, struct json_object *input)
{
	const char *key = arena_printf(arena, "%s-%s", act_verb(act), field->name), *tag, *text;

	tag = element(arena, browser, key);
	CU_ASSERT(tag_has(arena, tag, "aria-invalid=\"true\""));
	CU_ASSERT(tag_has(arena, tag, arena_printf(arena, "%s-problem", key)));
	CU_ASSERT(tag_has(arena, tag, " autofocus"));
	(void)element(arena, browser, arena_printf(arena, "%s-problem", key));
	json_object_object_foreach (input, name, given) {
		(void)name;
		text = json_object_get_string(given);
		if (json_object_is_type(given, json_type_string) && strcmp(text, other) != 0)
			CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), text));
	}
}
