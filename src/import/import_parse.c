/* What both formats share on the parser's thread: rows, figures. */
#include <stdio.h>
#include <string.h>

#include "import_internal.h"

bool import_rows(struct import *import, import_row_fn *row, void *arg, struct problem *p) {
    struct tabular_row at;
    bool end = false;
    if (!tabular_select(import->file, import->sheet, p)) return false;
    for (;;) {
        if (!tabular_next(import->file, &at, &end, p)) return false;
        atomic_store(&import->bytes_read, tabular_about(import->file)->bytes_read);
        if (end) return true;
        if (at.line > import->header.line && !row(&at, arg)) return false;
    }
}

/* Nearly every cell of a file is a short row of digits. */
static bool quick_count(const struct item *item, const struct tabular_cell *cell, int32_t *figure) {
    int32_t value = 0;
    if (item->type != DATA_COUNT || cell->length < 1 || cell->length > 9) return false;
    for (int i = 0; i < cell->length; i++) {
        unsigned digit = (unsigned char)cell->text[i] - (unsigned)'0';
        if (digit > 9) return false;
        value = value * 10 + (int32_t)digit;
    }
    *figure = value;
    return value >= item->low && value <= item->high;
}

/* ---- Questions about a cell.
 * --------------------------------------------------------------------------------------- */
static enum import_figure_state wrong(struct import_reading *reading, enum error_code error,
                                      const char *detail) {
    reading->error = error;
    import_copy(reading->detail, sizeof reading->detail, detail);
    return FIGURE_WRONG;
}

static enum import_figure_state put_question(struct import *import, int64_t line,
                                             const struct import_question *question,
                                             struct import_reading *reading) {
    reading->error = ERR_VALUE_ASK;
    import_copy(reading->detail, sizeof reading->detail, question->detail);
    if (import_ask(import->asks, question, line, 1, 1, reading->question)) return FIGURE_ASKED;
    return wrong(reading, ERR_VALUE_ASK, "There are too many questions to ask this one too");
}

/* 1e3, and what else is a figure, but not certain which. */
static enum import_figure_state ask_value(struct import *import, const struct item *item,
                                          const struct tabular_cell *cell, int64_t line,
                                          const struct cell_readings *readings,
                                          struct import_reading *reading) {
    char words[CELL_ASKED], value[56], detail[200];
    const char *kind = item->type == DATA_DATE ? "date" : "number";
    import_copy(value, sizeof value, cell->text);
    const char *answer = import_answer(import->asks, kind, value);
    if (text_equal(answer, ANSWER_OMIT))
        return wrong(reading, ERR_VALUE_ASK, "Left out, as answered");
    struct import_question question = { .kind = kind, .value = value, .example = cell->text };
    for (int i = 0; i < readings->count; i++) {
        const struct cell_reading *of = &readings->of[i];
        if (!of->holds) continue;
        if (text_equal(answer, of->text)) {
            reading->value = of->cell;
            return of->cell == BLANK ? FIGURE_BLANK : FIGURE_READ;
        }
        question.choices[question.choice_count++] = (struct import_choice){ of->text, "" };
    }
    snprintf(detail, sizeof detail, "'%s': %s", value, cell_readings_text(readings, words));
    question.detail = detail;
    return put_question(import, line, &question, reading);
}

/* ---- Dates that a spreadsheet may have turned.
 * ------------------------------------------------------------------ */
/* Where texts like 26/05/2020 stand beside dates of a spreadsheet whose days are all twelve or
 * less, it took month for day wherever it could. Texts like 05/26/2020 make all others doubtful. */
static bool is_doubtful(const struct import_evidence *e, const struct import_date *date) {
    bool turned = e->iso_low > 0 && e->day_first > 0 && e->iso_high == 0;
    bool month_first = date->month > 12 && date->day >= 1 && date->day <= 12;
    if (date->form == DATE_ISO) return turned && import_date_either(date);
    return date->form == DATE_PARTS && e->month_first > 0 &&
           (month_first || import_date_either(date));
}

static void write_date(char out[16], int year, int month, int day) {
    snprintf(out, 16, "%02u/%02u/%04u", (unsigned)day % 100, (unsigned)month % 100,
             (unsigned)year % 10000);
}

/* A date day first and month first, as it would be written: as an ISO date stands it was read month
 * first. */
struct two_ways {
    char day_first[16], month_first[16];
};
static struct two_ways both_ways(const struct import_date *date) {
    struct two_ways ways;
    bool iso = date->form == DATE_ISO;
    write_date(iso ? ways.month_first : ways.day_first, date->year, date->month, date->day);
    write_date(iso ? ways.day_first : ways.month_first, date->year, date->day, date->month);
    return ways;
}

/* By a text that is a date both ways: that of the cell, or another of the file. */
static enum import_figure_state ask_dates(struct import *import, const struct tabular_cell *cell,
                                          int64_t line, struct import_reading *reading) {
    const struct import_date date = import_date(cell);
    struct two_ways ways = both_ways(&date);
    char shown[64], detail[200];
    import_copy(shown, sizeof shown, cell->text);
    snprintf(detail, sizeof detail,
             "Dates of this file may have day and month the wrong way round: is '%s' %s or %s "
             "(day first)?",
             shown, ways.day_first, ways.month_first);
    struct import_question question = { .kind = "dates",
                                        .value = "",
                                        .example = cell->text,
                                        .detail = detail,
                                        .choices = { { "dmy", ways.day_first },
                                                     { "mdy", ways.month_first } },
                                        .choice_count = 2 };
    return put_question(import, line, &question, reading);
}

/* *text becomes the date as answered; false: it is asked about, or left out. */
static bool settle_date(struct import *import, const struct tabular_cell *cell, int64_t line,
                        char text[16], struct import_reading *reading,
                        enum import_figure_state *state) {
    struct import_date date = import_date(cell);
    if (!is_doubtful(&import->evidence, &date)) return true;
    struct two_ways ways = both_ways(&date);
    const char *answer = import_answer(import->asks, "dates", "");
    if (text_equal(answer, "dmy")) return memcpy(text, ways.day_first, 16);
    if (text_equal(answer, "mdy")) return memcpy(text, ways.month_first, 16);
    if (text_equal(answer, ANSWER_OMIT)) {
        *state = wrong(reading, ERR_VALUE_ASK, "Left out, as answered");
        return false;
    }
    bool either = import_date_either(&date);
    const char *other = import->evidence.either;
    const struct tabular_cell example = { .text = other, .length = (int)strlen(other) };
    if (!either && *other == '\0') return true; /* a question about this date alone */
    *state = ask_dates(import, either ? cell : &example, line, reading);
    if (either || *state != FIGURE_ASKED) return false;
    char shown[64];
    import_copy(shown, sizeof shown, cell->text);
    snprintf(reading->detail, sizeof reading->detail,
             "'%s' is a date month first alone: are the dates of this file written so?", shown);
    return false;
}

enum import_figure_state import_cell(struct import *import, const struct item *item,
                                     const struct tabular_cell *cell, int64_t line,
                                     struct import_reading *reading) {
    if (quick_count(item, cell, &reading->value)) return FIGURE_READ;
    enum import_figure_state state = FIGURE_READ;
    struct cell_readings readings = { 0 };
    char date[16] = "";
    reading->detail[0] = reading->question[0] = '\0';
    if (cell->kind == TABULAR_BLANK) return FIGURE_BLANK;
    if (cell->too_long) return wrong(reading, ERR_TOO_LONG, "");
    if (item->type == DATA_DATE && !settle_date(import, cell, line, date, reading, &state))
        return state;
    const char *text = date[0] != '\0' ? date : cell->text;
    if (cell_parse_readings(item, text, strlen(text), &reading->value, &reading->error, &readings))
        return reading->value == BLANK ? FIGURE_BLANK : FIGURE_READ;
    if (reading->error == ERR_VALUE_ASK)
        return ask_value(import, item, cell, line, &readings, reading);
    return FIGURE_WRONG;
}

const struct form *import_form(const struct dictionary *dictionary, int facility_type) {
    for (int i = 0; i < dictionary->form_count; i++)
        if ((dictionary->forms[i].facility_types >> facility_type) & 1U)
            return &dictionary->forms[i];
    return NULL;
}
