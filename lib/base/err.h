/*
 * enum err: what every fallible function returns. Out parameters are written only on ERR_OK. The
 * list is err.def; see there for status, code and text.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

enum err {
#define ERR(name, status, code, text) ERR_##name,
#include "base/err.def"
#undef ERR
	ERR__COUNT
};

int err_status(enum err); /* HTTP status */
const char *err_code(enum err); /* stable code for clients, as "not_found" */
const char *err_text(enum err); /* one safe English sentence */
enum err err_of_code(const char *code); /* by err_code; ERR_INTERNAL for a code that is none */

/* Return the error to the caller if expr failed. */
#define TRY(expr)                                                                                  \
	do {                                                                                       \
		enum err try_err_ = (expr);                                                        \
		if (try_err_ != ERR_OK)                                                            \
			return try_err_;                                                           \
	} while (0)

#endif
