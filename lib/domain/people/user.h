/*
 * Accounts: making them and finding them by what people sign in with. Phone numbers are sealed under
 * FIELD_KEYS (context: the account's id) and found by a keyed hash.
 */
#ifndef DOMAIN_PEOPLE_USER_H
#define DOMAIN_PEOPLE_USER_H

#include "base/conf.h"
#include "db/db.h"
#include "shape/field.h"

extern const struct stmt_set user_stmts;

/* What an account may do, what of that one may ask for when registering, where it stands. */
extern const char *const user_roles[], *const user_roles_chosen[], *const user_states[],
								       *const user_genders[];
extern const struct field user_own_fields[]; /* user_json */

struct user_new {
	const char *id; /* made by the caller: uuid_new */
	const char *email, *phone; /* at least one; e-mail in lower case, phone in E.164 */
	const char *password_hash; /* NULL: none */
	const char *display_name;
	const char *role; /* "USER", "ADVISOR" or "ADMIN" */
	const char *locale, *timezone; /* NULL: the defaults */
};

/* What signing in needs to know. */
struct user {
	const char *id, *password_hash, *role, *state;
};

/*
 * Make the account, and for an ADVISOR the empty professional profile. In a transaction.
 *	ERR_EXISTS	the e-mail or phone number belongs to an account
 */
MUST_CHECK enum err user_create(struct db *, const struct conf *, const struct user_new *);
/* By e-mail address (has "@") or phone number. ERR_NOT_FOUND. Deleted accounts are not found. */
MUST_CHECK enum err user_find(
    struct db *, const struct conf *, const char *identifier, struct user *user);
/* By id. */
MUST_CHECK enum err user_find_id(struct db *, const char *id, struct user *user);
MUST_CHECK enum err user_password_set(struct db *, const char *id, const char *password_hash);
/*
 * The account as its owner sees it: id, email, display_name, role, bio, gender, birth_date, locale,
 * timezone, created_at, updated_at, and hidden _phone_sealed, _version. ERR_NOT_FOUND.
 */
MUST_CHECK enum err user_get(struct db *, const char *id, struct rows **rows);
struct db_bound user_get_bind(const char *id);
/* The phone number of a row of user_get; NULL when there is none. */
MUST_CHECK enum err user_phone(
    struct db *, const struct conf *, const struct rows *, size_t row, const char **phone);
/* That row as JSON with its phone number; the shape of users/me. */
MUST_CHECK enum err user_json(
    struct db *, const struct conf *, const struct rows *, size_t row, struct buf *out);
/* The ETag version of a row of user_get. */
int64_t user_version(const struct rows *, size_t row);

#endif
