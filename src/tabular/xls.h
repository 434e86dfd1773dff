/* xls: the container of the old Office files, and the records of a workbook in it.
 *
 * Our own, since FreeXL leaves out every cell whose value comes from a formula, without a word, and
 * takes 12.5 % for 0.125. */
#ifndef TABULAR_XLS_H
#define TABULAR_XLS_H

#include "sheet.h"

/* Finds the stream of a workbook in a compound file and copies it; or says what the file is. */
MUST_USE bool xls_stream(const unsigned char *file, size_t length, struct buffer *stream,
                         struct problem *p);

bool xls_damaged(struct problem *p); /* sets it; returns false */

uint32_t xls_u16(const unsigned char *at);
uint32_t xls_u32(const unsigned char *at);

/* ---- Records of the stream. ---- */
struct xls_record {
    uint32_t id;
    const unsigned char *data;
    size_t length, next; /* next: where the one after it begins */
};
/* False: the stream ends there. */
bool xls_record_at(const struct buffer *stream, size_t at, struct xls_record *record);

/* ---- Strings (xls_strings.c). ---- */
struct xls_text { /* where a string is read; it may go on in CONTINUE records */
    const struct buffer *stream;
    const unsigned char *at;
    size_t left, next;
    bool wide;   /* BIFF8: of Unicode; else bytes of the code page */
    int page;    /* code page */
    bool broken; /* it ended too early */
};
struct xls_text xls_text_of(const struct buffer *stream, const struct xls_record *record,
                            size_t skip, bool wide, int page);
/* The next string, with a length of one or two bytes before it. */
void xls_text_read(struct xls_text *text, int length_bytes, struct buffer *out);

#endif
