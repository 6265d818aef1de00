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

static const struct cunit_test tests[] = {
	{ "the memory that a password takes is given back", memory_is_given_back },
	{ "a wrong password does not fit", a_wrong_password_does_not_fit },
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
