#include "client.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct network {
    struct in6_addr address;
    int bits; /* of the mapped form: IPv4 counts from 96 */
};
struct trusted_proxies {
    size_t count;
    struct network networks[];
};

static void map_ipv4(struct in6_addr *out, const void *four) {
    memset(out, 0, sizeof(*out));
    out->s6_addr[10] = out->s6_addr[11] = 0xff;
    memcpy(&out->s6_addr[12], four, 4);
}

/* The number of bits of the address family, 0 when the text is no address. */
static int parse_address(const char *text, struct in6_addr *out) {
    struct in_addr four;
    if (inet_pton(AF_INET, text, &four) == 1) {
        map_ipv4(out, &four);
        return 32;
    }
    return inet_pton(AF_INET6, text, out) == 1 ? 128 : 0;
}

static bool parse_network(const char *text, struct network *network) {
    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "/");
    if (length >= sizeof(address)) return false;
    memcpy(address, text, length);
    address[length] = 0;
    int family = parse_address(address, &network->address);
    int64_t bits = family;
    if (family == 0 || (text[length] && !text_to_int(text + length + 1, 0, family, &bits)))
        return false;
    network->bits = (int)bits + 128 - family;
    return true;
}

struct trusted_proxies *client_proxies_new(const char *const *addresses, struct problem *p) {
    size_t count = 0;
    while (addresses && addresses[count])
        count++;
    struct trusted_proxies *proxies = xcalloc(1, sizeof(*proxies) + count * sizeof(struct network));
    proxies->count = count;
    for (size_t i = 0; i < count; i++)
        if (!parse_network(addresses[i], &proxies->networks[i])) {
            problem_set(p, ERR_INVALID,
                        "trusted_proxies: \"%s\" is neither an address nor a network",
                        addresses[i]);
            free(proxies);
            return NULL;
        }
    return proxies;
}

void client_proxies_free(struct trusted_proxies *proxies) {
    free(proxies);
}

static void keep_bits(struct in6_addr *address, int bits) {
    for (int i = 0; i < 16; i++) {
        int kept = bits - i * 8;
        if (kept < 8) address->s6_addr[i] &= kept <= 0 ? 0 : (uint8_t)(0xff << (8 - kept));
    }
}

static bool is_trusted(const struct trusted_proxies *proxies, const struct in6_addr *address) {
    for (size_t i = 0; i < proxies->count; i++) {
        struct in6_addr left = *address, right = proxies->networks[i].address;
        keep_bits(&left, proxies->networks[i].bits);
        keep_bits(&right, proxies->networks[i].bits);
        if (!memcmp(&left, &right, sizeof(left))) return true;
    }
    return false;
}

/* The last address of a list, cut off it; false when there is none or it is no address. */
static bool take_last(const char *list, size_t *length, struct in6_addr *out) {
    char text[INET6_ADDRSTRLEN];
    size_t end = *length, start;
    while (end > 0 && (list[end - 1] == ' ' || list[end - 1] == '\t'))
        end--;
    for (start = end; start > 0 && list[start - 1] != ',';)
        start--;
    *length = start > 0 ? start - 1 : 0;
    while (start < end && (list[start] == ' ' || list[start] == '\t'))
        start++;
    if (start == end || end - start >= sizeof(text)) return false;
    memcpy(text, list + start, end - start);
    text[end - start] = 0;
    return parse_address(text, out) != 0;
}

/* Walks from the nearest hop outwards and stops at the first that is not ours. */
static void walk_back(const struct trusted_proxies *proxies, const char *const *forwarded,
                      size_t count, struct in6_addr *address) {
    while (count-- > 0) {
        size_t length = strlen(forwarded[count]);
        while (length > 0) {
            struct in6_addr next;
            if (!is_trusted(proxies, address) || !take_last(forwarded[count], &length, &next))
                return;
            *address = next;
        }
    }
}

static void peer_address(const struct sockaddr *peer, struct in6_addr *out) {
    memset(out, 0, sizeof(*out));
    if (peer && peer->sa_family == AF_INET)
        map_ipv4(out, &((const struct sockaddr_in *)(const void *)peer)->sin_addr);
    else if (peer && peer->sa_family == AF_INET6)
        *out = ((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
}

void client_identify(const struct trusted_proxies *proxies, const struct sockaddr *peer, bool tls,
                     const char *const *forwarded, size_t forwarded_count, const char *proto,
                     struct client *client) {
    peer_address(peer, &client->address);
    client->secure = tls;
    if (is_trusted(proxies, &client->address)) {
        client->secure = tls || (proto && text_equal(proto, "https"));
        walk_back(proxies, forwarded, forwarded_count, &client->address);
    }
    if (IN6_IS_ADDR_V4MAPPED(&client->address))
        inet_ntop(AF_INET, &client->address.s6_addr[12], client->text, sizeof(client->text));
    else
        inet_ntop(AF_INET6, &client->address, client->text, sizeof(client->text));
}

struct in6_addr client_rate_network(const struct client *client, bool wide) {
    struct in6_addr network = client->address;
    keep_bits(&network, !IN6_IS_ADDR_V4MAPPED(&network) ? 64 : wide ? 120 : 128);
    return network;
}
