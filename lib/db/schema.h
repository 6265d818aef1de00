/*
 * Inside lib/db: no program works on a schema older than the one it was made for (base/version.h). On a newer
 * one it goes on: an upgrade migrates first and restarts then, or the other way round, and in between each
 * program either works or says 503.
 */
#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include <libpq-fe.h>

#include "base/err.h"

/* What to ask of a new connection before anything else. */
extern const char schema_question[];
/*
 * Judge the answer. *version is the newest migration applied, 0 without any.
 *	ERR_CONFLICT	older than the program, which is noted by outage_failed
 *	ERR_INTERNAL	no answer to that question, noted too
 */
MUST_CHECK enum err schema_judge(const PGresult *answer, int64_t *version);

#endif
