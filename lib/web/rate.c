#include "web/rate.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mapped.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SETS = 16384, WAYS = 4, MINUTE_S = 60 };

/* No account lasts longer: a class allows at most a minute's requests at once, and a scale that leaves less than
 * two a minute rounds that up to twice as long. What claims to is from before the machine was started. */
static const int64_t ahead_max_us = 2 * MINUTE_S * SECOND_US;

/* One subject in one class: when its bucket will be empty of use (GCRA's theoretical arrival time). */
struct slot {
	_Atomic uint64_t key; /* hash of class and subject; 0: free */
	_Atomic int64_t tat_us; /* monotonic: one clock for all processes of the machine */
};

/* The mapped file. A set is one line of the cache. */
struct table {
	struct mapped head;
	_Alignas(64) struct slot slots[SETS][WAYS];
};
/* The first number is raised when slots of the same shape come to mean something else. */
static const uint64_t table_layout = UINT64_C(1) << 56 | (uint64_t)WAYS << 48 |
    (uint64_t)offsetof(struct slot, tat_us) << 40 | (uint64_t)offsetof(struct table, slots) << 32 |
    SETS;
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would be one of a process, not of the machine");

struct rate {
	_Atomic int64_t percent;
	struct table *table;
};

const struct rate_class_row rate_classes[RATE__COUNT] = {
	[RATE_READ] = { "read", 300, 100, "Reading, and refreshing tokens" },
	[RATE_WRITE] = { "write", 60, 30, "Changing something" },
	[RATE_MESSAGE] = { "message", 60, 20, "Sending and editing messages, also over a WebSocket" },
	[RATE_AUTH] = { "auth", 10, 10, "Registering and signing in, by address" },
	[RATE_POLL] = { "poll", 600, 100, "Asking for events" },
	[RATE_PANEL] = { "panel", 120, 60, "Pages of the panel" },
	[RATE_HOOK] = { "hook", 6000, 1000, "What services outside tell of their work, by address" },
	[RATE_NONE] = { "none", 0, 0, "Health, which is not limited" },
};

struct rate *
rate_open(const char *run_dir, int64_t percent)
{
	struct rate *rate =
	    mmap(NULL, sizeof(*rate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (rate == MAP_FAILED) {
		log_error("cannot map the rate limits");
		abort();
	}
	rate->table = mapped_open(run_dir, "rate", table_layout, sizeof(struct table));
	rate_scale(rate, percent);
	return rate;
}

void
rate_scale(struct rate *rate, int64_t percent)
{
	atomic_store(&rate->percent, percent);
}

/* The subjects are ids and addresses, and a collision only shares a bucket. */
static uint64_t
hash(enum rate_class class, const char *subject)
{
	return (str_hash(subject) + (uint64_t) class * UINT64_C(0x9e3779b97f4a7c15)) | 1;
}

/* Of several that take it over at once one wins; the others, unless they are of the same account, share it
 * this once. What the account before had used is not the new one's. */
static struct slot *
slot_take_over(struct slot *slot, uint64_t key)
{
	uint64_t there = atomic_load(&slot->key);
	int64_t tat = atomic_load(&slot->tat_us);

	if (there != key && atomic_compare_exchange_strong(&slot->key, &there, key))
		(void)atomic_compare_exchange_strong(&slot->tat_us, &tat, 0);
	return slot;
}

/* The slot of key; a free one or, in a full set, the one that has been idle longest is taken over. */
static struct slot *
slot_find(struct table *table, uint64_t key)
{
	struct slot *set = table->slots[(key >> 1) % SETS], *oldest = &set[0];
	size_t i;

	for (i = 0; i < WAYS; i++) {
		uint64_t there = atomic_load(&set[i].key);

		if (there == key)
			return &set[i];
		if (there == 0 && atomic_compare_exchange_strong(&set[i].key, &there, key))
			return &set[i];
		if (there == key)
			return &set[i];
		if (atomic_load(&set[i].tat_us) < atomic_load(&oldest->tat_us))
			oldest = &set[i];
	}
	return slot_take_over(oldest, key);
}

enum err
rate_take(struct rate *rate, enum rate_class class, const char *subject, struct rate_state *state)
{
	return rate_take_at(rate, class, subject, clock_monotonic_us(), state);
}

enum err
rate_take_at(struct rate *rate, enum rate_class class, const char *subject, int64_t now,
    struct rate_state *state)
{
	int64_t percent = atomic_load(&rate->percent), limit, step_us, depth_us, tat, next;
	struct slot *slot;

	memset(state, 0, sizeof(*state));
	if (class == RATE_NONE)
		return ERR_OK;
	limit = rate_classes[class].per_minute * percent / 100;
	limit = limit > 0 ? limit : 1;
	step_us = MINUTE_S * SECOND_US / limit;
	depth_us = step_us * rate_classes[class].burst * percent / 100;
	depth_us = depth_us < step_us ? step_us : depth_us;
	slot = slot_find(rate->table, hash(class, subject));
	tat = atomic_load(&slot->tat_us);
	do {
		next = (tat > now && tat - now <= ahead_max_us ? tat : now) + step_us;
		if (next - now > depth_us) {
			next = tat;
			break;
		}
	} while (!atomic_compare_exchange_weak(&slot->tat_us, &tat, next));
	state->limit = limit;
	state->remaining = next == tat ? 0 : (depth_us - (next - now)) / step_us;
	state->reset_s = (next - now + SECOND_US - 1) / SECOND_US;
	state->retry_after_s = (int)((next - now - depth_us + step_us) / SECOND_US) + 1;
	return next == tat ? ERR_RATE : ERR_OK;
}
