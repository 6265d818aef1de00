/*
 * The decoding stream: every commit that touched a published table, in commit order, as it reaches the
 * write-ahead log; nothing that was rolled back. Over libpq with replication=database, a temporary slot
 * (so a dead reader never holds WAL back) and the output plugin pgoutput.
 *
 * Driven by a loop and never blocking: wait for wal_poll() on wal_fd() or until wal_due_us(), then call
 * wal_step. It connects, makes the slot, streams, answers keepalives, and begins again with back-off
 * when anything breaks. Making a slot waits for transactions that run at that moment, however long; the
 * loop goes on meanwhile.
 *
 * What was committed before the slot was made, or between two slots, is not in the stream: when started
 * is called, read from the tables what may have been missed.
 */
#ifndef DB_WAL_H
#define DB_WAL_H

#include "db/pgoutput.h"
#include "db/wal_life.h"

struct wal;

/* One inserted row, valid during the call. */
struct wal_row;
/* The value of a column, in text form; data NULL for SQL null and for a name the table has not. */
struct pgoutput_value wal_column(const struct wal_row *, const char *name);

/* Called from wal_step. */
struct wal_handler {
	void *arg;
	/* Before each start: whose log it is, and the history of its timeline ("" for the first). May be NULL. */
	void (*life)(void *arg, const struct wal_life *, const char *history);
	void (*started)(void *arg); /* commits from now on will come */
	void (*stopped)(void *arg); /* the stream broke after it had started */
	/* A row inserted into table by the transaction whose commit comes next. */
	void (*insert)(void *arg, const char *table, const struct wal_row *);
	void (*commit)(void *arg); /* the rows since the last commit are one transaction */
	/* pg_logical_emit_message with our prefix; text of len bytes, not NUL-terminated. */
	void (*message)(void *arg, const char *text, size_t len);
};

struct wal_config {
	const char *url; /* as of db_open */
	const char *program; /* shown in pg_stat_replication; part of the slot's name */
	const char *publication; /* whose tables */
	const char *prefix; /* of the messages wanted */
	struct wal_handler handler;
};

enum wal_state {
	WAL_DOWN,
	WAL_CONNECTING,
	WAL_IDENTIFYING,
	WAL_READING_HISTORY,
	WAL_MAKING_SLOT,
	WAL_STARTING,
	WAL_STREAMING
};

/* config's texts stay borrowed. Does not connect: the first wal_step does. */
struct wal *wal_open(const struct wal_config *config);
/* Ends the connection, and with it the slot. NULL is allowed. */
void wal_close(struct wal *);
int wal_fd(const struct wal *); /* -1 while there is none; may change with each step */
short wal_poll(const struct wal *); /* POLLIN, POLLOUT */
int64_t wal_due_us(const struct wal *); /* clock_steady_us(): step then at the latest */
void wal_step(struct wal *);
enum wal_state wal_state(const struct wal *);
/* The end of the newest commit that was handed over, or where the last slot began: what was committed up to
 * here was told, or could be read. Kept through breaks; 0: never. */
uint64_t wal_told(const struct wal *);
void wal_told_forget(struct wal *); /* it is 0 until there is more */
/* Begin again, with another connection. */
void wal_reset(struct wal *);
/* How far the server's log is ahead of what was taken in; 0 when not streaming. */
int64_t wal_lag_bytes(const struct wal *);

#endif
