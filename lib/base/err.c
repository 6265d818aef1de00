#include "base/err.h"

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
