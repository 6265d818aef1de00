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
 * loses none. A client that comes again soon is served from what the stream told meanwhile, without a
 * read, as long as the stream has not broken.
 *
 * Who waits is a poll, a stream of server-sent events, or a WebSocket; to the hub they differ in how
 * they are answered. Each is given a page of events in its turn, so that one with thousands to come
 * holds nobody up.
 *
 * Files: hub.c waiters · hub_wheel.c deadlines · hub_user.c users · hub_seat.c how many of one ·
 * hub_recent.c their recent events ·
 * hub_passing.c events without a number · hub_presence.c who is here · hub_batch.c a page ·
 * hub_read.c catch-up and scan · hub_life.c is it the same database still ·
 * hub_stream.c what comes from the log · hub_request.c from HTTP to waiter · hub_ticket.c tickets ·
 * hub_reply.c answers · hub_thread.c the threads that send them · hub_live.c server-sent events ·
 * hub_ws.c, ws.c WebSockets · hub_call.c what they ask · hub_loop.c the loop and its clock.
 */
#ifndef LIVE_HUB_H
#define LIVE_HUB_H

#include "db/pipeline.h"
#include "live/event_cursor.h"
#include "web/req.h"

struct hub;
struct hub_call;
struct waiter;
struct worker;

/* Something a client may ask for over a WebSocket: the twin of a route. */
struct hub_op {
	const char *name; /* NULL ends a table */
	const struct field *data; /* of "data"; NULL: none is taken */
	bool conversation; /* "conversation_id" is required; else it is refused */
	enum rate_class rate;
	/*
	 * Input is checked. Send a statement over call->pipeline with an answer callback that ends with
	 * hub_call_answer or hub_call_fail, and return ERR_OK; or return an error, which is answered.
	 */
	enum err (*run)(struct hub_call *);
};

/* One such request; lives until it is answered. */
struct hub_call {
	struct hub *hub;
	struct waiter *waiter;
	const struct hub_op *op;
	struct pipeline *pipeline;
	struct arena *arena; /* the loop's: keeps nothing from run to the answer */
	const char *user_id, *login_id, *conversation_id; /* these three and data only during run */
	struct json_object *data;
	struct field_errors errors;
	int64_t began_us; /* monotonic */
	int retry_after_s; /* 0: none */
	int64_t number; /* for run to remember something until the answer */
	char id[65]; /* the client's */
	char request_id[65];
};
/* data is a JSON object. Ends the call, as hub_call_fail does. */
void hub_call_answer(struct hub_call *, int status, const char *data);
void hub_call_fail(struct hub_call *, enum err);

/*
 * Body of the events program, for struct app: serve listener until SIGTERM, then answer every parked
 * request with no events and leave; the program's second listener, if it has one, takes WebSockets. ops
 * ends with an empty row. Returns the exit status.
 */
int hub_serve(struct worker *, int listener, const struct hub_op *ops);

enum { HUB_WAIT_MAX_S = 30 };
/*
 * For a handler under hub_serve: let the hub answer this request, with events behind *cursor or, when
 * there are none within wait_s seconds (0: at once; negative: the configured time with some jitter),
 * with an empty list. Without a cursor (NULL) the answer is the present one, at once.
 *	ERR_BUSY	as many are held as POLL_HELD_MAX allows
 */
MUST_CHECK enum err hub_wait(struct req *, const struct event_cursor *cursor, int64_t wait_s);
/*
 * The same with server-sent events, from *cursor on or from now. Who asks is told by the request's token
 * or, when it has none, by the ticket (NULL: none).
 *	ERR_BUSY		as above
 *	ERR_UNAUTHORIZED	neither token nor ticket
 */
MUST_CHECK enum err hub_stream(struct req *, const struct event_cursor *cursor, const char *ticket);
/*
 * Let the hub answer with a new ticket for the caller: {"ticket", "expires_in"}.
 *	ERR_UNAVAILABLE	no database
 *	ERR_BUSY	too much waits for it
 */
MUST_CHECK enum err hub_ticket(struct req *);

#endif
