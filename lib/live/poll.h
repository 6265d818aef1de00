/* The long poll: a request that ends with its first answer. */
#ifndef LIVE_POLL_H
#define LIVE_POLL_H

#include "live/transport.h"

extern const struct transport poll_transport;

#endif
