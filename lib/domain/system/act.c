#include "domain/system/act.h"

#include "base/str.h"

#include <string.h>

const char *
act_verb(const struct act *act)
{
	return strchr(act->name, '.') + 1;
}

bool
act_fits(const struct act *act, const char *state)
{
	const char *at = act->from;
	size_t len = strlen(state);

	if (at == NULL)
		return true;
	for (; (at = strstr(at, state)) != NULL; at += len)
		if ((at == act->from || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

const char *
act_text(const struct act_call *call, const char *name)
{
	struct json_object *value = field_value(call->act->fields, call->input, name);

	return value == NULL ? NULL : json_object_get_string(value);
}

bool
act_bool(const struct act_call *call, const char *name)
{
	return json_object_get_boolean(field_value(call->act->fields, call->input, name));
}

const char *
act_was(const struct act_call *call, const char *column)
{
	return rows_text_of(call->was, 0, column);
}

enum err
act_look(struct db *db, const struct act_kind *kind, const char *id, const struct rows **was)
{
	struct rows *rows;

	TRY(db_one(db, &rows, kind->look, db_text(id)));
	*was = rows;
	return ERR_OK;
}

static void
put_member(struct buf *members, const char *name, const char *json)
{
	buf_puts(members, members->len > 0 ? ", " : "");
	buf_json(members, name);
	buf_join(members, ": ", json, NULL);
}

void
act_note(struct act_call *call, const char *name, const char *text)
{
	struct buf json = buf_new(call->notes.arena, 64);

	buf_json(&json, text);
	put_member(&call->notes, name, json.data);
}

void
act_note_int(struct act_call *call, const char *name, int64_t value)
{
	put_member(&call->notes, name, arena_printf(call->notes.arena, "%lld", (long long)value));
}

/* {from, to, each input that is no secret, what run noted} */
static const char *
detail(struct act_call *call)
{
	const struct field *field;
	struct json_object *value;

	if (call->was != NULL && call->act->to != NULL) {
		act_note(call, "from", act_was(call, "state"));
		act_note(call, "to", call->to);
	}
	for (field = call->act->fields; field != NULL && field->name != NULL; field++)
		if (field->type != FIELD_SECRET &&
		    (value = field_value(field, call->input, field->name)) != NULL)
			put_member(&call->notes, field->name,
			    json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	return arena_printf(call->notes.arena, "{%s}", call->notes.data);
}

enum err
act_take(struct db *db, struct act_call *call)
{
	const struct act *act = call->act;
	struct rows *was;

	TRY(db_one(db, &was, act->kind->lock, db_text(call->id)));
	call->was = was;
	if (!act_fits(act, act_was(call, "state")))
		return ERR_BAD_STATE;
	if (act->may != NULL)
		TRY(act->may(was));
	call->to = act->to != NULL ? act->to : act_was(call, "state");
	return ERR_OK;
}

enum err
act_run(struct db *db, struct act_call *call)
{
	const struct act *act = call->act;
	struct audit_entry entry = { act->name, act->kind->name, call->id, NULL };

	call->was = NULL;
	call->to = NULL;
	call->fault = FAULT_NONE;
	call->notes = buf_new(db_arena(db), 256);
	assert((call->id == NULL) == ((act->flags & ACT_WHOLE) != 0));
	if (call->id != NULL)
		TRY(act_take(db, call));
	TRY(act->run(db, call));
	if (act->flags & ACT_GONE)
		call->to = NULL;
	entry.detail = detail(call);
	return audit_add_at(db, &call->by, &entry, &call->at);
}

enum err
act_also(struct db *db, const struct act_call *call, const struct act *act, const char *id,
    const char *name, const char *text)
{
	struct act_call also = { .act = act, .id = id, .by = call->by };

	also.input = json_keep(db_arena(db), json_object_new_object());
	(void)json_object_object_add(also.input, name, json_object_new_string(text));
	return act_run(db, &also);
}

void
act_errors(const struct act *act, enum err list[ACT_ERRORS_MAX])
{
	const struct act_refusal *refusal = act->refusals;
	size_t count = 0;

	if ((act->flags & ACT_WHOLE) == 0)
		list[count++] = ERR_NOT_FOUND;
	if (act->from != NULL)
		list[count++] = ERR_BAD_STATE;
	for (; refusal != NULL && refusal->err != ERR_OK; refusal++) {
		assert(count < ACT_ERRORS_MAX - 1);
		list[count++] = refusal->err;
	}
	list[count] = ERR_OK;
}

char *
act_say(struct arena *arena, const char *text, const char *name)
{
	struct buf out = buf_new(arena, 128);
	const char *mark = strstr(text, "{}");

	if (mark == NULL)
		return arena_strdup(arena, text);
	buf_add(&out, text, (size_t)(mark - text));
	buf_join(&out, name, mark + 2, NULL);
	return out.data;
}

const char *
act_refused(
    struct arena *arena, const struct act *act, enum err err, const char *name, const char *state)
{
	const struct act_refusal *refusal = act->refusals;
	char *words;

	for (; refusal != NULL && refusal->err != ERR_OK; refusal++)
		if (refusal->err == err)
			return act_say(arena, refusal->text, name);
	if (err != ERR_BAD_STATE || state == NULL)
		return NULL;
	words = arena_strdup(arena, state);
	str_lower(words);
	return act_say(arena,
	    arena_printf(arena, "Nothing was done: {} is %s%s.",
		act->to != NULL && strcmp(state, act->to) == 0 ? "already " : "", words),
	    name);
}
