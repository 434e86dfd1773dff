/* The XML within a workbook, without its zip: the shared strings, a NUL, then the sheet; fed whole
 * and in parts. */
#include "../../src/tabular/xlsx.h"

#include "tabular_check.h"

static const struct tabular_options options = { .columns_most = 64, .cell_most = 50 };

static bool feed(struct xml *xml, const char *data, size_t size, size_t part) {
    struct problem p = { 0 };
    bool good = true;
    for (size_t at = 0; good && at < size; at += part)
        good = xml_feed(xml, data + at, size - at < part ? size - at : part, false, "part", &p);
    good = good && xml_feed(xml, "", 0, true, "part", &p);
    ENSURE(good || (p.code != ERR_NONE && p.detail[0] != '\0'), "what is wrong is said");
    return good;
}

static void read_strings(struct sheet_strings *strings, const char *data, size_t size,
                         size_t part) {
    struct strings_feed state = { .strings = strings, .options = &options };
    state.xml = xml_new(&xlsx_strings_events, &state);
    (void)feed(state.xml, data, size, part);
    xml_free(state.xml);
    buffer_free(&state.text);
}

static uint64_t read_sheet(const struct sheet_strings *strings, const char *data, size_t size,
                           size_t part, bool *whole) {
    static enum sheet_shown shown[] = { SHOWN_NUMBER, SHOWN_DATE, SHOWN_TIME, SHOWN_PERCENT };
    static const struct sheet_styles styles = { shown, COUNT(shown), COUNT(shown) };
    struct tabular tabular = { .options = options, .arena = arena_new() };
    struct sheet_feed *state = sheet_feed_new(&tabular, strings, &styles, size % 2);
    struct xml *xml = xml_new(&xlsx_sheet_events, state);
    uint64_t hash = 0;
    sheet_feed_parser(state, xml);
    *whole = feed(xml, data, size, part);
    for (size_t i = 0; i < tabular.rows.count; i++) {
        const struct tabular_made *row = &tabular.rows.rows[i];
        ENSURE(row->filled && row->kept <= options.columns_most, "a row has something in it");
        for (int j = 0; j < row->kept; j++) {
            const struct tabular_span *span = &tabular.rows.spans[row->first + (size_t)j];
            const char *text = tabular.rows.text.data + span->at;
            ENSURE(text[span->length] == '\0' && text_is_utf8(text, (size_t)span->length), "UTF-8");
            hash = hashed(hash, text, span->length);
        }
    }
    xml_free(xml);
    sheet_feed_free(state);
    buffer_free(&tabular.rows.text);
    free(tabular.rows.spans);
    free(tabular.rows.rows);
    arena_free(tabular.arena);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sheet_strings strings = { 0 };
    const char *text = (const char *)data, *zero = size > 0 ? memchr(text, '\0', size) : NULL;
    size_t first = zero != NULL ? (size_t)(zero - text) : 0, rest = first + (zero != NULL);
    if (size == 0) return 0;
    bool whole, parts;
    read_strings(&strings, text, first, 1 + size % 50);
    uint64_t a = read_sheet(&strings, text + rest, size - rest, size, &whole);
    uint64_t b = read_sheet(&strings, text + rest, size - rest, 1 + size % 50, &parts);
    if (whole && parts) ENSURE(a == b, "parts make no difference");
    sheet_strings_free(&strings);
    return 0;
}
