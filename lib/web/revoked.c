#include "web/revoked.h"
#include "base/mapped.h"
#include "base/uuid.h"

#include <stdatomic.h>

enum { WAYS = 16, SETS = REVOKED_MAX / WAYS };

/* One set of places. A place is free when its time is over; then whoever changes that time has it. low is written
 * last, so nobody finds one that is half written. */
struct set {
	_Alignas(64) _Atomic uint64_t low[WAYS];
	_Atomic uint64_t high[WAYS];
	_Atomic int64_t until_us[WAYS]; /* monotonic */
};

struct revoked {
	struct mapped head;
	_Atomic int64_t read_us, read_all_us; /* when readings that were done began */
	_Atomic int64_t claim_us; /* when one was begun last */
	_Atomic int64_t seen; /* older transactions than this one are known */
	_Atomic int64_t crowded_us; /* until then something may be missing */
	struct set sets[SETS];
};
/* The first number is raised when bytes of the same shape come to mean something else. */
static const uint64_t revoked_layout = UINT64_C(1) << 56 | (uint64_t)WAYS << 48 |
    (uint64_t)offsetof(struct set, until_us) << 32 |
    (uint64_t)offsetof(struct revoked, sets) << 20 | SETS;
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would be one of a process, not of the machine");

/* The two halves of a UUID; the second is never 0, nor are its last bits the same for many. */
struct id {
	uint64_t high, low;
};

static bool
id_parse(const char *text, struct id *id)
{
	uint64_t halves[2] = { 0, 0 };
	int digits = 0;

	if (!uuid_valid(text))
		return false;
	for (; *text != '\0'; text++) {
		if (*text == '-')
			continue;
		halves[digits / 16] = halves[digits / 16] << 4 |
		    (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
		digits++;
	}
	*id = (struct id){ halves[0], halves[1] };
	return id->low != 0;
}

struct revoked *
revoked_open(const char *run_dir)
{
	return mapped_open(run_dir, "revoked", revoked_layout, sizeof(struct revoked));
}

/* What is ahead of now by more than this is from before the machine was started, when the clock was elsewhere;
 * by less: another process looked at the clock a little later than this one. */
static const int64_t ahead_max_us = REVOKED_OLD_US;

static bool
lasts(const _Atomic int64_t *until_us, int64_t now)
{
	int64_t left = atomic_load(until_us) - now;

	return left > 0 && left <= REVOKED_LIFE_S * SECOND_US + ahead_max_us;
}

static int64_t
past(const _Atomic int64_t *at_us, int64_t now)
{
	int64_t at = atomic_load(at_us);

	return at <= now + ahead_max_us ? at : 0;
}

static bool
set_has(const struct set *set, const struct id *id, int64_t now)
{
	size_t i;

	for (i = 0; i < WAYS; i++)
		if (atomic_load(&set->low[i]) == id->low &&
		    atomic_load(&set->high[i]) == id->high && lasts(&set->until_us[i], now))
			return true;
	return false;
}

bool
revoked_has(const struct revoked *revoked, const char *login_id, int64_t now)
{
	struct id id;

	return id_parse(login_id, &id) && set_has(&revoked->sets[id.low % SETS], &id, now);
}

/* The later of what there is and value; what lies behind ahead_max_us is none. */
static void
advance(_Atomic int64_t *at_us, int64_t value, int64_t now)
{
	int64_t there = atomic_load(at_us);

	while ((there < value || there > now + ahead_max_us) &&
	    !atomic_compare_exchange_weak(at_us, &there, value))
		;
}

bool
revoked_add(struct revoked *revoked, const char *login_id, int64_t now, int64_t left_us)
{
	int64_t until = now + left_us, there;
	struct set *set;
	struct id id;
	size_t i;

	if (left_us <= 0 || !id_parse(login_id, &id))
		return true;
	set = &revoked->sets[id.low % SETS];
	if (set_has(set, &id, now))
		return true;
	for (i = 0; i < WAYS; i++) {
		there = atomic_load(&set->until_us[i]);
		if (lasts(&set->until_us[i], now) ||
		    !atomic_compare_exchange_strong(&set->until_us[i], &there, until))
			continue;
		atomic_store(&set->low[i], 0);
		atomic_store(&set->high[i], id.high);
		atomic_store(&set->low[i], id.low);
		return true;
	}
	advance(&revoked->crowded_us, until, now + REVOKED_LIFE_S * SECOND_US);
	return false;
}

bool
revoked_whole(const struct revoked *revoked, int64_t now)
{
	return !lasts(&revoked->crowded_us, now);
}

int64_t
revoked_read_us(const struct revoked *revoked, int64_t now)
{
	return past(&revoked->read_us, now);
}

void
revoked_ask(struct revoked *revoked, int64_t now, bool all, struct revoked_ask *ask)
{
	int64_t read = past(&revoked->read_us, now), read_all = past(&revoked->read_all_us, now);

	*ask = (struct revoked_ask){ .asked_us = now, .seen = atomic_load(&revoked->seen) };
	if (!all && read != 0 && now - read <= REVOKED_OLD_US && read_all != 0 &&
	    now - read_all <= REVOKED_ALL_US)
		ask->since = ask->seen;
	atomic_store(&revoked->claim_us, now);
}

bool
revoked_claim(struct revoked *revoked, int64_t now, int64_t age_us, struct revoked_ask *ask)
{
	int64_t claim = atomic_load(&revoked->claim_us), read = past(&revoked->read_us, now);

	if (read != 0 && now - read <= age_us)
		return false;
	if (claim != 0 && claim <= now + ahead_max_us && now - claim < REVOKED_CLAIM_US)
		return false;
	if (!atomic_compare_exchange_strong(&revoked->claim_us, &claim, now))
		return false;
	revoked_ask(revoked, now, false, ask);
	return true;
}

void
revoked_done(struct revoked *revoked, const struct revoked_ask *ask, int64_t now, int64_t seen)
{
	int64_t there = ask->seen;

	/* Another was faster, and what it knows is as good. */
	(void)atomic_compare_exchange_strong(&revoked->seen, &there, seen);
	if (ask->since == 0)
		advance(&revoked->read_all_us, ask->asked_us, now);
	else if (seen < ask->since)
		atomic_store(&revoked->read_all_us, 0); /* it is another server: all of it */
	advance(&revoked->read_us, ask->asked_us, now);
}
