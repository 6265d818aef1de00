/*
 * Sessions: a user consults an advisor, or the assistant. A session is asked for, accepted, begun when
 * both sides are there, and ended; the moves are those of session_state.h and nothing else.
 *
 * - Every move locks the session row first, then what hangs on it (advisor, conversation, inboxes), so
 *   two moves of one session happen one after the other and there is no deadlock.
 * - A move that was made already is answered as if made now: repeating accept, end and so on is safe.
 * - A last state closes the conversation after a line from the system, settles the money
 *   (session_money.h) and counts for the advisor if the session was ongoing.
 * - Both sides hear of each move through an event with the whole session, in the same transaction.
 * All functions run in db_tx, their own or the caller's.
 */
#ifndef DOMAIN_TALK_SESSION_H
#define DOMAIN_TALK_SESSION_H

#include "db/db.h"
#include "domain/talk/session_state.h"
#include "shape/event_type.h"

extern const struct stmt_set session_stmts;

extern const char *const session_types[];
extern const struct field session_fields[]; /* as both sides see it */
extern const struct field session_own_fields[]; /* as one participant does, with what is unread */
extern const struct field session_brief_fields[]; /* beside its conversation */
extern const struct field session_list_fields[]; /* in the list of one's own (profile_sessions) */
extern const struct field session_heartbeat_fields[];
extern const struct event_type session_events[];

/* A session as the code needs it; read under its lock. */
struct session {
	const char *id, *type;
	enum session_state state;
	const char *user_id, *advisor_id; /* advisor_id is NULL with the assistant */
	const char *conversation_id;
	bool late; /* its expires_at has passed */
	int64_t rate_minor; /* price of a minute when asked for, minor units of currency */
	const char *currency;
};

/* What is asked for. */
struct session_ask {
	const char *user_id; /* who asks */
	const char *advisor_id; /* whom; not used for the assistant */
	const char *topic; /* at most 500 characters; NULL for none */
	int64_t answer_s; /* seconds the advisor has to answer */
};

/* A move, and what it found. */
struct session_step {
	const char *session_id;
	const char *actor_id; /* a participant; NULL is the system */
	enum session_move move;
	const char *reason; /* at most 500 characters; NULL for none */
	int64_t answer_s; /* accept: seconds the sides then have to come */
	enum session_state found; /* out, also with ERR_BAD_STATE: the state it was in */
};

/* Advisors that one user may have asked and not met yet: each of them is BUSY to all others. */
#define SESSION_WAITING_MAX 3

/*
 * Ask an advisor for a chat. *id is the new session, or, with *created false, the live one these two
 * have already.
 *	ERR_ACCOUNT_BLOCKED	the account that asks is not active
 *	ERR_NOT_FOUND		no approved advisor has this id
 *	ERR_BLOCKED		one of the two has blocked the other
 *	ERR_ADVISOR_BUSY	offline, or in a live session with somebody else
 *	ERR_TOO_MANY_OPEN	SESSION_WAITING_MAX other requests of the user wait, or are accepted and not begun
 * Asking oneself is the caller's to refuse.
 */
MUST_CHECK enum err session_request(
    struct db *, const struct session_ask *, const char **id, bool *created);
/*
 * Open a session with the assistant: ongoing at once, with a greeting that says what it is.
 *	ERR_ACCOUNT_BLOCKED	the account that asks is not active
 */
MUST_CHECK enum err session_request_ai(struct db *, const struct session_ask *, const char **id);
/*
 * Any move but start. ERR_OK also when the session is already where the move leads.
 *	ERR_NOT_FOUND	no such session, or the actor takes no part in it
 *	ERR_FORBIDDEN	this side never makes this move
 *	ERR_BAD_STATE	not in the present state: step->found
 */
MUST_CHECK enum err session_move(struct db *, struct session_step *step);
/*
 * The actor comes (or comes back). The second to come starts the session. Errors as above;
 * step->move is not used.
 */
MUST_CHECK enum err session_join(struct db *, struct session_step *step);
/*
 * The participant is still there. One row: state, server_time, seconds_left, elapsed_s. Needs no
 * transaction. ERR_NOT_FOUND as above.
 */
MUST_CHECK enum err session_heartbeat(
    struct db *, const char *id, const char *user_id, struct rows **rows);
/* *json is the session for this participant. ERR_NOT_FOUND as above. */
MUST_CHECK enum err session_get(struct db *, const char *id, const char *user_id, const char **json);
struct db_bound session_get_bind(const char *id, const char *user_id);
/* What may be done in a state, as "accept, decline, cancel" in the arena; "nothing" in a last state. */
const char *session_moves_text(struct arena *, enum session_state);

#endif
