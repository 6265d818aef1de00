/*
 * The one door to PostgreSQL: named statements, typed parameters, transactions. There is no function that
 * takes SQL text at run time, so injection has no way in; list.h puts statements together from constants. A statement is prepared on a connection when it is
 * first used there, in the same round trip.
 *
 * A statement with its parameters is a value, struct db_bound: a noun can give one (X_bind) to whoever
 * runs it, here or over a pipeline (pipeline.h), and take its answer apart (X_take).
 *
 * A struct db is one connection of one process, made after fork(). It connects when first used and
 * heals by itself. An idle connection that the server has ended is noticed before a statement is sent on it,
 * and what was lost with a connection and may be run again is: repeatable statements, and transactions whose
 * COMMIT was not sent or did not happen.
 *
 * While the server is away calls wait for it, but only in the first DB_WAIT_MS of an outage: a PostgreSQL
 * that crashed or was restarted is back within a second or two, five when the disk is busy (it writes its
 * whole folder through first), and a request that waits for that is worth more than one that fails. Nobody
 * waits on for a server that says nothing. Waiting ones try again every 15 to 150 ms with jitter, which costs the server
 * little while it recovers. In a longer outage every call fails at once with ERR_UNAVAILABLE, so that workers
 * do not pile up, and a new try is made about every half a second, or two when the server is silent. A
 * statement never waits longer than DB_CALL_MS for its answer, even when the server is frozen. Results belong
 * to the arena set with db_arena_set.
 *
 * Errors all calls share:
 *	ERR_UNAVAILABLE	no connection, or it was lost before anything was done, or an outdated schema
 *	ERR_TIMEOUT	statement, lock or call timeout; nothing was done
 *	ERR_CONFLICT	unique or exclusion constraint; db_violated() names it
 *	ERR_VALIDATION	check, not-null or foreign-key constraint or malformed value
 *	ERR_INTERNAL	anything else from the server, or a statement of no set; logged here
 *	another err	a function in sql/ raised SQLSTATE CF000 with that err_code as its message
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/arena.h"
#include "base/err.h"

enum {
	DB_CALL_MS = 7000, /* above statement_timeout, so that the server speaks first */
	DB_CONNECT_MS = 3000,
	DB_WAIT_MS = 6000, /* from the beginning of an outage, calls wait for its end */
	DB_STATEMENT_MS = 5000, /* statement_timeout */
	DB_LOCK_MS = 2000, /* lock_timeout */
	DB_IDLE_TX_MS = 10000, /* idle_in_transaction_session_timeout */
	DB_TX_TRIES = 3, /* runs of one transaction on 40001, 40P01 */
	DB_PARAMS_MAX = 24
};

struct db;
struct rows;

/* One statement; the text stands in the domain file that uses it and is prepared under its name. Told from
 * others by its address. */
struct stmt {
	const char *name; /* unique in the whole system: module_verb */
	int param_count;
	const char *sql;
	/* Outside a transaction: may be sent again when the connection was lost and it is not known
	 * whether it ran (reads, and writes that a key makes repeatable). */
	bool repeatable;
};
/* The statements of one module; a program lists the sets it needs, and can run no others. */
struct stmt_set {
	const struct stmt *stmts;
	size_t count;
};
#define STMT_SET(name, table) const struct stmt_set name = { table, COUNT_OF(table) }

/* One parameter; made by the functions below. Text is borrowed until the statement was run or sent. */
struct db_param {
	const char *text; /* NULL: SQL null, unless digits is set */
	char digits[24];
};
struct db_param db_text(const char *text); /* NULL gives SQL null */
struct db_param db_i64(int64_t value);
struct db_param db_bool(bool value);

/* A statement and its parameters. */
struct db_bound {
	const struct stmt *stmt;
	/* Or NULL: the same for several reads at once (db_run_many). Each of its parameters is an array that has a value
	 * for each read; it gives at most one row a read, and says in its last column, _n, of which, from 1. */
	const struct stmt *many;
	size_t count; /* of params; stmt's param_count */
	struct db_param params[DB_PARAMS_MAX];
	/* Lists and the search of people, else 0: sent with its text and planned for its parameters. No bool: where such values
	 * stand in db_ref, GCC 12 clears the padding behind one in the wrong place. */
	size_t whole;
};
/* db_bind(&stmts[X], db_text(a), ...): such a value; its address can be taken. */
#define db_bind(statement, ...) db_bind_many(statement, NULL, __VA_ARGS__)
/* db_bind_many(&stmts[X], &stmts[X_MANY], db_text(a), ...): of a statement that has a form for many. */
#define db_bind_many(statement, for_many, ...)                                                     \
	((struct db_bound){ (statement), (for_many), DB_COUNT_(__VA_ARGS__),                       \
	    { __VA_ARGS__ __VA_OPT__(, ){ 0 } }, 0 })
/* db_ref(X_bind(a, ...)): the address of such a value, good in this block. */
#define db_ref(...) ((const struct db_bound[]){ __VA_ARGS__ })
#define DB_COUNT_(...)                                                                             \
	(sizeof((const struct db_param[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } }) /                    \
		sizeof(struct db_param) -                                                          \
	    1)

/*
 * A door for one process. sets is NULL-terminated and stays borrowed; program is shown in
 * pg_stat_activity. Does not connect.
 */
struct db *db_open(const char *url, const char *program, const struct stmt_set *const *sets);
void db_close(struct db *);
/* Where results go from now on. */
void db_arena_set(struct db *, struct arena *);
/* The arena set last: domain functions take their memory from it. */
struct arena *db_arena(struct db *);
/* Another time than DB_WAIT_MS; 0: an outage is told at once, for who asks whether there is one. */
void db_wait_set(struct db *, int wait_ms);
/* Connect now if not connected. A schema older than the program is refused with ERR_UNAVAILABLE until it is
 * migrated (db/schema.h). */
MUST_CHECK enum err db_connect(struct db *);
/* Connect, and prepare every statement of the sets; those that cannot be are logged, and the first of these
 * errors is returned. */
MUST_CHECK enum err db_prepare_all(struct db *);
/* The newest migration of the schema that db_connect refused last; -1 when it was not that. */
int64_t db_schema_refused(const struct db *);

/* Run a statement. Outside db_tx it is a transaction of its own. */
MUST_CHECK enum err db_run(struct db *, const struct db_bound *, struct rows **rows);
/* The same, but ERR_NOT_FOUND when no row came (or, without RETURNING, none was touched). */
MUST_CHECK enum err db_run_one(struct db *, const struct db_bound *, struct rows **rows);

/* db_rows(db, &rows, &stmts[X], db_text(a), ...): any number of rows. */
#define db_rows(db, rows, ...) db_run(db, &db_bind(__VA_ARGS__), rows)
/* db_one(db, &rows, &stmts[X], ...): the first row is there, or ERR_NOT_FOUND. */
#define db_one(db, rows, ...) db_run_one(db, &db_bind(__VA_ARGS__), rows)
/* db_exec(db, &stmts[X], ...): nothing to read. */
#define db_exec(db, ...) db_run(db, &db_bind(__VA_ARGS__), NULL)
/* db_exec_one(db, &stmts[X], ...): one row must have been touched, else ERR_NOT_FOUND. */
#define db_exec_one(db, ...) db_run_one(db, &db_bind(__VA_ARGS__), NULL)

/* One of several reads that are run together. */
struct db_read {
	const struct db_bound *bound; /* repeatable */
	struct arena *arena; /* where its rows go */
	const char *request_id; /* for what is logged of it; NULL: none */
	enum err err;
	struct rows *rows; /* on ERR_OK */
	bool answered; /* set by db_run_many: err and rows are */
};
enum { DB_READS_MAX = 64 };
/*
 * Run at most DB_READS_MAX reads outside db_tx, in one round trip; those that are answered have what db_run would have
 * given them. Those of one statement that has a form for many go as one. Nothing came of what another's failure or the
 * loss of the connection left undone, nor of any where there is no connection, or only one read: each of these is to
 * be run by itself.
 */
void db_run_many(struct db *, struct db_read *reads, size_t count);

/*
 * The only BEGIN and COMMIT. fn runs inside; ERR_OK commits, anything else rolls back and is
 * returned. On serialization failure and deadlock fn runs again, at most DB_TX_TRIES times in all, so
 * it must be safe to run twice: no effect outside the database, arena memory is rewound. A COMMIT
 * whose answer is lost is looked up by its transaction id on a new connection before anything is
 * said (pg_xact_status), and run again if it did not happen. Calls nest: the inner fn joins the outer
 * transaction.
 *	ERR_UNAVAILABLE	also: the fate of a lost COMMIT could not be learnt (a retry by key will)
 */
MUST_CHECK enum err db_tx(struct db *, enum err (*fn)(struct db *, void *), void *arg);

/* The last ERR_CONFLICT or ERR_VALIDATION was by this constraint. */
bool db_violated(const struct db *, const char *constraint);
/* The server's DETAIL of the last error; "" without. For errors raised by our own SQL functions. */
const char *db_detail(const struct db *);
/* Round trips for statements since db_open, BEGIN and COMMIT included; tests count with it. */
unsigned long db_round_trips(const struct db *);

/* Rows. Columns count from 0, in the order of the SELECT list; pointers live with the arena. */
size_t rows_count(const struct rows *);
size_t rows_columns(const struct rows *);
const char *rows_name(const struct rows *, size_t column);
const char *rows_text(const struct rows *, size_t row, size_t column); /* NULL for SQL null */
int64_t rows_i64(const struct rows *, size_t row, size_t column); /* 0 for SQL null */
bool rows_bool(const struct rows *, size_t row, size_t column); /* false for SQL null */
/* The same by the column's name, which must be there: for all who do not own the statement. */
const char *rows_text_of(const struct rows *, size_t row, const char *column);
int64_t rows_i64_of(const struct rows *, size_t row, const char *column);
bool rows_bool_of(const struct rows *, size_t row, const char *column);
/* The text of the only column of the first row, which must be there. */
const char *rows_only(const struct rows *);
/* Does the column hold times (timestamptz)? */
bool rows_is_time(const struct rows *, size_t column);
/* Rows touched by a statement without RETURNING, else rows_count. */
size_t rows_touched(const struct rows *);

struct buf;
/*
 * One row as a JSON object: numbers as they are, booleans, timestamptz as RFC 3339 UTC, json and jsonb
 * nested, everything else as text. A column whose name starts with "_" is left out: it is for C.
 */
void rows_json(const struct rows *, size_t row, struct buf *out);
/* "2026-11-21 03:04:05.6+00", as the server writes a timestamptz in our sessions (UTC), as JSON text in
 * the form "2026-11-21T03:04:05.600000Z", of one width; infinity as it is. */
void db_time_json(struct buf *out, const char *text);

#endif
