/*
 * A whole system of a test's own, for tests that stop or change parts of it: PostgreSQL, the programs of
 * BIN (environment) and nginx, by tests/harness/stack.sh, in a folder beside the shared one. One at a
 * time; it ends with the test, and run.sh ends what a killed test left.
 */
#ifndef HARNESS_PRIVATE_H
#define HARNESS_PRIVATE_H

#include <sys/types.h>

/*
 * Start it anew. settings are "KEY=value" for confab.conf, NULL-terminated; no rate limits and two
 * workers unless they say otherwise. BASE_URL, DATABASE_URL and STACK_DIR of this process then lead to
 * it: call this before the first use of client.h and testdb.h.
 */
void private_start(const char *name, const char *const settings[]);
void private_stop(void);
/* The parent process of "auth", "nginx", "postgres" …; fails the test when it does not run. */
pid_t private_pid(const char *program);
/* One child of a parent process; 0 when it has none. */
pid_t private_child(pid_t parent);
/* Start the worker again after it was ended; the rest goes on. */
void private_worker_start(void);
/* Lines of the program's log of the level ("warn", "error"; NULL: any) that hold text. */
int private_logged(const char *program, const char *level, const char *text);
/* Start PostgreSQL again after it was ended; the rest goes on. */
void private_db_start(void);

/* Where the program listens. */
void private_socket(const char *program, char path[static 600]);
/* Connections of that socket that a worker has accepted: those that wait have no inode yet. */
int private_accepted(const char *path);
/* Wait until nginx keeps no connection to the program: the next request goes to a worker that is free, and not to
 * one that is held up in another. */
void private_alone(const char *program);

#endif
