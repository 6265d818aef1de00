#include "live/client.h"
#include "web/fcgi.h"

#include <stdlib.h>
#include <unistd.h>

struct client *
client_make(struct live *live, const struct transport *transport)
{
	struct client *client;

	if (live->held >= live->held_max)
		return NULL;
	client = calloc(1, sizeof(*client));
	if (client == NULL)
		abort();
	client->live = live;
	client->transport = transport;
	client->source.fd = -1;
	client->waiter.page_bytes = CLIENT_POLL_BYTES;
	client->waiter.acked_seq = -1;
	live->held++;
	return client;
}

bool
client_gone(const struct client *client)
{
	return client->waiter.state == WAITER_GONE;
}

struct http *
client_release(struct client *client)
{
	struct live *live = client->live;
	struct http *http = client->http;

	watch_set(&live->watch, &client->source, -1, 0);
	core_leave(&live->core, &client->waiter, WAITER_GONE);
	client->http = NULL;
	live->held--;
	if (client->waiter.stays)
		live->stay_count--;
	return http;
}

void
client_drop(struct client *client)
{
	int fd = client->source.fd;
	struct http *http = client_release(client);

	if (http != NULL) {
		http_leave(http);
		free(http);
	} else if (fd >= 0) {
		(void)close(fd);
	}
}

void
client_forget(struct client *client)
{
	if (client->transport->free != NULL)
		client->transport->free(client);
	free(client);
}
