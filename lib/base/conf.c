#include "base/arena.h"
#include "base/conf.h"
#include "base/str.h"

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

static const struct conf_key keys[] = {
#define CONF_TEXT(member, key, def, flags, doc)                                                    \
	{ key, CONF_TYPE_TEXT, offsetof(struct conf, member), def, 0, 0, 0, flags, doc },
#define CONF_INT(member, key, def, min, max, doc)                                                  \
	{ key, CONF_TYPE_INT, offsetof(struct conf, member), NULL, def, min, max, 0, doc },
#include "base/conf.def"
#undef CONF_TEXT
#undef CONF_INT
};

/* Values live as long as the process. */
static const char *
keep(const char *value)
{
	static struct arena *kept;

	if (kept == NULL)
		kept = arena_new(CONF_BYTES_MAX);
	return arena_strdup(kept, value);
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

static enum err
complain(const char *where, const char *key, const char *what)
{
	(void)fprintf(stderr, "%s: %s %s\n", where, key, what);
	return ERR_BAD_REQUEST;
}

/* The content of the file without its last line ends, in value; false when it cannot be read, is too
 * long or holds a NUL. */
static bool
read_value_file(const char *path, char value[CONF_LINE_MAX])
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char full[CONF_LINE_MAX];
	size_t len;
	bool bad;
	FILE *file;

	if (str_starts(path, "%d"))
		(void)snprintf(full, sizeof(full), "%s%s", dir != NULL ? dir : "", path + 2);
	else
		(void)snprintf(full, sizeof(full), "%s", path);
	file = fopen(full, "re");
	if (file == NULL)
		return false;
	len = fread(value, 1, CONF_LINE_MAX, file);
	bad = ferror(file) != 0 || len == CONF_LINE_MAX || memchr(value, '\0', len) != NULL;
	(void)fclose(file);
	if (bad)
		return false;
	while (len > 0 && (value[len - 1] == '\n' || value[len - 1] == '\r'))
		len--;
	value[len] = '\0';
	return true;
}

static enum err
key_set(struct conf *conf, const struct conf_key *key, const char *value, const char *where)
{
	if (key->type == CONF_TYPE_TEXT) {
		*text_at(conf, key) = keep(value);
		return ERR_OK;
	}
	if (!str_to_int(value, key->min, key->max, int_at(conf, key))) {
		(void)fprintf(stderr, "%s: %s must be a whole number from %lld to %lld\n", where,
		    key->key, (long long)key->min, (long long)key->max);
		return ERR_BAD_REQUEST;
	}
	return ERR_OK;
}

/* name is KEY or KEY_FILE; value as written. */
static enum err
setting_set(struct conf *conf, const char *name, const char *value, const char *where)
{
	size_t len = strlen(name);
	const struct conf_key *key = key_find(name, len);
	char content[CONF_LINE_MAX];

	if (key != NULL)
		return key_set(conf, key, value, where);
	if (len > 5 && strcmp(name + len - 5, "_FILE") == 0)
		key = key_find(name, len - 5);
	if (key == NULL)
		return complain(where, name, "is not a known setting");
	if (!read_value_file(value, content))
		return complain(where, name, "names a file that cannot be read or is too long");
	return key_set(conf, key, content, where);
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

enum err
conf_load(const char *path, struct conf *conf)
{
	bool named = path != NULL || (path = getenv("CONFAB_CONF")) != NULL;
	enum err err = ERR_OK, from_environment;
	FILE *file;
	size_t i;

	for (i = 0; i < COUNT_OF(keys); i++) {
		if (keys[i].type == CONF_TYPE_TEXT)
			*text_at(conf, &keys[i]) = keys[i].text;
		else
			*int_at(conf, &keys[i]) = keys[i].number;
	}
	if (!named)
		path = "/etc/confab/confab.conf";
	file = fopen(path, "re");
	if (file != NULL) {
		err = file_load(conf, file, path);
		(void)fclose(file);
	} else if (named) {
		err = complain(path, "the settings file", "cannot be read");
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
		return complain("config", key, "is missing");
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

static enum err
example_check(const char *key, const char *value)
{
	if (strstr(value, "example") == NULL)
		return ERR_OK;
	return complain("config", key, "still holds the example secret");
}

static enum err
production_check(const struct conf *conf)
{
	enum err err = ERR_OK;

	if (!str_starts(conf->base_url, "https://"))
		err = complain("config", "BASE_URL", "must start with https:// in production");
	if (example_check("SECRET_KEYS", conf->secret_keys) != ERR_OK ||
	    example_check("FIELD_KEYS", conf->field_keys) != ERR_OK ||
	    example_check("LOOKUP_KEY", conf->lookup_key) != ERR_OK)
		err = ERR_BAD_REQUEST;
	if (strcmp(conf->ai_provider, "echo") == 0)
		(void)fprintf(stderr, "config: warning: AI_PROVIDER is the built-in echo\n");
	return err;
}

enum err
conf_check(const struct conf *conf)
{
	static const char *const environments[] = { "production", "development", NULL };
	static const char *const levels[] = { "debug", "info", "warn", "error", NULL };
	static const char *const providers[] = { "echo", NULL };
	enum err err = secrets_check("SECRET_KEYS", conf->secret_keys);
	size_t len = strlen(conf->base_url);

	if (secrets_check("FIELD_KEYS", conf->field_keys) != ERR_OK)
		err = ERR_BAD_REQUEST;
	if (strlen(conf->lookup_key) < 32)
		err = complain("config", "LOOKUP_KEY", "needs 32 characters or more");

	if (!one_of(conf->environment, environments))
		err = complain("config", "ENVIRONMENT", "must be production or development");
	if (!one_of(conf->log_level, levels))
		err = complain("config", "LOG_LEVEL", "must be debug, info, warn or error");
	if (!one_of(conf->ai_provider, providers))
		err = complain("config", "AI_PROVIDER", "must be echo");
	if (len == 0 || conf->base_url[len - 1] == '/' || strstr(conf->base_url, "://") == NULL)
		err = complain("config", "BASE_URL", "must be a URL without a slash at its end");
	if (err == ERR_OK && strcmp(conf->environment, "production") == 0)
		err = production_check(conf);
	return err;
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
