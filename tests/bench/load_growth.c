#include "load.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "domain/talk/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of tests/soak/growth.sql. */
#define PLACE "a0a0a0a0-0000-7000-8000-000000000000"
#define PERSON "a0a0a0a0-0001-7000-8000-000000000000"

#define RATIO_MAX 1.3

enum { SMALL, LARGE, SIDES };
enum { PAGE = 50, SEARCH_PAGE = 20, PAIRS_MAX = 50, TURNS_MAX = 60, SERVER_BYTES_MAX = 1 << 24 };

static struct database {
	struct db *db;
	struct arena *arena;
} sides[SIDES];

/* What is called, in turns of so many pairs of calls. */
struct what {
	const char *title;
	enum err (*call)(const struct database *, const char *words);
	const char *words; /* of a search */
	unsigned turns, pairs;
	bool held; /* to RATIO_MAX */
};

static enum err
call_send(const struct database *base, const char *words)
{
	const char *id = uuid_new(base->arena), *json;
	const struct message_draft draft = { .conversation_id = PLACE,
		.sender_id = PERSON,
		.client_id = id,
		.type = "text",
		.body = arena_printf(base->arena, "%s %s?", words, id + strlen(id) - 4) };
	bool created;

	return message_send(base->db, &draft, &created, &json);
}

static enum err
call_page(const struct database *base, const char *words)
{
	const char *json;

	(void)words;
	return message_list(
	    base->db, PLACE, PERSON, &(struct message_window){ .after = -1, .limit = PAGE }, &json);
}

static enum err
call_search(const struct database *base, const char *words)
{
	struct rows *rows;

	return message_search(base->db, PERSON, words, SEARCH_PAGE, NULL, NULL, &rows);
}

static enum err
call_index(const struct database *base, const char *words)
{
	int64_t pages;

	for (int i = 0; i < PAGE; i++)
		if (call_send(base, words) != ERR_OK)
			return ERR_INTERNAL;
	return message_index(base->db, &pages);
}

#define SENTENCE "Shall we walk along the river at ten past six, or"

/* Sending comes last: hundreds of messages a second are no conversation to search in. */
static const struct what whats[] = {
	{ "the newest page", call_page, NULL, 40, 50, true },
	{ "search: a word said 20 times, all of them here", call_search, "seldom", 40, 10, true },
	{ "search: ... and once in every conversation", call_search, "then", 10, 4, false },
	{ "search: a word in every message", call_search, "river", 10, 10, true },
	{ "a message is sent", call_send, SENTENCE, 20, 50, true },
	{ "50 messages, and the worker's step after them", call_index, SENTENCE, 10, 1, false },
};

static int
by_value(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

/* The value below which so many of 100 are; sorts them. */
static double
percentile(double *values, size_t count, size_t percent)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[(count - 1) * percent / 100];
}

/* us; negative: it was given up at the limit of a statement. */
static double
timed(const struct what *what, const struct database *base)
{
	int64_t begin_us = clock_steady_us(), us;
	enum err err = what->call(base, what->words);

	us = clock_steady_us() - begin_us;
	arena_reset(base->arena);
	if (err != ERR_OK && (err != ERR_TIMEOUT || what->held))
		load_fail("%s: %s", what->title, err_code(err));
	return (double)us;
}

/* The median of each side's calls. First one side goes first, then the other. */
static void
turn(const struct what *what, double medians[SIDES])
{
	static double us[SIDES][PAIRS_MAX];

	for (unsigned i = 0; i < what->pairs; i++)
		for (unsigned k = 0; k < SIDES; k++) {
			unsigned which = (i + k) % SIDES;

			us[which][i] = timed(what, &sides[which]);
		}
	for (unsigned which = 0; which < SIDES; which++)
		medians[which] = percentile(us[which], what->pairs, 50);
}

/* What the worker does each second. */
static void
index_words(void)
{
	int64_t pages;

	for (unsigned which = 0; which < SIDES; which++)
		if (message_index(sides[which].db, &pages) != ERR_OK)
			load_fail("the index could not be brought up to date");
}

/* The first turn does not count: connections make their plans and fill their memory. */
static bool
measure(const struct what *what)
{
	static double us[SIDES][TURNS_MAX], ratios[TURNS_MAX];
	double medians[SIDES], ratio;
	bool good;

	turn(what, medians);
	for (unsigned i = 0; i < what->turns; i++) {
		index_words();
		turn(what, medians);
		us[SMALL][i] = medians[SMALL];
		us[LARGE][i] = medians[LARGE];
		ratios[i] = medians[LARGE] / medians[SMALL];
	}
	ratio = percentile(ratios, what->turns, 50);
	good = !what->held || ratio <= RATIO_MAX;
	(void)printf("%-48s %8.0f (%.0f-%.0f) %8.0f (%.0f-%.0f) %6.2f (%.2f-%.2f)%s\n", what->title,
	    percentile(us[SMALL], what->turns, 50), percentile(us[SMALL], what->turns, 25),
	    percentile(us[SMALL], what->turns, 75), percentile(us[LARGE], what->turns, 50),
	    percentile(us[LARGE], what->turns, 25), percentile(us[LARGE], what->turns, 75), ratio,
	    percentile(ratios, what->turns, 25), percentile(ratios, what->turns, 75),
	    good ? what->held ? "" : " not held to a limit" : " too much");
	(void)fflush(stdout);
	return good;
}

bool
growth_compare(const char *small_url, const char *large_url)
{
	static const struct stmt_set *const sets[] = { &message_stmts, NULL };
	const char *const urls[SIDES] = { small_url, large_url };
	bool good = true;

	for (unsigned which = 0; which < SIDES; which++) {
		sides[which].db = db_open(urls[which], "growth", sets);
		sides[which].arena = arena_new(SERVER_BYTES_MAX);
		db_arena_set(sides[which].db, sides[which].arena);
	}
	for (size_t i = 0; i < COUNT_OF(whats); i++)
		good = measure(&whats[i]) && good;
	for (unsigned which = 0; which < SIDES; which++) {
		db_close(sides[which].db);
		arena_free(sides[which].arena);
	}
	return good;
}
