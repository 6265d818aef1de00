/*
 * The hub: parks requests that wait for events and answers them when events come. One process, one loop;
 * requests are held as sockets and small structs, not as threads.
 *
 *	register	the waiter is attached to its user, so every event from here on is seen
 *	catch up	the log behind its cursor is read from the database; anything there is the answer
 *	park		nothing there: wait for the decoding stream, the scan, or the deadline
 *
 * Events of a commit that is decoded while a catch-up read runs are kept in the user's list of recent
 * ones and merged by number when the read is back, so there is no window. Events reach a parked waiter
 * straight from the stream when they follow its cursor without a gap, else by another read. Once a
 * second all waiters are checked against the database with one query: a lost stream delays an event and
 * loses none.
 *
 * Files: hub.c waiters · hub_user.c users and recent events · hub_read.c catch-up and scan ·
 * hub_stream.c what comes from the log · hub_request.c from HTTP to waiter · hub_reply.c answers ·
 * hub_thread.c the threads that send them · hub_loop.c the loop and its clock.
 */
#ifndef WEB_HUB_H
#define WEB_HUB_H

#include "web/event_cursor.h"
#include "web/req.h"

struct hub;
struct worker;

/*
 * Body of the events program, for struct app: serve listener until SIGTERM, then answer every parked
 * request with no events and leave. Returns the exit status.
 */
int hub_serve(struct worker *, int listener);

enum { HUB_WAIT_MAX_S = 30 };
/*
 * For a handler under hub_serve: let the hub answer this request, with events behind *cursor or, when
 * there are none within wait_s seconds (0: at once; negative: the configured time with some jitter),
 * with an empty list. Without a cursor (NULL) the answer is the present one, at once.
 *	ERR_BUSY	as many are held as POLL_HELD_MAX allows
 */
MUST_CHECK enum err hub_wait(struct req *, const struct event_cursor *cursor, int64_t wait_s);

#endif
