/* What checking a report costs, against the least that could be done with the same figures: adding
 * each of them once. Two shapes: a form filled wholly with twelve months of history, and one as
 * real months of private facilities are, with 9 of 100 cells filled. Nanoseconds a report; ends
 * with 1 when a limit is passed. */
#include "hmis/validation.h"

#include "hmis/clock.h"

#include <stdio.h>

#define ROUNDS  20000
#define BATCHES 7 /* the best of so many: the machine does other things too */

struct data {
    const struct form *form;
    int32_t rows[HISTORY_MONTHS + 1][CELLS_MAX];
    struct history history;
    uint8_t outcomes[RULES_MAX / 4];
    int64_t sink;
};

/* Once each: the report and its twelve months. */
static void add_all(struct data *data) {
    int64_t sum = 0;
    for (int row = 0; row <= HISTORY_MONTHS; row++)
        for (int i = 0; i < data->form->item_count; i++) {
            int32_t cell = data->rows[row][data->form->items[i].item->slot];
            sum += cell == BLANK ? 0 : cell;
        }
    data->sink += sum;
}

static void add_report(struct data *data) {
    int64_t sum = 0;
    for (int i = 0; i < data->form->item_count; i++) {
        int32_t cell = data->rows[0][data->form->items[i].item->slot];
        sum += cell == BLANK ? 0 : cell;
    }
    data->sink += sum;
}

static void rules(struct data *data) {
    outcomes_evaluate(data->form, data->rows[0], data->outcomes);
    data->sink += data->outcomes[0];
}

static void findings(struct data *data) {
    int32_t found[CELLS_MAX];
    data->sink += findings_evaluate(data->form, data->rows[0],
                                    &(struct checks){ &data->history, NULL, 202204, 20220501 },
                                    found, CELLS_MAX);
}

static double nanoseconds(void (*work)(struct data *), struct data *data) {
    double best = 1e18;
    for (int batch = 0; batch < BATCHES; batch++) {
        int64_t start = clock_monotonic_us();
        for (int i = 0; i < ROUNDS; i++)
            work(data);
        double took = (double)(clock_monotonic_us() - start) * 1000 / ROUNDS;
        best = took < best ? took : best;
    }
    return best;
}

/* Figures that vary about a mean of their own, an item in `one_of` filled. */
static void fill(struct data *data, int one_of) {
    uint32_t random = 1;
    for (int row = 0; row <= HISTORY_MONTHS; row++)
        for (int slot = 0; slot < CELLS_MAX; slot++) {
            random = random * 1664525u + 1013904223u;
            int32_t figure = slot * 3 % 200 + (int32_t)(random >> 28);
            data->rows[row][slot] = slot % one_of == 0 ? figure : BLANK;
        }
    for (int month = 0; month < HISTORY_MONTHS; month++)
        data->history.months[month] = data->rows[month + 1];
}

static bool report(const char *what, double took, double base, double limit) {
    bool good = took <= base * limit;
    printf("%-28s %8.0f ns  %5.1f x adding (limit %.0f)%s\n", what, took, took / base, limit,
           good ? "" : "  TOO SLOW");
    return good;
}

static bool measure(struct data *data, const char *shape, int one_of, double rules_limit,
                    double findings_limit) {
    fill(data, one_of);
    double once = nanoseconds(add_report, data), all = nanoseconds(add_all, data);
    printf("form %s, %s: adding the report %.0f ns, with its history %.0f ns\n", data->form->code,
           shape, once, all);
    bool good = report("rules", nanoseconds(rules, data), once, rules_limit);
    return report("findings", nanoseconds(findings, data), all, findings_limit) && good;
}

int main(int argc, char **argv) {
    static struct data data;
    struct problem p = { 0 };
    struct arena *arena = arena_new();
    const struct dictionary *d =
        dictionary_read(argc > 1 ? argv[1] : "data/dictionary/HMIS-2017", arena, &p);
    if (!d) {
        fprintf(stderr, "%s\n", p.detail);
        return 2;
    }
    data.form = form_by_code(d, "DH");
    bool good = measure(&data, "wholly filled", 1, 6, 6);
    good = measure(&data, "9 of 100 filled", 11, 6, 6) && good;
    arena_free(arena);
    return good && data.sink != 0 ? 0 : 1;
}
