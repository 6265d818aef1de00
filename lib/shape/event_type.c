#include "shape/event_type.h"
#include "base/log.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

#define SCHEMAS "#/components/schemas/"

const struct event_type *
event_type_find(const struct event_type *const *tables, const char *type)
{
	const struct event_type *at;

	for (; *tables != NULL; tables++)
		for (at = *tables; at->type != NULL; at++)
			if (strcmp(at->type, type) == 0)
				return at;
	return NULL;
}

char *
event_schema_name(struct arena *arena, const char *type)
{
	struct buf name = buf_new(arena, 64);
	bool upper = true;

	buf_puts(&name, "Event");
	for (; *type != '\0'; type++) {
		if (*type == '.' || *type == '_') {
			upper = true;
			continue;
		}
		buf_putc(&name, (char)(upper ? toupper((unsigned char)*type) : *type));
		upper = false;
	}
	return name.data;
}

static void
put_schema(const struct event_type *type, struct buf *out)
{
	buf_puts(out, "{\"type\":\"object\",\"description\":");
	buf_json(out, type->doc);
	buf_printf(out, ",\"properties\":{\"seq\":{\"type\":\"%s\",\"description\":",
	    type->ephemeral ? "null" : "integer");
	buf_json(out,
	    type->ephemeral ? "Null: it is stored nowhere" : "Number in your log, without gaps");
	buf_puts(out, "},\"type\":{\"type\":\"string\",\"const\":");
	buf_json(out, type->type);
	buf_puts(out, "},\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"},\"data\":");
	field_schema(type->data, true, out);
	buf_puts(out,
	    "},\"required\":[\"seq\",\"type\",\"created_at\",\"data\"],"
	    "\"additionalProperties\":false}");
}

void
event_types_json(const struct event_type *const *tables, struct buf *out)
{
	const struct event_type *at;
	const char *before = "";

	buf_putc(out, '[');
	for (; tables != NULL && *tables != NULL; tables++)
		for (at = *tables; at->type != NULL; at++, before = ",") {
			buf_printf(out, "%s{\"type\":", before);
			buf_json(out, at->type);
			buf_printf(
			    out, ",\"ephemeral\":%s,\"doc\":", at->ephemeral ? "true" : "false");
			buf_json(out, at->doc);
			buf_puts(out, ",\"schema\":");
			put_schema(at, out);
			buf_puts(out, ",\"example\":");
			field_example(at->data, out);
			buf_putc(out, '}');
		}
	buf_putc(out, ']');
}

static const char *
text_of(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(object, name, &value);
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

void
event_schemas(struct json_object *types, struct buf *out)
{
	size_t i, count = json_object_array_length(types);

	for (i = 0; i < count; i++) {
		struct json_object *row = json_object_array_get_idx(types, i);

		buf_printf(out, ",\"%s\":%s", event_schema_name(out->arena, text_of(row, "type")),
		    json_object_to_json_string_ext(json_object_object_get(row, "schema"),
			JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	buf_puts(out, ",\"Event\":{\"description\":\"One event, by its type\",\"oneOf\":[");
	for (i = 0; i < count; i++)
		buf_printf(out, "%s{\"$ref\":\"" SCHEMAS "%s\"}", i > 0 ? "," : "",
		    event_schema_name(
			out->arena, text_of(json_object_array_get_idx(types, i), "type")));
	buf_puts(out, "],\"discriminator\":{\"propertyName\":\"type\",\"mapping\":{");
	for (i = 0; i < count; i++) {
		const char *type = text_of(json_object_array_get_idx(types, i), "type");

		buf_printf(out, "%s\"%s\":\"" SCHEMAS "%s\"", i > 0 ? "," : "", type,
		    event_schema_name(out->arena, type));
	}
	buf_puts(out, "}}}");
}

#ifdef CONFAB_TEST

static bool
broken(const char *type, const char *field, const char *what, struct json_object *event)
{
	log_error("event breaks its contract", LOG_STR("type", type), LOG_STR("field", field),
	    LOG_STR("what", what), LOG_STR("event", json_object_to_json_string(event)));
	return false;
}

/* So that tests/http/contract.sh sees which came to somebody, those that are stored nowhere included. */
static void
note_delivered(const struct event_type *type)
{
	static const struct event_type
	    *noted[128]; /* by where it stands; two of one place are told more often */
	size_t at = (size_t)((uintptr_t)type / sizeof(*type) % COUNT_OF(noted));

	if (noted[at] != type)
		log_info("event delivered", LOG_STR("type", type->type));
	noted[at] = type;
}

static bool
check_one(struct arena *arena, const struct event_type *const *tables, struct json_object *event)
{
	struct field_errors errors = { .arena = arena };
	const char *name = text_of(event, "type");
	const struct event_type *type = event_type_find(tables, name);
	struct json_object *seq = NULL, *data = NULL;

	if (str_starts(name, "test."))
		return true;
	if (type == NULL)
		return broken(name, "type", "is not in the table", event);
	if (!json_object_object_get_ex(event, "seq", &seq) || (seq == NULL) != type->ephemeral)
		return broken(name, "seq", "is a number or null against the table", event);
	if (text_of(event, "created_at")[0] == '\0' || json_object_object_length(event) != 4)
		return broken(name, "", "is not an envelope", event);
	if (!json_object_object_get_ex(event, "data", &data) ||
	    !json_object_is_type(data, json_type_object))
		return broken(name, "data", "is not an object", event);
	if (!field_check_reply(type->data, data, &errors))
		return broken(name, errors.list[0].path, errors.list[0].message, event);
	note_delivered(type);
	return true;
}

bool
event_check(
    struct arena *arena, const struct event_type *const *tables, const char *envelopes, size_t len)
{
	struct json_object *list =
	    json_tokener_parse(arena_printf(arena, "[%.*s]", (int)len, envelopes));
	bool good = true;
	size_t i;

	if (list == NULL) {
		log_error("event breaks its contract", LOG_STR("what", "is not JSON"));
		return false;
	}
	(void)json_keep(arena, list);
	for (i = 0; i < json_object_array_length(list); i++)
		good = check_one(arena, tables, json_object_array_get_idx(list, i)) && good;
	return good;
}

#endif
