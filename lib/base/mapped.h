/*
 * Memory that all programs of a machine share: the file RUN_DIR/shared/NAME, mapped by each of them before its
 * workers are forked. What is in it may be changed by any of them at any time, and whoever changes it may be
 * killed between two steps: users keep to atomic values that mean something by themselves.
 *
 * The file belongs to the group of the programs, which run as users of their own. It is made as a whole, under
 * a lock of the folder, so that of several that come first one makes it. One of another layout, of another release,
 * is replaced by a new file and never cut or written over: programs that still have it mapped go on with it,
 * and share nothing with those that came later. Its memory is set aside when it is made; a full RUN_DIR is
 * noticed then and not by a signal later.
 */
#ifndef BASE_MAPPED_H
#define BASE_MAPPED_H

#include "base/base.h"

/* The first member of what is mapped. */
struct mapped {
	uint64_t layout, size;
};

/*
 * Map size bytes, which begin with a struct mapped and are zeros behind it when new. layout is a number that
 * changes with the meaning of the bytes. Without a usable folder, or with run_dir NULL, they are shared only with the
 * processes forked from this one, which is logged unless run_dir is NULL. Never NULL.
 */
void *mapped_open(const char *run_dir, const char *name, uint64_t layout, size_t size);

#endif
