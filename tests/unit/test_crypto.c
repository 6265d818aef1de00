/* SHA-256 (FIPS 180-4 examples), HMAC (RFC 4231), base64url (RFC 4648). */
#include "base/crypto.h"
#include "harness/cunit.h"

#include <string.h>

static void
hashes(void)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	};
	char hex[SHA256_HEX_SIZE];
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		crypto_sha256_hex(cases[i].text, strlen(cases[i].text), hex);
		CU_ASSERT_STRING_EQUAL(hex, cases[i].hex);
	}
}

/* RFC 4231, cases 1 to 4, 6 and 7; a key or text of one repeated byte is given by its length. */
static const struct {
	const char *key;
	size_t key_len;
	int key_byte;
	const char *text;
	size_t text_len;
	int text_byte;
	const char *mac;
} macs[] = {
	{ NULL, 20, 0x0b, "Hi There", 8, 0,
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "Jefe", 4, 0, "what do ya want for nothing?", 28, 0,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ NULL, 20, 0xaa, NULL, 50, 0xdd,
	    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
	  "\x17\x18\x19",
	    25, 0, NULL, 50, 0xcd,
	    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	{ NULL, 131, 0xaa, "Test Using Larger Than Block-Size Key - Hash Key First", 54, 0,
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ NULL, 131, 0xaa,
	    "This is a test using a larger than block-size key and a larger than "
	    "block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
	    152, 0, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
};

static void
signs(void)
{
	size_t i;

	for (i = 0; i < COUNT_OF(macs); i++) {
		uint8_t key[256], text[256], mac[SHA256_SIZE];
		char hex[SHA256_HEX_SIZE];

		memset(key, macs[i].key_byte, sizeof(key));
		memset(text, macs[i].text_byte, sizeof(text));
		if (macs[i].key != NULL)
			memcpy(key, macs[i].key, macs[i].key_len);
		if (macs[i].text != NULL)
			memcpy(text, macs[i].text, macs[i].text_len);
		crypto_hmac_sha256(key, macs[i].key_len, text, macs[i].text_len, mac);
		crypto_hex(mac, sizeof(mac), hex);
		CU_ASSERT_STRING_EQUAL(hex, macs[i].mac);
	}
}

static void
writes_and_reads_base64url(void)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xef\xbe", "----" }, { "\xff\xff\xfe", "___-" } };
	struct arena *arena = arena_new(64 * 1024);
	uint8_t *bytes;
	size_t i, len;

	for (i = 0; i < COUNT_OF(cases); i++) {
		size_t bytes_len = strlen(cases[i].bytes);

		CU_ASSERT_STRING_EQUAL(
		    crypto_base64url(arena, cases[i].bytes, bytes_len), cases[i].text);
		CU_ASSERT_EQUAL_FATAL(crypto_base64url_decode(arena, cases[i].text,
					  strlen(cases[i].text), &bytes, &len),
		    ERR_OK);
		CU_ASSERT_EQUAL(len, bytes_len);
		CU_ASSERT(memcmp(bytes, cases[i].bytes, len) == 0);
	}
	arena_free(arena);
}

static void
refuses_loose_base64url(void)
{
	static const char *const bad[] = { "Z", "Zg=", "Zg==", "Zm9vY", "Zh", "Zm9", "Zm8=", "Zm+v",
		"Zm/v", "Zm 9v", "Zm9v\n", "Zm9v=",
		"\xc3\xa9"
		"aa" };
	struct arena *arena = arena_new(64 * 1024);
	uint8_t *bytes = NULL;
	size_t i, len = 0;

	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_EQUAL(crypto_base64url_decode(arena, bad[i], strlen(bad[i]), &bytes, &len),
		    ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(crypto_base64url_decode(arena, "Zg\0", 3, &bytes, &len), ERR_BAD_REQUEST);
	CU_ASSERT_PTR_NULL(bytes);
	arena_free(arena);
}

static void
makes_random_tokens(void)
{
	struct arena *arena = arena_new(64 * 1024);
	uint8_t *bytes;
	char *one = crypto_random_token(arena, 32), *two = crypto_random_token(arena, 32);
	size_t i, len = 0;

	CU_ASSERT_EQUAL(strlen(one), 43);
	CU_ASSERT_STRING_NOT_EQUAL(one, two);
	CU_ASSERT_EQUAL(crypto_base64url_decode(arena, one, 43, &bytes, &len), ERR_OK);
	CU_ASSERT_EQUAL(len, 32);
	CU_ASSERT(crypto_equal(one, one, 43) && !crypto_equal(one, two, 43));
	for (i = 0; i < 43 * 8; i++) { /* one bit, wherever it is */
		memcpy(two, one, 43);
		two[i / 8] ^= (char)(1 << i % 8);
		CU_ASSERT(!crypto_equal(one, two, 43) && crypto_equal(one, two, i / 8));
	}
	CU_ASSERT(crypto_equal("a", "b", 0));
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "SHA-256 gives the published digests", hashes },
	{ "HMAC-SHA-256 gives the vectors of RFC 4231", signs },
	{ "base64url gives the vectors of RFC 4648 both ways", writes_and_reads_base64url },
	{ "base64url with padding, stray bits or foreign characters is refused",
	    refuses_loose_base64url },
	{ "random tokens differ and decode", makes_random_tokens },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("crypto", tests);
}
