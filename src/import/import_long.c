/* The long form: a row a figure. Rows may come in any order, so all figures are sorted first
 * (import_sort) and reports made of what lies together: every report is stored once, and a figure
 * that stands in the file twice is found wherever it stands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmis/calendar.h"
#include "hmis/period.h"
#include "import_internal.h"

enum long_column { L_FACILITY, L_MONTH, L_ITEM, L_REF, L_COMPONENT, L_VALUE, L__MAX };
static const char *const names[L__MAX][4] = {
    [L_FACILITY] = { "facility_code", "facility" },
    [L_MONTH] = { "month", "period" },
    [L_ITEM] = { "item", "item_no" },
    [L_REF] = { "ref_no" },
    [L_COMPONENT] = { "component" },
    [L_VALUE] = { "value" },
};

struct long_file {
    struct import *import;
    struct problem *p;
    int columns; /* 0: the header has not come */
    int where[L__MAX];
    struct import_sort *sort;
    /* the last ones looked up: rows of one report come together as a rule */
    int facility, period;
    const struct dictionary *dictionary;
    /* the report at hand, after sorting */
    struct import_figure last;
    bool started;
    const struct form *form;
};

/* ---- Header.
 * ----------------------------------------------------------------------------------------- */
/* Letters and digits count, in any case. */
static bool same_name(const char *a, const char *b) {
    for (;; a++, b++) {
        while (*a == ' ' || *a == '_' || *a == '-' || *a == '.')
            a++;
        while (*b == '_')
            b++;
        int lower = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a;
        if (lower != *b) return false;
        if (*b == '\0') return true;
    }
}

static enum long_column column_of(const char *text) {
    for (int i = 0; i < L__MAX; i++)
        for (int j = 0; j < 4 && names[i][j] != NULL; j++)
            if (same_name(text, names[i][j])) return i;
    return L__MAX;
}

static bool read_header(struct long_file *file, const struct csv_row *row) {
    for (int i = 0; i < L__MAX; i++)
        file->where[i] = -1;
    for (int i = 0; i < row->count && i < CSV_COLUMNS; i++) {
        enum long_column column = column_of(row->cells[i].text);
        if (column == L__MAX)
            return problem_set(file->p, ERR_FILE_FORMAT,
                               "Column %d, '%.60s', is none of facility_code, month, item, ref_no, "
                               "component, value",
                               i + 1, row->cells[i].not_utf8 ? "?" : row->cells[i].text);
        if (file->where[column] >= 0)
            return problem_set(file->p, ERR_FILE_FORMAT, "The header names %s twice",
                               names[column][0]);
        file->where[column] = i;
    }
    if (file->where[L_FACILITY] < 0 || file->where[L_MONTH] < 0 || file->where[L_VALUE] < 0 ||
        (file->where[L_ITEM] < 0 && file->where[L_REF] < 0))
        return problem_set(file->p, ERR_FILE_FORMAT,
                           "The header must name facility_code, month, value, and item or ref_no");
    file->columns = row->count;
    return true;
}

/* ---- Rows.
 * --------------------------------------------------------------------------------------------- */
static bool refuse(struct long_file *file, const struct csv_row *row, enum long_column column,
                   enum error_code code, const char *detail) {
    struct import_batch *batch = pipe_batch(file->import->pipe);
    if (batch == NULL) return false;
    batch->counts.rows_refused++;
    int at = column == L__MAX ? -1 : file->where[column];
    return import_refuse(file->import, row->line, at + 1,
                         column == L__MAX ? NULL : names[column][0],
                         at < 0 ? NULL : &row->cells[at], code, detail);
}

static const struct csv_cell *cell_of(const struct long_file *file, const struct csv_row *row,
                                      enum long_column column) {
    return file->where[column] < 0 ? NULL : &row->cells[file->where[column]];
}

static bool has_text(const struct csv_cell *cell) {
    return cell != NULL && cell->length > 0;
}

/* By the number on the form, or else by the consolidated number; the component may have a column.
 */
static const struct form_item *find_item(const struct long_file *file, const struct csv_row *row,
                                         const struct form *form, enum long_column *column) {
    const struct csv_cell *item = cell_of(file, row, L_ITEM), *ref = cell_of(file, row, L_REF);
    const struct csv_cell *component = cell_of(file, row, L_COMPONENT);
    *column = has_text(item) ? L_ITEM : file->where[L_REF] >= 0 ? L_REF : L_ITEM;
    const struct csv_cell *named = *column == L_ITEM ? item : ref;
    char key[64];
    int length = has_text(component)
                     ? snprintf(key, sizeof key, "%s/%s", named->text, component->text)
                     : snprintf(key, sizeof key, "%s", named->text);
    if (length <= 0 || length >= (int)sizeof key) return NULL;
    if (*column == L_ITEM) return form_find(form, key);
    const struct item *consolidated = dictionary_find(form->dictionary, key);
    return consolidated == NULL ? NULL : form_find_slot(form, consolidated->slot);
}

static bool find_month(struct long_file *file, const struct csv_row *row, bool *going) {
    const struct csv_cell *cell = cell_of(file, row, L_MONTH);
    int period = 0;
    *going = true;
    if (!period_parse(cell->text, &period)) {
        *going = refuse(file, row, L_MONTH, ERR_INVALID, "A month is written like 2022-04");
        return false;
    }
    if (period != file->period) {
        file->period = period;
        file->dictionary = dictionary_for(file->import->set, period);
    }
    if (period > calendar_month()) {
        *going = refuse(file, row, L_MONTH, ERR_PERIOD_FUTURE, NULL);
        return false;
    }
    if (file->dictionary == NULL) *going = refuse(file, row, L_MONTH, ERR_DICTIONARY_NONE, NULL);
    return file->dictionary != NULL;
}

static const struct import_facility *find_facility(struct long_file *file,
                                                   const struct csv_row *row, bool *going) {
    const struct import_facilities *facilities = &file->import->facilities;
    const struct csv_cell *cell = cell_of(file, row, L_FACILITY);
    *going = true;
    if (file->facility < 0 || !text_equal(facilities->list[file->facility].code, cell->text))
        file->facility = cell->not_utf8 ? -1 : import_facilities_find(facilities, cell->text);
    if (file->facility >= 0) return &facilities->list[file->facility];
    *going = refuse(file, row, L_FACILITY, ERR_FACILITY_UNKNOWN, NULL);
    return NULL;
}

/* False only to stop. */
static bool read_figure(struct long_file *file, const struct csv_row *row) {
    bool going;
    const struct import_facility *facility = find_facility(file, row, &going);
    if (facility == NULL || !find_month(file, row, &going)) return going;
    const struct form *form = import_form(file->dictionary, facility->type);
    if (form == NULL) return refuse(file, row, L_FACILITY, ERR_FORM_NOT_REPORTED, NULL);
    enum long_column column;
    const struct form_item *item = find_item(file, row, form, &column);
    if (item == NULL) return refuse(file, row, column, ERR_ITEM_UNKNOWN, NULL);
    struct import_figure figure = {
        .line = row->line,
        .facility = file->facility,
        .period = file->period,
        .form = (int16_t)(form - form->dictionary->forms),
        .slot = (int16_t)item->item->slot,
        .value = BLANK,
    };
    const struct csv_cell *value = cell_of(file, row, L_VALUE);
    enum error_code error = ERR_NONE;
    if (value->length > 0 && !import_cell(item->item, value, &figure.value, &error))
        return refuse(file, row, L_VALUE, error, NULL);
    return import_sort_add(file->sort, &figure, file->p);
}

static bool on_row(const struct csv_row *row, void *arg) {
    struct long_file *file = arg;
    if (file->columns == 0) return read_header(file, row);
    struct import_batch *batch = pipe_batch(file->import->pipe);
    if (batch == NULL) return false;
    batch->counts.rows_read++;
    if (row->count == file->columns) return read_figure(file, row);
    char detail[80];
    snprintf(detail, sizeof detail, "The row has %d columns, the header has %d", row->count,
             file->columns);
    return refuse(file, row, L__MAX, ERR_ROW_SHAPE, detail);
}

/* ---- Reports, from sorted figures.
 * ---------------------------------------------------------------------- */
static bool same_report(const struct import_figure *a, const struct import_figure *b) {
    return a->facility == b->facility && a->period == b->period && a->form == b->form;
}

static bool begin_report(struct long_file *file, const struct import_figure *figure) {
    if (!pipe_need(file->import->pipe, 1)) return false;
    const struct dictionary *dictionary = dictionary_for(file->import->set, figure->period);
    const struct import_facility *facility = &file->import->facilities.list[figure->facility];
    file->form = &dictionary->forms[figure->form];
    batch_add(pipe_batch(file->import->pipe), facility->id, figure->period, file->form,
              figure->line, facility->code);
    return true;
}

/* The same figure again is nothing; another one for the same item is refused, the first is kept. */
static bool refuse_twice(struct long_file *file, const struct import_figure *figure) {
    if (figure->value == file->last.value) return true;
    struct import_batch *batch = pipe_batch(file->import->pipe);
    char text[16], detail[160], period[8];
    const struct item *item = file->form->dictionary->by_slot[figure->slot];
    size_t length = cell_format(item, figure->value, text);
    const struct csv_cell cell = { .text = text, .length = (int)length };
    period_format(period, figure->period);
    snprintf(detail, sizeof detail,
             "Line %lld gives another figure for facility %s, %s, item %s; it is kept",
             (long long)file->last.line, file->import->facilities.list[figure->facility].code,
             period, form_find_slot(file->form, figure->slot)->key);
    batch->counts.rows_refused++;
    return import_refuse(file->import, figure->line, file->where[L_VALUE] + 1, "value", &cell,
                         ERR_ROW_DUPLICATE, detail);
}

/* Refusals may have flushed the batch in the middle of a report: the rest of it is merged when
 * stored. */
static bool take_figure(const struct import_figure *figure, void *arg) {
    struct long_file *file = arg;
    bool same = file->started && same_report(figure, &file->last);
    if (same && figure->slot == file->last.slot) return refuse_twice(file, figure);
    bool flushed = same && pipe_batch(file->import->pipe) != NULL &&
                   pipe_batch(file->import->pipe)->count == 0;
    if ((!same || flushed) && !begin_report(file, figure)) return false;
    file->started = true;
    file->last = *figure;
    struct import_batch *batch = pipe_batch(file->import->pipe);
    int at = batch->count - 1;
    batch->reports[at].cells[figure->slot] = figure->value;
    GIVEN_SET(batch->given[at], figure->slot);
    batch->counts.cells_read += figure->value != BLANK;
    return true;
}

bool import_long_parse(struct import *import, struct problem *p) {
    struct long_file *file = xcalloc(1, sizeof *file);
    file->import = import;
    file->p = p;
    file->facility = -1;
    file->sort = import_sort_new(import->options->spool_directory);
    bool ok = import_read_file(import, on_row, file, p);
    if (ok && file->columns == 0) ok = problem_set(p, ERR_FILE_FORMAT, "The file is empty");
    ok = ok && import_sort_take(file->sort, take_figure, file, p);
    import_sort_free(file->sort);
    free(file);
    return ok;
}
