#include "web/token_cache.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/uuid.h"

#include <string.h>

struct entry {
	size_t len; /* of text; 0: empty */
	char text[TOKEN_CACHE_TEXT_MAX];
	char user_id[UUID_TEXT_SIZE], login_id[UUID_TEXT_SIZE];
	enum role role;
	int64_t expires_at_s;
};

struct token_cache {
	struct entry entries[TOKEN_CACHE_SLOTS];
};

struct token_cache *
token_cache_new(struct arena *arena)
{
	return arena_alloc(arena, sizeof(struct token_cache));
}

/* The signature stands at the end and is as good as random. */
static struct entry *
slot_of(struct token_cache *cache, const char *text, size_t len)
{
	unsigned sum = 0;
	size_t i;

	for (i = len - 8; i < len; i++)
		sum = sum * 31 + (unsigned char)text[i];
	return &cache->entries[sum % TOKEN_CACHE_SLOTS];
}

static void
keep(struct entry *entry, const char *text, size_t len, const struct token *token)
{
	memcpy(entry->text, text, len);
	memcpy(entry->user_id, token->user_id, UUID_TEXT_SIZE);
	memcpy(entry->login_id, token->login_id, UUID_TEXT_SIZE);
	entry->role = token->role;
	entry->expires_at_s = token->expires_at_s;
	entry->len = len;
}

enum err
token_cache_check(struct token_cache *cache, struct arena *arena, const struct conf *conf,
    const char *text, struct token *token)
{
	size_t len = strnlen(text, TOKEN_CACHE_TEXT_MAX + 1);
	struct entry *entry;
	enum err err;

	if (len < 20 || len > TOKEN_CACHE_TEXT_MAX)
		return token_check(arena, conf, text, token);
	entry = slot_of(cache, text, len);
	if (entry->len == len && crypto_equal(entry->text, text, len)) {
		*token = (struct token){ entry->user_id, entry->login_id, entry->role,
			entry->expires_at_s };
		return entry->expires_at_s > clock_now_s() ? ERR_OK : ERR_TOKEN_EXPIRED;
	}
	err = token_check(arena, conf, text, token);
	if (err == ERR_OK)
		keep(entry, text, len, token);
	return err;
}
