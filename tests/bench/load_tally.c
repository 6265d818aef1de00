#include "load.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES_MAX = 4 * 1024 * 1024, RUN_SIZE = 9 };

struct message {
	int64_t sent_us;
	uint32_t acked_us, heard_us; /* after sent_us: by the sender, by the other person */
	uint8_t from, heard; /* which person; which of them heard it, as bits */
	bool acked, counts;
};

static struct message *messages;
static size_t count, acked, heard, refused, twice, disordered, foreign;
static int64_t count_from_us, count_to_us;
static size_t acked_in_time;
static char run[RUN_SIZE]; /* tells the messages of this run from those of others */

void
tally_begin(int64_t from_us, int64_t to_us)
{
	uint32_t random;

	count_from_us = from_us;
	count_to_us = to_us;
	crypto_random(&random, sizeof(random));
	(void)snprintf(run, sizeof(run), "%08x", random);
	messages = calloc(MESSAGES_MAX, sizeof(*messages));
	if (messages == NULL)
		load_fail("out of memory");
}

size_t
tally_sent(const struct person *from, int64_t at_us)
{
	if (count == MESSAGES_MAX)
		load_fail("more than %d messages: a shorter run, please", MESSAGES_MAX);
	messages[count] = (struct message){ .sent_us = at_us,
		.from = (uint8_t)from->which,
		.counts = at_us >= count_from_us && at_us < count_to_us };
	return count++;
}

const char *
tally_client_id(size_t number)
{
	static char id[40];

	(void)snprintf(id, sizeof(id), "%s-%zu", run, number);
	return id;
}

void
tally_acked(size_t number, bool good)
{
	struct message *message = &messages[number < count ? number : 0];
	int64_t now_us = clock_monotonic_us();

	if (number >= count || message->acked)
		load_fail("an answer to no question, %zu", number);
	message->acked = true;
	message->acked_us = (uint32_t)(now_us - message->sent_us);
	acked++;
	refused += !good;
	acked_in_time += good && now_us >= count_from_us && now_us < count_to_us;
}

/* --- what is heard --- */

/* The text after key, before end; NULL: it is not there. */
static const char *
after(const char *at, const char *end, const char *key)
{
	size_t len = strlen(key);

	at = memmem(at, (size_t)(end - at), key, len);
	if (at == NULL)
		return NULL;
	for (at += len; at < end && (*at == ' ' || *at == '"'); at++)
		;
	return at;
}

static void
take(struct person *person, size_t number, int64_t seq, int64_t now_us)
{
	struct message *message = &messages[number < count ? number : 0];
	uint8_t bit = (uint8_t)(1U << person->which);

	disordered += person->heard_seq != 0 && seq != person->heard_seq + 1;
	person->heard_seq = seq;
	if (number >= count || (message->heard & bit) != 0) {
		twice++;
		return;
	}
	message->heard |= bit;
	heard++;
	if (message->from != person->which)
		message->heard_us = (uint32_t)(now_us - message->sent_us);
}

void
tally_heard(struct person *person, struct text text)
{
	const char *end = text.data + text.len, *at = text.data, *id, *seq, *next;
	int64_t now_us = clock_monotonic_us();

	while ((id = after(at, end, "\"client_id\":")) != NULL) {
		for (seq = NULL, next = at; (next = after(next, id, "\"seq\":")) != NULL;)
			seq = next;
		at = id;
		if (seq == NULL || end - id < RUN_SIZE || memcmp(id, run, RUN_SIZE - 1) != 0)
			foreign++;
		else
			take(person, strtoul(id + RUN_SIZE, NULL, 10), strtoll(seq, NULL, 10),
			    now_us);
	}
}

size_t
tally_under_way(void)
{
	return count - acked;
}

bool
tally_settled(void)
{
	return acked == count && heard == 2 * count;
}

/* --- the result --- */

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
print_times(const char *name, uint32_t *times, size_t len)
{
	qsort(times, len, sizeof(*times), by_number);
	(void)printf("%s_p50_us %u\n%s_p99_us %u\n%s_max_us %u\n", name,
	    len > 0 ? times[len / 2] : 0, name, len > 0 ? times[len * 99 / 100] : 0, name,
	    len > 0 ? times[len - 1] : 0);
}

bool
tally_print(double seconds, bool ordered)
{
	uint32_t *acks = calloc(count + 1, sizeof(*acks)),
		 *arrivals = calloc(count + 1, sizeof(*acks));
	size_t len = 0;

	if (acks == NULL || arrivals == NULL)
		load_fail("out of memory");
	for (size_t i = 0; i < count; i++) {
		if (!messages[i].counts)
			continue;
		acks[len] = messages[i].acked_us;
		arrivals[len++] = messages[i].heard_us;
	}
	(void)printf("messages %zu\ncounted %zu\nacked_per_s %.0f\n", count, len,
	    (double)acked_in_time / seconds);
	print_times("ack", acks, len);
	print_times("delivery", arrivals, len);
	(void)printf(
	    "unanswered %zu\nrefused %zu\nlost %zu\ntwice %zu\ndisordered %zu\nforeign %zu\n",
	    count - acked, refused, 2 * count - heard, twice, disordered, foreign);
	free(acks);
	free(arrivals);
	return count > 0 && tally_settled() && refused + twice + foreign == 0 &&
	    (disordered == 0 || !ordered);
}
