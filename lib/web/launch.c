#include "web/app.h"
#include "base/crash.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/version.h"
#include "db/outage.h"
#include "web/fcgi.h"
#include "web/idem.h"
#include "web/metrics.h"
#include "web/openapi.h"
#include "web/prefork.h"
#include "web/rate.h"
#include "web/revoke.h"
#include "web/routes.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { PROCESS_BYTES_MAX = 64 * 1024 * 1024, INSTANCES_MAX = 16 };

struct options {
	const char *socket, *second, *pid_file;
	long instance; /* 0 and 1: the only or the first */
	long workers; /* 0: as configured */
	bool check, openapi, version;
};

/* Settings and what was read by them, as of the start or of a reload. Children keep the one they were forked
 * with. */
struct settings {
	struct arena *arena; /* of the templates */
	struct conf conf;
	struct tmpl_set *templates; /* NULL unless app->pages */
};

/* What app_main prepares and a child goes on with. */
struct launch {
	struct worker worker;
	struct settings settings;
	const struct options *options;
	const char *name; /* of the instance: as "people", "events-2" */
	int listener;
};

static int
usage(const char *name)
{
	(void)fprintf(stderr,
	    "usage: %s [--socket PATH] [--ws-socket PATH] [--workers N] [--instance N] "
	    "[--pid-file PATH] | "
	    "--check | --openapi | --version\n",
	    name);
	return 2;
}

static bool
options_read(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = { { "socket", required_argument, NULL, 's' },
		{ "ws-socket", required_argument, NULL, '2' },
		{ "workers", required_argument, NULL, 'w' },
		{ "instance", required_argument, NULL, 'i' },
		{ "pid-file", required_argument, NULL, 'p' }, { "check", no_argument, NULL, 'c' },
		{ "openapi", no_argument, NULL, 'o' }, { "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 's')
			options->socket = optarg;
		else if (c == '2')
			options->second = optarg;
		else if (c == 'w')
			options->workers = strtol(optarg, NULL, 10);
		else if (c == 'i')
			options->instance = strtol(optarg, NULL, 10);
		else if (c == 'p')
			options->pid_file = optarg;
		else if (c == 'c')
			options->check = true;
		else if (c == 'o')
			options->openapi = true;
		else if (c == 'v')
			options->version = true;
		else
			return false;
	}
	return optind == argc && options->workers >= 0 && options->workers <= 64 &&
	    options->instance >= 0 && options->instance <= INSTANCES_MAX;
}

static int
print_openapi(const struct app *app)
{
	struct arena *arena = arena_new(PROCESS_BYTES_MAX);
	struct buf out = buf_new(arena, 65536);

	openapi_part(app->name, app->routes, app->events, &out);
	(void)puts(out.data);
	arena_free(arena);
	return 0;
}

/* The statements of the domain modules and those of the web layer itself. */
static const struct stmt_set **
sets_join(struct arena *arena, const struct stmt_set *const *sets)
{
	const struct stmt_set **all;
	size_t count = 0, i;

	while (sets != NULL && sets[count] != NULL)
		count++;
	all = arena_calloc(arena, count + 3, sizeof(const struct stmt_set *));
	all[0] = &revoke_stmts;
	all[1] = &idem_stmts;
	for (i = 0; i < count; i++)
		all[i + 2] = sets[i];
	return all;
}

/* Statements, and those of lists; all that is wrong with them is logged, and the first error is given. */
static enum err
check_statements(struct worker *worker)
{
	const struct list_source *const *list = worker->app->lists;
	enum err err = db_prepare_all(worker->db);

	for (; err != ERR_UNAVAILABLE && list != NULL && *list != NULL; list++) {
		enum err failed = list_check(worker->db, *list);

		err = err == ERR_OK ? failed : err;
	}
	return err;
}

static int
check(struct worker *worker)
{
	enum err err;

	worker_open(worker);
	err = check_statements(worker);
	worker_close(worker);
	(void)printf("%s: %s\n", worker->app->name, err == ERR_OK ? "good" : err_text(err));
	return err == ERR_OK ? 0 : 1;
}

static bool
pid_write(const char *path)
{
	FILE *file = path == NULL ? NULL : fopen(path, "we");

	if (path == NULL)
		return true;
	if (file == NULL) {
		log_error("cannot write the pid file", LOG_STR("file", path),
		    LOG_STR("error", strerror(errno)));
		return false;
	}
	(void)fprintf(file, "%ld\n", (long)getpid());
	return fclose(file) == 0;
}

static int
child_run(void *arg)
{
	struct launch *launch = arg;
	int (*serve)(struct worker *, int) = launch->worker.app->serve;
	int status;

	worker_open(&launch->worker);
	metrics_add(launch->worker.metrics, METRIC_WORKERS_STARTED, 1);
	if (launch->worker.app->seats == 0)
		prefork_ready();
	status = (serve != NULL ? serve : worker_run)(&launch->worker, launch->listener);
	worker_close(&launch->worker);
	return status;
}

/* False: a socket is missing, which was said. */
static bool
listen_all(struct launch *launch, const struct options *options)
{
	struct worker *worker = &launch->worker;

	launch->listener =
	    options->socket != NULL ? http_listen(options->socket) : http_listener_inherited(NULL);
	worker->second_listener = -1;
	if (options->second != NULL)
		worker->second_listener = http_listen(options->second);
	else if (worker->app->second && options->socket == NULL)
		worker->second_listener = http_listener_inherited(HTTP_SECOND_NAME);
	if (launch->listener >= 0 && (options->second == NULL || worker->second_listener >= 0))
		return true;
	log_error("no socket: give --socket or start it by its unit");
	return false;
}

/* False: they are not good, which was logged; *settings is not to be used. */
static bool
settings_read(const struct app *app, struct settings *settings)
{
	struct arena *arena;

	if (conf_load(NULL, &settings->conf) != ERR_OK || conf_check(&settings->conf) != ERR_OK)
		return false;
	arena = arena_new(PROCESS_BYTES_MAX);
	settings->arena = arena;
	settings->templates = NULL;
	if (app->pages == NULL ||
	    app->pages->load(arena, settings->conf.template_dir, &settings->templates) == ERR_OK)
		return true;
	arena_free(arena);
	return false;
}

/* What follows from the settings, at the start and at each reload. */
static void
settings_use(struct launch *launch, struct prefork *prefork)
{
	const struct app *app = launch->worker.app;
	const struct conf *conf = &launch->settings.conf;

	log_open(launch->name, log_level_of(conf->log_level));
	launch->worker.conf = conf;
	launch->worker.templates = launch->settings.templates;
	prefork->count = (int)(app->commits ? conf->commit_workers : conf->workers);
	if (launch->options->workers > 0)
		prefork->count = (int)launch->options->workers;
	if (app->serve != NULL)
		prefork->count = app->seats > 0 ? app->seats : 1;
	prefork->together = prefork->awaited = app->seats > 0;
	/* A worker may be held up by a call to the database that has to end first. */
	prefork->grace_s = (int)conf->drain_s + DB_CALL_MS / 1000 + 1;
	if (app->prepare != NULL)
		app->prepare(conf);
}

/* Sockets, RUN_DIR and what the command line says stay as they were. */
static bool
reload(struct prefork *prefork)
{
	struct launch *launch = prefork->arg;
	struct settings settings;

	if (!settings_read(launch->worker.app, &settings))
		return false;
	arena_free(launch->settings.arena);
	launch->settings = settings;
	settings_use(launch, prefork);
	rate_scale(launch->worker.rate, settings.conf.rate_percent);
	return true;
}

/* What the child would have taken back. */
static void
lost(void *arg, int requests)
{
	const struct launch *launch = arg;

	metrics_add(launch->worker.metrics, METRIC_REQUESTS_BUSY, -requests);
}

static void
tell(void *arg, const int pids[], size_t count, bool stopped)
{
	const struct launch *launch = arg;

	metrics_tell(launch->worker.metrics, pids, count, stopped);
}

/* Longer than any request or job takes. */
static int
still_s(void)
{
	enum { STILL_S = 60 };
#ifdef CONFAB_TEST
	const char *text = getenv("CONFAB_STILL_S");

	if (text != NULL)
		return (int)strtol(text, NULL, 10);
#endif
	return STILL_S;
}

static int
serve(struct launch *launch)
{
	const struct app *app = launch->worker.app;
	const struct conf *conf = &launch->settings.conf;
	struct prefork prefork = { .name = launch->name,
		.run = child_run,
		.arg = launch,
		.reload = reload,
		.still_s = still_s(),
		.lost = lost,
		.tell = tell };
	int status;

	if (!app->no_listener && !listen_all(launch, launch->options))
		return 1;
	if (!pid_write(launch->options->pid_file))
		return 1;
	launch->worker.metrics = metrics_open(conf->run_dir, launch->name, app->routes);
	launch->worker.revoked = revoked_open(conf->run_dir);
	launch->worker.rate = rate_open(conf->run_dir, conf->rate_percent);
	settings_use(launch, &prefork);
	http_init();
	outage_open();
	status = prefork_run(&prefork);
	if (launch->options->pid_file != NULL)
		(void)unlink(launch->options->pid_file);
	return status;
}

/* What the second of a program is called in the log and in the counters: events-2. */
static const char *
instance_name(struct arena *arena, const char *app, long instance)
{
	return instance > 1 ? arena_printf(arena, "%s-%ld", app, instance) : app;
}

int
app_main(const struct app *app, int argc, char **argv)
{
	struct options options = { 0 };
	struct launch launch = { .worker = { .app = app }, .options = &options, .listener = -1 };
	struct arena *arena;
	int status;

	if (!options_read(argc, argv, &options))
		return usage(app->name);
	if (options.version)
		return printf("confab %s %s\n", app->name, confab_version) < 0 ? 1 : 0;
	if (options.openapi)
		return print_openapi(app);
	log_open(app->name, LOG_LEVEL_INFO);
	if (!settings_read(app, &launch.settings))
		return EX_CONFIG;
	arena = arena_new(PROCESS_BYTES_MAX);
	launch.name = instance_name(arena, app->name, options.instance);
	crash_catch(launch.name);
	launch.worker.sets = sets_join(arena, app->sets);
	launch.worker.routes = routes_new(arena, app->routes);
	launch.worker.conf = &launch.settings.conf;
	launch.worker.templates = launch.settings.templates;
	log_open(launch.name, log_level_of(launch.settings.conf.log_level));
	status = options.check ? check(&launch.worker) : serve(&launch);
	arena_free(launch.settings.arena);
	arena_free(arena);
	return status;
}
