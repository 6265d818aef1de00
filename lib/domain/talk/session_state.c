#include "domain/talk/session_state.h"

#include <string.h>

const struct session_transition session_transitions[] = {
	{ SESSION_REQUESTED, SESSION_ACCEPT, SESSION_ACCEPTED, SESSION_BY_ADVISOR },
	{ SESSION_REQUESTED, SESSION_DECLINE, SESSION_DECLINED, SESSION_BY_ADVISOR },
	{ SESSION_REQUESTED, SESSION_CANCEL, SESSION_CANCELLED, SESSION_BY_USER },
	{ SESSION_REQUESTED, SESSION_EXPIRE, SESSION_EXPIRED, SESSION_BY_SYSTEM },
	{ SESSION_REQUESTED, SESSION_WITHDRAW, SESSION_CANCELLED, SESSION_BY_SYSTEM },
	{ SESSION_REQUESTED, SESSION_START, SESSION_ONGOING, SESSION_BY_SYSTEM },
	{ SESSION_ACCEPTED, SESSION_START, SESSION_ONGOING, SESSION_BY_BOTH },
	{ SESSION_ACCEPTED, SESSION_CANCEL, SESSION_CANCELLED, SESSION_BY_BOTH },
	{ SESSION_ACCEPTED, SESSION_EXPIRE, SESSION_EXPIRED, SESSION_BY_SYSTEM },
	{ SESSION_ACCEPTED, SESSION_WITHDRAW, SESSION_CANCELLED, SESSION_BY_SYSTEM },
	{ SESSION_ONGOING, SESSION_END, SESSION_ENDED, SESSION_BY_BOTH },
	{ SESSION_ONGOING, SESSION_LAPSE, SESSION_ENDED, SESSION_BY_SYSTEM },
};
const size_t session_transition_count = COUNT_OF(session_transitions);

const char *const session_states[] = {
	[SESSION_REQUESTED] = "REQUESTED",
	[SESSION_ACCEPTED] = "ACCEPTED",
	[SESSION_ONGOING] = "ONGOING",
	[SESSION_ENDED] = "ENDED",
	[SESSION_DECLINED] = "DECLINED",
	[SESSION_CANCELLED] = "CANCELLED",
	[SESSION_EXPIRED] = "EXPIRED",
	[SESSION_STATE__COUNT] = NULL,
};

static const char *const move_names[] = {
	[SESSION_ACCEPT] = "accept",
	[SESSION_DECLINE] = "decline",
	[SESSION_CANCEL] = "cancel",
	[SESSION_EXPIRE] = "expire",
	[SESSION_WITHDRAW] = "withdraw",
	[SESSION_START] = "start",
	[SESSION_END] = "end",
	[SESSION_LAPSE] = "lapse",
};

const char *
session_state_name(enum session_state state)
{
	assert(state < SESSION_STATE__COUNT);
	return session_states[state];
}

enum session_state
session_state_parse(const char *name)
{
	unsigned i;

	for (i = 0; i < SESSION_STATE__COUNT; i++)
		if (strcmp(session_states[i], name) == 0)
			break;
	return (enum session_state)i;
}

const char *
session_move_name(enum session_move move)
{
	assert(move < SESSION_MOVE__COUNT);
	return move_names[move];
}

const char *
session_actors_name(unsigned actors)
{
	switch (actors) {
	case SESSION_BY_USER:
		return "USER";
	case SESSION_BY_ADVISOR:
		return "ADVISOR";
	case SESSION_BY_BOTH:
		return "BOTH";
	default:
		return "SYSTEM";
	}
}

const struct session_transition *
session_transition_find(enum session_state from, enum session_move move)
{
	size_t i;

	for (i = 0; i < session_transition_count; i++)
		if (session_transitions[i].from == from && session_transitions[i].move == move)
			return &session_transitions[i];
	return NULL;
}

bool
session_move_is_for(enum session_move move, enum session_actor actor)
{
	size_t i;

	for (i = 0; i < session_transition_count; i++)
		if (session_transitions[i].move == move &&
		    (session_transitions[i].actors & (unsigned)actor) != 0)
			return true;
	return false;
}

enum session_state
session_move_target(enum session_move move)
{
	size_t i;

	for (i = 0; i < session_transition_count; i++)
		if (session_transitions[i].move == move)
			return session_transitions[i].to;
	assert(!"every move is in the table");
	return SESSION_STATE__COUNT;
}

/* expire is left out: it is for what waited too long, at its time. */
enum session_move
session_move_leave(enum session_state from, enum session_actor actor)
{
	const struct session_transition *row;
	size_t i;

	for (i = 0; i < session_transition_count; i++) {
		row = &session_transitions[i];
		if (row->from == from && (row->actors & (unsigned)actor) != 0 &&
		    row->move != SESSION_EXPIRE && session_state_is_last(row->to))
			return row->move;
	}
	return SESSION_MOVE__COUNT;
}

bool
session_state_is_last(enum session_state state)
{
	size_t i;

	for (i = 0; i < session_transition_count; i++)
		if (session_transitions[i].from == state)
			return false;
	return true;
}
