/*
 * Fields as data: one table row describes a member of a body, a query or a reply. The tables validate
 * requests, check replies in test builds, and print the OpenAPI schemas (2020-12), so the three
 * cannot differ.
 */
#ifndef SHAPE_FIELD_H
#define SHAPE_FIELD_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/form.h"

enum field_type {
	FIELD_TEXT = 1, /* min..max code points; no control characters */
	FIELD_INT, /* min..max */
	FIELD_NUMBER, /* min..max, fractions allowed; never for money */
	FIELD_BOOL,
	FIELD_ENUM, /* one of one_of */
	FIELD_UUID,
	FIELD_TIME, /* RFC 3339 with an offset */
	FIELD_DATE, /* YYYY-MM-DD, a real day */
	FIELD_EMAIL, /* the HTML rule, at most 254 characters; made lower-case */
	FIELD_PHONE, /* E.164: + and 8 to 15 digits */
	FIELD_SECRET, /* as TEXT; never logged, never shown as an example */
	FIELD_CURRENCY, /* three or four capital letters: ISO 4217, or COIN */
	FIELD_LIST, /* of sub[0], min..max elements */
	FIELD_OBJECT, /* of sub; in replies sub NULL means any object */
	FIELD_AMOUNT, /* of money, see amount.h; min..max minor units */
};

struct field {
	const char *name; /* NULL ends a table */
	enum field_type type;
	bool required; /* in a reply: every member is required unless optional */
	bool optional; /* reply only: may be left out */
	bool nullable; /* null is allowed */
	int64_t min, max; /* by type, see above; max 0 means the type's own bound */
	const char *const *one_of; /* NULL-terminated */
	const struct field *sub; /* members of an object; element of a list */
	const char *doc; /* one sentence */
	const char *example; /* JSON text; NULL: made from type and bounds */
	const char *schema; /* in the document: this schema of components instead of its own */
	const char *label; /* in front of it in a form; NULL: made of its name */
	const char *const *presets; /* texts that a form offers for it; NULL-terminated */
};

/* Every list takes these; put PAGE_FIELDS first in its query table. */
extern const char page_limit_doc[], page_cursor_doc[];
#define PAGE_FIELDS                                                                                \
	{ "limit", FIELD_INT, .min = 1, .max = 100, .doc = page_limit_doc, .example = "20" },      \
	{                                                                                          \
		"cursor", FIELD_TEXT, .max = 512, .doc = page_cursor_doc, .example = "\"bzE3MzI\"" \
	}

/* One failed field. path is dotted for nested ones, as "languages.2". */
struct field_error {
	const char *path, *message;
};
struct field_errors {
	struct arena *arena;
	struct field_error list[32]; /* FIELD_ERRORS_MAX */
	size_t count;
};

/* Blame a field; more than the list holds are left out. Returns err. */
enum err field_blame(struct field_errors *, enum err err, const char *path, const char *message);
/* Blame what fault names, if it names anything. Returns err. */
enum err field_fault(struct field_errors *, enum err err, const struct fault *fault);

/*
 * Check object against fields: unknown names, missing required ones, types and bounds; all failures
 * are collected. Good e-mail addresses are made lower-case in place. True when nothing failed.
 */
bool field_check(
    const struct field *fields, struct json_object *object, struct field_errors *errors);
/* The same for a reply: every member not marked optional must be there, none may be unknown. */
bool field_check_reply(
    const struct field *fields, struct json_object *object, struct field_errors *errors);
/* A member of object (NULL: empty) by its name, which fields must know: a typing error there is a bug. NULL: absent or
 * null. */
struct json_object *field_value(
    const struct field *fields, struct json_object *object, const char *name);
/*
 * Turn name=value text (a query or a form) into an object by the fields' types, collecting failures:
 * unknown and repeated names, numbers that are none. Empty values of fields not required are left out. The name
 * of a list comes once for each element.
 */
struct pair;
bool field_from_pairs(const struct field *fields, const struct pair *pairs, size_t count,
    struct json_object **object, struct field_errors *errors);

/* The JSON Schema of an object with these fields. reply: see field_check_reply. */
void field_schema(const struct field *fields, bool reply, struct buf *out);
/* The schema of one field. */
void field_schema_one(const struct field *field, bool reply, struct buf *out);
/* An example object with these fields. */
void field_example(const struct field *fields, struct buf *out);

#endif
