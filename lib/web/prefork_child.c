/* The side of the children, and of what they leave behind. */
#include "base/clock.h"
#include "web/prefork_int.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t prefork_stop_asked;
static struct prefork_tally *own_tally; /* in a child */
static struct prefork_slot *own_slot;

void
prefork_child_is(struct prefork_tally *tally, size_t slot)
{
	own_tally = tally;
	own_slot = &tally->slots[slot];
}

void
prefork_slot_open(struct prefork_slot *slot, int seat)
{
	atomic_store(&slot->ready, false);
	atomic_store(&slot->worn, false);
	atomic_store(&slot->took, false);
	atomic_store(&slot->busy, 0);
	atomic_store(&slot->alive_us, 0);
	atomic_store(&slot->limit_us, 0);
	atomic_store(&slot->pid, 0);
	atomic_store(&slot->seat, seat);
	slot->at[0] = '\0';
}

void
prefork_slot_close(struct prefork_tally *tally, size_t at, const struct prefork_left *how)
{
	struct prefork_slot *slot = &tally->slots[at];
	struct prefork_mail *mail;

	atomic_store(&slot->seat, -1);
	if (slot->at[0] == '\0')
		return;
	for (mail = tally->mail; mail < tally->mail + PREFORK_LEFT_MAX; mail++) {
		if (atomic_load(&mail->state) != MAIL_NONE)
			continue;
		mail->left = *how;
		memcpy(mail->left.at, slot->at, sizeof(slot->at));
		atomic_store(&mail->state, MAIL_THERE);
		return;
	}
}

void
prefork_tell(const struct prefork *prefork, struct prefork_tally *tally, bool stopped)
{
	enum { TELL_S = 5 };
	int64_t now = clock_steady_us();
	int pids[PREFORK_CHILDREN_MAX];
	size_t i, count = 0;

	if (prefork->tell == NULL || (now < atomic_load(&tally->tell_us) && !stopped))
		return;
	atomic_store(&tally->tell_us, now + TELL_S * SECOND_US);
	for (i = 0; i < PREFORK_CHILDREN_MAX; i++)
		if (atomic_load(&tally->slots[i].seat) >= 0 && atomic_load(&tally->slots[i].pid) != 0)
			pids[count++] = atomic_load(&tally->slots[i].pid);
	prefork->tell(prefork->arg, pids, count, stopped);
}

bool
prefork_left(struct prefork_left *left)
{
	size_t i;

	for (i = 0; own_tally != NULL && i < PREFORK_LEFT_MAX; i++) {
		struct prefork_mail *mail = &own_tally->mail[i];
		int there = MAIL_THERE;

		if (!atomic_compare_exchange_strong(&mail->state, &there, MAIL_TAKEN))
			continue;
		*left = mail->left;
		atomic_store(&mail->state, MAIL_NONE);
		return true;
	}
	return false;
}

int
prefork_seat(void)
{
	return own_slot != NULL ? atomic_load(&own_slot->seat) : 0;
}

void
prefork_begin(const char *at, int limit_s)
{
	/* Should the parent be gone or hang itself, the kernel ends us. */
	(void)alarm((unsigned)(limit_s + PREFORK_OVER_S + 3));
	if (own_slot == NULL)
		return;
	(void)snprintf(own_slot->at, sizeof(own_slot->at), "%s", at);
	atomic_store(&own_slot->limit_us, clock_monotonic_us() + limit_s * SECOND_US);
}

void
prefork_end(void)
{
	(void)alarm(0);
	prefork_alive();
	if (own_slot == NULL)
		return;
	atomic_store(&own_slot->limit_us, 0);
	own_slot->at[0] = '\0';
}

/* It turns, or is at something that may take as long. */
static bool
slot_lives(const struct prefork_slot *slot, int within_s)
{
	int64_t limit_us = atomic_load(&slot->limit_us);

	if (limit_us != 0)
		return clock_monotonic_us() <= limit_us + PREFORK_OVER_S * SECOND_US;
	return clock_steady_us() - atomic_load(&slot->alive_us) <= within_s * SECOND_US;
}

bool
prefork_seat_lives(int seat, int within_s)
{
	size_t i;

	for (i = 0; own_tally != NULL && i < PREFORK_CHILDREN_MAX; i++)
		if (atomic_load(&own_tally->slots[i].seat) == seat &&
		    slot_lives(&own_tally->slots[i], within_s))
			return true;
	return false;
}

bool
prefork_parent_lives(int within_s)
{
	return own_tally != NULL &&
	    clock_steady_us() - atomic_load(&own_tally->parent_us) <= within_s * SECOND_US;
}

static void
on_stop(int number)
{
	(void)number;
	prefork_stop_asked = 1;
}

bool
prefork_stopping(void)
{
	return prefork_stop_asked != 0;
}

void
prefork_ready(void)
{
	if (own_slot != NULL)
		atomic_store(&own_slot->ready, true);
}

void
prefork_worn(void)
{
	if (own_slot != NULL)
		atomic_store(&own_slot->worn, true);
}

void
prefork_alive(void)
{
	if (own_slot != NULL)
		atomic_store_explicit(&own_slot->alive_us, clock_steady_us(), memory_order_relaxed);
}

void
prefork_busy(int requests)
{
	if (own_slot != NULL)
		atomic_store_explicit(&own_slot->busy, requests, memory_order_relaxed);
}

void
prefork_took(void)
{
	if (own_slot != NULL)
		atomic_store_explicit(&own_slot->took, true, memory_order_relaxed);
}

void
prefork_answered(void)
{
	if (own_tally != NULL)
		atomic_fetch_add_explicit(&own_tally->answered, 1, memory_order_relaxed);
}

void
prefork_signals(void)
{
	/* Restart what was interrupted: libfcgi takes an interrupted read or write for a lost connection, and
	 * the request with it. epoll_wait and poll are never restarted, so the loops still wake. */
	struct sigaction action = { .sa_handler = on_stop, .sa_flags = SA_RESTART };

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigaction(SIGUSR1, &action, NULL);
}
