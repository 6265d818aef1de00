/*
 * The panel's navigation: what can be gone to from every page, by group. One table here is the rail of wide
 * screens, the menu of phones and the pages that the search knows by name.
 */
#ifndef PANEL_NAV_H
#define PANEL_NAV_H

#include "web/req.h"

enum { NAV_COUNT_MAX = 100 }; /* of what waits, more is not counted and shown as "99+" */

/* A page of the navigation. */
struct nav_entry {
	const char *group; /* its heading; "" stands before all */
	const char *section; /* as panel_reply is told */
	const char *label, *path;
	const char *waiting; /* the column of overview_waiting with what waits there; NULL: nothing does */
	const char *waits; /* what that is, for who only hears it: "applications to review" */
};
extern const struct nav_entry nav_entries[]; /* groups stand together; path NULL ends it */

/*
 * Put into context what templates/nav.html shows: "nav", a list of groups, and "nav_waiting", all that waits.
 * context's "section" (may be absent) says where we are, its "waiting" (an object, may be absent) the counts.
 */
void nav_put(struct req *, struct json_object *context);

#endif
