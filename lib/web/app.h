/*
 * A program: its name, its routes, the statements it needs. Every cgi-bin main() is one call of
 * app_main, which reads the settings, checks itself, opens the socket, forks the workers and keeps
 * them alive (prefork.h); a worker runs worker_run. SIGHUP to the parent reads settings and templates
 * again and replaces the workers; what it refuses changes nothing.
 *
 *	NAME [--socket PATH] [--ws-socket PATH] [--workers N] [--instance N] [--pid-file PATH]	serve;
 *			the N-th of a program (from 2) is called NAME-N in the log and the counters
 *	NAME --check	settings, templates, PREPARE of every statement and EXPLAIN of those of every list; exit 0 when
 *			all is well
 *	NAME --version	what release it is of
 *	NAME --openapi	this program's part of the OpenAPI document, on standard output
 *
 * Settings or templates that cannot be used end it with EX_CONFIG (78), which its unit takes as "do not
 * start it again".
 */
#ifndef WEB_APP_H
#define WEB_APP_H

#include "base/conf.h"
#include "db/list.h"
#include "shape/event_type.h"
#include "web/route.h"

struct live;
struct metrics;
struct rate;
struct revoke;
struct revoked;
struct routes;
struct tmpl_set;
struct token_cache;

/* What ROUTE_PAGE routes need beside the stages (stages.c); page.h has the panel's. */
struct page_hooks {
	enum err (*authenticate)(struct req *); /* fill req->caller from the cookie */
	enum err (*check_form)(struct req *); /* CSRF, before a POST is handled */
	void (*error)(struct req *, enum err); /* an error as a page */
	void (*headers)(struct req *); /* on every answer */
	/* The templates of a directory, as worker->templates; ERR_BAD_REQUEST when they are not good, which was
	 * said. */
	enum err (*load)(struct arena *, const char *dir, struct tmpl_set **templates);
};

struct worker;

struct app {
	const char *name; /* as "people" */
	const struct route *const *routes; /* tables, NULL-terminated */
	const struct stmt_set *const *sets; /* what its domain modules need, NULL-terminated */
	/* What it lists: statements that are put together when they are asked for. NULL-terminated; NULL: none. */
	const struct list_source *const *lists;
	const struct event_type *const *events; /* what it delivers, NULL-terminated; NULL: none */
	bool one_request; /* nginx keeps no connections to it: its requests block for long */
	bool commits; /* its requests mostly wait for a commit: COMMIT_WORKERS, not WORKERS */
	const struct page_hooks *pages; /* needed by programs with ROUTE_PAGE routes: loads TEMPLATE_DIR */
	/* In the parent, before workers are forked, and again when the settings were read again; may be NULL. */
	void (*prepare)(const struct conf *);
	bool no_wait; /* tells an outage of the database at once (db_wait_set) */
	bool no_listener; /* takes no requests; with serve */
	bool second; /* has a second listener: --ws-socket, or the one systemd passes as "second" */
	/* Instead of worker_run, in a single child or in one for each seat (prefork.h): for a program with a
	 * loop of its own (events, worker). */
	int (*serve)(struct worker *, int listener);
	/* With serve: so many children, each of which says when it is ready (prefork_ready), and the program is when
	 * all are; 0: one. */
	int seats;
};

/* What a worker process holds; made after fork. */
struct worker {
	const struct app *app;
	const struct conf *conf;
	struct db *db;
	struct arena *arena; /* of the request being served */
	struct metrics *metrics; /* shared with the siblings */
	struct routes *routes; /* app->routes, for finding */
	struct rate *rate; /* shared with all programs of the machine */
	struct revoked *revoked; /* the same; NULL while nothing is served */
	struct revoke *revoke;
	struct arena *process; /* memory that lives as long as the worker */
	struct token_cache *tokens;
	struct tmpl_set *templates; /* NULL unless app->pages */
	const struct stmt_set **sets; /* app->sets and those of the web layer */
	struct live *live; /* of live_serve; NULL otherwise */
	int second_listener; /* -1: none */
};

int app_main(const struct app *, int argc, char **argv);
/* Serve requests until SIGTERM; returns the exit status. After WORKER_REQUESTS_MAX the parent is asked for a
 * successor. */
int worker_run(struct worker *, int listener);
/* Fill in what belongs to one process (database door, arena, revocations). */
void worker_open(struct worker *);
void worker_close(struct worker *);

#endif
