/*
 * Server-rendered pages: who is signed in, the forms' protection, the headers, the rendering. The panel
 * is the only user; app.h takes page_hooks.
 *
 * A sign-in is a cookie with a 256-bit secret (domain/people/panel_login.h). Every form has a hidden
 * field csrf, and its route PAGE_CSRF_FIELD in the body table; a POST is refused with ERR_CSRF unless
 * the field is right and the browser says that the form was ours.
 */
#ifndef PANEL_PAGE_H
#define PANEL_PAGE_H

#include "panel/page_view.h"
#include "web/app.h"
#include "web/req.h"

#define PAGE_CSRF_FIELD                                                                            \
	{                                                                                          \
		"csrf", FIELD_TEXT, .max = 100, .doc = "Form token"                                \
	}

extern const struct page_hooks page_hooks;

/*
 * The stage of ROUTE_PAGE routes: fills req->caller from the cookie. Without a good one the caller is
 * ROLE_ANON; a route that wants more is then answered here, by a redirect to the sign-in form.
 *	ERR_CSRF	a POST without a sign-in
 */
MUST_CHECK enum err page_authenticate(struct req *);
/* ERR_CSRF unless the form was made for this sign-in (or this sign-in form) and sent by our page. */
MUST_CHECK enum err page_check_form(struct req *);
/* Replace whatever was made by an error page. */
void page_error(struct req *, enum err);
/* "12 seconds", "15 minutes". */
const char *page_wait(struct req *, int seconds);
/* The strict headers, once on every answer of the panel. */
void page_headers(struct req *);

/* Sign in: stores a new login for user_id, an ACTIVE ADMIN, ends the one there was, sets the cookie.
 *	ERR_BAD_CREDENTIALS	the account is no such */
MUST_CHECK enum err page_sign_in(struct req *, const char *user_id);
/* End the sign-in and remove the cookie. */
MUST_CHECK enum err page_sign_out(struct req *);
/* The token of the sign-in form; sets its cookie when there is none. */
const char *page_form_token(struct req *);

/*
 * Render a template over context, which belongs to the arena already (page_object). Every page also
 * sees site, csrf, admin (who is signed in), request_id and path.
 */
MUST_CHECK enum err page_reply(struct req *, const char *template, struct json_object *context);

/* next, when it is a path of the panel, with or without a query, and nothing that leads elsewhere; else NULL. */
enum { PAGE_LOCAL_MAX = 1000 }; /* characters */
const char *page_local(const char *next);

#endif
