#include "hmis/report.h"

#include "test.h"

#include <stdlib.h>

#define WIDTH 300

static void random_cells(int32_t *cells, int width, int blank_in_16) {
    for (int i = 0; i < width; i++) {
        int kind = rand() % 16;
        cells[i] = kind < blank_in_16 ? BLANK
                   : rand() % 4       ? rand() % 300
                                      : (int32_t)rand() - INT32_MAX / 2;
    }
}

static void assert_round_trip(const int32_t *cells, int width) {
    struct buffer packed = { 0 };
    int32_t back[WIDTH];
    report_pack(cells, width, &packed);
    assert_true(report_unpack((uint8_t *)packed.data, packed.length, back, width));
    assert_memory_equal(cells, back, (size_t)width * sizeof *cells);
    for (size_t cut = 0; cut < packed.length;
         cut += 7) /* a cut row is refused or shorter, never more */
        if (report_unpack((uint8_t *)packed.data, cut, back, width))
            for (int i = 0; i < width; i++)
                assert_true(back[i] == BLANK || back[i] == cells[i]);
    buffer_free(&packed);
}

static void test_round_trip(void **state) {
    (void)state;
    int32_t cells[WIDTH];
    for (int blank = 0; blank <= 16; blank++)
        for (int i = 0; i < 20; i++) {
            random_cells(cells, WIDTH, blank);
            assert_round_trip(cells, WIDTH);
        }
    cells[0] = INT32_MAX;
    cells[WIDTH - 1] = INT32_MIN + 1;
    assert_round_trip(cells, WIDTH);
}

static void test_blank_is_not_zero(void **state) {
    (void)state;
    int32_t blank[3] = { BLANK, BLANK, BLANK }, zero[3] = { BLANK, 0, BLANK };
    struct buffer packed = { 0 };
    report_pack(blank, 3, &packed);
    assert_int_equal(packed.length, 0);
    report_pack(zero, 3, &packed);
    assert_int_equal(packed.length, 3);
    buffer_free(&packed);
}

/* A row of an older, narrower dictionary fills what it has. */
static void test_width(void **state) {
    (void)state;
    int32_t cells[2] = { 7, 8 }, wide[5], narrow[1];
    struct buffer packed = { 0 };
    report_pack(cells, 2, &packed);
    assert_true(report_unpack((uint8_t *)packed.data, packed.length, wide, 5));
    assert_int_equal(wide[1], 8);
    assert_int_equal(wide[4], BLANK);
    assert_false(report_unpack((uint8_t *)packed.data, packed.length, narrow, 1));
    buffer_free(&packed);
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[8];
        size_t length;
    } cases[] = {
        { "half a run", { 0 }, 1 },
        { "no figures in a run", { 0, 0 }, 2 },
        { "more than the width", { 0, 9, 1 }, 3 },
        { "blanks beyond the width", { 200, 1, 1, 1 }, 4 },
        { "two runs that are one", { 0, 1, 2, 0, 1, 2 }, 6 },
        { "a long zero", { 0x80, 0, 1, 2 }, 4 },
        { "more than 32 bits", { 0, 1, 0xff, 0xff, 0xff, 0xff, 0x1f }, 7 },
        { "the mark of blank", { 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f }, 7 },
    };
    int32_t cells[4];
    for (size_t i = 0; i < COUNT(cases); i++)
        if (report_unpack(cases[i].bytes, cases[i].length, cells, 4))
            fail_msg("taken: %s", cases[i].name);
}

static void test_receipt(void **state) {
    (void)state;
    char receipt[64];
    report_receipt(receipt, "AP1234", 202304, "PHC", 2);
    assert_string_equal(receipt, "AP1234-202304-PHC-2");
    report_receipt(receipt, "12345678901234567890", 202304, "ABCDEFGHIJKLMNOPQRSTUVW", INT32_MAX);
    assert_true(strlen(receipt) < sizeof receipt);
}

int main(void) {
    srand(202204);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_blank_is_not_zero),
        cmocka_unit_test(test_width),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_receipt),
    };
    return cmocka_run_group_tests_name("report_pack", tests, NULL, NULL);
}
