#include "base/log.h"
#include "base/clock.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 4096 }; /* PIPE_BUF: one write stays whole even into a pipe */

static const char *log_program = "confab";
static enum log_level log_level_min = LOG_LEVEL_DEBUG;
static _Thread_local const char *log_request_id;

/* A line being built; text past the end is cut, never written past it. */
struct line {
	char text[LINE_BYTES_MAX];
	size_t len;
};

void
log_open(const char *program, enum log_level level)
{
	log_program = program;
	log_level_min = level;
}

void
log_request_set(const char *request_id)
{
	log_request_id = request_id;
}

static void
add_raw(struct line *line, const char *s, size_t len)
{
	size_t room = sizeof(line->text) - 4 - line->len; /* leaves room for the closing "}\n */

	if (len > room)
		len = room;
	memcpy(line->text + line->len, s, len);
	line->len += len;
}

/* The length of the UTF-8 character at s, or 0 when there is none. */
static size_t
character_len(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return strnlen(s, len) == len && str_utf8_valid(s, len) ? len : 0;
}

/* A quoted JSON string; a value too long for the line is cut between two characters, and a byte that
 * is not UTF-8 becomes U+FFFD. */
static void
add_string(struct line *line, const char *s)
{
	char unicode[8];

	add_raw(line, "\"", 1);
	while (*s != '\0' && line->len < sizeof(line->text) - 16) {
		unsigned char c = (unsigned char)*s;
		size_t len = character_len(s);

		if (len > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
			add_raw(line, s, len);
			s += len;
			continue;
		}
		(void)snprintf(unicode, sizeof(unicode), "\\u%04x", len > 0 ? c : 0xfffdu);
		add_raw(line, unicode, 6);
		s++;
	}
	line->text[line->len++] = '"';
}

static void
add_field(struct line *line, const char *name, const char *text, int64_t number)
{
	char digits[24];

	if (line->len > sizeof(line->text) - 96)
		return;
	add_raw(line, line->len == 0 ? "{" : ",", 1);
	add_string(line, name);
	add_raw(line, ":", 1);
	if (text != NULL) {
		add_string(line, text);
		return;
	}
	(void)snprintf(digits, sizeof(digits), "%lld", (long long)number);
	add_raw(line, digits, strlen(digits));
}

void
log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	struct line line = { .len = 0 };
	char now[CLOCK_TEXT_SIZE];
	ssize_t written;

	if (level < log_level_min)
		return;
	clock_format(clock_now_us(), now);
	add_field(&line, "time", now, 0);
	add_field(&line, "level", names[level], 0);
	add_field(&line, "program", log_program, 0);
	add_field(&line, "pid", NULL, getpid());
	add_field(&line, "msg", msg, 0);
	if (log_request_id != NULL)
		add_field(&line, "request_id", log_request_id, 0);
	for (; fields->name != NULL; fields++)
		add_field(&line, fields->name, fields->text, fields->number);
	line.text[line.len++] = '}';
	line.text[line.len++] = '\n';
	written = write(STDERR_FILENO, line.text, line.len);
	(void)written; /* there is nowhere to tell that the log is gone */
}
