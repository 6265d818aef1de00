/* What the worker needs to send letters: the message catalogues, and the page of an e-mail. */
#include "worker.h"

#include "base/log.h"
#include "domain/system/outbox.h"
#include "panel/tmpl.h"

#include <string.h>

enum { WORDS_BYTES_MAX = 32 * 1024 * 1024 };

static const struct tmpl *page;

/* A paragraph, which is shown large when it is a code alone. */
static struct json_object *
paragraph(const char *text, size_t len)
{
	struct json_object *object = json_object_new_object();
	bool code = len > 0 && len <= 12 && strspn(text, "0123456789") >= len;

	json_object_object_add(object, "text", json_object_new_string_len(text, (int)len));
	json_object_object_add(object, "code", json_object_new_boolean(code));
	return object;
}

static struct json_object *
paragraphs(const char *text)
{
	struct json_object *list = json_object_new_array();
	const char *end;

	for (; *text != '\0'; text = *end == '\0' ? end : end + 2) {
		end = strstr(text, "\n\n");
		end = end != NULL ? end : text + strlen(text);
		json_object_array_add(list, paragraph(text, (size_t)(end - text)));
	}
	return list;
}

static char *
page_of(struct arena *arena, const struct conf *conf, const struct words *words)
{
	struct json_object *context = json_keep(arena, json_object_new_object());
	struct buf out = buf_new(arena, 8192);

	json_object_object_add(context, "locale", json_object_new_string(words->locale));
	json_object_object_add(context, "subject", json_object_new_string(words->subject));
	json_object_object_add(context, "site", json_object_new_string(conf->site_name));
	json_object_object_add(context, "address", json_object_new_string(conf->base_url));
	json_object_object_add(context, "paragraphs", paragraphs(words->text));
	tmpl_render(page, context, &out);
	return out.data;
}

void
letters_prepare(const struct conf *conf)
{
	static struct arena *held;
	struct arena *arena = arena_new(WORDS_BYTES_MAX);
	struct outbox_means means = { conf, NULL, page_of };
	struct wording *wording;
	struct tmpl_set *templates;

	page = NULL;
	if (tmpl_dir_load(arena, arena_printf(arena, "%s/mail", conf->template_dir), &templates) ==
	    ERR_OK)
		page = tmpl_find(templates, "letter");
	if (wording_load(arena, arena_printf(arena, "%s/locale", conf->template_dir), &wording) ==
		ERR_OK &&
	    page != NULL)
		means.wording = wording;
	else
		log_error("letters wait: their words or their page are of no use");
	outbox_means_set(&means);
	arena_free(held); /* children that were forked with it have it as it was */
	held = arena;
}
