/*
 * The files of one directory of migrations (db/migrate.h), read whole.
 */
#ifndef DB_MIGRATE_FILES_H
#define DB_MIGRATE_FILES_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct migration {
	int version; /* 0: a code file */
	const char *name; /* path in the directory without ".sql" */
	const char *text; /* the file */
	char checksum[SHA256_HEX_SIZE];
	const char *applied; /* checksum in the database; NULL: pending, as after reading */
	bool now; /* applied by this run */
};

struct migration_files {
	struct migration *numbered; /* in order of version, from 1 without a gap */
	size_t count;
	struct migration *code; /* in the order in which they are applied */
	size_t code_count;
};

/*
 * Read all into the arena.
 *	ERR_CONFLICT	no numbered file or a gap in the numbers, no folder code, or a file that is
 *			empty, too long or cannot be read; logged
 */
MUST_CHECK enum err migration_files_read(struct arena *, const char *dir, struct migration_files *);

#endif
