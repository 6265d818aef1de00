/*
 * The listeners: shut until the program can answer, and for a moment when descriptors or memory are short.
 */
#ifndef LIVE_DOOR_H
#define LIVE_DOOR_H

#include "live/parts.h"

/* Takes what waits at a listener. */
typedef void door_accept(struct live *, int listener);

/* second -1: there is none. */
struct door *door_new(
    struct live *, int listener, door_accept *, int second, door_accept *take_second);
void door_free(struct door *);
void door_open(struct live *); /* take connections, from the first time on that this is called */
void door_shut(
    struct live *); /* take none any more; what nginx has handed over already is taken first */
/* accept failed with this number. When descriptors or memory are short, what waits stays readable: the listeners are
 * left alone for a moment. */
void door_failed(struct live *, int error);
void door_tick(struct live *); /* that moment may be over */

#endif
