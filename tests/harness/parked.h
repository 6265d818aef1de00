/*
 * Many polls of GET /events at once, over libcurl's multi interface, and the accounts for them: made
 * straight in the database, with tokens signed by the stack's own settings (STACK_DIR/confab.conf), so
 * that hundreds cost no password hashing. What cannot be is a fatal CUnit assert.
 */
#ifndef HARNESS_PARKED_H
#define HARNESS_PARKED_H

#include "base/base.h"
#include <json-c/json.h>

struct listener {
	char id[37]; /* the account */
	char login[37]; /* its login */
	char token[2049]; /* access token */
};
struct listener listener_make(void);
/* One more login of an account. */
struct listener listener_device(const char *id);
/* An event for the account, committed. data is a JSON object. */
void listener_emit(const struct listener *, const char *type, const char *data);
/* "EPOCH-seq" of this database. The text lives until the program ends. */
const char *cursor_at(int64_t seq);

struct parked;

/* Begin GET /api/v1/events with this query ("" for none); token NULL: anonymous. */
struct parked *parked_start(const char *token, const char *query_fmt, ...) PRINTF_LIKE(2, 3);
/* Carry all polls on for at most ms, or until something happens on one of them. */
void parked_turn(int ms);
/* Wait for the reply; the status. 0: the connection was lost. Twenty seconds are the limit. */
int parked_wait(struct parked *);
bool parked_done(const struct parked *);
/* Of the reply: its JSON (NULL when it is none), a text member ("" when absent), its events. */
struct json_object *parked_json(struct parked *);
const char *parked_text(struct parked *, const char *path);
size_t parked_events(struct parked *);
int64_t parked_seq(struct parked *, size_t index); /* of an event; 0 for null */
/* Give it up; one without a reply yet closes its connection. */
void parked_free(struct parked *);

/* A value of the events program, as "polls_parked". */
int64_t events_metric(const char *name);
/* Carry polls on until the value is as wanted. */
void events_metric_wait(const char *name, int64_t wanted);
/* The serving child of the events program; 0 while there is none. */
int events_child(void);

#endif
