/* Sealed fields: what goes in comes out, for its own row and key only. */
#include "base/crypto.h"
#include "base/seal.h"
#include "harness/cunit.h"

#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static const char keys[] =
    "b:secret-secret-secret-secret-secret-b,a:secret-secret-secret-secret-secret-a";
static const char old_keys[] = "a:secret-secret-secret-secret-secret-a";

static void
opens_what_it_sealed(void)
{
	static const char *const texts[] = { "", "+919876543210", "äöü €",
		"a text that is longer than one block of the cipher, and then some more of it" };
	size_t i;

	for (i = 0; i < COUNT_OF(texts); i++) {
		char *sealed = seal_make(arena, keys, "row 1", texts[i]), *text = NULL;

		CU_ASSERT_EQUAL(strncmp(sealed, "b.", 2), 0);
		CU_ASSERT_PTR_NULL(texts[i][0] == '\0' ? NULL : strstr(sealed, texts[i]));
		CU_ASSERT_EQUAL_FATAL(seal_open(arena, keys, "row 1", sealed, &text), ERR_OK);
		CU_ASSERT_STRING_EQUAL(text, texts[i]);
	}
}

static void
never_seals_alike(void)
{
	CU_ASSERT_STRING_NOT_EQUAL(
	    seal_make(arena, keys, "row", "same"), seal_make(arena, keys, "row", "same"));
}

static void
does_not_open_in_another_row(void)
{
	char *sealed = seal_make(arena, keys, "row 1", "+919876543210"), *text;

	CU_ASSERT_EQUAL(seal_open(arena, keys, "row 2", sealed, &text), ERR_INTERNAL);
	CU_ASSERT_EQUAL(seal_open(arena, keys, "", sealed, &text), ERR_INTERNAL);
}

static void
old_keys_still_open(void)
{
	char *sealed = seal_make(arena, old_keys, "row", "old"), *text;

	CU_ASSERT_EQUAL_FATAL(seal_open(arena, keys, "row", sealed, &text), ERR_OK);
	CU_ASSERT_STRING_EQUAL(text, "old");
	sealed = seal_make(arena, keys, "row", "new");
	CU_ASSERT_EQUAL(seal_open(arena, old_keys, "row", sealed, &text), ERR_INTERNAL);
}

static void
opens_nothing_that_was_changed(void)
{
	char *sealed = seal_make(arena, keys, "row", "+919876543210"), *text;
	size_t i, opened = 0, len = strlen(sealed);

	for (i = 0; i < len; i++) {
		char *changed = arena_strdup(arena, sealed);

		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		opened += seal_open(arena, keys, "row", changed, &text) == ERR_OK;
		opened +=
		    seal_open(arena, keys, "row", arena_strndup(arena, sealed, i), &text) == ERR_OK;
	}
	CU_ASSERT_EQUAL(opened, 0);
	CU_ASSERT_EQUAL(seal_open(arena, keys, "row", "", &text), ERR_INTERNAL);
	CU_ASSERT_EQUAL(seal_open(arena, keys, "row", "..", &text), ERR_INTERNAL);
	CU_ASSERT_EQUAL(seal_open(arena, keys, "row", "b..", &text), ERR_INTERNAL);
}

static void
looks_up_by_label_and_key(void)
{
	char *hash = seal_lookup(arena, "key 1", "phone", "+919876543210");

	CU_ASSERT_EQUAL(strlen(hash), 64);
	CU_ASSERT_STRING_EQUAL(hash, seal_lookup(arena, "key 1", "phone", "+919876543210"));
	CU_ASSERT_STRING_NOT_EQUAL(hash, seal_lookup(arena, "key 2", "phone", "+919876543210"));
	CU_ASSERT_STRING_NOT_EQUAL(hash, seal_lookup(arena, "key 1", "kyc", "+919876543210"));
	CU_ASSERT_STRING_NOT_EQUAL(hash, seal_lookup(arena, "key 1", "phone", "+919876543211"));
}

static void
finds_keys_by_id(void)
{
	const char *id, *secret;

	CU_ASSERT(seal_key_find(arena, "x:1,yy:2:3", NULL, &id, &secret));
	CU_ASSERT_STRING_EQUAL(id, "x");
	CU_ASSERT(seal_key_find(arena, "x:1,yy:2:3", "yy", NULL, &secret));
	CU_ASSERT_STRING_EQUAL(secret, "2:3");
	CU_ASSERT(!seal_key_find(arena, "x:1,yy:2:3", "y", NULL, &secret));
	CU_ASSERT(!seal_key_find(arena, "x:1,yy:2:3", "x:1", NULL, &secret));
	CU_ASSERT(!seal_key_find(arena, "", NULL, NULL, &secret));
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "opens what it sealed", opens_what_it_sealed },
		{ "never seals alike", never_seals_alike },
		{ "does not open in another row", does_not_open_in_another_row },
		{ "old keys still open", old_keys_still_open },
		{ "opens nothing that was changed", opens_nothing_that_was_changed },
		{ "looks up by label and key", looks_up_by_label_and_key },
		{ "finds keys by id", finds_keys_by_id }, { NULL, NULL } };
	int status;

	arena = arena_new(16 * 1024 * 1024);
	status = cunit_run("seal", tests);
	arena_free(arena);
	return status;
}
