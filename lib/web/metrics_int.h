/* Inside metrics: the mapped file. */
#ifndef WEB_METRICS_INT_H
#define WEB_METRICS_INT_H

#include "web/metrics.h"

#include <stdatomic.h>

enum { METRICS_NAME_SIZE = 48, METRICS_CLASSES = 5, METRICS_BUCKETS = 11 };

/* Upper bounds of the duration histogram, microseconds. */
extern const int64_t metrics_bounds_us[METRICS_BUCKETS];

struct route_counts {
	char name[METRICS_NAME_SIZE];
	_Atomic int64_t status[METRICS_CLASSES]; /* 1xx … 5xx */
	_Atomic int64_t duration_us; /* sum */
	_Atomic int64_t bucket[METRICS_BUCKETS]; /* not cumulative here */
};

/* What the parent says; times are steady. */
struct metrics_life {
	_Atomic int64_t began_us, told_us, stopped, workers;
	struct {
		_Atomic int64_t pid, rss_kib;
	} of[METRICS_WORKERS_MAX + 1]; /* [0] is the parent */
};

/* The mapped file, as long as its routes are many. magic changes with the layout. */
struct metrics {
	uint64_t magic;
	uint64_t route_count;
	char program[METRICS_NAME_SIZE];
	_Atomic int64_t values[METRIC_VALUES];
	struct metrics_life life;
	_Atomic bool has_lanes;
	_Atomic int64_t lanes[LANE__COUNT][METRIC_LANE_VALUES];
	struct route_counts routes[]; /* [0] is what met no route */
};

/* Of all statuses. */
int64_t metrics_total(const struct route_counts *);
/* What the parent said last. */
void metrics_life_read(const struct metrics_life *, struct metrics_program *seen);
/* Map every file of the folder for reading; the arena unmaps them. */
const struct metrics **metrics_map_all(const char *run_dir, struct arena *arena, size_t *count);

#endif
