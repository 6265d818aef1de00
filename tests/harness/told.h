/*
 * What goes into the write-ahead log for the events program without being stored, read by a logical slot
 * of the test's own. The texts live until the program ends. Not beside tests that run at the same time.
 */
#ifndef HARNESS_TOLD_H
#define HARNESS_TOLD_H

/* From now on. */
void told_begin(void);
/*
 * The presence events about a person since told_begin or the last call, in order of commit:
 * "ONLINE>2 OFFLINE>1", the status ("null" for null) and how many are told.
 */
const char *told_presence(const char *person);
/* The same, of those events that are told to watcher. */
const char *told_to(const char *watcher, const char *person);
/* Drops the slot. */
void told_end(void);

#endif
