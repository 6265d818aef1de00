#include "harness/listed.h"
#include "harness/require.h"

#include <stdarg.h>

struct list_page
listed_(struct db *db, const struct list_source *source, int64_t limit, bool turned,
    const struct list_page *behind, ...)
{
	static const char *const names[LIST_KEYS_MAX] = { "_k1", "_k2", "_k3" };
	struct list_wanted wanted = { .turned = turned, .limit = limit };
	const char *keys[LIST_KEYS_MAX] = { NULL }, *name;
	struct list_page page;
	va_list pairs;
	int i;

	va_start(pairs, behind);
	while ((name = va_arg(pairs, const char *)) != NULL) {
		i = list_filter_find(source, name);
		require(i >= 0);
		wanted.values[i] = va_arg(pairs, const char *);
	}
	va_end(pairs);
	for (i = 0; behind != NULL && i < LIST_KEYS_MAX && source->sorts->keys[i] != NULL; i++)
		keys[i] = rows_text_of(behind->rows, list_row(behind, behind->count - 1), names[i]);
	if (behind != NULL)
		wanted.keys = keys;
	require(list_read(db, source, &wanted, &page) == ERR_OK);
	return page;
}
