/* xlsx: what the files that read a workbook share. */
#ifndef TABULAR_XLSX_H
#define TABULAR_XLSX_H

#include "sheet.h"
#include "xml.h"

struct xlsx {
    struct zip *zip;
    bool from_1904;
    struct sheet_styles styles;
    struct sheet_strings strings;
    int64_t entries[TABULAR_SHEETS]; /* in the zip; of about.sheets */
    struct bytes *bytes;             /* of the sheet being read */
    struct xml *xml;
    struct sheet_feed *feed;
    char piece[TABULAR_PIECE / 2];
};

/* ---- The parts beside the sheets (xlsx_parts.c). ---- */
/* Workbook, relationships, styles, shared strings: sheets go into about, the rest into xlsx. */
MUST_USE bool xlsx_read_parts(struct tabular *tabular, struct xlsx *xlsx, struct problem *p);

/* ---- A sheet (xlsx_sheet.c). ---- */
extern const struct xml_events xlsx_sheet_events; /* their argument is a sheet_feed */
struct sheet_feed *sheet_feed_new(struct tabular *tabular, const struct sheet_strings *strings,
                                  const struct sheet_styles *styles, bool from_1904);
void sheet_feed_parser(struct sheet_feed *feed, struct xml *xml);
void sheet_feed_free(struct sheet_feed *feed);
/* Shared strings; their argument is a strings_feed. */
struct strings_feed {
    struct sheet_strings *strings;
    const struct tabular_options *options;
    struct xml *xml;
    struct buffer text;
    bool collecting, phonetic;
};
extern const struct xml_events xlsx_strings_events;
/* Excel's _x000D_ for characters that XML cannot hold; in place, returns the length. */
size_t xlsx_unescape(char *text, size_t length);

#endif
