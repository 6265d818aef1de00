#include "domain/people/lang.h"

#include <string.h>

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool
lang_valid(const char *tag)
{
	size_t len = strspn(tag, lower);

	if (len < 2 || len > 3)
		return false;
	tag += len;
	if (tag[0] == '-' && strspn(tag + 1, upper) == 1 && strspn(tag + 2, lower) == 3)
		tag += 5;
	if (tag[0] == '-' && strspn(tag + 1, upper) == 2)
		tag += 3;
	return tag[0] == '\0';
}
