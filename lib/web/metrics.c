#include "web/metrics.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert(METRIC_BEAT_US == METRIC_VALUES - 1, "the values before it are printed as they are");

enum { NAME_SIZE = 48, CLASSES = 5, BUCKETS = 11 };

/* Upper bounds of the duration histogram, microseconds. */
static const int64_t bounds_us[BUCKETS] = { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000,
	500000, 1000000, 5000000 };

struct route_counts {
	char name[NAME_SIZE];
	_Atomic int64_t status[CLASSES]; /* 1xx … 5xx */
	_Atomic int64_t duration_us; /* sum */
	_Atomic int64_t bucket[BUCKETS]; /* not cumulative here */
};

/* The mapped file, as long as its routes are many. magic changes with the layout. */
struct metrics {
	uint64_t magic;
	uint64_t route_count;
	char program[NAME_SIZE];
	_Atomic int64_t values[METRIC_VALUES];
	_Atomic bool has_lanes;
	_Atomic int64_t lanes[LANE__COUNT][METRIC_LANE_VALUES];
	struct route_counts routes[]; /* [0] is what met no route */
};
static const uint64_t metrics_magic =
    UINT64_C(0xc04fab0000000000) + (sizeof(struct metrics) << 16) + sizeof(struct route_counts);

static const struct {
	const char *name, *type, *help;
} value_docs[METRIC_VALUES] = {
	[METRIC_WORKERS_STARTED] = { "workers_started_total", "counter", "Workers forked" },
	[METRIC_REQUESTS_BUSY] = { "requests_busy", "gauge", "Requests being served now" },
	[METRIC_DB_ROUND_TRIPS] = { "db_round_trips_total", "counter",
	    "Messages to the database that waited for an answer" },
	[METRIC_POLLS_PARKED] = { "polls_parked", "gauge", "Long polls waiting now" },
	[METRIC_STREAMS_OPEN] = { "streams_open", "gauge",
	    "Server-sent events and WebSockets open now" },
	[METRIC_EVENTS_DELIVERED] = { "events_delivered_total", "counter",
	    "Events handed to waiting clients" },
	[METRIC_STREAM_CONNECTED] = { "stream_connected", "gauge",
	    "1 while the decoding stream runs" },
	[METRIC_STREAM_LAG_BYTES] = { "stream_lag_bytes", "gauge",
	    "Write-ahead log not yet read by the decoding stream" },
	[METRIC_CATCH_UP_READS] = { "catch_up_reads_total", "counter",
	    "Reads of the event log for a client's cursor" },
	[METRIC_LOOP_TURNS] = { "loop_turns_total", "counter",
	    "Turns of the loop that holds the waiting clients" },
	[METRIC_REVOKE_READS] = { "revoke_reads_total", "counter",
	    "Times the database was asked for ended logins, on behalf of the machine" },
	[METRIC_BATCHES] = { "batches_total", "counter",
	    "Statements that did what several clients had asked for" },
	[METRIC_BATCHED] = { "batched_total", "counter", "What clients asked for that they did" },
	[METRIC_BATCHES_FAILED] = { "batches_failed_total", "counter",
	    "Such statements that failed as a whole, so that each was served alone" },
	[METRIC_BEAT_US] = { "worker_beat_age_seconds", "gauge",
	    "Time since the worker of this machine last wrote its heartbeat" },
};

static const struct {
	const char *name, *type, *help;
} lane_docs[METRIC_LANE_VALUES] = {
	[METRIC_LANE_READY] = { "jobs_queued", "gauge", "Jobs that wait for their time or a child" },
	[METRIC_LANE_RUNNING] = { "jobs_running", "gauge", "Jobs being done now" },
	[METRIC_LANE_DEAD] = { "jobs_dead", "gauge",
	    "Jobs given up, for an administrator to look at" },
	[METRIC_LANE_OLDEST_S] = { "jobs_oldest_age_seconds", "gauge",
	    "For how long the oldest job has been due" },
	[METRIC_LANE_DONE] = { "jobs_done_total", "counter", "Jobs done" },
	[METRIC_LANE_FAILED] = { "jobs_failed_total", "counter", "Tries of jobs that failed" },
};

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
	char wanted[NAME_SIZE] = "";

	(void)snprintf(wanted, sizeof(wanted), "%s", name);
	if (memcmp(metrics->routes[at].name, wanted, NAME_SIZE) == 0)
		return true;
	memcpy(metrics->routes[at].name, wanted, NAME_SIZE);
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
	(void)snprintf(metrics->program, NAME_SIZE, "%s", program);
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

	atomic_fetch_add(&counts->status[class < 0 || class >= CLASSES ? 4 : class], 1);
	atomic_fetch_add(&counts->duration_us, us);
	for (i = 0; i < BUCKETS; i++)
		if (us <= bounds_us[i]) {
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

static int64_t
total_of(const struct route_counts *counts)
{
	int64_t total = 0;
	size_t i;

	for (i = 0; i < CLASSES; i++)
		total += atomic_load(&counts->status[i]);
	return total;
}

static void
print_status(const struct metrics *m, const struct route_counts *counts, struct buf *out)
{
	size_t i;

	for (i = 0; i < CLASSES; i++) {
		int64_t count = atomic_load(&counts->status[i]);

		if (count > 0)
			buf_printf(out,
			    "confab_http_requests_total{program=\"%s\",route=\"%s\",status=\"%zuxx\"}"
			    " %lld\n",
			    m->program, counts->name, i + 1, (long long)count);
	}
}

static void
print_duration(const struct metrics *m, const struct route_counts *counts, struct buf *out)
{
	static const char name[] = "confab_http_request_duration_seconds";
	int64_t sum = 0, total = total_of(counts);
	size_t i;

	if (total == 0)
		return;
	for (i = 0; i < BUCKETS; i++) {
		sum += atomic_load(&counts->bucket[i]);
		buf_printf(out, "%s_bucket{program=\"%s\",route=\"%s\",le=\"%g\"} %lld\n", name,
		    m->program, counts->name, (double)bounds_us[i] / 1e6, (long long)sum);
	}
	buf_printf(out, "%s_bucket{program=\"%s\",route=\"%s\",le=\"+Inf\"} %lld\n", name,
	    m->program, counts->name, (long long)total);
	buf_printf(out, "%s_sum{program=\"%s\",route=\"%s\"} %.6f\n", name, m->program,
	    counts->name, (double)atomic_load(&counts->duration_us) / 1e6);
	buf_printf(out, "%s_count{program=\"%s\",route=\"%s\"} %lld\n", name, m->program,
	    counts->name, (long long)total);
}

static void
each_route(const struct metrics *const *all, size_t count, struct buf *out,
    void (*print)(const struct metrics *, const struct route_counts *, struct buf *))
{
	size_t i, at;

	for (i = 0; i < count; i++)
		for (at = 0; at < all[i]->route_count; at++)
			print(all[i], &all[i]->routes[at], out);
}

static void
print_head(size_t value, struct buf *out)
{
	buf_printf(out, "# HELP confab_%s %s\n# TYPE confab_%s %s\n", value_docs[value].name,
	    value_docs[value].help, value_docs[value].name, value_docs[value].type);
}

/* Only of a program that has one. The clock is that of all processes since the machine was started; the
 * files are in a folder that does not outlive it. */
static void
print_beat(const struct metrics *const *all, size_t count, struct buf *out)
{
	int64_t now = clock_steady_us(), beat_us;
	size_t i;

	print_head(METRIC_BEAT_US, out);
	for (i = 0; i < count; i++) {
		beat_us = atomic_load(&all[i]->values[METRIC_BEAT_US]);
		if (beat_us > 0)
			buf_printf(out, "confab_%s{program=\"%s\"} %.3f\n",
			    value_docs[METRIC_BEAT_US].name, all[i]->program,
			    (double)(now > beat_us ? now - beat_us : 0) / 1e6);
	}
}

static void
print_value(const struct metrics *const *all, size_t count, size_t value, struct buf *out)
{
	size_t i;

	print_head(value, out);
	for (i = 0; i < count; i++)
		buf_printf(out, "confab_%s{program=\"%s\"} %lld\n", value_docs[value].name,
		    all[i]->program, (long long)atomic_load(&all[i]->values[value]));
}

static void
print_lanes(const struct metrics *const *all, size_t count, size_t value, struct buf *out)
{
	size_t i, lane;

	buf_printf(out, "# HELP confab_%s %s\n# TYPE confab_%s %s\n", lane_docs[value].name,
	    lane_docs[value].help, lane_docs[value].name, lane_docs[value].type);
	for (i = 0; i < count; i++)
		for (lane = 0; atomic_load(&all[i]->has_lanes) && lane < LANE__COUNT; lane++)
			buf_printf(out, "confab_%s{program=\"%s\",lane=\"%s\"} %lld\n",
			    lane_docs[value].name, all[i]->program, lanes[lane].name,
			    (long long)atomic_load(&all[i]->lanes[lane][value]));
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

/* Map every file of the folder for reading; the arena unmaps them. */
static const struct metrics **
map_all(const char *run_dir, struct arena *arena, size_t *count)
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
metrics_print(const char *run_dir, struct arena *arena, struct buf *out)
{
	size_t count, value;
	const struct metrics **all = map_all(run_dir, arena, &count);

	buf_puts(out,
	    "# HELP confab_http_requests_total Requests answered\n"
	    "# TYPE confab_http_requests_total counter\n");
	each_route(all, count, out, print_status);
	buf_puts(out,
	    "# HELP confab_http_request_duration_seconds Time from reading a request to "
	    "its last byte\n"
	    "# TYPE confab_http_request_duration_seconds histogram\n");
	each_route(all, count, out, print_duration);
	for (value = 0; value < METRIC_BEAT_US; value++)
		print_value(all, count, value, out);
	print_beat(all, count, out);
	for (value = 0; value < METRIC_LANE_VALUES; value++)
		print_lanes(all, count, value, out);
	buf_printf(out,
	    "# HELP confab_build_info What release answers here\n"
	    "# TYPE confab_build_info gauge\nconfab_build_info{version=\"%s\"} 1\n",
	    confab_version);
}
