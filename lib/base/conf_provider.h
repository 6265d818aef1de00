/*
 * The rules of the settings that choose who delivers for us: which providers there are, and what each needs.
 */
#ifndef BASE_CONF_PROVIDER_H
#define BASE_CONF_PROVIDER_H

#include "base/conf.h"

/* ERR_BAD_REQUEST: a provider is none, or lacks a setting, or in production would be asked without TLS; logged, each
 * of them. */
MUST_CHECK enum err conf_provider_check(const struct conf *);

#endif
