/*
 * The event log: what each user's clients must hear of, numbered without gaps per user (tables inbox and
 * event). Written by sql/ (event_emit) in the transaction of the change; here it is only read, by
 * the program that holds the clients.
 */
#ifndef DOMAIN_TALK_EVENT_H
#define DOMAIN_TALK_EVENT_H

#include "db/db.h"
#include "db/wal_life.h"

enum { EVENT_PAGE = 200 }; /* events in one reply */

extern const struct stmt_set event_stmts;

/*
 * Ask for the epoch, the user's last number, and the events after after_seq, at most EVENT_PAGE, all of
 * one snapshot. INT64_MAX asks for the numbers alone. The answer is for event_page_take.
 */
struct db_bound event_read_bind(const char *user_id, int64_t after_seq);

struct event_page {
	int64_t epoch;
	int64_t last_seq; /* of the user, in that snapshot */
	size_t count; /* events, numbered without a gap: one a row; rows_json makes the envelope */
	int64_t first_seq; /* of these events; 0 without */
};
/* ERR_NOT_FOUND: the user has no event log. */
MUST_CHECK enum err event_page_take(const struct rows *, struct event_page *page);

/*
 * Which of these users have events after the number given for each? users and seqs are PostgreSQL array
 * texts of one length, as {a,b}. Rows: user_id, last_seq.
 */
struct db_bound event_behind_bind(const char *users, const char *seqs);

/*
 * The epoch: which life of the database a cursor belongs to. Its row also names the server's log for which it
 * was chosen (wal_life.h), so that the first connection to another one is noticed.
 */
struct epoch_here {
	int64_t epoch;
	bool same; /* the row names this log */
	struct wal_life life; /* timeline 0: the server is a standby */
};
/* Ask; the answer is for epoch_looked. */
struct db_bound epoch_look_bind(void);
void epoch_looked(const struct rows *, struct epoch_here *here);

enum epoch_verdict {
	EPOCH_UNKNOWN, /* a new epoch, unless the row names this log */
	EPOCH_KEPT, /* all that was told is in this log: cursors stay good */
	EPOCH_LOST /* some of what was told under the epoch served is not: a new one */
};
/* Say what is known of the log there is now; the answer is for epoch_settled: the epoch from now on. */
struct db_bound epoch_settle_bind(int64_t served, enum epoch_verdict);
int64_t epoch_settled(const struct rows *);
/* For the operator, after a restore that nothing else notices: a new epoch. */
MUST_CHECK enum err epoch_bump(struct db *, int64_t *epoch);

#endif
