#include "base/test_map.h"

#ifdef CONFAB_CLOCK

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_map private_map;
static struct test_map *_Atomic current;
static _Atomic bool shared;

struct test_map *
test_map_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;
	void *map = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 &&
	    (st.st_size >= (off_t)sizeof(struct test_map) ||
		ftruncate(fd, sizeof(struct test_map)) == 0))
		map = mmap(NULL, sizeof(struct test_map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	return map == MAP_FAILED ? NULL : map;
}

struct test_map *
test_map(void)
{
	struct test_map *map = atomic_load_explicit(&current, memory_order_acquire);
	const char *path;

	if (map != NULL)
		return map;
	path = getenv("CONFAB_TEST_FILE");
	map = path == NULL ? NULL : test_map_open(path);
	atomic_store(&shared, map != NULL);
	if (map == NULL)
		map = &private_map;
	atomic_store_explicit(&current, map, memory_order_release);
	return map;
}

bool
test_map_is_shared(void)
{
	(void)test_map();
	return atomic_load_explicit(&shared, memory_order_relaxed);
}

struct test_map *
test_map_own(void)
{
	void *map = mmap(NULL, sizeof(struct test_map), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert(map != MAP_FAILED);
	atomic_store_explicit(&current, map, memory_order_release);
	return map;
}

#ifdef CONFAB_TEST
void
test_map_record(const char *who, const char *what)
{
	struct test_map *map = test_map();
	int64_t number = atomic_fetch_add(&map->call_count, 1) + 1;
	struct test_call *call = &map->calls[(number - 1) % TEST_CALLS_MAX];

	atomic_store(&call->number, 0);
	(void)snprintf(call->text, sizeof(call->text), "%s: %s", who, what);
	atomic_store(&call->number, number);
}
#endif

#else
extern int test_map_unused_; /* ISO C wants a declaration in every file */
#endif
