/* The programs of the system as data: program.def. */
#ifndef WEB_PROGRAM_H
#define WEB_PROGRAM_H

#include "base/base.h"

enum program_kind { PROGRAM_FASTCGI, PROGRAM_RESPONDER, PROGRAM_DAEMON, PROGRAM_COMMAND };

enum program_id {
#define PROGRAM(name, kind, doc) PROGRAM_ID_##name,
#include "web/program.def"
#undef PROGRAM
	PROGRAM__COUNT
};

struct program {
	const char *name; /* of the file in cgi-bin/, the socket, the log and the counters */
	enum program_kind kind;
	const char *doc; /* what its operations are about */
};

/* By enum program_id, which is the order of program.def. */
extern const struct program programs[PROGRAM__COUNT];

/* Has a socket, and routes behind it. */
bool program_serves(const struct program *);
/* Runs all the time: has a unit, and is there in a whole system. */
bool program_stays(const struct program *);

#endif
