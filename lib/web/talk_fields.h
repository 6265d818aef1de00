/*
 * Field tables of conversations, messages and sessions. Replies and events show the same things, so
 * both are described by these; what only one program shows is described there.
 */
#ifndef WEB_TALK_FIELDS_H
#define WEB_TALK_FIELDS_H

#include "shape/field.h"

enum { REACTION_KINDS_MAX = 20 }; /* different emoji on one message; sql/ holds to it too */

extern const char *const session_types[], *const session_states[], *const message_types[],
    *const media_kinds[], *const member_roles[];

extern const struct field reaction_item; /* an emoji and whose it is */
#define REACTIONS_FIELD                                                                            \
	{ "reactions", FIELD_LIST, .sub = &reaction_item, .max = REACTION_KINDS_MAX,               \
	    .doc = "Emoji on it, the first first" }

extern const char *const presence_states[];  /* of somebody, all devices merged */
extern const struct field presence_fields[]; /* whether somebody is here, as others see it */
extern const struct field presence_data[];   /* the event of a change */
#define PRESENCE_FIELD                                                                             \
	{ "presence", FIELD_OBJECT, .nullable = true, .sub = presence_fields,                      \
	    .doc = "Whether they are here; null when they hide it, or a block is between you" }

extern const struct field message_fields[];   /* a message */
extern const struct field reactions_fields[]; /* those of one message, after a change */
extern const struct field session_fields[];   /* a session, as both sides see it */
extern const struct field session_reply[];    /* and as one participant does, with what is unread */
extern const struct field mute_fields[];      /* a conversation's mute */

#endif
