/*
 * Event types as data: one row per type says what its data holds, by the same field tables that replies
 * use. Each noun of lib/domain has a table of its own, and a program lists those it delivers. They are
 * printed into the API's description (components.schemas.Event…); in test builds every event that is
 * delivered is held against them, and a type that no test ever emitted fails the run
 * (tests/http/contract.sh).
 */
#ifndef SHAPE_EVENT_TYPE_H
#define SHAPE_EVENT_TYPE_H

#include "shape/field.h"

struct event_type {
	const char *type; /* as "message.created"; NULL ends the table */
	const char *doc; /* when it comes, and what to do with it */
	const struct field *data;
	bool ephemeral; /* stored nowhere: seq is null, and who is not there misses it */
	bool unsays; /* it takes words of earlier events back: what was told of them is not told again */
};

/* Among tables, of which NULL ends the list. NULL: no such type. */
const struct event_type *event_type_find(const struct event_type *const *tables, const char *type);
/* "EventMessageCreated" for "message.created", in the arena: the name of its schema. */
char *event_schema_name(struct arena *, const char *type);
/* [{"type", "ephemeral", "doc", "schema" of the whole event, "example" of its data}, …]; tables NULL: []. */
void event_types_json(const struct event_type *const *tables, struct buf *out);
/* From such a list, parsed: ,"EventMessageCreated":{…},… and ,"Event":{…}, which is any of them. */
void event_schemas(struct json_object *types, struct buf *out);

#ifdef CONFAB_TEST
/*
 * Is the list of envelopes (JSON objects, joined by commas) as the tables say? What is not, is logged.
 * Types that begin with "test." are the tests' own. Each type is logged when first delivered.
 */
bool event_check(
    struct arena *, const struct event_type *const *tables, const char *envelopes, size_t len);
#else
#define event_check(arena, tables, envelopes, len)                                                 \
	((void)(arena), (void)(tables), (void)(envelopes), (void)(len), true)
#endif

#endif
