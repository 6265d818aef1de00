/* Inside prefork: what children and their parent share. */
#ifndef WEB_PREFORK_INT_H
#define WEB_PREFORK_INT_H

#include "web/prefork.h"

#include <signal.h>
#include <stdatomic.h>

enum { PREFORK_CHILDREN_MAX = 2 * PREFORK_WORKERS_MAX, PREFORK_LEFT_MAX = 32 };

/* What children tell their parent; a slot is one child's. */
struct prefork_slot {
	_Atomic bool ready, worn, took;
	_Atomic int busy; /* requests at work */
	_Atomic int seat; /* -1: nobody's */
	_Atomic int pid; /* 0: nobody's yet */
	_Atomic int64_t alive_us; /* clock_steady_us; 0: it gives no signs of life */
	_Atomic int64_t limit_us; /* clock_monotonic_us by which it must be done; 0: no limit */
	char at[PREFORK_AT_SIZE]; /* written by the child, read when it is no more; "": at nothing */
};

/* What one that is no more was at, for whoever of the others asks. */
struct prefork_mail {
	_Atomic int state; /* enum prefork_mail_state */
	struct prefork_left left;
};
enum prefork_mail_state { MAIL_NONE, MAIL_THERE, MAIL_TAKEN };

struct prefork_tally {
	_Atomic int64_t answered; /* by all of them */
	_Atomic int64_t parent_us; /* clock_steady_us of the parent's last turn */
	_Atomic int64_t tell_us; /* when the parent next tells who is there */
	struct prefork_slot slots[PREFORK_CHILDREN_MAX];
	struct prefork_mail mail[PREFORK_LEFT_MAX];
};

extern volatile sig_atomic_t prefork_stop_asked;
/* In a child, first of all: it is that slot's. */
void prefork_child_is(struct prefork_tally *, size_t slot);
/* In the parent: those who ask are told who is there (prefork->tell), when it is time or stopped. */
void prefork_tell(const struct prefork *, struct prefork_tally *, bool stopped);
/* In the parent: a slot for a new child; and one whose child is no more. */
void prefork_slot_open(struct prefork_slot *, int seat);
void prefork_slot_close(struct prefork_tally *, size_t slot, const struct prefork_left *how);

#endif
