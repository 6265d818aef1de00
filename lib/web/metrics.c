#include "web/metrics_int.h"
#include "base/clock.h"
#include "base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const int64_t metrics_bounds_us[METRICS_BUCKETS] = { 500, 1000, 2500, 5000, 10000, 25000, 50000,
	100000, 500000, 1000000, 5000000 };

static const uint64_t metrics_magic =
    UINT64_C(0xc04fab0000000000) + (sizeof(struct metrics) << 16) + sizeof(struct route_counts);

static size_t
size_of(size_t route_count)
{
	return sizeof(struct metrics) + route_count * sizeof(struct route_counts);
}

/* The whole of an open file that is long enough, else MAP_FAILED; fd is closed. */
static struct metrics *
map_whole(int fd, int protection, size_t *size)
{
	struct stat status;
	void *map = MAP_FAILED;

	if (fd < 0)
		return map;
	if (fstat(fd, &status) == 0 && (size_t)status.st_size >= size_of(1)) {
		*size = (size_t)status.st_size;
		map = mmap(NULL, *size, protection, MAP_SHARED, fd, 0);
	}
	(void)close(fd);
	return map;
}

static bool
is_ours(const struct metrics *metrics, size_t size)
{
	return metrics->magic == metrics_magic && size == size_of(metrics->route_count);
}

/*
 * Map the program's file. One of another length is replaced by a new file and never cut: workers that
 * still drain have it mapped, and would be killed at the next count.
 */
static struct metrics *
map_file(const char *run_dir, const char *program, size_t wanted)
{
	char path[512], fresh[528];
	struct metrics *map;
	size_t size = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/metrics", run_dir);
	(void)mkdir(path, 0770);
	(void)snprintf(path, sizeof(path), "%s/metrics/%s", run_dir, program);
	map = map_whole(open(path, O_RDWR | O_CLOEXEC), PROT_READ | PROT_WRITE, &size);
	if (map != MAP_FAILED && size == wanted)
		return map;
	if (map != MAP_FAILED)
		(void)munmap(map, size);
	(void)snprintf(fresh, sizeof(fresh), "%s/metrics/.%s.new", run_dir, program);
	fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0660);
	if (fd >= 0 && (ftruncate(fd, (off_t)wanted) != 0 || rename(fresh, path) != 0)) {
		(void)close(fd);
		return MAP_FAILED;
	}
	return map_whole(fd, PROT_READ | PROT_WRITE, &size);
}

static size_t
routes_count(const struct route *const *tables)
{
	size_t count = 1;

	for (; tables != NULL && *tables != NULL; tables++) {
		const struct route *route;

		for (route = *tables; route->method != 0; route++)
			count++;
	}
	return count;
}

/* Give slot at that name; false when another had it, as in the file of another release. */
static bool
slot_name(struct metrics *metrics, size_t at, const char *name)
{
	char wanted[METRICS_NAME_SIZE] = "";

	(void)snprintf(wanted, sizeof(wanted), "%s", name);
	if (memcmp(metrics->routes[at].name, wanted, METRICS_NAME_SIZE) == 0)
		return true;
	memcpy(metrics->routes[at].name, wanted, METRICS_NAME_SIZE);
	return false;
}

static bool
slots_name(struct metrics *metrics, const struct route *const *tables)
{
	bool same = slot_name(metrics, 0, "none");
	size_t at = 1;

	for (; tables != NULL && *tables != NULL; tables++) {
		const struct route *route;

		for (route = *tables; route->method != 0; route++, at++)
			same &= slot_name(metrics, at, route->name);
	}
	return same;
}

static void
shape_set(struct metrics *metrics, const char *program, const struct route *const *tables)
{
	size_t count = routes_count(tables);

	/* Who reads the file meanwhile goes by its count. */
	metrics->route_count = count;
	if (metrics->magic != metrics_magic || !slots_name(metrics, tables)) {
		memset((char *)metrics + offsetof(struct metrics, program), 0,
		    size_of(count) - offsetof(struct metrics, program));
		(void)slots_name(metrics, tables);
	}
	(void)snprintf(metrics->program, METRICS_NAME_SIZE, "%s", program);
	metrics->magic = metrics_magic;
	atomic_store(&metrics->values[METRIC_REQUESTS_BUSY], 0);
	atomic_store(&metrics->values[METRIC_POLLS_PARKED], 0);
	atomic_store(&metrics->values[METRIC_STREAMS_OPEN], 0);
	atomic_store(&metrics->values[METRIC_STREAM_CONNECTED], 0);
}

struct metrics *
metrics_open(const char *run_dir, const char *program, const struct route *const *tables)
{
	size_t size = size_of(routes_count(tables));
	struct metrics *metrics = map_file(run_dir, program, size);

	if (metrics == MAP_FAILED) {
		log_warn("metrics are kept in memory: RUN_DIR is not writable",
		    LOG_STR("run_dir", run_dir));
		metrics =
		    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (metrics == MAP_FAILED)
			abort();
	}
	shape_set(metrics, program, tables);
	return metrics;
}

void
metrics_request(struct metrics *metrics, size_t route_number, int status, int64_t us)
{
	struct route_counts *counts =
	    &metrics->routes[route_number < metrics->route_count ? route_number : 0];
	int class = status / 100 - 1;
	size_t i;

	atomic_fetch_add(&counts->status[class < 0 || class >= METRICS_CLASSES ? 4 : class], 1);
	atomic_fetch_add(&counts->duration_us, us);
	for (i = 0; i < METRICS_BUCKETS; i++)
		if (us <= metrics_bounds_us[i]) {
			atomic_fetch_add(&counts->bucket[i], 1);
			break;
		}
}

void
metrics_add(struct metrics *metrics, enum metric_value value, int64_t amount)
{
	atomic_fetch_add(&metrics->values[value], amount);
}

void
metrics_set(struct metrics *metrics, enum metric_value value, int64_t amount)
{
	atomic_store(&metrics->values[value], amount);
}

void
metrics_lane_add(struct metrics *metrics, enum lane_id lane, enum metric_lane value, int64_t amount)
{
	atomic_store(&metrics->has_lanes, true);
	atomic_fetch_add(&metrics->lanes[lane][value], amount);
}

void
metrics_lane_set(struct metrics *metrics, enum lane_id lane, enum metric_lane value, int64_t amount)
{
	atomic_store(&metrics->has_lanes, true);
	atomic_store(&metrics->lanes[lane][value], amount);
}

int64_t
metrics_total(const struct route_counts *counts)
{
	int64_t total = 0;
	size_t i;

	for (i = 0; i < METRICS_CLASSES; i++)
		total += atomic_load(&counts->status[i]);
	return total;
}

/* Memory of a process in the machine; 0 when it is no more. */
static int64_t
rss_kib(int pid)
{
	char path[32], text[128] = "";
	const char *resident;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	(void)close(fd);
	resident = strchr(text, ' ');
	return resident == NULL ? 0 : strtoll(resident, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

void
metrics_tell(struct metrics *metrics, const int pids[], size_t count, bool stopped)
{
	struct metrics_life *life = &metrics->life;
	int parent = (int)getpid();
	size_t i;

	if (count > METRICS_WORKERS_MAX)
		count = METRICS_WORKERS_MAX;
	if (atomic_load(&life->of[0].pid) != parent || atomic_load(&life->stopped))
		atomic_store(&life->began_us, clock_steady_us());
	for (i = 0; i <= count; i++) {
		int pid = i == 0 ? parent : pids[i - 1];

		atomic_store(&life->of[i].pid, pid);
		atomic_store(&life->of[i].rss_kib, rss_kib(pid));
	}
	atomic_store(&life->workers, (int64_t)count);
	atomic_store(&life->stopped, stopped);
	atomic_store(&life->told_us, clock_steady_us());
}

static void
unmap(void *metrics)
{
	(void)munmap(metrics, size_of(((const struct metrics *)metrics)->route_count));
}

/* An open file of this release for reading, or NULL; fd is closed. */
static struct metrics *
map_read(int fd)
{
	size_t size = 0;
	struct metrics *metrics = map_whole(fd, PROT_READ, &size);

	if (metrics == MAP_FAILED || is_ours(metrics, size))
		return metrics == MAP_FAILED ? NULL : metrics;
	(void)munmap(metrics, size);
	return NULL;
}

const struct metrics **
metrics_map_all(const char *run_dir, struct arena *arena, size_t *count)
{
	DIR *dir = opendir(arena_printf(arena, "%s/metrics", run_dir));
	const struct metrics **all = NULL, **more;
	struct metrics *metrics;
	const struct dirent *entry;
	size_t room = 0;

	*count = 0;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		metrics = map_read(openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC));
		if (metrics == NULL)
			continue;
		arena_defer(arena, unmap, metrics);
		if (*count == room) {
			room = room == 0 ? 16 : 2 * room;
			more = arena_calloc(arena, room, sizeof(*more));
			if (*count > 0)
				memcpy(more, all, *count * sizeof(*more));
			all = more;
		}
		all[(*count)++] = metrics;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return all;
}

bool
metrics_read(const char *run_dir, const char *program, enum metric_value value, int64_t *amount)
{
	struct metrics *metrics;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/metrics/%s", run_dir, program);
	metrics = map_read(open(path, O_RDONLY | O_CLOEXEC));
	if (metrics == NULL)
		return false;
	*amount = atomic_load(&metrics->values[value]);
	unmap(metrics);
	return true;
}

void
metrics_life_read(const struct metrics_life *life, struct metrics_program *seen)
{
	size_t i;

	seen->began_us = atomic_load(&life->began_us);
	seen->told_us = atomic_load(&life->told_us);
	seen->stopped = atomic_load(&life->stopped) != 0;
	seen->workers = (size_t)atomic_load(&life->workers);
	if (seen->workers > METRICS_WORKERS_MAX)
		seen->workers = METRICS_WORKERS_MAX;
	for (i = 0; i <= seen->workers; i++)
		*(i == 0 ? &seen->parent : &seen->worker[i - 1]) =
		    (struct metrics_worker){ atomic_load(&life->of[i].pid),
			    atomic_load(&life->of[i].rss_kib) };
}

bool
metrics_program(const char *run_dir, const char *program, struct metrics_program *seen)
{
	struct metrics *metrics;
	char path[512];
	size_t i;

	*seen = (struct metrics_program){ 0 };
	(void)snprintf(path, sizeof(path), "%s/metrics/%s", run_dir, program);
	metrics = map_read(open(path, O_RDONLY | O_CLOEXEC));
	if (metrics == NULL)
		return false;
	metrics_life_read(&metrics->life, seen);
	for (i = 0; i < METRIC_VALUES; i++)
		seen->values[i] = atomic_load(&metrics->values[i]);
	for (i = 0; i < metrics->route_count; i++) {
		seen->requests += metrics_total(&metrics->routes[i]);
		seen->failed += atomic_load(&metrics->routes[i].status[4]);
	}
	unmap(metrics);
	return true;
}

enum metrics_life_state
metrics_state(const struct metrics_program *seen, int64_t now_us)
{
	if (seen->told_us == 0)
		return METRICS_UNSEEN;
	if (seen->stopped)
		return METRICS_STOPPED;
	return now_us - seen->told_us > METRICS_SILENT_S * SECOND_US ? METRICS_SILENT
								     : METRICS_RUNNING;
}
