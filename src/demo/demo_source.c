#include "demo_internal.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "hmis/period.h"

#define AREAS_MAX   200 /* districts of one state */
#define MONTHS_MAX  60
#define FIELD_BYTES 200

enum column {
    C_YEAR,
    C_MONTH,
    C_AREA,
    C_LEVEL,
    C_ITEM,
    C_COMPONENT,
    C_TOTAL,
    C_PUBLIC,
    C_PRIVATE,
    C_URBAN,
    C_RURAL,
    C__MAX
};
static const char *const column_names[C__MAX] = {
    [C_YEAR] = "year",   [C_MONTH] = "month",   [C_AREA] = "area",
    [C_LEVEL] = "level", [C_ITEM] = "item_no",  [C_COMPONENT] = "component",
    [C_TOTAL] = "total", [C_PUBLIC] = "public", [C_PRIVATE] = "private",
    [C_URBAN] = "urban", [C_RURAL] = "rural",
};

struct row {
    int area; /* index into names */
    int period, slot, line;
    struct published_cell cell;
};
struct source {
    const struct dictionary *dictionary;
    struct problem *p;
    int line, field;
    int place[C__MAX]; /* of each column, -1: not seen yet */
    char values[C__MAX][FIELD_BYTES];
    char *names[AREAS_MAX];
    bool is_state[AREAS_MAX];
    int name_count;
    struct buffer rows; /* struct row */
    struct arena *arena;
};

static void wrong(struct source *s, const char *what, const char *value) {
    if (!s->p->code)
        problem_set(s->p, ERR_FILE_FORMAT, "line %d: %s '%.60s'", s->line, what, value);
}

/* ---- One row. ---------------------------------------------------------------------------- */
static void on_field(void *data, size_t length, void *arg) {
    struct source *s = arg;
    char text[FIELD_BYTES] = "";
    if (length < sizeof text) memcpy(text, data, length);
    if (s->p->code) return;
    if (length >= sizeof text || !text_is_utf8(text, length))
        wrong(s, "a field is too long or not UTF-8", "");
    for (int c = 0; c < C__MAX; c++) {
        if (s->line == 1 && text_equal(text, column_names[c])) s->place[c] = s->field;
        if (s->line > 1 && s->place[c] == s->field) memcpy(s->values[c], text, sizeof text);
    }
    s->field++;
}

static bool number(struct source *s, enum column c, int64_t low, int64_t high, int32_t *out) {
    int64_t value;
    if (!text_to_int(s->values[c], low, high, &value)) {
        wrong(s, "not a whole number in its range:", s->values[c]);
        return false;
    }
    *out = (int32_t)value;
    return true;
}

static int area_index(struct source *s) {
    bool state = text_equal(s->values[C_LEVEL], "state");
    if (!state && !text_equal(s->values[C_LEVEL], "district"))
        return wrong(s, "level is district or state, not", s->values[C_LEVEL]), -1;
    for (int i = 0; i < s->name_count; i++)
        if (s->is_state[i] == state && text_equal(s->names[i], s->values[C_AREA])) return i;
    if (s->name_count == AREAS_MAX)
        return wrong(s, "more areas than a state has:", s->values[C_AREA]), -1;
    s->names[s->name_count] = arena_strdup(s->arena, s->values[C_AREA]);
    s->is_state[s->name_count] = state;
    return s->name_count++;
}

/* Component "2. Stocks Received" of item 17.1 is the key "17.1/2"; "TOTAL" is the item itself. */
static int item_slot(struct source *s) {
    const char *component = s->values[C_COMPONENT];
    char key[FIELD_BYTES + 8];
    size_t length = strlen(s->values[C_ITEM]);
    memcpy(key, s->values[C_ITEM], length + 1);
    if (component[0] >= '1' && component[0] <= '9' && component[1] == '.') {
        char suffix[3] = { '/', component[0], '\0' };
        memcpy(key + length, suffix, sizeof suffix);
    } else if (!text_equal(component, "TOTAL")) {
        return wrong(s, "a component begins with its number or is TOTAL, not", component), -1;
    }
    const struct item *item = dictionary_find(s->dictionary, key);
    if (!item) return wrong(s, "the dictionary has no item", key), -1;
    return item->slot;
}

static bool cell_read(struct source *s, struct published_cell *cell) {
    int32_t *const parts[] = { &cell->public_, &cell->private_, &cell->urban, &cell->rural };
    int blank = 0;
    for (enum column c = C_PUBLIC; c <= C_RURAL; c++)
        blank += s->values[c][0] == '\0';
    *cell = (struct published_cell){ BLANK, BLANK, BLANK, BLANK, BLANK };
    if (!number(s, C_TOTAL, 0, INT32_MAX, &cell->total)) return false;
    if (blank == 4) return true;
    for (int i = 0; i < 4; i++)
        if (!number(s, C_PUBLIC + (enum column)i, 0, INT32_MAX, parts[i])) return false;
    if ((int64_t)cell->public_ + cell->private_ != cell->total ||
        (int64_t)cell->urban + cell->rural != cell->total) {
        wrong(s, "public + private or urban + rural is not the total", s->values[C_TOTAL]);
        return false;
    }
    return true;
}

static void row_read(struct source *s) {
    struct row row = { .line = s->line };
    int32_t year, month;
    row.area = area_index(s);
    row.slot = row.area < 0 ? -1 : item_slot(s);
    if (row.slot < 0 || !number(s, C_YEAR, 2008, 2099, &year) ||
        !number(s, C_MONTH, 1, 12, &month) || !cell_read(s, &row.cell))
        return;
    const struct item *item = s->dictionary->by_slot[row.slot];
    if (demo_stored(item, row.cell.total) > (row.cell.public_ == BLANK ? item->high : INT32_MAX))
        return wrong(s, "larger than the item can hold:", s->values[C_TOTAL]);
    row.period = year * 100 + month;
    if (!period_valid(row.period)) return wrong(s, "not a month of the HMIS:", s->values[C_MONTH]);
    buffer_add(&s->rows, &row, sizeof row);
}

static void on_row(int end, void *arg) {
    (void)end;
    struct source *s = arg;
    for (int c = 0; s->line == 1 && c < C__MAX; c++)
        if (s->place[c] < 0) wrong(s, "the header has no column", column_names[c]);
    if (s->line > 1 && !s->p->code) row_read(s);
    memset(s->values, 0, sizeof s->values);
    s->field = 0;
    s->line++;
}

static bool rows_read(struct source *s, const char *path) {
    gzFile file = gzopen(path, "rb");
    if (!file) return problem_set(s->p, ERR_FILE_FORMAT, "the published file cannot be opened");
    struct csv_parser parser;
    ENSURE(csv_init(&parser, CSV_APPEND_NULL) == 0, "a CSV parser");
    char chunk[1 << 14];
    int length;
    while ((length = gzread(file, chunk, sizeof chunk)) > 0 && !s->p->code)
        if (csv_parse(&parser, chunk, (size_t)length, on_field, on_row, s) != (size_t)length)
            wrong(s, "not CSV", "");
    if (length < 0) wrong(s, "the compressed file is damaged", "");
    csv_fini(&parser, on_field, on_row, s);
    csv_free(&parser);
    gzclose(file);
    if (s->p->code) return false;
    return s->rows.length ? true : problem_set(s->p, ERR_FILE_FORMAT, "the file has no rows");
}

/* ---- The whole. -------------------------------------------------------------------------- */
struct placing {
    struct source *source;
    struct published *published;
    const struct geography *geography;
    int place[AREAS_MAX]; /* area of the file -> district of published, -1: the state */
};

static const struct row *row_at(const struct source *s, size_t i) {
    return (const struct row *)(const void *)s->rows.data + i;
}

static size_t row_count(const struct source *s) {
    return s->rows.length / sizeof(struct row);
}

static bool months_find(struct placing *in, struct problem *p) {
    int first = INT32_MAX, last = 0;
    for (size_t i = 0; i < row_count(in->source); i++) {
        int period = row_at(in->source, i)->period;
        first = period < first ? period : first;
        last = period > last ? period : last;
    }
    in->published->first_period = first;
    in->published->months = period_diff(last, first) + 1;
    if (in->published->months > MONTHS_MAX)
        return problem_set(p, ERR_FILE_FORMAT, "the file has more than %d months", MONTHS_MAX);
    return true;
}

static bool state_find(struct placing *in, struct problem *p) {
    const char *name = NULL;
    for (int i = 0; i < in->source->name_count; i++) {
        if (!in->source->is_state[i]) continue;
        if (name)
            return problem_set(p, ERR_FILE_FORMAT, "the file has rows of more than one state");
        name = in->source->names[i];
    }
    if (!name) return problem_set(p, ERR_FILE_FORMAT, "the file has no row of level state");
    in->published->state = geography_find_child(in->geography, 0, AREA_STATE,
                                                area_tree_day(in->published->first_period), name);
    if (in->published->state < 0)
        return problem_set(p, ERR_AREA_UNKNOWN, "there is no state '%.60s'", name);
    return true;
}

static int compare_codes(const void *a, const void *b, void *geography) {
    const struct geography *g = geography;
    int32_t x = g->areas[*(const int *)a].code, y = g->areas[*(const int *)b].code;
    return x < y ? -1 : x > y;
}

static bool districts_find(struct placing *in, struct arena *arena, struct problem *p) {
    struct published *published = in->published;
    const struct source *s = in->source;
    int found[AREAS_MAX], day = area_tree_day(published->first_period);
    published->districts = arena_array(arena, AREAS_MAX, sizeof(int));
    for (int i = 0; i < s->name_count; i++) {
        if (s->is_state[i]) continue;
        found[i] =
            geography_find_child(in->geography, published->state, AREA_DISTRICT, day, s->names[i]);
        if (found[i] < 0)
            return problem_set(p, ERR_AREA_UNKNOWN,
                               "there is no district '%.60s' in that month; if it is another "
                               "spelling, give it as hmis_name in districts.tsv",
                               s->names[i]);
        published->districts[published->district_count++] = found[i];
    }
    qsort_r(published->districts, (size_t)published->district_count, sizeof(int), compare_codes,
            (void *)(uintptr_t)in->geography);
    for (int i = 0; i < s->name_count; i++) {
        in->place[i] = -1;
        for (int d = 0; !s->is_state[i] && d < published->district_count; d++)
            if (published->districts[d] == found[i]) in->place[i] = d;
    }
    return true;
}

static size_t cell_index(const struct published *published, int district, int month, int slot) {
    return ((size_t)district * (size_t)published->months + (size_t)month) *
               (size_t)published->dictionary->width +
           (size_t)slot;
}

struct published_cell *published_at(const struct published *published, int district, int month,
                                    int slot) {
    return &published->cells[cell_index(published, district, month, slot)];
}

static bool cells_place(struct placing *in, struct arena *arena, struct problem *p) {
    struct published *published = in->published;
    size_t count = cell_index(published, published->district_count, 0, 0);
    published->cells = arena_array(arena, count, sizeof *published->cells);
    for (size_t i = 0; i < count; i++)
        published->cells[i].total = BLANK;
    for (size_t i = 0; i < row_count(in->source); i++) {
        const struct row *row = row_at(in->source, i);
        if (in->place[row->area] < 0) continue;
        int month = period_diff(row->period, published->first_period);
        size_t at = cell_index(published, in->place[row->area], month, row->slot);
        if (published->cells[at].total != BLANK)
            return problem_set(p, ERR_FILE_FORMAT, "line %d: the same figure stands there twice",
                               row->line);
        published->cells[at] = row->cell;
        published->rows++;
    }
    return true;
}

/* A state's row that is not the sum of its districts cannot come back from facilities. */
static void states_compare(struct placing *in) {
    struct published *published = in->published;
    for (size_t i = 0; i < row_count(in->source); i++) {
        const struct row *row = row_at(in->source, i);
        if (in->place[row->area] >= 0) continue;
        int month = period_diff(row->period, published->first_period);
        int64_t sum[3] = { 0 };
        for (int d = 0; d < published->district_count; d++) {
            const struct published_cell *cell = published_at(published, d, month, row->slot);
            if (cell->total == BLANK) continue;
            sum[0] += cell->total;
            sum[1] += cell->public_ == BLANK ? 0 : cell->public_;
            sum[2] += cell->urban == BLANK ? 0 : cell->urban;
        }
        published->state_differs += sum[0] != row->cell.total ||
                                    (row->cell.public_ != BLANK &&
                                     (sum[1] != row->cell.public_ || sum[2] != row->cell.urban));
    }
}

bool published_read(struct published *published, const struct demo_request *request,
                    const struct geography *geography, struct arena *arena, struct problem *p) {
    struct source source = { .dictionary = request->dictionary, .p = p, .line = 1, .arena = arena };
    for (int c = 0; c < C__MAX; c++)
        source.place[c] = -1;
    *published = (struct published){ .dictionary = request->dictionary };
    struct placing placing = { .source = &source, .published = published, .geography = geography };
    bool done = rows_read(&source, request->source) && months_find(&placing, p) &&
                state_find(&placing, p) && districts_find(&placing, arena, p) &&
                cells_place(&placing, arena, p);
    if (done) states_compare(&placing);
    buffer_free(&source.rows);
    return done;
}
