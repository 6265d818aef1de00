#include "web/program.h"

const struct program programs[PROGRAM__COUNT] = {
#define PROGRAM(name, kind, doc) { #name, PROGRAM_##kind, doc },
#include "web/program.def"
#undef PROGRAM
};

bool
program_serves(const struct program *program)
{
	return program->kind == PROGRAM_FASTCGI || program->kind == PROGRAM_RESPONDER;
}

bool
program_stays(const struct program *program)
{
	return program->kind != PROGRAM_COMMAND;
}
