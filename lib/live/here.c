#include "live/here.h"
#include "base/clock.h"
#include "db/pipeline.h"
#include "domain/talk/presence.h"
#include "web/revoke.h"

#include <stdlib.h>
#include <string.h>

enum {
	BATCH = 100, /* devices in one statement */
	TURN_US = 250000, /* between batches, so that what comes together is told together */
	HURRY_US = 20000, /* the same while more than a batch waits */
	AGAIN_US = 2000000 /* between two new nodes */
};

struct here {
	struct devices devices;
	char node[UUID_TEXT_SIZE]; /* "": none yet */
	char old[UUID_TEXT_SIZE]; /* to say goodbye when all devices are told as those of node */
	bool lost; /* what the database knows of node is in doubt */
	bool ended; /* said goodbye */
	unsigned asked; /* statements without an answer */
	int64_t turn_us, beat_us, begun_us; /* monotonic: next turn, next beat; when node began */
};

/* --- waiters --- */

struct device *
here_arrive(struct live *live, const char *user_id, const char *login_id)
{
	if (live->here == NULL || login_id[0] == '\0')
		return NULL;
	return device_arrive(&live->here->devices, user_id, login_id);
}

void
here_leave(struct live *live, struct device *device)
{
	if (device != NULL)
		device_leave(&live->here->devices, device, live->core.now_us);
}

/* --- statements --- */

static int64_t
grace_us(const struct live *live)
{
	return live->conf->presence_grace_s * SECOND_US;
}

/* Half as long again as the grace, and beaten often enough to miss three. */
static int64_t
ttl_ms(const struct live *live)
{
	return grace_us(live) * 3 / 2 / 1000;
}

static void
answered(void *arg, enum err err, struct rows *rows)
{
	struct live *live = arg;

	live->here->asked--;
	if (err != ERR_OK || !presence_known(rows))
		live->here->lost = true;
}

static void
sent(struct live *live, enum err err)
{
	if (err == ERR_OK)
		live->here->asked++;
	else
		live->here->lost = true;
}

static void
swept(void *arg, enum err err, struct rows *rows)
{
	struct live *live = arg;

	live->here->asked--;
	if (err == ERR_OK && presence_swept(rows) > 0 &&
	    pipeline_send(live->pipeline, db_ref(presence_sweep_bind(BATCH)), swept, live) == ERR_OK)
		live->here->asked++;
}

/* A batch as arrays. */
struct batch_text {
	struct buf users, logins;
	size_t count;
};

static struct batch_text
batch_text(struct live *live)
{
	return (struct batch_text){ buf_new(live->arena, BATCH * UUID_TEXT_SIZE),
		buf_new(live->arena, BATCH * UUID_TEXT_SIZE), 0 };
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
tell_arrivals(struct live *live)
{
	struct here *here = live->here;
	struct batch_text batch = batch_text(live);
	struct device *device;

	while (batch.count < BATCH && (device = here->devices.arriving.first) != NULL) {
		batch_put(&batch, device);
		device_told(&here->devices, device);
	}
	if (batch.count == 0)
		return;
	batch_close(&batch);
	sent(live,
	    pipeline_send(live->pipeline,
		db_ref(presence_arrive_bind(here->node, batch.users.data, batch.logins.data)),
		answered, live));
}

/* The grace is over, or the login ended and will not come again. */
static bool
has_left(const struct live *live, const struct device *device, int64_t now)
{
	return device->left_us + grace_us(live) <= now ||
	    revoke_listed(live->worker->revoke, device->login_id);
}

static void
tell_departures(struct live *live, int64_t now)
{
	struct here *here = live->here;
	struct batch_text batch = batch_text(live);
	struct device *device, *next;
	int64_t left_us = now;

	for (device = here->devices.leaving.first; device != NULL && batch.count < BATCH;
	     device = next) {
		next = device->next;
		if (!has_left(live, device, now))
			continue;
		if (batch.count == 0)
			left_us = device->left_us;
		batch_put(&batch, device);
		device_forget(&here->devices, device);
	}
	if (batch.count == 0)
		return;
	batch_close(&batch);
	sent(live,
	    pipeline_send(live->pipeline,
		db_ref(presence_leave_bind(
		    here->node, batch.users.data, batch.logins.data, (now - left_us) / 1000)),
		answered, live));
}

/* --- nodes --- */

static void
begin(struct live *live, int64_t now)
{
	struct here *here = live->here;

	if (here->old[0] == '\0') /* else that one is half told, and swept in time */
		memcpy(here->old, here->node, UUID_TEXT_SIZE);
	memcpy(here->node, uuid_new(live->arena), UUID_TEXT_SIZE);
	here->lost = false;
	here->begun_us = now;
	here->beat_us = now;
	device_tell_again(&here->devices);
	sent(live,
	    pipeline_send(live->pipeline, db_ref(presence_begin_bind(here->node, ttl_ms(live))),
		answered, live));
}

static void
beat(struct live *live, int64_t now)
{
	struct here *here = live->here;

	here->beat_us = now + grace_us(live) / 3;
	sent(live,
	    pipeline_send(live->pipeline, db_ref(presence_beat_bind(here->node, ttl_ms(live))),
		answered, live));
	if (pipeline_send(live->pipeline, db_ref(presence_sweep_bind(BATCH)), swept, live) == ERR_OK)
		here->asked++;
}

static void
leave_old(struct live *live)
{
	struct here *here = live->here;

	sent(live,
	    pipeline_send(
		live->pipeline, db_ref(presence_goodbye_bind(here->old, 0)), answered, live));
	here->old[0] = '\0';
	here->beat_us = 0; /* and sweeps it */
}

void
here_turn(struct live *live)
{
	struct here *here = live->here;
	int64_t now = live->core.now_us;

	if (here == NULL || here->ended || now < here->turn_us || here->asked > 0 ||
	    pipeline_state(live->pipeline) != PIPELINE_READY)
		return;
	if (here->node[0] == '\0' || (here->lost && now >= here->begun_us + AGAIN_US))
		begin(live, now);
	if (now >= here->beat_us)
		beat(live, now);
	tell_arrivals(live);
	tell_departures(live, now);
	if (here->old[0] != '\0' && here->devices.arriving.count == 0)
		leave_old(live);
	here->turn_us = now + (here->devices.arriving.count > 0 ? HURRY_US : TURN_US);
}

void
here_lost(struct live *live)
{
	if (live->here != NULL)
		live->here->lost = true;
}

/* --- beginning and end --- */

static void
goodbye_done(void *arg, enum err err, struct rows *rows)
{
	struct live *live = arg;

	(void)err;
	(void)rows;
	live->pending--;
}

void
here_goodbye(struct live *live)
{
	struct here *here = live->here;

	if (here == NULL || here->node[0] == '\0')
		return;
	here->ended = true;
	if (pipeline_send(live->pipeline,
		db_ref(presence_goodbye_bind(here->node, grace_us(live) / 1000)), goodbye_done,
		live) == ERR_OK)
		live->pending++;
}

struct here *
here_new(const struct conf *conf)
{
	struct here *here;

	if (conf->presence_grace_s == 0)
		return NULL;
	here = calloc(1, sizeof(*here));
	if (here == NULL)
		abort();
	device_open(&here->devices);
	return here;
}

void
here_free(struct here *here)
{
	if (here != NULL)
		device_close(&here->devices);
	free(here);
}
