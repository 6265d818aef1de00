/*
 * What the parts of the events program share. All of it belongs to the loop's thread. Who needs one of the parts that
 * are only named here includes its header.
 */
#ifndef LIVE_PARTS_H
#define LIVE_PARTS_H

#include "base/conf.h"
#include "live/core.h"
#include "live/watch.h"
#include "web/app.h"

struct client;
struct door;
struct here;
struct life;
struct lines;
struct live_socket;
struct pipeline;
struct reply_threads;
struct scan;
struct wal;

struct live {
	struct worker *worker;
	const struct conf *conf;
	struct arena *arena; /* scratch: reset in every pass of the loop */
	const struct live_socket *socket;
	/* What a WebSocket says: call.c takes it. */
	void (*heard)(struct client *, const char *text, size_t len);
	struct core core;
	struct watch watch;
	struct reply_threads *replies;
	struct pipeline *pipeline; /* for what the program itself asks of the database */
	struct wal *wal; /* NULL: switched off (test builds) */
	struct door *door;
	struct life *life;
	struct scan *scan;
	struct here *here; /* NULL: switched off */
	struct lines *lines; /* for what clients ask */
	int64_t held, held_max; /* clients */
	int64_t stay_count; /* of these, who stay */
	int64_t pending; /* requests for a ticket, and the goodbye of presence */
};

#endif
