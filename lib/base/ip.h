/*
 * Addresses as subjects of limits: one subscriber has one IPv4 address, but a whole IPv6 /64.
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/arena.h"

/* "2001:db8:1:2::/64" for an IPv6 address (an IPv4 one mapped into it counts as itself); any other text
 * as it is. */
const char *ip_subject(struct arena *, const char *address);

#endif
