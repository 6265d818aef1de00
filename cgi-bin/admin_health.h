/* Which programs of this machine live, for the home page and that of the programs. */
#ifndef CGI_BIN_ADMIN_HEALTH_H
#define CGI_BIN_ADMIN_HEALTH_H

#include "admin.h"

#include "web/metrics.h"

/* When the program was last heard of: wall time, seconds; 0: never. */
int64_t health_seen_s(const struct metrics_program *seen);
/* The instances of a whole system by number, from 0, as "auth" or "events-2"; NULL behind the last. */
const char *health_program(struct req *, size_t number);
/* A notice for each that does not run; none when all do. */
void health_notices(struct req *, struct json_object *context);

#endif
