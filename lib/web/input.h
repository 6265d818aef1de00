/*
 * The stage that reads query and body and checks them against the route's field tables.
 */
#ifndef WEB_INPUT_H
#define WEB_INPUT_H

#include "web/req.h"

/*
 * Fill req->query and req->body; failed fields go to req->errors.
 *	ERR_BAD_REQUEST	malformed query or length
 *	ERR_BAD_JSON, ERR_MEDIA_TYPE, ERR_TOO_LARGE, ERR_URI_TOO_LONG, ERR_TIMEOUT_BODY
 *	ERR_VALIDATION	a field is wrong
 */
MUST_CHECK enum err input_read(struct req *);

#endif
