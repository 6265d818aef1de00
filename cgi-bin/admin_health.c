#include "admin_health.h"

#include "base/clock.h"
#include "base/zone.h"
#include "web/program.h"

int64_t
health_seen_s(const struct metrics_program *seen)
{
	if (seen->told_us == 0)
		return 0;
	return clock_now_s() - (clock_steady_us() - seen->told_us) / SECOND_US;
}

const char *
health_program(struct req *req, size_t number)
{
	size_t more = req->conf->events_count > 1 ? (size_t)req->conf->events_count - 1 : 0;
	const struct program *program;

	for (program = programs; program < programs + PROGRAM__COUNT; program++) {
		if (program_stays(program) && number-- == 0)
			return program->name;
		if (program->kind == PROGRAM_RESPONDER && number < more)
			return arena_printf(req->arena, "%s-%zu", program->name, more - number + 1);
		if (program->kind == PROGRAM_RESPONDER)
			number -= more;
	}
	return NULL;
}

static const char *
trouble(struct req *req, const char *name, enum metrics_life_state state, int64_t seen_s)
{
	const char *at = zone_text(req->arena, req->caller.zone, seen_s);

	if (state == METRICS_STOPPED)
		return arena_printf(req->arena, "The program %s was stopped on %s.", name, at);
	if (state == METRICS_SILENT)
		return arena_printf(req->arena, "The program %s was last heard of on %s.", name, at);
	return arena_printf(
	    req->arena, "The program %s was never heard of since this machine was started.", name);
}

void
health_notices(struct req *req, struct json_object *context)
{
	struct metrics_program *seen = arena_alloc(req->arena, sizeof(*seen));
	struct json_object *notice;
	enum metrics_life_state state;
	const char *name;
	size_t i;

	for (i = 0; (name = health_program(req, i)) != NULL; i++) {
		(void)metrics_program(req->conf->run_dir, name, seen);
		state = metrics_state(seen, clock_steady_us());
		if (state == METRICS_RUNNING)
			continue;
		notice = list_notice(
		    req, context, NOTICE_ALERT, trouble(req, name, state, health_seen_s(seen)));
		page_put(notice, "more_url", "/admin/programs");
		page_put(notice, "more_label", "All programs");
	}
}
