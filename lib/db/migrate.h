/*
 * Schema migrations, from one directory. Numbered files NNNN_name.sql hold tables and are applied once, in
 * order; each leaves a row in table migration (version, name, SHA-256 of the file). Code files
 * code/NOUN.sql hold functions, views and triggers (CREATE OR REPLACE) and are applied after them, again
 * whenever their checksum is not the one in table migration_code: base.sql first, the others by name.
 * Bodies of functions are looked at when all are there, so they may call each other in any order; what a
 * view or a trigger of one file needs of another belongs into base.sql.
 *
 * One run is one transaction under an advisory lock that lets one process migrate at a time: new tables
 * and the functions that fit them are seen together, and after a failure the database is as it was. No file
 * can therefore hold what refuses to run in a transaction (CREATE INDEX CONCURRENTLY). Refused, before
 * anything is changed: a gap in the numbers, a numbered file whose checksum differs from what was
 * applied, a database newer than the numbered files.
 *
 * Nothing is dropped because it left its file: running workers have prepared it. A function whose arguments
 * or results change is a new one beside the old; the file says only the new one, and one release later
 * also DROP FUNCTION IF EXISTS with the old one's arguments. Until then the old one is reported as left over.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "base/arena.h"
#include "base/err.h"

/* What migrate_run and migrate_status tell, one call a file in order: numbered files, then code files,
 * whose version is 0. Last, "leftover" for each function (name is its signature) that no file defines. */
typedef void migrate_report(void *arg, int version, const char *name, const char *state);

/*
 * Apply what is missing or, of code files, changed. report (may be NULL) hears "applied" for each file
 * applied now, once all are committed.
 *	ERR_UNAVAILABLE	no connection
 *	ERR_CONFLICT	refused as said above; the reason is logged
 *	ERR_INTERNAL	a statement of a file failed; nothing was applied; logged
 */
MUST_CHECK enum err migrate_run(
    struct arena *, const char *url, const char *dir, migrate_report *report, void *arg);
/* Report every file as "applied", "pending" or "changed" (of code files: to be applied again); errors as
 * above. */
MUST_CHECK enum err migrate_status(
    struct arena *, const char *url, const char *dir, migrate_report *report, void *arg);

#endif
