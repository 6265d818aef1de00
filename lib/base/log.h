/*
 * The structured log: one JSON object a line on standard error, which systemd keeps in the journal.
 *
 *	log_info("worker started", LOG_INT("pid", pid), LOG_STR("program", name));
 *
 * Every line has time (RFC 3339 UTC, microseconds), level, program, pid and msg, and request_id while a
 * request is served. A line is written with one write(2), so lines of several workers do not mix.
 * Passwords, tokens, codes and bodies are never passed here; the tests grep for canaries.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* One named value; made by the macros below. */
struct log_field {
	const char *name; /* NULL ends the list */
	const char *text; /* a string value; NULL means number is meant */
	int64_t number;
};
#define LOG_STR(name, value) ((struct log_field){ (name), (value) != NULL ? (value) : "", 0 })
#define LOG_INT(name, value) ((struct log_field){ (name), NULL, (value) })

/* Name the program and drop what is below level. Before this call all levels are written. */
void log_open(const char *program, enum log_level level);
/* Lines carry this request_id from now on; NULL ends it. The pointer is kept, per thread. */
void log_request_set(const char *request_id);
void log_write(enum log_level, const char *msg, const struct log_field *fields);

#define LOG_FIELDS_(...) ((const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { 0 } })
#define log_debug(msg, ...) log_write(LOG_LEVEL_DEBUG, msg, LOG_FIELDS_(__VA_ARGS__))
#define log_info(msg, ...) log_write(LOG_LEVEL_INFO, msg, LOG_FIELDS_(__VA_ARGS__))
#define log_warn(msg, ...) log_write(LOG_LEVEL_WARN, msg, LOG_FIELDS_(__VA_ARGS__))
#define log_error(msg, ...) log_write(LOG_LEVEL_ERROR, msg, LOG_FIELDS_(__VA_ARGS__))

#endif
