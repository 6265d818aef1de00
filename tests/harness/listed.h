/* A list of the panel as a test of the domain reads it. */
#ifndef HARNESS_LISTED_H
#define HARNESS_LISTED_H

#include "db/list.h"

/*
 * A page of at most limit rows behind the last of another page (NULL: the first), in the source's first sort, turned
 * round or not, with filters as pairs of name and value. It must be read, or the test ends.
 *
 *	listed(db, &user_list, 10, false, NULL, "q", "maya", "state", "ACTIVE")
 */
#define listed(...) listed_(__VA_ARGS__, (const char *)NULL)
struct list_page listed_(struct db *, const struct list_source *, int64_t limit, bool turned,
    const struct list_page *behind, ...) __attribute__((sentinel));

#endif
