/* The ministry's facility-wise extract: a row a facility; 20 facility columns, then a column an
 * item by its number on the form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmis/calendar.h"
#include "hmis/period.h"
#include "import_extract.h"

/* ---- Whole rows.
 * -------------------------------------------------------------------------------------------- */
static int figures_of(const struct extract *x, const struct tabular_row *row) {
    int figures = 0;
    for (int column = 0; column < x->header->columns; column++)
        figures += x->header->is_item[column] && import_at(row, column)->kind != TABULAR_BLANK;
    return figures;
}

static void place_line(const struct extract *x, const struct tabular_row *row,
                       enum facility_column column, struct import_line *line) {
    int at = column == FC__MAX ? -1 : x->header->facility[column];
    if (at >= 0) import_line_cell(line, at, x->header->names[at], import_at(row, at));
    extract_code(x, row, line->facility);
    line->period = x->import->held ? 0 : x->import->options.period; /* which, is the question */
}

bool extract_refuse(struct extract *x, const struct tabular_row *row, enum facility_column column,
                    enum error_code code, const char *detail) {
    struct import_line *line = import_tell(x->import, LINE_ROW, row->line, code, detail);
    if (line == NULL) return false;
    place_line(x, row, column, line);
    struct import_result *counts = &pipe_batch(x->import->pipe)->counts;
    int figures = figures_of(x, row);
    counts->rows_refused++;
    counts->refusals++;
    counts->figures_read += figures;
    counts->figures_lost += figures;
    return true;
}

static bool ask_row(struct extract *x, const struct tabular_row *row, enum facility_column column,
                    const struct import_question *question) {
    int figures = figures_of(x, row);
    char key[QUESTION_KEY];
    if (!import_ask(x->import->asks, question, row->line, 1, figures, key))
        return extract_refuse(x, row, column, ERR_VALUE_ASK, question->detail);
    struct import_line *line =
        import_tell(x->import, LINE_ASKED, row->line, ERR_ROW_ASK, question->detail);
    if (line == NULL) return false;
    place_line(x, row, column, line);
    import_copy(line->question, sizeof line->question, key);
    struct import_result *counts = &pipe_batch(x->import->pipe)->counts;
    counts->rows_asked++;
    counts->figures_read += figures;
    counts->figures_asked += figures;
    return true;
}

static bool ask_month(struct extract *x, const struct tabular_row *row) {
    char have[8], named[8], detail[160];
    period_format(have, x->import->options.period);
    period_format(named, x->import->named_period);
    snprintf(detail, sizeof detail, "%s says %s, and %s was chosen for it. Which month is it?",
             x->import->named_where, named, have);
    const struct import_question question = { .kind = "file_month",
                                              .value = named,
                                              .example = "",
                                              .detail = detail,
                                              .choices = { { have, "" }, { named, "" } },
                                              .choice_count = 2 };
    return ask_row(x, row, FC__MAX, &question);
}

/* A month that is not over: meant, or a slip? True: the row ends here. */
static bool ends_running(struct extract *x, const struct tabular_row *row, bool *going) {
    char month[8];
    if (x->import->options.period != calendar_month()) return false;
    period_format(month, x->import->options.period);
    const char *answer = import_answer(x->import->asks, "running", month);
    if (!calendar_refuses_running() && text_equal(answer, ANSWER_STORE)) return false;
    if (calendar_refuses_running())
        *going = extract_refuse(x, row, FC__MAX, ERR_PERIOD_RUNNING, NULL);
    else if (text_equal(answer, ANSWER_OMIT))
        *going = extract_refuse(x, row, FC__MAX, ERR_ROW_ASK, "Left out, as answered");
    else {
        const struct import_question question = import_running_question(month);
        *going = ask_row(x, row, FC__MAX, &question);
    }
    return true;
}

/* ---- The form: the header decides, and is held against the row.
 * ------------------------------------------------------ */
static bool fits(const struct extract *x, const struct form *form) {
    return (x->fitting >> (form - x->dictionary->forms)) & 1U;
}

/* The kind whose form the header is of; what the register says where that is one of them. */
static enum facility_type type_of(const struct extract *x, const struct form *form,
                                  const char *code) {
    int index = import_facilities_find(&x->import->facilities, code);
    int type = index < 0 ? 0
                         : import_facilities_type(&x->import->facilities, index,
                                                  x->import->options.period);
    if ((form->facility_types >> type) & 1U) return (enum facility_type)type;
    type = 0;
    while (((form->facility_types >> type) & 1U) == 0)
        type++;
    return (enum facility_type)type;
}

static bool ask_form(struct extract *x, const struct tabular_row *row, const struct form *form) {
    char detail[240];
    snprintf(detail, sizeof detail,
             "The columns have the numbers of form %s, the row is of a kind of facility that "
             "reports on form %s. Which is right?",
             x->named->code, form->code);
    const struct import_question question = {
        .kind = "row_form",
        .value = form->code,
        .example = import_at(row, x->header->facility[FC_TYPE])->text,
        .detail = detail,
        .choices = { { "row", form->code }, { "header", x->named->code } },
        .choice_count = 2,
    };
    return ask_row(x, row, FC_TYPE, &question);
}

/* False: the row ends here. */
static bool settle_form(struct extract *x, const struct tabular_row *row, struct row_form *form,
                        bool *going) {
    char code[24];
    if (fits(x, form->form)) return true;
    extract_code(x, row, code);
    const char *answer = import_answer(x->import->asks, "row_form", code);
    if (answer == NULL) answer = import_answer(x->import->asks, "row_form", form->form->code);
    if (text_equal(answer, "row")) return true;
    if (text_equal(answer, ANSWER_OMIT)) {
        *going = extract_refuse(x, row, FC_TYPE, ERR_ROW_ASK, "Left out, as answered");
        return false;
    }
    if (!text_equal(answer, "header")) {
        *going = ask_form(x, row, form->form);
        return false;
    }
    form->form = x->named;
    form->type = type_of(x, x->named, code);
    form->turned = true;
    return true;
}

/* A kind that nobody knows is an odd cell: of a facility that is registered the figures count. */
static bool read_form(struct extract *x, const struct tabular_row *row, struct row_form *form,
                      bool *going) {
    const struct tabular_cell *cell = import_at(row, x->header->facility[FC_TYPE]);
    char tidy[120] = "", code[24];
    if (!cell->too_long && cell->length < (int)sizeof tidy)
        tabular_tidy(cell->text, (size_t)cell->length, tidy);
    form->type = facility_type_parse(tidy);
    form->form =
        form->type == FACILITY_TYPE_NONE ? NULL : import_form(x->dictionary, (int)form->type);
    if (form->form != NULL) return settle_form(x, row, form, going);
    extract_code(x, row, code);
    int index = import_facilities_find(&x->import->facilities, code);
    static const char unknown[] = "No form is known for this kind of facility";
    if (index >= 0)
        form->type = (enum facility_type)import_facilities_type(&x->import->facilities, index,
                                                                x->import->options.period);
    form->form = index < 0 ? NULL : import_form(x->dictionary, (int)form->type);
    if (form->form == NULL || !fits(x, form->form)) {
        *going = extract_refuse(x, row, FC_TYPE, ERR_FORM_NOT_REPORTED, unknown);
        return false;
    }
    struct import_line *line =
        import_tell(x->import, LINE_FACILITY, row->line, ERR_FORM_NOT_REPORTED, unknown);
    *going = line != NULL;
    if (line == NULL) return false;
    place_line(x, row, FC_TYPE, line);
    pipe_batch(x->import->pipe)->counts.refusals++;
    form->turned = true;
    return true;
}

/* ---- Figures.
 * -----------------------------------------------------------------------------------------------
 */
struct row_figures {
    int32_t cells[CELLS_MAX];
    uint8_t filled[GIVEN_BYTES], empty[GIVEN_BYTES];
    int count;
};

static bool tell_figure(struct extract *x, const struct tabular_row *row, int column,
                        const struct form *form, bool asked, const struct import_reading *reading) {
    struct import_line *line = import_tell(x->import, asked ? LINE_ASKED : LINE_FIGURE, row->line,
                                           reading->error, reading->detail);
    if (line == NULL) return false;
    import_line_cell(line, column, x->header->names[column], &row->cells[column]);
    extract_code(x, row, line->facility);
    line->period = x->import->options.period;
    import_copy(line->form, sizeof line->form, form->code);
    import_copy(line->item, sizeof line->item, x->header->names[column]);
    if (asked) import_copy(line->question, sizeof line->question, reading->question);
    struct import_result *counts = &pipe_batch(x->import->pipe)->counts;
    counts->figures_asked += asked;
    counts->figures_refused += !asked;
    counts->refusals += !asked;
    return true;
}

static bool refuse_column(struct extract *x, const struct tabular_row *row, int column,
                          const struct form *form, int state) {
    struct import_reading reading = { .error = ERR_ITEM_UNKNOWN };
    if (state == ITEM_ASKED) return extract_ask_column(x, row, column, form);
    if (state == ITEM_OMITTED) {
        reading.error = ERR_VALUE_ASK;
        import_copy(reading.detail, sizeof reading.detail, "Left out, as answered");
    } else {
        snprintf(reading.detail, sizeof reading.detail, "Form %s has no item of this number",
                 form->code);
    }
    return tell_figure(x, row, column, form, false, &reading);
}

static bool read_figure(struct extract *x, const struct tabular_row *row, int column, int slot,
                        const struct form *form, struct row_figures *figures) {
    const struct item *item = x->dictionary->by_slot[slot];
    struct import_reading reading;
    enum import_figure_state state =
        import_cell(x->import, item, &row->cells[column], row->line, &reading);
    if (state == FIGURE_BLANK) {
        GIVEN_SET(figures->empty, slot);
        return true;
    }
    pipe_batch(x->import->pipe)->counts.figures_read++;
    if (state != FIGURE_READ)
        return tell_figure(x, row, column, form, state == FIGURE_ASKED, &reading);
    figures->cells[slot] = reading.value;
    GIVEN_SET(figures->filled, slot);
    figures->count++;
    return true;
}

/* False: stop. */
static bool read_figures(struct extract *x, const struct tabular_row *row,
                         const struct form_columns *columns, struct row_figures *figures) {
    const struct form *form = columns->form;
    memset(figures->filled, 0, sizeof figures->filled);
    memset(figures->empty, 0, sizeof figures->empty);
    figures->count = 0;
    for (int slot = 0; slot < CELLS_MAX; slot++)
        figures->cells[slot] = BLANK;
    if (pipe_batch(x->import->pipe) == NULL) return false;
    for (int column = 0; column < x->header->columns; column++) {
        int slot = columns->slots[column];
        if (slot == NO_ITEM) continue;
        bool blank = import_at(row, column)->kind == TABULAR_BLANK;
        if (blank && slot >= 0) GIVEN_SET(figures->empty, slot);
        if (blank) continue;
        if (slot < 0) pipe_batch(x->import->pipe)->counts.figures_read++;
        if (slot < 0 ? !refuse_column(x, row, column, form, slot)
                     : !read_figure(x, row, column, slot, form, figures))
            return false;
    }
    return true;
}

/* ---- Reports.
 * -----------------------------------------------------------------------------------------------
 */
static uint64_t hash_figures(const struct row_figures *figures, const struct form *form) {
    uint64_t hash = 1469598103934665603U ^ (uint64_t)form->id;
    for (int slot = 0; slot < form->dictionary->width; slot++)
        hash = (hash ^ (uint32_t)figures->cells[slot]) * 1099511628211U;
    return hash | 1;
}

/* A facility stands in an extract once; the same row again says nothing new. */
static bool met_before(struct extract *x, const struct tabular_row *row,
                       struct import_facility *facility, const struct row_figures *figures,
                       uint64_t hash, bool *going) {
    if (facility->seen == 0) {
        facility->seen = hash;
        return false;
    }
    struct import_result *counts = &pipe_batch(x->import->pipe)->counts;
    if (facility->seen == hash) {
        counts->figures_unchanged += figures->count;
        return true;
    }
    struct import_line *line = import_tell(
        x->import, LINE_ROW, row->line, ERR_ROW_DUPLICATE,
        "The facility stands in the file twice with different figures; the first row is kept");
    *going = line != NULL;
    if (line == NULL) return true;
    place_line(x, row, FC_CODE, line);
    counts->rows_refused++;
    counts->refusals++;
    counts->figures_lost += figures->count;
    return true;
}

static void put_report(struct extract *x, const struct tabular_row *row,
                       const struct import_facility *facility, const struct form *form,
                       const struct row_figures *figures, const struct facility_master *master) {
    struct import_batch *batch = pipe_batch(x->import->pipe);
    struct report_new *report =
        batch_add(batch, facility->id, x->import->options.period, form, row->line, facility->code);
    int at = batch->count - 1;
    struct import_origin *origin = &batch->origins[at];
    memcpy(report->cells, figures->cells, (size_t)x->dictionary->width * sizeof(int32_t));
    memcpy(batch->filled[at], figures->filled, GIVEN_BYTES);
    memcpy(batch->empty[at], figures->empty, GIVEN_BYTES);
    origin->master = master;
    origin->known = facility->id != 0;
    origin->holds = origin->known && !x->updates;
    origin->blank = figures->count == 0;
}

static bool add_report(struct extract *x, const struct tabular_row *row,
                       const struct row_form *form, int index) {
    struct import_facility *facility = &x->import->facilities.list[index];
    struct row_figures figures;
    bool going = true;
    if (!pipe_need(x->import->pipe, 1) ||
        !read_figures(x, row, extract_columns_of(x, form->form), &figures))
        return false;
    uint64_t hash = hash_figures(&figures, form->form);
    if (met_before(x, row, facility, &figures, hash, &going)) return going;
    struct import_result *counts = &pipe_batch(x->import->pipe)->counts;
    int64_t lost = counts->figures_lost, read = counts->figures_read;
    const struct facility_master *master;
    bool goes_on = extract_master(x, row, form, facility, figures.count, &master, &going);
    if (counts->figures_lost != lost) { /* refused as a whole: its figures were counted before */
        counts->figures_read = read;
        counts->figures_lost = lost + figures.count;
    }
    counts->rows_blank += figures.count == 0;
    if (goes_on) put_report(x, row, facility, form->form, &figures, master);
    return going;
}

static bool on_row(const struct tabular_row *row, void *arg) {
    struct extract *x = arg;
    struct import_batch *batch = pipe_batch(x->import->pipe);
    struct row_form form = { 0 };
    char why[120];
    bool going = true;
    if (batch == NULL) return false;
    batch->counts.rows_read++;
    if (import_bad_shape(x->import, row, why))
        return extract_refuse(x, row, FC__MAX, ERR_ROW_SHAPE, why);
    if (x->import->held) return ask_month(x, row);
    if (ends_running(x, row, &going)) return going;
    if (!read_form(x, row, &form, &going)) return going;
    int index = extract_facility(x, row, &form, &going);
    return index < 0 ? going : add_report(x, row, &form, index);
}

/* A spreadsheet makes 10.1 of 10.10; no other number may stand there twice. */
static bool no_twins(const struct extract *x, struct problem *p) {
    const struct import_header *header = x->header;
    for (int a = 0; a < header->columns; a++)
        for (int b = a + 1; header->is_item[a] && b < header->columns; b++)
            if (text_equal(header->names[a], header->names[b]) &&
                import_item_longer(x->named, header->names[a]) == NULL)
                return problem_set(p, ERR_FILE_FORMAT, "Columns %d and %d are both called '%.60s'",
                                   a + 1, b + 1, header->names[a]);
    return true;
}

static bool begin(struct extract *x, struct problem *p) {
    struct import *import = x->import;
    x->header = &import->header;
    if (import->options.period > calendar_month()) return problem_set(p, ERR_PERIOD_FUTURE, NULL);
    x->dictionary = dictionary_for(import->set, import->options.period);
    if (x->dictionary == NULL) return problem_set(p, ERR_DICTIONARY_NONE, NULL);
    x->updates = import->options.create_facilities;
    for (int i = FC_SNO + 1; i < FC__MAX; i++)
        x->updates = x->updates && x->header->facility[i] >= 0;
    extract_fit_forms(x);
    return no_twins(x, p);
}

bool import_extract_parse(struct import *import, struct problem *p) {
    struct extract *x = xcalloc(1, sizeof *x);
    x->import = import;
    bool ok = begin(x, p) && import_rows(import, on_row, x, p);
    free(x);
    return ok;
}
