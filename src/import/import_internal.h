/* import_internal: what the files of src/import share.
 *
 * One import: the survey (import_survey.c) finds the header and what the file is evidence of; the
 * parser's thread reads the file again and fills batches (import_extract.c, import_long.c); the
 * caller's thread stores them (import_store.c). Batches go around between the two through
 * import_pipe.c. */
#ifndef HMIS_IMPORT_INTERNAL_H
#define HMIS_IMPORT_INTERNAL_H

#include <stdatomic.h>

#include "hmis/facility_master.h"
#include "hmis/import.h"
#include "hmis/report.h"
#include "hmis/tabular.h"

/* ---- What was stored of an import that ended too early (import_run.c).
 * ------------------------------------------------- */
bool import_all_or_nothing(const struct import_options *options); /* a dry run: nothing */
const char *import_rest_words(bool all_or_nothing);
const char *import_cut_words(bool all_or_nothing); /* the server or its database stopped */

/* ---- Facilities in reach, by code.
 * ---------------------------------------------------------------- */
struct import_facility {
    char code[24];
    int32_t id;            /* 0: to be created */
    int kinds, kind_count; /* what it was, when: in facilities.kinds */
    bool named;            /* by the file, as the survey saw it */
    uint64_t seen;         /* extract: hash of its row, 0: not yet met */
};
struct import_kind {
    int32_t from; /* yyyymmdd */
    int type;     /* enum facility_type */
};
/* A month whose report stands under another form than the facility's kind has. */
struct import_stand {
    int32_t facility; /* id */
    int period, form; /* id */
};
struct import_stands {
    struct import_stand *list; /* in order */
    int count, capacity;
    int first, last; /* months that the file names, as the survey saw it; 0: none */
};
struct import_facilities {
    struct import_facility *list;
    int count, capacity;
    struct import_kind *kinds;
    int kind_count, kind_capacity;
    int32_t *slots; /* hash: index + 1 */
    size_t mask;
};
MUST_USE bool import_facilities_read(struct db *db, const struct scope *scope,
                                     struct import_facilities *facilities, struct problem *p);
int import_facilities_find(const struct import_facilities *facilities,
                           const char *code); /* or -1 */
struct import_facility *import_facilities_add(struct import_facilities *facilities,
                                              const char *code, int32_t id, int type);
/* enum facility_type on the last day of the month. */
int import_facilities_type(const struct import_facilities *facilities, int index, int period);
void import_facilities_free(struct import_facilities *facilities);

/* Of the facilities and months that the survey saw. */
struct import;
MUST_USE bool import_stands_read(struct db *db, const struct scope *scope, struct import *import,
                                 struct problem *p);
/* The form of the month where it is not the one of the facility's kind; or NULL. */
const struct form *import_stands_form(const struct import_stands *stands, int32_t facility,
                                      int period, const struct dictionary *dictionary);

/* ---- Lines of a job's lists.
 * ------------------------------------------------------------------------------- */
enum { LINE_VALUE = 100 }; /* bytes shown of a value */
struct import_line {
    enum import_line_kind kind;
    int64_t line;     /* 0: of no line */
    int column;       /* from 1; 0: the whole row */
    int period;       /* 0: not known */
    const char *code; /* static: error code, or a word of its kind */
    char column_name[64], facility[24], form[16], item[32], value[LINE_VALUE + 8], question[80];
    char detail[240];
};
struct import_lines {
    struct import_line *list;
    int count, capacity;
};
struct import_line *import_lines_add(struct import_lines *lines, enum import_line_kind kind,
                                     int64_t line, const char *code, const char *detail);
void import_lines_free(struct import_lines *lines);
/* Whole characters, as many as fit. */
void import_copy(char *out, size_t size, const char *text);

/* ---- Questions and their answers. Any thread.
 * -------------------------------------------------------------- */
#define ANSWER_OMIT  "omit"  /* to any question: leave these figures out */
#define ANSWER_STORE "store" /* to "running": the month is meant */
/* To "facility": the figures are of the facility as it is registered; it has a new name. */
#define ANSWER_CODE   "code"
#define ANSWER_RENAME "rename"
struct import_choice {
    const char *value; /* what the answer says */
    const char *name;  /* in words, for whoever chooses; "" where the value says it */
};
struct import_question {
    const char *kind, *value; /* key "kind:value", or "kind" where value is "" */
    const char *example;      /* a cell as the file has it */
    const char *detail;       /* a sentence */
    struct import_choice choices[2];
    int choice_count;
};
enum { QUESTION_KEY = 80 };
struct import_asks;
/* Of a month that is not over yet; `month` must outlive it. */
struct import_question import_running_question(const char *month);
struct import_asks *import_asks_new(const char *answers);
void import_asks_free(struct import_asks *asks);
/* The answer given to a question, NULL: none yet. */
const char *import_answer(struct import_asks *asks, const char *kind, const char *value);
/* Counts what an open question holds. False: there are too many questions; nothing is counted. */
MUST_USE bool import_ask(struct import_asks *asks, const struct import_question *question,
                         int64_t line, int64_t rows, int64_t figures, char key[QUESTION_KEY]);
void import_asks_clear(struct import_asks *asks); /* counts and open questions; answers stay */
int import_asks_count(struct import_asks *asks);
void import_asks_json(struct import_asks *asks, struct buffer *out); /* array; NUL-terminated */
void import_asks_note(struct import *import); /* answers to nothing that was asked */
/* Open questions in words, one after the other. */
void import_asks_tell(struct import_asks *asks,
                      void (*tell)(const char *key, const char *text, int64_t figures, void *arg),
                      void *arg);

/* ---- Months and dates as people and spreadsheets write them.
 * ----------------------------------------------- */
struct import_months {
    int count; /* 0: no month; 1: certain, unless `ask`; 2: either */
    int period[2];
    bool ask;
};
struct import_months import_month(const char *text);
/* A month without a day that a title or file name names; 0: none, or several. */
int import_month_in(const char *text);

struct import_date { /* a text that is a date with its parts in digits, of any script */
    enum { DATE_NONE, DATE_ISO, DATE_PARTS } form; /* 2020-06-02 00:00:00, or 02/06/2020 */
    int year, month, day;                          /* as written: ISO, or day first */
};
struct import_date import_date(const struct tabular_cell *cell);
/* Another date too with day and month the other way round. */
bool import_date_either(const struct import_date *date);

/* ---- What the survey finds.
 * -------------------------------------------------------------------------------- */
enum long_column { L_FACILITY, L_MONTH, L_ITEM, L_REF, L_COMPONENT, L_VALUE, L_NAME, L__MAX };
extern const char *const long_column_names[L__MAX];
#define IMPORT_COLUMNS 2048 /* most columns of a row */
enum { TITLES = 50 /* rows looked at for the header */ };

struct import_header {
    int64_t line;
    int full, columns;     /* as it stands there; without its empty tail */
    const char **names;    /* [columns], tidied; "" where there is none */
    bool *is_item;         /* [columns]: the number of an item, or looks like one */
    int facility[FC__MAX]; /* extract: column of each facility column; -1: none */
    int where[L__MAX];     /* long */
};
struct import_evidence {
    bool zeros_kept; /* 10.10 stands there as such: nothing has cut the last zeros off */
    int iso_low, iso_high, day_first, month_first; /* dates, by what their parts can be */
    char either[64];                               /* the first text that is a date both ways */
    int row_least;                                 /* fewest columns of a row */
};

enum { NOTES_MOST = 64 };
struct import_note {
    const char *code, *text;
};

/* ---- Batches.
 * ------------------------------------------------------------------------------------------ */
enum { BATCHES = 3 };
struct import_origin {
    int64_t line;
    char code[24]; /* of the facility */
    int32_t id;    /* 0: to be created */
    const struct facility_master
        *master; /* to be created or updated; in the batch's arena, or NULL */
    bool holds;  /* the master is only held against the register */
    bool known;  /* it was there before */
    bool blank;  /* only the facility is of interest */
};
struct import_batch {
    int count;
    struct report_new reports[REPORT_BATCH];
    struct import_origin origins[REPORT_BATCH];
    uint8_t filled[REPORT_BATCH][GIVEN_BYTES]; /* bit a slot: a figure of the file */
    uint8_t empty[REPORT_BATCH][GIVEN_BYTES];  /* the file has nothing there */
    uint8_t given[REPORT_BATCH][GIVEN_BYTES];  /* made of the two when stored */
    int32_t *cells;                            /* REPORT_BATCH rows of `stride` */
    int stride;
    struct arena *arena;
    struct import_lines lines;
    struct import_result counts; /* what the parser counted for this batch */
};
/* A blank report in the batch: its cells and bits cleared. The batch must have room. */
struct report_new *batch_add(struct import_batch *batch, int32_t facility_id, int period,
                             const struct form *form, int64_t line, const char *code);

/* ---- The pipe.
 * ------------------------------------------------------------------------------------------ */
struct import_pipe;
/* Parser's side. */
struct import_batch *pipe_batch(struct import_pipe *pipe);      /* being filled; NULL: stop */
MUST_USE bool pipe_flush(struct import_pipe *pipe);             /* hands it over; false: stop */
MUST_USE bool pipe_need(struct import_pipe *pipe, int reports); /* flushes if there is no room */

/* ---- One import.
 * ------------------------------------------------------------------------------------------ */
struct import {
    struct import_options options; /* the month may be the one answered for */
    const struct dictionary_set *set;
    struct arena *arena;                 /* of all of it */
    struct import_facilities facilities; /* the parser's, once it runs */
    struct import_stands stands;         /* from the survey on */
    struct tabular *file;
    int sheet;
    struct import_header header;
    struct import_evidence evidence;
    bool held; /* the month of the file is asked about: nothing is stored */
    int named_period;
    const char *named_where;
    struct import_note notes[NOTES_MOST];
    int note_count, notes_left;
    struct import_asks *asks;
    struct import_pipe *pipe;
    int told[LINE__MAX]; /* lines of each kind that the parser has told */
    _Atomic int64_t bytes_read;
};
void import_note(struct import *import, const char *code, const char *format, ...) PRINTF(3, 4);
void import_notes_json(const struct import *import, struct buffer *out); /* NUL-terminated */

/* The row as a header of the format; false: it is none, and `why` says what it lacks. */
MUST_USE bool import_header_read(struct import *import, const struct tabular_row *row,
                                 struct import_header *header, char why[200]);
/* Finds the header and reads the file once. watch() is called now and then; false from it stops. */
MUST_USE bool import_survey(struct import *import, int fd, bool (*watch)(void *arg), void *arg,
                            struct problem *p);

/* The cell of a column, an empty one beyond the end of the row. */
const struct tabular_cell *import_at(const struct tabular_row *row, int column);
/* The number of an item as a header or cell names it: what comes before the first blank, "10.1" of
 * "10.1 Pneumonia", and the words behind. */
const char *import_item_words(const char *text, char number[32]);
/* The item of that number on the form; NULL: none. */
const struct form_item *import_item_find(const struct form *form, const char *number);
/* 10.10 for 10.1, where the form has it: a spreadsheet makes one of both. */
const struct form_item *import_item_longer(const struct form *form, const char *number);
/* What is wrong with the shape of a data row; false: nothing is. */
MUST_USE bool import_bad_shape(const struct import *import, const struct tabular_row *row,
                               char why[120]);

/* ---- The parser's thread.
 * ---------------------------------------------------------------------------------- */
typedef bool import_row_fn(const struct tabular_row *row, void *arg); /* false: stop */
/* Gives the rows below the header. */
MUST_USE bool import_rows(struct import *import, import_row_fn *row, void *arg, struct problem *p);
/* Adds a line to the batch at hand; NULL: stop. A line beyond those kept is written to nowhere. */
struct import_line *import_tell(struct import *import, enum import_line_kind kind, int64_t line,
                                enum error_code code, const char *detail);
/* With the place and text of a cell. */
void import_line_cell(struct import_line *line, int column, const char *column_name,
                      const struct tabular_cell *cell);

/* What a cell is. FIGURE_ASKED: an open question, counted, its key is in `question`. */
enum import_figure_state { FIGURE_READ, FIGURE_BLANK, FIGURE_WRONG, FIGURE_ASKED };
struct import_reading {
    int32_t value;
    enum error_code error;
    char detail[200]; /* "" : the text of the error */
    char question[QUESTION_KEY];
};
enum import_figure_state import_cell(struct import *import, const struct item *item,
                                     const struct tabular_cell *cell, int64_t line,
                                     struct import_reading *reading);
/* The form a kind of facility reports on in that dictionary; NULL: none. */
const struct form *import_form(const struct dictionary *dictionary, int facility_type);

/* The parsers. False: stopped, or the problem says what is wrong with the file. */
MUST_USE bool import_extract_parse(struct import *import, struct problem *p);
MUST_USE bool import_long_parse(struct import *import, struct problem *p);

/* ---- Sorting more figures than fit memory.
 * ---------------------------------------------------------- */
struct import_figure {
    int64_t line;
    int32_t facility; /* index into import_facilities */
    int32_t period;
    int32_t value;
    int16_t form, slot; /* form: index into its dictionary's forms */
};
struct import_sort;
struct import_sort *import_sort_new(const char *directory);
void import_sort_free(struct import_sort *sort);
MUST_USE bool import_sort_add(struct import_sort *sort, const struct import_figure *figure,
                              struct problem *p);
/* Calls take() with all figures by facility, period, form, slot and line; false from it stops. */
MUST_USE bool import_sort_take(struct import_sort *sort,
                               bool (*take)(const struct import_figure *figure, void *arg),
                               void *arg, struct problem *p);
/* An unnamed file; -1: the problem says why. */
int import_spool(const char *directory, struct problem *p);

#endif
