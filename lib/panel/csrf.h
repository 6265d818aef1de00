/*
 * Cookies and form tokens of the panel. A form token is an HMAC under a key derived from SECRET_KEYS, so
 * nothing is stored for it: of a signed-in page it binds the login's id; of the sign-in form, where
 * nobody is signed in yet, a random value that the browser holds in a cookie of its own.
 */
#ifndef PANEL_CSRF_H
#define PANEL_CSRF_H

#include "web/req.h"

/* "__Host-confab_panel", or without prefix when BASE_URL is http (development). */
const char *csrf_cookie_name(const struct req *, const char *name);
/* The value of our cookie name; NULL when absent or sent twice. */
const char *csrf_cookie_get(struct req *, const char *name);
/* Set it for the browser's session: HttpOnly, SameSite=Strict, and Secure when BASE_URL is https. An
 * empty value removes it. */
void csrf_cookie_set(struct req *, const char *name, const char *value);

/* The form token for label ("login", "form") and value. */
const char *csrf_token(struct req *, const char *label, const char *value);
/* token was made by csrf_token with any of the keys in SECRET_KEYS. */
bool csrf_token_good(struct req *, const char *label, const char *value, const char *token);
/* The browser says the request was made by a page of ours: Sec-Fetch-Site is same-origin, or without
 * it, Origin is that of BASE_URL. Neither is no. */
bool csrf_same_origin(const struct req *);

#endif
