/*
 * Message catalogues as translators write them: gettext's PO files. They are read as they are when a program starts,
 * with no step between, so that an administrator can mend a wording in the installed file and reload; libc's gettext
 * would want compiled files and one locale for the whole process. msgfmt -c judges them in the tests.
 *
 * Read are msgctxt, msgid and msgstr, each one or more quoted strings; comments are passed over, and entries marked
 * fuzzy, as msgfmt does. Plural forms are refused: nothing here has them.
 */
#ifndef BASE_PO_H
#define BASE_PO_H

#include "base/arena.h"
#include "base/err.h"

enum { PO_BYTES_MAX = 256 * 1024 };

/* One message. */
struct po_entry {
	const char *context, *id, *text; /* msgctxt ("" when there is none), msgid, msgstr */
	int line; /* of its msgid */
	struct po_entry *next; /* in the order of the file */
};
struct po_fault {
	int line;
	const char *what;
};

/*
 * Read len bytes of UTF-8. The header entry is left out.
 *	ERR_BAD_REQUEST	*fault says where and why
 */
MUST_CHECK enum err po_read(
    struct arena *, const char *text, size_t len, struct po_entry **first, struct po_fault *fault);

#endif
