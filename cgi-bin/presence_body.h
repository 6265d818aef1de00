/* What a device says of itself, over HTTP (people.c) or a WebSocket (events_ws.c). */
#ifndef CGI_BIN_PRESENCE_BODY_H
#define CGI_BIN_PRESENCE_BODY_H

#include "shape/field.h"
#include "web/talk_fields.h"

#include <string.h>

static const char *const settable_states[] = {"ONLINE", "AWAY", NULL};

static const struct field presence_body[] = {
    {"status", FIELD_ENUM, .required = true, .one_of = settable_states,
	.doc = "Of this device; it is ONLINE until it says otherwise"},
    {0},
};

static const struct field presence_reply[] = {
    {"status", FIELD_ENUM, .one_of = presence_states,
	.doc = "Of all your devices: OFFLINE when none waits for events"},
    {0},
};

static inline bool
presence_is_away(const char *status)
{
	return strcmp(status, "AWAY") == 0;
}

#endif
