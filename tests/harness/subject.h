/* Things that acts are done to, made by a test: one maker a kind, here for all tests. */
#ifndef HARNESS_SUBJECT_H
#define HARNESS_SUBJECT_H

#include "domain/system/act.h"

/* A fresh subject in the first of the act's states; its id. NULL for an act of no single subject. */
const char *subject_make(const struct act *);

#endif
