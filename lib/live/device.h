/*
 * The logins (devices) that wait here, or did a short while ago: a table, and lists of those of whom others do not know
 * yet that they came, or that they left. Pure.
 */
#ifndef LIVE_DEVICE_H
#define LIVE_DEVICE_H

#include "base/uuid.h"

struct device_list {
	struct device *first, *last;
	size_t count;
};

struct device {
	struct device *hash_next;
	struct device *prev, *next; /* in arriving or leaving, if it is in one */
	struct device_list *list; /* that one; NULL: told, and it waits */
	unsigned waiters;
	int64_t left_us; /* monotonic: when the last waiter left */
	char user_id[UUID_TEXT_SIZE], login_id[UUID_TEXT_SIZE];
};

struct devices {
	struct device **table;
	struct device_list arriving; /* not told yet; its waiters may have left already */
	struct device_list leaving; /* told, without waiters; the first left first */
};

void device_open(struct devices *);
void device_close(struct devices *);
/* One waiter more of the login, which is of one user; one less. */
struct device *device_arrive(struct devices *, const char *user_id, const char *login_id);
void device_leave(struct devices *, struct device *, int64_t now_us);
/* It was told that it came. */
void device_told(struct devices *, struct device *);
void device_tell_again(struct devices *); /* all are arriving */
void device_forget(struct devices *, struct device *);

#endif
