/* What epoll watches while descriptors close behind its back and their numbers are used again. */
#include "base/base.h"
#include "harness/cunit.h"
#include "live/watch.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void
nothing(void *owner, uint32_t events)
{
	(void)owner;
	(void)events;
}

/* Who is ready; NULL: nobody. */
static struct source *
ready(const struct watch *watch)
{
	struct epoll_event event;

	return epoll_wait(watch->epoll, &event, 1, 0) == 1 ? event.data.ptr : NULL;
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
	struct watch watch;
	struct source database = source_new(), client = source_new();
	int first[2], second[2];

	watch_open(&watch);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, first), 0);
	watch_set(&watch, &database, first[0], EPOLLIN);
	(void)close(first[0]);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, second), 0);
	CU_ASSERT_EQUAL_FATAL(second[0], first[0]);
	watch_set(&watch, &client, second[0], EPOLLIN);
	watch_set(&watch, &database, -1, 0);
	CU_ASSERT_PTR_NULL(ready(&watch));
	CU_ASSERT_EQUAL(write(second[1], "x", 1), 1);
	CU_ASSERT_PTR_EQUAL(ready(&watch), &client);
	watch_set(&watch, &client, -1, 0);
	CU_ASSERT_PTR_NULL(ready(&watch));
	(void)close(second[0]);
	(void)close(second[1]);
	(void)close(first[1]);
	watch_close(&watch);
}

/* And as when libpq has another connection by then. */
static void
moving_on_leaves_the_new_owner_alone(void)
{
	struct watch watch;
	struct source database = source_new(), client = source_new();
	int old[2], taken[2], fresh[2];

	watch_open(&watch);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, old), 0);
	watch_set(&watch, &database, old[0], EPOLLIN | EPOLLOUT);
	(void)close(old[0]);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, taken), 0);
	CU_ASSERT_EQUAL_FATAL(taken[0], old[0]);
	watch_set(&watch, &client, taken[0], EPOLLIN);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fresh), 0);
	watch_set(&watch, &database, fresh[0], EPOLLIN);
	CU_ASSERT_EQUAL(write(taken[1], "x", 1), 1);
	CU_ASSERT_PTR_EQUAL(ready(&watch), &client);
	watch_set(&watch, &client, -1, 0);
	CU_ASSERT_EQUAL(write(fresh[1], "x", 1), 1);
	CU_ASSERT_PTR_EQUAL(ready(&watch), &database);
	(void)close(old[1]);
	(void)close(taken[0]);
	(void)close(taken[1]);
	(void)close(fresh[0]);
	(void)close(fresh[1]);
	watch_close(&watch);
}

static const struct cunit_test tests[] = {
	{ "a closed number belongs to who took it", a_closed_number_belongs_to_who_took_it },
	{ "moving on leaves the new owner alone", moving_on_leaves_the_new_owner_alone },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("live_watch", tests);
}
