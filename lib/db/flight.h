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
/*
 * Run reads, as of db_run_many. How many of them, from the first on, have their answer; the last of these may be
 * an error. A connection that is lost is dropped.
 */
size_t flight_many(struct db *, struct db_read *reads, size_t count);

#endif
