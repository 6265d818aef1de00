#include "domain/talk/ticket.h"
#include "base/crypto.h"

#include <string.h>

enum { ISSUE, CLAIM };
/* Some of the expired go with each new one; rows that another call deletes are left to it. */
static const struct stmt stmts[] = {
	[ISSUE] = { "ticket_issue", 5,
	    "WITH swept AS (DELETE FROM ticket WHERE hash IN (SELECT hash FROM ticket"
	    " WHERE expires_at < app_now() - interval '1 minute' LIMIT 20 FOR UPDATE SKIP LOCKED))"
	    " INSERT INTO ticket (hash, user_id, login_id, role, expires_at)"
	    " VALUES ($1, $2, $3, $4, app_now() + make_interval(secs => $5))" },
	[CLAIM] = { "ticket_claim", 1,
	    "WITH claimed AS (DELETE FROM ticket WHERE hash = $1 RETURNING *)"
	    " SELECT c.user_id, c.login_id, c.role FROM claimed c JOIN login l ON l.id = c.login_id"
	    " WHERE c.expires_at > app_now() AND l.ended_at IS NULL" },
};
STMT_SET(ticket_stmts, stmts);

enum { COLUMN_USER, COLUMN_LOGIN, COLUMN_ROLE };

static const char *
hash_of(struct arena *arena, const char *ticket)
{
	char *hash = arena_alloc(arena, SHA256_HEX_SIZE);

	crypto_sha256_hex(ticket, strlen(ticket), hash);
	return hash;
}

struct db_bound
ticket_issue_bind(struct arena *arena, const struct ticket_holder *holder, const char **ticket)
{
	*ticket = crypto_random_token(arena, TICKET_BYTES);
	return db_bind(&stmts[ISSUE], db_text(hash_of(arena, *ticket)), db_text(holder->user_id),
	    db_text(holder->login_id), db_text(holder->role), db_i64(TICKET_S));
}

struct db_bound
ticket_claim_bind(struct arena *arena, const char *ticket)
{
	return db_bind(&stmts[CLAIM], db_text(hash_of(arena, ticket)));
}

enum err
ticket_take(const struct rows *rows, struct ticket_holder *holder)
{
	if (rows_count(rows) == 0)
		return ERR_UNAUTHORIZED;
	*holder = (struct ticket_holder){ rows_text(rows, 0, COLUMN_USER),
		rows_text(rows, 0, COLUMN_LOGIN), rows_text(rows, 0, COLUMN_ROLE) };
	return ERR_OK;
}
