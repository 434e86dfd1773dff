/* The small languages of a request, by table; rate buckets with a clock of their own. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/http/client.h"
#include "../../src/http/parse.h"
#include "../../src/http/rate.h"
#include "test.h"

static void uris(void **state) {
    (void)state;
    static const struct {
        const char *uri;
        bool clean;
    } cases[] = {
        { "/", true },
        { "/a?b=c&d", true },
        { "/%E0%A4%85", true },
        { "/%F0%9F%98%80", true },
        { "/%C2%80", true },
        { "", false },
        { "a", false },
        { "*", false },
        { "http://x/", false },
        { "/ ", false },
        { "/\x7f", false },
        { "/\xc3\xa4", false },
        { "/%", false },
        { "/%1", false },
        { "/%1g", false },
        { "/%00", false },
        { "/%1f", false },
        { "/%7F", false },
        { "/%80", false },
        { "/%C0%AF", false },
        { "/%C1%81", false },
        { "/%E0%80%80", false },
        { "/%ED%A0%80", false },
        { "/%F4%90%80%80", false },
        { "/%F5%80%80%80", false },
        { "/%E0%A4", false },
        { "/%E0%A4/%85", false },
        { "/#", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (uri_is_clean(cases[i].uri) != cases[i].clean) fail_msg("%s", cases[i].uri);
}

static void queries(void **state) {
    (void)state;
    static const struct {
        const char *query;
        int count; /* -1: refused */
        const char *first;
    } cases[] = {
        { NULL, 0, NULL },         { "", 0, NULL },
        { "a=1", 1, "1" },         { "a", 1, "" },
        { "a=", 1, "" },           { "a=b=c", 1, "b=c" },
        { "a=x+y%2B", 1, "x y+" }, { "a=1&b=2", 2, "1" },
        { "a=1&a=2", -1, NULL },   { "a=1&%61=2", -1, NULL },
        { "=1", -1, NULL },        { "a=1&", -1, NULL },
        { "a=1&&b=2", -1, NULL },  { "a=%zz", -1, NULL },
        { "%ff=1", -1, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new();
        struct text_pair *pairs;
        size_t count;
        bool good = query_parse(arena, cases[i].query, &pairs, &count);
        if (good != (cases[i].count >= 0) || (good && (int)count != cases[i].count))
            fail_msg("%s", cases[i].query ? cases[i].query : "NULL");
        if (good && cases[i].first) assert_string_equal(pairs[0].value, cases[i].first);
        arena_free(arena);
    }
    struct arena *arena = arena_new();
    struct buffer many = { 0 };
    struct text_pair *pairs;
    size_t count;
    for (int i = 0; i <= QUERY_MAX; i++)
        buffer_printf(&many, "%sa%d=1", i ? "&" : "", i);
    buffer_add_char(&many, 0);
    assert_false(query_parse(arena, many.data, &pairs, &count));
    buffer_free(&many);
    arena_free(arena);
}

static void cookies(void **state) {
    (void)state;
    static const struct {
        const char *header, *value;
    } cases[] = {
        { NULL, NULL }, { "", NULL },           { "a=1", "1" },        { "b=2; a=1", "1" },
        { "a=", "" },   { "aa=1", NULL },       { "A=1", NULL },       { "a=1; a=1", NULL },
        { "a", NULL },  { " a=x=y ;b", "x=y" }, { "b=\"a=1\"", NULL },
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *value = cookie_find(arena, cases[i].header, "a");
        if (!value != !cases[i].value || (value && strcmp(value, cases[i].value) != 0))
            fail_msg("%s: %s", cases[i].header, value ? value : "NULL");
    }
    arena_free(arena);
}

static void etags(void **state) {
    (void)state;
    static const struct {
        const char *header;
        bool matches;
    } cases[] = {
        { NULL, false },        { "\"a,b\"", true },        { "W/\"a,b\"", true },
        { "*", true },          { "\"x\", \"a,b\"", true }, { "\"x\",W/\"a,b\"", true },
        { "a,b", false },       { "\"a\", \"b\"", false },  { "\"A,B\"", false },
        { "w/\"a,b\"", false }, { "\"a,b", false },         { "\"\"", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (etag_matches(cases[i].header, "a,b") != cases[i].matches)
            fail_msg("%s", cases[i].header ? cases[i].header : "NULL");
}

static void encodings(void **state) {
    (void)state;
    enum { I = ENCODING_IDENTITY, G = ENCODING_GZIP, B = ENCODING_BR };
    static const struct {
        const char *header;
        unsigned available;
        int want;
    } cases[] = {
        { NULL, 7, I },
        { "", 7, I },
        { "gzip, deflate, br", 7, B },
        { "gzip, deflate, br", 3, G },
        { "br;q=0.5, gzip;q=0.8", 7, G },
        { "br;q=0, gzip", 7, G },
        { "br;q=0", 7, I },
        { "br;q=0.000, gzip;q=0.0", 7, I },
        { "*", 7, B },
        { "*;q=0.5, br;q=0", 7, G },
        { "gzip;q=0.5, identity", 7, I },
        { "identity;q=0, gzip;q=0.1", 7, G },
        { "identity;q=0, br;q=0, gzip;q=0", 7, I },
        { "GZIP", 7, G },
        { "gzip ; Q=1.000", 7, G },
        { "gzip;q=2", 7, I },
        { "gzip;q=", 7, I },
        { "gzip;q=nonsense", 7, I },
        { "brotli, gzipx", 7, I },
        { "br", 1, I },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if ((int)accept_encoding(cases[i].header, cases[i].available) != cases[i].want)
            fail_msg("%s", cases[i].header);
}

static void media_types(void **state) {
    (void)state;
    static const struct {
        const char *header;
        bool is;
    } cases[] = {
        { "text/csv", true },
        { "Text/CSV; header=present", true },
        { "text/csv;charset=utf-8", true },
        { "text/csv; charset=\"UTF-8\"", true },
        { "text/csv; charset=latin1", false },
        { "text/csvx", false },
        { "text/html, text/csv", false },
        { "", false },
        { NULL, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (media_type_is(cases[i].header, "text/csv") != cases[i].is)
            fail_msg("%s", cases[i].header ? cases[i].header : "NULL");
    assert_true(accept_names("text/html,application/xml;q=0.9,*/*;q=0.8", "text/html"));
    assert_false(accept_names("*/*", "text/html"));
    assert_false(accept_names("text/html;q=0", "text/html"));
    assert_false(accept_names(NULL, "text/html"));
}

static void depth(void **state) {
    (void)state;
    static const struct {
        const char *json;
        bool fits; /* in 2 */
    } cases[] = {
        { "", true },
        { "{}", true },
        { "{\"a\":[]}", true },
        { "[[[]]]", false },
        { "[\"[[[\"]", true },
        { "[\"\\\"[[[\"]", true },
        { "[\"\\\\\",[[]]]", false },
        { "]]]]", true },
        { "\"[[[[", true },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (json_depth_fits(cases[i].json, strlen(cases[i].json), 2) != cases[i].fits)
            fail_msg("%s", cases[i].json);
}

static void numbers(void **state) {
    (void)state;
    static const struct {
        const char *json, *held;
    } cases[] = {
        { "", "" },
        { "{\"version\":9223372036854775807,\"a\":[-9223372036854775808,0,1.5,1e308]}", NULL },
        { "{\"a\":9223372036854775808,\"b\":5}", "{\"a\":1e300,\"b\":5}" },
        { "[-9223372036854775809,1e309,-1E+400]", "[-1e300,1e300,-1e300]" },
        { "[\"99999999999999999999\",\"\\\"99999999999999999999\"]", NULL },
        { "[1e-400]", NULL },
        { "99999999999999999999", "1e300" },
        { "\"99999999999999999999", NULL },
        { "\"\\", NULL },
        { "{nonsense", NULL },
        { "[5-99999999999999999999]", "[5-1e300]" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer held = { 0 };
        json_hold_numbers(&held, cases[i].json, strlen(cases[i].json));
        buffer_add_char(&held, '\0');
        assert_string_equal(held.data, cases[i].held ? cases[i].held : cases[i].json);
        buffer_free(&held);
    }
}

static void names(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(attachment_name(arena, "a b.csv"), "attachment; filename=\"a b.csv\"");
    assert_string_equal(attachment_name(arena, "a\"b\r\nX: y.csv"),
                        "attachment; filename=\"a_b__X: y.csv\"; "
                        "filename*=UTF-8''a%22b%0D%0AX%3A%20y.csv");
    arena_free(arena);
}

static struct client client_at(const char *text) {
    struct trusted_proxies *none = client_proxies_new(NULL, NULL);
    struct sockaddr_in four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
    struct client client;
    bool is_four = inet_pton(AF_INET, text, &four.sin_addr) == 1;
    if (!is_four) assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    client_identify(none, is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six, false, NULL,
                    0, NULL, &client);
    client_proxies_free(none);
    assert_string_equal(client.text, text);
    return client;
}

static int taken_at(struct rate_table *table, enum rate rate, const char *text, int64_t now_us) {
    struct client client = client_at(text);
    int count = 0, wait = 0;
    while (count < 5000 && rate_take(table, rate, &client, now_us, &wait))
        count++;
    assert_true(count == 5000 || wait >= 1);
    return count;
}

static void buckets(void **state) {
    (void)state;
    const int64_t now = 1000000000000, second = 1000000;
    base_start();
    struct rate_table *table = rate_new(1);
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "192.0.2.1", now), 10);
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "192.0.2.200", now), 0); /* the same /24 */
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "192.0.3.1", now), 10);
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "192.0.2.1", now + 5 * second), 0);
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "192.0.2.1", now + 6 * second), 1);
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "192.0.2.1", now + 600 * second), 10);
    assert_int_equal(taken_at(table, RATE_CAPTCHA, "192.0.2.1", now), 30);
    assert_int_equal(taken_at(table, RATE_CAPTCHA, "192.0.2.2", now),
                     30); /* each address its own */
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "2001:db8:1:2::1", now), 10);
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "2001:db8:1:2:ffff::1", now), 0); /* same /64 */
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "2001:db8:1:3::1", now), 10);
    assert_int_equal(taken_at(table, RATE_NONE, "192.0.2.1", now), 5000);
    struct client client = client_at("192.0.9.1");
    int wait;
    for (int i = 0; i < 100; i++) { /* each in order: none counts */
        assert_true(rate_take(table, RATE_SIGN_IN, &client, now, &wait));
        rate_return(table, RATE_SIGN_IN, &client);
    }
    for (int i = 0; i < 30; i++) {
        assert_true(rate_take(table, RATE_CAPTCHA, &client, now, &wait));
        rate_return(table, RATE_CAPTCHA, &client);
    }
    assert_false(rate_take(table, RATE_CAPTCHA, &client, now, &wait));
    rate_free(table);
    table = rate_new(100);
    assert_int_equal(taken_at(table, RATE_SIGN_IN, "192.0.2.1", now), 1000);
    rate_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uris),    cmocka_unit_test(queries),   cmocka_unit_test(cookies),
        cmocka_unit_test(etags),   cmocka_unit_test(encodings), cmocka_unit_test(media_types),
        cmocka_unit_test(depth),   cmocka_unit_test(numbers),   cmocka_unit_test(names),
        cmocka_unit_test(buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
