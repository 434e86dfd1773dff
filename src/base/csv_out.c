#include "hmis/csv_out.h"

#include <string.h>

void csv_out_init(struct csv_out *out) {
    *out = (struct csv_out){ 0 };
    buffer_add_text(&out->buffer, "\xEF\xBB\xBF");
}

static void before_cell(struct csv_out *out) {
    if (out->comma) buffer_add_char(&out->buffer, ',');
    out->comma = true;
}

/* Skips blanks, also U+00A0 and U+FEFF. */
static const char *skip_blanks(const char *text) {
    for (;;) {
        if (*text == ' ')
            text++;
        else if (text_starts(text, "\xC2\xA0"))
            text += 2;
        else if (text_starts(text, "\xEF\xBB\xBF"))
            text += 3;
        else
            return text;
    }
}

/* Also in full width: U+FF1D, FF0B, FF0D, FF20. */
static bool begins_formula(const char *text) {
    static const char *const wide[] = { "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                        "\xEF\xBC\xA0" };
    for (size_t i = 0; i < COUNT(wide); i++)
        if (text_starts(text, wide[i])) return true;
    return *text && strchr("=+-@\t", *text);
}

/* Each line of a cell is looked at: a spreadsheet may split it. */
static bool looks_like_formula(const char *text) {
    for (const char *line = text; line; line = strpbrk(line, "\r\n")) {
        if (line != text) line++;
        const char *first = skip_blanks(line);
        if (begins_formula(first)) return true;
        if (line == text && *first && strchr("\r\n", *first)) return true;
    }
    return false;
}

void csv_text(struct csv_out *out, const char *text) {
    before_cell(out);
    if (!text || !*text) return;
    bool formula = looks_like_formula(text);
    if (!formula && !strpbrk(text, "\",\r\n") && *text != ' ' && text[strlen(text) - 1] != ' ') {
        buffer_add_text(&out->buffer, text);
        return;
    }
    buffer_add_text(&out->buffer, formula ? "\"'" : "\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"') buffer_add_char(&out->buffer, '"');
        buffer_add_char(&out->buffer, *c);
    }
    buffer_add_char(&out->buffer, '"');
}

static bool looks_like_decimal(const char *text) {
    size_t whole = strspn(text, "0123456789"), places;
    if (whole == 0 || text[whole] != '.') return false;
    places = strspn(text + whole + 1, "0123456789");
    return places > 0 && text[whole + 1 + places] == '\0';
}

void csv_item_number(struct csv_out *out, const char *number) {
    bool changes = looks_like_decimal(number) && number[strlen(number) - 1] == '0';
    if (!changes) {
        csv_text(out, number);
        return;
    }
    before_cell(out);
    buffer_printf(&out->buffer, "'%s", number);
}

void csv_int(struct csv_out *out, int64_t value) {
    before_cell(out);
    buffer_add_int(&out->buffer, value);
}

void csv_decimal(struct csv_out *out, int64_t value, int scale) {
    if (scale == 0) {
        csv_int(out, value);
        return;
    }
    before_cell(out);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value, unit = 1;
    for (int i = 0; i < scale; i++)
        unit *= 10;
    buffer_printf(&out->buffer, "%s%llu.%0*llu", value < 0 ? "-" : "",
                  (unsigned long long)(rest / unit), scale, (unsigned long long)(rest % unit));
}

void csv_blanks(struct csv_out *out, int count) {
    for (int i = 0; i < count; i++)
        before_cell(out);
}

void csv_row_end(struct csv_out *out) {
    buffer_add_text(&out->buffer, "\r\n");
    out->comma = false;
}
