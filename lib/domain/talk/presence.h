/*
 * Who is there. A responder tells which devices (logins) wait at it; the database merges them over devices
 * and responders, and tells the people somebody talks with when that changes (sql/code/presence.sql).
 *
 * A node is one life of a responder: it begins without devices, must beat before ttl_ms are over, and is
 * swept when it does not. Whatever may have been lost on the way is put right by a new node with all
 * devices, after which the old one says goodbye.
 */
#ifndef DOMAIN_TALK_PRESENCE_H
#define DOMAIN_TALK_PRESENCE_H

#include "db/db.h"
#include "shape/event_type.h"

extern const struct stmt_set presence_stmts;

/* Of somebody, all devices merged; and what a device may say of itself. */
extern const char *const presence_states[], *const presence_states_said[];
extern const struct field presence_fields[]; /* whether somebody is here, as others see it */
#define PRESENCE_FIELD                                                                             \
	{                                                                                          \
		"presence", FIELD_OBJECT,                                                          \
		    .nullable = true, .sub = presence_fields,                                      \
		    .doc =                                                                         \
			"Whether they are here; null when they hide it, or a block is between you" \
	}
extern const struct field presence_body[]; /* a device of itself */
extern const struct field presence_own_fields[]; /* and the answer */
extern const struct event_type presence_events[];
/* A status of presence_states_said. */
bool presence_is_away(const char *status);

/*
 * Statements of a responder; sent in order they are done in order. users and logins
 * are arrays as text, "{id,id}", of the same length. The answer of all but the sweep is for presence_known:
 * false when the node is not known (any more).
 */
struct db_bound presence_begin_bind(const char *node, int64_t ttl_ms);
struct db_bound presence_beat_bind(const char *node, int64_t ttl_ms);
struct db_bound presence_arrive_bind(const char *node, const char *users, const char *logins);
/* They left ago_ms ago. */
struct db_bound presence_leave_bind(
    const char *node, const char *users, const char *logins, int64_t ago_ms);
/* The node's devices count for kept_ms more. */
struct db_bound presence_goodbye_bind(const char *node, int64_t kept_ms);
bool presence_known(const struct rows *);
/* Forget at most `most` devices of one node that does not beat any more; the answer is for presence_swept:
 * how many. */
struct db_bound presence_sweep_bind(int64_t most);
int64_t presence_swept(const struct rows *);

/* The same for the worker, until there are none. *count: devices forgotten. */
MUST_CHECK enum err presence_sweep_all(struct db *, int64_t *count);

/*
 * A device says that it is away, or back; it holds while the device is there. One row: status, of all
 * the user's devices merged.
 */
MUST_CHECK enum err presence_set(
    struct db *, const char *user_id, const char *login_id, bool away, struct rows **rows);
struct db_bound presence_set_bind(const char *user_id, const char *login_id, bool away);

#endif
