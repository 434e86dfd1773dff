/* The ministry's facility-wise extract: a row a facility; 20 facility columns, then a column an
 * item by its number on the form, which the facility's type decides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmis/area.h"
#include "import_internal.h"

enum { NOT_AN_ITEM = -1 };

/* Where the columns of the file stand on one form. */
struct form_columns {
    const struct form *form;
    int16_t *slots; /* by column: slot, or NOT_AN_ITEM */
    uint8_t given[GIVEN_BYTES];
};

struct extract {
    struct import *import;
    const struct dictionary *dictionary;
    struct problem *p;
    struct arena *arena;
    int columns;        /* 0: the header has not come */
    const char **names; /* of the columns */
    int where[FC__MAX]; /* column of each facility column; -1: none */
    bool updates;       /* known facilities too: all their columns are there */
    struct form_columns forms[16];
    int form_count;
};

/* ---- Header.
 * ----------------------------------------------------------------------------------------- */
/* "Sub-district(LGD code)": what is in brackets explains. */
static enum facility_column facility_column_of(struct extract *x, const char *text) {
    size_t length = strcspn(text, "(");
    return facility_column_parse(arena_strndup(x->arena, text, length));
}

static bool two_alike(struct extract *x, int column) {
    for (int other = 0; other < column; other++)
        if (text_equal(x->names[other], x->names[column]))
            return problem_set(x->p, ERR_FILE_FORMAT, "Columns %d and %d are both called '%.60s'",
                               other + 1, column + 1, x->names[column]);
    return true;
}

static bool read_header_cell(struct extract *x, const struct csv_row *row, int column) {
    const struct csv_cell *cell = &row->cells[column];
    if (cell->too_long || cell->not_utf8 || cell->length == 0)
        return problem_set(x->p, ERR_FILE_FORMAT, "Column %d of the header has no readable name",
                           column + 1);
    x->names[column] = arena_strndup(x->arena, cell->text, (size_t)cell->length);
    if (!two_alike(x, column)) return false;
    enum facility_column known = facility_column_of(x, cell->text);
    if (known == FC__MAX) return true;
    if (x->where[known] >= 0)
        return problem_set(x->p, ERR_FILE_FORMAT, "The header names %s twice",
                           facility_column_name(known));
    x->where[known] = column;
    return true;
}

static bool read_header(struct extract *x, const struct csv_row *row) {
    if (row->count > CSV_COLUMNS)
        return problem_set(x->p, ERR_FILE_FORMAT, "The header has more than %d columns",
                           CSV_COLUMNS);
    x->names = arena_array(x->arena, (size_t)row->count, sizeof(char *));
    for (int i = 0; i < FC__MAX; i++)
        x->where[i] = -1;
    for (int column = 0; column < row->count; column++)
        if (!read_header_cell(x, row, column)) return false;
    if (x->where[FC_CODE] < 0 || x->where[FC_TYPE] < 0)
        return problem_set(x->p, ERR_FILE_FORMAT,
                           "The header must name %s and %s; see docs/import.md for the columns",
                           facility_column_name(FC_CODE), facility_column_name(FC_TYPE));
    x->columns = row->count;
    x->updates = x->import->options->create_facilities;
    for (int i = FC_SNO + 1; i < FC__MAX; i++)
        x->updates = x->updates && x->where[i] >= 0;
    return true;
}

static bool is_facility_column(const struct extract *x, int column) {
    for (int i = 0; i < FC__MAX; i++)
        if (x->where[i] == column) return true;
    return false;
}

/* The columns of a form, made when its first row comes; what the form does not know is refused
 * once. */
static struct form_columns *columns_of(struct extract *x, const struct form *form) {
    for (int i = 0; i < x->form_count; i++)
        if (x->forms[i].form == form) return &x->forms[i];
    ENSURE(x->form_count < (int)COUNT(x->forms), "more forms than kinds of facilities");
    struct form_columns *columns = &x->forms[x->form_count++];
    columns->form = form;
    columns->slots = arena_array(x->arena, (size_t)x->columns, sizeof(int16_t));
    for (int column = 0; column < x->columns; column++) {
        columns->slots[column] = NOT_AN_ITEM;
        if (is_facility_column(x, column)) continue;
        const struct form_item *item = form_find(form, x->names[column]);
        if (item != NULL) {
            columns->slots[column] = (int16_t)item->item->slot;
            GIVEN_SET(columns->given, item->item->slot);
            continue;
        }
        const char *detail = arena_printf(
            x->arena, "Form %s has no item of this number: the column is left out", form->code);
        if (!import_refuse(x->import, 1, column + 1, x->names[column], NULL, ERR_ITEM_UNKNOWN,
                           detail))
            return NULL;
    }
    return columns;
}

/* ---- Rows.
 * -------------------------------------------------------------------------------------------- */
/* Counts the row as refused; false only when the import is being stopped. */
static bool refuse_row(struct extract *x, const struct csv_row *row, enum facility_column column,
                       enum error_code code, const char *detail) {
    int at = column == FC__MAX ? -1 : x->where[column];
    struct import_batch *batch = pipe_batch(x->import->pipe);
    if (batch == NULL) return false;
    batch->counts.rows_refused++;
    return import_refuse(x->import, row->line, at + 1, at < 0 ? NULL : x->names[at],
                         at < 0 ? NULL : &row->cells[at], code, detail);
}

static bool refuse_cell(struct extract *x, const struct csv_row *row, int column,
                        enum error_code code) {
    struct import_batch *batch = pipe_batch(x->import->pipe);
    if (batch == NULL) return false;
    batch->counts.cells_refused++;
    return import_refuse(x->import, row->line, column + 1, x->names[column], &row->cells[column],
                         code, NULL);
}

static uint64_t hash_cells(const struct report_new *report) {
    uint64_t hash = 1469598103934665603U ^ (uint64_t)report->form->id;
    for (int slot = 0; slot < report->form->dictionary->width; slot++)
        hash = (hash ^ (uint32_t)report->cells[slot]) * 1099511628211U;
    return hash | 1;
}

/* Fills the report; refused cells are told and taken as not given. False: stop. */
static bool read_cells(struct extract *x, const struct csv_row *row, struct form_columns *columns,
                       struct report_new *report, uint8_t *given, int *filled) {
    memcpy(given, columns->given, GIVEN_BYTES);
    *filled = 0;
    for (int column = 0; column < x->columns; column++) {
        int slot = columns->slots[column];
        if (slot == NOT_AN_ITEM || row->cells[column].length == 0) continue;
        enum error_code error = ERR_NONE;
        const struct item *item = x->dictionary->by_slot[slot];
        if (import_cell(item, &row->cells[column], &report->cells[slot], &error)) {
            *filled += report->cells[slot] != BLANK;
            continue;
        }
        report->cells[slot] = BLANK;
        given[slot / 8] &= (uint8_t) ~(1U << (slot % 8));
        if (!refuse_cell(x, row, column, error)) return false;
    }
    return true;
}

/* Of the facility columns as they stand there, never 0. */
static int64_t hash_master(const struct extract *x, const struct csv_row *row) {
    uint64_t hash = 1469598103934665603U;
    for (int i = FC_SNO + 1; i < FC__MAX; i++) {
        const struct csv_cell *cell = &row->cells[x->where[i]];
        for (int at = 0; at <= cell->length; at++) /* the NUL too: it keeps columns apart */
            hash = (hash ^ (uint8_t)cell->text[at]) * 1099511628211U;
    }
    return (int64_t)(hash | 1);
}

static struct facility_master *read_master(struct extract *x, const struct csv_row *row,
                                           struct arena *arena, struct problem *wrong) {
    const char *words[FC__MAX];
    for (int i = 0; i < FC__MAX; i++) {
        int column = x->where[i];
        words[i] = column < 0 ? NULL
                              : arena_strndup(arena, row->cells[column].text,
                                              (size_t)row->cells[column].length);
        if (column >= 0 && (row->cells[column].too_long || row->cells[column].not_utf8)) {
            problem_field(wrong, arena, facility_column_name(i),
                          row->cells[column].too_long ? ERR_TOO_LONG : ERR_NOT_UTF8, NULL);
            words[i] = NULL;
        }
    }
    struct facility_master *master = arena_alloc(arena, sizeof *master);
    return facility_master_read(words, master, arena, wrong) ? master : NULL;
}

/* Every wrong facility column is told; the row counts as refused once, unless its figures are kept.
 */
static bool refuse_master(struct extract *x, const struct csv_row *row, bool known,
                          const struct problem *wrong) {
    struct import_batch *batch = pipe_batch(x->import->pipe);
    if (batch == NULL) return false;
    batch->counts.rows_refused += !known;
    for (size_t i = 0; i < wrong->field_count; i++) {
        enum facility_column column = facility_column_parse(wrong->fields[i].field);
        int at = column == FC__MAX ? -1 : x->where[column];
        if (!import_refuse(x->import, row->line, at + 1, wrong->fields[i].field,
                           at < 0 ? NULL : &row->cells[at], wrong->fields[i].code,
                           wrong->fields[i].detail))
            return false;
    }
    return true;
}

/* The facility of the row: index into the table, or -1 when the row was refused. *going: false
 * stops. */
static int find_facility(struct extract *x, const struct csv_row *row, const struct form *form,
                         int type, bool *going) {
    struct import_facilities *facilities = &x->import->facilities;
    const struct csv_cell *code = &row->cells[x->where[FC_CODE]];
    int index =
        code->too_long || code->not_utf8 ? -1 : import_facilities_find(facilities, code->text);
    if (index >= 0) {
        bool reports = (form->facility_types >> facilities->list[index].type) & 1U;
        if (reports || x->updates) return index;
        *going = refuse_row(x, row, FC_TYPE, ERR_FORM_NOT_REPORTED,
                            "The facility is registered as another kind");
        return -1;
    }
    if (!x->import->options->create_facilities || code->length == 0 || code->length > 20) {
        *going = refuse_row(x, row, FC_CODE, ERR_FACILITY_UNKNOWN, NULL);
        return -1;
    }
    import_facilities_add(facilities, code->text, 0, type);
    return facilities->count - 1;
}

/* A facility stands in an extract once; the same row again says nothing new. */
static bool met_before(struct extract *x, const struct csv_row *row,
                       struct import_facility *facility, uint64_t hash, bool *going) {
    if (facility->seen == 0) {
        facility->seen = hash;
        return false;
    }
    if (facility->seen != hash)
        *going = refuse_row(x, row, FC_CODE, ERR_ROW_DUPLICATE,
                            "The facility stands in the file twice with different figures; "
                            "the first row is kept");
    return true;
}

static void put_report(struct extract *x, const struct csv_row *row,
                       const struct import_facility *facility, const struct report_new *read,
                       const struct facility_master *master, int filled) {
    struct import_batch *batch = pipe_batch(x->import->pipe);
    struct report_new *report = batch_add(batch, facility->id, x->import->options->period,
                                          read->form, row->line, facility->code);
    struct import_origin *origin = &batch->origins[batch->count - 1];
    memcpy(report->cells, read->cells, (size_t)x->dictionary->width * sizeof(int32_t));
    memcpy(batch->given[batch->count - 1], read->given, GIVEN_BYTES);
    origin->master = master;
    origin->known = facility->id != 0;
    origin->blank = filled == 0;
}

/* A batch that can take what may be wrong with a row: that lives in its arena until it is told. */
static struct import_batch *batch_for_master(struct import_pipe *pipe) {
    struct import_batch *batch = pipe_batch(pipe);
    if (batch == NULL || batch->refusal_count <= BATCH_REFUSALS - FC__MAX) return batch;
    return pipe_flush(pipe) ? pipe_batch(pipe) : NULL;
}

/* What the row says about its facility, where that is new. False: the row ends here. */
static bool take_master(struct extract *x, const struct csv_row *row,
                        const struct import_facility *facility, int filled,
                        const struct facility_master **taken, bool *going) {
    bool known = facility->id != 0;
    int64_t hash = x->updates ? hash_master(x, row) : 0;
    *taken = NULL;
    if (known && !x->updates) return filled > 0;
    struct import_batch *batch = batch_for_master(x->import->pipe);
    struct problem wrong = { 0 };
    if (batch == NULL) return *going = false;
    struct facility_master *master = read_master(x, row, batch->arena, &wrong);
    *taken = master;
    *going = refuse_master(x, row, known || master != NULL, &wrong);
    if (master == NULL || !*going) return *going && known && filled > 0;
    master->worked = filled > 0;
    master->hash = hash;
    return true;
}

static bool add_report(struct extract *x, const struct csv_row *row, const struct form *form,
                       int index) {
    struct import *import = x->import;
    struct import_facility *facility = &import->facilities.list[index];
    struct form_columns *columns = columns_of(x, form);
    int32_t cells[CELLS_MAX];
    uint8_t given[GIVEN_BYTES];
    int filled;
    struct report_new read = { .form = form, .cells = cells, .given = given };
    for (int slot = 0; slot < CELLS_MAX; slot++)
        cells[slot] = BLANK;
    if (columns == NULL || !read_cells(x, row, columns, &read, given, &filled) ||
        !pipe_need(import->pipe, 1))
        return false;
    struct import_batch *batch = pipe_batch(import->pipe);
    bool going = true;
    if (met_before(x, row, facility, hash_cells(&read), &going)) return going;
    batch->counts.cells_read += filled;
    batch->counts.rows_blank += filled == 0;
    const struct facility_master *master;
    if (!take_master(x, row, facility, filled, &master, &going)) return going;
    put_report(x, row, facility, &read, master, filled);
    return true;
}

static bool read_row(struct extract *x, const struct csv_row *row) {
    if (row->count != x->columns) {
        char detail[80];
        snprintf(detail, sizeof detail, "The row has %d columns, the header has %d", row->count,
                 x->columns);
        return refuse_row(x, row, FC__MAX, ERR_ROW_SHAPE, detail);
    }
    const struct csv_cell *cell = &row->cells[x->where[FC_TYPE]];
    enum facility_type type =
        cell->too_long || cell->not_utf8 ? FACILITY_TYPE_NONE : facility_type_parse(cell->text);
    const struct form *form =
        type == FACILITY_TYPE_NONE ? NULL : import_form(x->dictionary, (int)type);
    if (form == NULL)
        return refuse_row(x, row, FC_TYPE, ERR_FORM_NOT_REPORTED,
                          "No form is known for this kind of facility");
    bool going = true;
    int index = find_facility(x, row, form, (int)type, &going);
    return index < 0 ? going : add_report(x, row, form, index);
}

static bool on_row(const struct csv_row *row, void *arg) {
    struct extract *x = arg;
    if (x->columns == 0) return read_header(x, row);
    struct import_batch *batch = pipe_batch(x->import->pipe);
    if (batch == NULL) return false;
    batch->counts.rows_read++;
    return read_row(x, row);
}

bool import_extract_parse(struct import *import, struct problem *p) {
    struct extract *x = xcalloc(1, sizeof *x);
    x->import = import;
    x->p = p;
    x->arena = arena_new();
    x->dictionary = dictionary_for(import->set, import->options->period);
    bool ok = x->dictionary != NULL || problem_set(p, ERR_DICTIONARY_NONE, NULL);
    ok = ok && import_read_file(import, on_row, x, p);
    if (ok && x->columns == 0) ok = problem_set(p, ERR_FILE_FORMAT, "The file is empty");
    arena_free(x->arena);
    free(x);
    return ok;
}
