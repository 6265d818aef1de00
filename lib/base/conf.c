#include "base/arena.h"
#include "base/conf.h"
#include "base/conf_provider.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CONF_LINE_MAX = 4096, CONF_BYTES_MAX = 4 * 1024 * 1024 };
enum conf_type { CONF_TYPE_TEXT, CONF_TYPE_INT };

struct conf_key {
	const char *key;
	enum conf_type type;
	size_t offset; /* in struct conf */
	const char *text; /* default of a text */
	int64_t number, min, max; /* default and bounds of an int */
	int flags;
	const char *doc;
};

static const char default_path[] = "/etc/confab/confab.conf";

static const struct conf_key keys[] = {
#define CONF_TEXT(member, key, def, flags, doc)                                                    \
	{ key, CONF_TYPE_TEXT, offsetof(struct conf, member), def, 0, 0, 0, flags, doc },
#define CONF_INT(member, key, def, min, max, doc)                                                  \
	{ key, CONF_TYPE_INT, offsetof(struct conf, member), NULL, def, min, max, 0, doc },
#include "base/conf.def"
#undef CONF_TEXT
#undef CONF_INT
};

/* Where %d leads without systemd; set by conf_load. */
static char settings_dir[CONF_LINE_MAX];

/* A value; each is kept once, however often the settings are read. */
struct kept {
	struct kept *next;
	char text[];
};

/* Values live as long as the process. */
static const char *
keep(const char *value)
{
	static struct arena *arena;
	static struct kept *first;
	size_t size = strlen(value) + 1;
	struct kept *kept;

	for (kept = first; kept != NULL; kept = kept->next)
		if (strcmp(kept->text, value) == 0)
			return kept->text;
	if (arena == NULL)
		arena = arena_new(CONF_BYTES_MAX);
	kept = arena_alloc(arena, sizeof(*kept) + size);
	memcpy(kept->text, value, size);
	kept->next = first;
	first = kept;
	return kept->text;
}

static const char **
text_at(struct conf *conf, const struct conf_key *key)
{
	return (const char **)(void *)((char *)conf + key->offset);
}

static int64_t *
int_at(struct conf *conf, const struct conf_key *key)
{
	return (int64_t *)(void *)((char *)conf + key->offset);
}

static const struct conf_key *
key_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < COUNT_OF(keys); i++)
		if (strlen(keys[i].key) == len && memcmp(keys[i].key, name, len) == 0)
			return &keys[i];
	return NULL;
}

/* Log what is wrong; a very long text is cut. */
static void PRINTF_LIKE(1, 2) say(const char *fmt, ...)
{
	char text[CONF_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_error(text);
}

static enum err
complain(const char *where, const char *key, const char *what)
{
	say("%s: %s %s", where, key, what);
	return ERR_BAD_REQUEST;
}

/* Write path in full, %d at its start replaced. */
static void
path_expand(const char *path, char full[CONF_LINE_MAX])
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	if (str_starts(path, "%d"))
		(void)snprintf(
		    full, CONF_LINE_MAX, "%s%s", dir != NULL ? dir : settings_dir, path + 2);
	else
		(void)snprintf(full, CONF_LINE_MAX, "%s", path);
}

/* The content of the file without its last line ends, in value. NULL, or what is wrong with it. */
static const char *
read_value_file(const char *path, char value[CONF_LINE_MAX])
{
	FILE *file = fopen(path, "re");
	size_t len;
	bool bad;

	if (file == NULL)
		return strerror(errno);
	len = fread(value, 1, CONF_LINE_MAX, file);
	bad = ferror(file) != 0;
	(void)fclose(file);
	if (bad)
		return "it cannot be read";
	if (len == CONF_LINE_MAX || memchr(value, '\0', len) != NULL)
		return "it is too long or holds a NUL";
	while (len > 0 && (value[len - 1] == '\n' || value[len - 1] == '\r'))
		len--;
	value[len] = '\0';
	return NULL;
}

static enum err
key_set(struct conf *conf, const struct conf_key *key, const char *value, const char *where)
{
	conf->from[key - keys] = keep(where);
	if (key->type == CONF_TYPE_TEXT) {
		*text_at(conf, key) = keep(value);
		return ERR_OK;
	}
	if (!str_to_int(value, key->min, key->max, int_at(conf, key))) {
		say("%s: %s must be a whole number from %lld to %lld", where, key->key,
		    (long long)key->min, (long long)key->max);
		return ERR_BAD_REQUEST;
	}
	return ERR_OK;
}

/* name is KEY_FILE. */
static enum err
file_set(struct conf *conf, const struct conf_key *key, const char *name, const char *path,
    const char *where)
{
	char content[CONF_LINE_MAX], full[CONF_LINE_MAX], said[CONF_LINE_MAX];
	const char *problem;

	path_expand(path, full);
	problem = read_value_file(full, content);
	if (problem == NULL) {
		(void)snprintf(said, sizeof(said), "%.3000s, the file %.1000s", where, full);
		return key_set(conf, key, content, said);
	}
	say("%s: %s names a file, %s: %s", where, name, full, problem);
	return ERR_BAD_REQUEST;
}

/* name is KEY or KEY_FILE; value as written. */
static enum err
setting_set(struct conf *conf, const char *name, const char *value, const char *where)
{
	size_t len = strlen(name);
	const struct conf_key *key = key_find(name, len);

	if (key != NULL)
		return key_set(conf, key, value, where);
	if (len > 5 && strcmp(name + len - 5, "_FILE") == 0)
		key = key_find(name, len - 5);
	if (key == NULL)
		return complain(where, name, "is not a known setting");
	return file_set(conf, key, name, value, where);
}

static char *
trim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static enum err
line_set(struct conf *conf, char *text, const char *where)
{
	char *value = strchr(text, '=');
	size_t len;

	if (value == NULL)
		return complain(where, text, "is not KEY=value");
	*value++ = '\0';
	len = strlen(value);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		value[len - 1] = '\0';
		value++;
	}
	return setting_set(conf, text, value, where);
}

static enum err
file_load(struct conf *conf, FILE *file, const char *path)
{
	char line[CONF_LINE_MAX], where[CONF_LINE_MAX];
	enum err err = ERR_OK;
	int number = 0;

	while (fgets(line, sizeof(line), file) != NULL) {
		bool whole = strchr(line, '\n') != NULL || feof(file) != 0;
		char *text = trim(line);

		number++;
		if (!whole) {
			(void)snprintf(where, sizeof(where), "%s:%d", path, number);
			return complain(where, "the line", "is too long or holds a NUL");
		}
		if (*text == '\0' || *text == '#')
			continue;
		(void)snprintf(where, sizeof(where), "%s:%d", path, number);
		if (line_set(conf, text, where) != ERR_OK)
			err = ERR_BAD_REQUEST;
	}
	return err;
}

static enum err
environment_load(struct conf *conf)
{
	enum err err = ERR_OK;
	char name[64];
	size_t i;

	for (i = 0; i < COUNT_OF(keys); i++) {
		const char *value = getenv(keys[i].key);

		if (value != NULL && setting_set(conf, keys[i].key, value, "environment") != ERR_OK)
			err = ERR_BAD_REQUEST;
		(void)snprintf(name, sizeof(name), "%s_FILE", keys[i].key);
		value = getenv(name);
		if (value != NULL && setting_set(conf, name, value, "environment") != ERR_OK)
			err = ERR_BAD_REQUEST;
	}
	return err;
}

static void
defaults_set(struct conf *conf)
{
	size_t i;

	for (i = 0; i < COUNT_OF(keys); i++) {
		conf->from[i] = NULL;
		if (keys[i].type == CONF_TYPE_TEXT)
			*text_at(conf, &keys[i]) = keys[i].text;
		else
			*int_at(conf, &keys[i]) = keys[i].number;
	}
}

const char *
conf_dir(const char *path, char dir[], size_t size)
{
	const char *slash;

	if (path == NULL)
		path = getenv("CONFAB_CONF");
	if (path == NULL)
		path = default_path;
	slash = strrchr(path, '/');
	if (slash == NULL)
		(void)snprintf(dir, size, ".");
	else
		(void)snprintf(dir, size, "%.*s", (int)(slash - path), path);
	return dir;
}

enum err
conf_load(const char *path, struct conf *conf)
{
	bool named = path != NULL || (path = getenv("CONFAB_CONF")) != NULL;
	enum err err = ERR_OK, from_environment;
	FILE *file;

	(void)conf_dir(path, settings_dir, sizeof(settings_dir));
	defaults_set(conf);
	if (!named)
		path = default_path;
	file = fopen(path, "re");
	if (file != NULL) {
		err = file_load(conf, file, path);
		(void)fclose(file);
	} else if (named || errno != ENOENT) {
		err = complain(path, "the settings file cannot be read:", strerror(errno));
	}
	from_environment = environment_load(conf);
	return err != ERR_OK ? err : from_environment;
}

static bool
one_of(const char *value, const char *const *values)
{
	for (; *values != NULL; values++)
		if (strcmp(value, *values) == 0)
			return true;
	return false;
}

/* Each pair is id:secret, the id of letters and digits, the secret of 32 characters or more. */
static enum err
secrets_check(const char *key, const char *keys_text)
{
	const char *at = keys_text;

	if (*at == '\0')
		return complain(
		    "config", key, "is missing: `confab keys create` makes the key files");
	while (*at != '\0') {
		size_t len = strcspn(at, ",");
		const char *colon = memchr(at, ':', len);

		if (colon == NULL || colon == at || len - (size_t)(colon + 1 - at) < 32)
			return complain("config", key,
			    "needs id:secret with a secret of 32 characters or more");
		at += len + (at[len] == ',');
	}
	return ERR_OK;
}

/* What production refuses (fatal) or warns of; NULL: nothing. */
static const char *
production_problem(const struct conf *conf, enum conf_id id, bool *fatal)
{
	*fatal =
	    id != CONF_ID_ai_provider && id != CONF_ID_sms_provider && id != CONF_ID_mail_provider;
	switch (id) {
	case CONF_ID_base_url:
		return str_starts(conf->base_url, "https://")
		    ? NULL
		    : "must start with https:// in production";
	case CONF_ID_secret_keys:
	case CONF_ID_field_keys:
	case CONF_ID_lookup_key:
		return strstr(*(const char *const *)(const void *)((const char *)conf +
				  keys[id].offset),
			   "example") == NULL
		    ? NULL
		    : "still holds the example secret";
	case CONF_ID_ai_provider:
		return strcmp(conf->ai_provider, "echo") == 0 ? "is the built-in echo" : NULL;
	case CONF_ID_sms_provider:
		return strcmp(conf->sms_provider, "outbox") == 0
		    ? "is the built-in outbox: no SMS is sent"
		    : NULL;
	case CONF_ID_mail_provider:
		return strcmp(conf->mail_provider, "outbox") == 0
		    ? "is the built-in outbox: no e-mail is sent"
		    : NULL;
	default:
		return NULL;
	}
}

static enum err
production_check(const struct conf *conf)
{
	enum err err = ERR_OK;
	enum conf_id id;

	for (id = 0; id < CONF__COUNT; id++) {
		bool fatal;
		const char *problem = production_problem(conf, id, &fatal);

		if (problem != NULL && fatal)
			err = complain("config", keys[id].key, problem);
		else if (problem != NULL)
			log_warn("config: a built-in is in place of an outside service",
			    LOG_STR("key", keys[id].key), LOG_STR("problem", problem));
	}
	return err;
}

enum err
conf_check(const struct conf *conf)
{
	static const char *const environments[] = { "production", "development", NULL };
	enum err err = secrets_check("SECRET_KEYS", conf->secret_keys);
	size_t len = strlen(conf->base_url);

	if (secrets_check("FIELD_KEYS", conf->field_keys) != ERR_OK)
		err = ERR_BAD_REQUEST;
	if (strlen(conf->lookup_key) < 32)
		err = complain("config", "LOOKUP_KEY", "needs 32 characters or more");

	if (!one_of(conf->environment, environments))
		err = complain("config", "ENVIRONMENT", "must be production or development");
	if (!one_of(conf->log_level, log_levels))
		err = complain("config", "LOG_LEVEL", "must be debug, info, warn or error");
	if (len == 0 || conf->base_url[len - 1] == '/' || strstr(conf->base_url, "://") == NULL)
		err = complain("config", "BASE_URL", "must be a URL without a slash at its end");
	if (err == ERR_OK && strcmp(conf->environment, "production") == 0)
		err = production_check(conf);
	if (conf_provider_check(conf) != ERR_OK)
		err = ERR_BAD_REQUEST;
	return err;
}

static const char *
text_shown(const struct conf_key *key, const char *text)
{
	if (key->flags & CONF_SECRET)
		return *text == '\0' ? "not set" : "set";
	return text;
}

struct conf_shown
conf_show(struct arena *arena, const struct conf *conf, enum conf_id id)
{
	const struct conf_key *key = &keys[id];
	struct conf copy = *conf;
	struct conf_shown shown = { .key = key->key, .doc = key->doc, .from = conf->from[id] };
	bool fatal;

	if (key->type == CONF_TYPE_TEXT) {
		shown.value = text_shown(key, *text_at(&copy, key));
		shown.normal = text_shown(key, key->text);
	} else {
		shown.value = arena_printf(arena, "%lld", (long long)*int_at(&copy, key));
		shown.normal = arena_printf(arena, "%lld", (long long)key->number);
	}
	shown.warning = production_problem(conf, id, &fatal);
	return shown;
}

void
conf_print(const struct conf *conf, FILE *out)
{
	struct conf copy = *conf;
	size_t i;

	for (i = 0; i < COUNT_OF(keys); i++) {
		const struct conf_key *key = &keys[i];
		const char *text;

		(void)fprintf(out, "# %s\n", key->doc);
		if (key->type == CONF_TYPE_INT) {
			(void)fprintf(out, "%s=%lld\n\n", key->key, (long long)*int_at(&copy, key));
			continue;
		}
		text = *text_at(&copy, key);
		if (key->flags & CONF_SECRET)
			text = *text == '\0' ? "" : "(secret)";
		(void)fprintf(out, "%s=%s\n\n", key->key, text);
	}
}
