#include "tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hmis/clock.h"
#include "hmis/log.h"

struct tls {
    char *certificate, *key;
    pthread_mutex_t reloading;
    _Atomic(struct tls_pair *) current;
};

static bool can_read(const char *setting, const char *path, struct problem *p) {
    return access(path, R_OK) == 0 ||
           problem_set(p, ERR_INVALID, "%s: %s cannot be read: %s", setting, path, strerror(errno));
}

/* GnuTLS itself holds certificate against key. Only for files that have been read: where one cannot
 * be, it loses memory. */
static bool files_match(const struct tls *tls, struct problem *p) {
    gnutls_certificate_credentials_t scratch;
    ENSURE(!gnutls_certificate_allocate_credentials(&scratch), "memory");
    int rc = gnutls_certificate_set_x509_key_file(scratch, tls->certificate, tls->key,
                                                  GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(scratch);
    if (rc >= 0) return true;
    return problem_set(p, ERR_INVALID, "tls_certificate and tls_key: %s", gnutls_strerror(rc));
}

static void pair_free(struct tls_pair *pair) {
    for (unsigned i = 0; i < pair->count; i++)
        gnutls_pcert_deinit(&pair->chain[i]);
    if (pair->key) gnutls_privkey_deinit(pair->key);
    free(pair);
}

static bool pair_read(const struct tls *tls, struct tls_pair *pair, struct problem *p) {
    gnutls_datum_t pem = { 0 };
    unsigned count = COUNT(pair->chain);
    if (!can_read("tls_certificate", tls->certificate, p) || !can_read("tls_key", tls->key, p))
        return false;
    int rc = gnutls_pcert_list_import_x509_file(pair->chain, &count, tls->certificate,
                                                GNUTLS_X509_FMT_PEM, NULL, NULL, 0);
    if (rc < 0) return problem_set(p, ERR_INVALID, "tls_certificate: %s", gnutls_strerror(rc));
    pair->count = count;
    rc = gnutls_privkey_init(&pair->key);
    if (rc >= 0) rc = gnutls_load_file(tls->key, &pem);
    if (rc >= 0) rc = gnutls_privkey_import_x509_raw(pair->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_free(pem.data);
    return rc >= 0 || problem_set(p, ERR_INVALID, "tls_key: %s", gnutls_strerror(rc));
}

static void log_expiry(const struct tls_pair *pair) {
    gnutls_x509_crt_t first;
    if (gnutls_pcert_export_x509((gnutls_pcert_st *)&pair->chain[0], &first) < 0) return;
    long days =
        (long)((gnutls_x509_crt_get_expiration_time(first) - clock_wall_us() / 1000000) / 86400);
    gnutls_x509_crt_deinit(first);
    log_message(days < 14 ? LOG_WARN : LOG_INFO, "tls_certificate",
                "certificate loaded; it is valid for %ld more days", days);
}

bool tls_reload(struct tls *tls, struct problem *p) {
    struct tls_pair *pair = xcalloc(1, sizeof(*pair));
    if (!pair_read(tls, pair, p) || !files_match(tls, p)) {
        pair_free(pair);
        return false;
    }
    log_expiry(pair);
    pthread_mutex_lock(&tls->reloading);
    pair->older = atomic_load(&tls->current);
    atomic_store(&tls->current, pair);
    pthread_mutex_unlock(&tls->reloading);
    return true;
}

struct tls *tls_new(const char *certificate, const char *key, struct problem *p) {
    struct tls *tls = xcalloc(1, sizeof(*tls));
    pthread_mutex_init(&tls->reloading, NULL);
    tls->certificate = xstrdup(certificate);
    tls->key = xstrdup(key);
    if (tls_reload(tls, p)) return tls;
    tls_free(tls);
    return NULL;
}

void tls_free(struct tls *tls) {
    if (!tls) return;
    for (struct tls_pair *pair = atomic_load(&tls->current), *older; pair; pair = older) {
        older = pair->older;
        pair_free(pair);
    }
    pthread_mutex_destroy(&tls->reloading);
    free(tls->certificate);
    free(tls->key);
    free(tls);
}

struct tls_pair *tls_current(struct tls *tls) {
    return atomic_load(&tls->current);
}
