#include "live/passing.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* The place of a login's mark; MARKS_MAX: it has none. */
static size_t
mark_find(const struct passing_list *list, uint64_t login)
{
	size_t i;

	for (i = 0; i < MARKS_MAX; i++)
		if (list->marks[i].login == login)
			break;
	return i;
}

int64_t
passing_begin(const struct passing_list *list, const char *login_id, int64_t number)
{
	size_t i = mark_find(list, str_hash(login_id));

	return i < MARKS_MAX ? list->marks[i].told : number;
}

void
passing_end(struct passing_list *list, const char *login_id, int64_t told)
{
	uint64_t login = str_hash(login_id);
	size_t i = mark_find(list, login);

	if (i == MARKS_MAX) {
		i = list->mark_next;
		list->mark_next = (i + 1) % MARKS_MAX;
		list->marks[i] = (struct passing_mark){ login, 0 };
	}
	if (told > list->marks[i].told)
		list->marks[i].told = told;
}

/* Take out what follows prev; NULL: the first. */
static void
drop_after(struct passing_list *list, struct passing *prev)
{
	struct passing **link = prev == NULL ? &list->first : &prev->next, *old = *link;

	*link = old->next;
	if (list->last == old)
		list->last = prev;
	list->count--;
	free(old);
}

void
passing_forget(struct passing_list *list)
{
	while (list->first != NULL)
		drop_after(list, NULL);
}

void
passing_expire(struct passing_list *list, int64_t now_us)
{
	while (list->first != NULL && list->first->at_us < now_us - PASSING_US)
		drop_after(list, NULL);
}

static void
drop_long(struct passing_list *list)
{
	struct passing *prev = NULL, *at = list->first;

	while (at != NULL) {
		if (at->len > PASSING_BYTES_MAX)
			drop_after(list, prev);
		else
			prev = at;
		at = prev == NULL ? list->first : prev->next;
	}
}

void
passing_trim(struct passing_list *list)
{
	drop_long(list);
	while (list->count > PASSING_MAX)
		drop_after(list, NULL);
}

void
passing_add(struct passing_list *list, int64_t number, int64_t behind, int64_t now_us,
    const char *text, size_t len)
{
	struct passing *passing = malloc(sizeof(*passing) + len);

	if (passing == NULL)
		abort();
	*passing = (struct passing){ NULL, number, behind, now_us, len };
	memcpy(passing->text, text, len);
	passing_expire(list, now_us);
	if (list->count == PASSING_PASS_MAX)
		drop_after(list, NULL);
	if (list->last != NULL)
		list->last->next = passing;
	else
		list->first = passing;
	list->last = passing;
	list->count++;
}

bool
passing_news(const struct passing_list *list, int64_t told)
{
	return list->last != NULL && list->last->number > told;
}

void
passing_collect(const struct passing_list *list, int64_t behind_max, int64_t *told,
    size_t bytes_max, struct batch *batch)
{
	const struct passing *at = list->first;

	for (; at != NULL && at->behind <= behind_max && !batch_full(batch, bytes_max);
	     at = at->next) {
		if (at->number <= *told)
			continue;
		batch_add(batch, at->text, at->len, 0);
		*told = at->number;
	}
}
