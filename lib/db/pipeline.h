/*
 * The door to PostgreSQL for a loop that must not wait: one connection in pipeline mode, on which
 * statements are sent without waiting for the answers of earlier ones; each is a transaction of its own,
 * and its answer comes to a callback, in the order of sending.
 *
 * Drive it like wal.h: wait for pipeline_poll() on pipeline_fd() or until pipeline_due_us(), then call
 * pipeline_step. It connects by itself, and again with back-off after a loss. An answer
 * that comes later than DB_CALL_MS after the one before it, or after it was asked for, counts as a loss.
 */
#ifndef DB_PIPELINE_H
#define DB_PIPELINE_H

#include "db/db.h"

struct pipeline;

/*
 * The answer of one statement. On ERR_OK rows live until the callback returns; else rows is NULL.
 *	ERR_UNAVAILABLE	the connection was lost: not known whether it ran
 *	others		as in db.h
 */
typedef void pipeline_answer(void *arg, enum err err, struct rows *rows);

enum pipeline_state {
	PIPELINE_DOWN, /* the last try failed; the next comes */
	PIPELINE_CONNECTING, /* also at once after a connection that worked was lost */
	PIPELINE_READY
};

struct pipeline_config {
	const char *url, *program; /* as of db_open */
	const struct stmt_set *const *sets; /* NULL-terminated: what may be sent */
	size_t waiting_max; /* statements that may wait for their answers */
	void *arg; /* of the two functions below */
	void (*ready)(void *arg); /* connected: statements can be sent */
	void (*down)(void *arg); /* a connection failed or was lost; after the callbacks */
};

/* config's pointers stay borrowed. Does not connect: the first pipeline_step does. */
struct pipeline *pipeline_open(const struct pipeline_config *config);
/* Ends the connection; what still waits is forgotten without a callback. NULL is allowed. */
void pipeline_close(struct pipeline *);
int pipeline_fd(const struct pipeline *); /* -1 while there is none; may change with each step */
short pipeline_poll(const struct pipeline *);
int64_t pipeline_due_us(const struct pipeline *); /* clock_steady_us(): step then at the latest */
void pipeline_step(struct pipeline *);
enum pipeline_state pipeline_state(const struct pipeline *);
/* As db_detail, of the answer that is being given; "" without. */
const char *pipeline_detail(const struct pipeline *);

/*
 * Send a statement, whose text may go afterwards; answer(arg, …) is called from a later pipeline_step, never from here.
 *	ERR_UNAVAILABLE	not connected (no callback will come)
 *	ERR_BUSY	waiting_max statements wait already (likewise)
 *	ERR_INTERNAL	it stands in none of the sets (likewise)
 */
MUST_CHECK enum err pipeline_send(
    struct pipeline *, const struct db_bound *, pipeline_answer *answer, void *arg);

#endif
