/*
 * Presence: which devices (logins) wait here, told to the database when they come and when they have been
 * gone for PRESENCE_GRACE_S. A device that polls is there between its polls, too.
 *
 * Changes are sent in small batches, a batch after the answer to the one before, so that catch-up reads on
 * the same connection need not wait for long. Nothing is repeated while nothing changes but the
 * node's beat: parked clients cost no statements. When an answer may have been lost, or the node was late
 * and was swept, all devices are told again as those of a new node, and the old one says goodbye: whatever
 * the database had of it is right again then, and nobody seems to have left.
 */
#include "base/clock.h"
#include "base/str.h"
#include "domain/talk/presence.h"
#include "live/hub_int.h"
#include "web/revoke.h"

#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS = 16384, /* a power of two */
	BATCH = 100, /* devices in one statement */
	TURN_US = 250000, /* between batches, so that what comes together is told together */
	HURRY_US = 20000, /* the same while more than a batch waits */
	AGAIN_US = 2000000 /* between two new nodes */
};

/* A login that waits here, or did a short while ago. */
struct device {
	struct device *hash_next;
	struct device *prev, *next; /* in arriving or leaving, if it is in one */
	struct devices *list; /* that one; NULL: told, and it waits */
	unsigned waiters;
	int64_t left_us; /* monotonic: when the last waiter left */
	char user_id[UUID_TEXT_SIZE], login_id[UUID_TEXT_SIZE];
};

struct devices {
	struct device *first, *last;
	size_t count;
};

struct presence {
	struct device **table;
	struct devices arriving; /* not told yet; its waiters may have left already */
	struct devices leaving; /* told, without waiters; the first left first */
	char node[UUID_TEXT_SIZE]; /* "": none yet */
	char old[UUID_TEXT_SIZE]; /* to say goodbye when all devices are told as those of node */
	bool lost; /* what the database knows of node is in doubt */
	bool ended; /* said goodbye */
	unsigned asked; /* statements without an answer */
	int64_t turn_us, beat_us, begun_us; /* monotonic: next turn, next beat; when node began */
};

/* --- lists --- */

static void
list_add(struct devices *list, struct device *device)
{
	device->list = list;
	device->next = NULL;
	device->prev = list->last;
	if (list->last != NULL)
		list->last->next = device;
	else
		list->first = device;
	list->last = device;
	list->count++;
}

static void
list_remove(struct device *device)
{
	struct devices *list = device->list;

	if (list == NULL)
		return;
	if (device->prev != NULL)
		device->prev->next = device->next;
	else
		list->first = device->next;
	if (device->next != NULL)
		device->next->prev = device->prev;
	else
		list->last = device->prev;
	list->count--;
	device->list = NULL;
}

/* A login is of one user. */
static struct device **
bucket(const struct presence *presence, const char *login_id)
{
	uint64_t hash = str_hash(login_id);

	return &presence->table[(hash ^ hash >> 32) & (BUCKETS - 1)];
}

static struct device *
device_make(struct presence *presence, const char *user_id, const char *login_id)
{
	struct device **head = bucket(presence, login_id), *device = *head;

	while (device != NULL && strcmp(device->login_id, login_id) != 0)
		device = device->hash_next;
	if (device != NULL)
		return device;
	device = calloc(1, sizeof(*device));
	if (device == NULL)
		abort();
	memcpy(device->user_id, user_id, UUID_TEXT_SIZE);
	memcpy(device->login_id, login_id, UUID_TEXT_SIZE);
	device->hash_next = *head;
	*head = device;
	list_add(&presence->arriving, device);
	return device;
}

static void
device_free(struct presence *presence, struct device *device)
{
	struct device **link = bucket(presence, device->login_id);

	while (*link != device)
		link = &(*link)->hash_next;
	*link = device->hash_next;
	list_remove(device);
	free(device);
}

/* --- waiters --- */

void
hub_presence_arrive(struct hub *hub, struct waiter *waiter)
{
	struct device *device;

	if (hub->presence == NULL || waiter->login_id[0] == '\0')
		return;
	device = device_make(hub->presence, waiter->user->id, waiter->login_id);
	device->waiters++;
	if (device->list == &hub->presence->leaving)
		list_remove(device);
	waiter->device = device;
}

void
hub_presence_leave(struct hub *hub, struct waiter *waiter)
{
	struct device *device = waiter->device;

	waiter->device = NULL;
	if (device == NULL || --device->waiters > 0)
		return;
	device->left_us = clock_monotonic_us();
	if (device->list == NULL)
		list_add(&hub->presence->leaving, device);
}

/* --- statements --- */

static int64_t
grace_us(const struct hub *hub)
{
	return hub->conf->presence_grace_s * SECOND_US;
}

/* Half as long again as the grace, and beaten often enough to miss three. */
static int64_t
ttl_ms(const struct hub *hub)
{
	return grace_us(hub) * 3 / 2 / 1000;
}

static void
answered(void *arg, enum err err, struct rows *rows)
{
	struct hub *hub = arg;

	hub->presence->asked--;
	if (err != ERR_OK || !presence_known(rows))
		hub->presence->lost = true;
}

static void
sent(struct hub *hub, enum err err)
{
	if (err == ERR_OK)
		hub->presence->asked++;
	else
		hub->presence->lost = true;
}

static void
swept(void *arg, enum err err, struct rows *rows)
{
	struct hub *hub = arg;

	hub->presence->asked--;
	if (err == ERR_OK && presence_swept(rows) > 0 &&
	    pipeline_send(hub->pipeline, db_ref(presence_sweep_bind(BATCH)), swept, hub) == ERR_OK)
		hub->presence->asked++;
}

/* A batch as arrays. */
struct batch_text {
	struct buf users, logins;
	size_t count;
};

static struct batch_text
batch_text(struct hub *hub)
{
	return (struct batch_text){ buf_new(hub->arena, BATCH * UUID_TEXT_SIZE),
		buf_new(hub->arena, BATCH * UUID_TEXT_SIZE), 0 };
}

static void
batch_put(struct batch_text *batch, const struct device *device)
{
	const char *before = batch->count++ == 0 ? "{" : ",";

	buf_puts(&batch->users, before);
	buf_puts(&batch->users, device->user_id);
	buf_puts(&batch->logins, before);
	buf_puts(&batch->logins, device->login_id);
}

static void
batch_close(struct batch_text *batch)
{
	buf_putc(&batch->users, '}');
	buf_putc(&batch->logins, '}');
}

static void
tell_arrivals(struct hub *hub)
{
	struct presence *presence = hub->presence;
	struct batch_text batch = batch_text(hub);
	struct device *device;

	while (batch.count < BATCH && (device = presence->arriving.first) != NULL) {
		list_remove(device);
		batch_put(&batch, device);
		if (device->waiters == 0)
			list_add(&presence->leaving, device);
	}
	if (batch.count == 0)
		return;
	batch_close(&batch);
	sent(hub,
	    pipeline_send(hub->pipeline,
		db_ref(presence_arrive_bind(presence->node, batch.users.data, batch.logins.data)),
		answered, hub));
}

/* The grace is over, or the login ended and will not come again. */
static bool
has_left(const struct hub *hub, const struct device *device, int64_t now)
{
	return device->left_us + grace_us(hub) <= now ||
	    revoke_listed(hub->worker->revoke, device->login_id);
}

static void
tell_departures(struct hub *hub, int64_t now)
{
	struct presence *presence = hub->presence;
	struct batch_text batch = batch_text(hub);
	struct device *device, *next;
	int64_t left_us = now;

	for (device = presence->leaving.first; device != NULL && batch.count < BATCH; device = next) {
		next = device->next;
		if (!has_left(hub, device, now))
			continue;
		if (batch.count == 0)
			left_us = device->left_us;
		batch_put(&batch, device);
		device_free(presence, device);
	}
	if (batch.count == 0)
		return;
	batch_close(&batch);
	sent(hub,
	    pipeline_send(hub->pipeline,
		db_ref(presence_leave_bind(
		    presence->node, batch.users.data, batch.logins.data, (now - left_us) / 1000)),
		answered, hub));
}

/* --- nodes --- */

static void
tell_again(struct presence *presence, struct device *device)
{
	list_remove(device);
	list_add(&presence->arriving, device);
}

static void
begin(struct hub *hub, int64_t now)
{
	struct presence *presence = hub->presence;
	size_t i;

	if (presence->old[0] == '\0') /* else that one is half told, and swept in time */
		memcpy(presence->old, presence->node, UUID_TEXT_SIZE);
	memcpy(presence->node, uuid_new(hub->arena), UUID_TEXT_SIZE);
	presence->lost = false;
	presence->begun_us = now;
	presence->beat_us = now;
	for (i = 0; i < BUCKETS; i++) {
		struct device *device = presence->table[i];

		for (; device != NULL; device = device->hash_next)
			tell_again(presence, device);
	}
	sent(hub,
	    pipeline_send(hub->pipeline, db_ref(presence_begin_bind(presence->node, ttl_ms(hub))),
		answered, hub));
}

static void
beat(struct hub *hub, int64_t now)
{
	struct presence *presence = hub->presence;

	presence->beat_us = now + grace_us(hub) / 3;
	sent(hub,
	    pipeline_send(hub->pipeline, db_ref(presence_beat_bind(presence->node, ttl_ms(hub))),
		answered, hub));
	if (pipeline_send(hub->pipeline, db_ref(presence_sweep_bind(BATCH)), swept, hub) == ERR_OK)
		presence->asked++;
}

static void
leave_old(struct hub *hub)
{
	struct presence *presence = hub->presence;

	sent(hub,
	    pipeline_send(
		hub->pipeline, db_ref(presence_goodbye_bind(presence->old, 0)), answered, hub));
	presence->old[0] = '\0';
	presence->beat_us = 0; /* and sweeps it */
}

void
hub_presence_turn(struct hub *hub)
{
	struct presence *presence = hub->presence;
	int64_t now = clock_monotonic_us();

	if (presence == NULL || presence->ended || now < presence->turn_us || presence->asked > 0 ||
	    pipeline_state(hub->pipeline) != PIPELINE_READY)
		return;
	if (presence->node[0] == '\0' || (presence->lost && now >= presence->begun_us + AGAIN_US))
		begin(hub, now);
	if (now >= presence->beat_us)
		beat(hub, now);
	tell_arrivals(hub);
	tell_departures(hub, now);
	if (presence->old[0] != '\0' && presence->arriving.count == 0)
		leave_old(hub);
	presence->turn_us = now + (presence->arriving.count > 0 ? HURRY_US : TURN_US);
}

void
hub_presence_lost(struct hub *hub)
{
	if (hub->presence != NULL)
		hub->presence->lost = true;
}

/* --- beginning and end --- */

static void
goodbye_done(void *arg, enum err err, struct rows *rows)
{
	struct hub *hub = arg;

	(void)err;
	(void)rows;
	hub->pending--;
}

void
hub_presence_goodbye(struct hub *hub)
{
	struct presence *presence = hub->presence;

	if (presence == NULL || presence->node[0] == '\0')
		return;
	presence->ended = true;
	if (pipeline_send(hub->pipeline,
		db_ref(presence_goodbye_bind(presence->node, grace_us(hub) / 1000)), goodbye_done,
		hub) == ERR_OK)
		hub->pending++;
}

void
hub_presence_open(struct hub *hub)
{
	struct presence *presence;

	if (hub->conf->presence_grace_s == 0)
		return;
	presence = calloc(1, sizeof(*presence));
	if (presence == NULL)
		abort();
	presence->table = calloc(BUCKETS, sizeof(*presence->table));
	if (presence->table == NULL)
		abort();
	hub->presence = presence;
}

void
hub_presence_close(struct hub *hub)
{
	struct presence *presence = hub->presence;
	size_t i;

	if (presence == NULL)
		return;
	for (i = 0; i < BUCKETS; i++)
		while (presence->table[i] != NULL)
			device_free(presence, presence->table[i]);
	free(presence->table);
	free(presence);
	hub->presence = NULL;
}
