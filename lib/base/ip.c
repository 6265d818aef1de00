#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

const char *
ip_subject(struct arena *arena, const char *address)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ip;

	if (inet_pton(AF_INET6, address, &ip) != 1)
		return address;
	if (IN6_IS_ADDR_V4MAPPED(&ip)) {
		(void)inet_ntop(AF_INET, &ip.s6_addr[12], text, sizeof(text));
		return arena_strdup(arena, text);
	}
	memset(&ip.s6_addr[8], 0, 8);
	(void)inet_ntop(AF_INET6, &ip, text, sizeof(text));
	return arena_printf(arena, "%s/64", text);
}
