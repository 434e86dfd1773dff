/* One facility of an extract, read from extract_rows. Private to src/extract/. */
#ifndef EXTRACT_ROW_H
#define EXTRACT_ROW_H

#include "hmis/extract.h"
#include "hmis/facility_master.h"

struct extract_row {
    const char *code, *name;
    char columns[FC__MAX][256]; /* as the extract writes them; FC_SNO is left empty */
    bool reported;
    int32_t cells[CELLS_MAX]; /* [form->dictionary->width]; BLANK where not reported */
};
typedef bool extract_row_fn(const struct extract_row *row, void *arg);
/* Told every row, in the order of the file; false from `row` ends it. */
MUST_USE bool extract_rows(struct db *db, const struct extract_request *request,
                           extract_row_fn *row, void *arg, struct problem *p);

#endif
