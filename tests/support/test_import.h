/* test_import: runs imports of a text or file against the small state (test_state.h) and looks at
 * what became of them. Failures end the test. Every import is held to its invariant: figures read
 * are those stored, unchanged, refused, lost and asked about. */
#ifndef TEST_IMPORT_H
#define TEST_IMPORT_H

#include "hmis/import.h"

struct test_import {
    const char *conninfo;
    struct db_pool *pool;
    struct dictionary_store *dictionaries;
    const struct form *phc;
    struct db *db;
    struct arena *arena;
    /* of the last run */
    struct import_result result;
    struct problem problem;
    int64_t job;
};
extern struct test_import ti;

/* A database with the state, once a program. */
void ti_begin(const char *label);
void ti_end(void);
/* setup and teardown of a test: no reports, no jobs. */
int ti_set_up(void **state);
int ti_tear_down(void **state);
#define TI(f) cmocka_unit_test_setup_teardown(f, ti_set_up, ti_tear_down)

#define EXTRACT ((struct import_options){ .format = IMPORT_EXTRACT, .period = 202204 })
#define LONG    ((struct import_options){ .format = IMPORT_LONG })
#define HEAD    "facility_type,facility_code,1.1,1.1.1,2.2\n"

int ti_file(const void *data, size_t length); /* unnamed, at its beginning */
bool ti_run_fd(int fd, struct import_options options, const struct scope *scope); /* closes fd */
bool ti_run_bytes(const void *data, size_t length, struct import_options options);
bool ti_run(const char *text, struct import_options options);
bool ti_run_path(const char *path, struct import_options options); /* under the source directory */
void ti_must(bool ok);

int64_t ti_value(const char *sql);
void ti_text(const char *sql, const char *want);
/* The stored figure of an item of the PHC form, -1 for blank or no report. */
int64_t ti_cell(const char *facility, int period, const char *key);
/* The same by the number on the facility's own form. */
int64_t ti_figure(const char *facility, int period, const char *number);
/* One refusal must stand there: line, column, value and code. */
void ti_refused(int64_t line, int column, const char *text, const char *code);
/* How many lines of a list have that code ("%": any). */
int ti_lines(enum import_line_kind kind, const char *code);
/* One note with these words. */
void ti_noted(const char *words);
/* The question stands open, with that many figures, and has that reading. */
void ti_asked(const char *key, int64_t figures, const char *reading);
const char *ti_refused_csv(void);

#endif
