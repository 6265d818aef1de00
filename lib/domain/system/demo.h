/*
 * Demo data: one account of each role with known passwords, a directory of advisors with ratings, and
 * one application that waits for review. Loading it again changes nothing.
 */
#ifndef DOMAIN_SYSTEM_DEMO_H
#define DOMAIN_SYSTEM_DEMO_H

#include "base/conf.h"
#include "db/db.h"

extern const struct stmt_set demo_stmts;

/* Never in production: ERR_FORBIDDEN. Needs user_stmts too. */
MUST_CHECK enum err demo_load(struct db *, const struct conf *);

#endif
