/*
 * Nobody notices that processes come and go: under load nginx reloads, workers are told to leave, and
 * each leaves anyway after 200 requests. Every request is answered (design, decision 11).
 */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/private.h"

#include <curl/curl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS = 8, LOAD_MS = 3000, LOAD_MIN = 400, STEP_MS = 200 };

struct load {
	CURLM *multi;
	CURL *curls[CONNECTIONS];
	struct curl_slist *headers; /* of a POST; NULL: GET */
	char url[256], body[160];
	long answered, wrong, failed;
};

static size_t
ignore(char *bytes, size_t size, size_t count, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * count;
}

/* All post the same, which is there after the first of them. */
static void
load_posts(struct load *load)
{
	struct person sender = person_register("USER"), other = person_register("USER");
	char header[2200];

	(void)snprintf(header, sizeof(header), "Authorization: Bearer %s", sender.token);
	load->headers = curl_slist_append(load->headers, header);
	load->headers = curl_slist_append(load->headers, "Content-Type: application/json");
	(void)snprintf(load->body, sizeof(load->body),
	    "{\"target_type\":\"USER\",\"target_id\":\"%s\",\"reason\":\"SPAM\"}", other.id);
}

static void
load_open(struct load *load, const char *path, bool posts)
{
	size_t i;

	memset(load, 0, sizeof(*load));
	if (posts)
		load_posts(load);
	(void)snprintf(load->url, sizeof(load->url), "%s%s", getenv("BASE_URL"), path);
	load->multi = curl_multi_init();
	for (i = 0; i < CONNECTIONS; i++) {
		load->curls[i] = curl_easy_init();
		curl_easy_setopt(load->curls[i], CURLOPT_URL, load->url);
		curl_easy_setopt(load->curls[i], CURLOPT_WRITEFUNCTION, ignore);
		curl_easy_setopt(load->curls[i], CURLOPT_TIMEOUT, 60L);
		if (posts) {
			curl_easy_setopt(load->curls[i], CURLOPT_HTTPHEADER, load->headers);
			curl_easy_setopt(load->curls[i], CURLOPT_POSTFIELDS, load->body);
		}
		curl_multi_add_handle(load->multi, load->curls[i]);
	}
}

/* Count what has ended; send it again when more is true. */
static void
load_turn(struct load *load, bool more, int *running)
{
	CURLMsg *message;
	int left;

	(void)curl_multi_perform(load->multi, running);
	while ((message = curl_multi_info_read(load->multi, &left)) != NULL) {
		CURL *curl = message->easy_handle;
		long status = 0;

		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		load->answered++;
		load->failed += message->data.result != CURLE_OK;
		load->wrong += message->data.result == CURLE_OK && status / 100 != 2;
		curl_multi_remove_handle(load->multi, curl);
		if (more) {
			curl_multi_add_handle(load->multi, curl);
			*running = 1;
		}
	}
	if (*running > 0)
		(void)curl_multi_poll(load->multi, NULL, 0, 20, NULL);
}

static void
load_run(struct load *load, void (*disturb)(int step))
{
	int64_t began = clock_monotonic_us(), now = began;
	int running = 1, step = 0;
	bool more;

	while (running > 0) {
		now = clock_monotonic_us();
		if (disturb != NULL && now - began > (int64_t)(step + 1) * STEP_MS * 1000 &&
		    step < LOAD_MS / STEP_MS)
			disturb(step++);
		more = now - began < LOAD_MS * INT64_C(1000) || load->answered <= LOAD_MIN;
		load_turn(load, more && now - began < HANG_US, &running);
	}
}

static void
load_close(struct load *load)
{
	size_t i;

	for (i = 0; i < CONNECTIONS; i++)
		curl_easy_cleanup(load->curls[i]);
	curl_multi_cleanup(load->multi);
	curl_slist_free_all(load->headers);
	(void)fprintf(stderr, "%s: %ld answered, %ld wrong, %ld failed\n", load->url,
	    load->answered, load->wrong, load->failed);
}

static const char *program;

/* Now nginx reads its configuration again, now a worker is told to leave. */
static void
reload_or_recycle(int step)
{
	pid_t child = private_child(private_pid(program));

	if (step % 4 == 3)
		child = private_pid("nginx");
	if (child != 0)
		(void)kill(child, step % 4 == 3 ? SIGHUP : SIGTERM);
}

static void
answers_all(const char *name, const char *path, bool posts)
{
	struct load load;

	program = name;
	load_open(&load, path, posts);
	load_run(&load, reload_or_recycle);
	load_close(&load);
	CU_ASSERT(load.answered > LOAD_MIN);
	CU_ASSERT_EQUAL(load.wrong, 0);
	CU_ASSERT_EQUAL(load.failed, 0);
}

static void
kept_connections_lose_nothing(void)
{
	answers_all("advisors", "/api/v1/specializations", false);
}

static void
a_connection_each_loses_nothing(void)
{
	answers_all("ops", "/livez", false);
}

/* Which nginx sends but once. */
static void
posts_are_not_lost_either(void)
{
	answers_all("people", "/api/v1/reports", true);
}

static void
a_worker_leaves_after_its_share(void)
{
	pid_t parent = private_pid("people"), before = private_child(parent), now = before;
	int64_t end = clock_monotonic_us() + HANG_US;
	CURL *curl = curl_easy_init();
	char url[256];

	(void)snprintf(url, sizeof(url), "%s/api/v1/users/me", getenv("BASE_URL"));
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	while ((now == before || now == 0) && clock_monotonic_us() < end) {
		CU_ASSERT_EQUAL_FATAL(curl_easy_perform(curl), CURLE_OK);
		now = private_child(parent);
	}
	CU_ASSERT(now != before && now != 0);
	curl_easy_cleanup(curl);
}

/* --- a connection whose request is yet to come --- */

static int
connected(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { HANG_US / SECOND_US, 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CU_ASSERT_FATAL(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	CU_ASSERT_EQUAL_FATAL(
	    connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* A whole FastCGI request in which nginx would ask for /livez; then the reply. */
static void
ask_alive(int fd, char *reply, size_t size)
{
	static const char request[] = "\1\1\0\1\0\10\0\0"
				      "\0\1\0\0\0\0\0\0" /* begin, responder */
				      "\1\4\0\1\0\44\0\0"
				      "\16\3REQUEST_METHODGET"
				      "\11\6PATH_INFO/livez" /* parameters, their end, no body */
				      "\1\4\0\1\0\0\0\0"
				      "\1\5\0\1\0\0\0\0";
	size_t len = 0, i;
	ssize_t got;

	CU_ASSERT_EQUAL(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL), sizeof(request) - 1);
	while (len < size - 1 && (got = recv(fd, reply + len, size - 1 - len, 0)) > 0)
		len += (size_t)got;
	for (i = 0; i < len; i++) /* the frames' heads have zeros in them */
		if (reply[i] == '\0')
			reply[i] = ' ';
	reply[len] = '\0';
}

/* Every worker is told to leave. */
static void
tell_all(pid_t parent)
{
	char path[64];
	FILE *file;
	int pid;

	(void)snprintf(
	    path, sizeof(path), "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while (fscanf(file, "%d", &pid) == 1)
		(void)kill(pid, SIGTERM);
	(void)fclose(file);
}

/* The signal waits for the process to run. */
static bool
is_pending(int pid)
{
	unsigned long mask = 0;
	char path[64], line[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "ShdPnd: %lx", &mask) == 1)
			break;
	if (file != NULL)
		(void)fclose(file);
	return (mask & 1ul << (SIGTERM - 1)) != 0;
}

static void
a_connection_being_taken_is_served(void)
{
	pid_t parent = private_pid("ops");
	char path[600], reply[4096];
	int64_t end = clock_monotonic_us() + HANG_US;
	int i, fd, before;

	private_socket("ops", path);
	for (i = 0; i < 5; i++) {
		while ((before = private_accepted(path)) > 0 && clock_monotonic_us() < end)
			(void)sched_yield(); /* nginx's kept ones go */
		fd = connected(path);
		while (private_accepted(path) == 0 && clock_monotonic_us() < end)
			(void)sched_yield();
		CU_ASSERT_EQUAL(before, 0);
		tell_all(parent);
		ask_alive(fd, reply, sizeof(reply));
		CU_ASSERT_PTR_NOT_NULL(strstr(reply, "\"alive\":true"));
		(void)close(fd);
		end = clock_monotonic_us() + HANG_US;
	}
}

/* Ask on a connection that is to be kept, and read one whole reply: frames up to the end of the request. */
static bool
kept_asks_alive(int fd)
{
	static const char request[] = "\1\1\0\1\0\10\0\0"
				      "\0\1\1\0\0\0\0\0" /* begin, to be kept */
				      "\1\4\0\1\0\44\0\0"
				      "\16\3REQUEST_METHODGET"
				      "\11\6PATH_INFO/livez"
				      "\1\4\0\1\0\0\0\0"
				      "\1\5\0\1\0\0\0\0";
	enum { HEAD = 8, END_REQUEST = 3 };
	uint8_t frame[4096];
	size_t len;

	if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(request) - 1)
		return false;
	do {
		if (recv(fd, frame, HEAD, MSG_WAITALL) != HEAD)
			return false;
		len = (size_t)(frame[4] << 8 | frame[5]) + frame[6];
		if (len > sizeof(frame) - HEAD ||
		    (len > 0 && recv(fd, frame + HEAD, len, MSG_WAITALL) != (ssize_t)len))
			return false;
	} while (frame[1] != END_REQUEST);
	return true;
}

/* A worker that was told to leave does not close what nginx may be sending the next request on. */
static void
a_kept_connection_is_served_until_nginx_ends_it(void)
{
	char path[600];
	pid_t child;
	int i, n, fd;

	private_socket("ops", path);
	for (i = 0; i < 5; i++) {
		fd = connected(path);
		CU_ASSERT(kept_asks_alive(fd));
		child = private_child(private_pid("ops"));
		tell_all(private_pid("ops"));
		while (is_pending(child))
			(void)sched_yield();
		for (n = 0; n < 5; n++)
			CU_ASSERT(kept_asks_alive(fd));
		(void)close(fd);
	}
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "kept connections lose nothing",
						       kept_connections_lose_nothing },
		{ "the health checks lose nothing", a_connection_each_loses_nothing },
		{ "posts are not lost either", posts_are_not_lost_either },
		{ "a worker leaves after its share of requests", a_worker_leaves_after_its_share },
		{ "a connection that is being taken is served", a_connection_being_taken_is_served },
		{ "a kept connection is served until nginx ends it",
		    a_kept_connection_is_served_until_nginx_ends_it },
		{ NULL, NULL } };
	static const char *const settings[] = { "WORKER_REQUESTS_MAX=200", "WORKERS=3",
		"RATE_PERCENT=1000000", NULL };

	private_start("drain", settings);
	return cunit_run("drain", tests);
}
