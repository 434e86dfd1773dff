/* The facility of an extract's row: found, made, brought up to date. */
#include <stdio.h>
#include <string.h>

#include "hmis/area.h"
#include "import_extract.h"

static const struct tabular_cell *cell_of(const struct extract *x, const struct tabular_row *row,
                                          enum facility_column column) {
    return import_at(row, x->header->facility[column]);
}

/* As codes stand in the register: without blanks and the apostrophe that keeps zeros. */
void extract_code(const struct extract *x, const struct tabular_row *row, char code[24]) {
    const struct tabular_cell *cell = cell_of(x, row, FC_CODE);
    char tidy[40] = "";
    if (!cell->too_long && cell->length < (int)sizeof tidy)
        tabular_tidy(cell->text, (size_t)cell->length, tidy);
    import_copy(code, 24, tidy[0] == '\'' ? tidy + 1 : tidy);
}

/* ---- What the columns say.
 * ----------------------------------------------------------------------------------------- */
/* Of the facility columns as they stand there, never 0. */
static int64_t hash_master(const struct extract *x, const struct tabular_row *row) {
    uint64_t hash = 1469598103934665603U;
    for (int i = FC_SNO + 1; i < FC__MAX; i++) {
        const struct tabular_cell *cell = cell_of(x, row, (enum facility_column)i);
        for (int at = 0; at <= cell->length; at++) /* the NUL too: it keeps columns apart */
            hash = (hash ^ (uint8_t)cell->text[at]) * 1099511628211U;
    }
    return (int64_t)(hash | 1);
}

/* One line, one blank between words. */
static void read_words(const struct extract *x, const struct tabular_row *row,
                       const struct row_form *form, struct arena *arena,
                       const char *words[FC__MAX]) {
    for (int i = 0; i < FC__MAX; i++) {
        const struct tabular_cell *cell = cell_of(x, row, (enum facility_column)i);
        char *tidy = arena_alloc(arena, (size_t)cell->length + 1);
        tabular_tidy(cell->text, (size_t)cell->length, tidy);
        words[i] = x->header->facility[i] < 0 ? NULL : tidy;
    }
    if (words[FC_CODE] != NULL && words[FC_CODE][0] == '\'') words[FC_CODE]++;
    if (form->turned) words[FC_TYPE] = facility_type_title(form->type);
}

/* Every odd facility cell is told: it alone was left out. */
static bool tell_odd_cells(struct extract *x, const struct tabular_row *row,
                           const struct problem *wrong) {
    struct import_batch *batch = pipe_batch(x->import->pipe);
    if (batch == NULL) return false;
    for (size_t i = 0; i < wrong->field_count; i++) {
        enum facility_column column = facility_column_parse(wrong->fields[i].field);
        int at = column == FC__MAX ? -1 : x->header->facility[column];
        struct import_line *line = import_tell(x->import, LINE_FACILITY, row->line,
                                               wrong->fields[i].code, wrong->fields[i].detail);
        if (line == NULL) return false;
        import_line_cell(line, at, wrong->fields[i].field, at < 0 ? NULL : import_at(row, at));
        extract_code(x, row, line->facility);
        batch->counts.refusals++;
        batch->counts.facilities_refused += i == 0;
    }
    return true;
}

/* NULL: the code cannot be read; *going false stops. Where the row is only held against the
 * register nothing of an odd cell is lost, and nothing told. */
static struct facility_master *read_master(struct extract *x, const struct tabular_row *row,
                                           const struct row_form *form, bool holds,
                                           struct arena *arena, bool *going) {
    const char *words[FC__MAX];
    struct facility_master *master = arena_alloc(arena, sizeof *master);
    struct problem wrong = { 0 };
    read_words(x, row, form, arena, words);
    bool read = facility_master_read(words, master, arena, &wrong);
    *going = holds || tell_odd_cells(x, row, &wrong);
    return read && *going ? master : NULL;
}

/* ---- The facility.
 * --------------------------------------------------------------------------------------------- */
int extract_facility(struct extract *x, const struct tabular_row *row, const struct row_form *form,
                     bool *going) {
    struct import_facilities *facilities = &x->import->facilities;
    char code[24];
    extract_code(x, row, code);
    int index = import_facilities_find(facilities, code);
    if (index >= 0) {
        int type = import_facilities_type(facilities, index, x->import->options.period);
        const struct form *stands =
            import_stands_form(&x->import->stands, facilities->list[index].id,
                               x->import->options.period, form->form->dictionary);
        bool reports = stands == form->form || ((form->form->facility_types >> type) & 1U);
        if (reports || x->updates) return index;
        *going = extract_refuse(x, row, FC_TYPE, ERR_FORM_NOT_REPORTED,
                                "The facility is registered as another kind");
        return -1;
    }
    if (!x->import->options.create_facilities || *code == '\0' || strlen(code) > 20) {
        *going = extract_refuse(x, row, FC_CODE, ERR_FACILITY_UNKNOWN, NULL);
        return -1;
    }
    import_facilities_add(facilities, code, 0, (int)form->type);
    return facilities->count - 1;
}

/* A file of codes and figures says nothing that could contradict. */
static bool says_which(const struct extract *x) {
    static const enum facility_column columns[] = { FC_NAME, FC_STATE, FC_DISTRICT, FC_NIN };
    for (size_t i = 0; i < COUNT(columns); i++)
        if (x->header->facility[columns[i]] >= 0) return true;
    return false;
}

bool extract_master(struct extract *x, const struct tabular_row *row, const struct row_form *form,
                    const struct import_facility *facility, int filled,
                    const struct facility_master **taken, bool *going) {
    bool known = facility->id != 0;
    *taken = NULL;
    bool holds = known && !x->updates;
    bool counts = filled > 0 || x->import->options.erase; /* a row of nothing may be to erase */
    if (holds && (filled == 0 || !says_which(x))) return counts;
    struct import_batch *batch = pipe_batch(x->import->pipe);
    if (batch == NULL) return *going = false;
    struct facility_master *master = read_master(x, row, form, holds, batch->arena, going);
    if (!*going) return false;
    if (master == NULL && !known)
        *going = extract_refuse(x, row, FC_CODE, ERR_FACILITY_UNKNOWN,
                                "The facility cannot be made: its code cannot be read");
    if (master == NULL) return known && counts;
    *taken = master;
    master->worked = filled > 0;
    master->hash = x->updates ? hash_master(x, row) : 0;
    return true;
}
