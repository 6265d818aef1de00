/*
 * What every file may count on: fixed-width types, assert (on in production
 * too: see style, "our fault" errors abort), and a few attributes.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The caller must look at the result. */
#define MUST_CHECK __attribute__((warn_unused_result))
/* fmt and args are the 1-based positions of the format and its first value. */
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
/* The value of a macro as text, for a description that names it. */
#define TEXT_OF(macro) TEXT_OF_(macro)
#define TEXT_OF_(tokens) #tokens

#endif
