/* The counters in the Prometheus text format. */
#include "web/metrics_int.h"
#include "base/clock.h"
#include "base/version.h"

static_assert(METRIC_BEAT_US == METRIC_VALUES - 1, "the values before it are printed as they are");

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
	[METRIC_TEXTS_MISSED] = { "texts_missed_total", "counter",
	    "Letters written in English because a text of their language is missing" },
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

static void
print_status(const struct metrics *m, const struct route_counts *counts, struct buf *out)
{
	size_t i;

	for (i = 0; i < METRICS_CLASSES; i++) {
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
	int64_t sum = 0, total = metrics_total(counts);
	size_t i;

	if (total == 0)
		return;
	for (i = 0; i < METRICS_BUCKETS; i++) {
		sum += atomic_load(&counts->bucket[i]);
		buf_printf(out, "%s_bucket{program=\"%s\",route=\"%s\",le=\"%g\"} %lld\n", name,
		    m->program, counts->name, (double)metrics_bounds_us[i] / 1e6, (long long)sum);
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

/* Of those that live: what their parents said of their processes. */
static void
print_processes(const struct metrics *const *all, size_t count, struct buf *out)
{
	struct metrics_program *seen;
	int64_t kib;
	size_t i, at;

	buf_puts(out,
	    "# HELP confab_resident_bytes Memory of a program's processes, shared pages in each\n"
	    "# TYPE confab_resident_bytes gauge\n");
	seen = arena_alloc(out->arena, sizeof(*seen));
	for (i = 0; i < count; i++) {
		metrics_life_read(&all[i]->life, seen);
		kib = seen->parent.rss_kib;
		for (at = 0; at < seen->workers; at++)
			kib += seen->worker[at].rss_kib;
		if (seen->told_us > 0 && !seen->stopped)
			buf_printf(out, "confab_resident_bytes{program=\"%s\"} %lld\n",
			    all[i]->program, (long long)kib * 1024);
	}
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

void
metrics_print(const char *run_dir, struct arena *arena, struct buf *out)
{
	size_t count, value;
	const struct metrics **all = metrics_map_all(run_dir, arena, &count);

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
	print_processes(all, count, out);
	for (value = 0; value < METRIC_LANE_VALUES; value++)
		print_lanes(all, count, value, out);
	buf_printf(out,
	    "# HELP confab_build_info What release answers here\n"
	    "# TYPE confab_build_info gauge\nconfab_build_info{version=\"%s\"} 1\n",
	    confab_version);
}
