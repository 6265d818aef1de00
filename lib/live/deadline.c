#include "live/deadline.h"

void
deadline_open(struct deadlines *wheel, int64_t now_us)
{
	wheel->slot = now_us / DEADLINE_SLOT_US;
}

void
deadline_set(struct deadlines *wheel, struct deadline *deadline, int64_t due_us)
{
	int64_t slot = due_us / DEADLINE_SLOT_US + 1;
	struct deadline **head;

	deadline_remove(deadline);
	if (slot < wheel->slot)
		slot = wheel->slot;
	if (slot >= wheel->slot + DEADLINE_SLOTS)
		slot = wheel->slot + DEADLINE_SLOTS - 1;
	head = &wheel->slots[slot % DEADLINE_SLOTS];
	deadline->next = *head;
	if (*head != NULL)
		(*head)->link = &deadline->next;
	deadline->link = head;
	*head = deadline;
}

void
deadline_remove(struct deadline *deadline)
{
	if (deadline->link == NULL)
		return;
	*deadline->link = deadline->next;
	if (deadline->next != NULL)
		deadline->next->link = deadline->link;
	deadline->link = NULL;
}

struct deadline *
deadline_take(struct deadlines *wheel, int64_t now_us)
{
	int64_t now = now_us / DEADLINE_SLOT_US;

	if (now - wheel->slot >= DEADLINE_SLOTS) /* the clock has leapt: each slot once */
		wheel->slot = now - DEADLINE_SLOTS + 1;
	for (; wheel->slot <= now; wheel->slot++) {
		struct deadline *first = wheel->slots[wheel->slot % DEADLINE_SLOTS];

		if (first != NULL) {
			deadline_remove(first);
			return first;
		}
	}
	return NULL;
}

struct deadline *
deadline_any(struct deadlines *wheel)
{
	size_t i;

	for (i = 0; i < DEADLINE_SLOTS; i++)
		if (wheel->slots[i] != NULL)
			return wheel->slots[i];
	return NULL;
}
