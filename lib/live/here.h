/*
 * Presence: which devices (logins) wait here, told to the database when they come and when they have been gone for
 * PRESENCE_GRACE_S. A device that polls is there between its polls, too.
 *
 * Changes are sent in small batches, a batch after the answer to the one before, so that catch-up reads on the same
 * connection need not wait for long. Nothing is repeated while nothing changes but the node's beat: parked clients cost
 * no statements. When an answer may have been lost, or the node was late and was swept, all devices are told again as
 * those of a new node, and the old one says goodbye: whatever the database had of it is right again then, and nobody
 * seems to have left.
 */
#ifndef LIVE_HERE_H
#define LIVE_HERE_H

#include "live/device.h"
#include "live/parts.h"

struct here *here_new(const struct conf *); /* NULL: switched off */
void here_free(struct here *);
/* A waiter of this login came (NULL: of none that is known); one of the device left (NULL: of none). */
struct device *here_arrive(struct live *, const char *user_id, const char *login_id);
void here_leave(struct live *, struct device *);
void here_turn(struct live *); /* tell the database what changed; call often */
void here_lost(struct live *); /* what it was told may be lost: tell all of it again */
void here_goodbye(struct live *); /* the program ends; nothing is told after this */

#endif
