/* An administrator's act (domain/system/act.h) done by a test at the door of the database, in its own transaction. */
#ifndef HARNESS_ACTING_H
#define HARNESS_ACTING_H

#include "domain/system/acts.h"

/* input is JSON text, NULL for none, and not checked; by is the actor, in the request "req-acting". The door has
 * act_sets. */
enum err acting(struct db *, const char *by, const char *act, const char *id, const char *input);

#endif
