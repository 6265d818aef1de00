/* What the replies of sessions.c and chat.c have in common: pages of messages. */
#ifndef CGI_BIN_TALK_H
#define CGI_BIN_TALK_H

#include "base/limits.h"
#include "web/route.h"
#include "web/talk_fields.h"

static const struct field messages_query[] = {
	{ "before", FIELD_INT, .min = 1, .max = INT64_MAX,
	    .doc = "Messages with a lower number, the newest of them", .example = "120" },
	{ "after", FIELD_INT, .min = 0, .max = INT64_MAX,
	    .doc = "Messages with a higher number, the oldest of them; not together with before",
	    .example = "0" },
	{ "limit", FIELD_INT, .min = 1, .max = PAGE_ITEMS_MAX, .doc = page_limit_doc,
	    .example = "20" },
	{ 0 },
};

static const struct field message_item = { "message", FIELD_OBJECT, .sub = message_fields };
static const struct field messages_reply[] = {
	{ "items", FIELD_LIST, .sub = &message_item, .max = PAGE_ITEMS_MAX,
	    .doc = "In ascending order of seq" },
	{ "has_more", FIELD_BOOL, .doc = "There are more in the direction asked for",
	    .example = "false" },
	{ 0 },
};

#endif
