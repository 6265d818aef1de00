#include "ext/delivery.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "ext/http_client.h"

#include <fcntl.h>
#include <unistd.h>

enum err
delivery_refused(struct arena *arena, const char *service, const struct http_answer *answer,
    const char *code, struct delivery *delivery)
{
	int status = answer->status;

	delivery->error = arena_printf(arena, "%s: HTTP %d%s%s", service, status,
	    code != NULL ? ", its code " : "", code != NULL ? code : "");
	delivery->wait_s = answer->retry_after_s;
	delivery->refused =
	    status >= 400 && status < 500 && status != 401 && status != 403 && status != 429;
	return delivery->refused ? ERR_OK : ERR_UNAVAILABLE;
}

enum err
delivery_silent(struct arena *arena, const char *service, const char *why, struct delivery *delivery)
{
	delivery->error = arena_printf(arena, "%s: no answer: %s", service, why);
	return ERR_UNAVAILABLE;
}

void
delivery_show(struct arena *arena, const struct conf *conf, const char *channel, const char *to,
    const char *subject, const char *text)
{
	struct buf line = buf_new(arena, 512);
	char time[CLOCK_TEXT_SIZE];
	int fd;

	if (strcmp(conf->environment, "development") != 0)
		return;
	clock_format(clock_now_us(), time);
	buf_printf(&line, "{\"time\":\"%s\",\"channel\":\"%s\",\"to\":", time, channel);
	buf_json(&line, to);
	buf_puts(&line, ",\"subject\":");
	buf_json(&line, subject);
	buf_puts(&line, ",\"text\":");
	buf_json(&line, text);
	buf_puts(&line, "}\n");
	fd = open(arena_printf(arena, "%s/outbox", conf->run_dir),
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line.data, line.len) != (ssize_t)line.len)
		log_warn("what would have left is not shown in RUN_DIR/outbox");
	if (fd >= 0)
		(void)close(fd);
}
