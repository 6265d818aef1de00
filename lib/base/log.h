/*
 * The structured log: one JSON object a line on standard error, which systemd keeps in the journal.
 *
 *	log_info("worker started", LOG_INT("pid", pid), LOG_STR("program", name));
 *
 * A line to the journal begins with its priority, "<3>" for an error, as sd-daemon(3) has it; anywhere else
 * it is the object alone.
 *
 * Every line has time (RFC 3339 UTC, microseconds), level, program, pid and msg, and request_id while a
 * request is served. A line is written with one write(2), so lines of several workers do not mix.
 * Passwords, tokens, codes and bodies are never passed here; the tests grep for canaries.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
extern const char *const log_levels[]; /* their names; NULL ends them */

/* One named value; made by the macros below. */
struct log_field {
	const char *name; /* NULL ends the list */
	const char *text; /* a string value; NULL means number is meant */
	int64_t number;
};
#define LOG_STR(name, value) ((struct log_field){ (name), (value) != NULL ? (value) : "", 0 })
#define LOG_INT(name, value) ((struct log_field){ (name), NULL, (value) })

/* Name the program, drop what is below level, and see whether standard error is the journal
 * ($JOURNAL_STREAM names it). Before this call all levels are written. */
void log_open(const char *program, enum log_level level);
/* The level of that name, "debug", "info", "warn" or "error"; LOG_LEVEL_INFO when it is none. */
enum log_level log_level_of(const char *name);
/* From now on lines are text for people, "NAME: what happened: name=value", except in the journal. For the
 * operator's command; after log_open. */
void log_for_people(void);
/* Standard error is the journal: a line begins with its priority. */
bool log_to_journal(void);
/* Lines carry this request_id from now on; NULL ends it. The pointer is kept, per thread. */
void log_request_set(const char *request_id);
void log_write(enum log_level, const char *msg, const struct log_field *fields);

#define LOG_FIELDS_(...) ((const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define log_debug(msg, ...) log_write(LOG_LEVEL_DEBUG, msg, LOG_FIELDS_(__VA_ARGS__))
#define log_info(msg, ...) log_write(LOG_LEVEL_INFO, msg, LOG_FIELDS_(__VA_ARGS__))
#define log_warn(msg, ...) log_write(LOG_LEVEL_WARN, msg, LOG_FIELDS_(__VA_ARGS__))
#define log_error(msg, ...) log_write(LOG_LEVEL_ERROR, msg, LOG_FIELDS_(__VA_ARGS__))

#endif
