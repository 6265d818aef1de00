/*
 * Schema migrations: files NNNN_name.sql in one directory, applied in order, each in one transaction
 * with its row in table migration (version, name, SHA-256 of the file). An advisory lock lets one
 * process migrate at a time. Refused, before anything is changed: a gap in the numbers, a file whose
 * checksum differs from what was applied, a database newer than the files.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "base/arena.h"
#include "base/err.h"

/* What migrate_run and migrate_status tell, one call a file in order. */
typedef void migrate_report(void *arg, int version, const char *name, const char *state);

/*
 * Apply what is missing. report (may be NULL) hears "applied" for each file applied now.
 *	ERR_UNAVAILABLE	no connection
 *	ERR_CONFLICT	refused as said above; the reason is logged
 *	ERR_INTERNAL	a statement of a file failed; that file's changes are rolled back; logged
 */
MUST_CHECK enum err migrate_run(struct arena *, const char *url, const char *dir,
    migrate_report *report, void *arg);
/* Report every file as "applied", "pending" or "changed"; errors as above. */
MUST_CHECK enum err migrate_status(struct arena *, const char *url, const char *dir,
    migrate_report *report, void *arg);

#endif
