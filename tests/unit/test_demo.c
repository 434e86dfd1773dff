#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "hmis/demo.h"
#include "hmis/facility.h"
#include "hmis/validation.h"

#include "../../src/demo/demo_internal.h"
#include "test.h"

#define GEOGRAPHY HMIS_SOURCE_DIR "/data/geography"
#define PUBLISHED HMIS_SOURCE_DIR "/data/demonstration/ap_item_monthly_2022-23.csv.gz"
#define BALANCES  HMIS_SOURCE_DIR "/data/demonstration/ap_item_cumulative_2022-23_to_march.csv.gz"
#define LIST      HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017"

static struct arena *arena;
static const struct dictionary *dictionary;
static struct geography india;
static char folder[] = "/tmp/hmis-demo-XXXXXX";

static void need(bool done, const struct problem *p) {
    if (!done) fail_msg("%s: %s", error_code_name(p->code), p->detail);
}

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    struct problem p = { 0 };
    dictionary = dictionary_read(LIST, arena, &p);
    bool done = dictionary && geography_read(&india, GEOGRAPHY, arena, &p) && mkdtemp(folder);
    if (!done) fprintf(stderr, "%s\n", p.detail);
    return !done;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return rmdir(folder);
}

/* ---- Whole numbers. ---------------------------------------------------------------------- */
static void tables_have_the_published_margins(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        int32_t total = (int32_t)(demo_hash(i, 1, 0) % (i % 3 ? 50 : INT32_MAX));
        int32_t public_ = (int32_t)(demo_hash(i, 2, 0) % ((uint64_t)total + 1));
        int32_t urban = (int32_t)(demo_hash(i, 3, 0) % ((uint64_t)total + 1));
        struct published_cell cell = { total, public_, total - public_, urban, total - urban };
        int32_t parts[KIND__MAX];
        demo_split(&cell, parts);
        for (int k = 0; k < KIND__MAX; k++)
            assert_true(parts[k] >= 0);
        assert_int_equal(parts[PUBLIC_URBAN] + parts[PUBLIC_RURAL], cell.public_);
        assert_int_equal(parts[PRIVATE_URBAN] + parts[PRIVATE_RURAL], cell.private_);
        assert_int_equal(parts[PUBLIC_URBAN] + parts[PRIVATE_URBAN], cell.urban);
    }
}

static int32_t sum_of(const int32_t *shares, int count) {
    int64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += shares[i];
    return (int32_t)sum;
}

static void shares_add_up_and_never_fall(void **state) {
    (void)state;
    enum { MOST = 40 };
    for (uint64_t round = 0; round < 300; round++) {
        int count = 1 + (int)(demo_hash(round, 1, 1) % MOST);
        uint32_t weights[MOST], offsets[MOST];
        int32_t before[MOST] = { 0 }, shares[MOST];
        for (int i = 0; i < count; i++) {
            weights[i] =
                round % 4 ? 50 + (uint32_t)(demo_hash(round, 2, (uint64_t)i) % 90000) : 100;
            offsets[i] = round % 8 ? (uint32_t)demo_hash(round, 3, (uint64_t)i) : 0;
        }
        for (int32_t total = 0; total < 120; total++) {
            demo_share(total, weights, offsets, count, INT32_MAX, shares);
            assert_int_equal(sum_of(shares, count), total);
            for (int i = 0; i < count; i++)
                assert_true(shares[i] >= before[i]);
            memcpy(before, shares, sizeof before);
        }
    }
}

static void shares_at_the_edges(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int32_t total, cap;
        uint32_t weights[3];
        int32_t want[3];
    } cases[] = {
        { "nothing", 0, INT32_MAX, { 1, 2, 3 }, { 0, 0, 0 } },
        { "in proportion", 600, INT32_MAX, { 1, 2, 3 }, { 100, 200, 300 } },
        { "the largest figure",
          INT32_MAX,
          INT32_MAX,
          { 1, 1, 1 },
          { 715827883, 715827882, 715827882 } },
        { "full to the brim", 30, 10, { 1, 50, 90000 }, { 10, 10, 10 } },
        { "heaviest at its cap", 12, 10, { 1, 1, 90000 }, { 1, 1, 10 } },
    };
    static const uint32_t offsets[3] = { 0 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t shares[3];
        demo_share(cases[i].total, cases[i].weights, offsets, 3, cases[i].cap, shares);
        for (int f = 0; f < 3; f++)
            if (shares[f] != cases[i].want[f])
                fail_msg("%s: %d gets %d, not %d", cases[i].name, f, shares[f], cases[i].want[f]);
    }
    int32_t shares[3];
    demo_deal(250, 3, 100, shares);
    assert_int_equal(shares[0], 100);
    assert_int_equal(shares[2], 50);
}

/* ---- The files, read back. Neither reader shares code with the writer. ------------------- */
struct sum {
    int64_t value[5]; /* total, public, private, urban, rural */
    int filled[5];
};
struct back {
    struct sum *sums; /* [district, the state last][month][slot] */
    int line, field;
    int64_t rows, reports, cells;
    bool is_long;
    const struct form *form;
    const struct item *items[CELLS_MAX];
    int item_count;
    int month;
    /* of the row at hand */
    int district, ownership, locality, filled;
    char item[32], status[16];
    int32_t code;
    int32_t cells_of_row[CELLS_MAX];
    int64_t rules, broken,
        reports_broken;         /* outcomes other than blank; reports with a broken rule */
    unsigned char seen[200000]; /* codes met, from 9900000 on */
    int facilities;
};
enum { DISTRICTS = 26, MONTHS = 12, FIRST = 202204 };
static int district_codes[DISTRICTS];

static struct sum *sum_at(struct back *b, int district, int month, int slot) {
    return &b->sums[((size_t)district * MONTHS + (size_t)month) * CELLS_MAX + (size_t)slot];
}

static void sum_add(struct back *b, const struct item *item, const char *text) {
    int32_t cell;
    enum error_code error;
    if (!cell_parse(item, text, strlen(text), &cell, &error))
        fail_msg("line %d item %s: '%s': %s", b->line, item->key, text, error_text(error));
    if (cell == BLANK) return;
    b->filled++;
    b->cells++;
    int columns[] = { 0, b->ownership == PUBLIC ? 1 : 2, b->locality == URBAN ? 3 : 4 };
    for (int district = b->district;; district = DISTRICTS) {
        for (size_t c = 0; c < COUNT(columns); c++) {
            sum_at(b, district, b->month, item->slot)->value[columns[c]] += cell;
            sum_at(b, district, b->month, item->slot)->filled[columns[c]]++;
        }
        if (district == DISTRICTS) break;
    }
}

static int district_index(const char *text) {
    const char *open = strrchr(text, '(');
    int code = open ? (int)strtol(open + 1, NULL, 10) : 0;
    for (int d = 0; d < DISTRICTS; d++)
        if (district_codes[d] == code) return d;
    fail_msg("no district in '%s'", text);
    return -1;
}

static void header_field(struct back *b, const char *text) {
    static const char *const first[] = { "sno", "state", "zone", "district" };
    if (b->field < 4) assert_string_equal(text, first[b->field]);
    if (b->field == 19) assert_string_equal(text, "status");
    if (b->field < 20) return;
    const struct form_item *found = form_find(b->form, text);
    if (!found) fail_msg("the form has no item '%s'", text);
    b->items[b->item_count++] = found->item;
}

static void extract_field(struct back *b, const char *text) {
    switch (b->field) {
    case 1:
        assert_string_equal(text, "Andhra Pradesh(28)");
        break;
    case 3:
        b->district = district_index(text);
        break;
    case 10:
        assert_int_equal(b->form->facility_types, 1u << facility_type_parse(text));
        break;
    case 11:
        b->code = (int32_t)strtol(text, NULL, 10);
        break;
    case 16:
        b->locality = locality_parse(text);
        break;
    case 17:
        b->ownership = ownership_parse(text);
        break;
    case 19:
        snprintf(b->status, sizeof b->status, "%s", text);
        break;
    }
    if (b->field < 20) return;
    const struct item *item = b->items[b->field - 20];
    sum_add(b, item, text);
    if (item->type == DATA_COUNT && *text)
        b->cells_of_row[item->slot] = (int32_t)strtol(text, NULL, 10);
}

/* The outcomes of a row's rules; blanks the cells for the next row. */
static void rules_count(struct back *b) {
    int64_t broken = 0;
    for (int r = 0; r < b->form->rule_count; r++) {
        enum outcome outcome = rule_evaluate(&b->form->rules[r], b->cells_of_row);
        b->rules += outcome != OUTCOME_BLANK;
        broken += outcome == OUTCOME_INCONSISTENT || outcome == OUTCOME_PROBABLE;
    }
    b->broken += broken;
    b->reports_broken += broken > 0;
    for (int slot = 0; slot < CELLS_MAX; slot++)
        b->cells_of_row[slot] = BLANK;
}

static void long_field(struct back *b, const char *text) {
    if (b->field == 0) b->code = (int32_t)strtol(text, NULL, 10);
    if (b->field == 1) assert_int_equal(strlen(text), 7);
    if (b->field == 2) snprintf(b->item, sizeof b->item, "%s", text);
    if (b->field != 3) return;
    const struct form_item *found = form_find(b->form, b->item);
    if (!found) fail_msg("the form has no item '%s'", b->item);
    b->ownership = PUBLIC;
    b->locality = URBAN;
    b->district = b->seen[b->code - 9900000] - 2; /* marked by the extract that names them */
    assert_in_range(b->district, 0, DISTRICTS - 1);
    sum_add(b, found->item, text);
}

static void on_field(void *data, size_t length, void *arg) {
    struct back *b = arg;
    char *text = strndup(data ? data : "", length);
    if (b->line == 1 && !b->is_long) header_field(b, text);
    if (b->line > 1 && b->is_long) long_field(b, text);
    if (b->line > 1 && !b->is_long) extract_field(b, text);
    free(text);
    b->field++;
}

static void on_row(int end, void *arg) {
    (void)end;
    struct back *b = arg;
    if (b->line > 1 && !b->is_long) {
        assert_int_equal(b->field, 20 + b->item_count);
        assert_in_range(b->code, 9900001, 9999999);
        b->facilities += !b->seen[b->code - 9900000];
        b->seen[b->code - 9900000] = (unsigned char)(b->district + 2);
        if (!text_equal(b->status, "Open")) assert_int_equal(b->filled, 0);
        b->rows++;
        b->reports += b->filled > 0;
        rules_count(b);
    }
    b->filled = b->field = 0;
    b->line++;
}

static const char *path_of(const struct demo_file *file) {
    return arena_printf(arena, "%s/%s", folder, file->name);
}

static void file_read_back(struct back *b, const struct demo_file *file) {
    struct csv_parser parser;
    assert_int_equal(csv_init(&parser, CSV_STRICT), 0);
    FILE *in = fopen(path_of(file), "rb");
    assert_non_null(in);
    b->is_long = text_equal(file->format, "long");
    b->form = form_by_code(dictionary, file->form);
    b->month = file->period % 100 < 4 ? file->period % 100 + 8 : file->period % 100 - 4;
    b->line = 1;
    b->field = b->item_count = 0;
    char chunk[65536];
    size_t length;
    while ((length = fread(chunk, 1, sizeof chunk, in)) > 0)
        assert_int_equal(csv_parse(&parser, chunk, length, on_field, on_row, b), length);
    csv_fini(&parser, on_field, on_row, b);
    csv_free(&parser);
    fclose(in);
}

/* ---- The published rows, cell by cell. --------------------------------------------------- */
static int64_t power10(int scale) {
    return scale ? 10 * power10(scale - 1) : 1;
}

static void row_compare(struct back *b, char *line, int64_t *compared) {
    char *fields[12];
    for (int i = 0; i < 12; i++)
        fields[i] = strsep(&line, ",");
    assert_null(line);
    int year = (int)strtol(fields[0], NULL, 10), month = (int)strtol(fields[1], NULL, 10);
    int state = geography_find(&india, AREA_STATE, 28), district = DISTRICTS;
    if (text_equal(fields[4], "district")) {
        int area = geography_find_child(&india, state, AREA_DISTRICT, 20220430, fields[3]);
        assert_true(area >= 0);
        for (district = 0; district_codes[district] != india.areas[area].code; district++)
            assert_true(district < DISTRICTS);
    }
    char key[40];
    if (text_equal(fields[6], "TOTAL"))
        snprintf(key, sizeof key, "%s", fields[5]);
    else
        snprintf(key, sizeof key, "%s/%c", fields[5], fields[6][0]);
    const struct item *item = dictionary_find(dictionary, key);
    assert_non_null(item);
    struct sum *sum = sum_at(b, district, (year - 2022) * 12 + month - 4, item->slot);
    for (int c = 0; c < (*fields[8] ? 5 : 1); c++) {
        int64_t want = strtoll(fields[7 + c], NULL, 10) * power10(item->scale);
        if (sum->value[c] != want || (c == 0 && sum->filled[0] == 0))
            fail_msg("%s %d-%02d item %s column %d: %lld, published %lld", fields[3], year, month,
                     key, c, (long long)sum->value[c], (long long)want);
    }
    sum->filled[0] = -1; /* published: what is left over must be blank */
    ++*compared;
}

static int64_t published_compare(struct back *b) {
    gzFile in = gzopen(PUBLISHED, "rb");
    assert_non_null(in);
    char line[400];
    int64_t compared = 0;
    assert_non_null(gzgets(in, line, sizeof line));
    while (gzgets(in, line, sizeof line)) {
        line[strcspn(line, "\r\n")] = '\0';
        row_compare(b, line, &compared);
    }
    gzclose(in);
    return compared;
}

/* What is not published stays blank everywhere; only drug lines and the balances
 * between April and March are ours. */
static void rest_is_blank(struct back *b) {
    for (int d = 0; d <= DISTRICTS; d++)
        for (int m = 0; m < MONTHS; m++)
            for (int i = 0; i < dictionary->item_count; i++) {
                const struct item *item = &dictionary->items[i];
                if (item->type == DATA_ADEQUACY || item->type == DATA_DATE) continue;
                if (item->component == OPENING || item->component == CLOSING) continue;
                if (sum_at(b, d, m, item->slot)->filled[0] > 0)
                    fail_msg("item %s is filled, but not published", item->key);
            }
}

static void districts_collect(void) {
    int ap = geography_find(&india, AREA_STATE, 28), n = 0;
    for (int i = 0; i < india.area_count; i++)
        if (india.areas[i].level == AREA_DISTRICT && geography_parent(&india, i, 20220430) == ap) {
            assert_true(n < DISTRICTS);
            district_codes[n++] = india.areas[i].code;
        }
    assert_int_equal(n, DISTRICTS);
}

static uLong files_crc(const struct demo_result *result) {
    uLong crc = 0;
    for (int i = 0; i < result->file_count; i++) {
        FILE *in = fopen(path_of(&result->files[i]), "rb");
        assert_non_null(in);
        unsigned char chunk[65536];
        size_t length;
        while ((length = fread(chunk, 1, sizeof chunk, in)) > 0)
            crc = crc32(crc, chunk, (uInt)length);
        fclose(in);
    }
    return crc;
}

static void files_remove(const struct demo_result *result) {
    for (int i = 0; i < result->file_count; i++)
        unlink(path_of(&result->files[i]));
}

static struct demo_request request_of(enum demo_size size) {
    return (struct demo_request){ .source = PUBLISHED,
                                  .balances = BALANCES,
                                  .geography = GEOGRAPHY,
                                  .dictionary = dictionary,
                                  .size = size,
                                  .directory = folder };
}

/* Of ten thousand rules that say something (reports), so many at most are broken. A small district
 * has two or three facilities of a kind: what it breaks as a whole has nowhere to go. */
struct plausible {
    int rules, reports;
};

static void comes_back(enum demo_size size, int least, int most, struct plausible at_most) {
    struct demo_request request = request_of(size);
    struct demo_result result;
    struct problem p = { 0 };
    need(demo_write(&request, &result, arena, &p), &p);
    districts_collect();
    struct back *b = calloc(1, sizeof *b);
    for (int slot = 0; slot < CELLS_MAX; slot++)
        b->cells_of_row[slot] = BLANK;
    b->sums = calloc((size_t)(DISTRICTS + 1) * MONTHS * CELLS_MAX, sizeof *b->sums);
    for (int i = 0; i < result.file_count; i++)
        file_read_back(b, &result.files[i]);
    assert_int_equal(published_compare(b), 133682);
    rest_is_blank(b);
    assert_int_equal(result.rows, 133682 - 5472);
    assert_int_equal(result.state_differs, 0);
    assert_int_equal(result.districts, DISTRICTS);
    assert_int_equal(result.months, MONTHS);
    assert_int_equal(b->facilities, result.facilities);
    assert_in_range(result.facilities, least, most);
    printf("%d facilities, %lld reports, %lld figures\n", result.facilities,
           (long long)result.reports, (long long)b->cells);
    assert_in_range(b->broken * 10000 / b->rules, 1, at_most.rules);
    assert_in_range(b->reports_broken * 10000 / b->reports, 1, at_most.reports);
    free(b->sums);
    free(b);
    files_remove(&result);
}

static void every_published_row_comes_back(void **state) {
    (void)state;
    comes_back(DEMO_SMALL, 390, 520, (struct plausible){ 300, 6000 });
}

/* Seconds in Release, most of a minute under the sanitizers: there only when asked for. */
static void every_row_comes_back_in_full_size(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    if (!getenv("HMIS_TEST_FULL")) skip();
#endif
    comes_back(DEMO_FULL, 11500, 12700, (struct plausible){ 60, 1200 });
}

static void two_runs_are_byte_for_byte_the_same(void **state) {
    (void)state;
    uLong crc[2];
    for (int run = 0; run < 2; run++) {
        struct demo_request request = request_of(DEMO_SMALL);
        struct demo_result result;
        struct problem p = { 0 };
        need(demo_write(&request, &result, arena, &p), &p);
        crc[run] = files_crc(&result);
        files_remove(&result);
    }
    assert_int_equal(crc[0], crc[1]);
}

/* ---- Wrong files. ------------------------------------------------------------------------ */
#define HEAD     "year,month,fin_year,area,level,item_no,component,total,public,private,urban,rural\n"
#define STATE    "2022,4,2022-23,Andhra Pradesh,state,1.1,TOTAL,5,5,0,0,5\n"
#define DISTRICT "2022,4,2022-23,Guntur,district,"

static void a_wrong_source_names_its_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "the file has no rows" },
        { "year,month\n", "line 1: the header has no column 'area'" },
        { HEAD "2022,4,2022-23,Gotham,district,1.1,TOTAL,5,5,0,0,5\n",
          "the file has no row of level state, and no district is known" },
        { HEAD STATE DISTRICT "1.1,TOTAL,5,5,0,0,5\n" DISTRICT "1.1,TOTAL,6,6,0,0,6\n",
          "line 4: the same figure stands there twice" },
        { HEAD STATE DISTRICT "1.1,TOTAL,5,5,0,0,5\n"
                              "2022,4,2022-23,GUNTUR Dt,district,1.1,TOTAL,5,5,0,0,5\n",
          "two names of the file are district Guntur" },
        { HEAD STATE "2022,13,2022-23,Guntur,district,1.1,TOTAL,5,5,0,0,5\n",
          "line 3: not a month: '13'" },
        { HEAD STATE "2022,4,2022-23,Gotham,district,1.1,TOTAL,5,5,0,0,5\n",
          "there is no district 'Gotham'" },
        { HEAD "2022,4,2022-23,Utopia,state,1.1,TOTAL,5,5,0,0,5\n", "there is no state 'Utopia'" },
        { HEAD STATE "2022,3,2021-22,Palnadu,district,1.1,TOTAL,5,5,0,0,5\n",
          "there is no district 'Palnadu' in that month" },
    };
    const char *path = arena_printf(arena, "%s/source.csv", folder);
    for (size_t i = 0; i < COUNT(cases); i++) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(cases[i].text, out);
        fclose(out);
        struct demo_request request = request_of(DEMO_SMALL);
        request.source = path;
        request.balances = NULL;
        struct demo_result result;
        struct problem p = { 0 };
        assert_false(demo_write(&request, &result, arena, &p));
        if (strncmp(p.detail, cases[i].want, strlen(cases[i].want)) != 0)
            fail_msg("want '%s...', have '%s'", cases[i].want, p.detail);
    }
    unlink(path);
}

/* What stands in the ministry's own tables of other years: read, and said. */
static void other_tables_are_read_and_told(void **state) {
    (void)state;
    static const struct {
        const char *name, *text;
        int rows;
        const char *note; /* NULL: none */
    } cases[] = {
        { "as it should be", HEAD STATE DISTRICT "1.1,TOTAL,5,5,0,0,5\n", 1, NULL },
        { "capitals and spaces",
          "Year,MONTH, Area ,Level,Item No.,Component,Total,Public,Private,"
          "Urban,Rural\n2022,4,GUNTUR,District, 1.1 ,Total,5,5,0,0,5\n",
          1, NULL },
        { "another spelling", HEAD STATE "2022,4,2022-23,Ananthapur,district,1.1,TOTAL,5,5,0,0,5\n",
          1, "line 1: district 'Ananthapur' is taken for Ananthapuramu (502)" },
        { "an item of another list",
          HEAD DISTRICT "1.1,TOTAL,5,5,0,0,5\n" DISTRICT "99.1,TOTAL,5,5,0,0,5\n", 1,
          "line 3: the dictionary has no item '99.1'" },
        { "no figure", HEAD DISTRICT "1.1,TOTAL,5,5,0,0,5\n" DISTRICT "1.2.1,TOTAL,-5,,,,\n", 1,
          "line 3: no figure: '-5'" },
        { "as spreadsheets write", HEAD DISTRICT "1.1,TOTAL,\"1,234\",1234.0,0,0,1234\n", 1, NULL },
        { "parts that do not add up", HEAD DISTRICT "1.1,TOTAL,5,4,0,0,5\n", 1,
          "line 2: public + private or urban" },
        { "a part is missing", HEAD DISTRICT "1.1,TOTAL,5,5,0,,5\n", 1, "line 2: the four parts" },
        { "a total only", HEAD DISTRICT "1.1,TOTAL,5,,,,\n", 1,
          "line 2: item '1.1' has a total only" },
        { "no columns of parts",
          "year,month,area,item_no,total\n2021,4,Guntur,1.1,5\n"
          "2021,4,Andhra Pradesh,1.1,5\n",
          1, "line 1: the file has no column 'level'" },
        { "the same figure twice",
          HEAD DISTRICT "1.1,TOTAL,5,5,0,0,5\n" DISTRICT "1.1,TOTAL,5,5,0,0,5\n", 1, NULL },
        { "other levels",
          HEAD "2022,4,2022-23,India,nation,1.1,TOTAL,5,5,0,0,5\n" DISTRICT "1.1,TOTAL,5,5,0,0,5\n",
          1, "line 2: rows of level 'nation' are left out" },
        { "across a split",
          HEAD "2022,3,2021-22,Guntur,district,1.1,TOTAL,5,5,0,0,5\n"
               "2022,4,2022-23,Palnadu,district,1.1,TOTAL,5,5,0,0,5\n",
          2, NULL },
    };
    const char *path = arena_printf(arena, "%s/source.csv", folder);
    for (size_t i = 0; i < COUNT(cases); i++) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(cases[i].text, out);
        fclose(out);
        struct demo_request request = request_of(DEMO_SMALL);
        request.source = path;
        request.balances = NULL;
        struct demo_result result;
        struct problem p = { 0 };
        if (!demo_write(&request, &result, arena, &p)) fail_msg("%s: %s", cases[i].name, p.detail);
        files_remove(&result);
        if (result.rows != cases[i].rows) fail_msg("%s: %d rows", cases[i].name, (int)result.rows);
        bool told = result.note_count > 0 && cases[i].note &&
                    strncmp(result.notes[0], cases[i].note, strlen(cases[i].note)) == 0;
        if (!told && (cases[i].note || result.note_count))
            fail_msg("%s: '%s'", cases[i].name,
                     result.note_count ? result.notes[0] : "nothing told");
    }
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_the_published_margins),
        cmocka_unit_test(shares_add_up_and_never_fall),
        cmocka_unit_test(shares_at_the_edges),
        cmocka_unit_test(every_published_row_comes_back),
        cmocka_unit_test(every_row_comes_back_in_full_size),
        cmocka_unit_test(two_runs_are_byte_for_byte_the_same),
        cmocka_unit_test(a_wrong_source_names_its_line),
        cmocka_unit_test(other_tables_are_read_and_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
