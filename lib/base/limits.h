/*
 * Every bound on what comes from outside, in one place. The arena cap stands above the sum of what
 * one request may hold, so passing it is a bug and not an input (see arena.h).
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
	BODY_BYTES_MAX = 64 * 1024, /* a JSON or form body; routes may set less */
	MESSAGE_BODY_BYTES_MAX = 32 * 1024, /* of these, one that sends or edits a message */
	QUERY_BYTES_MAX = 4 * 1024, /* the raw query string; nginx holds the line to 8 KiB */
	PATH_BYTES_MAX = 1024, /* the decoded path */
	QUERY_PAIRS_MAX = 128, /* name=value pairs in a query or a form */
	JSON_DEPTH_MAX = 16, /* nesting of objects and arrays */
	JSON_KEYS_MAX = 512, /* keys in one document, all objects together */
	JSON_KEY_BYTES_MAX = 64, /* one key, decoded */
	FIELD_ERRORS_MAX = 32, /* failed fields named in one answer */
	PAGE_ITEMS_MAX = 100, /* ?limit= of a list */
	PAGE_ITEMS_DEFAULT = 20, /* without ?limit= */
	CURSOR_BYTES_MAX = 512, /* an encoded list or event cursor */
	TOKEN_BYTES_MAX = 2048, /* an access token; checked before it is decoded */
	IDEMPOTENCY_KEY_BYTES_MAX = 255, /* draft-ietf-httpapi-idempotency-key-header */
	REPLY_BYTES_MAX = 4 * 1024 * 1024, /* one reply; more is ERR_REPLY_TOO_LARGE */
	REQUEST_BYTES_MAX = 24 * 1024 * 1024, /* one request's arena: a reply as it grows, as it goes
					       * out, and what a page is made from */
};

#endif
