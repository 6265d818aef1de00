/* What the parts of the chat program share. */
#ifndef CGI_BIN_CHAT_H
#define CGI_BIN_CHAT_H

#include "web/req.h"

extern const struct route chat_message_routes[];

/* An error of domain/talk/message as the client should read it: with the state, or the field, at fault, which
 * detail (db_detail) names. */
MUST_CHECK enum err chat_refusal(struct req *, enum err, const char *detail);

#endif
