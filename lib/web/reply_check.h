/*
 * Test builds only: every successful JSON reply is held against the route's reply table; a reply that
 * breaks it is logged and answered 500, so that a test that meets it fails.
 */
#ifndef WEB_REPLY_CHECK_H
#define WEB_REPLY_CHECK_H

#include "web/req.h"

#ifdef CONFAB_TEST
void reply_check(struct req *);
#else
#define reply_check(req) ((void)(req))
#endif

#endif
