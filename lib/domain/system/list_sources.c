#include "domain/system/list_sources.h"

#include "domain/people/user_admin.h"

const struct list_source *const list_sources[] = {
	&user_list,
	NULL,
};
