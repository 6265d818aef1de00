#include "domain/system/lane.h"

const struct lane lanes[LANE__COUNT] = {
#define LANE(id, name, children, doc) { name, children, doc },
#include "domain/system/lane.def"
#undef LANE
};
