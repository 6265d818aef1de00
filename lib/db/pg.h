/*
 * Inside lib/db: the connection below db.h. Every wait has a deadline, so a frozen server cannot
 * freeze a worker.
 */
#ifndef DB_PG_H
#define DB_PG_H

#include "db/db.h"
#include <libpq-fe.h>

struct prepared_set;

struct db {
	const char *url, *program;
	const struct stmt_set *const *sets; /* NULL-terminated */
	struct arena *arena;
	PGconn *conn; /* NULL when not connected */
	struct prepared_set *prepared; /* on conn */
	int wait_ms; /* see db_wait_set */
	int64_t outage_us; /* monotonic: when the server was lost; 0: it is not */
	int64_t retry_at_us; /* monotonic: no connect before this */
	int64_t again_us; /* between the last two tries */
	int64_t schema_refused; /* see db_schema_refused */
	int tx_depth; /* 0: no transaction */
	bool begin_pending; /* BEGIN goes out with the first statement */
	bool tx_lost; /* the connection broke inside the transaction */
	bool tx_again; /* the server asks to run the transaction again */
	char xid[24]; /* of the open transaction; "" before the first answer */
	char constraint[64]; /* of the last error; "" without */
	char detail[256]; /* of the last error; "" without */
	unsigned long round_trips;
};

/* Begin to open a connection with our timeouts, for a loop that calls PQconnectPoll; no look-up of a
 * host name is waited for when the url gives addresses or a socket. NULL: out of memory. replication:
 * for a decoding stream (replication=database), without time limits on statements and locks. */
PGconn *pg_connect_start(const char *url, const char *program, bool replication);
/* Open a connection with our timeouts and no statements, until the monotonic deadline at the latest. NULL
 * when it failed (logged). */
PGconn *pg_connect(const char *url, const char *program, int64_t deadline_us);
/* An idle connection: the server has not ended it. One look at the socket. */
bool pg_alive(PGconn *);
/* Send what is queued and wait for the next result until the monotonic deadline. NULL with *ok true
 * is libpq's "no more"; NULL with *ok false means the connection is lost or too slow. */
PGresult *pg_next(PGconn *, int64_t deadline_us, bool *ok);
/* The next result, of one statement, and the NULL behind it; as pg_next. */
PGresult *pg_answer(PGconn *, int64_t deadline_us, bool *ok);
/* What is sent for it; NULL: SQL null. Lives as long as it does. */
const char *pg_param_text(const struct db_param *);
/* Queue a statement that is prepared, or its whole text, which needs no preparing. */
bool pg_send(PGconn *, const struct db_bound *);
bool pg_send_whole(PGconn *, const struct db_bound *);
/* Run one statement text without parameters; for BEGIN and the like. NULL: connection lost. */
PGresult *pg_command(PGconn *, const char *text, int64_t deadline_us);
/* DB_STATEMENT_MS, DB_LOCK_MS, DB_CALL_MS; in a test build CONFAB_PATIENCE times as long, for what has to happen
 * while a statement is held up. */
int pg_limit_ms(int ms);
/* When a call that begins now has taken too long, monotonic. */
int64_t pg_deadline(void);
/* The server's last word: it was told to end the connection, or to end. */
bool pg_is_farewell(const PGresult *);
/* Give up a connection that is lost: db_connect makes another. */
void pg_drop(struct db *);
/* What every connection may run beside the sets. */
enum { PG_XACT_ID, PG_XACT_STATUS };
extern const struct stmt_set pg_stmts;
/* Wrap a result that the arena will clear. */
struct rows *rows_new(struct arena *, PGresult *);
/* Give each read its row of a result of bound->many, in its own arena; the last of these clears the result. False: it
 * is not of that form, logged; the caller has it still. */
bool rows_divide(PGresult *, struct db_read *const reads[], size_t count);
/* SQLSTATE, constraint and message of a failed result to our error; keeps constraint and detail in
 * db, logs what is not the caller's fault. */
enum err pg_error(struct db *, const struct stmt *, const PGresult *);

#endif
