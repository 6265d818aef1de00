#include "base/version.h"

const char confab_version[] = CONFAB_VERSION;
const int64_t confab_schema = CONFAB_SCHEMA;
