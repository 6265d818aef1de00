/*
 * What a program notices of a server that is away for a moment: nothing. The way to the server is a link to
 * the folder of its socket, which a test takes away and a thread brings back.
 */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/require.h"
#include "harness/testdb.h"

#include <glob.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { READ, WRITE, PID };
static const struct stmt stmts[] = {
	[READ] = { "reconnect_read", 0, "SELECT 1", true },
	[WRITE] = { "reconnect_write", 1, "INSERT INTO t_reconnect (id) VALUES ($1)", false },
	[PID] = { "reconnect_pid", 0, "SELECT pg_backend_pid()", true },
};
static STMT_SET(t_stmts, stmts);
static const struct stmt_set *const sets[] = { &t_stmts, NULL };

static char dir[] = "/tmp/confab-way-XXXXXX", way[64], target[PATH_MAX], url[PATH_MAX];
static struct arena *arena;

/* DATABASE_URL is postgresql:///NAME?host=FOLDER&user=NAME here. */
static void
way_make(void)
{
	const char *given = getenv("DATABASE_URL"), *host = strstr(given, "host=");
	size_t len = strcspn(host + 5, "&");

	require(mkdtemp(dir) != NULL);
	(void)snprintf(way, sizeof(way), "%s/sock", dir);
	(void)snprintf(target, sizeof(target), "%.*s", (int)len, host + 5);
	(void)snprintf(
	    url, sizeof(url), "%.*s%s%s", (int)(host + 5 - given), given, way, host + 5 + len);
	require(symlink(target, way) == 0);
}

static struct db *
door_open(void)
{
	struct db *db = db_open(url, "reconnect", sets);

	db_arena_set(db, arena);
	return db;
}

/* The server ends the connection, and has left when this returns. */
static void
connection_end(struct db *db)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(db_one(db, &rows, &stmts[PID]), ERR_OK);
	testdb_run("SELECT pg_terminate_backend($1, 5000)", rows_text(rows, 0, 0));
}

static void *
way_back(void *arg)
{
	const struct timespec *pause = arg;

	(void)nanosleep(pause, NULL);
	require(symlink(target, way) == 0);
	return NULL;
}

/* The server is away from now on, for that long. */
static pthread_t
away_for(struct db *db, struct timespec *pause)
{
	pthread_t thread;

	connection_end(db);
	require(unlink(way) == 0);
	require(pthread_create(&thread, NULL, way_back, pause) == 0);
	return thread;
}

static int64_t
stored(const char *id)
{
	return testdb_i64("SELECT count(*) FROM t_reconnect WHERE id = $1", id);
}

static void
a_connection_that_was_ended_is_noticed_before_it_is_used(void)
{
	struct db *db = door_open();

	connection_end(db);
	CU_ASSERT_EQUAL(db_exec(db, &stmts[WRITE], db_i64(1)), ERR_OK);
	CU_ASSERT_EQUAL(stored("1"), 1);
	db_close(db);
}

static void
a_read_waits_for_the_server(void)
{
	struct timespec second = { 1, 0 };
	struct db *db = door_open();
	int64_t began = clock_monotonic_us();
	pthread_t thread = away_for(db, &second);

	CU_ASSERT_EQUAL(db_exec(db, &stmts[READ]), ERR_OK);
	CU_ASSERT(clock_monotonic_us() - began > SECOND_US / 2);
	(void)pthread_join(thread, NULL);
	db_close(db);
}

static enum err
put(struct db *db, void *arg)
{
	return db_exec(db, &stmts[WRITE], db_i64(*(int64_t *)arg));
}

static void
writes_wait_for_it_too(void)
{
	struct timespec second = { 1, 0 };
	struct db *db = door_open();
	pthread_t thread = away_for(db, &second);
	int64_t id = 3;

	CU_ASSERT_EQUAL(db_exec(db, &stmts[WRITE], db_i64(2)), ERR_OK);
	(void)pthread_join(thread, NULL);
	thread = away_for(db, &second);
	CU_ASSERT_EQUAL(db_tx(db, put, &id), ERR_OK);
	(void)pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(stored("2"), 1);
	CU_ASSERT_EQUAL(stored("3"), 1);
	db_close(db);
}

static void
in_a_long_outage_nobody_waits(void)
{
	struct db *db = door_open();
	int64_t began, first_us;
	int i;

	connection_end(db);
	require(unlink(way) == 0);
	began = clock_monotonic_us();
	CU_ASSERT_EQUAL(db_exec(db, &stmts[READ]), ERR_UNAVAILABLE);
	first_us = clock_monotonic_us() - began;
	CU_ASSERT(first_us > (DB_WAIT_MS - 500) * INT64_C(1000));
	began = clock_monotonic_us();
	for (i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(db_exec(db, &stmts[READ]), ERR_UNAVAILABLE);
	CU_ASSERT(clock_monotonic_us() - began < first_us);
	require(symlink(target, way) == 0);
	began = clock_monotonic_us();
	while (db_exec(db, &stmts[READ]) != ERR_OK && clock_monotonic_us() - began < HANG_US)
		(void)usleep(1000);
	CU_ASSERT_EQUAL(db_exec(db, &stmts[WRITE], db_i64(4)), ERR_OK);
	db_close(db);
}

static void
who_asks_for_the_outage_is_told_at_once(void)
{
	struct db *db = door_open();
	int64_t began;

	connection_end(db);
	db_wait_set(db, 0);
	require(unlink(way) == 0);
	began = clock_monotonic_us();
	CU_ASSERT_EQUAL(db_exec(db, &stmts[READ]), ERR_UNAVAILABLE);
	CU_ASSERT(clock_monotonic_us() - began < DB_WAIT_MS * INT64_C(1000));
	require(symlink(target, way) == 0);
	db_close(db);
}

static atomic_int tries;

/* Hangs up on everybody who comes, until the listener is shut. */
static void *
hang_up(void *arg)
{
	int fd;

	while ((fd = accept(*(const int *)arg, NULL, NULL)) >= 0) {
		atomic_fetch_add(&tries, 1);
		(void)close(fd);
	}
	return NULL;
}

/* A listener where the server's socket was, in a folder that takes the place of the link. */
static int
listen_there(struct sockaddr_un *address)
{
	char pattern[PATH_MAX + 32];
	glob_t found;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(pattern, sizeof(pattern), "%s/.s.PGSQL.*[0-9]", target);
	require(glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1);
	address->sun_family = AF_UNIX;
	(void)snprintf(address->sun_path, sizeof(address->sun_path), "%.60s%.40s", way,
	    strrchr(found.gl_pathv[0], '/'));
	globfree(&found);
	require(unlink(way) == 0 && mkdir(way, 0700) == 0);
	require(bind(fd, (const struct sockaddr *)(const void *)address, sizeof(*address)) == 0);
	require(listen(fd, 64) == 0);
	return fd;
}

static void
not_everybody_who_asks_makes_a_try(void)
{
	enum { CALLS = 300 };
	struct sockaddr_un address = { 0 };
	struct db *db = door_open();
	pthread_t thread;
	int listener, i;

	connection_end(db);
	db_wait_set(db, 0);
	listener = listen_there(&address);
	require(pthread_create(&thread, NULL, hang_up, &listener) == 0);
	for (i = 0; i < CALLS; i++)
		CU_ASSERT_EQUAL(db_exec(db, &stmts[READ]), ERR_UNAVAILABLE);
	(void)shutdown(listener, SHUT_RDWR);
	(void)pthread_join(thread, NULL);
	(void)close(listener);
	CU_ASSERT(tries >= 1 && tries < CALLS / 3);
	require(unlink(address.sun_path) == 0 && rmdir(way) == 0 && symlink(target, way) == 0);
	db_close(db);
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "a connection that was ended is noticed before it is used",
		    a_connection_that_was_ended_is_noticed_before_it_is_used },
		{ "a read waits for the server", a_read_waits_for_the_server },
		{ "writes wait for it too", writes_wait_for_it_too },
		{ "in a long outage nobody waits", in_a_long_outage_nobody_waits },
		{ "who asks for the outage is told at once",
		    who_asks_for_the_outage_is_told_at_once },
		{ "not everybody who asks makes a try", not_everybody_who_asks_makes_a_try },
		{ NULL, NULL }
	};
	int status;

	arena = arena_new(1024 * 1024);
	way_make();
	testdb_run("CREATE TABLE t_reconnect (id bigint NOT NULL)");
	status = cunit_run("reconnect", tests);
	testdb_run("DROP TABLE t_reconnect");
	(void)unlink(way);
	(void)rmdir(dir);
	arena_free(arena);
	return status;
}
