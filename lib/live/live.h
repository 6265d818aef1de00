/*
 * The events program: holds requests that wait for events and answers them when events come. One process, one loop;
 * requests are held as sockets and small structs, not as threads. Who waits is a poll, a stream of server-sent events,
 * or a WebSocket; to the core they are all waiters, and differ in the table of operations that answers them.
 *
 * Files, each of which needs only those above it:
 *	pure		event_cursor · batch a page · deadline · recent, passing a user's events · user · waiter ·
 *			seat how many of one · core who waits, and what is to be done · settle what a
 *			read means · device logins that are here ·
 *			ws_head the handshake
 *	sockets		watch epoll · reply_thread · parts what all share · door listeners · transport the table ·
 *			client a connection · answer replies · poll · out bytes to a socket that stays · sse ·
 *			ws_frame frames · ws
 *	database	life is it the same database still · read catch-up · scan everyone · stream what comes from the
 *			log · here who is here, told · line connections for what clients ask ·
 *			gather several of those as one statement
 *	coming in	enter · claim tickets · ws_greet · call what clients ask · request from HTTP to client
 *	loop		work what the core wants done · loop
 */
#ifndef LIVE_LIVE_H
#define LIVE_LIVE_H

#include "db/pipeline.h"
#include "live/event_cursor.h"
#include "web/req.h"

struct client;
struct line;
struct live;
struct live_call;
struct worker;

/* Something a client may ask for over a WebSocket: the twin of a route. */
struct live_op {
	const char *name; /* NULL ends a table */
	const struct field *data; /* of "data"; NULL: none is taken */
	/* The member of live_socket.envelope that says of what it is asked: required; all others are refused. What is
	 * asked of one thing is done in the order it came. NULL: of none but the user. */
	const char *of;
	enum rate_class rate;
	/*
	 * Input is checked. Send a statement over call->pipeline with an answer callback that ends with
	 * live_call_answer or live_call_fail, and return ERR_OK; or return an error, which is answered.
	 */
	enum err (*run)(struct live_call *);
	/*
	 * For what can be done for several at once (gather.h), each as if it were alone. run sends nothing then and
	 * only checks the rest. bind gives the statement for 1 to LIVE_BATCH_MAX calls in the order they came, its
	 * texts in the arena; take answers each of its rows, or the only one with err.
	 */
	struct db_bound (*bind)(struct arena *, struct live_call *const calls[], size_t count);
	void (*take)(struct live_call *const calls[], size_t count, enum err, const struct rows *);
};
enum { LIVE_BATCH_MAX = 16 };

/* The program's WebSocket. */
struct live_socket {
	const char *path;
	size_t text_bytes_max; /* of one message */
	const struct field
	    *envelope; /* what a call may have beside id, op and data; at most LIVE_ENVELOPE_MAX */
	const struct live_op *ops;
};
enum { LIVE_ENVELOPE_MAX = 4 };

/* One such request; lives until it is answered. */
struct live_call {
	struct live *live;
	struct client *client;
	const struct live_op *op;
	struct line *line; /* on which it is sent, over pipeline; NULL: not yet */
	struct pipeline *pipeline;
	struct arena *arena; /* the loop's: keeps nothing from run to the answer */
	struct live_call *next; /* gathered behind it */
	const char *user_id, *login_id,
	    *of; /* these, of as op->of names it, and data only during run, or to the end if op has bind */
	struct json_object *data;
	struct json_object *kept; /* data, if it is to be given back */
	struct field_errors errors;
	int64_t began_us; /* monotonic */
	int retry_after_s; /* 0: none */
	int64_t number; /* for run to remember something until the answer */
	char id[65]; /* the client's */
	char request_id[65];
	char own_user_id[65], own_login_id[65],
	    own_of[65]; /* of one that is gathered: who asks, and of what */
};
/* data is a JSON object. Ends the call, as live_call_fail does. */
void live_call_answer(struct live_call *, int status, const char *data);
void live_call_fail(struct live_call *, enum err);

/*
 * Body of the events program, for struct app: serve listener until SIGTERM, then answer every parked request with no
 * events and leave; the program's second listener, if it has one, takes WebSockets. Returns the exit status.
 */
int live_serve(struct worker *, int listener, const struct live_socket *);

enum { LIVE_WAIT_MAX_S = 30 };
/*
 * For a handler under live_serve: let it answer this request, with events behind *cursor or, when there are none within
 * wait_s seconds (0: at once; negative: the configured time with some jitter), with an empty list. Without a cursor
 * (NULL) the answer is the present one, at once.
 *	ERR_BUSY	as many are held as POLL_HELD_MAX allows
 */
MUST_CHECK enum err live_wait(struct req *, const struct event_cursor *cursor, int64_t wait_s);
/*
 * The same with server-sent events, from *cursor on or from now. Who asks is told by the request's token or, when it
 * has none, by the ticket (NULL: none).
 *	ERR_BUSY		as above
 *	ERR_UNAUTHORIZED	neither token nor ticket
 */
MUST_CHECK enum err live_stream(struct req *, const struct event_cursor *cursor, const char *ticket);
/*
 * Answer with a new ticket for the caller: {"ticket", "expires_in"}.
 *	ERR_UNAVAILABLE	no database
 *	ERR_BUSY	too much waits for it
 */
MUST_CHECK enum err live_ticket(struct req *);

#endif
