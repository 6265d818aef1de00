/*
 * The parameters of a request that some program reads, each known by a number: they are looked for once a
 * request, in one pass, and then are there. What a client makes up beside them costs a look at its length.
 */
#ifndef WEB_PARAM_H
#define WEB_PARAM_H

#include "base/base.h"

/* HEADER_… are request headers. */
enum param {
#define PARAM(name, text) name,
#include "web/param.def"
#undef PARAM
	PARAM__COUNT
};

/* The values in env, a list of "NAME=value" that ends with NULL, or NULL itself; NULL for what is absent, and
 * the first of what is there twice. They point into env. */
void params_read(const char *values[PARAM__COUNT], const char *const *env);

#endif
