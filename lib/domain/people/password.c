#include "domain/people/password.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/str.h"

#include <argon2.h>
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

/* The most common passwords of eight characters and more, and our own words. A password is compared
 * in lower case. */
static const char *const common[] = { "password", "password1", "password12", "password123",
	"password1234", "passw0rd", "p@ssw0rd", "p@ssword", "12345678", "123456789", "1234567890",
	"12345678910", "0123456789", "87654321", "987654321", "9876543210", "11111111", "111111111",
	"1111111111", "00000000", "000000000", "0000000000", "22222222", "33333333", "55555555",
	"66666666", "77777777", "88888888", "99999999", "12341234", "11223344", "1122334455",
	"123123123", "123321123", "12344321", "147258369", "789456123", "159753456", "1q2w3e4r",
	"1q2w3e4r5t", "1qaz2wsx", "1qaz2wsx3edc", "zaq12wsx", "q1w2e3r4", "qwertyui", "qwertyuiop",
	"qwerty12", "qwerty123", "qwerty1234", "qwerty12345", "asdfghjk", "asdfghjkl", "asdf1234",
	"asdfasdf", "zxcvbnm1", "zxcvbnm123", "qazwsxedc", "abcd1234", "abcdefgh", "abc12345",
	"abc123456", "a1b2c3d4", "aa123456", "aaaaaaaa", "a12345678", "iloveyou", "iloveyou1",
	"iloveyou2", "iloveyou123", "sunshine", "sunshine1", "princess", "princess1", "football",
	"football1", "baseball", "baseball1", "basketball", "superman", "superman1", "batman123",
	"spiderman", "starwars", "pokemon1", "trustno1", "whatever", "letmein1", "letmein123",
	"welcome1", "welcome123", "welcome12", "admin123", "admin1234", "administrator", "changeme",
	"changeme1", "secret123", "default1", "computer", "internet", "samsung1", "michelle",
	"jennifer", "jessica1", "michael1", "jordan23", "liverpool", "chelsea1", "arsenal1",
	"manchester", "barcelona", "realmadrid", "juventus", "mercedes", "corvette", "mustang1",
	"harley12", "butterfly", "chocolate", "elephant", "dolphins", "midnight", "november",
	"december", "september", "february", "blessed1", "jesus123", "krishna1", "india123",
	"india@123", "pakistan", "bismillah", "allah786", "dragon12", "monkey123", "shadow12",
	"master12", "killer12", "hello123", "hello1234", "test1234", "testtest", "tester12",
	"guest123", "qweasdzxc", "google123", "facebook", "facebook1", "linkedin", "lovelove",
	"loveyou1", "fuckyou1", "asshole1", "bigdaddy", "cheese12", "confab12", "confab123",
	"confab1234", "advisor1", "advisor123", "astrology", "astrologer", "horoscope" };

const char *
password_weakness(const char *text, const char *email)
{
	char lower[PASSWORD_MAX * 4 + 1], name[65];
	size_t i, name_len = email == NULL ? 0 : strcspn(email, "@");

	(void)snprintf(lower, sizeof(lower), "%s", text);
	str_lower(lower);
	for (i = 0; i < COUNT_OF(common); i++)
		if (strcmp(common[i], lower) == 0)
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
	char encoded[256];

	TRY(encode(conf, text, encoded, sizeof(encoded)));
	*hash = arena_strdup(arena, encoded);
	return ERR_OK;
}

static bool
stored_good(const char *hash, unsigned *memory_kib, unsigned *passes)
{
	unsigned lanes;

	return sscanf(hash, "$argon2id$v=19$m=%u,t=%u,p=%u$", memory_kib, passes, &lanes) == 3 &&
	    *memory_kib <= STORED_MEMORY_KIB_MAX && *passes <= STORED_PASSES_MAX && lanes == 1;
}

enum err
password_verify(
    struct arena *arena, const struct conf *conf, const char *hash, const char *text, bool *renew)
{
	unsigned memory_kib = 0, passes = 0;
	pthread_mutex_t *slot;
	char ignored[256];
	int status;

	(void)arena;
	*renew = false;
	if (hash == NULL || !stored_good(hash, &memory_kib, &passes)) {
		TRY(encode(conf, text, ignored, sizeof(ignored)));
		return ERR_BAD_CREDENTIALS;
	}
	slot = slot_take();
	if (slot == NULL)
		return ERR_BUSY;
	status = argon2id_verify(hash, text, strlen(text));
	(void)pthread_mutex_unlock(slot);
	if (status != ARGON2_OK)
		return ERR_BAD_CREDENTIALS;
	*renew = memory_kib < (unsigned)conf->argon2_memory_kib ||
	    passes < (unsigned)conf->argon2_passes;
	return ERR_OK;
}
