#include "web/param.h"

#include <string.h>

static const struct {
	const char *text;
	size_t len;
} names[PARAM__COUNT] = {
#define PARAM(name, text) [name] = { text, sizeof(text) - 1 },
#include "web/param.def"
#undef PARAM
};

/* A bit for each length that one of the names has. */
static const uint64_t lengths = 0
#define PARAM(name, text) | UINT64_C(1) << (sizeof(text) - 1)
#include "web/param.def"
#undef PARAM
    ;

void
params_read(const char *values[PARAM__COUNT], const char *const *env)
{
	size_t i;

	memset(values, 0, PARAM__COUNT * sizeof(*values));
	for (; env != NULL && *env != NULL; env++) {
		const char *equals = strchr(*env, '=');
		size_t len = equals == NULL ? SIZE_MAX : (size_t)(equals - *env);

		if (len >= 64 || (lengths >> len & 1) == 0)
			continue;
		for (i = 0; i < PARAM__COUNT; i++)
			if (names[i].len == len && memcmp(names[i].text, *env, len) == 0)
				break;
		if (i < PARAM__COUNT && values[i] == NULL)
			values[i] = equals + 1;
	}
}
