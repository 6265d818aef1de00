/*
 * As much of a browser as the panel's tests need: keeps cookies, posts forms, does not follow redirects
 * and runs no scripts. What cannot be sent is a fatal CUnit assert. BASE_URL, ADMIN_EMAIL and
 * ADMIN_PASSWORD come from the environment. Replies are borrowed until the next call.
 */
#ifndef HARNESS_BROWSER_H
#define HARNESS_BROWSER_H

#include "base/base.h"

struct browser;

struct browser *browser_new(void);
void browser_free(struct browser *);
/* Forget all cookies. */
void browser_forget(struct browser *);

/* GET path (from the root of the site); the status. */
int browser_get(struct browser *, const char *path);
/* GET where the last reply leads, and on, three pages at most; the status. */
int browser_follow(struct browser *);
/* GET with these header lines (NULL-terminated). */
int browser_get_with(struct browser *, const char *path, const char *const *headers);
/* Post an urlencoded form with these header lines (NULL-terminated); the status. NULL for headers sends
 * what a browser sends from a page of the same site. */
int browser_post(struct browser *, const char *path, const char *form, const char *const *headers);
/* Any method without a body. */
int browser_call(struct browser *, const char *method, const char *path);

/* The last reply. */
const char *browser_body(const struct browser *);
/* A header of it without regard to case; "" when it is not there, the last when sent more than once. */
const char *browser_header(const struct browser *, const char *name);
/* The value of a cookie it keeps; "" when there is none. */
const char *browser_cookie(struct browser *, const char *name);
/* The form token of the last page that had one; "" before. */
const char *browser_csrf(const struct browser *);

/* Sign in to the panel as the administrator, asserted, and load the home page for its token. */
void browser_sign_in(struct browser *);

#endif
