#include "base/mapped.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 200, LOCK_PAUSE_MS = 10 };

static void *
map_whole(int fd, size_t size)
{
	struct stat status;
	void *map = MAP_FAILED;

	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (size_t)status.st_size == size)
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return map;
}

/* The file there is, when it is what is wanted; else MAP_FAILED. */
static void *
map_there(int folder, const char *name, uint64_t layout, size_t size)
{
	int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct mapped *map;

	if (fd < 0)
		return MAP_FAILED;
	map = map_whole(fd, size);
	(void)close(fd);
	if (map == MAP_FAILED || (map->layout == layout && map->size == size))
		return map;
	(void)munmap(map, size);
	return MAP_FAILED;
}

/* Nobody finds it under its name before it is whole. */
static void *
map_fresh(int folder, const char *name, uint64_t layout, size_t size)
{
	char fresh[64];
	struct mapped *map = MAP_FAILED;
	int fd;

	(void)snprintf(fresh, sizeof(fresh), ".%s.%ld", name, (long)getpid());
	fd = openat(folder, fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd < 0)
		return MAP_FAILED;
	if (posix_fallocate(fd, 0, (off_t)size) == 0)
		map = map_whole(fd, size);
	(void)close(fd);
	if (map != MAP_FAILED) {
		*map = (struct mapped){ layout, size };
		if (renameat(folder, fresh, folder, name) == 0)
			return map;
		(void)munmap(map, size);
	}
	(void)unlinkat(folder, fresh, 0);
	return MAP_FAILED;
}

/* A holder that was killed holds it no more; for one that stands still nobody waits for ever. Without the lock the
 * worst is that two files are made, and each is shared by fewer. */
static void
lock(int folder)
{
	struct timespec pause = { 0, LOCK_PAUSE_MS * 1000000L };
	int i;

	for (i = 0; i < LOCK_TRIES && flock(folder, LOCK_EX | LOCK_NB) != 0; i++)
		(void)nanosleep(&pause, NULL);
}

static void *
map_file(const char *run_dir, const char *name, uint64_t layout, size_t size)
{
	char path[512];
	void *map;
	int folder;

	(void)snprintf(path, sizeof(path), "%s/shared", run_dir);
	(void)mkdir(path, 0770);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return MAP_FAILED;
	lock(folder);
	map = map_there(folder, name, layout, size);
	if (map == MAP_FAILED)
		map = map_fresh(folder, name, layout, size);
	(void)close(folder);
	return map;
}

void *
mapped_open(const char *run_dir, const char *name, uint64_t layout, size_t size)
{
	struct mapped *map = run_dir != NULL ? map_file(run_dir, name, layout, size) : MAP_FAILED;

	if (map != MAP_FAILED)
		return map;
	if (run_dir != NULL)
		log_warn("not shared with the other programs: RUN_DIR is not writable",
		    LOG_STR("what", name), LOG_STR("run_dir", run_dir),
		    LOG_STR("error", strerror(errno)));
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED) {
		log_error("cannot map memory", LOG_STR("what", name));
		abort();
	}
	*map = (struct mapped){ layout, size };
	return map;
}
