#include "live/work.h"
#include "live/client.h"
#include "live/read.h"

static void
act(struct client *client)
{
	struct live *live = client->live;
	const struct transport *transport = client->transport;
	struct event_cursor cursor;
	struct batch *batch;

	switch (core_step(&live->core, &client->waiter, live->arena, &batch, &cursor)) {
	case STEP_NONE:
		break;
	case STEP_PARKED:
		transport->parked(client);
		break;
	case STEP_EVENTS:
		transport->events(client, batch, cursor);
		break;
	case STEP_READ:
		read_start(client);
		break;
	case STEP_NOTHING:
		if (client->waiter.state == WAITER_PARKED)
			transport->parked(client);
		if (!client_gone(client))
			transport->nothing(client);
		break;
	case STEP_ERROR:
		transport->error(client, client->waiter.err);
		break;
	}
}

void
work_turn(struct live *live)
{
	struct waiter *waiter;

	core_turn(&live->core);
	while ((waiter = core_take(&live->core)) != NULL) {
		struct arena_mark mark = arena_mark(live->arena);

		act(client_of(waiter));
		arena_rewind(live->arena, mark);
	}
}

void
work_due(struct live *live)
{
	struct waiter *waiter;

	while ((waiter = core_due(&live->core)) != NULL) {
		struct arena_mark mark = arena_mark(live->arena);
		struct client *client = client_of(waiter);

		client->transport->due(client);
		arena_rewind(live->arena, mark);
	}
}

void
work_end_all(struct live *live)
{
	struct waiter *waiter = NULL;

	while ((waiter = core_next(&live->core, waiter)) != NULL)
		core_want(&live->core, waiter, WORK_NOTHING);
	work_turn(live);
}

void
work_drop_all(struct live *live)
{
	struct waiter *waiter;

	while ((waiter = core_any(&live->core)) != NULL)
		client_drop(client_of(waiter));
}
