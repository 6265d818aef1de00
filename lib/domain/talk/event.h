/*
 * The event log: what each user's clients must hear of, numbered without gaps per user (tables inbox and
 * event). Written by sql/ (event_emit) in the transaction of the change; here it is only read, over a
 * pipeline, by the program that holds the clients.
 */
#ifndef DOMAIN_TALK_EVENT_H
#define DOMAIN_TALK_EVENT_H

#include "db/pipeline.h"

enum { EVENT_PAGE = 200 }; /* events in one reply */

extern const struct stmt_set event_stmts;

/*
 * Ask for the epoch, the user's last number, and the events after after_seq, at most EVENT_PAGE, all of
 * one snapshot. INT64_MAX asks for the numbers alone. The answer is for event_page_take.
 */
MUST_CHECK enum err event_read(
    struct pipeline *, const char *user_id, int64_t after_seq, pipeline_answer *, void *arg);

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
 * texts of one length, as {a,b}. Rows: user id, last number.
 */
MUST_CHECK enum err event_behind(
    struct pipeline *, const char *users, const char *seqs, pipeline_answer *, void *arg);

#endif
