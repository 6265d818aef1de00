/*
 * The database of a test: a door as the programs have it, and plain SQL for what a test prepares and
 * looks up. Both use DATABASE_URL (environment), a database with the whole schema. Failures are fatal
 * CUnit asserts.
 */
#ifndef HARNESS_TESTDB_H
#define HARNESS_TESTDB_H

#include "db/db.h"

/* A door with these statements and an arena of its own; testdb_close frees both. */
struct db *testdb_open(const struct stmt_set *const *sets);
void testdb_close(struct db *);

/*
 * Run SQL with text parameters $1 …; the first value of the first row, "" when there is none.
 * The text lives until the program ends.
 *
 *	testdb_text("SELECT state FROM advisor WHERE id = $1", id)
 */
#define testdb_text(...) testdb_text_(__VA_ARGS__, (const char *)NULL)
#define testdb_i64(...) testdb_i64_(__VA_ARGS__, (const char *)NULL)
#define testdb_run(...) ((void)testdb_text_(__VA_ARGS__, (const char *)NULL))
const char *testdb_text_(const char *sql, ...) __attribute__((sentinel));
int64_t testdb_i64_(const char *sql, ...) __attribute__((sentinel));

/* An ACTIVE account with a fresh e-mail; its id. ADVISOR also gets the empty DRAFT profile that
 * registering makes. */
const char *testdb_user(const char *role);
/* An ADVISOR with an APPROVED profile, online, without ratings. */
const char *testdb_advisor(void);
/* The advisor's state by moves that there are, whatever it is now; there is no way back to DRAFT. */
void testdb_advisor_state(const char *id, const char *state);
/* A number no other run has used. */
uint32_t testdb_random(void);

#endif
