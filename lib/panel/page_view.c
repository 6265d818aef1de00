#include "panel/page_view.h"

#include "base/clock.h"
#include "base/zone.h"
#include "shape/amount.h"

#include <string.h>
#include <time.h>

static struct json_object *
keep(struct req *req, struct json_object *object)
{
	assert(object != NULL);
	(void)json_keep(req->arena, object);
	return object;
}

struct json_object *
page_object(struct req *req)
{
	return keep(req, json_object_new_object());
}

struct json_object *
page_list(struct req *req)
{
	return keep(req, json_object_new_array());
}

void
page_put(struct json_object *object, const char *name, const char *value)
{
	(void)json_object_object_add(
	    object, name, value == NULL ? NULL : json_object_new_string(value));
}

void
page_put_int(struct json_object *object, const char *name, int64_t value)
{
	(void)json_object_object_add(object, name, json_object_new_int64(value));
}

void
page_put_bool(struct json_object *object, const char *name, bool value)
{
	(void)json_object_object_add(object, name, json_object_new_boolean(value));
}

void
page_put_object(struct json_object *object, const char *name, struct json_object *value)
{
	(void)json_object_object_add(object, name, json_object_get(value));
}

void
page_list_add(struct json_object *list, struct json_object *value)
{
	(void)json_object_array_add(list, json_object_get(value));
}

const char *
page_grouped(struct arena *arena, const char *number)
{
	size_t sign = *number == '-', digits = strspn(number + sign, "0123456789"), i;
	struct buf out = buf_new(arena, 48);

	for (i = 0; number[i] != '\0'; i++) {
		if (i > sign && i < sign + digits && (sign + digits - i) % 3 == 0)
			buf_putc(&out, ',');
		buf_putc(&out, number[i]);
	}
	return out.data;
}

/* "3 h ago" from seconds. */
static const char *
ago(struct arena *arena, int64_t seconds)
{
	static const struct {
		int64_t below, unit;
		const char *name;
	} steps[] = {
		{ 3600, 60, "min" },
		{ 48 * 3600, 3600, "h" },
		{ 60 * 86400, 86400, "days" },
		{ INT64_C(730) * 86400, 30 * 86400, "months" },
		{ INT64_MAX, 365 * 86400, "years" },
	};
	bool future = seconds < 0;
	size_t i = 0;

	if (future)
		seconds = -seconds;
	if (seconds < 60)
		return future ? "in a moment" : "just now";
	while (seconds >= steps[i].below)
		i++;
	return arena_printf(arena, "%s%lld %s%s", future ? "in " : "",
	    (long long)(seconds / steps[i].unit), steps[i].name, future ? "" : " ago");
}

void
page_put_time(struct req *req, struct json_object *object, const char *name, int64_t wall_s)
{
	char utc[CLOCK_TEXT_SIZE];
	const char *shown = zone_text(req->arena, req->caller.zone, wall_s);

	clock_format(wall_s * SECOND_US, utc);
	page_put(object, arena_printf(req->arena, "%s_text", name), shown);
	page_put(object, arena_printf(req->arena, "%s_title", name),
	    arena_printf(req->arena, "%s, %.19sZ", shown, utc));
	page_put(object, arena_printf(req->arena, "%s_ago", name),
	    ago(req->arena, clock_now_s() - wall_s));
}

bool
page_time_read(const char *text, int64_t *wall_s)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (rest == NULL)
		return false;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	*wall_s = (int64_t)timegm(&tm);
	return strcmp(rest, "Z") == 0 || strcmp(rest, "+00:00") == 0;
}

/* Beside the time text under name, what people read. */
static void
put_time(struct req *req, struct json_object *object, const char *name, const char *text)
{
	int64_t wall_s;

	if (page_time_read(text, &wall_s))
		page_put_time(req, object, name, wall_s);
}

const char *
page_amount(struct req *req, struct json_object *value)
{
	struct json_object *minor, *currency;

	if (!json_object_is_type(value, json_type_object) ||
	    !json_object_object_get_ex(value, "amount_minor", &minor) ||
	    !json_object_object_get_ex(value, "currency", &currency))
		return NULL;
	return amount_text(
	    req->arena, json_object_get_int64(minor), json_object_get_string(currency));
}

/* Beside the amount under name, what people read; a rate is for a minute. */
static void
put_amount(struct req *req, struct json_object *object, const char *name, struct json_object *value)
{
	const char *text = page_amount(req, value);

	if (text == NULL)
		return;
	text = page_grouped(req->arena, text);
	if (strcmp(name, "rate") == 0)
		text = json_object_get_int64(json_object_object_get(value, "amount_minor")) == 0
		    ? "Free"
		    : arena_printf(req->arena, "%s a minute", text);
	page_put(object, arena_printf(req->arena, "%s_text", name), text);
}

struct json_object *
page_row(struct req *req, const struct rows *rows, size_t row)
{
	struct buf text = buf_new_bounded(req->arena, 1024, REPLY_BYTES_MAX);
	struct json_object *object, *value;
	size_t i;

	rows_json(rows, row, &text);
	if (text.over) { /* so is the page that would show it */
		req->reply.body.over = true;
		return page_object(req);
	}
	object = keep(req, json_tokener_parse(text.data));
	for (i = 0; i < rows_columns(rows); i++) {
		const char *name = rows_name(rows, i);

		if (!json_object_object_get_ex(object, name, &value) || value == NULL)
			continue;
		if (rows_is_time(rows, i))
			put_time(req, object, name, json_object_get_string(value));
		if (json_object_is_type(value, json_type_int))
			page_put(object, arena_printf(req->arena, "%s_text", name),
			    page_grouped(req->arena, json_object_get_string(value)));
		put_amount(req, object, name, value);
	}
	return object;
}

struct json_object *
page_rows(struct req *req, const struct rows *rows, size_t limit)
{
	struct json_object *list = page_list(req);
	size_t i;

	for (i = 0; i < rows_count(rows) && i < limit; i++)
		page_list_add(list, page_row(req, rows, i));
	return list;
}
