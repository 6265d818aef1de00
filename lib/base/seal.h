/*
 * Encryption of single fields that regulations protect (phone numbers, later birth data and KYC numbers):
 * AES-256-GCM under a key that is not in the database. Keys are a list "id:secret,id:secret" (FIELD_KEYS):
 * the first seals, each opens what it sealed, so keys can be rotated. context is bound into the seal (the
 * row's id): a value copied to another row does not open.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include "base/arena.h"
#include "base/err.h"

/* "id.nonce.ciphertext" in base64url parts. */
char *seal_make(struct arena *, const char *keys, const char *context, const char *text);
/* ERR_INTERNAL when it was not sealed by one of the keys for this context, or was changed (logged). */
MUST_CHECK enum err seal_open(
    struct arena *, const char *keys, const char *context, const char *sealed, char **text);
/* Keyed hash for looking a sealed value up: hex HMAC-SHA-256 under LOOKUP_KEY, label keeps the kinds of
 * values apart ("phone"). */
char *seal_lookup(struct arena *, const char *lookup_key, const char *label, const char *text);

/*
 * The secret of key id in a list "id:secret,…"; id NULL takes the first. False when there is none.
 * id_out (may be NULL) gets the key's id.
 */
bool seal_key_find(
    struct arena *, const char *keys, const char *id, const char **id_out, const char **secret);

#endif
