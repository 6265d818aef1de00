#include "db/migrate_files.h"
#include "base/log.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 999, FILE_BYTES_MAX = 1024 * 1024 };

/* The files of one directory, as far as they are read. */
struct reading {
	struct arena *arena;
	const char *dir;
	struct migration_files *files;
};

static int
is_migration(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t len = strlen(name);

	return len > 9 && strspn(name, "0123456789") == 4 && name[4] == '_' &&
	    strcmp(name + len - 4, ".sql") == 0;
}

static int
is_code(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t len = strlen(name);

	return len > 4 && name[0] != '.' && strcmp(name + len - 4, ".sql") == 0;
}

/* base.sql is what all others stand on. */
static int
code_order(const struct dirent **a, const struct dirent **b)
{
	bool a_base = strcmp((*a)->d_name, "base.sql") == 0;
	bool b_base = strcmp((*b)->d_name, "base.sql") == 0;

	return a_base != b_base ? b_base - a_base : strcmp((*a)->d_name, (*b)->d_name);
}

static enum err
file_read(struct reading *reading, const char *name, struct migration *file)
{
	static char bytes[FILE_BYTES_MAX];
	FILE *stream = fopen(arena_printf(reading->arena, "%s/%s", reading->dir, name), "re");
	size_t len = stream == NULL ? 0 : fread(bytes, 1, sizeof(bytes), stream);

	if (stream != NULL)
		(void)fclose(stream);
	if (len == 0 || len == sizeof(bytes)) {
		log_error("cannot read a migration", LOG_STR("file", name));
		return ERR_CONFLICT;
	}
	file->name = arena_strndup(reading->arena, name, strlen(name) - 4);
	file->text = arena_strndup(reading->arena, bytes, len);
	crypto_sha256_hex(bytes, len, file->checksum);
	return ERR_OK;
}

static enum err
numbered_add(struct reading *reading, const char *name)
{
	struct migration_files *files = reading->files;
	struct migration *file = &files->numbered[files->count];

	TRY(file_read(reading, name, file));
	file->version = (int)strtol(name, NULL, 10);
	if (file->version != (int)++files->count) {
		log_error("migration numbers must follow each other", LOG_STR("file", name));
		return ERR_CONFLICT;
	}
	return ERR_OK;
}

static enum err
code_add(struct reading *reading, const char *name)
{
	struct migration_files *files = reading->files;

	return file_read(reading, arena_printf(reading->arena, "code/%s", name),
	    &files->code[files->code_count++]);
}

/* Add all entries, and free them. */
static enum err
entries_add(struct reading *reading, struct dirent **entries, int count,
    enum err (*add)(struct reading *, const char *name))
{
	enum err err = ERR_OK;
	int i;

	for (i = 0; i < count; i++) {
		if (err == ERR_OK)
			err = add(reading, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return err;
}

enum err
migration_files_read(struct arena *arena, const char *dir, struct migration_files *files)
{
	struct reading reading = { arena, dir, files };
	const char *code = arena_printf(arena, "%s/code", dir);
	struct dirent **entries;
	int count = scandir(dir, &entries, is_migration, alphasort);

	memset(files, 0, sizeof(*files));
	if (count <= 0 || count > FILES_MAX) {
		log_error("no migrations found", LOG_STR("dir", dir));
		return ERR_CONFLICT;
	}
	files->numbered = arena_calloc(arena, (size_t)count, sizeof(*files->numbered));
	TRY(entries_add(&reading, entries, count, numbered_add));
	count = scandir(code, &entries, is_code, code_order);
	if (count < 0 || count > FILES_MAX) {
		log_error("no folder of functions found", LOG_STR("dir", code));
		return ERR_CONFLICT;
	}
	files->code = arena_calloc(arena, (size_t)count + 1, sizeof(*files->code));
	return entries_add(&reading, entries, count, code_add);
}
