#include "base/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_SIZE = 80, NAMES_MAX = 600, LINE_SIZE = 512 };

#define ZONE_DIR "/usr/share/zoneinfo"
static const char utc[] = "UTC";

/* Has the machine a file of that zone? */
static bool
has_file(const char *name)
{
	char path[sizeof(ZONE_DIR) + NAME_SIZE], magic[4];
	FILE *file;
	bool is;

	(void)snprintf(path, sizeof(path), ZONE_DIR "/%s", name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	is = fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
	    memcmp(magic, "TZif", sizeof(magic)) == 0;
	(void)fclose(file);
	return is;
}

bool
zone_known(const char *name)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
	size_t len = strlen(name);

	if (strcmp(name, utc) == 0)
		return true;
	if (len >= NAME_SIZE || strspn(name, allowed) != len || name[0] == '/' ||
	    strchr(name, '/') == NULL)
		return false;
	return has_file(name);
}

/* The C library reads the file of a zone once, as long as it stays the same. */
static void
zone_take(const char *zone)
{
	static char now[NAME_SIZE];

	if (strcmp(now, zone) == 0)
		return;
	(void)snprintf(now, sizeof(now), "%s", zone);
	if (strcmp(zone, utc) == 0 || !zone_known(zone)) {
		(void)setenv("TZ", "UTC0", 1);
	} else {
		char value[NAME_SIZE + 1];

		(void)snprintf(value, sizeof(value), ":%s", zone);
		(void)setenv("TZ", value, 1);
	}
	tzset();
}

/* "IST"; "UTC+05:45" of "+0545", "UTC-03" of "-03". */
static const char *
zone_short(struct arena *arena, const char *name)
{
	if (name[0] != '+' && name[0] != '-')
		return name;
	if (strlen(name) != 5)
		return arena_printf(arena, "UTC%s", name);
	return arena_printf(arena, "UTC%.3s:%s", name, name + 3);
}

const char *
zone_text(struct arena *arena, const char *zone, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	char text[48];
	struct tm tm;

	zone_take(zone != NULL ? zone : utc);
	if (localtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%d %b %Y, %H:%M", &tm) == 0)
		return "";
	return arena_printf(arena, "%s %s", text + (text[0] == '0'), zone_short(arena, tm.tm_zone));
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *
zone_names(struct arena *arena)
{
	const char **names = arena_calloc(arena, NAMES_MAX + 2, sizeof(*names));
	FILE *file = fopen(ZONE_DIR "/zone.tab", "re");
	char line[LINE_SIZE], name[NAME_SIZE];
	size_t count = 0;

	names[count++] = utc;
	while (file != NULL && count <= NAMES_MAX && fgets(line, sizeof(line), file) != NULL)
		if (line[0] != '#' && sscanf(line, "%*s %*s %79s", name) == 1)
			names[count++] = arena_strdup(arena, name);
	if (file != NULL)
		(void)fclose(file);
	qsort(names + 1, count - 1, sizeof(*names), by_name);
	return names;
}
