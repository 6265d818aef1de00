/* What the files of the operator's command share. */
#ifndef CGI_BIN_CONFAB_H
#define CGI_BIN_CONFAB_H

#include "base/arena.h"
#include "base/conf.h"

/* `confab openapi DIR`: the OpenAPI document of the programs in DIR. Returns the exit status. */
int confab_openapi(struct arena *, const char *dir);
/* `confab docs DIR`: the same as an HTML page, by template docs.html. */
int confab_docs(struct arena *, const struct conf *, const char *dir);
/* `confab routes DIR`: every route with its roles, one JSON object a line. */
int confab_routes(struct arena *, const char *dir);

#endif
