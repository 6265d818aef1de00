/*
 * A program's routes, made ready for finding: a tree of path segments, built once at start. A path is walked
 * segment by segment, literal segments before {…}, whatever the number of routes. What is found is what a walk
 * through the tables from top to bottom would find: of several that fit, the first one in the tables.
 */
#ifndef WEB_ROUTES_H
#define WEB_ROUTES_H

#include "web/route.h"

struct routes;

/* tables is NULL-terminated and, like the tree, must live as long as the arena. */
struct routes *routes_new(struct arena *, const struct route *const *tables);
/*
 * Find the route for method and path. params gets the values of {…} in order, in the arena.
 *	ERR_NOT_FOUND	no route has this path
 *	ERR_METHOD	some have, for other methods: *allow is their list
 */
MUST_CHECK enum err route_find(const struct routes *, struct arena *, enum method method,
    const char *path, const struct route **route, const char *params[ROUTE_PARAMS_MAX],
    const char **allow);
/* Its place in the tables, from 1; 0 for NULL. What its counters are known by (metrics.h). */
size_t route_number(const struct routes *, const struct route *);

#endif
