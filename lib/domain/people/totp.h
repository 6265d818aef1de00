/*
 * The second factor: codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 s, which is what all apps
 * take), and ten recovery codes for who has lost it. It is on from the first code that fits.
 *
 * The secret is sealed (base/seal.h, context: the account's id); of recovery codes the database has keyed hashes. A
 * code works once (RFC 6238 section 5.2): the newest step that was used is stored, and only later ones fit. Guesses are
 * counted by account, wherever they come from (attempt.h), and wait longer each time; who guesses here has the
 * password already.
 */
#ifndef DOMAIN_PEOPLE_TOTP_H
#define DOMAIN_PEOPLE_TOTP_H

#include "base/conf.h"
#include "base/hotp.h"
#include "db/db.h"
#include "shape/field.h"

extern const struct stmt_set totp_stmts;
extern const struct field totp_fields[]; /* of totp_get */

enum {
	TOTP_STEP_S = 30,
	TOTP_DIGITS = HOTP_DIGITS,
	TOTP_DRIFT = 1, /* steps that a clock may be off, either way */
	RECOVERY_CODES = 10,
	FACTOR_CODE_MAX = 24 /* characters of a code as it is typed */
};

/* Of one that is being set up. */
struct totp_secret {
	char *base32; /* 160 bits (RFC 4226 section 4), for typing */
	char *uri; /* otpauth://totp/…, for a QR code */
};

/* Row: on, since, recovery_left. */
MUST_CHECK enum err totp_get(struct db *, const char *user_id, struct rows **rows);
/*
 * Begin to set it up: a new secret, which nothing asks for before totp_confirm. label names the account in the app.
 *	ERR_BAD_STATE	it is on: disable it first
 */
MUST_CHECK enum err totp_enrol(struct db *, const struct conf *, const char *user_id,
    const char *label, struct totp_secret *secret);
/*
 * Does the code fit that is asked for? In a transaction, which must be committed whatever *outcome is, as a
 * failure is counted in it:
 *	ERR_OK			it is right, or it is off
 *	ERR_SECOND_FACTOR	it is on and code is NULL
 *	ERR_BAD_CODE		wrong, or used before
 *	ERR_RATE		too many were wrong; *retry_after_s says when the next try is good
 */
MUST_CHECK enum err totp_check(struct db *, const struct conf *, const char *user_id,
    const char *code, enum err *outcome, int *retry_after_s);
/* The same for the first code of one that is being set up; with ERR_OK it is on, and codes are the recovery codes. Also
 * *outcome ERR_BAD_STATE: it is on already, or nothing was begun. */
MUST_CHECK enum err totp_confirm(struct db *, const struct conf *, const char *user_id,
    const char *code, const char *codes[RECOVERY_CODES], enum err *outcome, int *retry_after_s);
/* New recovery codes; the old ones work no more. ERR_BAD_STATE: it is off. */
MUST_CHECK enum err totp_recovery(
    struct db *, const struct conf *, const char *user_id, const char *codes[RECOVERY_CODES]);
/* It is off, and its recovery codes are gone. ERR_BAD_STATE: it was off. */
MUST_CHECK enum err totp_disable(struct db *, const char *user_id);

#endif
