/*
 * The release this program is of, and the schema it was made for. Both come from the Makefile and reach only
 * version.c, so that a new release compiles one file.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#include "base/base.h"

/* As "0.1.0". */
extern const char confab_version[];
/* Number of the newest migration when the program was built: it cannot work on an older schema. */
extern const int64_t confab_schema;

#endif
