/* The long form: a row a figure. Rows may come in any order, so all figures are sorted first
 * (import_sort) and reports made of what lies together: every report is stored once, and a figure
 * that stands in the file twice is found wherever it stands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmis/area.h"
#include "hmis/calendar.h"
#include "hmis/period.h"
#include "import_internal.h"

struct long_file {
    struct import *import;
    struct problem *p;
    const int *where;
    struct import_sort *sort;
    /* the last ones looked up: rows of one report come together as a rule */
    char code[24], month[48];
    int facility, period;
    const struct dictionary *dictionary;
    /* the report at hand, after sorting */
    struct import_figure last;
    bool started;
    const struct form *form;
};

static const struct tabular_cell *cell_of(const struct long_file *file,
                                          const struct tabular_row *row, enum long_column column) {
    return import_at(row, file->where[column]);
}

static bool has_text(const struct tabular_cell *cell) {
    return cell->kind != TABULAR_BLANK;
}

static void tidy_cell(const struct tabular_cell *cell, char *out, size_t size) {
    char tidy[128] = "";
    if (!cell->too_long && cell->length < (int)sizeof tidy)
        tabular_tidy(cell->text, (size_t)cell->length, tidy);
    import_copy(out, size, tidy[0] == '\'' ? tidy + 1 : tidy);
}

/* The item of a row stands in the one column or in the other. */
static enum long_column item_column(const struct long_file *file, const struct tabular_row *row) {
    bool own = has_text(cell_of(file, row, L_ITEM)) || file->where[L_REF] < 0;
    return own ? L_ITEM : L_REF;
}

/* The month that the row itself names, as far as that is certain or answered; 0: it is not. */
static int month_of(const struct long_file *file, const char *text) {
    struct import_months months = import_month(text);
    int period = 0;
    if (months.count == 0) return 0;
    if (!months.ask) return months.period[0];
    const char *answer = import_answer(file->import->asks, "month", text);
    if (answer == NULL || !period_parse(answer, &period)) return 0;
    return period == months.period[0] || (months.count > 1 && period == months.period[1]) ? period
                                                                                          : 0;
}

/* ---- What becomes of a row.
 * ---------------------------------------------------------------------------------------- */
static struct import_line *tell(struct long_file *file, const struct tabular_row *row,
                                enum import_line_kind kind, enum long_column column,
                                enum error_code code, const char *detail) {
    struct import_line *line = import_tell(file->import, kind, row->line, code, detail);
    if (line == NULL) return NULL;
    if (column != L__MAX)
        import_line_cell(line, file->where[column], long_column_names[column],
                         cell_of(file, row, column));
    char month[sizeof file->month];
    tidy_cell(cell_of(file, row, L_FACILITY), line->facility, sizeof line->facility);
    tidy_cell(cell_of(file, row, item_column(file, row)), line->item, sizeof line->item);
    tidy_cell(cell_of(file, row, L_MONTH), month, sizeof month);
    line->period = month_of(file, month);
    return line;
}

/* The row cannot be used, its figure is lost with it; false: stop. */
static bool refuse(struct long_file *file, const struct tabular_row *row, enum long_column column,
                   enum error_code code, const char *detail) {
    struct import_line *line = tell(file, row, LINE_ROW, column, code, detail);
    if (line == NULL) return false;
    struct import_result *counts = &pipe_batch(file->import->pipe)->counts;
    counts->rows_refused++;
    counts->refusals++;
    counts->figures_lost += has_text(cell_of(file, row, L_VALUE));
    return true;
}

static bool refuse_value(struct long_file *file, const struct tabular_row *row,
                         const struct import_reading *reading) {
    if (tell(file, row, LINE_FIGURE, L_VALUE, reading->error, reading->detail) == NULL)
        return false;
    struct import_result *counts = &pipe_batch(file->import->pipe)->counts;
    counts->figures_refused++;
    counts->refusals++;
    return true;
}

static bool held(struct long_file *file, const struct tabular_row *row, enum long_column column,
                 const char *key, const char *detail) {
    struct import_line *line = tell(file, row, LINE_ASKED, column, ERR_ROW_ASK, detail);
    if (line == NULL) return false;
    import_copy(line->question, sizeof line->question, key);
    struct import_result *counts = &pipe_batch(file->import->pipe)->counts;
    counts->rows_asked++;
    counts->figures_asked += has_text(cell_of(file, row, L_VALUE));
    return true;
}

static bool ask(struct long_file *file, const struct tabular_row *row, enum long_column column,
                const struct import_question *question) {
    char key[QUESTION_KEY];
    int figures = has_text(cell_of(file, row, L_VALUE));
    if (!import_ask(file->import->asks, question, row->line, 1, figures, key))
        return refuse(file, row, column, ERR_ROW_ASK, question->detail);
    return held(file, row, column, key, question->detail);
}

/* ---- Month.
 * --------------------------------------------------------------------------------------------------
 */
static bool ask_month(struct long_file *file, const struct tabular_row *row, const char *text,
                      const struct import_months *months) {
    char periods[2][8], detail[160];
    struct import_question question = { .kind = "month",
                                        .value = text,
                                        .example = text,
                                        .detail = detail,
                                        .choice_count = months->count };
    for (int i = 0; i < months->count; i++) {
        period_format(periods[i], months->period[i]);
        question.choices[i] = (struct import_choice){ periods[i], "" };
    }
    snprintf(detail, sizeof detail, "Which month is '%.40s': %s%s%s?", text, periods[0],
             months->count > 1 ? " or " : "", months->count > 1 ? periods[1] : "");
    return ask(file, row, L_MONTH, &question);
}

/* The month of a text; 0: the row ends here. */
static int settle_month(struct long_file *file, const struct tabular_row *row, const char *text,
                        bool *going) {
    struct import_months months = import_month(text);
    int period = month_of(file, text);
    if (period != 0) return period;
    if (months.count == 0)
        *going = refuse(file, row, L_MONTH, ERR_INVALID, "A month is written like 2022-04");
    else if (text_equal(import_answer(file->import->asks, "month", text), ANSWER_OMIT))
        *going = refuse(file, row, L_MONTH, ERR_ROW_ASK, "Left out, as answered");
    else
        *going = ask_month(file, row, text, &months);
    return 0;
}

/* A month that is not over: meant, or a slip? True: the row ends here. */
static bool ends_running(struct long_file *file, const struct tabular_row *row, bool *going) {
    char month[8];
    if (file->period != calendar_month()) return false;
    period_format(month, file->period);
    const char *answer = import_answer(file->import->asks, "running", month);
    if (!calendar_refuses_running() && text_equal(answer, ANSWER_STORE)) return false;
    if (calendar_refuses_running())
        *going = refuse(file, row, L_MONTH, ERR_PERIOD_RUNNING, NULL);
    else if (text_equal(answer, ANSWER_OMIT))
        *going = refuse(file, row, L_MONTH, ERR_ROW_ASK, "Left out, as answered");
    else {
        const struct import_question question = import_running_question(month);
        *going = ask(file, row, L_MONTH, &question);
    }
    return true;
}

static bool find_month(struct long_file *file, const struct tabular_row *row, bool *going) {
    char text[sizeof file->month];
    tidy_cell(cell_of(file, row, L_MONTH), text, sizeof text);
    *going = true;
    if (file->period == 0 || !text_equal(text, file->month)) {
        memcpy(file->month, text, sizeof text);
        file->period = settle_month(file, row, text, going);
        if (file->period == 0) return false;
        file->dictionary = dictionary_for(file->import->set, file->period);
    }
    if (file->period > calendar_month()) {
        *going = refuse(file, row, L_MONTH, ERR_PERIOD_FUTURE, NULL);
        return false;
    }
    if (ends_running(file, row, going)) return false;
    if (file->dictionary == NULL) *going = refuse(file, row, L_MONTH, ERR_DICTIONARY_NONE, NULL);
    return file->dictionary != NULL;
}

static bool find_facility(struct long_file *file, const struct tabular_row *row, bool *going) {
    const struct import_facilities *facilities = &file->import->facilities;
    char code[sizeof file->code];
    tidy_cell(cell_of(file, row, L_FACILITY), code, sizeof code);
    *going = true;
    if (file->facility < 0 || !text_equal(file->code, code)) {
        memcpy(file->code, code, sizeof code);
        file->facility = import_facilities_find(facilities, code);
    }
    if (file->facility >= 0) return true;
    *going = refuse(file, row, L_FACILITY, ERR_FACILITY_UNKNOWN, NULL);
    return false;
}

/* ---- Item.
 * ---------------------------------------------------------------------------------------------------
 */
struct named_item {
    enum long_column column;
    char number[64];
    char words[200]; /* its name, where the file has it; or "" */
    const struct form_item *item, *longer;
};

static const struct form_item *look_up(const struct form *form, enum long_column column,
                                       const char *key) {
    if (column == L_ITEM) return import_item_find(form, key);
    const struct item *consolidated = dictionary_find(form->dictionary, key);
    return consolidated == NULL ? NULL : form_find_slot(form, consolidated->slot);
}

/* By the number on the form, or else by the consolidated number; the component may have a column.
 */
static struct named_item find_item(const struct long_file *file, const struct tabular_row *row,
                                   const struct form *form) {
    struct named_item named = { 0 };
    const struct tabular_cell *component = cell_of(file, row, L_COMPONENT);
    named.column = item_column(file, row);
    const struct tabular_cell *cell = cell_of(file, row, named.column);
    char text[200], number[32];
    tidy_cell(cell, text, sizeof text);
    const char *words = import_item_words(text, number);
    import_copy(named.words, sizeof named.words,
                *words != '\0' ? words : cell_of(file, row, L_NAME)->text);
    bool whole = has_text(component);
    snprintf(named.number, sizeof named.number, "%s%s%.20s", number, whole ? "/" : "",
             whole ? component->text : "");
    named.item = look_up(form, named.column, named.number);
    if (named.column == L_ITEM && !whole) named.longer = import_item_longer(form, number);
    return named;
}

static bool is_called(const struct form_item *item, const char *words) {
    return item != NULL && *words != '\0' && area_name_equal(item->item->name, words);
}

/* 10.1 may be what a spreadsheet left of 10.10. False: the row ends here. */
static bool settle_item(struct long_file *file, const struct tabular_row *row,
                        struct named_item *named, bool *going) {
    if (named->longer == NULL || file->import->evidence.zeros_kept) return true;
    if (is_called(named->item, named->words)) return true;
    const char *answer = import_answer(file->import->asks, "item", named->number);
    if (is_called(named->longer, named->words) || text_equal(answer, named->longer->key)) {
        named->item = named->longer;
        return true;
    }
    if (named->item != NULL && text_equal(answer, named->item->key)) return true;
    if (text_equal(answer, ANSWER_OMIT)) {
        *going = refuse(file, row, named->column, ERR_ROW_ASK, "Left out, as answered");
        return false;
    }
    char detail[240];
    snprintf(detail, sizeof detail,
             "Is item %s meant, or %s? A spreadsheet writes both the same way", named->number,
             named->longer->key);
    struct import_question question = { .kind = "item",
                                        .value = named->number,
                                        .example = cell_of(file, row, named->column)->text,
                                        .detail = detail };
    const struct form_item *choices[] = { named->item, named->longer };
    for (int i = 0; i < 2; i++)
        if (choices[i] != NULL)
            question.choices[question.choice_count++] =
                (struct import_choice){ choices[i]->key, choices[i]->item->name };
    *going = ask(file, row, named->column, &question);
    return false;
}

/* The other item of the form that bears exactly this name; NULL: none. *several: more than one. */
static const struct form_item *called(const struct form *form, const char *words, bool *several) {
    const struct form_item *found = NULL;
    *several = false;
    for (int i = 0; i < form->item_count; i++) {
        if (!is_called(&form->items[i], words)) continue;
        *several = found != NULL;
        if (found != NULL) break;
        found = &form->items[i];
    }
    return found;
}

/* The number says one item, the name beside it is another's. False: the row ends here. */
static bool settle_name(struct long_file *file, const struct tabular_row *row,
                        const struct form *form, struct named_item *named, bool *going) {
    bool several;
    if (named->item == NULL || *named->words == '\0' || is_called(named->item, named->words))
        return true;
    const struct form_item *other = called(form, named->words, &several);
    if (other == NULL) return true;
    char value[48], tidy[160], detail[240];
    snprintf(tidy, sizeof tidy, "%.20s %.120s", named->item->key, named->words);
    import_copy(value, sizeof value, tidy);
    const char *answer = import_answer(file->import->asks, "item", value);
    if (text_equal(answer, named->item->key)) return true;
    if (!several && text_equal(answer, other->key)) {
        named->item = other;
        return true;
    }
    if (text_equal(answer, ANSWER_OMIT)) {
        *going = refuse(file, row, named->column, ERR_ROW_ASK, "Left out, as answered");
        return false;
    }
    snprintf(detail, sizeof detail,
             "Item %.20s is '%.60s'; the row calls it '%.60s', which is %.20s%s", named->item->key,
             named->item->item->name, named->words, other->key, several ? " and others" : "");
    struct import_question question = { .kind = "item",
                                        .value = value,
                                        .example = named->words,
                                        .detail = detail,
                                        .choices = { { named->item->key, named->item->item->name },
                                                     { other->key, other->item->name } },
                                        .choice_count = several ? 1 : 2 };
    *going = ask(file, row, named->column, &question);
    return false;
}

/* ---- Rows.
 * --------------------------------------------------------------------------------------------- */
/* False only to stop. */
static bool read_value(struct long_file *file, const struct tabular_row *row,
                       const struct form *form, const struct named_item *named) {
    struct import_figure figure = {
        .line = row->line,
        .facility = file->facility,
        .period = file->period,
        .form = (int16_t)(form - form->dictionary->forms),
        .slot = (int16_t)named->item->item->slot,
        .value = BLANK,
    };
    struct import_reading reading;
    switch (import_cell(file->import, named->item->item, cell_of(file, row, L_VALUE), row->line,
                        &reading)) {
    case FIGURE_WRONG:
        return refuse_value(file, row, &reading);
    case FIGURE_ASKED:
        return held(file, row, L_VALUE, reading.question, reading.detail);
    case FIGURE_BLANK:
        pipe_batch(file->import->pipe)->counts.figures_read -=
            has_text(cell_of(file, row, L_VALUE)); /* "nil", answered to be blank */
        break;
    default:
        figure.value = reading.value;
    }
    return import_sort_add(file->sort, &figure, file->p);
}

/* The form of a month is that of the report which stands, else that of the facility's kind. */
static const struct form *form_of(const struct long_file *file) {
    const struct import *import = file->import;
    const struct form *stands =
        import_stands_form(&import->stands, import->facilities.list[file->facility].id,
                           file->period, file->dictionary);
    int type = import_facilities_type(&import->facilities, file->facility, file->period);
    return stands != NULL ? stands : import_form(file->dictionary, type);
}

/* The place told is that of the number; the figure lost with it is said too. */
static bool refuse_item(struct long_file *file, const struct tabular_row *row,
                        const struct form *form, const struct named_item *named) {
    const struct tabular_cell *value = cell_of(file, row, L_VALUE);
    char figure[48], detail[160];
    tidy_cell(value, figure, sizeof figure);
    snprintf(detail, sizeof detail, "Form %s has no item %.60s%s%s", form->code, named->number,
             has_text(value) ? "; the figure of this line is " : "", figure);
    return refuse(file, row, named->column, ERR_ITEM_UNKNOWN, detail);
}

static bool read_row(struct long_file *file, const struct tabular_row *row) {
    bool going;
    if (!find_facility(file, row, &going) || !find_month(file, row, &going)) return going;
    const struct form *form = form_of(file);
    if (form == NULL) return refuse(file, row, L_FACILITY, ERR_FORM_NOT_REPORTED, NULL);
    struct named_item named = find_item(file, row, form);
    if (!settle_item(file, row, &named, &going)) return going;
    if (named.item == NULL) return refuse_item(file, row, form, &named);
    if (!settle_name(file, row, form, &named, &going)) return going;
    return read_value(file, row, form, &named);
}

static bool on_row(const struct tabular_row *row, void *arg) {
    struct long_file *file = arg;
    struct import_batch *batch = pipe_batch(file->import->pipe);
    char why[120];
    if (batch == NULL) return false;
    batch->counts.rows_read++;
    batch->counts.figures_read += has_text(cell_of(file, row, L_VALUE));
    if (import_bad_shape(file->import, row, why))
        return refuse(file, row, L__MAX, ERR_ROW_SHAPE, why);
    return read_row(file, row);
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
    struct import_result *counts = &pipe_batch(file->import->pipe)->counts;
    if (figure->value == BLANK) return true;
    counts->figures_unchanged += figure->value == file->last.value;
    if (figure->value == file->last.value) return true;
    char text[16], detail[160], period[8];
    const char *key = form_find_slot(file->form, figure->slot)->key;
    const char *code = file->import->facilities.list[figure->facility].code;
    cell_format(file->form->dictionary->by_slot[figure->slot], figure->value, text);
    period_format(period, figure->period);
    snprintf(detail, sizeof detail,
             "Line %lld gives another figure for facility %s, %s, item %s; it is kept",
             (long long)file->last.line, code, period, key);
    struct import_line *line =
        import_tell(file->import, LINE_FIGURE, figure->line, ERR_ROW_DUPLICATE, detail);
    if (line == NULL) return false;
    line->column = file->where[L_VALUE] + 1;
    line->period = figure->period;
    import_copy(line->column_name, sizeof line->column_name, "value");
    import_copy(line->value, sizeof line->value, text);
    import_copy(line->facility, sizeof line->facility, code);
    import_copy(line->form, sizeof line->form, file->form->code);
    import_copy(line->item, sizeof line->item, key);
    counts->figures_refused++;
    counts->refusals++;
    return true;
}

static bool take_figure(const struct import_figure *figure, void *arg) {
    struct long_file *file = arg;
    bool same = file->started && same_report(figure, &file->last);
    if (pipe_batch(file->import->pipe) == NULL) return false;
    if (same && figure->slot == file->last.slot && file->last.value != BLANK)
        return refuse_twice(file, figure);
    if (!same && !begin_report(file, figure)) return false;
    file->started = true;
    file->last = *figure;
    struct import_batch *batch = pipe_batch(file->import->pipe);
    int at = batch->count - 1;
    batch->reports[at].cells[figure->slot] = figure->value;
    if (figure->value != BLANK)
        GIVEN_SET(batch->filled[at], figure->slot);
    else
        GIVEN_SET(batch->empty[at], figure->slot);
    return true;
}

bool import_long_parse(struct import *import, struct problem *p) {
    struct long_file *file = xcalloc(1, sizeof *file);
    file->import = import;
    file->p = p;
    file->where = import->header.where;
    file->facility = -1;
    file->sort = import_sort_new(import->options.spool_directory);
    bool ok = import_rows(import, on_row, file, p);
    ok = ok && import_sort_take(file->sort, take_figure, file, p);
    import_sort_free(file->sort);
    free(file);
    return ok;
}
