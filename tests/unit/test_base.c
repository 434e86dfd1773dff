#include "hmis/base.h"
#include "hmis/clock.h"
#include "hmis/json_out.h"
#include "hmis/log.h"
#include "hmis/problem.h"
#include "hmis/scope.h"

#include "test.h"

#include <jansson.h>
#include <pthread.h>
#include <stdalign.h>

/* ---- Arena. --------------------------------------------------------------------------------- */

static void arena_pieces_are_zeroed_aligned_and_apart(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    char *pieces[500];
    for (int i = 0; i < 500; i++) {
        size_t size = (size_t)(i * 37 % 9000) + 1;
        pieces[i] = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t b = 0; b < size; b++)
            assert_int_equal(pieces[i][b], 0);
        memset(pieces[i], i % 251 + 1, size);
    }
    for (int i = 0; i < 500; i++)
        for (size_t b = 0; b < (size_t)(i * 37 % 9000) + 1; b++)
            assert_int_equal((unsigned char)pieces[i][b], i % 251 + 1);
    arena_free(arena);
    arena_free(NULL);
}

static void arena_makes_text(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(arena_strdup(arena, "ज़िला"), "ज़िला");
    assert_string_equal(arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(arena, NULL, 0), "");
    assert_string_equal(arena_printf(arena, "%s-%d", "PHC", 7), "PHC-7");
    char *large = arena_alloc(arena, 3 * MIB);
    large[3 * MIB - 1] = 'x';
    assert_non_null(arena_alloc(arena, 0));
    arena_free(arena);
}

static int released[3], release_count;

static void note_release(void *thing) {
    released[release_count++] = *(int *)thing;
}

static void arena_releases_last_first(void **state) {
    (void)state;
    static int one = 1, two = 2, three = 3;
    struct arena *arena = arena_new();
    arena_defer(arena, note_release, &one);
    arena_defer(arena, note_release, &two);
    arena_alloc(arena, 10000);
    arena_defer(arena, note_release, &three);
    assert_int_equal(release_count, 0);
    arena_free(arena);
    assert_int_equal(release_count, 3);
    assert_int_equal(released[0], 3);
    assert_int_equal(released[2], 1);
}

/* ---- Buffer. -------------------------------------------------------------------------------- */

static void buffer_grows(void **state) {
    (void)state;
    struct buffer b = { 0 };
    buffer_add(&b, NULL, 0);
    for (int i = 0; i < 1000; i++)
        buffer_add_text(&b, "ab");
    buffer_add_char(&b, 'c');
    assert_int_equal(b.length, 2001);
    assert_memory_equal(b.data + 1998, "abc", 3);
    buffer_free(&b);
    assert_null(b.data);
    static const struct {
        int64_t in;
        const char *want;
    } ints[] = { { 0, "0" },
                 { -1, "-1" },
                 { 90210, "90210" },
                 { INT64_MAX, "9223372036854775807" },
                 { INT64_MIN, "-9223372036854775808" } };
    for (size_t i = 0; i < COUNT(ints); i++) {
        buffer_add_int(&b, ints[i].in);
        assert_int_equal(b.length, strlen(ints[i].want));
        assert_memory_equal(b.data, ints[i].want, b.length);
        b.length = 0;
    }
    buffer_printf(&b, "%05d|%s", 42, "x");
    assert_memory_equal(b.data, "00042|x", 7);
    assert_int_equal(b.length, 7);
    buffer_free(&b);
}

/* ---- Strings. ------------------------------------------------------------------------------- */

static void integers_are_read_strictly(void **state) {
    (void)state;
    static const struct {
        const char *in;
        int64_t low, high;
        bool valid;
        int64_t want;
    } cases[] = {
        { "0", 0, 9, true, 0 },
        { "9", 0, 9, true, 9 },
        { "10", 0, 9, false, 0 },
        { "-1", 0, 9, false, 0 },
        { "-1", -5, 9, true, -1 },
        { "007", 0, 9, true, 7 },
        { "", 0, 9, false, 0 },
        { "-", -9, 9, false, 0 },
        { "+1", 0, 9, false, 0 },
        { " 1", 0, 9, false, 0 },
        { "1 ", 0, 9, false, 0 },
        { "1.0", 0, 9, false, 0 },
        { "0x1", 0, 99, false, 0 },
        { "1e1", 0, 99, false, 0 },
        { "१", 0, 9, false, 0 },
        { "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
        { "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
        { "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
        { "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
        { "99999999999999999999999", INT64_MIN, INT64_MAX, false, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = -77;
        bool valid = text_to_int(cases[i].in, cases[i].low, cases[i].high, &value);
        assert_int_equal(valid, cases[i].valid);
        assert_int_equal(value, valid ? cases[i].want : -77);
    }
}

static void texts_are_mended(void **state) {
    (void)state;
    static const struct {
        const char *in, *want;
    } cases[] = {
        { "", "" },           { "plain", "plain" },       { "\xE0\xA4\x95", "\xE0\xA4\x95" },
        { "a\xE0\xA4", "a" }, { "a\xE0\xA4' b", "a' b" }, { "\xFF\xC3\xA9\x80z", "\xC3\xA9z" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[16];
        strcpy(text, cases[i].in);
        text_mend(text);
        assert_string_equal(text, cases[i].want);
    }
}

static void utf8_is_told_from_bytes(void **state) {
    (void)state;
    static const struct {
        const char *in;
        bool valid;
    } cases[] = {
        { "", true },
        { "plain", true },
        { "ज़िला अस्पताल", true },
        { "\xF0\x9F\x8F\xA5", true },
        { "\xF4\x8F\xBF\xBF", true },
        { "\xC0\x80", false }, /* overlong NUL */
        { "\xC1\xBF", false },
        { "\xE0\x9F\xBF", false },     /* overlong */
        { "\xED\xA0\x80", false },     /* surrogate */
        { "\xF0\x8F\xBF\xBF", false }, /* overlong */
        { "\xF4\x90\x80\x80", false }, /* above U+10FFFF */
        { "\xF5\x80\x80\x80", false },
        { "\x80", false },
        { "a\xE0\xA4", false }, /* cut off */
        { "\xE0\xA4z", false },
        { "\xFF", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(text_is_utf8(cases[i].in, strlen(cases[i].in)), cases[i].valid);
    assert_false(text_is_utf8("a\0b", 3));
    assert_int_equal(text_length_utf8("ज़िला"), 5);
    assert_int_equal(text_length_utf8("\xF0\x9F\x8F\xA5x"), 2);
}

static void texts_compare(void **state) {
    (void)state;
    assert_true(text_equal("a", "a"));
    assert_false(text_equal("a", "b"));
    assert_false(text_equal("a", NULL));
    assert_false(text_equal(NULL, "a"));
    assert_true(text_equal(NULL, NULL));
    assert_true(text_starts("/api/v1", "/api"));
    assert_false(text_starts("/ap", "/api"));
}

static void hex_goes_both_ways(void **state) {
    (void)state;
    unsigned char bytes[32], back[32];
    char text[65];
    random_bytes(bytes, sizeof bytes);
    hex_encode(text, bytes, sizeof bytes);
    assert_int_equal(strlen(text), 64);
    assert_true(hex_decode(back, sizeof back, text));
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_true(hex_decode(back, 2, "aBfF"));
    assert_int_equal(back[0], 0xAB);
    static const char *const bad[] = { "", "abc", "abcde", "zzzz", "ab c", "@`GG" };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(hex_decode(back, 2, bad[i]));
    random_bytes(back, sizeof back);
    assert_memory_not_equal(back, bytes, sizeof bytes);
}

/* ---- Clock. --------------------------------------------------------------------------------- */

static void moments_are_formatted(void **state) {
    (void)state;
    char out[25];
    clock_format_utc(out, INT64_C(1795414252123999));
    assert_string_equal(out, "2026-11-23T06:10:52.123Z");
    clock_format_utc(out, -1);
    assert_string_equal(out, "1969-12-31T23:59:59.999Z");
    int64_t before = clock_wall_us();
    clock_shift_us(INT64_C(3600000000));
    assert_true(clock_wall_us() - before >= INT64_C(3600000000));
    clock_shift_us(0);
    int64_t a = clock_monotonic_us(), b = clock_monotonic_us();
    assert_true(b >= a);
}

/* ---- JSON out. ------------------------------------------------------------------------------ */

static void json_is_written(void **state) {
    (void)state;
    struct json_out out;
    json_out_init(&out);
    out_object(&out, NULL);
    out_string(&out, "name", "a\"b\\c\n\r\t\x01\x7F</script>&\xE2\x80\xA8\xE2\x80\xA9ज");
    out_string(&out, "none", NULL);
    out_array(&out, "cells");
    out_cell(&out, NULL, 0);
    out_cell(&out, NULL, BLANK);
    out_cell(&out, NULL, -4);
    out_array_end(&out);
    out_object(&out, "empty");
    out_object_end(&out);
    out_decimal(&out, "d", 1250, 2);
    out_decimal(&out, "e", -5, 3);
    out_decimal(&out, "f", 7, 0);
    out_bool(&out, "yes", true);
    out_null(&out, "null");
    out_time(&out, "at", INT64_C(1795414252123000));
    out_time(&out, "never", 0);
    out_raw(&out, "raw", "[1]");
    out_string_n(&out, "part", "abc\xE2\x80", 5);
    out_object_end(&out);
    static const char want[] =
        "{\"name\":\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f\\u003c/"
        "script\\u003e\\u0026\\u2028\\u2029ज\","
        "\"none\":null,\"cells\":[0,null,-4],\"empty\":{},\"d\":12.50,\"e\":-0.005,\"f\":7,"
        "\"yes\":true,\"null\":null,\"at\":\"2026-11-23T06:10:52.123Z\",\"never\":null,\"raw\":[1],"
        "\"part\":\"abc\xE2\x80\"}";
    assert_int_equal(out.buffer.length, sizeof want - 1);
    assert_memory_equal(out.buffer.data, want, sizeof want - 1);
    buffer_free(&out.buffer);
}

/* ---- Problems, scope. ----------------------------------------------------------------------- */

static void problems_collect_fields(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct problem p = { 0 };
    assert_false(problem_set(&p, ERR_BUSY, NULL));
    assert_string_equal(p.detail, error_text(ERR_BUSY));
    p = (struct problem){ 0 };
    char name[20];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "items.%d", i);
        assert_false(problem_field(&p, arena, name, ERR_VALUE_NEGATIVE, i ? "row %d" : NULL, i));
    }
    assert_int_equal(p.code, ERR_INVALID);
    assert_int_equal(p.field_count, 20);
    assert_null(p.fields[0].detail);
    assert_string_equal(p.fields[19].field, "items.19");
    assert_string_equal(p.fields[19].detail, "row 19");
    arena_free(arena);
}

static void errors_are_told_apart(void **state) {
    (void)state;
    for (int i = 0; i < ERR__MAX; i++) {
        assert_true(*error_code_name(i) && *error_text(i));
        assert_in_range(error_status(i), 200, 599);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(error_code_name(i), error_code_name(j));
    }
    for (int i = 0; i < SCOPE__MAX; i++)
        assert_non_null(scope_level_name(i));
    assert_string_equal(scope_level_name(scope_system.level), "nation");
    assert_string_equal(scope_level_name((struct scope){ 0 }.level), "nothing");
}

/* ---- Log. ----------------------------------------------------------------------------------- */

static char last_line[4000];
static _Atomic int line_count;

static void keep_line(const char *line, void *arg) {
    (void)arg;
    snprintf(last_line, sizeof last_line, "%s", line);
    line_count++;
}

static void log_lines_are_json(void **state) {
    (void)state;
    log_set_sink(keep_line, NULL);
    log_event(LOG_INFO, "tested", "note", "quote \" newline \n <b>", "empty", NULL, NULL);
    json_error_t error;
    json_t *line = json_loads(last_line, 0, &error);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "level")), "info");
    assert_string_equal(json_string_value(json_object_get(line, "event")), "tested");
    assert_string_equal(json_string_value(json_object_get(line, "note")),
                        "quote \" newline \n <b>");
    assert_true(json_is_null(json_object_get(line, "empty")));
    json_decref(line);
    assert_null(strchr(last_line, '\n'));
    log_message(LOG_ERROR, "broken", "%d of %s", 3, "ten");
    assert_non_null(strstr(last_line, "\"message\":\"3 of ten\""));
    int before = line_count;
    log_event(LOG_DEBUG, "silent", NULL);
    assert_int_equal(line_count, before);
    log_set_level(LOG_ERROR);
    log_message(LOG_WARN, "silent", "x");
    assert_int_equal(line_count, before);
    log_set_level(LOG_INFO);
    log_set_sink(NULL, NULL);
}

static void *log_much(void *arg) {
    for (int i = 0; i < 20; i++)
        log_event(LOG_INFO, "thread", "n", arg, NULL);
    return NULL;
}

static void log_is_safe_from_threads(void **state) {
    (void)state;
    log_set_sink(keep_line, NULL);
    line_count = 0;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, log_much, "x");
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_set_sink(NULL, NULL);
    assert_int_equal(line_count, 80);
}

int main(void) {
    base_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(arena_makes_text),
        cmocka_unit_test(arena_releases_last_first),
        cmocka_unit_test(buffer_grows),
        cmocka_unit_test(integers_are_read_strictly),
        cmocka_unit_test(utf8_is_told_from_bytes),
        cmocka_unit_test(texts_are_mended),
        cmocka_unit_test(texts_compare),
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(moments_are_formatted),
        cmocka_unit_test(json_is_written),
        cmocka_unit_test(problems_collect_fields),
        cmocka_unit_test(errors_are_told_apart),
        cmocka_unit_test(log_lines_are_json),
        cmocka_unit_test(log_is_safe_from_threads),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
