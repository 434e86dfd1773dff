/* tabular_internal: what the files of src/tabular share.
 *
 * Layers: bytes (the file, unpacked) -> text (UTF-8, line ends LF) -> a format -> rows. A format is
 * fed a piece of the file at a time and adds the rows it finds to tabular.rows, from where
 * tabular_next gives them. */
#ifndef HMIS_TABULAR_INTERNAL_H
#define HMIS_TABULAR_INTERNAL_H

#include "hmis/tabular.h"

enum { TABULAR_PIECE = 16384 }; /* bytes fed at a time */

/* ---- Bytes: a file or a packed part of it, read from its beginning as often as wanted. ----------
 */
struct zip;
struct bytes;
struct bytes *bytes_file(int fd, int64_t start, const struct tabular_options *limits);
struct bytes *bytes_gzip(int fd, int64_t start, const struct tabular_options *limits);
/* The zip must outlive it. */
struct bytes *bytes_zip(struct zip *zip, int64_t entry, const struct tabular_options *limits);
/* *got 0: the end. It may be less than size before the end. */
MUST_USE bool bytes_read(struct bytes *bytes, void *out, size_t size, size_t *got,
                         struct problem *p);
/* As bytes_read, but short only at the end. */
MUST_USE bool bytes_fill(struct bytes *bytes, void *out, size_t size, size_t *got,
                         struct problem *p);
MUST_USE bool bytes_rewind(struct bytes *bytes, struct problem *p);
int64_t bytes_done(const struct bytes *bytes); /* of the packed bytes */
int64_t bytes_size(const struct bytes *bytes); /* packed */
void bytes_free(struct bytes *bytes);          /* NULL is allowed */
/* A descriptor that can be rewound: fd itself (*own false) or an unnamed copy of its rest. */
MUST_USE bool bytes_rewindable(int fd, const struct tabular_options *options, int *out,
                               int64_t *start, bool *own, struct problem *p);

/* ---- Text: bytes as UTF-8, without byte order mark, line ends as LF. ----------------------------
 */
enum { TEXT_PIECE = 4 * TABULAR_PIECE }; /* room that text_read wants */
struct text;
/* Takes bytes over. Reads all of them once to find the encoding. */
MUST_USE bool text_open(struct bytes *bytes, const char *encoding, struct text **text,
                        struct problem *p);
MUST_USE bool text_read(struct text *text, char out[TEXT_PIECE], size_t *got, struct problem *p);
MUST_USE bool text_rewind(struct text *text, struct problem *p);
void text_free(struct text *text); /* NULL is allowed */
const char *text_encoding(const struct text *text);
struct bytes *text_bytes(const struct text *text);
/* Frees the text alone: its bytes are the caller's again. */
struct bytes *text_release(struct text *text);
/* What was assumed, as a sentence; NULL: nothing to tell. */
const char *text_assumed(const struct text *text, struct arena *arena);
/* Bytes of the white space, or of what is not seen, at `at`; 0: something else. *seen: it has
 * width. */
size_t text_white(const char *at, size_t left, bool *seen);
bool text_is_white(const char *text, size_t length);

/* ---- Formats. -----------------------------------------------------------------------------------
 */
struct tabular_reader {
    /* Feeds the next piece; *end: there is nothing more. */
    bool (*more)(struct tabular *tabular, bool *end, struct problem *p);
    /* Back to the first row of that sheet, one of about.sheets (CSV: whatever). */
    bool (*begin)(struct tabular *tabular, int sheet, struct problem *p);
    void (*close)(struct tabular *tabular);
};
/* Each sets tabular.reader and state, format, sheets and what else it knows of about, and takes
 * over text or bytes, also when it fails. */
MUST_USE bool csv_open(struct tabular *tabular, struct text *text, struct problem *p);
MUST_USE bool html_open(struct tabular *tabular, struct text *text, struct problem *p);
MUST_USE bool xlsx_open(struct tabular *tabular, struct problem *p);
MUST_USE bool xml2003_open(struct tabular *tabular, struct bytes *bytes, struct problem *p);
MUST_USE bool xls_open(struct tabular *tabular, struct problem *p);
/* How far the reading of bytes has come, as a part of the file. */
void tabular_progress(struct tabular *tabular, const struct bytes *bytes);
/* Finds out what the file is and opens its reader, or says what it is. */
MUST_USE bool tabular_detect(struct tabular *tabular, struct problem *p);
/* Adds a sheet to about; false: there is no room for it. */
bool tabular_sheet(struct tabular *tabular, const char *name, bool hidden);

/* ---- Rows made and not yet given.
 * ---------------------------------------------------------------- */
struct tabular_span {
    size_t at; /* in rows.text */
    int length;
    enum tabular_kind kind;
    bool too_long;
};
struct tabular_made {
    int64_t line;
    int count, kept; /* columns; of these with a span */
    size_t first;    /* of its spans */
    bool filled;
};
struct tabular_rows {
    struct buffer text;
    struct tabular_span *spans;
    struct tabular_made *rows;
    size_t span_count, span_capacity, count, capacity, next;
    bool open; /* the last one is being made */
};
void row_begin(struct tabular *tabular, int64_t line);
void row_cell(struct tabular *tabular, const char *text, size_t length, enum tabular_kind kind);
void row_skip(struct tabular *tabular, int columns); /* empty cells */
int row_columns(const struct tabular *tabular);
/* A row without anything is counted and dropped. */
void row_end(struct tabular *tabular);

struct tabular {
    struct tabular_options options;
    struct tabular_about about;
    struct arena *arena;
    int fd;
    bool own_fd;
    int64_t start;
    struct zip *zip; /* that the file is; or NULL */
    const struct tabular_reader *reader;
    void *state; /* the format's */
    bool hidden[TABULAR_SHEETS];
    int own_notes; /* those of the file; what follows is of the sheet */
    struct tabular_rows rows;
    struct tabular_cell *cells; /* of the row given last */
    bool ended;
};
/* Adds a note once a code. */
void tabular_note(struct tabular *tabular, const char *code, const char *format, ...) PRINTF(3, 4);

#endif
