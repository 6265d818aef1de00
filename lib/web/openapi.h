/*
 * The OpenAPI 3.1 document, printed from the route tables. Each program prints its own paths
 * (--openapi); `confab openapi` joins them and adds the frame.
 */
#ifndef WEB_OPENAPI_H
#define WEB_OPENAPI_H

#include "base/buf.h"
#include "shape/event_type.h"
#include "web/route.h"

/* {"paths": {…}, "routes": [{method, path, name, roles, hidden…}], "events": […]} of one program; events as
 * event_types_json prints them. */
void openapi_part(const char *program, const struct route *const *tables,
    const struct event_type *const *events, struct buf *out);
/* The events of all parts as one list: the caller's, to json_object_put. */
struct json_object *openapi_events(struct json_object *const *parts, size_t count);
/* The whole document from the programs' parts (json-c objects as openapi_part prints them). */
void openapi_document(struct json_object *const *parts, size_t count, struct buf *out);

#endif
