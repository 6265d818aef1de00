#include "load.h"

#include "base/clock.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { TURN_MS = 100, IN_FLIGHT_MAX = 1024, NUMBER_MAX = 1000000 };

static const char usage[] =
    "usage: load statement NAME\n"
    "       load growth SMALL_URL LARGE_URL\n"
    "       load MODE [options], with DATABASE_URL and STACK_DIR of a stack\n"
    "  post           listen over WebSockets, send with POST (kept connections)\n"
    "  poll           listen with long polls, send with POST\n"
    "  ws             listen and send over WebSockets\n"
    "  socketio       the same towards the Socket.IO peer\n"
    "  --url URL      http://127.0.0.1:PORT\n"
    "  --tag HEX      8 hex digits: the conversations of another run with it are used again\n"
    "  --talks N      conversations of two people (64)\n"
    "  --in-flight N  messages under way at a time (32)\n"
    "  --rate N       messages a second, however long they take; 0: as many as go through (0)\n"
    "  --warm S       seconds before the figures count (1)\n"
    "  --seconds S    seconds that count (5)\n"
    "  --settle S     seconds to wait for what was not heard at the end (15)\n"
    "  --idle         connect, say \"ready\", hold until standard input ends\n";

static const struct mode {
	const char *name;
	const struct side *side;
	bool posts;
} modes[] = {
	{ "post", &side_ws, true },
	{ "poll", &side_poll, true },
	{ "ws", &side_ws, false },
	{ "socketio", &side_socketio, false },
};

static struct {
	const char *url, *tag;
	unsigned talks, in_flight, rate, warm_s, seconds, settle_s;
	int idle;
	const struct mode *mode;
} option = {
	.tag = "00000001", .talks = 64, .in_flight = 32, .warm_s = 1, .seconds = 5, .settle_s = 15
};

static struct talk *talks;
static struct conn posters[IN_FLIGHT_MAX], *idle_posters[IN_FLIGHT_MAX];
static size_t idle_count;

void
load_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)fputs("load: ", stderr);
	(void)vfprintf(stderr, fmt, args);
	(void)fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static unsigned
number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value > NUMBER_MAX)
		load_fail("%s is no number we take\n%s", text, usage);
	return (unsigned)value;
}

enum { URL = 'a', TAG, NUMBERS }; /* of the options' values; from NUMBERS on places in numbers[] */

static void
read_options(int argc, char **argv)
{
	static unsigned *const numbers[] = { &option.talks, &option.in_flight, &option.rate,
		&option.warm_s, &option.seconds, &option.settle_s };
	static const struct option names[] = { { "url", required_argument, NULL, URL },
		{ "tag", required_argument, NULL, TAG },
		{ "talks", required_argument, NULL, NUMBERS },
		{ "in-flight", required_argument, NULL, NUMBERS + 1 },
		{ "rate", required_argument, NULL, NUMBERS + 2 },
		{ "warm", required_argument, NULL, NUMBERS + 3 },
		{ "seconds", required_argument, NULL, NUMBERS + 4 },
		{ "settle", required_argument, NULL, NUMBERS + 5 },
		{ "idle", no_argument, &option.idle, 1 }, { NULL, 0, NULL, 0 } };
	int got;

	while ((got = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (got == '?')
			load_fail("%s", usage);
		if (got == URL)
			option.url = optarg;
		else if (got == TAG)
			option.tag = optarg;
		else if (got >= NUMBERS)
			*numbers[got - NUMBERS] = number(optarg);
	}
	for (size_t i = 0; i < COUNT_OF(modes) && optind == argc - 1; i++)
		if (strcmp(argv[optind], modes[i].name) == 0)
			option.mode = &modes[i];
	if (option.mode == NULL || option.url == NULL || option.talks == 0 || option.in_flight == 0 ||
	    option.in_flight > IN_FLIGHT_MAX || option.seconds == 0 || strlen(option.tag) != 8)
		load_fail("%s", usage);
}

/* --- the pace --- */

static void
post_take(struct conn *conn)
{
	struct text body;
	int status = conn_reply(conn, &body);

	if (status == 0)
		return;
	if (status != 201)
		(void)fprintf(stderr, "load: status %d: %.*s\n", status, (int)body.len, body.data);
	tally_acked(conn->number, status == 201);
	idle_posters[idle_count++] = conn;
}

/* The conversations take turns, and in each its two people. */
static void
send_next(int64_t at_us)
{
	static size_t next;
	struct talk *talk = &talks[next++ % option.talks];
	const struct person *from = &talk->people[talk->turns++ % 2];
	size_t message = tally_sent(from, at_us);

	if (option.mode->posts)
		post_send(idle_posters[--idle_count], from, message);
	else
		option.mode->side->send(&talk->people[from->which], message);
}

static int
pace_timer(void)
{
	long step_ns =
	    option.rate == 0 ? 0 : 1000000000L / (option.rate < 1000 ? option.rate : 1000);
	struct itimerspec every = { .it_interval.tv_nsec = step_ns, .it_value.tv_nsec = step_ns };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &every, NULL) != 0)
		load_fail("no timer");
	return fd;
}

/* At a fixed rate a message counts from when it was due, though it had to wait for its turn to be sent. */
static void
send_due(int64_t begin_us)
{
	static int64_t sent;
	int64_t now_us = clock_monotonic_us();
	int64_t due = option.rate == 0 ? INT64_MAX : (now_us - begin_us) * option.rate / SECOND_US;

	for (; sent < due && tally_under_way() < option.in_flight; sent++)
		send_next(option.rate == 0 ? clock_monotonic_us()
					   : begin_us + sent * SECOND_US / option.rate);
}

static void
run(void)
{
	int64_t begin_us = clock_monotonic_us(), from_us = begin_us + option.warm_s * SECOND_US;
	int64_t end_us = from_us + option.seconds * SECOND_US;
	int timer = pace_timer();
	uint64_t ticks;

	for (size_t i = 0; i < option.in_flight; i++) {
		posters[i].take = post_take;
		idle_posters[idle_count++] = &posters[i];
	}
	tally_begin(from_us, end_us);
	while (clock_monotonic_us() < end_us) {
		send_due(begin_us);
		if (wire_turn(TURN_MS, timer) && read(timer, &ticks, sizeof(ticks)) < 0)
			ticks = 0;
	}
	(void)close(timer);
	while (!tally_settled() && clock_monotonic_us() < end_us + option.settle_s * SECOND_US)
		(void)wire_turn(TURN_MS, -1);
}

static void
hold(void)
{
	char gone[256];

	(void)puts("ready");
	(void)fflush(stdout);
	while (!wire_turn(TURN_MS, STDIN_FILENO) || read(STDIN_FILENO, gone, sizeof(gone)) > 0)
		;
}

int
main(int argc, char **argv)
{
	struct rlimit files;

	if (argc == 3 && strcmp(argv[1], "statement") == 0) {
		statement_print(argv[2]);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "growth") == 0)
		return growth_compare(argv[2], argv[3]) ? 0 : 1;
	read_options(argc, argv);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	wire_begin(option.url);
	talks = people_make(option.tag, option.talks);
	for (unsigned i = 0; i < 2 * option.talks; i++)
		option.mode->side->listen(&talks[i / 2].people[i % 2]);
	if (option.idle) {
		hold();
		return 0;
	}
	run();
	return tally_print(option.seconds, option.mode->side->ordered) ? 0 : 1;
}
