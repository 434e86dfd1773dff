/* tls: the certificate and key that new handshakes show. Swapped as a whole; a pair that was
 * replaced stays until the end, for handshakes still using it. */
#ifndef HMIS_HTTP_TLS_H
#define HMIS_HTTP_TLS_H

#include <gnutls/abstract.h>

#include "hmis/problem.h"

struct tls;
/* TLS 1.2 and 1.3, ciphers with authentication and forward secrecy only. */
#define TLS_PRIORITIES                                                                             \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-SHA1:-AES-256-CBC:-AES-128-CBC:"    \
    "-AES-256-CCM:-AES-128-CCM:%SERVER_PRECEDENCE"

/* NULL with the problem: a file cannot be read, is not PEM, or the two do not belong together. */
struct tls *tls_new(const char *certificate, const char *key, struct problem *p);
void tls_free(struct tls *tls);
/* Reads the files again; on failure the pair in use stays. */
MUST_USE bool tls_reload(struct tls *tls, struct problem *p);

struct tls_pair {
    struct tls_pair *older;
    gnutls_pcert_st chain[8];
    unsigned count;
    gnutls_privkey_t key;
};
struct tls_pair *tls_current(struct tls *tls);

#endif
