/* Catching up: what is behind the cursor of one client, read from the database. */
#ifndef LIVE_READ_H
#define LIVE_READ_H

#include "live/transport.h"

void read_start(struct client *);

#endif
