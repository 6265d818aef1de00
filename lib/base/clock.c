#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

#ifdef CONFAB_TEST
static int64_t
test_offset_us(void)
{
	static const volatile int64_t none = 0;
	static const volatile int64_t *offset;
	const char *path;
	void *map;
	int fd;

	if (offset != NULL)
		return *offset;
	offset = &none;
	path = getenv("CONFAB_TEST_CLOCK");
	fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	map = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map != MAP_FAILED)
		offset = map;
	return *offset;
}
#else
static int64_t
test_offset_us(void)
{
	return 0;
}
#endif

int64_t
clock_now_us(void)
{
	return read_clock(CLOCK_REALTIME) + test_offset_us();
}

int64_t
clock_now_s(void)
{
	return clock_now_us() / SECOND_US;
}

int64_t
clock_monotonic_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void
clock_format(int64_t us, char text[CLOCK_TEXT_SIZE])
{
	time_t seconds = (time_t)(us / SECOND_US);
	struct tm tm;
	size_t len;

	(void)gmtime_r(&seconds, &tm);
	len = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + len, CLOCK_TEXT_SIZE - len, ".%06dZ", (int)(us % SECOND_US));
}
