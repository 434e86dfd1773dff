/* csv_out: writes CSV (RFC 4180, UTF-8 with a byte order mark, CRLF) straight into a buffer.
 *
 * A text that a spreadsheet would take for a formula (it begins, after blanks, with = + - @, also
 * after a line break inside) gets an apostrophe before it; numbers stay numbers. One writer belongs
 * to one thread. */
#ifndef HMIS_CSV_OUT_H
#define HMIS_CSV_OUT_H

#include "hmis/base.h"

struct csv_out {
    struct buffer buffer; /* the caller frees it or hands it on */
    bool comma;
};

void csv_out_init(struct csv_out *out);
void csv_text(struct csv_out *out, const char *text); /* NULL: an empty cell */
/* Number of an item; one that a spreadsheet would change ("10.10" into 10.1) gets the apostrophe.
 */
void csv_item_number(struct csv_out *out, const char *number);
void csv_int(struct csv_out *out, int64_t value);
void csv_decimal(struct csv_out *out, int64_t value, int scale); /* value / 10^scale */
void csv_blanks(struct csv_out *out, int count);                 /* empty cells */
void csv_row_end(struct csv_out *out);

#endif
