/*
 * Inside lib/db: which statements a connection has prepared. A statement is prepared when it is first used,
 * in the round trip of its use. What a connection has prepared lives as long as it does, whether the transaction
 * in which that was done is committed or not.
 */
#ifndef DB_PREPARED_H
#define DB_PREPARED_H

#include "db/db.h"

enum prepared {
	PREPARED_NOT,
	PREPARED_SENT, /* asked for; not known yet whether it was done */
	PREPARED_YES
};

struct prepared_set;

/* Of a connection that may run the statements of these sets (as of db_open) and those of run.c; freed by
 * free(). */
struct prepared_set *prepared_new(const struct stmt_set *const *sets);
/* The connection is another one. */
void prepared_forget(struct prepared_set *);
/* ERR_INTERNAL, logged: the statement stands in none of the sets. */
MUST_CHECK enum err prepared_listed(struct prepared_set *, const struct stmt *);
/* What is known of this statement, which is listed, to be changed by the caller. */
enum prepared *prepared_of(struct prepared_set *, const struct stmt *);

#endif
