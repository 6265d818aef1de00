/*
 * Inside the hub. Everything here belongs to the loop's thread, but for finished replies, which
 * pass to the reply threads whole.
 */
#ifndef WEB_HUB_INT_H
#define WEB_HUB_INT_H

#include "base/uuid.h"
#include "db/pipeline.h"
#include "db/wal.h"
#include "domain/talk/event.h"
#include "web/app.h"
#include "web/event_cursor.h"
#include "web/fcgi.h"
#include "web/hub.h"
#include "web/metrics.h"
#include "web/req.h"

enum {
	WHEEL_SLOTS = 512, /* of WHEEL_SLOT_US: 51 s, longer than any wait */
	WHEEL_SLOT_US = 100000,
	SCAN_US = 1000000, /* the safety net */
	USER_IDLE_US = 60000000, /* a user without waiters is remembered so long */
	RECENT_MAX = 16, /* events kept of a user that waits */
	RECENT_BYTES_MAX = 64 * 1024,
	READS_MAX = 3, /* reads in a row that do not see what the stream told */
	WAIT_DEFAULT_JITTER_S = 3,
	WAIT_MAX_S = 30,
	REPLY_THREADS = 2
};

struct hub_user;

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

enum waiter_state {
	WAITER_ASKING, /* its read could not be sent yet: the database is being connected */
	WAITER_READING, /* catching up */
	WAITER_PARKED,
	WAITER_GONE /* answered or left; memory is given back at the end of the loop's pass */
};

struct waiter {
	struct hub *hub;
	struct source source; /* the socket: only to notice that the client left */
	struct http *http; /* NULL when gone */
	struct hub_user *user;
	struct waiter *user_prev, *user_next; /* in order of arrival */
	struct waiter **wheel_link, *wheel_next;
	struct waiter *dead_next;
	enum waiter_state state;
	bool reading; /* an answer of the pipeline is still to come */
	bool at_once; /* wait=0 */
	bool
	    settled; /* has been parked: its cursor is good, and a failed read can wait for the next */
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
	struct waiter *first, *last;
	int64_t waiter_count;
	struct recent *recent[RECENT_MAX]; /* consecutive numbers, oldest first */
	size_t recent_count, recent_bytes;
};

struct replier; /* the reply threads and their queue */

struct hub {
	struct worker *worker;
	const struct conf *conf;
	struct arena *arena; /* scratch: reset in every pass of the loop */
	int epoll;
	struct source listener, stream, database;
	struct wal *wal; /* NULL: switched off (test builds) */
	struct pipeline *pipeline;
	struct replier *replier;
	int listener_fd;
	bool listening;
	struct hub_user **users;
	size_t user_count;
	struct hub_user *idle_first, *idle_last;
	struct hub_user *dirty;
	struct waiter *wheel[WHEEL_SLOTS];
	int64_t wheel_slot; /* the next to look at, in slots since the monotonic zero */
	struct waiter *dead;
	int64_t held; /* waiters */
	int64_t held_max;
	int64_t epoch; /* 0: not read yet */
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
/* Note that seq is committed. */
void hub_user_known(struct hub_user *, int64_t seq);
/* Keep an event of the stream; text is copied. A gap before it empties the list first. */
void hub_user_keep(struct hub_user *, int64_t seq, const char *text, size_t len);
void hub_user_forget(struct hub_user *); /* empties the list */
/* The place of seq in the list; RECENT_MAX when it is not there. */
size_t hub_user_recent(const struct hub_user *, int64_t seq);
/* Forget users that were idle for long; call now and then. */
void hub_users_expire(struct hub *);
/* fn for every user with waiters; it may detach them. */
void hub_users_each(struct hub *, void (*fn)(struct hub *, struct hub_user *, void *), void *arg);

/* hub.c */
/* Take over the request: the waiter belongs to the hub from now on. */
void hub_register(struct hub *, struct waiter *, const char *user_id);
void hub_park(struct hub *, struct waiter *);
/* Undo registration, after which http is nobody's: the caller answers or drops it. */
struct http *hub_unregister(struct hub *, struct waiter *);
/* Known events stand behind the cursor of a parked waiter: answer, or read them. */
void hub_deliver(struct hub *, struct waiter *);
/* hub_deliver for every parked waiter of the user that is behind known_seq. */
void hub_wake(struct hub *, struct hub_user *);
void hub_wheel_turn(struct hub *);
void hub_bury(struct hub *); /* give back the memory of waiters that are gone */
void hub_each_waiter(struct hub *, void (*fn)(struct hub *, struct waiter *, void *), void *arg);

/* hub_read.c */
void hub_read(struct hub *, struct waiter *);
void hub_scan(struct hub *); /* unless one runs */
void hub_database_ready(void *hub);
void hub_database_down(void *hub);

/* hub_stream.c */
struct wal *hub_stream_open(struct hub *);

/* hub_request.c */
void hub_accept(struct hub *);

/* hub_reply.c */
/* 200 with these envelopes (JSON texts joined by commas) and the cursor. Ends the waiter, as do those
 * below. */
void hub_answer_events(struct hub *, struct waiter *, const struct buf *events, int64_t count,
    struct event_cursor cursor);
/* 200 with no events and its own cursor; 503 when it has none yet. */
void hub_answer_nothing(struct hub *, struct waiter *);
void hub_answer_error(struct hub *, struct waiter *, enum err);
/* 409 with the cursor to go on with, after reading the state again. */
void hub_answer_resync(struct hub *, struct waiter *, struct event_cursor fresh);

/* hub_thread.c */
struct replier *replier_start(void);
void replier_stop(struct replier *); /* when everything queued is sent */
/* Queue a finished reply; http (from malloc) passes to the threads. */
void replier_send(struct replier *, struct http *, const char *bytes, size_t len);

/* hub_loop.c */
void hub_listen(struct hub *); /* take requests, from the first time on that this is called */
/* Register, change or drop what epoll watches for a source; fd -1: nothing. */
void hub_watch(struct hub *, struct source *, int fd, uint32_t events);

#endif
