#include "hmis/aggregate.h"

#include "test.h"

#include <stdlib.h>

#define WIDTH 61

static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    srand(20220401);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

/* Half the slots blank, a quarter zero, some negative, some as large as a cell can be. */
static void random_cells(int32_t *cells, int width) {
    for (int i = 0; i < width; i++) {
        int kind = rand() % 16;
        cells[i] = kind < 8 ? BLANK : kind < 12 ? 0 : rand() % 5000 - 200;
        if (kind == 15) cells[i] = rand() % 2 ? INT32_MAX : INT32_MIN + 1;
    }
}

static void assert_totals_equal(const struct total *a, const struct total *b) {
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->reports, b->reports);
    size_t width = (size_t)a->width;
    assert_memory_equal(a->sums, b->sums, width * sizeof *a->sums);
    assert_memory_equal(a->filled, b->filled, width * sizeof *a->filled);
    assert_memory_equal(a->zeros, b->zeros, width * sizeof *a->zeros);
}

static void blank_is_not_zero(void **state) {
    (void)state;
    struct total *total = total_new(arena, 4);
    total_add_cells(total, (int32_t[]){ BLANK, 0, 7, BLANK });
    total_add_cells(total, (int32_t[]){ BLANK, 0, -3, 0 });
    assert_int_equal(total->reports, 2);
    const struct {
        int64_t sum;
        int32_t filled, zeros;
    } want[] = { { 0, 0, 0 }, { 0, 2, 2 }, { 4, 2, 0 }, { 0, 1, 1 } };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(total->sums[i], want[i].sum);
        assert_int_equal(total->filled[i], want[i].filled);
        assert_int_equal(total->zeros[i], want[i].zeros);
    }
    assert_int_equal(total_filled(total), 5);
    assert_int_equal(total_zeros(total), 3);
}

static void sums_leave_32_bits(void **state) {
    (void)state;
    struct total *total = total_new(arena, 1);
    for (int i = 0; i < 5; i++)
        total_add_cells(total, (int32_t[]){ INT32_MAX });
    assert_int_equal(total->sums[0], 5LL * INT32_MAX);
}

static void order_does_not_matter(void **state) {
    (void)state;
    enum { REPORTS = 200 };
    static int32_t cells[REPORTS][WIDTH];
    for (int i = 0; i < REPORTS; i++)
        random_cells(cells[i], WIDTH);
    struct total *forward = total_new(arena, WIDTH), *backward = total_new(arena, WIDTH);
    struct total *halves[2] = { total_new(arena, WIDTH), total_new(arena, WIDTH) };
    for (int i = 0; i < REPORTS; i++) {
        total_add_cells(forward, cells[i]);
        total_add_cells(backward, cells[REPORTS - 1 - i]);
        total_add_cells(halves[rand() % 2], cells[i]);
    }
    total_add(halves[0], halves[1]);
    assert_totals_equal(forward, backward);
    assert_totals_equal(forward, halves[0]);
}

static void packing_loses_nothing(void **state) {
    (void)state;
    struct buffer packed = { 0 }, again = { 0 };
    for (int round = 0; round < 500; round++) {
        int width = 1 + rand() % CELLS_MAX;
        static int32_t cells[CELLS_MAX];
        struct total *total = total_new(arena, width), *back = total_new(arena, width);
        for (int i = rand() % 4; i > 0; i--) {
            random_cells(cells, width);
            total_add_cells(total, cells);
        }
        packed.length = again.length = 0;
        total_pack(total, &packed);
        assert_true(total_add_packed(back, (uint8_t *)packed.data, packed.length));
        assert_totals_equal(total, back);
        total_pack(back, &again);
        assert_int_equal(packed.length, again.length);
        assert_memory_equal(packed.data, again.data, packed.length);
    }
    buffer_free(&packed);
    buffer_free(&again);
}

static void a_packed_total_is_added(void **state) {
    (void)state;
    int32_t cells[2][WIDTH];
    random_cells(cells[0], WIDTH);
    random_cells(cells[1], WIDTH);
    struct total *both = total_new(arena, WIDTH), *one = total_new(arena, WIDTH);
    struct total *narrow = total_new(arena, WIDTH - 20);
    total_add_cells(both, cells[0]);
    total_add_cells(narrow, cells[1]);
    struct buffer packed = { 0 };
    total_pack(narrow, &packed);
    total_add(both, narrow);
    total_add_cells(one, cells[0]);
    assert_true(total_add_packed(one, (uint8_t *)packed.data, packed.length));
    assert_totals_equal(both, one);
    buffer_free(&packed);
}

static void an_empty_total_is_one_byte(void **state) {
    (void)state;
    struct buffer packed = { 0 };
    total_pack(total_new(arena, WIDTH), &packed);
    assert_int_equal(packed.length, 1);
    buffer_free(&packed);
}

static void bytes_that_are_no_total_are_refused(void **state) {
    (void)state;
#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })
    const struct {
        const char *name;
        const uint8_t *data;
        size_t length;
    } cases[] = {
        { "cut in a number", BYTES(0x81) },
        { "a number longer than it needs", BYTES(0x81, 0x00) },
        { "more reports than 2^31 - 1", BYTES(0x80, 0x80, 0x80, 0x80, 0x08) },
        { "blank slots and no filled ones", BYTES(1, 2) },
        { "a run of no filled slots", BYTES(1, 2, 0) },
        { "wider than the total", BYTES(1, 4, 1, 1, 0, 2) },
        { "more filled than reports", BYTES(1, 0, 1, 2, 0, 2) },
        { "more zeros than filled", BYTES(2, 0, 1, 1, 2, 0) },
        { "filled slot that nobody filled", BYTES(1, 0, 1, 0, 0, 0) },
        { "only zeros and yet a sum", BYTES(1, 0, 1, 1, 1, 2) },
        { "two runs that are one", BYTES(1, 0, 1, 1, 0, 2, 0, 1, 1, 0, 2) },
        { "cut in a run", BYTES(1, 0, 2, 1, 0, 2) },
        { "a sum of more than 64 bits",
          BYTES(1, 0, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02) },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct total *total = total_new(arena, 4), *before = total_new(arena, 4);
        total_add_cells(total, (int32_t[]){ 1, 2, 3, 4 });
        total_add(before, total);
        if (total_add_packed(total, cases[i].data, cases[i].length))
            fail_msg("taken: %s", cases[i].name);
        assert_totals_equal(total, before);
    }
}

static void a_sum_out_of_range_is_refused(void **state) {
    (void)state;
    /* one report, slot 0 filled, sum INT64_MAX (zigzag 2^64 - 2) */
    const uint8_t most[] = { 1,    0,    1,    1,    0,    0xfe, 0xff, 0xff,
                             0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 };
    struct total *total = total_new(arena, 4);
    assert_true(total_add_packed(total, most, sizeof most));
    assert_int_equal(total->sums[0], INT64_MAX);
    assert_false(total_add_packed(total, most, sizeof most));
    assert_int_equal(total->sums[0], INT64_MAX);
    assert_int_equal(total->reports, 1);
}

static void a_cleared_total_is_empty(void **state) {
    (void)state;
    struct total *total = total_new(arena, 3);
    total_add_cells(total, (int32_t[]){ 1, 0, BLANK });
    total_clear(total);
    assert_totals_equal(total, total_new(arena, 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blank_is_not_zero),
        cmocka_unit_test(sums_leave_32_bits),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(packing_loses_nothing),
        cmocka_unit_test(a_packed_total_is_added),
        cmocka_unit_test(an_empty_total_is_one_byte),
        cmocka_unit_test(bytes_that_are_no_total_are_refused),
        cmocka_unit_test(a_sum_out_of_range_is_refused),
        cmocka_unit_test(a_cleared_total_is_empty),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
