/*
 * Cross-origin requests (Fetch standard): only origins listed in CORS_ORIGINS, to the letter; never with
 * credentials, since the token goes in a header.
 */
#ifndef WEB_CORS_H
#define WEB_CORS_H

#include "web/req.h"

/* Answer OPTIONS: 204 with what is allowed; without a listed Origin only Allow. */
enum err cors_preflight(struct req *);
/* Add the headers to any other reply when its Origin is listed. */
void cors_headers(struct req *);

/* origin is one of the list, which is separated by commas. */
bool cors_is_listed(const char *list, const char *origin);

#endif
