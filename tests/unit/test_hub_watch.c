/* What epoll watches while descriptors close behind the hub's back and their numbers are used again. */
#include "base/base.h"
#include "harness/cunit.h"
#include "live/hub_int.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void
nothing(struct hub *hub, void *owner, uint32_t events)
{
	(void)hub;
	(void)owner;
	(void)events;
}

/* Who is ready; NULL: nobody. */
static struct source *
ready(const struct hub *hub)
{
	struct epoll_event event;

	return epoll_wait(hub->epoll, &event, 1, 0) == 1 ? event.data.ptr : NULL;
}

static struct source
source_new(void)
{
	return (struct source){ nothing, NULL, -1, 0 };
}

/* As when libpq gives a connection up and a client is accepted in the same turn. */
static void
a_closed_number_belongs_to_who_took_it(void)
{
	struct hub hub = { .epoll = epoll_create1(EPOLL_CLOEXEC) };
	struct source database = source_new(), client = source_new();
	int first[2], second[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, first), 0);
	hub_watch(&hub, &database, first[0], EPOLLIN);
	(void)close(first[0]);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, second), 0);
	CU_ASSERT_EQUAL_FATAL(second[0], first[0]);
	hub_watch(&hub, &client, second[0], EPOLLIN);
	hub_watch(&hub, &database, -1, 0);
	CU_ASSERT_PTR_NULL(ready(&hub));
	CU_ASSERT_EQUAL(write(second[1], "x", 1), 1);
	CU_ASSERT_PTR_EQUAL(ready(&hub), &client);
	hub_watch(&hub, &client, -1, 0);
	CU_ASSERT_PTR_NULL(ready(&hub));
	(void)close(second[0]);
	(void)close(second[1]);
	(void)close(first[1]);
	(void)close(hub.epoll);
	free(hub.watched);
}

/* And as when libpq has another connection by then. */
static void
moving_on_leaves_the_new_owner_alone(void)
{
	struct hub hub = { .epoll = epoll_create1(EPOLL_CLOEXEC) };
	struct source database = source_new(), client = source_new();
	int old[2], taken[2], fresh[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, old), 0);
	hub_watch(&hub, &database, old[0], EPOLLIN | EPOLLOUT);
	(void)close(old[0]);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, taken), 0);
	CU_ASSERT_EQUAL_FATAL(taken[0], old[0]);
	hub_watch(&hub, &client, taken[0], EPOLLIN);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fresh), 0);
	hub_watch(&hub, &database, fresh[0], EPOLLIN);
	CU_ASSERT_EQUAL(write(taken[1], "x", 1), 1);
	CU_ASSERT_PTR_EQUAL(ready(&hub), &client);
	hub_watch(&hub, &client, -1, 0);
	CU_ASSERT_EQUAL(write(fresh[1], "x", 1), 1);
	CU_ASSERT_PTR_EQUAL(ready(&hub), &database);
	(void)close(old[1]);
	(void)close(taken[0]);
	(void)close(taken[1]);
	(void)close(fresh[0]);
	(void)close(fresh[1]);
	(void)close(hub.epoll);
	free(hub.watched);
}

static const struct cunit_test tests[] = {
	{ "a closed number belongs to who took it", a_closed_number_belongs_to_who_took_it },
	{ "moving on leaves the new owner alone", moving_on_leaves_the_new_owner_alone },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("hub_watch", tests);
}
