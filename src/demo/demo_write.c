#include "demo_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hmis/period.h"

/* The facility columns of the ministry's report "Monthly data item wise, across facility". */
static const char HEADER[] =
    "sno,state,zone,district,district_category,sub_district,block,health_block,sub_division,ulb,"
    "facility_type,facility_code,facility_name,category,bed_count,nin,rural_urban,ownership,"
    "physical_notional,status";
static const char LONG_HEADER[] = "facility_code,month,item,value\n";

struct output {
    FILE *file;
    const struct form *form;
    int line; /* sno */
};
struct writing {
    const struct demo_request *request;
    struct demo_result *result;
    const struct roster *roster;
    struct arena *arena;
    int period;
    struct output outputs[FACILITY_TYPE__MAX]; /* by the type that reports on the form */
    struct buffer row;
};

/* ---- Text. ------------------------------------------------------------------------------- */
static void csv_field(struct buffer *row, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        buffer_add_text(row, text);
        return;
    }
    buffer_add_char(row, '"');
    for (; *text; text++) {
        if (*text == '"') buffer_add_char(row, '"');
        buffer_add_char(row, *text);
    }
    buffer_add_char(row, '"');
}

static void column(struct buffer *row, const char *text) {
    buffer_add_char(row, ',');
    csv_field(row, text);
}

/* "Guntur(506)"; nothing for -1. */
static void area_column(struct writing *w, int area) {
    if (area < 0) return column(&w->row, "");
    const struct geo_area *a = &w->roster->geography->areas[area];
    column(&w->row, a->code ? arena_printf(w->arena, "%s(%d)", a->name, a->code) : a->name);
}

static void number_column(struct buffer *row, int64_t value) {
    buffer_add_char(row, ',');
    buffer_add_int(row, value);
}

/* ---- The facility columns. --------------------------------------------------------------- */
static int beds(const struct demo_facility *f) {
    static const struct {
        int low, spread;
    } sizes[OWNERSHIP__MAX][FACILITY_TYPE__MAX] = {
        [PUBLIC] = { [FACILITY_PHC] = { 4, 7 },
                     [FACILITY_CHC] = { 30, 21 },
                     [FACILITY_SDH] = { 50, 101 },
                     [FACILITY_DH] = { 200, 301 } },
        [PRIVATE] = { [FACILITY_PHC] = { 2, 4 },
                      [FACILITY_CHC] = { 5, 26 },
                      [FACILITY_SDH] = { 50, 101 },
                      [FACILITY_DH] = { 200, 301 } },
    };
    int spread = sizes[f->ownership][f->type].spread;
    int more = spread ? (int)(demo_hash((uint64_t)f->code, 20, 0) % (unsigned)spread) : 0;
    return sizes[f->ownership][f->type].low + more;
}

static const char *categories(const struct demo_facility *f) {
    static const char *const of_type[FACILITY_TYPE__MAX] = {
        [FACILITY_PHC] = "24X7,Delivery Point,MCH Centre Level 1",
        [FACILITY_CHC] = "24X7,Delivery Point,MCH Centre Level 2",
        [FACILITY_SDH] = "24X7,Delivery Point,MCH Centre Level 3",
        [FACILITY_DH] = "24X7,Delivery Point,MCH Centre Level 3",
    };
    bool has = demo_hash((uint64_t)f->code, 21, 0) % 100 < (f->type == FACILITY_PHC ? 40 : 90);
    return has && of_type[f->type] ? of_type[f->type] : "";
}

/* Less than half have a National Identification Number, most of them public. */
static const char *nin(struct writing *w, const struct demo_facility *f) {
    unsigned of_hundred = f->ownership == PUBLIC ? 55 : 5;
    if (demo_hash((uint64_t)f->code, 22, 0) % 100 >= of_hundred) return "";
    return arena_printf(w->arena, "%010lld", 9000000000LL + f->code);
}

/* The mandal of the block's name, as today's list of sub-districts spells it. */
static int subdistrict_of(const struct writing *w, int d, const struct demo_facility *f) {
    const struct geography *g = w->roster->geography;
    const struct published *published = w->roster->published;
    if (f->block < 0) return -1;
    return geography_find_child(g, published->districts[d], AREA_SUBDISTRICT,
                                area_tree_day(published->begin[d]), g->areas[f->block].name);
}

/* The 20 columns without the first: made once a facility and kept. */
static const char *facility_columns(struct writing *w, int d, const struct demo_facility *f,
                                    const char *status) {
    const struct geography *g = w->roster->geography;
    int district = w->roster->published->districts[d];
    const char *block = f->block < 0 ? "" : g->areas[f->block].name;
    bool town = f->locality == URBAN && f->block >= 0;
    w->row.length = 0;
    area_column(w, w->roster->published->state);
    column(&w->row, "");
    area_column(w, district);
    column(&w->row, "Other");
    area_column(w, subdistrict_of(w, d, f));
    column(&w->row, block);
    column(&w->row, town ? "" : block);
    column(&w->row, "");
    column(&w->row, town ? arena_printf(w->arena, "%s Municipality", block) : "");
    column(&w->row, facility_type_title(f->type));
    number_column(&w->row, f->code);
    column(&w->row, f->name);
    column(&w->row, categories(f));
    number_column(&w->row, beds(f));
    column(&w->row, nin(w, f));
    column(&w->row, locality_name(f->locality));
    column(&w->row, ownership_name(f->ownership));
    column(&w->row, f->type == FACILITY_DHQ ? "Notional" : "Physical");
    column(&w->row, status);
    return arena_strndup(w->arena, w->row.data, w->row.length);
}

/* ---- Files. ------------------------------------------------------------------------------ */
static bool output_open(struct writing *w, struct output *output, const char *format,
                        const struct form *form, struct problem *p) {
    char month[8];
    period_format(month, w->period);
    const char *name = arena_printf(w->arena, "%s_%s_%s.csv", format, form->code, month);
    *output = (struct output){ .form = form };
    output->file = fopen(arena_printf(w->arena, "%s/%s", w->request->directory, name), "wb");
    if (!output->file)
        return problem_set(p, ERR_INTERNAL, "%s cannot be written: %s", name, strerror(errno));
    w->result->files[w->result->file_count++] =
        (struct demo_file){ name, format, arena_strdup(w->arena, form->code), w->period };
    return true;
}

static bool output_close(struct output *output, struct problem *p) {
    if (!output->file) return true;
    bool good = !ferror(output->file);
    good = fclose(output->file) == 0 && good;
    output->file = NULL;
    return good || problem_set(p, ERR_INTERNAL, "a file could not be written to its end");
}

static void header_write(struct output *output, bool items) {
    fputs(HEADER, output->file);
    for (int i = 0; i < output->form->item_count && items; i++)
        fprintf(output->file, ",%s", output->form->items[i].key);
    fputc('\n', output->file);
}

static bool month_open(struct writing *w, struct problem *p) {
    for (enum facility_type type = FACILITY_SC; type <= FACILITY_DH; type++) {
        if (!w->roster->forms[type]) continue;
        if (!output_open(w, &w->outputs[type], "extract", w->roster->forms[type], p)) return false;
        header_write(&w->outputs[type], true);
    }
    struct output *headquarters = &w->outputs[FACILITY_DHQ];
    if (!output_open(w, headquarters, "long", w->roster->forms[FACILITY_DHQ], p)) return false;
    fputs(LONG_HEADER, headquarters->file);
    return true;
}

static bool month_close(struct writing *w, struct problem *p) {
    bool good = true;
    for (int type = 0; type < FACILITY_TYPE__MAX; type++)
        good = output_close(&w->outputs[type], p) && good;
    return good;
}

/* ---- Rows. ------------------------------------------------------------------------------- */
static void cell_write(struct buffer *row, const struct item *item, int32_t cell) {
    char text[16];
    if (cell == BLANK) return;
    if (item->type == DATA_COUNT) return buffer_add_int(row, cell);
    buffer_add(row, text, cell_format(item, cell, text));
}

static void extract_row(struct writing *w, const struct demo_facility *f, const char *columns,
                        const int32_t *cells) {
    struct output *output = &w->outputs[f->type];
    w->row.length = 0;
    buffer_add_int(&w->row, ++output->line);
    buffer_add_text(&w->row, columns);
    for (int i = 0; i < output->form->item_count; i++) {
        const struct item *item = output->form->items[i].item;
        buffer_add_char(&w->row, ',');
        cell_write(&w->row, item, cells[item->slot]);
    }
    buffer_add_char(&w->row, '\n');
    fwrite(w->row.data, 1, w->row.length, output->file);
}

static void long_rows(struct writing *w, const struct demo_facility *f, const int32_t *cells) {
    struct output *output = &w->outputs[FACILITY_DHQ];
    char month[8];
    period_format(month, w->period);
    for (int i = 0; i < output->form->item_count; i++) {
        const struct form_item *item = &output->form->items[i];
        if (cells[item->item->slot] == BLANK) continue;
        w->row.length = 0;
        buffer_printf(&w->row, "%d,%s,%s,", f->code, month, item->key);
        cell_write(&w->row, item->item, cells[item->item->slot]);
        buffer_add_char(&w->row, '\n');
        fwrite(w->row.data, 1, w->row.length, output->file);
    }
}

/* The headquarters' returns have no facility columns: an extract without items names them in the
 * first month of their districts. */
static bool headquarters_write(struct writing *w, struct problem *p) {
    struct output output;
    if (!output_open(w, &output, "extract", w->roster->forms[FACILITY_DHQ], p)) return false;
    header_write(&output, false);
    for (int d = 0; d < w->roster->published->district_count; d++) {
        const struct demo_district *district = &w->roster->districts[d];
        if (w->roster->published->begin[d] != w->period) continue;
        const char *columns =
            facility_columns(w, d, &district->facilities[district->count - 1], "Open");
        fprintf(output.file, "%d%s\n", ++output.line, columns);
    }
    return output_close(&output, p);
}

/* ---- The whole. -------------------------------------------------------------------------- */
struct columns {
    const char **open, **closed; /* of each facility of a district */
};

static struct columns *columns_make(struct writing *w) {
    const struct published *published = w->roster->published;
    struct columns *all = arena_array(w->arena, (size_t)published->district_count, sizeof *all);
    for (int d = 0; d < published->district_count; d++) {
        const struct demo_district *district = &w->roster->districts[d];
        all[d].open = arena_array(w->arena, (size_t)district->count, sizeof(char *));
        all[d].closed = arena_array(w->arena, (size_t)district->count, sizeof(char *));
        for (int i = 0; i < district->count; i++) {
            const struct demo_facility *f = &district->facilities[i];
            all[d].open[i] = facility_columns(w, d, f, "Open");
            if (f->closed_from) all[d].closed[i] = facility_columns(w, d, f, "Closed");
        }
        w->result->facilities += district->count;
    }
    return all;
}

static void district_write(struct writing *w, const struct columns *columns, int d,
                           const struct figures *figures) {
    const struct demo_district *district = &w->roster->districts[d];
    int width = w->roster->published->dictionary->width;
    for (int i = 0; i < district->count; i++) {
        const struct demo_facility *f = &district->facilities[i];
        const int32_t *cells = figures->cells + (size_t)i * (size_t)width;
        w->result->reports += figures->reported[i];
        if (f->type == FACILITY_DHQ)
            long_rows(w, f, cells);
        else if (!f->closed_from || w->period < f->closed_from)
            extract_row(w, f, columns->open[i], cells);
        else if (w->period == f->closed_from)
            extract_row(w, f, columns->closed[i], cells);
    }
}

static bool months_write(struct writing *w, struct problem *p) {
    const struct published *published = w->roster->published;
    struct figures_maker *maker = figures_maker_new(w->roster, w->arena);
    const struct columns *columns = columns_make(w);
    for (int month = 0; month < published->months; month++) {
        w->period = period_add(published->first_period, month);
        bool begins = false;
        for (int d = 0; d < published->district_count; d++)
            begins |= published->begin[d] == w->period;
        bool open = (!begins || headquarters_write(w, p)) && month_open(w, p);
        for (int d = 0; d < published->district_count && open; d++) {
            if (w->period < published->begin[d] || w->period > published->last[d]) continue;
            struct figures figures = figures_make(maker, d, month);
            district_write(w, &columns[d], d, &figures);
        }
        if (!month_close(w, p) || !open) return false;
        if (w->request->progress)
            w->request->progress(w->request->arg, month + 1, published->months);
    }
    return true;
}

bool demo_write(const struct demo_request *request, struct demo_result *result, struct arena *arena,
                struct problem *p) {
    struct geography geography;
    struct published published;
    struct roster roster;
    *result = (struct demo_result){ 0 };
    if (!geography_read(&geography, request->geography, arena, p)) return false;
    bool read = published_read(&published, request, &geography, arena, p);
    result->notes = published.notes;
    result->note_count = published.note_count;
    if (!read ||
        (request->balances &&
         !balances_read(&published, request->balances, &geography, arena, p)) ||
        !roster_make(&roster, &published, &geography, request->size, arena, p))
        return false;
    if (mkdir(request->directory, 0777) != 0 && errno != EEXIST)
        return problem_set(p, ERR_INTERNAL, "the folder cannot be made: %s", strerror(errno));
    size_t files = (size_t)published.months * (FACILITY_TYPE__MAX + 1);
    result->files = arena_array(arena, files, sizeof *result->files);
    result->districts = published.district_count;
    result->months = published.months;
    result->rows = published.rows;
    result->state_differs = published.state_differs;
    accounts_make(result, &roster, arena);
    struct writing w = { .request = request, .result = result, .roster = &roster, .arena = arena };
    bool done = months_write(&w, p);
    buffer_free(&w.row);
    return done;
}
