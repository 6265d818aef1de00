/*
 * A user's recent events, as the stream told them: for those who wait, for those whose read was under
 * way, and for half a minute for those who come again, who then need no read at all.
 */
#include "live/hub_int.h"

#include <stdlib.h>
#include <string.h>

void
hub_user_known(struct hub_user *user, int64_t seq)
{
	if (seq > user->known_seq)
		user->known_seq = seq;
}

bool
hub_user_synced(const struct hub *hub, const struct hub_user *user)
{
	return hub->run > 0 && user->synced_run == hub->run;
}

void
hub_user_forget(struct hub *hub, struct hub_user *user)
{
	while (user->recent_count > 0)
		free(user->recent[--user->recent_count]);
	hub->recent_bytes -= user->recent_bytes;
	user->recent_bytes = 0;
}

void
hub_user_unsay(struct hub *hub, struct hub_user *user, int64_t seq)
{
	hub_user_forget(hub, user);
	if (seq > user->unsaid_seq)
		user->unsaid_seq = seq;
}

bool
hub_user_outdated(const struct hub_user *user, int64_t last_seq)
{
	return last_seq < user->unsaid_seq;
}

static void
forget_oldest(struct hub *hub, struct hub_user *user)
{
	hub->recent_bytes -= user->recent[0]->len;
	user->recent_bytes -= user->recent[0]->len;
	free(user->recent[0]);
	user->recent_count--;
	memmove(user->recent, user->recent + 1, user->recent_count * sizeof(*user->recent));
}

/* Room for len bytes more of the user's: of its own first, then of those who left longest ago. */
static bool
make_room(struct hub *hub, struct hub_user *user, size_t len)
{
	struct hub_user *idle;

	while (user->recent_count == RECENT_MAX ||
	    (user->recent_count > 0 && user->recent_bytes + len > RECENT_BYTES_MAX))
		forget_oldest(hub, user);
	for (idle = hub->idle_first; idle != NULL && hub->recent_bytes + len > RECENT_TOTAL_MAX;
	     idle = idle->idle_next)
		hub_user_forget(hub, idle);
	return hub->recent_bytes + len <= RECENT_TOTAL_MAX;
}

void
hub_user_keep(struct hub *hub, struct hub_user *user, int64_t seq, const char *text, size_t len)
{
	int64_t last = user->recent_count == 0 ? 0 : user->recent[user->recent_count - 1]->seq;
	struct recent *recent;

	if (user->recent_count > 0 && seq <= last)
		return; /* known */
	if (user->recent_count > 0 && seq != last + 1)
		hub_user_forget(hub, user);
	if (!make_room(hub, user, len)) {
		hub_user_forget(hub, user);
		return;
	}
	recent = malloc(sizeof(*recent) + len + 1);
	if (recent == NULL)
		abort();
	recent->seq = seq;
	recent->len = len;
	memcpy(recent->text, text, len);
	recent->text[len] = '\0';
	user->recent[user->recent_count++] = recent;
	user->recent_bytes += len;
	hub->recent_bytes += len;
}

size_t
hub_user_recent(const struct hub_user *user, int64_t seq)
{
	int64_t first = user->recent_count == 0 ? 0 : user->recent[0]->seq;

	if (user->recent_count == 0 || seq < first || seq >= first + (int64_t)user->recent_count)
		return RECENT_MAX;
	return (size_t)(seq - first);
}

void
hub_user_collect(const struct hub_user *user, size_t at, size_t bytes_max, struct batch *batch)
{
	for (; at < user->recent_count && !batch_full(batch, bytes_max); at++)
		batch_add(
		    batch, user->recent[at]->text, user->recent[at]->len, user->recent[at]->seq);
}
