#include "domain/people/password.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/str.h"

#include <argon2.h>
#include <crypt.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
	SALT_SIZE = 16,
	HASH_SIZE = 32,
	ENCODED_SIZE = 256, /* of a PHC string, with NUL */
	BCRYPT_SIZE = 60, /* characters of a $2b$ string, of which the salt and the hash begin at */
	BCRYPT_SALT = 7,
	SLOTS_MAX = 64,
	SLOT_WAIT_S = 2,
	MAP_FROM_BYTES = 128 * 1024, /* glibc's own first choice */
	/* Above these a stored string is not ours: it would be a way to exhaust memory. */
	STORED_MEMORY_KIB_MAX = 65536,
	STORED_PASSES_MAX = 5
};

/* Locks of a process that dies are taken over (robust), so no slot is ever lost. */
struct slots {
	size_t count;
	pthread_mutex_t locks[SLOTS_MAX];
};
static struct slots *slots;

void
password_prepare(const struct conf *conf)
{
	pthread_mutexattr_t attr;
	size_t i;

	/* Or glibc raises it to the largest block ever given back and keeps the next such: 19 MB for each worker. */
	(void)mallopt(M_MMAP_THRESHOLD, MAP_FROM_BYTES);
	if (slots != NULL) /* those who were forked with it keep theirs */
		(void)munmap(slots, sizeof(*slots));
	slots =
	    mmap(NULL, sizeof(*slots), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		abort();
	slots->count = (size_t)conf->argon2_slots;
	(void)pthread_mutexattr_init(&attr);
	(void)pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	(void)pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	for (i = 0; i < slots->count; i++)
		(void)pthread_mutex_init(&slots->locks[i], &attr);
	(void)pthread_mutexattr_destroy(&attr);
}

static bool
taken(pthread_mutex_t *lock, int status)
{
	if (status == EOWNERDEAD)
		(void)pthread_mutex_consistent(lock);
	return status == 0 || status == EOWNERDEAD;
}

/* A free slot, waiting a little for one; NULL when there is none. */
static pthread_mutex_t *
slot_take(void)
{
	struct timespec until;
	size_t i;

	for (i = 0; i < slots->count; i++)
		if (taken(&slots->locks[i], pthread_mutex_trylock(&slots->locks[i])))
			return &slots->locks[i];
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SLOT_WAIT_S;
	i = (size_t)clock_monotonic_us() % slots->count;
	if (taken(&slots->locks[i], pthread_mutex_timedlock(&slots->locks[i], &until)))
		return &slots->locks[i];
	return NULL;
}

enum { COMMON_SIZE = 21 }; /* the longest has 20 characters */
static const char common[][COMMON_SIZE] = {
#include "domain/people/common_passwords.def"
};

static int
by_text(const void *text, const void *entry)
{
	return strcmp(text, entry);
}

const char *
password_weakness(const char *text, const char *email)
{
	char lower[PASSWORD_MAX * 4 + 1], name[65];
	size_t name_len = email == NULL ? 0 : strcspn(email, "@");

	(void)snprintf(lower, sizeof(lower), "%s", text);
	str_lower(lower);
	if (bsearch(lower, common, COUNT_OF(common), COMMON_SIZE, by_text) != NULL)
		return "is one of the most common passwords";
	if (strspn(lower, (char[]){ lower[0], '\0' }) == strlen(lower))
		return "is one character over and over";
	if (name_len >= 4 && name_len < sizeof(name)) {
		memcpy(name, email, name_len);
		name[name_len] = '\0';
		if (strstr(lower, name) != NULL)
			return "must not hold the name of the e-mail address";
	}
	return NULL;
}

static enum err
encode(const struct conf *conf, const char *text, char *hash, size_t size)
{
	pthread_mutex_t *slot = slot_take();
	uint8_t salt[SALT_SIZE];
	int status;

	if (slot == NULL)
		return ERR_BUSY;
	crypto_random(salt, sizeof(salt));
	status =
	    argon2id_hash_encoded((uint32_t)conf->argon2_passes, (uint32_t)conf->argon2_memory_kib,
		1, text, strlen(text), salt, sizeof(salt), HASH_SIZE, hash, size);
	(void)pthread_mutex_unlock(slot);
	if (status == ARGON2_OK)
		return ERR_OK;
	log_error("argon2", LOG_STR("error", argon2_error_message(status)));
	return ERR_BUSY; /* no memory: the one thing that can fail here */
}

enum err
password_hash(struct arena *arena, const struct conf *conf, const char *text, char **hash)
{
	char encoded[ENCODED_SIZE];

	TRY(encode(conf, text, encoded, sizeof(encoded)));
	*hash = arena_strdup(arena, encoded);
	return ERR_OK;
}

/* --- comparing --- */

/* A stored hash, by what it was made with. */
enum stored { STORED_NONE, STORED_ARGON2ID, STORED_BCRYPT };

static enum stored
stored_kind(const struct conf *conf, const char *hash, bool *renew)
{
	unsigned memory_kib = 0, passes = 0, lanes = 0, cost = 0;
	char minor;

	*renew = true;
	if (hash == NULL)
		return STORED_NONE;
	if (sscanf(hash, "$2%c$%2u$", &minor, &cost) == 2)
		return strchr("aby", minor) != NULL && cost <= PASSWORD_BCRYPT_COST_MAX
		    ? STORED_BCRYPT
		    : STORED_NONE;
	if (sscanf(hash, "$argon2id$v=19$m=%u,t=%u,p=%u$", &memory_kib, &passes, &lanes) != 3 ||
	    memory_kib > STORED_MEMORY_KIB_MAX || passes > STORED_PASSES_MAX || lanes != 1)
		return STORED_NONE;
	*renew = memory_kib < (unsigned)conf->argon2_memory_kib ||
	    passes < (unsigned)conf->argon2_passes;
	return STORED_ARGON2ID;
}

static bool
bcrypt_fits(struct arena *arena, const char *hash, const char *text)
{
	struct crypt_data *data = arena_calloc(arena, 1, sizeof(*data));
	const char *made = crypt_rn(text, hash, data, (int)sizeof(*data));

	return made != NULL && strlen(made) == strlen(hash) &&
	    crypto_equal(made, hash, strlen(hash));
}

static enum err
fits(struct arena *arena, enum stored kind, const char *hash, const char *text)
{
	pthread_mutex_t *slot = slot_take();
	bool good;

	if (slot == NULL)
		return ERR_BUSY;
	good = kind == STORED_BCRYPT ? bcrypt_fits(arena, hash, text)
				     : argon2id_verify(hash, text, strlen(text)) == ARGON2_OK;
	(void)pthread_mutex_unlock(slot);
	return good ? ERR_OK : ERR_BAD_CREDENTIALS;
}

/* What the hash at hand has not cost: a miss costs the same whatever is stored. */
static enum err
cost_the_rest(struct arena *arena, const struct conf *conf, enum stored kind, const char *text)
{
	char made[ENCODED_SIZE];
	enum err err = ERR_OK;

	if (kind != STORED_ARGON2ID)
		TRY(encode(conf, text, made, sizeof(made)));
	if (kind != STORED_BCRYPT && conf->bcrypt_cost > 0)
		err = fits(arena, STORED_BCRYPT,
		    arena_printf(arena,
			"$2b$%02d$abcdefghijklmnopqrstuuWPVWbTTBXVGcR4GJ6BYhYLpKqcjXVfe",
			(int)conf->bcrypt_cost),
		    text);
	return err == ERR_BUSY ? err : ERR_BAD_CREDENTIALS;
}

enum err
password_verify(
    struct arena *arena, const struct conf *conf, const char *hash, const char *text, bool *renew)
{
	enum stored kind = stored_kind(conf, hash, renew);
	enum err err = kind == STORED_NONE ? ERR_BAD_CREDENTIALS : fits(arena, kind, hash, text);

	return err == ERR_BAD_CREDENTIALS ? cost_the_rest(arena, conf, kind, text) : err;
}

bool
password_importable(const char *hash)
{
	static const char digits[] =
	    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const struct conf conf = { 0 };
	bool renew;

	switch (stored_kind(&conf, hash, &renew)) {
	case STORED_BCRYPT:
		return strlen(hash) == BCRYPT_SIZE &&
		    strspn(hash + BCRYPT_SALT, digits) == BCRYPT_SIZE - BCRYPT_SALT;
	case STORED_ARGON2ID:
		return strlen(hash) < ENCODED_SIZE;
	default:
		return false;
	}
}
