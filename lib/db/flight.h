/*
 * Inside lib/db: statements that go to the server together and are answered together, in one round trip, over
 * libpq's pipeline mode. A statement that the connection has not prepared is prepared on the way. The server
 * leaves what follows an error undone.
 */
#ifndef DB_FLIGHT_H
#define DB_FLIGHT_H

#include "db/pg.h"

/*
 * Run one statement, and before it, if a transaction begins, BEGIN and the question for its id (to db->xid). The
 * result is its answer or the first error; NULL with *ok false: the connection is lost or too slow.
 */
PGresult *flight_run(struct db *, const struct db_bound *, bool begins, bool *ok);
/* Run reads, as of db_run_many; those that are not answered then are to be run again. A connection that is lost is
 * dropped. */
void flight_many(struct db *, struct db_read *reads, size_t count);

#endif
