#include "live/out.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "live/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
	UNANSWERED_MAX = 2, /* pings */
	STUCK_US = 30000000,
	AGE_US = 1800000000, /* then half as much at random */
	KEPT_BYTES_MAX = 512 * 1024, /* beyond that something is wrong */
	READ_KEPT_BYTES = 64 * 1024 /* with so much to send nothing more is read */
};

void
out_begin(struct client *client)
{
	struct out *out = calloc(1, sizeof(*out));
	uint32_t random;

	if (out == NULL)
		abort();
	crypto_random(&random, sizeof(random));
	out->moved_us = clock_monotonic_us();
	out->until_us = out->moved_us + AGE_US + (int64_t)(random % (AGE_US / 2));
	client->out = out;
	client->waiter.stays = true;
	client->waiter.page_bytes = CLIENT_STAY_BYTES;
	client->live->stay_count++;
}

void
out_free(struct client *client)
{
	if (client->out != NULL)
		free(client->out->bytes);
	free(client->out);
}

/* Whose it is, is being looked up: until then it may say what it likes. */
static bool
is_claiming(const struct client *client)
{
	return client->waiter.state == WAITER_NEW && client->asked > 0;
}

void
out_watch(struct client *client)
{
	const struct out *out = client->out;
	uint32_t events = EPOLLRDHUP;

	if (out->bytes != NULL)
		events |= EPOLLOUT;
	if (client->transport->hears && !is_claiming(client) && out->len < READ_KEPT_BYTES)
		events |= EPOLLIN;
	if (events != client->source.events)
		watch_set(&client->live->watch, &client->source, client->source.fd, events);
}

/* How many bytes the socket takes now; negative: the client has gone. */
static ssize_t
push(const struct client *client, const char *bytes, size_t len)
{
	ssize_t done = 0, n = 1;

	while ((size_t)done < len && n > 0) {
		n = send(client->source.fd, bytes + done, len - (size_t)done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			done += n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
	}
	if (done > 0)
		client->out->moved_us = clock_monotonic_us();
	return done;
}

static void
keep(struct out *out, const char *bytes, size_t len)
{
	if (out->bytes != NULL && out->start > 0) {
		memmove(out->bytes, out->bytes + out->start, out->len);
		out->start = 0;
	}
	if (out->len + len > out->size) {
		out->size = (out->len + len) * 2;
		out->bytes = realloc(out->bytes, out->size);
		if (out->bytes == NULL)
			abort();
	}
	memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

static void
forget_sent(struct out *out)
{
	free(out->bytes);
	out->bytes = NULL;
	out->start = out->len = out->size = 0;
}

void
out_send(struct client *client, const char *bytes, size_t len)
{
	struct out *out = client->out;
	ssize_t done = 0;

	if (client_gone(client))
		return;
	if (out->bytes == NULL) {
		out->moved_us = clock_monotonic_us();
		done = push(client, bytes, len);
	}
	if (done < 0 || out->len + len > KEPT_BYTES_MAX) {
		client_drop(client);
		return;
	}
	if ((size_t)done < len)
		keep(out, bytes + done, len - (size_t)done);
	client->waiter.full = out->bytes != NULL;
	out_watch(client);
}

void
out_settle(struct client *client)
{
	if (client_gone(client) || client->out->bytes != NULL)
		return;
	if (client->waiter.state == WAITER_CLOSING)
		client->transport->sent(client);
	else
		core_room(&client->live->core, &client->waiter);
}

static void
flush(struct client *client)
{
	struct out *out = client->out;
	ssize_t done = push(client, out->bytes + out->start, out->len);

	if (done < 0) {
		client_drop(client);
		return;
	}
	out->start += (size_t)done;
	out->len -= (size_t)done;
	if (out->len == 0)
		forget_sent(out);
	out_watch(client);
	out_settle(client);
}

void
out_ready(struct client *client, uint32_t events)
{
	if (client_gone(client))
		return;
	if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
		client_drop(client);
	else if ((events & EPOLLOUT) != 0 && client->out->bytes != NULL)
		flush(client);
}

void
out_close(struct client *client)
{
	struct core *core = &client->live->core;

	core_leave(core, &client->waiter, WAITER_CLOSING);
	core_deadline(core, &client->waiter, core->now_us + OUT_CLOSE_US);
}

void
out_read_away(struct client *client)
{
	char bytes[4096];
	ssize_t n = recv(client->source.fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		client_drop(client);
}

void
out_shut(struct client *client)
{
	(void)shutdown(client->source.fd, SHUT_WR);
}

enum out_due
out_due(const struct client *client)
{
	const struct out *out = client->out;
	int64_t now = client->live->core.now_us;
	bool stuck = out->bytes != NULL && now > out->moved_us + STUCK_US;

	if (client->waiter.user == NULL || stuck || out->unanswered > UNANSWERED_MAX)
		return OUT_DEAD;
	return now > out->until_us ? OUT_OLD : OUT_ALIVE;
}
