/* `confab clock advance BY`: the time of a system of `make run`, or of a test, goes on. Releases have no such thing. */
#include "confab.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "domain/system/clock_shift.h"

#ifdef CONFAB_CLOCK

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 3650 };

/* "90s", "30m", "2h", "1d" as seconds; false when it is none, or more than DAYS_MAX. */
static bool
seconds_of(struct arena *arena, const char *text, int64_t *seconds)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t len = strlen(text), i;
	int64_t count;

	for (i = 0; len > 1 && i < COUNT_OF(units); i++) {
		if (text[len - 1] != units[i].letter)
			continue;
		if (!str_to_int(arena_strndup(arena, text, len - 1), 0,
			DAYS_MAX * INT64_C(86400) / units[i].seconds, &count))
			return false;
		*seconds = count * units[i].seconds;
		return true;
	}
	return false;
}

/* The file that the running programs have mapped; NULL when there is none. */
static struct test_map *
orders(void)
{
	const char *path = getenv("CONFAB_TEST_FILE");

	return path == NULL ? NULL : test_map_open(path);
}

int
confab_clock_advance(struct command *command)
{
	static const struct stmt_set *const sets[] = { &clock_shift_stmts, NULL };
	struct test_map *map = orders();
	const char *now = "";
	int64_t seconds;
	struct db *db;
	enum err err;

	if (!seconds_of(command->arena, command->argv[0], &seconds)) {
		(void)fprintf(stderr,
		    "confab: \"%s\" is no time to go on by: 90s, 30m, 2h, 1d; at most %dd\n",
		    command->argv[0], DAYS_MAX);
		return 2;
	}
	if (map == NULL) {
		(void)fputs("confab: CONFAB_TEST_FILE does not name the file of a running system\n",
		    stderr);
		return 1;
	}
	db = db_open(command->conf.database_url, "confab", sets);
	db_arena_set(db, command->arena);
	err = clock_shift(db, seconds, &now);
	db_close(db);
	if (err != ERR_OK) {
		log_error("the clock is as it was", LOG_STR("error", err_text(err)));
		return 1;
	}
	/* The database first: what a program then decides finds a database that agrees. */
	(void)atomic_fetch_add(&map->shift_us, seconds * SECOND_US);
	(void)printf("it is %s now\n", now);
	return 0;
}

#else
extern int confab_clock_unused_; /* ISO C wants a declaration in every file */
#endif
