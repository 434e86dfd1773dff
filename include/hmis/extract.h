/* extract: the ministry's facility-wise extract, written: 20 facility columns, then the items of a
 * form by their number on it; a row for each facility of an area and month. What it writes the
 * import reads (import.h), and changes nothing by it. Also the templates: the same layout, and the
 * long one, as workbooks to fill in.
 *
 * Rows are streamed from the database into the file: memory does not grow with them. Threads: the
 * caller's connection. docs/export.md says what a reader sees. */
#ifndef HMIS_EXTRACT_H
#define HMIS_EXTRACT_H

#include <stdio.h>

#include "hmis/area_ref.h"
#include "hmis/dictionary.h"
#include "hmis/services.h"

/* ALL: who reported on the form, and who should have. REPORTED: the former only. EXPECTED, for
 * templates: who is expected in the month, with the figures of the month before. */
enum extract_which { EXTRACT_ALL, EXTRACT_REPORTED, EXTRACT_EXPECTED };
struct extract_request {
    struct area_filter where; /* as the areas were in the month; all 0: everything in the scope */
    const struct form *form;
    int period;
    enum extract_which which;
};
/* Inside a transaction; the file is the caller's. ERR_BUSY: it does not take any more. */
MUST_USE bool extract_write(struct db *db, const struct extract_request *request, FILE *file,
                            int64_t *rows, struct problem *p);

enum template_kind { TEMPLATE_EXTRACT, TEMPLATE_LONG, TEMPLATE_KIND__MAX };
/* A workbook with the facilities of the area and, beside it, last month's figures; to be filled in
 * and imported. Numbers of items and codes are texts in it, so that no spreadsheet changes them.
 * `path` names the file to be made. ERR_TOO_LARGE: more facilities than a sheet takes.
 * ERR_NOT_FOUND: nobody is expected. */
MUST_USE bool extract_template(struct db *db, const struct extract_request *request,
                               enum template_kind kind, const char *language, const char *path,
                               struct problem *p);

/* `hmis export --directory DIR --from 2022-04 [--to ..] [--area ..] [--form ..]`: a file a form and
 * month. Exit status as of `hmis import`. */
int export_cli(int argc, char **argv, struct db *db, const struct dictionary_set *set);

#endif
