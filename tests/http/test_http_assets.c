/* Files of the web application: negotiation, caching, entity tags; the development mode that reads
 * from a folder. This program brings a set of files of its own, in place of the embedded one. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hmis/assets.h"
#include "http_client.h"
#include "http_server.h"
#include "test.h"

#define FILE_OF(address, media, digest, never_changes, plain, gz, br)                              \
    {                                                                                              \
        .path = address, .type = media, .tag = digest, .data = (const unsigned char *)(plain),     \
        .length = sizeof(plain) - 1, .gzip = (const unsigned char *)(gz),                          \
        .gzip_length = sizeof(gz) - 1, .brotli = (const unsigned char *)(br),                      \
        .brotli_length = sizeof(br) - 1, .immutable = never_changes                                \
    }
#define HTML "text/html; charset=utf-8"
#define JS   "text/javascript; charset=utf-8"
const struct asset assets[] = {
    FILE_OF("/assets/app-1234.js", JS, "aa", true, "plain script", "gz script", "br script"),
    FILE_OF("/index.html", HTML, "bb", false, "plain page", "gz page", "br page"),
    { .path = "/robots.txt",
      .type = "text/plain; charset=utf-8",
      .tag = "cc",
      .data = (const unsigned char *)"none",
      .length = 4 },
    { .path = "secret/inside",
      .type = "text/plain",
      .tag = "dd",
      .data = (const unsigned char *)"hidden",
      .length = 6 },
};
const size_t asset_count = COUNT(assets);

static struct http *http;
static struct http_client *client;
static char folder[] = "/tmp/hmis-web-XXXXXX";

static void begin(const char *root) {
    struct http_settings settings = http_test_settings(NULL, 0);
    settings.web_root = root;
    http = http_test_start(&settings);
    client = http_client_new(http_port(http));
}
static int embedded(void **state) {
    (void)state;
    begin(NULL);
    return 0;
}
static int from_disk(void **state) {
    char command[400];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(
        command, sizeof(command),
        "cd %s && mkdir root root/sub && echo page >root/index.html && echo deep >root/sub/a.js "
        "&& echo secret >secret && ln -s ../secret root/link && ln -s .. root/up && "
        "echo hidden >root/.env",
        folder);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof(command), "%s/root", folder);
    static char root[64];
    snprintf(root, sizeof(root), "%s/root", folder);
    begin(root);
    return 0;
}
static int end(void **state) {
    char command[100];
    (void)state;
    http_client_free(client);
    http_stop(http, 1000);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static struct http_answer get(const char *path, const char *lines) {
    http_client_headers(client, lines);
    return http_request(client, "GET", path, NULL);
}

static void negotiation(void **state) {
    (void)state;
    static const struct {
        const char *path, *accept, *body, *encoding, *tag;
    } cases[] = {
        { "/", "", "plain page", NULL, "\"bb\"" },
        { "/", "Accept-Encoding: gzip, deflate, br\r\n", "br page", "br", "\"bb-br\"" },
        { "/", "Accept-Encoding: br;q=0, gzip\r\n", "gz page", "gzip", "\"bb-gz\"" },
        { "/", "Accept-Encoding: br;q=0.1, gzip;q=0.2\r\n", "gz page", "gzip", "\"bb-gz\"" },
        { "/", "Accept-Encoding: br;q=0\r\n", "plain page", NULL, "\"bb\"" },
        { "/assets/app-1234.js", "Accept-Encoding: *\r\n", "br script", "br", "\"aa-br\"" },
        { "/robots.txt", "Accept-Encoding: br, gzip\r\n", "none", NULL, "\"cc\"" },
        { "/any/screen?x=1", "Accept: text/html\r\nAccept-Encoding: gzip\r\n", "gz page", "gzip",
          "\"bb-gz\"" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_answer answer = get(cases[i].path, cases[i].accept);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, cases[i].body);
        const char *encoding = http_header(&answer, "Content-Encoding");
        assert_int_equal(!encoding, !cases[i].encoding);
        if (encoding) assert_string_equal(encoding, cases[i].encoding);
        assert_string_equal(http_header(&answer, "ETag"), cases[i].tag);
        assert_string_equal(http_header(&answer, "Vary"), "Accept-Encoding");
        assert_string_equal(http_header(&answer, "X-Content-Type-Options"), "nosniff");
        http_answer_free(&answer);
    }
}

static void caching(void **state) {
    (void)state;
    struct http_answer answer = get("/assets/app-1234.js", "");
    assert_string_equal(http_header(&answer, "Cache-Control"),
                        "public, max-age=31536000, immutable");
    assert_string_equal(http_header(&answer, "Content-Type"), JS);
    http_answer_free(&answer);
    answer = get("/index.html", "");
    assert_string_equal(http_header(&answer, "Cache-Control"), "no-cache");
    http_answer_free(&answer);
    static const struct {
        const char *lines;
        int status;
    } cases[] = {
        { "If-None-Match: \"bb\"\r\n", 304 },
        { "If-None-Match: \"bb-br\"\r\n", 200 }, /* of another form */
        { "If-None-Match: \"bb-br\"\r\nAccept-Encoding: br\r\n", 304 },
        { "If-None-Match: W/\"bb\", \"x\"\r\n", 304 },
        { "If-None-Match: \"old\"\r\n", 200 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        answer = get("/", cases[i].lines);
        if (answer.status != cases[i].status) fail_msg("%s: %d", cases[i].lines, answer.status);
        assert_string_equal(http_header(&answer, "Cache-Control"), "no-cache");
        assert_non_null(http_header(&answer, "Content-Security-Policy"));
        http_answer_free(&answer);
    }
    http_client_headers(client, "Accept-Encoding: br\r\n");
    answer = http_request(client, "HEAD", "/", NULL);
    assert_int_equal(answer.status, 200);
    assert_string_equal(http_header(&answer, "Content-Length"), "7");
    http_answer_free(&answer);
    answer = http_request(client, "DELETE", "/robots.txt", NULL);
    assert_int_equal(answer.status, 405);
    http_answer_free(&answer);
    answer = http_request(client, "OPTIONS", "/robots.txt", NULL);
    assert_int_equal(answer.status, 204);
    assert_string_equal(http_header(&answer, "Allow"), "GET, HEAD, OPTIONS");
    http_answer_free(&answer);
}

static void nothing_else(void **state) {
    (void)state;
    static const char *const paths[] = {
        "/secret/inside",        "/assets/app-1234.js.br", "/assets/",
        "/assets/none.js",       "//index.html",           "/robots.txt/",
        "/assets/../index.html", "/%2e%2e/index.html"
    };
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct http_answer answer = get(paths[i], "");
        if (answer.status != 404) fail_msg("%s: %d", paths[i], answer.status);
        http_answer_free(&answer);
    }
    assert_ptr_equal(asset_find("secret/inside")->data, assets[3].data);
    assert_null(asset_find("/none"));
}

static void development(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int status;
    } cases[] = {
        { "/", 200 },
        { "/index.html", 200 },
        { "/sub/a.js", 200 },
        { "/sub", 404 },
        { "/none", 404 },
        { "/../secret", 404 },
        { "/%2e%2e/secret", 404 },
        { "/..%2fsecret", 404 },
        { "/sub/..%2f..%2f..%2fsecret", 404 },
        { "/link", 404 },
        { "/up/secret", 404 },
        { "/.env", 404 },
        { "/sub//a.js", 404 },
        { "//etc/passwd", 404 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_answer answer = get(cases[i].path, "");
        if (answer.status != cases[i].status) fail_msg("%s: %d", cases[i].path, answer.status);
        http_answer_free(&answer);
    }
    struct http_answer answer = get("/sub/a.js", "");
    assert_string_equal(answer.body, "deep\n");
    assert_string_equal(http_header(&answer, "Content-Type"), JS);
    http_answer_free(&answer);
    answer = get("/some/screen", "Accept: text/html\r\n");
    assert_string_equal(answer.body, "page\n");
    http_answer_free(&answer);
}

int main(void) {
    const struct CMUnitTest packed[] = {
        cmocka_unit_test(negotiation),
        cmocka_unit_test(caching),
        cmocka_unit_test(nothing_else),
    };
    const struct CMUnitTest disk[] = { cmocka_unit_test(development) };
    return cmocka_run_group_tests(packed, embedded, end) +
           cmocka_run_group_tests(disk, from_disk, end);
}
