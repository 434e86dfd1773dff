#include "demo_internal.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "hmis/period.h"

#define AREAS_MAX   200 /* districts of one state */
#define MONTHS_MAX  60
#define FIELD_BYTES 200
#define NOTES_MAX   100

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

static const bool column_needed[C__MAX] = {
    [C_YEAR] = true, [C_MONTH] = true, [C_AREA] = true, [C_ITEM] = true, [C_TOTAL] = true
};

struct note {
    const char *text;
    int line, count; /* where it was first, and how often */
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
    int first[AREAS_MAX], last[AREAS_MAX]; /* months of its rows */
    int name_count;
    const struct form *headquarters;
    struct note notes[NOTES_MAX];
    int note_count;
    struct buffer rows; /* struct row */
    struct arena *arena;
};

static void wrong(struct source *s, const char *what, const char *value) {
    if (!s->p->code)
        problem_set(s->p, ERR_FILE_FORMAT, "line %d: %s '%.60s'", s->line, what, value);
}

/* What was understood in another way, or left out: told, and the file is read on. */
static void note(struct source *s, const char *what, const char *value, const char *then) {
    char text[FIELD_BYTES + 120];
    snprintf(text, sizeof text, "%s%s%.60s%s%s", what, *value ? " '" : "", value, *value ? "'" : "",
             then);
    for (int i = 0; i < s->note_count; i++)
        if (text_equal(s->notes[i].text, text)) {
            s->notes[i].count++;
            return;
        }
    if (s->note_count == NOTES_MAX) return;
    s->notes[s->note_count++] = (struct note){ arena_strdup(s->arena, text), s->line, 1 };
}

/* ---- One row. ---------------------------------------------------------------------------- */
static void trim(char *text) {
    size_t length = strlen(text), begin = strspn(text, " \t\r");
    while (length > begin && strchr(" \t\r", text[length - 1]))
        length--;
    memmove(text, text + begin, length - begin);
    text[length - begin] = '\0';
}

static void on_field(void *data, size_t length, void *arg) {
    struct source *s = arg;
    char text[FIELD_BYTES] = "";
    if (length < sizeof text) memcpy(text, data, length);
    if (s->p->code) return;
    if (length >= sizeof text || !text_is_utf8(text, length))
        wrong(s, "a field is too long or not UTF-8", "");
    trim(text);
    for (int c = 0; c < C__MAX; c++) {
        if (s->line == 1 && area_name_equal(text, column_names[c])) s->place[c] = s->field;
        if (s->line > 1 && s->place[c] == s->field) memcpy(s->values[c], text, sizeof text);
    }
    s->field++;
}

/* "1974", and as spreadsheets write it: "1,974", "1974.0". */
static bool number(const struct source *s, enum column c, int64_t low, int64_t high, int32_t *out) {
    char digits[FIELD_BYTES];
    size_t length = 0;
    int64_t value;
    for (const char *at = s->values[c]; *at; at++)
        if (*at != ',') digits[length++] = *at;
    digits[length] = '\0';
    char *point = strchr(digits, '.');
    if (point && point[1] && strspn(point + 1, "0") == strlen(point + 1)) *point = '\0';
    if (!text_to_int(digits, low, high, &value)) return false;
    *out = (int32_t)value;
    return true;
}

/* -1: of a level that is not read here. */
static int area_index(struct source *s) {
    bool state = area_name_equal(s->values[C_LEVEL], "state");
    bool nation = area_name_equal(s->values[C_AREA], "India") ||
                  area_name_equal(s->values[C_AREA], "All India");
    if (nation ||
        (!state && s->values[C_LEVEL][0] && !area_name_equal(s->values[C_LEVEL], "district"))) {
        note(s, "rows of level", nation ? "nation" : s->values[C_LEVEL], " are left out");
        return -1;
    }
    for (int i = 0; i < s->name_count; i++)
        if (s->is_state[i] == state && area_name_equal(s->names[i], s->values[C_AREA])) return i;
    if (s->name_count == AREAS_MAX)
        return wrong(s, "more areas than a state has:", s->values[C_AREA]), -1;
    s->names[s->name_count] = arena_strdup(s->arena, s->values[C_AREA]);
    s->is_state[s->name_count] = state;
    return s->name_count++;
}

/* Component "2. Stocks Received" of item 17.1 is the key "17.1/2"; "TOTAL" is the item itself. */
static const struct item *item_find(struct source *s) {
    const char *component = s->values[C_COMPONENT];
    char key[FIELD_BYTES + 8];
    size_t length = strlen(s->values[C_ITEM]);
    memcpy(key, s->values[C_ITEM], length + 1);
    if (component[0] >= '1' && component[0] <= '9' && component[1] == '.') {
        char suffix[3] = { '/', component[0], '\0' };
        memcpy(key + length, suffix, sizeof suffix);
    } else if (*component && !area_name_equal(component, "TOTAL")) {
        note(s, "component", component, " is not known; its rows are left out");
        return NULL;
    }
    const struct item *item = dictionary_find(s->dictionary, key);
    if (!item) note(s, "the dictionary has no item", key, "; its rows are left out");
    return item;
}

/* The four parts, where they are whole and add up; false: a total only. */
static bool parts_read(struct source *s, struct published_cell *cell) {
    int32_t *const parts[] = { &cell->public_, &cell->private_, &cell->urban, &cell->rural };
    int blank = 0;
    for (enum column c = C_PUBLIC; c <= C_RURAL; c++)
        blank += s->values[c][0] == '\0';
    if (blank == 4) return false;
    for (int i = 0; i < 4; i++)
        if (!number(s, C_PUBLIC + (enum column)i, 0, INT32_MAX, parts[i])) {
            note(s, "the four parts are not all numbers: the total alone is taken", "", "");
            return false;
        }
    if ((int64_t)cell->public_ + cell->private_ == cell->total &&
        (int64_t)cell->urban + cell->rural == cell->total)
        return true;
    note(s, "public + private or urban + rural is not the total: the total alone is taken", "", "");
    return false;
}

static bool only_of_headquarters(const struct source *s, const struct item *item) {
    for (int f = 0; f < s->dictionary->form_count; f++)
        if (&s->dictionary->forms[f] != s->headquarters &&
            form_find_slot(&s->dictionary->forms[f], item->slot))
            return false;
    return true;
}

/* A total without parts is the headquarters'; what is not of its form, public facilities' in the
 * country: some split has to be chosen, and none is published. */
static void split_choose(struct source *s, const struct item *item, bool split,
                         struct published_cell *cell) {
    int32_t total = cell->total;
    bool of_headquarters = s->headquarters && form_find_slot(s->headquarters, item->slot);
    if (of_headquarters && only_of_headquarters(s, item)) split = false;
    if (split) return;
    *cell = of_headquarters ? (struct published_cell){ total, BLANK, BLANK, BLANK, BLANK }
                            : (struct published_cell){ total, total, 0, 0, total };
    if (!of_headquarters)
        note(s, "item", item->key, " has a total only: given to public facilities in the country");
}

static bool period_read(struct source *s, int *period) {
    int32_t year = 0, month = 0;
    if (!number(s, C_YEAR, 2008, 2099, &year)) wrong(s, "not a year:", s->values[C_YEAR]);
    if (!number(s, C_MONTH, 1, 12, &month)) wrong(s, "not a month:", s->values[C_MONTH]);
    if (s->p->code) return false;
    *period = year * 100 + month;
    if (!period_valid(*period)) wrong(s, "not a month of the HMIS:", s->values[C_MONTH]);
    return !s->p->code;
}

static void row_read(struct source *s) {
    struct row row = { .line = s->line, .cell = { BLANK, BLANK, BLANK, BLANK, BLANK } };
    row.area = area_index(s);
    const struct item *item = row.area < 0 ? NULL : item_find(s);
    if (!item || !period_read(s, &row.period) || !s->values[C_TOTAL][0]) return;
    if (!number(s, C_TOTAL, 0, INT32_MAX, &row.cell.total))
        return note(s, "no figure:", s->values[C_TOTAL], "; the row is left out");
    row.slot = item->slot;
    split_choose(s, item, parts_read(s, &row.cell), &row.cell);
    if (demo_stored(item, row.cell.total) > (row.cell.public_ == BLANK ? item->high : INT32_MAX))
        return note(s, "larger than the item can hold:", s->values[C_TOTAL],
                    "; the row is left out");
    int *first = &s->first[row.area], *last = &s->last[row.area];
    if (!*first || row.period < *first) *first = row.period;
    if (row.period > *last) *last = row.period;
    buffer_add(&s->rows, &row, sizeof row);
}

static void header_check(struct source *s) {
    for (int c = 0; c < C__MAX; c++) {
        if (s->place[c] >= 0) continue;
        if (column_needed[c])
            wrong(s, "the header has no column", column_names[c]);
        else
            note(s, "the file has no column", column_names[c], "");
    }
}

static void on_row(int end, void *arg) {
    (void)end;
    struct source *s = arg;
    if (s->line == 1) header_check(s);
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
    s->line = 1; /* what is said of the whole stands at its head */
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

static int districts_known(const struct placing *in, int state, bool alike) {
    int (*find)(const struct geography *, int, enum area_level, int, const char *) =
        alike ? geography_find_alike : geography_find_child;
    int known = 0;
    for (int i = 0; i < in->source->name_count; i++)
        known += find(in->geography, state, AREA_DISTRICT, area_tree_day(in->source->first[i]),
                      in->source->names[i]) >= 0;
    return known;
}

/* Without a row of the state: the one whose districts the file names. */
static bool state_by_districts(struct placing *in, struct problem *p) {
    int most = 0;
    for (int alike = 0; alike < 2 && !most; alike++)
        for (int state = 0; state < in->geography->area_count; state++) {
            if (in->geography->areas[state].level != AREA_STATE) continue;
            int known = districts_known(in, state, alike);
            if (known > most) in->published->state = state;
            most = known > most ? known : most;
        }
    return most > 0 || problem_set(p, ERR_FILE_FORMAT,
                                   "the file has no row of level state, and no district is known");
}

static bool state_find(struct placing *in, struct problem *p) {
    struct source *s = in->source;
    const char *name = NULL;
    int day = area_tree_day(in->published->first_period);
    for (int i = 0; i < s->name_count; i++) {
        /* Without levels the state's row is known by its name. */
        if (s->place[C_LEVEL] < 0)
            s->is_state[i] =
                geography_find_child(in->geography, 0, AREA_STATE, day, s->names[i]) >= 0;
        if (!s->is_state[i]) continue;
        if (name)
            return problem_set(p, ERR_FILE_FORMAT, "the file has rows of more than one state");
        name = s->names[i];
    }
    if (!name) return state_by_districts(in, p);
    in->published->state = geography_find_child(in->geography, 0, AREA_STATE, day, name);
    if (in->published->state < 0)
        return problem_set(p, ERR_AREA_UNKNOWN, "there is no state '%.60s'", name);
    return true;
}

static int compare_codes(const void *a, const void *b, void *geography) {
    const struct geography *g = geography;
    int32_t x = g->areas[*(const int *)a].code, y = g->areas[*(const int *)b].code;
    return x < y ? -1 : x > y;
}

/* By its name in the tree of its first month, then by the spelling most like it. */
static int district_find(struct placing *in, int i) {
    struct source *s = in->source;
    const struct geography *g = in->geography;
    int day = area_tree_day(s->first[i]);
    int found = geography_find_child(g, in->published->state, AREA_DISTRICT, day, s->names[i]);
    if (found >= 0) return found;
    found = geography_find_alike(g, in->published->state, AREA_DISTRICT, day, s->names[i]);
    if (found >= 0)
        note(s, "district", s->names[i],
             arena_printf(s->arena, " is taken for %s (%d)", g->areas[found].name,
                          g->areas[found].code));
    return found;
}

static void districts_place(struct placing *in, const int *found, struct arena *arena) {
    struct published *published = in->published;
    published->begin = arena_array(arena, AREAS_MAX, sizeof(int));
    published->last = arena_array(arena, AREAS_MAX, sizeof(int));
    for (int i = 0; i < in->source->name_count; i++) {
        in->place[i] = -1;
        for (int d = 0; found[i] >= 0 && d < published->district_count; d++) {
            if (published->districts[d] != found[i]) continue;
            in->place[i] = d;
            published->begin[d] = in->source->first[i];
            published->last[d] = in->source->last[i];
        }
    }
}

static bool districts_find(struct placing *in, struct arena *arena, struct problem *p) {
    struct published *published = in->published;
    const struct source *s = in->source;
    int found[AREAS_MAX];
    published->districts = arena_array(arena, AREAS_MAX, sizeof(int));
    for (int i = 0; i < s->name_count; i++) {
        found[i] = -1;
        if (s->is_state[i] || !s->first[i]) continue;
        found[i] = district_find(in, i);
        if (found[i] < 0)
            return problem_set(p, ERR_AREA_UNKNOWN,
                               "there is no district '%.60s' in that month; if it is another "
                               "spelling, give it as hmis_name in districts.tsv",
                               s->names[i]);
        for (int d = 0; d < published->district_count; d++)
            if (published->districts[d] == found[i])
                return problem_set(p, ERR_FILE_FORMAT, "two names of the file are district %s",
                                   in->geography->areas[found[i]].name);
        published->districts[published->district_count++] = found[i];
    }
    qsort_r(published->districts, (size_t)published->district_count, sizeof(int), compare_codes,
            (void *)(uintptr_t)in->geography);
    districts_place(in, found, arena);
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
        if (published->cells[at].total != BLANK) {
            if (memcmp(&published->cells[at], &row->cell, sizeof row->cell) == 0) continue;
            return problem_set(p, ERR_FILE_FORMAT,
                               "line %d: the same figure stands there twice, and differs",
                               row->line);
        }
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

static void notes_tell(const struct source *s, struct published *published) {
    published->notes = arena_array(s->arena, (size_t)s->note_count + 1, sizeof(char *));
    for (int i = 0; i < s->note_count; i++) {
        const struct note *n = &s->notes[i];
        published->notes[published->note_count++] =
            n->count > 1
                ? arena_printf(s->arena, "line %d and %d more: %s", n->line, n->count - 1, n->text)
                : arena_printf(s->arena, "line %d: %s", n->line, n->text);
    }
}

static const struct form *headquarters_form(const struct dictionary *dictionary) {
    for (int i = 0; i < dictionary->form_count; i++)
        if (dictionary->forms[i].facility_types & (1u << FACILITY_DHQ))
            return &dictionary->forms[i];
    return NULL;
}

bool published_read(struct published *published, const struct demo_request *request,
                    const struct geography *geography, struct arena *arena, struct problem *p) {
    struct source *source = arena_alloc(arena, sizeof *source);
    *source = (struct source){ .dictionary = request->dictionary,
                               .p = p,
                               .line = 1,
                               .headquarters = headquarters_form(request->dictionary),
                               .arena = arena };
    for (int c = 0; c < C__MAX; c++)
        source->place[c] = -1;
    *published = (struct published){ .dictionary = request->dictionary };
    struct placing placing = { .source = source, .published = published, .geography = geography };
    bool done = rows_read(source, request->source) && months_find(&placing, p) &&
                state_find(&placing, p) && districts_find(&placing, arena, p) &&
                cells_place(&placing, arena, p);
    if (done) states_compare(&placing);
    notes_tell(source, published);
    buffer_free(&source->rows);
    return done;
}
