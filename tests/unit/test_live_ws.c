/* A WebSocket's signs of life: pings that go unanswered end it. No loop, no database: a socket and its client. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "live/door.h"
#include "live/enter.h"
#include "live/live.h"
#include "live/out.h"
#include "live/work.h"
#include "live/ws.h"
#include "live/ws_greet.h"
#include "web/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { UNANSWERED = 3, SCRATCH = 1024 * 1024 };

static const struct route *const no_routes[] = { NULL };
static struct conf conf = { .poll_per_user_max = 5 };
static struct worker worker;
static const struct live_socket a_socket = { .path = "/", .text_bytes_max = 1024 };
static struct live live;
static int peer; /* the other end */

/* A listener without a name; its address goes to *address. */
static int
listener_open(struct sockaddr_un *address, socklen_t *len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*len = sizeof(sa_family_t); /* the kernel chooses one */
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)address, *len), 0);
	*len = sizeof(*address);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)address, len), 0);
	CU_ASSERT_EQUAL_FATAL(listen(fd, 1), 0);
	return fd;
}

/* A WebSocket of a user that waits, as after a good handshake. */
static struct client *
socket_open(void)
{
	struct sockaddr_un address;
	struct epoll_event event;
	struct client *made;
	socklen_t len;
	int listener;

	worker = (struct worker){ .metrics = metrics_open("", "test", no_routes), .conf = &conf };
	live = (struct live){ .worker = &worker,
		.conf = &conf,
		.socket = &a_socket,
		.arena = arena_new(SCRATCH),
		.held_max = 9 };
	core_open(&live.core, clock_monotonic_us());
	watch_open(&live.watch);
	listener = listener_open(&address, &len);
	live.door = door_new(&live, listener, ws_greet_accept, -1, ws_greet_accept);
	peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(connect(peer, (struct sockaddr *)&address, len), 0);
	ws_greet_accept(&live, listener);
	(void)close(listener);
	CU_ASSERT_EQUAL_FATAL(write(peer, "G", 1), 1);
	CU_ASSERT_EQUAL_FATAL(epoll_wait(live.watch.epoll, &event, 1, 1000), 1);
	made = ((struct source *)event.data.ptr)->owner;
	CU_ASSERT_EQUAL_FATAL(recv(made->source.fd, &(char){ 0 }, 1, MSG_DONTWAIT), 1);
	free(made->own);
	ws_begin(made);
	enter(made, "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80");
	made->out->open = true;
	core_told(&made->waiter, (struct event_cursor){ 1, 0 });
	return made;
}

static void
all_close(void)
{
	work_drop_all(&live);
	core_turn(&live.core);
	while (core_take(&live.core) != NULL)
		;
	enter_bury(&live);
	core_close(&live.core);
	(void)close(peer);
	watch_close(&live.watch);
	door_free(live.door);
	arena_free(live.arena);
}

/* One ping came; false: the end did. */
static bool
ping_came(void)
{
	uint8_t frame[2];
	ssize_t n = recv(peer, frame, sizeof(frame), 0);

	return n == 2 && frame[0] == 0x89 && frame[1] == 0;
}

static void
pong(struct client *client)
{
	static const uint8_t frame[6] = { 0x8a, 0x80, 1, 2, 3, 4 };

	CU_ASSERT_EQUAL(write(peer, frame, sizeof(frame)), (ssize_t)sizeof(frame));
	ws_transport.ready(client, EPOLLIN);
}

static void
one_that_answers_no_ping_is_dropped(void)
{
	struct client *client = socket_open();
	int i;

	for (i = 0; i < UNANSWERED; i++) {
		ws_transport.due(client);
		CU_ASSERT_FATAL(ping_came());
		CU_ASSERT_EQUAL(client->waiter.state, WAITER_PARKED);
	}
	ws_transport.due(client);
	CU_ASSERT_EQUAL(client->waiter.state, WAITER_GONE);
	CU_ASSERT_FALSE(ping_came());
	all_close();
}

static void
one_that_answers_is_kept(void)
{
	struct client *client = socket_open();
	int i;

	for (i = 0; i < 4 * UNANSWERED; i++) {
		ws_transport.due(client);
		CU_ASSERT_FATAL(ping_came());
		if (i % UNANSWERED == UNANSWERED - 1)
			pong(client);
		CU_ASSERT_EQUAL_FATAL(client->waiter.state, WAITER_PARKED);
	}
	all_close();
}

static const struct cunit_test tests[] = {
	{ "one that answers no ping is dropped", one_that_answers_no_ping_is_dropped },
	{ "one that answers is kept", one_that_answers_is_kept },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("live_ws", tests);
}
