#include "web/rate.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SETS = 16384, WAYS = 4, MINUTE_S = 60 };

/* One subject in one class: when its bucket will be empty of use (GCRA's theoretical arrival time). */
struct slot {
	_Atomic uint64_t key; /* hash of class and subject; 0: free */
	_Atomic int64_t tat_us;
};

struct rate {
	_Atomic int64_t percent;
	struct slot slots[SETS][WAYS];
};

static const struct {
	int64_t per_minute, burst;
} classes[RATE__COUNT] = {
	[RATE_READ] = { 300, 100 },
	[RATE_WRITE] = { 60, 30 },
	[RATE_MESSAGE] = { 60, 20 },
	[RATE_AUTH] = { 10, 10 },
	[RATE_POLL] = { 600, 100 },
	[RATE_PANEL] = { 120, 60 },
};

struct rate *
rate_open(int64_t percent)
{
	struct rate *rate = mmap(NULL, sizeof(*rate), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (rate == MAP_FAILED) {
		log_error("cannot map the rate limits");
		abort();
	}
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
	return (str_hash(subject) + (uint64_t)class * UINT64_C(0x9e3779b97f4a7c15)) | 1;
}

/* The slot of key; a free one or, in a full set, the one that has been idle longest is taken over. */
static struct slot *
slot_find(struct rate *rate, uint64_t key)
{
	struct slot *set = rate->slots[(key >> 1) % SETS], *oldest = &set[0];
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
	atomic_store(&oldest->tat_us, 0);
	atomic_store(&oldest->key, key);
	return oldest;
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
	limit = classes[class].per_minute * percent / 100;
	limit = limit > 0 ? limit : 1;
	step_us = MINUTE_S * SECOND_US / limit;
	depth_us = step_us * classes[class].burst * percent / 100;
	depth_us = depth_us < step_us ? step_us : depth_us;
	slot = slot_find(rate, hash(class, subject));
	tat = atomic_load(&slot->tat_us);
	do {
		next = (tat > now ? tat : now) + step_us;
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
