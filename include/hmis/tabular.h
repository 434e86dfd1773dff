/* tabular: any file that a spreadsheet or the ministry's portal makes, as a stream of rows of UTF-8
 * cells. What a file is is found from its content, never from its name: CSV of any usual delimiter
 * and encoding, plain, in gzip or alone in a zip; XLSX; binary .xls of Excel 5 to 2003; XML
 * Spreadsheet 2003; tables of an HTML page.
 *
 * Owns: reading, encodings, delimiters, sheets. Knows nothing of figures: which row is the header,
 * what a cell means and whether it is right is the caller's.
 *
 * Threads: a reader belongs to one thread at a time; two readers are independent.
 * Memory: bounded by the options, whatever the file's size; a row and its cells stand until the
 * next call for the same reader. What tabular_about tells lives in the arena given. Errors:
 * ERR_FILE_FORMAT, with one sentence that names what the file is and what to do. Not to be trusted:
 * every byte. The parsers behind it are fuzz targets (tests/fuzz). */
#ifndef HMIS_TABULAR_H
#define HMIS_TABULAR_H

#include "hmis/problem.h"

enum tabular_format {
    TABULAR_CSV,
    TABULAR_XLSX,
    TABULAR_XLS,
    TABULAR_XML2003,
    TABULAR_HTML,
    TABULAR_FORMAT__MAX,
};
const char *tabular_format_name(enum tabular_format format); /* "CSV" */

/* What the file itself says that a cell is. In CSV and HTML all is text. */
enum tabular_kind {
    TABULAR_BLANK,   /* nothing, or white space alone */
    TABULAR_TEXT,    /* as written; also a spreadsheet's error, "#N/A" */
    TABULAR_NUMBER,  /* shortest decimal text: "12", "10.1", "-0.5"; shown in per cent: "12.5%" */
    TABULAR_DATE,    /* "2023-11-05", "2023-11-05T10:30:00", a time alone "10:30:00" */
    TABULAR_BOOLEAN, /* "TRUE", "FALSE" */
    TABULAR_KIND__MAX,
};

struct tabular_cell {
    const char *text; /* NUL-terminated UTF-8 without a NUL in it; never NULL. A line break in it is
                         LF. An apostrophe before what a spreadsheet would take for a formula ('=,
                         '+, '-, '@: our own files have it) is taken off */
    int length;       /* bytes */
    enum tabular_kind kind;
    bool too_long; /* text has only its first bytes, at most options.cell_most */
};

struct tabular_row {
    int64_t line; /* the first is 1: the line of its first byte, as an editor counts it; of a sheet
                     or table the number of the row */
    int count;    /* columns, also of those beyond options.columns_most, which have no cell */
    const struct tabular_cell *cells; /* the lesser of count and options.columns_most */
};

/* 0 or NULL: the default named. */
struct tabular_options {
    const char *sheet;           /* name of the sheet wanted; default: the first that has rows */
    const char *encoding;        /* of text, as iconv names it; default: found */
    size_t cell_most;            /* bytes of a cell; 1,000 */
    int columns_most;            /* of a row; 2,048 */
    int64_t unpacked_most;       /* bytes of what is packed (gzip, zip, xlsx); 4 GiB */
    int ratio_most;              /* unpacked to packed, looked at beyond 16 MiB; 200 */
    const char *spool_directory; /* where what cannot be rewound is kept while it is read (unnamed
                                    file); default: $TMPDIR or /tmp */
};

/* What was assumed. `code` is stable ("encoding", "delimiter", "merged" ...), text is a sentence.
 */
struct tabular_note {
    const char *code;
    const char *text;
};

enum { TABULAR_SHEETS = 64, TABULAR_NOTES = 16 };
struct tabular_about {
    enum tabular_format format;
    const char *packing;  /* "gzip", "zip"; NULL: none (XLSX is no packing) */
    const char *encoding; /* of text: "UTF-8", "WINDOWS-1252" ...; NULL: XLSX, XLS */
    char delimiter;       /* of CSV; else 0 */
    bool
        rows_numbered; /* row.line is the number of a row in a sheet or table, not a line of text */
    const char *sheets[TABULAR_SHEETS]; /* of a workbook; of HTML "table 1" ...; CSV: none */
    int sheet_count;
    int sheet; /* the one being read: index; -1: CSV */
    /* These grow while rows are read. */
    int64_t bytes_read; /* of the file as it lies there */
    int64_t bytes;      /* its size */
    int64_t blank_rows; /* rows, and lines, with nothing in any cell: they are not given */
    struct tabular_note notes[TABULAR_NOTES];
    int note_count;
};

struct tabular;

/* Reads fd from where it stands; fd stays the caller's, and its place in the file is not kept. What
 * cannot be rewound (a pipe) is first copied into an unnamed file. */
MUST_USE bool tabular_open(int fd, const struct tabular_options *options, struct tabular **tabular,
                           struct arena *arena, struct problem *p);
/* The next row that has something in a cell. *end: there is none; row is not touched. */
MUST_USE bool tabular_next(struct tabular *tabular, struct tabular_row *row, bool *end,
                           struct problem *p);
/* Begins with the first row of that sheet (index into about->sheets); again or another one. CSV has
 * the one sheet -1, or 0. */
MUST_USE bool tabular_select(struct tabular *tabular, int sheet, struct problem *p);
const struct tabular_about *tabular_about(const struct tabular *tabular);
void tabular_close(struct tabular *tabular); /* NULL is allowed */

/* The text as people mean it: white space (also no-break, zero-width and line breaks) taken off
 * both ends, and one space for each stretch of it within. Writes at most length + 1 bytes,
 * NUL-terminated; returns the bytes before the NUL. out may be text itself. */
size_t tabular_tidy(const char *text, size_t length, char *out);

#endif
