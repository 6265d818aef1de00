/*
 * The OpenAPI 3.1 document, printed from the route tables. Each program prints its own paths
 * (--openapi); `confab openapi` joins them and adds the frame.
 */
#ifndef WEB_OPENAPI_H
#define WEB_OPENAPI_H

#include "base/buf.h"
#include "web/route.h"

/* {"paths": {…}, "routes": [{method, path, name, roles, hidden…}]} of one program. */
void openapi_paths(const char *program, const struct route *const *tables, struct buf *out);
/* The whole document from the programs' parts (json-c objects as openapi_paths prints them). */
void openapi_document(struct json_object *const *parts, size_t count, struct buf *out);

#endif
