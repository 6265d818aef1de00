/*
 * Settings: one KEY=value file (also usable as a systemd EnvironmentFile), overridden by the
 * environment. conf.def lists every key with its type, default, bounds and meaning; an unknown key or
 * a bad value in the file is refused at start with its line number.
 *
 *	KEY=value	comment lines start with #; a value may stand in double quotes
 *	KEY_FILE=path	the value is the content of that file without its last newline; %d at the start
 *			of the path is $CREDENTIALS_DIRECTORY (systemd credentials), and where systemd is
 *			not at work, the folder of the settings file, which is where `confab keys create`
 *			puts the keys
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/err.h"
#include <stdio.h>

enum { CONF_SECRET = 1 };

/* The settings in the order of conf.def. */
enum conf_id {
#define CONF_TEXT(member, key, def, flags, doc) CONF_ID_##member,
#define CONF_INT(member, key, def, min, max, doc) CONF_ID_##member,
#include "base/conf.def"
#undef CONF_TEXT
#undef CONF_INT
	CONF__COUNT
};

struct conf {
#define CONF_TEXT(member, key, def, flags, doc) const char *member;
#define CONF_INT(member, key, def, min, max, doc) int64_t member;
#include "base/conf.def"
#undef CONF_TEXT
#undef CONF_INT
	const char *from[CONF__COUNT]; /* "FILE:LINE" or "environment"; NULL: nobody said */
};

/* One setting as people may see it; texts live as long as the process, or with the arena. */
struct conf_shown {
	const char *key, *doc;
	const char *value,
	    *normal; /* in force, and what it is when nobody says; of a secret "set" or "not set" */
	const char *from; /* as struct conf has it */
	const char *warning; /* what is wrong with it in production; NULL: nothing */
};

/*
 * Read path (NULL: $CONFAB_CONF, else /etc/confab/confab.conf if it exists), then the environment. The
 * values live as long as the process. Problems are logged, one line each with file and line number, and
 * give ERR_BAD_REQUEST; a program then ends with EX_CONFIG (sysexits.h), after which systemd does not
 * start it again.
 */
MUST_CHECK enum err conf_load(const char *path, struct conf *conf);
/* Rules between keys: secrets present and long enough, base URL form, known providers; in production
 * also https and no example secret. Problems are logged. */
MUST_CHECK enum err conf_check(const struct conf *conf);
/* The folder of the settings file that conf_load(path) would read, in dir, which is returned. */
const char *conf_dir(const char *path, char dir[], size_t size);
struct arena;
/* One of the settings that conf_load has read. */
struct conf_shown conf_show(struct arena *, const struct conf *, enum conf_id);
/* The effective settings as KEY=value lines with their docs; secrets masked. */
void conf_print(const struct conf *conf, FILE *out);

#endif
