/*
 * List cursors: the key values of the last row, with a keyed digest over them, the route and the
 * filters, in base64url. A cursor of another list, of other filters, or a made-up one is refused.
 */
#ifndef WEB_PAGE_CURSOR_H
#define WEB_PAGE_CURSOR_H

#include "web/req.h"

/* The cursor behind this row, from its columns _k1, _k2, … */
char *page_cursor_make(struct req *, const struct rows *, size_t row);
/* Its keys. ERR_BAD_CURSOR when it is not one of ours for this request. */
MUST_CHECK enum err page_cursor_read(
    struct req *, const char *cursor, const char *keys[PAGE_KEYS_MAX]);

#endif
