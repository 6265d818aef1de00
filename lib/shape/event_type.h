/*
 * Event types as data: one row per type says what its data holds, by the same field tables that replies
 * use. It is printed into the API's description (components.schemas.Event…); in test builds every event
 * that is delivered is held against it, and a type that no test ever emitted fails the run
 * (tests/http/contract.sh).
 */
#ifndef SHAPE_EVENT_TYPE_H
#define SHAPE_EVENT_TYPE_H

#include "shape/field.h"

struct event_type {
	const char *type; /* as "message.created"; NULL ends the table */
	const char *doc;  /* when it comes, and what to do with it */
	const struct field *data;
	bool ephemeral; /* stored nowhere: seq is null, and who is not there misses it */
};
extern const struct event_type event_types[];

/* NULL: no such type. */
const struct event_type *event_type_find(const char *type);
/* "EventMessageCreated" for "message.created", in the arena: the name of its schema. */
char *event_schema_name(struct arena *, const char *type);
/* ,"EventMessageCreated":{…},… and ,"Event":{…}, which is any of them. */
void event_schemas(struct buf *out);

#ifdef CONFAB_TEST
/*
 * Is the list of envelopes (JSON objects, joined by commas) as the table says? What is not, is logged.
 * Types that begin with "test." are the tests' own. Each type is logged once when first delivered.
 */
bool event_check(struct arena *, const char *envelopes, size_t len);
#else
#define event_check(arena, envelopes, len) ((void)(arena), (void)(envelopes), (void)(len), true)
#endif

#endif
