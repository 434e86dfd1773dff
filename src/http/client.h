/* client: who is at the other end, through trusted proxies only. */
#ifndef HMIS_HTTP_CLIENT_H
#define HMIS_HTTP_CLIENT_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "hmis/problem.h"

struct client {
    struct in6_addr address; /* IPv4 is mapped */
    char text[INET6_ADDRSTRLEN];
    bool secure; /* TLS here, or a trusted proxy says so */
};
struct trusted_proxies;

/* Addresses, or networks "10.0.0.0/8"; NULL-ended, NULL is none. NULL with the problem otherwise.
 */
struct trusted_proxies *client_proxies_new(const char *const *addresses, struct problem *p);
void client_proxies_free(struct trusted_proxies *proxies);

/* forwarded: the X-Forwarded-For headers in their order; proto: X-Forwarded-Proto or NULL. Both are
 * believed only from a trusted peer; the client is the last address that is no trusted proxy. */
void client_identify(const struct trusted_proxies *proxies, const struct sockaddr *peer, bool tls,
                     const char *const *forwarded, size_t forwarded_count, const char *proto,
                     struct client *client);
/* The network that shares a rate limit: wide /24 or /32 of IPv4, always /64 of IPv6. */
struct in6_addr client_rate_network(const struct client *client, bool wide);

#endif
