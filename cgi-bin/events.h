/* The two files of the events program. */
#ifndef CGI_BIN_EVENTS_H
#define CGI_BIN_EVENTS_H

#include "live/live.h"

extern const struct live_socket event_socket; /* events_ws.c */

#endif
