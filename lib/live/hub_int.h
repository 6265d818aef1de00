/*
 * Inside the hub. Everything here belongs to the loop's thread, but for finished replies, which
 * pass to the reply threads whole.
 *
 * A waiter is a client that waits for events. A poll ends with its first answer; a live one (server-sent
 * events, WebSocket) is answered again and again, parked in between. What a live one cannot take at once
 * waits in memory, at most a page of events: more is read from the log when that is gone, so a slow
 * client costs little and misses nothing.
 */
#ifndef LIVE_HUB_INT_H
#define LIVE_HUB_INT_H

#include "base/uuid.h"
#include "db/pipeline.h"
#include "db/wal.h"
#include "domain/talk/event.h"
#include "web/app.h"
#include "live/event_cursor.h"
#include "web/fcgi.h"
#include "live/hub.h"
#include "web/metrics.h"
#include "web/req.h"

enum {
	WHEEL_SLOTS = 512, /* of WHEEL_SLOT_US: 51 s, longer than any wait */
	WHEEL_SLOT_US = 100000,
	SCAN_US = 1000000, /* the safety net */
	USER_IDLE_US = 60000000, /* a user without waiters is remembered so long */
	USER_ACTIVE_US = 30000000, /* and its recent events so long */
	RECENT_MAX = 16, /* events kept of a user */
	RECENT_BYTES_MAX = 64 * 1024,
	RECENT_TOTAL_MAX = 64 * 1024 * 1024, /* of all users */
	PASSING_MAX = 8, /* events without a number kept of a user */
	PASSING_BYTES_MAX = 4 * 1024, /* a longer one reaches only who waits when it comes */
	PASSING_US = 3000000, /* and how long they are kept */
	MARKS_MAX = 4, /* logins of a user whose last event without a number is remembered */
	BATCH_MAX = EVENT_PAGE + PASSING_MAX,
	POLL_PAGE_BYTES = 1024 * 1024, /* no further events in one answer */
	LIVE_PAGE_BYTES =
	    64 * 1024, /* the same for a live waiter, which gets more when that is sent */
	READS_MAX = 3, /* reads in a row that do not see what the stream told */
	WAIT_DEFAULT_JITTER_S = 3,
	REPLY_THREADS = 2,
	CALL_CONNECTIONS_MAX = 32, /* as conf.def bounds EVENTS_CONNECTIONS */
	CALLS_WAITING_MAX = 1024, /* at each */
	LIVE_TURN_S = 60 /* a live connection that gave way is asked to stay away so long */
};

struct device; /* hub_presence.c */
struct hub_user;
struct presence;
struct ws;

/* Something epoll watches; ready is called with its owner. */
struct source {
	void (*ready)(struct hub *, void *owner, uint32_t events);
	void *owner;
	int fd; /* registered; -1: none */
	uint32_t events; /* registered */
};

/* One event of the stream, as the reply shows it. */
struct recent {
	int64_t seq;
	size_t len;
	char text[]; /* the envelope, JSON, len bytes and NUL */
};

/* An event that is stored nowhere. */
struct passing {
	int64_t number; /* of all such, as the hub counts them */
	int64_t at_us; /* monotonic */
	size_t len;
	char text[]; /* as in recent */
};

/* Which event without a number a login was told last. */
struct mark {
	uint64_t login; /* its id, hashed; 0: free */
	int64_t told;
};

/* Events on their way to one waiter. */
struct batch {
	struct buf text; /* envelopes joined by commas */
	size_t count;
	struct {
		size_t end; /* in text */
		int64_t seq; /* 0: not stored */
	} items[BATCH_MAX];
};

enum waiter_state {
	WAITER_GREETING, /* a WebSocket's handshake is being read */
	WAITER_CLAIMING, /* its ticket is being looked up */
	WAITER_ASKING, /* its read could not be sent yet: the database is being connected */
	WAITER_READING, /* catching up */
	WAITER_PARKED,
	WAITER_CLOSING, /* live: nothing follows what is still to be sent */
	WAITER_GONE /* answered or left; memory is given back at the end of the loop's pass */
};

/* What a user has only so many of; see hub_seat.c. */
enum seat { SEAT_NONE, SEAT_POLL, SEAT_LIVE, SEAT__COUNT };

/* What a live waiter has beside the rest. */
struct live {
	struct ws *ws; /* NULL: server-sent events */
	bool open; /* the head of the reply is sent */
	char *bytes; /* what the socket did not take yet, from start on; NULL: nothing */
	size_t start, len, size;
	int64_t moved_us; /* monotonic: when the socket took bytes last */
	int64_t until_us; /* monotonic: to be closed then, so that the client shows its token again */
	unsigned unanswered; /* pings */
	int64_t acked_seq; /* negative: the client sends no acks */
	unsigned calls; /* of a WebSocket that wait for the database */
	unsigned refusals; /* in a row, for coming too fast */
};

struct waiter {
	struct hub *hub;
	struct source source; /* the socket; of a poll only to notice that the client left */
	struct http *http; /* NULL when gone, and for a WebSocket */
	struct live *live; /* NULL: a poll */
	struct hub_user *user; /* NULL before it is registered and when it closes */
	struct device *device; /* its login, present while it waits; NULL with user */
	struct waiter *user_prev, *user_next; /* in order of arrival */
	struct waiter **wheel_link, *wheel_next;
	struct waiter *dead_next, *ready_next;
	enum waiter_state state;
	enum seat seat;
	int retry_after_s; /* told with an error; 0: not */
	bool ready; /* stands in the hub's list of those */
	unsigned asked; /* answers of the pipeline still to come */
	int64_t read_run; /* of the stream, when its read was sent; 0: no stream */
	int64_t told; /* the last event without a number */
	bool at_once; /* wait=0 */
	bool settled; /* was parked: its cursor is good, and a failed read can wait */
	bool has_cursor;
	unsigned reads; /* in a row without what the stream told */
	struct event_cursor cursor;
	const struct route *route;
	int64_t began_us, deadline_us;
	enum role role;
	char login_id[UUID_TEXT_SIZE];
};

struct hub_user {
	struct hub_user *hash_next;
	struct hub_user *idle_prev, *idle_next; /* while it has no waiters */
	struct hub_user *dirty_next; /* has events of the commit being read */
	bool dirty;
	char id[UUID_TEXT_SIZE];
	int64_t idle_us; /* monotonic: since when */
	int64_t known_seq; /* the highest number seen committed, by stream, read or scan */
	int64_t synced_run; /* the run of the stream since which known_seq is the truth; 0: never */
	struct waiter *first, *last;
	int64_t waiter_count;
	int64_t seats[SEAT__COUNT]; /* taken, of waiter_count */
	int64_t gave_way_us[SEAT__COUNT]; /* monotonic: when one had to leave its seat last; 0: never */
	struct recent *recent[RECENT_MAX]; /* consecutive numbers, oldest first */
	size_t recent_count, recent_bytes;
	int64_t unsaid_seq; /* the newest event that took words back, by the stream; 0: none */
	struct passing *passing[PASSING_MAX]; /* oldest first */
	size_t passing_count;
	struct mark marks[MARKS_MAX];
	size_t mark_next; /* to be used for the next new login */
};

/* What is known of the database that is connected; see hub_life.c. */
enum life {
	LIFE_UNKNOWN, /* being looked at: nothing of it is told */
	LIFE_STANDBY, /* it follows another one: nothing of it is told */
	LIFE_GOOD
};

struct replier; /* the reply threads and their queue */

struct hub {
	struct worker *worker;
	const struct conf *conf;
	struct arena *arena; /* scratch: reset in every pass of the loop */
	int epoll;
	struct source **watched; /* by descriptor: whose it is in epoll; NULL: nobody's */
	size_t watched_size;
	struct source listener, ws_listener, stream, database;
	struct source call_sources[CALL_CONNECTIONS_MAX];
	struct wal *wal; /* NULL: switched off (test builds) */
	struct pipeline *pipeline;
	/* What clients ask for: a lock it waits for delays no event. Several, so that one flush of the log
	 * commits what several of them wrote. */
	struct pipeline *calls[CALL_CONNECTIONS_MAX];
	int64_t call_count;
	struct replier *replier;
	struct presence *presence; /* NULL: switched off */
	const struct hub_op *ops;
	int listener_fd, ws_fd; /* ws_fd -1: no WebSocket */
	bool listening;
	int64_t listen_us; /* monotonic: no new connections before; 0: they are taken */
	int64_t run; /* of the stream, counted; negative while it is broken */
	int64_t passing_count; /* events without a number so far */
	size_t recent_bytes; /* of all users */
	struct hub_user **users;
	struct hub_user *idle_first, *idle_last;
	struct hub_user *dirty;
	struct waiter *wheel[WHEEL_SLOTS];
	int64_t wheel_slot; /* the next to look at, in slots since the monotonic zero */
	struct waiter *dead;
	struct waiter *ready_first, **ready_last; /* live, with room for more events */
	int64_t held; /* waiters of all kinds */
	int64_t live_count; /* of these, live */
	int64_t pending; /* requests for a ticket, and the goodbye of presence */
	int64_t held_max;
	int64_t epoch; /* 0: not read yet */
	enum life life;
	struct wal_life known; /* the log whose events are told; timeline 0: none yet */
	struct wal_life found; /* being settled */
	enum epoch_verdict verdict; /* on that */
	struct wal_life streamed; /* the stream's */
	bool lost; /* the stream's misses some of what was told */
	bool told_blind; /* something was told since the stream broke */
	bool looking; /* the answer to a look, or its settling, is to come */
	uint64_t look_told; /* wal_told when that was asked: more may have been told since than it could see */
	int64_t history_us; /* monotonic: wait for the stream's word until then; 0: not waiting */
	int64_t scan_us; /* monotonic: the next */
	bool scanning; /* answers of a scan are to come */
	bool scan_again; /* and it looked too early: another is wanted behind it */
	bool leaving;
};

/* hub_user.c */
void hub_users_open(struct hub *);
void hub_users_close(struct hub *);
struct hub_user *hub_user_find(struct hub *, const char *id); /* NULL: not known here */
struct hub_user *hub_user_make(struct hub *, const char *id); /* found or new */
void hub_user_attach(struct hub *, struct hub_user *, struct waiter *);
void hub_user_detach(struct hub *, struct waiter *);
/* Forget users that were idle for long; call now and then. */
void hub_users_expire(struct hub *);
/* Was here a short while ago, or is. */
bool hub_user_active(const struct hub_user *);
/* fn for every user with waiters; it may detach them. */
void hub_users_each(struct hub *, void (*fn)(struct hub *, struct hub_user *, void *), void *arg);
/* fn for every user. */
void hub_users_all(struct hub *, void (*fn)(struct hub *, struct hub_user *, void *), void *arg);

/* hub_recent.c */
/* Note that seq is committed. */
void hub_user_known(struct hub_user *, int64_t seq);
/* known_seq is the truth: the stream runs and tells everything that came after it. */
bool hub_user_synced(const struct hub *, const struct hub_user *);
/* Keep an event of the stream; text is copied. A gap before it empties the list first. */
void hub_user_keep(struct hub *, struct hub_user *, int64_t seq, const char *text, size_t len);
void hub_user_forget(struct hub *, struct hub_user *); /* empties the list */
/* The event seq says that words of earlier ones were edited or deleted: they are not told from here any
 * more. What the database still has of them is as it is now. */
void hub_user_unsay(struct hub *, struct hub_user *, int64_t seq);
/* A page of a snapshot in which last_seq was the newest may have words that were taken back since. */
bool hub_user_outdated(const struct hub_user *, int64_t last_seq);
/* The place of seq in the list; RECENT_MAX when it is not there. */
size_t hub_user_recent(const struct hub_user *, int64_t seq);
/* Add what is kept from place at on, as long as batch has less than bytes_max. */
void hub_user_collect(const struct hub_user *, size_t at, size_t bytes_max, struct batch *);

/* hub_passing.c */
/* A client comes: what it was told before. */
void hub_passing_begin(struct hub *, struct waiter *);
/* It leaves: remember what it was told. */
void hub_passing_end(struct waiter *);
/* An event without a number: give it to those of the user's waiters who wait, keep it for the others. */
void hub_passing_tell(struct hub *, struct hub_user *, const char *text, size_t len);
/* Answer the waiter with what it was not told yet. False: there is nothing, or it has no room. */
bool hub_passing_catch_up(struct hub *, struct waiter *);
void hub_passing_forget(struct hub_user *);

/* hub_seat.c */
/* A seat for a waiter that is not attached yet, if it needs one: 0, or the seconds after which it should come
 * again, as there is none. The oldest of the user's may have to leave. */
int hub_seat_take(struct hub *, struct hub_user *, struct waiter *);

/* hub_presence.c */
void hub_presence_open(struct hub *); /* unless it is switched off */
void hub_presence_close(struct hub *);
/* The waiter's login is there, or one waiter less of it is; the latter is known from waiter->device. */
void hub_presence_arrive(struct hub *, struct waiter *);
void hub_presence_leave(struct hub *, struct waiter *);
void hub_presence_turn(struct hub *); /* tell the database what changed; call often */
void hub_presence_lost(struct hub *); /* what it was told may be lost: tell all of it again */
void hub_presence_goodbye(struct hub *); /* the program ends; nothing is told after this */

/* hub_batch.c */
struct batch *batch_new(struct arena *);
bool batch_full(const struct batch *, size_t bytes_max);
void batch_add(struct batch *, const char *text, size_t len, int64_t seq); /* seq 0: not stored */
/* The envelope at place i, and its type (letters, points, underscores), both not NUL-terminated. */
const char *batch_item(const struct batch *, size_t i, size_t *len);
const char *batch_type(const struct batch *, size_t i, size_t *len);

/* hub.c */
/* A new waiter that nobody knows yet; NULL when too many are held. */
struct waiter *hub_waiter_new(struct hub *);
/* Take over the request: the waiter belongs to the hub from now on. */
void hub_register(struct hub *, struct waiter *, const char *user_id);
void hub_park(struct hub *, struct waiter *);
/* Undo registration, after which http is nobody's: the caller answers or drops it. */
struct http *hub_unregister(struct hub *, struct waiter *);
/* Known events stand behind the cursor of a waiter: answer, read them, or park it until it has room. */
void hub_deliver(struct hub *, struct waiter *);
/* hub_deliver for every parked waiter of the user that is behind known_seq. */
void hub_wake(struct hub *, struct hub_user *);
/* Deliver to a live waiter in its turn: soon, once for each that is ready. */
void hub_ready(struct hub *, struct waiter *);
void hub_ready_turn(struct hub *);
void hub_bury(struct hub *); /* give back the memory of waiters that are gone */
void hub_each_waiter(struct hub *, void (*fn)(struct hub *, struct waiter *, void *), void *arg);

/* hub_wheel.c */
/* Set the waiter's deadline, or another one. */
void hub_wheel_set(struct hub *, struct waiter *, int64_t deadline_us);
void hub_wheel_remove(struct waiter *);
void hub_wheel_turn(struct hub *);
void hub_wheel_drop_all(struct hub *); /* whatever is still there, without a word */

/* hub_read.c */
void hub_read(struct hub *, struct waiter *);
void hub_scan(struct hub *); /* unless one runs */
void hub_scan_regularly(
    struct hub *); /* and end those that others know to be revoked; in no waiter's turn */
void hub_database_ready(void *hub);
void hub_database_down(void *hub);
/* 503 for those whose first read could not be sent. */
void hub_refuse_asking(struct hub *);

/* Cursors of another epoch than this one are not good any more. */
void hub_epoch_take(struct hub *, int64_t epoch);

/* hub_life.c */
/* Look at the database once more; nothing waits for it. */
void hub_life_look(struct hub *);
/* A new connection to it: nothing is told before the next look. */
void hub_life_connected(struct hub *);
/* Of struct wal_handler. */
void hub_life_streamed(void *hub, const struct wal_life *, const char *history);

/* hub_stream.c */
struct wal *hub_stream_open(struct hub *);

/* hub_request.c */
void hub_accept(struct hub *);

/* hub_ticket.c */
/* Look up the ticket; the waiter is registered for its holder, or answered ERR_UNAUTHORIZED. */
void hub_claim(struct hub *, struct waiter *, const char *ticket);

/* hub_reply.c */
/* The request of a waiter as it was before it was parked. */
struct req *hub_revive(struct hub *, const struct waiter *);
/* 200 with these events and the cursor. Ends a poll, as do those below. */
void hub_answer_events(
    struct hub *, struct waiter *, const struct batch *events, struct event_cursor cursor);
/* 200 with no events and its own cursor; 503 when it has none yet. A live waiter is ended. */
void hub_answer_nothing(struct hub *, struct waiter *);
void hub_answer_error(struct hub *, struct waiter *, enum err);
/* 409 with the cursor to go on with, after reading the state again. */
void hub_answer_resync(struct hub *, struct waiter *, struct event_cursor fresh);

/* hub_live.c */
enum hub_close { /* why a live connection ends; the close codes of a WebSocket */
	CLOSE_GOOD = 1000,
	CLOSE_LEAVING = 1001, /* the program ends, or the connection is old */
	CLOSE_KIND = 1003, /* binary message */
	CLOSE_POLICY = 1008,
	CLOSE_FAILED = 1011,
	CLOSE_AUTH = 4001,
	CLOSE_FULL = 4008, /* the account has too many: not again before LIVE_TURN_S are over */
	CLOSE_RESYNC = 4009
};
/* Make a live waiter of a new one. ws passes to it; NULL: server-sent events. */
void hub_live_begin(struct hub *, struct waiter *, struct ws *ws);
void hub_live_free(struct live *);
/* Readiness of a live waiter's socket, as a source. */
void hub_live_ready(struct hub *, void *waiter, uint32_t events);
/* Send, or keep what the socket does not take. The waiter may be gone afterwards. */
void hub_live_send(struct hub *, struct waiter *, const char *bytes, size_t len);
/* It takes more events: all that was sent is on its way, and acknowledged if it does that. */
bool hub_live_has_room(const struct waiter *);
/* The first word to a client whose cursor is good, if not said yet. */
void hub_live_open(struct hub *, struct waiter *);
void hub_live_events(struct hub *, struct waiter *, const struct batch *, struct event_cursor);
void hub_live_resync(struct hub *, struct waiter *, struct event_cursor fresh);
/* Its deadline has come: a sign of life, or the end of one that is dead or old. */
void hub_live_due(struct hub *, struct waiter *);
/* Say goodbye and close when that is sent. */
void hub_live_end(struct hub *, struct waiter *, enum hub_close);
/* The same, for another one of the same user. */
void hub_live_give_way(struct hub *, struct waiter *);
/* Close now. */
void hub_live_drop(struct hub *, struct waiter *);

/* hub_ws.c */
void hub_ws_accept(struct hub *);
void hub_ws_readable(struct hub *, struct waiter *);
void hub_ws_text(struct hub *, struct waiter *, const char *text, size_t len);
void hub_ws_ping(struct hub *, struct waiter *);
void hub_ws_close(struct hub *, struct waiter *, enum hub_close);
/* Both sides have said goodbye, or what the client says is not understood any more. */
bool hub_ws_finished(const struct ws *);
void hub_ws_free(struct ws *);

/* hub_call.c */
void hub_call_take(struct hub *, struct waiter *, const char *text, size_t len);

/* hub_thread.c */
struct replier *replier_start(void);
void replier_stop(struct replier *); /* when everything queued is sent */
/* Queue a finished reply; http (from malloc) passes to the threads. */
void replier_send(struct replier *, struct http *, const char *bytes, size_t len);

/* hub_loop.c */
void hub_listen(struct hub *); /* take requests, from the first time on that this is called */
/* accept failed with this number. When descriptors or memory are short, what waits stays readable: the
 * listeners are left alone for a moment. */
void hub_accept_failed(struct hub *, int error);
/* Register, change or drop what epoll watches for a source; fd -1: nothing. The descriptor that was
 * watched may be closed by now, and another source's. Whoever lets one be readable must read it, or
 * watch it for something else meanwhile: epoll tells it again and again. */
void hub_watch(struct hub *, struct source *, int fd, uint32_t events);

#endif
