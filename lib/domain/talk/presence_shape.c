/* How it looks from outside whether somebody is there. */
#include "domain/talk/presence.h"

#include <string.h>

const char *const presence_states[] = { "ONLINE", "AWAY", "OFFLINE", NULL };
const char *const presence_states_said[] = { "ONLINE", "AWAY", NULL };

#define LAST_SEEN_DOC "When they were here last, to the minute; null while they are, or never were"

const struct field presence_fields[] = {
	{ "status", FIELD_ENUM, .one_of = presence_states,
	    .doc = "ONLINE, AWAY when all their devices say so, OFFLINE" },
	{ "last_seen_at", FIELD_TIME, .nullable = true, .doc = LAST_SEEN_DOC },
	{ 0 },
};

static const struct field event_data[] = {
	{ "user_id", FIELD_UUID, .doc = "Who" },
	{ "status", FIELD_ENUM, .one_of = presence_states, .nullable = true,
	    .doc =
		"As the status in presence of that person; null: presence is null there from now on" },
	{ "last_seen_at", FIELD_TIME, .nullable = true, .doc = LAST_SEEN_DOC },
	{ 0 },
};

const struct event_type presence_events[] = {
	{ "presence",
	    "Somebody you have a conversation with came, went, or hides it. It is not stored: after a "
	    "pause of some seconds without a connection, read your conversations for how it is now",
	    .data = event_data, .ephemeral = true },
	{ 0 },
};

const struct field presence_body[] = {
	{ "status", FIELD_ENUM, .required = true, .one_of = presence_states_said,
	    .doc = "Of this device; it is ONLINE until it says otherwise" },
	{ 0 },
};

const struct field presence_own_fields[] = {
	{ "status", FIELD_ENUM, .one_of = presence_states,
	    .doc = "Of all your devices: OFFLINE when none waits for events" },
	{ 0 },
};

bool
presence_is_away(const char *status)
{
	return strcmp(status, "AWAY") == 0;
}
