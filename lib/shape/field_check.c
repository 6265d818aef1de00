#include "shape/field.h"
#include "base/form.h"
#include "base/str.h"
#include "base/uuid.h"
#include "shape/amount.h"
#include "shape/format.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 160 };

struct check {
	struct field_errors *errors;
	bool reply;
	char path[PATH_SIZE]; /* dotted path of the member being looked at */
};

enum err
field_blame(struct field_errors *errors, enum err err, const char *path, const char *message)
{
	if (errors->count < COUNT_OF(errors->list))
		errors->list[errors->count++] = (struct field_error){ path, message };
	return err;
}

enum err
field_fault(struct field_errors *errors, enum err err, const struct fault *fault)
{
	return fault_named(fault) ? field_blame(errors, err, fault->field, fault->message) : err;
}

static void
blame(struct check *check, const char *message)
{
	struct field_errors *errors = check->errors;

	if (errors->count < COUNT_OF(errors->list))
		(void)field_blame(
		    errors, ERR_VALIDATION, arena_strdup(errors->arena, check->path), message);
}

static const char *
say(struct check *check, const char *rule, int64_t bound, const char *what)
{
	return arena_printf(check->errors->arena, "must %s %lld%s", rule, (long long)bound, what);
}

static int64_t
max_of(const struct field *field)
{
	return field->max != 0 ? field->max : INT64_MAX;
}

static void
check_text(struct check *check, const struct field *field, const char *text, size_t len)
{
	int64_t count;

	if (strlen(text) != len || str_has_control(text)) {
		blame(check, "must not hold control characters");
		return;
	}
	count = (int64_t)str_utf8_count(text);
	if (count < field->min)
		blame(check, say(check, "have at least", field->min, " characters"));
	else if (count > max_of(field))
		blame(check, say(check, "have at most", field->max, " characters"));
}

static void
check_enum(struct check *check, const struct field *field, const char *text)
{
	struct buf list;
	size_t i;

	for (i = 0; field->one_of[i] != NULL; i++)
		if (strcmp(field->one_of[i], text) == 0)
			return;
	list = buf_new(check->errors->arena, 64);
	buf_puts(&list, "must be one of");
	for (i = 0; field->one_of[i] != NULL; i++)
		buf_printf(&list, "%s %s", i == 0 ? "" : ",", field->one_of[i]);
	blame(check, list.data);
}

static void
check_email(struct check *check, struct json_object *value)
{
	char *lower = arena_strdup(check->errors->arena, json_object_get_string(value));

	if (!format_is_email(lower)) {
		blame(check, "must be an e-mail address");
		return;
	}
	str_lower(lower);
	if (!check->reply)
		(void)json_object_set_string(value, lower);
}

static void
check_string(struct check *check, const struct field *field, struct json_object *value)
{
	const char *text = json_object_get_string(value);

	switch (field->type) {
	case FIELD_ENUM:
		check_enum(check, field, text);
		break;
	case FIELD_UUID:
		if (!uuid_valid(text))
			blame(check, "must be a UUID in lower case");
		break;
	case FIELD_TIME:
		if (!format_is_time(text))
			blame(check, "must be a time like 2026-11-21T09:30:00Z");
		break;
	case FIELD_DATE:
		if (!format_is_date(text))
			blame(check, "must be a date like 2000-02-29");
		break;
	case FIELD_EMAIL:
		check_email(check, value);
		break;
	case FIELD_PHONE:
		if (!format_is_phone(text))
			blame(check, "must be + and 8 to 15 digits (E.164)");
		break;
	case FIELD_CURRENCY:
		if (!currency_valid(text))
			blame(check, "must be a currency code such as INR");
		break;
	default:
		check_text(check, field, text, (size_t)json_object_get_string_len(value));
	}
}

static void
check_int(struct check *check, const struct field *field, struct json_object *value)
{
	int64_t number = json_object_get_int64(value);

	if (number < field->min)
		blame(check, say(check, "be at least", field->min, ""));
	else if (number > max_of(field))
		blame(check, say(check, "be at most", field->max, ""));
}

static void
check_number(struct check *check, const struct field *field, struct json_object *value)
{
	double number = json_object_get_double(value);

	if ((field->min != 0 || field->max != 0) &&
	    (number < (double)field->min || number > (double)max_of(field)))
		blame(check,
		    arena_printf(check->errors->arena, "must be from %lld to %lld",
			(long long)field->min, (long long)max_of(field)));
}

static void check_object(struct check *, const struct field *, struct json_object *);
static void check_value(struct check *, const struct field *, struct json_object *);

static void
check_list(struct check *check, const struct field *field, struct json_object *list)
{
	size_t i, count = json_object_array_length(list), len = strlen(check->path);

	if ((int64_t)count < field->min) {
		blame(check, say(check, "have at least", field->min, " elements"));
		return;
	}
	if ((int64_t)count > max_of(field)) {
		blame(check, say(check, "have at most", field->max, " elements"));
		return;
	}
	for (i = 0; i < count; i++) {
		(void)snprintf(check->path + len, PATH_SIZE - len, ".%zu", i);
		check_value(check, field->sub, json_object_array_get_idx(list, i));
		check->path[len] = '\0';
	}
}

static void
check_amount(struct check *check, const struct field *field, struct json_object *value)
{
	struct field members[AMOUNT_MEMBERS];

	amount_members(field, members);
	check_object(check, members, value);
}

static const struct {
	json_type json;
	const char *message;
} wanted[] = {
	[FIELD_TEXT] = { json_type_string, "must be text" },
	[FIELD_INT] = { json_type_int, "must be a whole number" },
	[FIELD_NUMBER] = { json_type_double, "must be a number" },
	[FIELD_BOOL] = { json_type_boolean, "must be true or false" },
	[FIELD_ENUM] = { json_type_string, "must be text" },
	[FIELD_UUID] = { json_type_string, "must be text" },
	[FIELD_TIME] = { json_type_string, "must be text" },
	[FIELD_DATE] = { json_type_string, "must be text" },
	[FIELD_EMAIL] = { json_type_string, "must be text" },
	[FIELD_PHONE] = { json_type_string, "must be text" },
	[FIELD_SECRET] = { json_type_string, "must be text" },
	[FIELD_CURRENCY] = { json_type_string, "must be text" },
	[FIELD_LIST] = { json_type_array, "must be a list" },
	[FIELD_OBJECT] = { json_type_object, "must be an object" },
	[FIELD_AMOUNT] = { json_type_object,
	    "must be an amount like {\"amount_minor\": 2500, \"currency\": \"INR\"}" },
};

static void
check_value(struct check *check, const struct field *field, struct json_object *value)
{
	json_type type = json_object_get_type(value);

	if (type == json_type_null) {
		if (!field->nullable)
			blame(check, "must not be null");
		return;
	}
	if (type != wanted[field->type].json &&
	    !(field->type == FIELD_NUMBER && type == json_type_int)) {
		blame(check, wanted[field->type].message);
		return;
	}
	switch (type) {
	case json_type_string:
		check_string(check, field, value);
		break;
	case json_type_array:
		check_list(check, field, value);
		break;
	case json_type_object:
		if (field->type == FIELD_AMOUNT)
			check_amount(check, field, value);
		else if (field->sub != NULL)
			check_object(check, field->sub, value);
		break;
	case json_type_int:
	case json_type_double:
		if (field->type == FIELD_INT)
			check_int(check, field, value);
		else
			check_number(check, field, value);
		break;
	default:
		break;
	}
}

static const struct field *
field_find(const struct field *fields, const char *name)
{
	for (; fields->name != NULL; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

struct json_object *
field_value(const struct field *fields, struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	assert(fields != NULL && field_find(fields, name) != NULL);
	if (object != NULL)
		(void)json_object_object_get_ex(object, name, &value);
	return value;
}

/* Append ".name" to the path; returns the length to go back to. A name without letters is shown as "". */
static size_t
path_enter(struct check *check, const char *name)
{
	size_t len = strlen(check->path), end = len, name_len;

	if (*name == '\0')
		name = "\"\"";
	if (len > 0 && end < PATH_SIZE - 1)
		check->path[end++] = '.';
	name_len = strnlen(name, PATH_SIZE - 1 - end);
	memcpy(check->path + end, name, name_len);
	end += name_len;
	/* A long name is cut, but never inside of a character. */
	while (!str_utf8_valid(check->path + len, end - len))
		end--;
	check->path[end] = '\0';
	return len;
}

static void
check_object(struct check *check, const struct field *fields, struct json_object *object)
{
	const struct field *field;
	size_t len;

	json_object_object_foreach (object, name, member) {
		(void)member;
		if (field_find(fields, name) == NULL) {
			len = path_enter(check, name);
			blame(check, "is not a field of this request");
			check->path[len] = '\0';
		}
	}
	for (field = fields; field->name != NULL; field++) {
		struct json_object *value;
		bool present = json_object_object_get_ex(object, field->name, &value);

		len = path_enter(check, field->name);
		if (present)
			check_value(check, field, value);
		else if (check->reply ? !field->optional : field->required)
			blame(check, "is missing");
		check->path[len] = '\0';
	}
}

bool
field_check(const struct field *fields, struct json_object *object, struct field_errors *errors)
{
	struct check check = { errors, false, "" };
	size_t before = errors->count;

	check_object(&check, fields, object);
	return errors->count == before;
}

bool
field_check_reply(
    const struct field *fields, struct json_object *object, struct field_errors *errors)
{
	struct check check = { errors, true, "" };
	size_t before = errors->count;

	check_object(&check, fields, object);
	return errors->count == before;
}

static struct json_object *
double_from_text(const char *text)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (*text == '\0' || *end != '\0' || strspn(text, "0123456789.-") != strlen(text) ||
	    errno == ERANGE)
		return NULL;
	return json_number(value);
}

/* The value of one pair as its field's type; as text when it is not of that type, so that field_check
 * says what is wrong. */
static struct json_object *
pair_value(const struct field *field, const char *text)
{
	struct json_object *value = NULL;
	int64_t number;

	if (field->type == FIELD_INT && str_to_int(text, INT64_MIN, INT64_MAX, &number))
		value = json_object_new_int64(number);
	else if (field->type == FIELD_NUMBER)
		value = double_from_text(text);
	else if (field->type == FIELD_BOOL &&
	    (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		value = json_object_new_boolean(*text == 't');
	return value != NULL ? value : json_object_new_string(text);
}

/* One pair more: a list takes its name as often as it comes. */
static void
pair_add(struct check *check, struct json_object *made, const struct field *field, const char *text)
{
	struct json_object *value;
	bool again = json_object_object_get_ex(made, field->name, &value);

	if (again && field->type != FIELD_LIST) {
		blame(check, "must be given once");
		return;
	}
	if (*text == '\0' && !field->required)
		return;
	if (!again) {
		value =
		    field->type == FIELD_LIST ? json_object_new_array() : pair_value(field, text);
		json_object_object_add(made, field->name, value);
	}
	if (field->type == FIELD_LIST)
		json_object_array_add(value, pair_value(field->sub, text));
}

bool
field_from_pairs(const struct field *fields, const struct pair *pairs, size_t count,
    struct json_object **object, struct field_errors *errors)
{
	struct json_object *made = json_object_new_object();
	struct check check = { errors, false, "" };
	size_t i, before = errors->count;

	(void)json_keep(errors->arena, made);
	for (i = 0; i < count; i++) {
		const struct field *field = field_find(fields, pairs[i].name);

		check.path[0] = '\0';
		(void)path_enter(&check, pairs[i].name);
		if (field == NULL)
			blame(&check, "is not a field of this request");
		else
			pair_add(&check, made, field, pairs[i].value);
	}
	*object = made;
	return field_check(fields, made, errors) && errors->count == before;
}
