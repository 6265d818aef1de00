/*
 * What /readyz and the panel's home ask of the database.
 */
#ifndef DOMAIN_SYSTEM_HEALTH_H
#define DOMAIN_SYSTEM_HEALTH_H

#include "db/db.h"

extern const struct stmt_set health_stmts;

/* The newest migration applied. */
MUST_CHECK enum err health_schema_version(struct db *, int64_t *version);

#endif
