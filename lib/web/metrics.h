/*
 * Counters of one program, shared by its workers through a mapped file RUN_DIR/metrics/NAME, and read
 * by the ops program, which prints them in the Prometheus text format. The file is as long as the program has
 * routes. A restart keeps it when its shape is the same, so counters only grow.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "base/buf.h"
#include "domain/system/lane.h"
#include "web/route.h"

struct metrics;

/* Named single values beside the per-route counters; see metrics.c for their help texts. */
enum metric_value {
	METRIC_WORKERS_STARTED, /* counter */
	METRIC_REQUESTS_BUSY, /* gauge: being served now */
	METRIC_DB_ROUND_TRIPS, /* counter */
	METRIC_POLLS_PARKED, /* gauge */
	METRIC_STREAMS_OPEN,
	METRIC_EVENTS_DELIVERED, /* counter */
	METRIC_STREAM_CONNECTED, /* gauge: 1 while the decoding stream runs */
	METRIC_STREAM_LAG_BYTES, /* gauge */
	METRIC_CATCH_UP_READS, /* counter */
	METRIC_LOOP_TURNS, /* counter */
	METRIC_REVOKE_READS, /* counter */
	METRIC_BATCHES, /* counters */
	METRIC_BATCHED,
	METRIC_BATCHES_FAILED,
	METRIC_TEXTS_MISSED,
	METRIC_BEAT_US, /* of the worker: monotonic time of its last beat; printed as its age */
	METRIC_VALUES
};

enum { METRICS_WORKERS_MAX = 128 };

/* A program as it is seen from outside: what its parent said last (metrics_tell), and its counters in sum. */
struct metrics_program {
	int64_t began_us,
	    told_us; /* of the parent, clock_steady_us: when it began, and last said something */
	bool stopped; /* that was that it ends */
	size_t workers;
	struct metrics_worker {
		int64_t pid, rss_kib;
	} parent, worker[METRICS_WORKERS_MAX];
	int64_t requests, failed; /* answered, and those with a status of 5xx */
	int64_t values[METRIC_VALUES];
};

/* What a lane of jobs has; only of a program that counts any. */
enum metric_lane {
	METRIC_LANE_READY, /* gauges */
	METRIC_LANE_RUNNING,
	METRIC_LANE_DEAD,
	METRIC_LANE_OLDEST_S,
	METRIC_LANE_DONE, /* counters */
	METRIC_LANE_FAILED,
	METRIC_LANE_VALUES
};

/* Map the counters of program; tables as in struct app. Without a usable RUN_DIR they are kept in
 * memory of this process and its children only, and a warning is logged. Never NULL. */
struct metrics *metrics_open(
    const char *run_dir, const char *program, const struct route *const *tables);
/* A request of the route with this number (route_number; 0: none) ended. */
void metrics_request(struct metrics *, size_t route_number, int status, int64_t us);
void metrics_add(struct metrics *, enum metric_value, int64_t amount);
void metrics_set(struct metrics *, enum metric_value, int64_t amount);
void metrics_lane_add(struct metrics *, enum lane_id, enum metric_lane, int64_t amount);
void metrics_lane_set(struct metrics *, enum lane_id, enum metric_lane, int64_t amount);
/* A value of another program by its file in run_dir; false when there is none. */
bool metrics_read(
    const char *run_dir, const char *program, enum metric_value value, int64_t *amount);
/* In a program's parent: it lives, or ends, with workers of these pids; their memory is looked up. */
void metrics_tell(struct metrics *, const int pids[], size_t count, bool stopped);
/* All of another program by its file in run_dir; false when there is none, as after the machine was started. */
bool metrics_program(const char *run_dir, const char *program, struct metrics_program *seen);
/* What a program seen so is at, by clock_steady_us: parents speak every five seconds. */
enum metrics_life_state {
	METRICS_RUNNING,
	METRICS_STOPPED, /* it said so */
	METRICS_SILENT, /* for METRICS_SILENT_S: it was killed, or stands still */
	METRICS_UNSEEN /* never, since the machine was started */
};
enum { METRICS_SILENT_S = 15 };
enum metrics_life_state metrics_state(const struct metrics_program *seen, int64_t now_us);
/* Print the counters of all programs found in run_dir. */
void metrics_print(const char *run_dir, struct arena *, struct buf *out);

#endif
