#include "base/err.h"

#include <string.h>

static const struct {
	int status;
	const char *code, *text;
} errors[] = {
#define ERR(name, status, code, text) { status, code, text },
#include "base/err.def"
#undef ERR
};

int
err_status(enum err err)
{
	return errors[err].status;
}

const char *
err_code(enum err err)
{
	return errors[err].code;
}

const char *
err_text(enum err err)
{
	return errors[err].text;
}

enum err
err_of_code(const char *code)
{
	int i;

	for (i = 0; i < ERR__COUNT; i++)
		if (strcmp(errors[i].code, code) == 0)
			return (enum err)i;
	return ERR_INTERNAL;
}
