/* A WebSocket's signs of life: pings that go unanswered end it. No loop, no database: a socket and its waiter. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "live/hub_int.h"

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
static struct hub hub;
static int client; /* the other end */

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
static struct waiter *
socket_open(void)
{
	struct sockaddr_un address;
	struct epoll_event event;
	struct waiter *waiter;
	socklen_t len;

	worker = (struct worker){ .metrics = metrics_open("", "test", no_routes), .conf = &conf };
	hub = (struct hub){ .worker = &worker,
		.conf = &conf,
		.arena = arena_new(SCRATCH),
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.held_max = 9,
		.ws_fd = listener_open(&address, &len),
		.wheel_slot = clock_monotonic_us() / WHEEL_SLOT_US };
	hub.ready_last = &hub.ready_first;
	hub_users_open(&hub);
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(connect(client, (struct sockaddr *)&address, len), 0);
	hub_ws_accept(&hub);
	CU_ASSERT_EQUAL_FATAL(write(client, "G", 1), 1);
	CU_ASSERT_EQUAL_FATAL(epoll_wait(hub.epoll, &event, 1, 1000), 1);
	waiter = ((struct source *)event.data.ptr)->owner;
	CU_ASSERT_EQUAL_FATAL(recv(waiter->source.fd, &(char){ 0 }, 1, MSG_DONTWAIT), 1);
	waiter->live->open = waiter->has_cursor = true;
	waiter->state = WAITER_PARKED;
	hub_user_attach(&hub, hub_user_make(&hub, "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80"), waiter);
	return waiter;
}

static void
all_close(void)
{
	hub_wheel_drop_all(&hub);
	hub_bury(&hub);
	hub_users_close(&hub);
	(void)close(client);
	(void)close(hub.ws_fd);
	(void)close(hub.epoll);
	free(hub.watched);
	arena_free(hub.arena);
}

/* One ping came; false: the end did. */
static bool
ping_came(void)
{
	uint8_t frame[2];
	ssize_t n = recv(client, frame, sizeof(frame), 0);

	return n == 2 && frame[0] == 0x89 && frame[1] == 0;
}

static void
pong(struct waiter *waiter)
{
	static const uint8_t frame[6] = { 0x8a, 0x80, 1, 2, 3, 4 };

	CU_ASSERT_EQUAL(write(client, frame, sizeof(frame)), (ssize_t)sizeof(frame));
	hub_live_ready(&hub, waiter, EPOLLIN);
}

static void
one_that_answers_no_ping_is_dropped(void)
{
	struct waiter *waiter = socket_open();
	int i;

	for (i = 0; i < UNANSWERED; i++) {
		hub_live_due(&hub, waiter);
		CU_ASSERT_FATAL(ping_came());
		CU_ASSERT_EQUAL(waiter->state, WAITER_PARKED);
	}
	hub_live_due(&hub, waiter);
	CU_ASSERT_EQUAL(waiter->state, WAITER_GONE);
	CU_ASSERT_FALSE(ping_came());
	all_close();
}

static void
one_that_answers_is_kept(void)
{
	struct waiter *waiter = socket_open();
	int i;

	for (i = 0; i < 4 * UNANSWERED; i++) {
		hub_live_due(&hub, waiter);
		CU_ASSERT_FATAL(ping_came());
		if (i % UNANSWERED == UNANSWERED - 1)
			pong(waiter);
		CU_ASSERT_EQUAL_FATAL(waiter->state, WAITER_PARKED);
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
	return cunit_run("hub_live", tests);
}
