#include "base/crash.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum {
	STACK_BYTES = 65536,
	FRAMES_MAX = 32,
	MODULES_MAX = 64,
	NAME_SIZE = 32,
	LINE_BYTES_MAX = 3072
};

/* A program or library and where it lies in memory. */
struct module {
	char name[NAME_SIZE];
	uintptr_t base, end;
};

/* A line being made; what does not fit is left out. */
struct line {
	char text[LINE_BYTES_MAX];
	size_t len;
};

static const struct {
	int number;
	const char *name;
} signals[] = { { SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGILL, "SIGILL" },
	{ SIGFPE, "SIGFPE" }, { SIGABRT, "SIGABRT" } };

static struct module modules[MODULES_MAX];
static size_t module_count;
static const char *crash_program = "confab";
static _Thread_local char crash_request[72]; /* a copy: the request's memory may be gone or damaged */
static _Thread_local const char *crash_route;

void
crash_doing(const char *request_id, const char *route)
{
	crash_request[0] = '\0';
	if (request_id != NULL)
		(void)strncat(crash_request, request_id, sizeof(crash_request) - 1);
	crash_route = route;
}

/* --- the line; only what may be done in a handler --- */

static void
add(struct line *line, const char *text)
{
	size_t len = strlen(text);

	if (len > sizeof(line->text) - 8 - line->len)
		return;
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

static void
add_number(struct line *line, uint64_t number, unsigned base, size_t width)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number > 0 || sizeof(digits) - 1 - at < width);
	add(line, digits + at);
}

static void
add_key(struct line *line, const char *key)
{
	add(line, line->len == 0 || line->text[line->len - 1] == '>' ? "{\"" : ",\"");
	add(line, key);
	add(line, "\":");
}

/* What would have to be escaped is left out. */
static void
add_text(struct line *line, const char *key, const char *text)
{
	char one[2] = "";

	add_key(line, key);
	add(line, "\"");
	for (; *text != '\0'; text++) {
		one[0] = *text;
		if (*text >= ' ' && *text < 0x7f && *text != '"' && *text != '\\')
			add(line, one);
	}
	add(line, "\"");
}

static void
add_place(struct line *line, uintptr_t at)
{
	size_t i;

	for (i = 0; i < module_count && (at < modules[i].base || at >= modules[i].end); i++)
		;
	if (i < module_count) {
		add(line, modules[i].name);
		add(line, "+");
		at -= modules[i].base;
	}
	add(line, "0x");
	add_number(line, at, 16, 1);
}

/* Where the signal came; 0 when that is not known of this kind of processor. */
static uintptr_t
place_of(const void *context)
{
	const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;

#if defined(__x86_64__)
	return (uintptr_t)machine->gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)machine->pc;
#else
	(void)machine;
	return 0;
#endif
}

/* From the place of the crash on: the frames before it are the handler's own and the kernel's way to it. */
static void
add_backtrace(struct line *line, uintptr_t place)
{
	void *frames[FRAMES_MAX];
	int i, first = 0, count = backtrace(frames, FRAMES_MAX);

	for (i = 0; i < count && first == 0; i++)
		if ((uintptr_t)frames[i] == place)
			first = i;
	add_key(line, "backtrace");
	add(line, "\"");
	for (i = first; i < count && line->len < sizeof(line->text) - NAME_SIZE - 32; i++) {
		if (i > first)
			add(line, " ");
		add_place(line, (uintptr_t)frames[i]);
	}
	add(line, "\"");
}

static const char *
name_of(int number)
{
	size_t i;

	for (i = 0; i < COUNT_OF(signals); i++)
		if (signals[i].number == number)
			return signals[i].name;
	return "";
}

static void
on_crash(int number, siginfo_t *info, void *context)
{
	struct line line = { .len = 0 };
	char now[CLOCK_TEXT_SIZE];
	ssize_t written;

	(void)signal(number, SIG_DFL);
	clock_format(clock_now_us(), now);
	if (log_to_journal())
		add(&line, "<3>");
	add_text(&line, "time", now);
	add_text(&line, "level", "error");
	add_text(&line, "program", crash_program);
	add_key(&line, "pid");
	add_number(&line, (uint64_t)getpid(), 10, 1);
	add_text(&line, "msg", "crashed");
	add_text(&line, "signal", name_of(number));
	add_key(&line, "address");
	add(&line, "\"0x");
	add_number(&line, number == SIGABRT ? 0 : (uint64_t)(uintptr_t)info->si_addr, 16, 1);
	add(&line, "\"");
	if (crash_request[0] != '\0')
		add_text(&line, "request_id", crash_request);
	if (crash_route != NULL)
		add_text(&line, "route", crash_route);
	add_backtrace(&line, place_of(context));
	memcpy(line.text + line.len, "}\n", 2);
	written = write(STDERR_FILENO, line.text, line.len + 2);
	(void)written;
	(void)raise(number); /* held back until this returns */
}

/* --- before a crash --- */

static int
module_note(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *path = info->dlpi_name, *slash = strrchr(path, '/');
	struct module *module = &modules[module_count];
	size_t i;

	(void)size;
	(void)arg;
	if (module_count == MODULES_MAX)
		return 1;
	module->base = module->end = info->dlpi_addr;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD &&
		    info->dlpi_addr + part->p_vaddr + part->p_memsz > module->end)
			module->end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
	}
	path = module_count == 0 ? program_invocation_short_name : slash != NULL ? slash + 1 : path;
	strncpy(module->name, path, NAME_SIZE - 1);
	module_count++;
	return 0;
}

void
crash_catch(const char *program)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	static char stack[STACK_BYTES];
	const stack_t own = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = on_crash,
		.sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND) };
	void *frame;
	size_t i;

	crash_program = program;
	module_count = 0;
	(void)dl_iterate_phdr(module_note, NULL);
	(void)backtrace(&frame, 1); /* its first call loads a library */
	(void)sigaltstack(&own, NULL);
	(void)sigemptyset(&action.sa_mask);
	for (i = 0; i < COUNT_OF(signals); i++)
		(void)sigaction(signals[i].number, &action, NULL);
#else
	crash_program = program;
	(void)on_crash;
	(void)module_note;
#endif
}
