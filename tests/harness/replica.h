/*
 * What a client keeps of one conversation, and how it goes on by events alone: the rules an app has to
 * follow, in one place. The state is a JSON object {"conversation", "messages", "session"} of replies of
 * the API. Nothing here asks anybody anything.
 */
#ifndef HARNESS_REPLICA_H
#define HARNESS_REPLICA_H

#include "base/base.h"
#include <json-c/json.h>

/* The three are taken over. What the clock alone changes is dropped. */
struct json_object *replica_new(
    struct json_object *conversation, struct json_object *messages, struct json_object *session);
/* Go on by one event (an envelope) as the client of the account me. One that is known already, or is about
 * something else, changes nothing that a later event would not bring. */
void replica_apply(struct json_object *state, const char *me, struct json_object *event);
/* A member by its name, as text; "" when absent. */
const char *replica_text(struct json_object *object, const char *name);
int64_t replica_i64(struct json_object *object, const char *name);
struct json_object *replica_get(
    struct json_object *object, const char *name); /* NULL: absent or null */

#endif
