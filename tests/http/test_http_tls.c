/* HTTPS: versions, certificates exchanged while serving, refusals over TLS. Certificates are made
 * with the openssl command. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_client.h"
#include "http_server.h"
#include "test.h"

static char folder[] = "/tmp/hmis-tls-XXXXXX";
static char certificate[64], key[64];

static void say(struct request *r) {
    reply_bytes(r, 200, "text/plain; charset=utf-8", req_is_secure(r) ? "secure" : "plain", 6,
                NULL);
}
static const struct route rows[] = {
    { "GET", "/a", say, AUTH_NONE, PERM_PUBLIC, RSCOPE_NONE, LANE_INTERACTIVE, RATE_NONE,
      .doc = "test" },
    { "POST", "/json", say, AUTH_NONE, PERM_PUBLIC, RSCOPE_NONE, LANE_INTERACTIVE, RATE_NONE,
      BODY_JSON, 4096, .doc = "test" },
};
static const struct route_table table = { "test", rows, COUNT(rows) };

static void make_pair(const char *name) {
    char command[400];
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
             "-subj /CN=%s -keyout %s/new.key -out %s/new.crt >/dev/null 2>&1 && "
             "mv %s/new.key %s && mv %s/new.crt %s",
             name, folder, folder, folder, key, folder, certificate);
    assert_int_equal(system(command), 0);
}
static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* ---- A TLS client. ----------------------------------------------------------------------------
 */
struct peer {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
};
static bool peer_open(struct peer *peer, int port, const char *priorities) {
    peer->fd = http_connect(port);
    gnutls_certificate_allocate_credentials(&peer->credentials);
    gnutls_init(&peer->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    assert_int_equal(gnutls_priority_set_direct(peer->session, priorities, NULL), 0);
    gnutls_credentials_set(peer->session, GNUTLS_CRD_CERTIFICATE, peer->credentials);
    gnutls_transport_set_int(peer->session, peer->fd);
    int rc;
    do
        rc = gnutls_handshake(peer->session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    return rc == 0;
}
static void peer_close(struct peer *peer) {
    gnutls_deinit(peer->session);
    gnutls_certificate_free_credentials(peer->credentials);
    close(peer->fd);
}
static void peer_name(struct peer *peer, char *out, size_t size) {
    unsigned count;
    gnutls_x509_crt_t first;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(peer->session, &count);
    assert_true(chain && count > 0);
    gnutls_x509_crt_init(&first);
    assert_int_equal(gnutls_x509_crt_import(first, chain, GNUTLS_X509_FMT_DER), 0);
    gnutls_x509_crt_get_dn_by_oid(first, GNUTLS_OID_X520_COMMON_NAME, 0, 0, out, &size);
    gnutls_x509_crt_deinit(first);
}
static void peer_ask(struct peer *peer, const char *request, char *out, size_t size) {
    size_t have = 0;
    ssize_t got;
    gnutls_record_send(peer->session, request, strlen(request));
    while (have < size - 1 &&
           (got = gnutls_record_recv(peer->session, out + have, size - 1 - have)) > 0)
        have += (size_t)got;
    out[have] = 0;
}

static void expect_name(int port, const char *want) {
    struct peer peer;
    char name[64] = "", answer[4096];
    assert_true(peer_open(&peer, port, "NORMAL"));
    peer_name(&peer, name, sizeof(name));
    assert_string_equal(name, want);
    peer_ask(&peer, "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", answer,
             sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK"));
    assert_non_null(strstr(answer, "\r\n\r\nsecure"));
    assert_non_null(
        strstr(answer, "Strict-Transport-Security: max-age=31536000; includeSubDomains"));
    peer_close(&peer);
}

/* ---- Tests. -----------------------------------------------------------------------------------
 */
static struct http *http;

static int start(void **state) {
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(certificate, sizeof(certificate), "%s/server.crt", folder);
    snprintf(key, sizeof(key), "%s/server.key", folder);
    make_pair("first");
    struct http_settings settings = http_test_settings(&table, 1);
    settings.tls_certificate = certificate;
    settings.tls_key = key;
    settings.header_deadline_ms = 1000;
    http = http_test_start(&settings);
    return 0;
}
static int stop(void **state) {
    char command[100];
    (void)state;
    http_stop(http, 1000);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void versions(void **state) {
    (void)state;
    static const struct {
        const char *priorities;
        bool taken;
    } cases[] = {
        { "NORMAL:-VERS-ALL:+VERS-TLS1.3", true },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2", true },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.1", false },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.0", false },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC", false },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM", true },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct peer peer;
        if (peer_open(&peer, http_port(http), cases[i].priorities) != cases[i].taken)
            fail_msg("%s: %s", cases[i].priorities, cases[i].taken ? "refused" : "taken");
        peer_close(&peer);
    }
}

static void reloading(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct peer kept;
    char answer[4096];
    assert_true(peer_open(&kept, http_port(http), "NORMAL"));
    expect_name(http_port(http), "first");
    make_pair("second");
    expect_name(http_port(http), "first"); /* nothing is read before it is asked for */
    assert_true(http_reload_tls(http, &p));
    expect_name(http_port(http), "second");
    /* A certificate that is not one, and one without its key: the old pair stays. */
    write_text(certificate, "no certificate");
    assert_false(http_reload_tls(http, &p));
    assert_non_null(strstr(p.detail, "tls_certificate"));
    expect_name(http_port(http), "second");
    make_pair("third");
    write_text(key, "no key");
    assert_false(http_reload_tls(http, &p));
    expect_name(http_port(http), "second");
    make_pair("fourth");
    char other[80], command[200];
    snprintf(other, sizeof(other), "%s.kept", key);
    assert_int_equal(rename(key, other), 0);
    make_pair("fifth");
    assert_int_equal(rename(other, key), 0); /* the key of another certificate */
    assert_false(http_reload_tls(http, &p));
    expect_name(http_port(http), "second");
    snprintf(command, sizeof(command), "rm %s", key);
    assert_int_equal(system(command), 0);
    assert_false(http_reload_tls(http, &p));
    make_pair("last");
    assert_true(http_reload_tls(http, &p));
    expect_name(http_port(http), "last");
    /* A connection of the first certificate goes on. */
    peer_ask(&kept, "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", answer,
             sizeof(answer));
    assert_non_null(strstr(answer, "\r\n\r\nsecure"));
    peer_close(&kept);
}

static void bad_at_start(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct http_settings settings = http_test_settings(&table, 1);
    settings.tls_certificate = certificate;
    assert_null(http_start(&settings, &p));
    assert_non_null(strstr(p.detail, "tls_key"));
    settings.tls_key = "/nowhere/at/all.key";
    assert_null(http_start(&settings, &p));
}

/* Refused in mid-body: the answer comes through the TLS session, once. */
static void refused_in_body(void **state) {
    (void)state;
    struct peer peer;
    char answer[8192], chunk[6000];
    assert_true(peer_open(&peer, http_port(http), "NORMAL"));
    const char *head =
        "POST /json HTTP/1.1\r\nHost: h\r\nSec-Fetch-Site: none\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n";
    gnutls_record_send(peer.session, head, strlen(head));
    memset(chunk, ' ', sizeof(chunk));
    memcpy(chunk + 4096, "\r\n1000\r\n", 8);
    gnutls_record_send(peer.session, chunk, sizeof(chunk));
    peer_ask(&peer, "x", answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 413"));
    assert_non_null(strstr(answer, "request.too_large"));
    assert_null(strstr(strstr(answer, "HTTP/1.1 ") + 1, "HTTP/1.1 "));
    peer_close(&peer);
}

static void plain_text_and_silence(void **state) {
    (void)state;
    int fd = http_connect(http_port(http));
    http_send_text(fd, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    struct http_answer answer = http_read(fd, false);
    assert_int_equal(answer.status, 0);
    http_answer_free(&answer);
    close(fd);
    /* A handshake that never comes to its end is cut at the deadline. */
    fd = http_connect(http_port(http));
    http_send(fd, "\x16\x03\x01", 3);
    assert_true(http_is_closed(fd));
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
        cmocka_unit_test(reloading),
        cmocka_unit_test(bad_at_start),
        cmocka_unit_test(refused_in_body),
        cmocka_unit_test(plain_text_and_silence),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
