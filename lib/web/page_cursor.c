#include "web/page_cursor.h"
#include "base/crypto.h"
#include "base/seal.h"
#include "base/str.h"

#include <string.h>

enum { DIGEST_LEN = 12 }; /* bytes of the HMAC kept: 96 bits */

/* What changes nothing about which rows there are, and in what order. */
static const char *const apart[] = { "cursor", "limit", "back", "columns", "zone", "done", "of" };

static bool
is_apart(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT_OF(apart); i++)
		if (strcmp(apart[i], name) == 0)
			return true;
	return false;
}

/* What the digest covers beside the keys: the route and every other query field, in whatever order they came. */
static void
add_filters(const struct req *req, struct buf *out)
{
	const struct field *field = req->route->query;
	struct json_object *value;

	buf_puts(out, req->route->name);
	buf_puts(out, req->path);
	for (; field != NULL && field->name != NULL; field++)
		if (!is_apart(field->name) &&
		    json_object_object_get_ex(req->query, field->name, &value))
			buf_printf(out, "&%s=%s", field->name, json_object_to_json_string(value));
}

static void
digest(const struct req *req, const char *payload, size_t len, uint8_t mac[SHA256_SIZE])
{
	struct buf whole = buf_new(req->arena, len + 256);

	buf_add(&whole, payload, len);
	buf_putc(&whole, '\n');
	add_filters(req, &whole);
	crypto_hmac_sha256(
	    req->conf->lookup_key, strlen(req->conf->lookup_key), whole.data, whole.len, mac);
}

char *
page_cursor_make(struct req *req, const struct rows *rows, size_t row)
{
	struct buf payload = buf_new(req->arena, 128);
	uint8_t mac[SHA256_SIZE];
	size_t column, len;

	for (column = 0; column < rows_columns(rows); column++) {
		const char *name = rows_name(rows, column);

		if (name[0] == '_' && name[1] == 'k' && name[2] >= '1' && name[2] <= '9') {
			buf_puts(&payload, rows_text(rows, row, column));
			buf_putc(&payload, '\x1f');
		}
	}
	len = payload.len;
	digest(req, payload.data, len, mac);
	buf_add(&payload, (const char *)mac, DIGEST_LEN);
	return crypto_base64url(req->arena, payload.data, payload.len);
}

enum err
page_cursor_read(struct req *req, const char *cursor, const char *keys[PAGE_KEYS_MAX])
{
	uint8_t mac[SHA256_SIZE], *bytes;
	size_t len, count = 0;
	char *at, *end;

	if (crypto_base64url_decode(req->arena, cursor, strlen(cursor), &bytes, &len) != ERR_OK ||
	    len <= DIGEST_LEN)
		return ERR_BAD_CURSOR;
	len -= DIGEST_LEN;
	digest(req, (const char *)bytes, len, mac);
	if (!crypto_equal(mac, bytes + len, DIGEST_LEN))
		return ERR_BAD_CURSOR;
	at = arena_strndup(req->arena, (const char *)bytes, len);
	for (; (end = strchr(at, '\x1f')) != NULL && count < PAGE_KEYS_MAX; at = end + 1) {
		*end = '\0';
		keys[count++] = at;
	}
	return ERR_OK;
}

enum err
req_page(struct req *req, struct page *page)
{
	const char *cursor = query_text(req, "cursor");

	memset(page, 0, sizeof(*page));
	page->limit = query_int(req, "limit", PAGE_ITEMS_DEFAULT);
	if (cursor == NULL)
		return ERR_OK;
	if (page_cursor_read(req, cursor, page->keys) == ERR_OK)
		return ERR_OK;
	return req_blame(req, ERR_BAD_CURSOR, "cursor", err_text(ERR_BAD_CURSOR));
}
