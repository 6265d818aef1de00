#include "live/enter.h"
#include "live/client.h"
#include "live/here.h"
#include "live/seat.h"
#include "web/fcgi.h"

#include <sys/epoll.h>

/* False: there is none, and it was told so. */
static bool
seat(struct client *client, struct user *user)
{
	struct live *live = client->live;
	struct waiter *victim;

	client->retry_after_s = seat_take(
	    user, &client->waiter, live->conf->poll_per_user_max, live->core.now_us, &victim);
	if (victim != NULL)
		client_of(victim)->transport->yield(client_of(victim));
	if (client->retry_after_s > 0)
		client->transport->error(client, ERR_RATE);
	return client->retry_after_s == 0;
}

void
enter(struct client *client, const char *user_id)
{
	struct live *live = client->live;
	struct user *user = user_make(&live->core.users, user_id, live->core.now_us);

	if (!seat(client, user))
		return;
	if (client->http != NULL) {
		client->source = (struct source){ client->transport->ready, client, -1, 0 };
		watch_set(&live->watch, &client->source, client->http->fd, EPOLLRDHUP);
	}
	core_attach(&live->core, user, &client->waiter);
	core_deadline(&live->core, &client->waiter, client->deadline_us);
	client->device = here_arrive(live, user->id, client->waiter.login_id);
}

void
enter_bury(struct live *live)
{
	struct waiter *waiter, *kept = NULL;

	while ((waiter = core_left(&live->core)) != NULL) {
		struct client *client = client_of(waiter);

		here_leave(live, client->device);
		client->device = NULL;
		if (!client_gone(client))
			continue;
		if (client->asked == 0 && !waiter->queued) {
			client_forget(client);
			continue;
		}
		waiter->left_next = kept; /* its address is still held */
		kept = waiter;
	}
	while ((waiter = kept) != NULL) {
		kept = waiter->left_next;
		core_leave(&live->core, waiter, WAITER_GONE);
	}
}
