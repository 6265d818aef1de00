/* Passwords: what is stored, and that the memory one took is given back. */
#include "base/arena.h"
#include "domain/people/password.h"
#include "harness/cunit.h"

#include <malloc.h>
#include <string.h>

static struct arena *arena;
static const struct conf conf = {
	.argon2_memory_kib = 19 * 1024, .argon2_passes = 2, .argon2_slots = 2
};

/* Bytes that malloc has from the system. */
static size_t
taken(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.arena + info.hblkhd;
}

static void
memory_is_given_back(void)
{
	size_t before = taken();
	bool renew;
	char *hash;
	int i;

	CU_ASSERT_EQUAL_FATAL(password_hash(arena, &conf, "correct horse", &hash), ERR_OK);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(
		    password_verify(arena, &conf, hash, "correct horse", &renew), ERR_OK);
	CU_ASSERT(taken() < before + 1024 * 1024);
}

static void
a_wrong_password_does_not_fit(void)
{
	bool renew;
	char *hash;

	CU_ASSERT_EQUAL_FATAL(password_hash(arena, &conf, "correct horse", &hash), ERR_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(hash, "$argon2id$v=19$m=19456,t=2,p=1$"));
	CU_ASSERT_EQUAL(
	    password_verify(arena, &conf, hash, "correct horses", &renew), ERR_BAD_CREDENTIALS);
	CU_ASSERT_EQUAL(
	    password_verify(arena, &conf, NULL, "correct horse", &renew), ERR_BAD_CREDENTIALS);
}

static void
the_common_ones_are_refused(void)
{
	static const char *const bad[] = { "password", "PassWord", "qwertyuiop", "confab123",
		"horoscope", "iloveyou", "1qaz2wsx", "zzzzzzzz" };
	size_t i;

	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_PTR_NOT_NULL(password_weakness(bad[i], NULL));
	CU_ASSERT_PTR_NOT_NULL(password_weakness("xx-maya.rao-xx", "maya.rao@example.org"));
	CU_ASSERT_PTR_NULL(password_weakness("correct horse", NULL));
	CU_ASSERT_PTR_NULL(password_weakness("correct horse", "maya.rao@example.org"));
}

/* Each entry is found by a search that halves, so they are sorted. */
static void
each_common_one_is_found(void)
{
	static const char *const entries[] = {
#include "domain/people/common_passwords.def"
	};
	size_t i;

	CU_ASSERT(COUNT_OF(entries) > 10000);
	for (i = 0; i < COUNT_OF(entries); i++)
		if (password_weakness(entries[i], NULL) == NULL)
			CU_FAIL("an entry is not found");
}

/* By crypt(3): "correct horse" at cost 4. */
static const char bcrypt_hash[] = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

static void
a_hash_of_bcrypt_fits_and_is_to_be_renewed(void)
{
	struct conf known = conf;
	bool renew;

	CU_ASSERT_EQUAL(password_verify(arena, &conf, bcrypt_hash, "correct horse", &renew), ERR_OK);
	CU_ASSERT(renew);
	CU_ASSERT_EQUAL(password_verify(arena, &conf, bcrypt_hash, "correct horsf", &renew),
	    ERR_BAD_CREDENTIALS);
	known.bcrypt_cost = 4;
	CU_ASSERT_EQUAL(
	    password_verify(arena, &known, NULL, "correct horse", &renew), ERR_BAD_CREDENTIALS);
	CU_ASSERT_EQUAL(
	    password_verify(arena, &known, bcrypt_hash, "correct horse", &renew), ERR_OK);
	CU_ASSERT(password_importable(bcrypt_hash));
	CU_ASSERT_FALSE(password_importable("$2b$10$short"));
	CU_ASSERT_FALSE(
	    password_importable("$2x$04$abcdefghijklmnopqrstuu4yeT.ZC2HsKHdGlIFPJ1jCAlWsJzYFW"));
	CU_ASSERT_FALSE(password_importable("$1$salt$qJH7.N4xYta3aEG/dfqo/0"));
	CU_ASSERT_FALSE(password_importable(""));
}

static void
a_hash_that_would_take_seconds_fits_nothing(void)
{
	char dear[sizeof(bcrypt_hash)];
	bool renew;

	memcpy(dear, bcrypt_hash, sizeof(dear));
	dear[4] = '3';
	dear[5] = '1';
	CU_ASSERT_FALSE(password_importable(dear));
	CU_ASSERT_EQUAL(
	    password_verify(arena, &conf, dear, "correct horse", &renew), ERR_BAD_CREDENTIALS);
}

static void
a_hash_of_lower_cost_is_to_be_renewed(void)
{
	struct conf dearer = conf;
	bool renew;
	char *hash;

	CU_ASSERT_EQUAL_FATAL(password_hash(arena, &conf, "correct horse", &hash), ERR_OK);
	CU_ASSERT_EQUAL(password_verify(arena, &conf, hash, "correct horse", &renew), ERR_OK);
	CU_ASSERT_FALSE(renew);
	dearer.argon2_passes++;
	CU_ASSERT_EQUAL(password_verify(arena, &dearer, hash, "correct horse", &renew), ERR_OK);
	CU_ASSERT(renew);
}

static const struct cunit_test tests[] = {
	{ "the memory that a password takes is given back", memory_is_given_back },
	{ "a wrong password does not fit", a_wrong_password_does_not_fit },
	{ "the common ones are refused", the_common_ones_are_refused },
	{ "each common one is found", each_common_one_is_found },
	{ "a hash of bcrypt fits and is to be renewed", a_hash_of_bcrypt_fits_and_is_to_be_renewed },
	{ "a hash that would take seconds fits nothing",
	    a_hash_that_would_take_seconds_fits_nothing },
	{ "a hash of lower cost is to be renewed", a_hash_of_lower_cost_is_to_be_renewed },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(1024 * 1024);
	password_prepare(&conf);
	status = cunit_run("password", tests);
	arena_free(arena);
	return status;
}
