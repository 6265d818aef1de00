/* The lanes of the worker as data: lane.def. */
#ifndef DOMAIN_SYSTEM_LANE_H
#define DOMAIN_SYSTEM_LANE_H

#include "base/base.h"

enum lane_id {
#define LANE(id, name, children, doc) LANE_##id,
#include "domain/system/lane.def"
#undef LANE
	LANE__COUNT
};

struct lane {
	const char *name; /* in the panel, in /readyz and in the metrics */
	int children; /* processes that do its jobs, one at a time each */
	const char *doc;
};

/* By enum lane_id, which is the order of lane.def. */
extern const struct lane lanes[LANE__COUNT];

#endif
