/* Deadlines: a wheel of slots, each a list. */
#include "base/clock.h"
#include "live/hub_int.h"

void
hub_wheel_set(struct hub *hub, struct waiter *waiter, int64_t deadline_us)
{
	int64_t slot = deadline_us / WHEEL_SLOT_US + 1;
	struct waiter **head;

	hub_wheel_remove(waiter);
	if (slot < hub->wheel_slot)
		slot = hub->wheel_slot;
	if (slot >= hub->wheel_slot + WHEEL_SLOTS)
		slot = hub->wheel_slot + WHEEL_SLOTS - 1;
	head = &hub->wheel[slot % WHEEL_SLOTS];
	waiter->wheel_next = *head;
	if (*head != NULL)
		(*head)->wheel_link = &waiter->wheel_next;
	waiter->wheel_link = head;
	*head = waiter;
}

void
hub_wheel_remove(struct waiter *waiter)
{
	if (waiter->wheel_link == NULL)
		return;
	*waiter->wheel_link = waiter->wheel_next;
	if (waiter->wheel_next != NULL)
		waiter->wheel_next->wheel_link = waiter->wheel_link;
	waiter->wheel_link = NULL;
}

/* Answering takes it off the list, and a live one gets a later deadline. */
static void
due(struct hub *hub, struct waiter *waiter)
{
	if (waiter->live != NULL)
		hub_live_due(hub, waiter);
	else
		hub_answer_nothing(hub, waiter);
}

void
hub_wheel_turn(struct hub *hub)
{
	int64_t now = clock_monotonic_us() / WHEEL_SLOT_US;

	if (now - hub->wheel_slot >= WHEEL_SLOTS) /* the clock has leapt: each slot once */
		hub->wheel_slot = now - WHEEL_SLOTS + 1;
	for (; hub->wheel_slot <= now; hub->wheel_slot++) {
		struct waiter **head = &hub->wheel[hub->wheel_slot % WHEEL_SLOTS];

		while (*head != NULL)
			due(hub, *head);
	}
}

void
hub_wheel_drop_all(struct hub *hub)
{
	size_t i;

	for (i = 0; i < WHEEL_SLOTS; i++)
		while (hub->wheel[i] != NULL)
			hub_live_drop(hub, hub->wheel[i]);
}
