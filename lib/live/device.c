#include "live/device.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 16384 }; /* a power of two */

void
device_open(struct devices *devices)
{
	*devices = (struct devices){ .table = calloc(BUCKETS, sizeof(struct device *)) };
	if (devices->table == NULL)
		abort();
}

void
device_close(struct devices *devices)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		while (devices->table[i] != NULL)
			device_forget(devices, devices->table[i]);
	free(devices->table);
}

/* --- lists --- */

static void
list_add(struct device_list *list, struct device *device)
{
	device->list = list;
	device->next = NULL;
	device->prev = list->last;
	if (list->last != NULL)
		list->last->next = device;
	else
		list->first = device;
	list->last = device;
	list->count++;
}

static void
list_remove(struct device *device)
{
	struct device_list *list = device->list;

	if (list == NULL)
		return;
	if (device->prev != NULL)
		device->prev->next = device->next;
	else
		list->first = device->next;
	if (device->next != NULL)
		device->next->prev = device->prev;
	else
		list->last = device->prev;
	list->count--;
	device->list = NULL;
}

/* --- the table --- */

static struct device **
bucket(const struct devices *devices, const char *login_id)
{
	uint64_t hash = str_hash(login_id);

	return &devices->table[(hash ^ hash >> 32) & (BUCKETS - 1)];
}

static struct device *
make(struct devices *devices, const char *user_id, const char *login_id)
{
	struct device **head = bucket(devices, login_id);
	struct device *device = calloc(1, sizeof(*device));

	if (device == NULL)
		abort();
	memcpy(device->user_id, user_id, UUID_TEXT_SIZE);
	memcpy(device->login_id, login_id, UUID_TEXT_SIZE);
	device->hash_next = *head;
	*head = device;
	list_add(&devices->arriving, device);
	return device;
}

struct device *
device_arrive(struct devices *devices, const char *user_id, const char *login_id)
{
	struct device *device = *bucket(devices, login_id);

	while (device != NULL && strcmp(device->login_id, login_id) != 0)
		device = device->hash_next;
	if (device == NULL)
		device = make(devices, user_id, login_id);
	device->waiters++;
	if (device->list == &devices->leaving)
		list_remove(device);
	return device;
}

void
device_leave(struct devices *devices, struct device *device, int64_t now_us)
{
	if (--device->waiters > 0)
		return;
	device->left_us = now_us;
	if (device->list == NULL)
		list_add(&devices->leaving, device);
}

void
device_told(struct devices *devices, struct device *device)
{
	list_remove(device);
	if (device->waiters == 0)
		list_add(&devices->leaving, device);
}

void
device_tell_again(struct devices *devices)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		struct device *device = devices->table[i];

		for (; device != NULL; device = device->hash_next) {
			list_remove(device);
			list_add(&devices->arriving, device);
		}
	}
}

void
device_forget(struct devices *devices, struct device *device)
{
	struct device **link = bucket(devices, device->login_id);

	while (*link != device)
		link = &(*link)->hash_next;
	*link = device->hash_next;
	list_remove(device);
	free(device);
}
