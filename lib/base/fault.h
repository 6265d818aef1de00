/*
 * The member of an input that a rule refused, for functions that can blame one. It is blank from
 * FAULT_NONE on until fault_set names a member; whoever turns it into an answer asks fault_named first,
 * as an error can also come from where no member is known (req_fault in web/req.h does).
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "base/err.h"

struct fault {
	const char *field; /* dotted path, as "specializations.2"; NULL: none is named */
	const char *message; /* what is wrong with it, as "must not be blank"; borrowed, like field */
};
#define FAULT_NONE ((struct fault){ NULL, NULL })

/* Name field and what is wrong with it. Returns ERR_VALIDATION, so that a check can end with it. */
static inline enum err
fault_set(struct fault *fault, const char *field, const char *message)
{
	*fault = (struct fault){ field, message };
	return ERR_VALIDATION;
}

static inline bool
fault_named(const struct fault *fault)
{
	return fault->field != NULL && fault->message != NULL;
}

#endif
