/* XLSX: a zip of XML parts. */
#include "xlsx.h"

#include <stdlib.h>
#include <string.h>

static void forget_sheet(struct xlsx *xlsx) {
    xml_free(xlsx->xml);
    sheet_feed_free(xlsx->feed);
    bytes_free(xlsx->bytes);
    xlsx->xml = NULL;
    xlsx->feed = NULL;
    xlsx->bytes = NULL;
}

static bool xlsx_begin(struct tabular *tabular, int sheet, struct problem *p) {
    struct xlsx *xlsx = tabular->state;
    (void)p;
    forget_sheet(xlsx);
    xlsx->bytes = bytes_zip(xlsx->zip, xlsx->entries[sheet], &tabular->options);
    xlsx->feed = sheet_feed_new(tabular, &xlsx->strings, &xlsx->styles, xlsx->from_1904);
    xlsx->xml = xml_new(&xlsx_sheet_events, xlsx->feed);
    sheet_feed_parser(xlsx->feed, xlsx->xml);
    return true;
}

static bool xlsx_more(struct tabular *tabular, bool *end, struct problem *p) {
    struct xlsx *xlsx = tabular->state;
    size_t got;
    if (!bytes_read(xlsx->bytes, xlsx->piece, sizeof xlsx->piece, &got, p)) return false;
    *end = got == 0;
    tabular_progress(tabular, xlsx->bytes);
    return xml_feed(xlsx->xml, xlsx->piece, got, *end, tabular->about.sheets[tabular->about.sheet],
                    p);
}

static void xlsx_close(struct tabular *tabular) {
    struct xlsx *xlsx = tabular->state;
    forget_sheet(xlsx);
    sheet_strings_free(&xlsx->strings);
    free(xlsx->styles.shown);
    free(xlsx);
}

bool xlsx_open(struct tabular *tabular, struct problem *p) {
    static const struct tabular_reader reader = { xlsx_more, xlsx_begin, xlsx_close };
    struct xlsx *xlsx = xcalloc(1, sizeof *xlsx);
    xlsx->zip = tabular->zip;
    tabular->reader = &reader;
    tabular->state = xlsx;
    tabular->about.format = TABULAR_XLSX;
    tabular->about.rows_numbered = true;
    tabular->about.sheet = -1;
    return xlsx_read_parts(tabular, xlsx, p);
}
