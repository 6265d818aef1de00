/*
 * `confab keys create [DIR]`: the secret key files of an installation, where the units' LoadCredential= looks.
 * A key that is there is never touched, whatever is in it; a new one appears whole or not at all, also when the
 * machine loses its power meanwhile.
 */
#include "base/crypto.h"
#include "base/log.h"
#include "confab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32, KEPT = 3 /* exit status */ };

static const struct key_file {
	const char *name, *id; /* what stands before the secret */
	const char *what;
} key_files[] = {
	{ "secret_keys", "k1:", "signs tokens and cookies" },
	{ "field_keys", "f1:", "encrypts fields; keep a copy apart from the database's" },
	{ "lookup_key", "", "finds encrypted fields; keep a copy apart from the database's" },
};

static int
fail(const char *what, const char *path)
{
	log_error(what, LOG_STR("file", path), LOG_STR("error", strerror(errno)));
	return 1;
}

/* A new file with a fresh key that only its owner can read, on the disk. */
static bool
key_write(const char *path, const char *id)
{
	uint8_t bytes[KEY_BYTES];
	char text[8 + 2 * KEY_BYTES + 2], hex[2 * KEY_BYTES + 1];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len;
	bool good;

	if (fd < 0)
		return false;
	crypto_random(bytes, sizeof(bytes));
	crypto_hex(bytes, sizeof(bytes), hex);
	len = (size_t)snprintf(text, sizeof(text), "%s%s\n", id, hex);
	good = fchmod(fd, 0600) == 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(hex, sizeof(hex));
	explicit_bzero(text, sizeof(text));
	return close(fd) == 0 && good;
}

/* Write under another name and link: link(2) never replaces. Returns 0, KEPT or 1. */
static int
key_create(struct arena *arena, const char *dir, const struct key_file *key)
{
	const char *path = arena_printf(arena, "%s/%s", dir, key->name);
	const char *fresh = arena_printf(arena, "%s/.%s.%ld", dir, key->name, (long)getpid());
	struct stat status;
	int error;

	if (lstat(path, &status) == 0) {
		(void)printf("kept     %s: it is there already\n", path);
		return KEPT;
	}
	if (!key_write(fresh, key->id)) {
		error = errno;
		(void)unlink(fresh);
		errno = error;
		return fail("cannot write a key", path);
	}
	error = link(fresh, path) == 0 ? 0 : errno;
	(void)unlink(fresh);
	if (error == 0) {
		(void)printf("created  %s: %s\n", path, key->what);
		return 0;
	}
	errno = error;
	if (error != EEXIST)
		return fail("cannot write a key", path);
	(void)printf("kept     %s: it is there already\n", path);
	return KEPT;
}

static bool
dir_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return good;
}

int
confab_keys_create(struct command *command)
{
	char place[4096];
	const char *dir =
	    command->argc > 0 ? command->argv[0] : conf_dir(NULL, place, sizeof(place));
	int status = 0;
	size_t i;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return fail("cannot make the folder of the keys", dir);
	for (i = 0; i < COUNT_OF(key_files); i++) {
		int one = key_create(command->arena, dir, &key_files[i]);

		if (one == 1)
			return 1;
		if (one == KEPT)
			status = KEPT;
	}
	if (!dir_sync(dir))
		return fail("cannot write the folder of the keys", dir);
	return status;
}
