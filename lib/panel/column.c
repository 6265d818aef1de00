#include "panel/column.h"

#include "base/str.h"
#include "base/zone.h"
#include "domain/market/advisor.h"
#include "domain/people/report.h"
#include "domain/people/user.h"
#include "domain/system/job_admin.h"
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "domain/talk/session.h"
#include "domain/talk/session_state.h"

#include <string.h>

static struct json_object *
value_of(struct json_object *row, const char *name)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(row, name, &value);
	return value;
}

const char *
column_text(struct json_object *row, const char *name)
{
	struct json_object *value = value_of(row, name);

	return value == NULL ? NULL : json_object_get_string(value);
}

const char *
column_word(struct arena *arena, const char *value)
{
	char *word = arena_strdup(arena, value), *at;

	if (word[0] != '\0')
		str_lower(word + 1);
	for (at = word; *at != '\0'; at++)
		if (*at == '_')
			*at = ' ';
	return word;
}

const char *
column_link(struct req *req, const char *link, struct json_object *row)
{
	struct buf out = buf_new(req->arena, 96);
	const char *open, *value;

	for (; (open = strchr(link, '{')) != NULL; link = strchr(open, '}') + 1) {
		size_t len = strcspn(open + 1, "}");

		buf_add(&out, link, (size_t)(open - link));
		value = column_text(row, arena_strndup(req->arena, open + 1, len));
		if (value == NULL)
			return NULL;
		buf_url(&out, value);
	}
	buf_puts(&out, link);
	return out.data;
}

static bool
is_none(struct json_object *value)
{
	return value == NULL ||
	    (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) == 0) ||
	    (json_object_is_type(value, json_type_array) && json_object_array_length(value) == 0) ||
	    (json_object_is_type(value, json_type_object) && json_object_object_length(value) == 0);
}

/* Is it a value of one of our enums? Details have no column that says so. */
static bool
is_enum_value(const char *text)
{
	static const char *const *const enums[] = { user_roles, user_states, advisor_states,
		report_states, report_target_types, report_reasons, session_types, session_states,
		message_types, conversation_kinds, conversation_roles, job_states };
	const char *const *value;
	size_t i;

	for (i = 0; i < COUNT_OF(enums); i++)
		for (value = enums[i]; *value != NULL; value++)
			if (strcmp(*value, text) == 0)
				return true;
	return false;
}

/* A member's value as people read it. */
static const char *
detail_shown(struct req *req, struct json_object *value)
{
	const char *amount = page_amount(req, value), *text = json_object_get_string(value);
	int64_t wall_s;

	if (amount != NULL)
		return page_grouped(req->arena, amount);
	if (json_object_is_type(value, json_type_int))
		return page_grouped(req->arena, text);
	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value) ? "yes" : "no";
	if (!json_object_is_type(value, json_type_string))
		return text;
	if (page_time_read(text, &wall_s))
		return zone_text(req->arena, req->caller.zone, wall_s);
	return is_enum_value(text) ? column_word(req->arena, text) : text;
}

/* The members of an object as a list of {name, value}; "from" and "to" come first, as one. */
static struct json_object *
items_of(struct req *req, struct json_object *object)
{
	struct json_object *list = page_list(req), *item;
	const char *from = column_text(object, "from"), *to = column_text(object, "to");

	if (from != NULL && to != NULL) {
		item = page_object(req);
		page_put(item, "from", column_word(req->arena, from));
		page_put(item, "to", column_word(req->arena, to));
		page_put(item, "from_code", from);
		page_put(item, "to_code", to);
		page_list_add(list, item);
	}
	json_object_object_foreach (object, name, value) {
		if (is_none(value) ||
		    (from != NULL && to != NULL &&
			(strcmp(name, "from") == 0 || strcmp(name, "to") == 0)))
			continue;
		item = page_object(req);
		page_put(item, "item", column_word(req->arena, name));
		page_put(item, strcmp(name, "view") == 0 ? "query" : "is", detail_shown(req, value));
		page_list_add(list, item);
	}
	return list;
}

static const char *
with_tail(struct req *req, const struct column *column, const char *text)
{
	return column->tail == NULL || text == NULL
	    ? text
	    : arena_printf(req->arena, "%s %s", text, column->tail);
}

static void
put_state(struct req *req, struct json_object *cell, const char *name, const char *code)
{
	struct json_object *state = page_object(req);

	page_put(state, "code", code);
	page_put(state, "word", column_word(req->arena, code));
	page_put_object(cell, name, state);
}

static void
put_time(
    struct req *req, struct json_object *cell, const struct column *column, struct json_object *row)
{
	struct json_object *time = page_object(req);
	const char *form = column->kind == COLUMN_MOMENT ? "text" : "ago";

	page_put(time, "iso", column_text(row, column->name));
	page_put(
	    time, "shown", column_text(row, arena_printf(req->arena, "%s_%s", column->name, form)));
	page_put(time, "more", column_text(row, arena_printf(req->arena, "%s_title", column->name)));
	page_put_object(cell, "time", time);
}

const char *
column_number(struct arena *arena, int64_t number)
{
	return page_grouped(arena, arena_printf(arena, "%lld", (long long)number));
}

static void
put_value(struct req *req, struct json_object *cell, const struct column *column,
    struct json_object *row, struct json_object *value)
{
	const char *text = json_object_get_string(value);

	switch (column->kind) {
	case COLUMN_TIME:
	case COLUMN_MOMENT:
		put_time(req, cell, column, row);
		break;
	case COLUMN_STATE:
		put_state(req, cell, "state", text);
		break;
	case COLUMN_WORD:
		page_put(cell, "plain", column_word(req->arena, text));
		break;
	case COLUMN_TAGS:
		page_put_object(cell, "tags", value);
		break;
	case COLUMN_DETAILS:
		page_put_object(cell, "items", items_of(req, value));
		break;
	case COLUMN_CODE:
		page_put(cell, "as_code", text);
		break;
	case COLUMN_MONEY:
		page_put(cell, "plain",
		    column_text(row, arena_printf(req->arena, "%s_text", column->name)));
		break;
	case COLUMN_NUMBER:
		page_put(cell, "plain",
		    with_tail(req, column,
			json_object_is_type(value, json_type_int)
			    ? column_number(req->arena, json_object_get_int64(value))
			    : text));
		break;
	case COLUMN_BOOL:
		page_put(cell, "plain", json_object_get_boolean(value) ? "yes" : "no");
		break;
	case COLUMN_TEXT:
	case COLUMN_PROSE:
		page_put(cell, "plain", with_tail(req, column, text));
		break;
	}
}

struct json_object *
column_cell(struct req *req, const struct column *column, struct json_object *row)
{
	static const char *const classes[] = { [COLUMN_NUMBER] = "num",
		[COLUMN_MONEY] = "num",
		[COLUMN_DETAILS] = "details",
		[COLUMN_PROSE] = "prose",
		[COLUMN_BOOL] = NULL };
	struct json_object *cell = page_object(req), *value = value_of(row, column->name);
	const char *badge = column->badge != NULL ? column_text(row, column->badge) : NULL;

	page_put(cell, "label", column->label);
	page_put(cell, "class", classes[column->kind]);
	if (column->link != NULL)
		page_put(cell, "href", column_link(req, column->link, row));
	if (is_none(value))
		page_put(cell, "none", column->none);
	else
		put_value(req, cell, column, row, value);
	if (badge != NULL)
		put_state(req, cell, "badge", badge);
	return cell;
}

/* The value of JSON text as a file has it. */
static const char *
json_plain(struct req *req, struct json_object *value)
{
	struct buf out = buf_new(req->arena, 64);
	size_t i;

	if (!json_object_is_type(value, json_type_array))
		return page_amount(req, value);
	for (i = 0; i < json_object_array_length(value); i++)
		buf_join(&out, i > 0 ? "; " : "",
		    json_object_get_string(json_object_array_get_idx(value, i)), NULL);
	return out.data;
}

const char *
column_plain(struct req *req, const struct column *column, const char *text)
{
	struct json_object *value;
	const char *plain;

	if (text == NULL)
		return "";
	if (column->kind == COLUMN_BOOL)
		return *text == 't' ? "yes" : "no";
	if (column->kind != COLUMN_MONEY && column->kind != COLUMN_TAGS)
		return text;
	value = json_tokener_parse(text);
	plain = json_plain(req, value);
	(void)json_object_put(value);
	return plain != NULL ? plain : "";
}
