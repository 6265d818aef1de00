/* The printing half of field.h: JSON Schema and examples. */
#include "shape/amount.h"

#include <string.h>

const char page_limit_doc[] = "Items on one page";
const char page_cursor_doc[] = "next_cursor of the page before; leave out for the first page";

static void
put_member(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	buf_json(out, text);
}

static void
put_bounds(const struct field *field, const char *min, const char *max, struct buf *out)
{
	bool from_zero =
	    field->type == FIELD_INT || (field->type == FIELD_NUMBER && field->max != 0);

	if (field->min != 0 || from_zero)
		buf_printf(out, ",\"%s\":%lld", min, (long long)field->min);
	if (field->max != 0)
		buf_printf(out, ",\"%s\":%lld", max, (long long)field->max);
}

static void
put_enum(const struct field *field, struct buf *out)
{
	size_t i;

	buf_puts(out, ",\"enum\":[");
	for (i = 0; field->one_of[i] != NULL; i++) {
		if (i > 0)
			buf_putc(out, ',');
		buf_json(out, field->one_of[i]);
	}
	if (field->nullable)
		buf_puts(out, ",null");
	buf_putc(out, ']');
}

static const char *
format_of(enum field_type type)
{
	switch (type) {
	case FIELD_UUID:
		return "uuid";
	case FIELD_TIME:
		return "date-time";
	case FIELD_DATE:
		return "date";
	case FIELD_EMAIL:
		return "email";
	case FIELD_SECRET:
		return "password";
	case FIELD_INT:
		return "int64";
	default:
		return NULL;
	}
}

static const char *
type_of(enum field_type type)
{
	switch (type) {
	case FIELD_INT:
		return "integer";
	case FIELD_NUMBER:
		return "number";
	case FIELD_BOOL:
		return "boolean";
	case FIELD_LIST:
		return "array";
	case FIELD_OBJECT:
		return "object";
	default:
		return "string";
	}
}

static void
put_object_members(const struct field *fields, bool reply, struct buf *out)
{
	const struct field *field;
	const char *before = "";

	buf_puts(out, ",\"properties\":{");
	for (field = fields; field->name != NULL; field++) {
		buf_puts(out, before);
		before = ",";
		buf_json(out, field->name);
		buf_putc(out, ':');
		field_schema_one(field, reply, out);
	}
	buf_puts(out, "},\"required\":[");
	before = "";
	for (field = fields; field->name != NULL; field++) {
		if (reply ? field->optional : !field->required)
			continue;
		buf_puts(out, before);
		before = ",";
		buf_json(out, field->name);
	}
	buf_puts(out, "],\"additionalProperties\":false");
}

/* The one component, narrowed to the bounds of this field. */
static void
put_amount_schema(const struct field *field, struct buf *out)
{
	static const char component[] = "\"$ref\":\"#/components/schemas/Amount\"";
	struct field members[AMOUNT_MEMBERS];

	buf_printf(
	    out, field->nullable ? "{\"anyOf\":[{%s},{\"type\":\"null\"}]" : "{%s", component);
	if (field->min != 0 || field->max != 0) {
		amount_members(field, members);
		buf_puts(out, ",\"properties\":{\"amount_minor\":{\"type\":\"integer\"");
		put_bounds(&members[0], "minimum", "maximum", out);
		buf_puts(out, "}}");
	}
	if (field->doc != NULL)
		put_member(out, "description", field->doc);
	buf_putc(out, '}');
}

void
field_schema_one(const struct field *field, bool reply, struct buf *out)
{
	const char *type = type_of(field->type), *format = format_of(field->type);

	if (field->schema != NULL) {
		buf_printf(out, "{\"$ref\":\"#/components/schemas/%s\"}", field->schema);
		return;
	}
	if (field->type == FIELD_AMOUNT) {
		put_amount_schema(field, out);
		return;
	}
	buf_puts(out, field->nullable ? "{\"type\":[" : "{\"type\":");
	buf_json(out, type);
	if (field->nullable)
		buf_puts(out, ",\"null\"]");
	if (format != NULL)
		put_member(out, "format", format);
	if (field->type == FIELD_PHONE)
		put_member(out, "pattern", "^\\+[1-9][0-9]{7,14}$");
	if (field->type == FIELD_CURRENCY)
		put_member(out, "pattern", "^[A-Z]{3,4}$");
	if (field->type == FIELD_ENUM)
		put_enum(field, out);
	if (field->type == FIELD_INT || field->type == FIELD_NUMBER)
		put_bounds(field, "minimum", "maximum", out);
	else if (field->type == FIELD_LIST)
		put_bounds(field, "minItems", "maxItems", out);
	else if (field->type != FIELD_ENUM && field->type != FIELD_OBJECT)
		put_bounds(field, "minLength", "maxLength", out);
	if (field->doc != NULL)
		put_member(out, "description", field->doc);
	if (field->example != NULL)
		buf_printf(out, ",\"examples\":[%s]", field->example);
	if (field->type == FIELD_LIST) {
		buf_puts(out, ",\"items\":");
		field_schema_one(field->sub, reply, out);
	}
	if (field->type == FIELD_OBJECT && field->sub != NULL)
		put_object_members(field->sub, reply, out);
	buf_putc(out, '}');
}

void
field_schema(const struct field *fields, bool reply, struct buf *out)
{
	buf_puts(out, "{\"type\":\"object\"");
	put_object_members(fields, reply, out);
	buf_putc(out, '}');
}

/* Some text of a length the field takes. */
static void
put_text(const struct field *field, struct buf *out)
{
	static const char words[] = "text ";
	size_t len = field->min > 4 ? (size_t)field->min : 4, i;

	if (field->max != 0 && (size_t)field->max < len)
		len = (size_t)field->max;
	buf_putc(out, '"');
	for (i = 0; i < len; i++)
		buf_putc(out, words[i % (sizeof(words) - 1)]);
	buf_putc(out, '"');
}

static void put_example(const struct field *, struct buf *);

static void
put_amount(const struct field *field, struct buf *out)
{
	struct field members[AMOUNT_MEMBERS];

	amount_members(field, members);
	field_example(members, out);
}

/* As many elements as the list must have, and one at least. */
static void
put_elements(const struct field *field, struct buf *out)
{
	int64_t i, count = field->min > 1 ? field->min : 1;

	buf_putc(out, '[');
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_putc(out, ',');
		put_example(field->sub, out);
	}
	buf_putc(out, ']');
}

static void
put_example(const struct field *field, struct buf *out)
{
	if (field->example != NULL) {
		buf_puts(out, field->example);
		return;
	}
	switch (field->type) {
	case FIELD_INT:
	case FIELD_NUMBER:
		buf_int(out, field->min != 0 ? field->min : 1);
		break;
	case FIELD_BOOL:
		buf_puts(out, "true");
		break;
	case FIELD_ENUM:
		buf_json(out, field->one_of[0]);
		break;
	case FIELD_UUID:
		buf_puts(out, "\"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80\"");
		break;
	case FIELD_TIME:
		buf_puts(out, "\"2026-11-21T09:30:00Z\"");
		break;
	case FIELD_DATE:
		buf_puts(out, "\"1994-05-17\"");
		break;
	case FIELD_EMAIL:
		buf_puts(out, "\"maya@example.org\"");
		break;
	case FIELD_PHONE:
		buf_puts(out, "\"+919876543210\"");
		break;
	case FIELD_SECRET:
		buf_puts(out, "\"correct horse battery\"");
		break;
	case FIELD_CURRENCY:
		buf_puts(out, "\"INR\"");
		break;
	case FIELD_AMOUNT:
		put_amount(field, out);
		break;
	case FIELD_LIST:
		put_elements(field, out);
		break;
	case FIELD_OBJECT:
		if (field->sub != NULL)
			field_example(field->sub, out);
		else
			buf_puts(out, "{}");
		break;
	default:
		put_text(field, out);
	}
}

void
field_example(const struct field *fields, struct buf *out)
{
	const struct field *field;
	const char *before = "{";

	for (field = fields; field->name != NULL; field++) {
		buf_puts(out, before);
		before = ",";
		buf_json(out, field->name);
		buf_putc(out, ':');
		put_example(field, out);
	}
	buf_puts(out, *before == '{' ? "{}" : "}");
}
