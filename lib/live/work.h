/* Does what the core wants done: the one place from which transports are told of events, and clients are ended. */
#ifndef LIVE_WORK_H
#define LIVE_WORK_H

#include "live/parts.h"

void work_turn(struct live *); /* whoever had work when it began, each once */
void work_due(struct live *); /* whose deadline has come */
void work_end_all(struct live *); /* the program ends: answer who waits */
void work_drop_all(struct live *); /* whoever is still there, without a word */

#endif
