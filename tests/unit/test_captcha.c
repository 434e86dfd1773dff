#include <cairo.h>
#include <sodium.h>
#include <stdlib.h>

#include "hmis/captcha.h"
#include "hmis/settings.h"
#include "test.h"

struct reading {
    const struct buffer *from;
    size_t at;
};

static cairo_status_t read_bytes(void *closure, unsigned char *data, unsigned length) {
    struct reading *reading = closure;
    if (reading->at + length > reading->from->length) return CAIRO_STATUS_READ_ERROR;
    memcpy(data, reading->from->data + reading->at, length);
    reading->at += length;
    return CAIRO_STATUS_SUCCESS;
}

static bool same(const struct buffer *a, const struct buffer *b) {
    return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

static void a_picture_is_a_png_and_each_seed_draws_another(void **state) {
    (void)state;
    struct buffer first = { 0 }, again = { 0 }, other = { 0 };
    uint8_t seed[CAPTCHA_SEED] = { 1 };
    captcha_image("074185", seed, &first);
    captcha_image("074185", seed, &again);
    seed[31] = 2;
    captcha_image("074185", seed, &other);
    assert_true(same(&first, &again));
    assert_false(same(&first, &other));
    struct reading reading = { &first, 0 };
    cairo_surface_t *picture = cairo_image_surface_create_from_png_stream(read_bytes, &reading);
    assert_int_equal(cairo_surface_status(picture), CAIRO_STATUS_SUCCESS);
    assert_int_equal(cairo_image_surface_get_width(picture), CAPTCHA_WIDTH);
    assert_int_equal(cairo_image_surface_get_height(picture), CAPTCHA_HEIGHT);
    assert_true(first.length < 9000);
    cairo_surface_destroy(picture);
    buffer_free(&first);
    buffer_free(&again);
    buffer_free(&other);
}

/* Share of dark points in the middle band of the picture. */
static double ink(const char *answer, uint8_t salt) {
    struct buffer png = { 0 };
    uint8_t seed[CAPTCHA_SEED] = { salt };
    captcha_image(answer, seed, &png);
    struct reading reading = { &png, 0 };
    cairo_surface_t *picture = cairo_image_surface_create_from_png_stream(read_bytes, &reading);
    cairo_surface_t *grey =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, CAPTCHA_WIDTH, CAPTCHA_HEIGHT);
    cairo_t *cairo = cairo_create(grey);
    cairo_set_source_surface(cairo, picture, 0, 0);
    cairo_paint(cairo);
    cairo_destroy(cairo);
    cairo_surface_flush(grey);
    int dark = 0;
    for (int y = 0; y < CAPTCHA_HEIGHT; y++) {
        const uint32_t *row =
            (const uint32_t *)(const void *)(cairo_image_surface_get_data(grey) +
                                             y * cairo_image_surface_get_stride(grey));
        for (int x = 0; x < CAPTCHA_WIDTH; x++)
            dark += (row[x] & 0xff) < 100;
    }
    cairo_surface_destroy(grey);
    cairo_surface_destroy(picture);
    buffer_free(&png);
    return (double)dark / (CAPTCHA_WIDTH * CAPTCHA_HEIGHT);
}

static void digits_are_drawn_dark_on_light(void **state) {
    (void)state;
    for (uint8_t salt = 0; salt < 20; salt++) {
        double eights = ink("888888", salt), ones = ink("111111", salt);
        assert_true(eights > ones);
        assert_true(ones > 0.04);
        assert_true(eights < 0.4);
    }
}

static void sound_is_a_wav_of_bearable_length(void **state) {
    (void)state;
    static const char *const languages[] = { "en", "hi" };
    for (size_t i = 0; i < COUNT(languages); i++)
        for (uint8_t salt = 0; salt < 10; salt++) {
            struct buffer wav = { 0 };
            uint8_t seed[CAPTCHA_SEED] = { salt };
            assert_true(captcha_audio("190785", seed, languages[i], &wav));
            assert_memory_equal(wav.data, "RIFF", 4);
            assert_memory_equal(wav.data + 8, "WAVEfmt ", 8);
            uint32_t rate, size;
            memcpy(&rate, wav.data + 24, 4);
            memcpy(&size, wav.data + 40, 4);
            assert_int_equal(rate, 8000);
            assert_int_equal(wav.data[22], 1);
            assert_int_equal(wav.data[34], 8);
            assert_int_equal(size + 44, wav.length);
            assert_true(size > 8000 * 4 && size < 8000 * 11);
            buffer_free(&wav);
        }
}

static void a_language_without_voice_is_told(void **state) {
    (void)state;
    struct buffer wav = { 0 };
    uint8_t seed[CAPTCHA_SEED] = { 0 };
    assert_false(captcha_audio("190785", seed, "xx", &wav));
    assert_int_equal(wav.length, 0);
}

static void answers_use_every_digit_but_one(void **state) {
    (void)state;
    int seen[10] = { 0 };
    for (int i = 0; i < 500; i++) {
        char answer[CAPTCHA_DIGITS + 1];
        captcha_draw_lots(answer);
        assert_int_equal(strlen(answer), CAPTCHA_DIGITS);
        for (int d = 0; d < CAPTCHA_DIGITS; d++)
            seen[answer[d] - '0']++;
    }
    assert_int_equal(seen[1], 0);
    for (int d = 0; d < 10; d++)
        if (d != 1) assert_in_range(seen[d], 200, 470);
}

static void what_is_typed_is_read_kindly(void **state) {
    (void)state;
    static const struct {
        const char *typed, *want;
    } cases[] = {
        { "123456", "123456" },    { " 12-34 56 ", "123456" }, { "१२३४५६", "123456" },
        { "௧௨௩௪௫௬", "123456" },    { "১২৩456", "123456" },     { "൦൧൨൩൪൯", "012349" },
        { "12345", NULL },         { "1234567", NULL },        { "", NULL },
        { "12345a", NULL },        { "१२३४५अ", NULL },         { "12345\xe0", NULL },
        { "12345\xe0\xa5", NULL }, { "١٢٣٤٥٦", NULL },         { "12345\n", NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char answer[CAPTCHA_DIGITS + 1];
        assert_int_equal(captcha_normalise(cases[i].typed, answer), cases[i].want != NULL);
        if (cases[i].want) assert_string_equal(answer, cases[i].want);
    }
}

static void limits_count_networks(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        { "10.1.2.3", "10.1.2.3" },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
        { "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64" },
        { "::ffff:10.1.2.3", "::ffff:10.1.2.3" },
        { "unknown", "unknown" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char network[64];
        client_network(cases[i][0], network);
        assert_string_equal(network, cases[i][1]);
    }
}

static void answers_are_told_only_in_a_test_on_loopback(void **state) {
    (void)state;
    static const struct {
        bool on;
        const char *environment, *address;
        bool allowed;
    } cases[] = {
        { true, "test", "127.0.0.1", true },
        { true, "test", "::1", true },
        { true, "test", "localhost", true },
        { true, "test", "127.9.9.9", true },
        { true, "production", "127.0.0.1", false },
        { true, "demonstration", "127.0.0.1", false },
        { true, "test", "0.0.0.0", false },
        { true, "test", "10.0.0.1", false },
        { true, "test", "::", false },
        { true, "test", "127.0.0.1.evil", false },
        { true, "", "127.0.0.1", false },
        { true, "TEST", "127.0.0.1", false },
        { false, "production", "0.0.0.0", true },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct settings settings = { .captcha_test = cases[i].on,
                                     .environment = cases[i].environment,
                                     .address = cases[i].address };
        struct problem p = { 0 };
        assert_int_equal(captcha_test_allowed(&settings, &p), cases[i].allowed);
        if (!cases[i].allowed) assert_non_null(strstr(p.detail, "captcha_test"));
    }
}

int main(void) {
    base_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_is_a_png_and_each_seed_draws_another),
        cmocka_unit_test(digits_are_drawn_dark_on_light),
        cmocka_unit_test(sound_is_a_wav_of_bearable_length),
        cmocka_unit_test(a_language_without_voice_is_told),
        cmocka_unit_test(answers_use_every_digit_but_one),
        cmocka_unit_test(what_is_typed_is_read_kindly),
        cmocka_unit_test(limits_count_networks),
        cmocka_unit_test(answers_are_told_only_in_a_test_on_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
