/* The two files of the events program. */
#ifndef CGI_BIN_EVENTS_H
#define CGI_BIN_EVENTS_H

#include "live/hub.h"

extern const struct hub_op event_ops[]; /* events_ws.c */

#endif
