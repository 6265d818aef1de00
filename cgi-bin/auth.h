/* Inside the auth program: its route tables, one a file. */
#ifndef CGI_BIN_AUTH_H
#define CGI_BIN_AUTH_H

#include "web/app.h"

enum { AUTH_BYTES_MAX = 4096 }; /* of a body */

extern const struct route auth_factor_routes[];

#endif
