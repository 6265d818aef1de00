/*
 * The answer to COMMIT can be lost, and so can the COMMIT itself; db_tx must say good exactly when the
 * row is there. A proxy between libpq and the server reads the messages that pass and cuts the link
 * at the one that matters. The client sees the same in both cases: a closed connection.
 */
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROUNDS = 100, CHUNK = 16384 };

enum { PUT };
static const struct stmt stmts[] = {
	[PUT] = { "lost_put", 1, "INSERT INTO t_lost (id) VALUES ($1)", false },
};
static STMT_SET(t_stmts, stmts);
static const struct stmt_set *const sets[] = { &t_stmts, NULL };

/* Where the link is cut, for one COMMIT each time it is set. */
enum cut { CUT_NONE, CUT_BEFORE, CUT_AFTER, CUT_ALWAYS_BEFORE };

struct proxy {
	int listener;
	struct sockaddr_un server;
	char dir[64], path[96];
	_Atomic int cut;
	atomic_int cuts; /* done so far */
	atomic_bool stop;
	pthread_t thread;
};

static int
dial(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)(const void *)address, sizeof(*address)) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static bool
pass(int to, const char *bytes, ssize_t len)
{
	ssize_t done = 0, sent;

	while (done < len) {
		sent = send(to, bytes + done, (size_t)(len - done), MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		done += sent;
	}
	return true;
}

/* Is this what asks the server to commit? COMMIT is sent alone, as a Parse of that text. */
static bool
is_commit(const char *bytes, ssize_t len)
{
	return memmem(bytes, (size_t)len, "\0COMMIT\0", 8) != NULL;
}

/* Wait until the server has spoken or left: then the COMMIT is done. */
static void
wait_answer(int server)
{
	struct pollfd fd = { server, POLLIN, 0 };

	(void)poll(&fd, 1, HANG_US / 1000);
}

/* What the client sent goes to the server; false when the link is to be cut. */
static bool
from_client(struct proxy *proxy, int server, const char *bytes, ssize_t len)
{
	int cut = atomic_load(&proxy->cut);

	if (cut == CUT_NONE || !is_commit(bytes, len))
		return pass(server, bytes, len);
	if (cut == CUT_AFTER) {
		(void)pass(server, bytes, len);
		wait_answer(server);
	}
	if (cut != CUT_ALWAYS_BEFORE)
		atomic_store(&proxy->cut, CUT_NONE);
	atomic_fetch_add(&proxy->cuts, 1);
	return false;
}

static void
serve(struct proxy *proxy, int client, int server)
{
	struct pollfd fds[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	char bytes[CHUNK];
	ssize_t len;

	while (!atomic_load(&proxy->stop)) {
		if (poll(fds, 2, 50) < 0 && errno != EINTR)
			return;
		if (fds[0].revents != 0) {
			len = read(client, bytes, sizeof(bytes));
			if (len <= 0 || !from_client(proxy, server, bytes, len))
				return;
		}
		if (fds[1].revents != 0) {
			len = read(server, bytes, sizeof(bytes));
			if (len <= 0 || !pass(client, bytes, len))
				return;
		}
	}
}

static void *
proxy_run(void *arg)
{
	struct proxy *proxy = arg;

	while (!atomic_load(&proxy->stop)) {
		struct pollfd fd = { proxy->listener, POLLIN, 0 };
		int client, server;

		if (poll(&fd, 1, 50) <= 0)
			continue;
		client = accept(proxy->listener, NULL, NULL);
		server = dial(&proxy->server);
		if (client >= 0 && server >= 0)
			serve(proxy, client, server);
		(void)close(client);
		(void)close(server);
	}
	return NULL;
}

/* The folder of the server's socket: "host" of DATABASE_URL. */
static void
server_dir(char dir[96])
{
	PQconninfoOption *all = PQconninfoParse(getenv("DATABASE_URL"), NULL), *at;

	dir[0] = '\0';
	for (at = all; at != NULL && at->keyword != NULL; at++)
		if (strcmp(at->keyword, "host") == 0 && at->val != NULL)
			(void)snprintf(dir, 96, "%s", at->val);
	PQconninfoFree(all);
	CU_ASSERT_EQUAL_FATAL(dir[0], '/');
}

static void
address_set(struct sockaddr_un *address, const char *dir)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	(void)snprintf(address->sun_path, sizeof(address->sun_path), "%s/.s.PGSQL.5432", dir);
}

/* A proxy to the server of DATABASE_URL, whose host is a folder of unix sockets. */
static void
proxy_start(struct proxy *proxy)
{
	struct sockaddr_un address;
	char dir[96];

	memset(proxy, 0, sizeof(*proxy));
	server_dir(dir);
	address_set(&proxy->server, dir);
	(void)snprintf(proxy->dir, sizeof(proxy->dir), "/tmp/confab-proxy-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(proxy->dir));
	address_set(&address, proxy->dir);
	(void)snprintf(proxy->path, sizeof(proxy->path), "%s/.s.PGSQL.5432", proxy->dir);
	proxy->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(
	    bind(proxy->listener, (const struct sockaddr *)(const void *)&address, sizeof(address)),
	    0);
	CU_ASSERT_EQUAL_FATAL(listen(proxy->listener, 16), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&proxy->thread, NULL, proxy_run, proxy), 0);
}

static void
proxy_end(struct proxy *proxy)
{
	atomic_store(&proxy->stop, true);
	(void)pthread_join(proxy->thread, NULL);
	(void)close(proxy->listener);
	(void)unlink(proxy->path);
	(void)rmdir(proxy->dir);
}

static struct db *
door(const struct proxy *proxy)
{
	static char url[256];
	struct db *db;

	(void)snprintf(url, sizeof(url), "host=%s user=%s dbname=%s", proxy->dir,
	    testdb_text("SELECT current_user"), testdb_text("SELECT current_database()"));
	db = db_open(url, "test", sets);
	db_arena_set(db, arena_new(1024 * 1024));
	CU_ASSERT_EQUAL_FATAL(db_connect(db), ERR_OK);
	return db;
}

struct work {
	int64_t id;
	int runs;
};

static enum err
put(struct db *db, void *arg)
{
	struct work *work = arg;

	work->runs++;
	return db_exec(db, &stmts[PUT], db_i64(work->id));
}

static int64_t
stored(int64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)id);
	return testdb_i64("SELECT count(*) FROM t_lost WHERE id = $1", text);
}

/* Cut each of ROUNDS commits once; runs is how often the work must then have run. */
static void
cut_each(enum cut where, int runs)
{
	struct proxy proxy;
	struct db *db;
	int i, wrong = 0;

	testdb_run("CREATE TABLE t_lost (id bigint NOT NULL)"); /* no key: doubles would show */
	proxy_start(&proxy);
	db = door(&proxy);
	for (i = 0; i < ROUNDS; i++) {
		struct work work = { .id = i };
		enum err err;

		atomic_store(&proxy.cut, where);
		err = db_tx(db, put, &work);
		if (err != ERR_OK || stored(i) != 1 || work.runs != runs) {
			(void)fprintf(stderr, "round %d: %s, %lld rows, %d runs\n", i,
			    err_code(err), (long long)stored(i), work.runs);
			wrong++;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(atomic_load(&proxy.cuts), ROUNDS);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM t_lost"), ROUNDS);
	testdb_close(db);
	proxy_end(&proxy);
	testdb_run("DROP TABLE t_lost");
}

static void
says_good_when_only_the_answer_was_lost(void)
{
	cut_each(CUT_AFTER, 1);
}

static void
runs_again_when_the_commit_was_lost(void)
{
	cut_each(CUT_BEFORE, 2);
}

static void
gives_up_when_no_commit_comes_through(void)
{
	struct work work = { .id = 1 };
	struct proxy proxy;
	struct db *db;

	testdb_run("CREATE TABLE t_lost (id bigint NOT NULL)");
	proxy_start(&proxy);
	db = door(&proxy);
	atomic_store(&proxy.cut, CUT_ALWAYS_BEFORE);
	CU_ASSERT_EQUAL(db_tx(db, put, &work), ERR_UNAVAILABLE);
	CU_ASSERT_EQUAL(work.runs, DB_TX_TRIES);
	CU_ASSERT_EQUAL(stored(1), 0);
	atomic_store(&proxy.cut, CUT_NONE);
	CU_ASSERT_EQUAL(db_tx(db, put, &work), ERR_OK);
	CU_ASSERT_EQUAL(stored(1), 1);
	testdb_close(db);
	proxy_end(&proxy);
	testdb_run("DROP TABLE t_lost");
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "says good when only the answer was lost",
						       says_good_when_only_the_answer_was_lost },
		{ "runs again when the COMMIT was lost", runs_again_when_the_commit_was_lost },
		{ "gives up when no COMMIT comes through", gives_up_when_no_commit_comes_through },
		{ NULL, NULL } };

	return cunit_run("lost_commit", tests);
}
