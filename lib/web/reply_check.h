/*
 * Test builds only: every successful JSON reply is held against the route's reply table, and every error
 * against route_errors; a reply that breaks them is logged and answered 500, so that a test that meets it
 * fails.
 */
#ifndef WEB_REPLY_CHECK_H
#define WEB_REPLY_CHECK_H

#include "web/req.h"

#ifdef CONFAB_TEST
void reply_check(struct req *);
void reply_check_error(struct req *, enum err err);
#else
#define reply_check(req) ((void)(req))
#define reply_check_error(req, err) ((void)(req), (void)(err))
#endif

#endif
