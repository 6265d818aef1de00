/*
 * All lists there are (db/list.h). tests/db/test_list_plan.c looks at the plan of each, with every sort and filter.
 */
#ifndef DOMAIN_SYSTEM_LIST_SOURCES_H
#define DOMAIN_SYSTEM_LIST_SOURCES_H

#include "db/list.h"

extern const struct list_source *const list_sources[]; /* NULL-terminated */

#endif
