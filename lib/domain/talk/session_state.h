/*
 * The moves a session can make: the same table as session_transition in sql/, where a trigger guards
 * every change of state. Here it decides what to answer; a test compares the two.
 */
#ifndef DOMAIN_TALK_SESSION_STATE_H
#define DOMAIN_TALK_SESSION_STATE_H

#include "base/base.h"

enum session_state {
	SESSION_REQUESTED,
	SESSION_ACCEPTED,
	SESSION_ONGOING,
	SESSION_ENDED,
	SESSION_DECLINED,
	SESSION_CANCELLED,
	SESSION_EXPIRED,
	SESSION_STATE__COUNT
};

enum session_move {
	SESSION_ACCEPT,
	SESSION_DECLINE,
	SESSION_CANCEL,
	SESSION_EXPIRE,
	SESSION_WITHDRAW, /* the system takes back what had not begun */
	SESSION_START,
	SESSION_END,
	SESSION_LAPSE, /* the system ends what cannot go on */
	SESSION_MOVE__COUNT
};

/* Who moves; a table row may name several. */
enum session_actor {
	SESSION_BY_USER = 1,
	SESSION_BY_ADVISOR = 2,
	SESSION_BY_BOTH = SESSION_BY_USER | SESSION_BY_ADVISOR,
	SESSION_BY_SYSTEM = 4
};

/* The names of enum session_state, as stored; NULL ends them. */
extern const char *const session_states[];

struct session_transition {
	enum session_state from;
	enum session_move move;
	enum session_state to;
	unsigned actors; /* enum session_actor */
};

extern const struct session_transition session_transitions[];
extern const size_t session_transition_count;

/* "REQUESTED" and so on, as stored. */
const char *session_state_name(enum session_state);
/* The other way round; SESSION_STATE__COUNT for anything else. */
enum session_state session_state_parse(const char *name);
/* "accept" and so on. */
const char *session_move_name(enum session_move);
/* "USER", "ADVISOR", "BOTH", "SYSTEM", as stored. */
const char *session_actors_name(unsigned actors);

/* The row for a move out of a state, whoever makes it; NULL when there is none. */
const struct session_transition *session_transition_find(
    enum session_state from, enum session_move move);
/* May this actor make the move at least from one state? */
bool session_move_is_for(enum session_move, enum session_actor);
/* Where the move leads; every move has one target. */
enum session_state session_move_target(enum session_move);
/* The move by which this actor is done with a session whatever the other side wants: cancel, decline, end,
 * withdraw or lapse. SESSION_MOVE__COUNT in a last state. */
enum session_move session_move_leave(enum session_state from, enum session_actor);
/* Nothing leads out of it. */
bool session_state_is_last(enum session_state);

#endif
