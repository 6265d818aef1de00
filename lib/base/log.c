#include "base/log.h"
#include "base/clock.h"
#include "base/str.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 4096 }; /* PIPE_BUF: one write stays whole even into a pipe */

const char *const log_levels[] = { "debug", "info", "warn", "error", NULL };
static const char *log_program = "confab";
static enum log_level log_level_min = LOG_LEVEL_DEBUG;
static bool log_journal, log_plain;
static _Thread_local const char *log_request_id;
static pid_t log_pid; /* of this process; 0 until log_open */

/* A line being built; text past the end is cut, never written past it. */
struct line {
	char text[LINE_BYTES_MAX];
	size_t len;
};

/* systemd names the socket it gave us as "DEVICE:INODE"; who was started from there with a standard error
 * of its own has the variable and not the socket. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char name[64];
	struct stat status;

	if (stream == NULL || fstat(fd, &status) != 0)
		return false;
	(void)snprintf(name, sizeof(name), "%llu:%llu", (unsigned long long)status.st_dev,
	    (unsigned long long)status.st_ino);
	return strcmp(stream, name) == 0;
}

static void
pid_read(void)
{
	log_pid = getpid();
}

void
log_open(const char *program, enum log_level level)
{
	if (log_pid == 0)
		(void)pthread_atfork(NULL, NULL, pid_read);
	pid_read();
	log_program = program;
	log_level_min = level;
	log_journal = is_journal(STDERR_FILENO);
}

bool
log_to_journal(void)
{
	return log_journal;
}

enum log_level
log_level_of(const char *name)
{
	size_t i;

	for (i = 0; log_levels[i] != NULL; i++)
		if (strcmp(log_levels[i], name) == 0)
			return (enum log_level)i;
	return LOG_LEVEL_INFO;
}

void
log_for_people(void)
{
	log_plain = !log_journal;
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
add_number(struct line *line, int64_t number)
{
	char digits[24], *end = digits + sizeof(digits);
	char *at = str_digits(end, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);

	if (number < 0)
		*--at = '-';
	add_raw(line, at, (size_t)(end - at));
}

static void
add_field(struct line *line, const char *name, const char *text, int64_t number)
{
	if (line->len > sizeof(line->text) - 96)
		return;
	add_raw(line, line->len == 0 ? "{" : ",", 1);
	add_string(line, name);
	add_raw(line, ":", 1);
	if (text != NULL)
		add_string(line, text);
	else
		add_number(line, number);
}

/* NAME: what was said: name=value, name=value */
static void
put_plain(struct line *line, const char *msg, const struct log_field *fields)
{
	const char *before = ": ";

	add_raw(line, log_program, strlen(log_program));
	add_raw(line, ": ", 2);
	add_raw(line, msg, strlen(msg));
	for (; fields->name != NULL; fields++, before = ", ") {
		add_raw(line, before, 2);
		add_raw(line, fields->name, strlen(fields->name));
		add_raw(line, "=", 1);
		if (fields->text != NULL)
			add_raw(line, fields->text, strcspn(fields->text, "\n"));
		else
			add_number(line, fields->number);
	}
}

static void
put_json(struct line *line, enum log_level level, const char *msg, const struct log_field *fields)
{
	char now[CLOCK_TEXT_SIZE];

	clock_format(clock_now_us(), now);
	add_field(line, "time", now, 0);
	add_field(line, "level", log_levels[level], 0);
	add_field(line, "program", log_program, 0);
	add_field(line, "pid", NULL, log_pid != 0 ? log_pid : getpid());
	add_field(line, "msg", msg, 0);
	if (log_request_id != NULL)
		add_field(line, "request_id", log_request_id, 0);
	for (; fields->name != NULL; fields++)
		add_field(line, fields->name, fields->text, fields->number);
	line->text[line->len++] = '}';
}

static void
write_line(enum log_level level, const char *msg, const struct log_field *fields)
{
	char priority[] = "<6>";
	struct line line = { .len = 0 };
	struct iovec parts[2] = { { priority, log_journal ? 3 : 0 }, { line.text, 0 } };
	ssize_t written;

	if (log_plain)
		put_plain(&line, msg, fields);
	else
		put_json(&line, level, msg, fields);
	line.text[line.len++] = '\n';
	parts[1].iov_len = line.len;
	priority[1] = "7643"[level]; /* debug, info, warning and err of syslog */
	written = writev(STDERR_FILENO, parts, COUNT_OF(parts));
	(void)written; /* there is nowhere to tell that the log is gone */
}

/* Apart from writing, which needs a line's room on the stack. */
void
log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
	if (level >= log_level_min)
		write_line(level, msg, fields);
}
