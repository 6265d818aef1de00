#include "web/idem.h"
#include "base/crypto.h"
#include "web/reply.h"

#include <string.h>

enum { IDEM_CLAIM, IDEM_READ, IDEM_STORE };
static const struct stmt stmts[] = {
	[IDEM_CLAIM] = { "idem_claim", 3,
	    "INSERT INTO idempotency (user_id, key, request_hash) VALUES ($1, $2, $3)"
	    " ON CONFLICT DO NOTHING RETURNING key",
	    false },
	[IDEM_READ] = { "idem_read", 2,
	    "SELECT request_hash, status, body, location FROM idempotency"
	    " WHERE user_id = $1 AND key = $2",
	    false },
	[IDEM_STORE] = { "idem_store", 5,
	    "UPDATE idempotency SET status = $3, body = $4, location = $5"
	    " WHERE user_id = $1 AND key = $2",
	    false },
};
STMT_SET(idem_stmts, stmts);

static bool
key_good(const char *key)
{
	size_t len = strlen(key), i;

	if (len == 0 || len > IDEMPOTENCY_KEY_BYTES_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (key[i] < 0x21 || key[i] > 0x7e)
			return false;
	return true;
}

static char *
request_hash(const struct req *req)
{
	struct buf whole = buf_new(req->arena, req->body_len + 256);
	char *hex = arena_alloc(req->arena, SHA256_HEX_SIZE);

	buf_printf(&whole, "%s %s\n", method_name(req->method), req->path);
	buf_add(&whole, req->body_text, req->body_len);
	crypto_sha256_hex(whole.data, whole.len, hex);
	return hex;
}

static enum err
replay(struct req *req, const char *key, const char *hash)
{
	struct rows *rows;
	const char *location;

	TRY(db_one(req->db, &rows, &stmts[IDEM_READ], db_text(req->caller.user_id), db_text(key)));
	if (strcmp(rows_text(rows, 0, 0), hash) != 0)
		return ERR_KEY_REUSED;
	location = rows_text(rows, 0, 3);
	if (rows_i64(rows, 0, 1) == 204)
		(void)reply_empty(req);
	else
		(void)reply_text(req, (int)rows_i64(rows, 0, 1), "application/json",
		    rows_text(rows, 0, 2), strlen(rows_text(rows, 0, 2)));
	if (location != NULL)
		reply_location(req, location);
	reply_header(req, "Idempotent-Replayed", "true");
	return ERR_OK;
}

enum err
idem_begin(struct req *req, bool *replayed)
{
	const char *key = req_header(req, HEADER_IDEMPOTENCY_KEY);
	const char *hash;
	struct rows *rows;
	enum err err;

	*replayed = false;
	if (key == NULL)
		return req->route->flags & ROUTE_KEY_REQUIRED ? ERR_KEY_REQUIRED : ERR_OK;
	if (!key_good(key))
		return req_blame(req, ERR_BAD_REQUEST, "Idempotency-Key",
		    "must be 1 to 255 visible ASCII characters");
	hash = request_hash(req);
	err = db_rows(req->db, &rows, &stmts[IDEM_CLAIM], db_text(req->caller.user_id),
	    db_text(key), db_text(hash));
	if (err == ERR_TIMEOUT)
		return ERR_IN_PROGRESS;
	TRY(err);
	if (rows_count(rows) == 1)
		return ERR_OK;
	*replayed = true;
	return replay(req, key, hash);
}

enum err
idem_end(struct req *req)
{
	const char *key = req_header(req, HEADER_IDEMPOTENCY_KEY);

	if (key == NULL)
		return ERR_OK;
	return db_exec_one(req->db, &stmts[IDEM_STORE], db_text(req->caller.user_id), db_text(key),
	    db_i64(req->reply.status), db_text(req->reply.body.data), db_text(req->reply.location));
}
