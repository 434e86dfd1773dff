#include "dictionary_cell.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Digits of the scripts of India (and of Urdu, Sindhi, Kashmiri): the code point of each zero. */
static const uint32_t script_zeros[] = {
    0x30,    /* ASCII */
    0x0660,  /* Arabic-Indic */
    0x06F0,  /* extended Arabic-Indic */
    0x0966,  /* Devanagari */
    0x09E6,  /* Bengali, Assamese */
    0x0A66,  /* Gurmukhi */
    0x0AE6,  /* Gujarati */
    0x0B66,  /* Odia */
    0x0BE6,  /* Tamil */
    0x0C66,  /* Telugu */
    0x0CE6,  /* Kannada */
    0x0D66,  /* Malayalam */
    0x0F20,  /* Tibetan (Ladakh, Sikkim) */
    0x1946,  /* Limbu */
    0x1C40,  /* Lepcha */
    0x1C50,  /* Ol Chiki */
    0xABF0,  /* Meetei Mayek */
    0xFF10,  /* full-width */
    0x110F0, /* Sora Sompeng */
    0x11136, /* Chakma */
    0x116C0, /* Takri */
    0x118E0, /* Warang Citi */
    0x11D50, /* Masaram Gondi */
    0x11DA0, /* Gunjala Gondi */
};

/* Other characters that stand for one of ASCII. */
#define NO_WIDTH '\x03' /* marks that cannot be seen: around a figure they are nothing */
static const struct {
    uint32_t from, to;
    char plain;
} characters[] = {
    { 0x00A0, 0x00A0, JOINING_SPACE }, { 0x1680, 0x1680, JOINING_SPACE },
    { 0x2000, 0x200A, JOINING_SPACE }, { 0x202F, 0x202F, JOINING_SPACE },
    { 0x205F, 0x205F, JOINING_SPACE }, { 0x3000, 0x3000, JOINING_SPACE },
    { 0x200B, 0x200F, NO_WIDTH },      { 0x202A, 0x202E, NO_WIDTH },
    { 0x2060, 0x2060, NO_WIDTH },      { 0x2066, 0x2069, NO_WIDTH },
    { 0xFEFF, 0xFEFF, NO_WIDTH },      { 0x2010, 0x2013, '-' },
    { 0x2212, 0x2212, '-' },           { 0xFE63, 0xFE63, '-' },
    { 0xFF0D, 0xFF0D, '-' },           { 0x066C, 0x066C, ',' },
    { 0xFF0C, 0xFF0C, ',' },           { 0x066B, 0x066B, '.' },
    { 0xFF0E, 0xFF0E, '.' },           { 0xFF0F, 0xFF0F, '/' },
    { 0x2018, 0x2019, '\'' },
};

static const struct {
    const char *hindi, *plain;
} months[] = {
    { "जनवरी", "jan" }, { "फरवरी", "feb" },  { "फ़रवरी", "feb" }, { "फ़रवरी", "feb" },
    { "मार्च", "mar" },  { "अप्रैल", "apr" },   { "मई", "may" },    { "जून", "jun" },
    { "जुलाई", "jul" },  { "अगस्त", "aug" },   { "सितंबर", "sep" }, { "सितम्बर", "sep" },
    { "अक्टूबर", "oct" }, { "अक्तूबर", "oct" },  { "नवंबर", "nov" },  { "नवम्बर", "nov" },
    { "दिसंबर", "dec" }, { "दिसम्बर", "dec" },
};

struct writer {
    const char *at, *end; /* what is left to read */
    char *plain;
    int length, shown; /* written; up to the last character that is no blank */
    uint32_t zero;     /* of the script of the digits so far; 0: none yet */
    bool too_long;
};

/* The next character; 0 for bytes that are no UTF-8, which end the text. */
static uint32_t next_character(struct writer *w) {
    const unsigned char *s = (const unsigned char *)w->at;
    int size = s[0] < 0x80 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    uint32_t character = size == 1 ? s[0] : s[0] & (0x7Fu >> size);
    bool whole = w->end - w->at >= size && (size == 1 || s[0] >= 0xC2) && s[0] < 0xF8;
    for (int i = 1; whole && i < size; i++) {
        whole = (s[i] & 0xC0) == 0x80;
        character = character << 6 | (s[i] & 0x3Fu);
    }
    w->at = whole ? w->at + size : w->end;
    return whole ? character : 0;
}

static char plain_digit(struct writer *w, uint32_t character) {
    for (size_t i = 0; i < COUNT(script_zeros); i++) {
        uint32_t zero = script_zeros[i];
        if (character < zero || character > zero + 9) continue;
        if (w->zero != 0 && w->zero != zero) return OTHER; /* two scripts: somebody's slip */
        w->zero = zero;
        return (char)('0' + (character - zero));
    }
    return OTHER;
}

static char plain_character(struct writer *w, uint32_t character) {
    if (character == '\t' || character == '\r' || character == '\n') return ' ';
    if (character >= '0' && character <= '9') return plain_digit(w, character);
    if (character >= ' ' && character < 0x7F) return (char)character;
    for (size_t i = 0; i < COUNT(characters); i++)
        if (character >= characters[i].from && character <= characters[i].to)
            return characters[i].plain;
    return plain_digit(w, character);
}

static void put(struct writer *w, char c) {
    bool blank = c == ' ' || c == JOINING_SPACE || c == NO_WIDTH;
    if (blank && w->length == 0) return;
    if (w->length == CELL_TEXT - 1) {
        w->too_long |= !blank;
        return;
    }
    w->plain[w->length++] = c;
    if (!blank) w->shown = w->length;
}

static bool put_month(struct writer *w) {
    for (size_t i = 0; i < COUNT(months); i++) {
        size_t length = strlen(months[i].hindi);
        if ((size_t)(w->end - w->at) < length || memcmp(w->at, months[i].hindi, length) != 0)
            continue;
        w->at += length;
        for (const char *c = months[i].plain; *c; c++)
            put(w, *c);
        return true;
    }
    return false;
}

bool cell_plain_text(const char *text, size_t length, char plain[CELL_TEXT]) {
    struct writer w = { .at = text, .end = text + length, .plain = plain };
    while (w.at < w.end && !w.too_long)
        if (!put_month(&w)) put(&w, plain_character(&w, next_character(&w)));
    plain[w.shown] = '\0';
    return !w.too_long;
}

const char *cell_unquoted(const char *plain) {
    return plain[0] == '\'' && plain[1] != ' ' ? plain + 1 : plain;
}

static enum error_code adequacy_parse(const struct item *item, const char *plain, int32_t *cell,
                                      struct cell_readings *readings) {
    static const char *const words[] = { [ADEQUATE] = "adequate", [INADEQUATE] = "inadequate" };
    (void)item, (void)readings;
    for (int code = ADEQUATE; code <= INADEQUATE; code++) {
        if (strcasecmp(plain, words[code]) != 0) continue;
        *cell = code;
        return ERR_NONE;
    }
    return ERR_VALUE_NOT_CODE;
}

typedef enum error_code parse_fn(const struct item *item, const char *plain, int32_t *cell,
                                 struct cell_readings *readings);
static const struct {
    parse_fn *parse;
    enum error_code none; /* what cannot be one at all */
} types[DATA__MAX] = {
    [DATA_COUNT] = { figure_parse, ERR_VALUE_NOT_WHOLE },
    [DATA_ADEQUACY] = { adequacy_parse, ERR_VALUE_NOT_CODE },
    [DATA_DATE] = { date_parse, ERR_VALUE_NOT_DATE },
    [DATA_PERCENTAGE] = { figure_parse, ERR_VALUE_NOT_DECIMAL },
    [DATA_DECIMAL] = { figure_parse, ERR_VALUE_NOT_DECIMAL },
};

void reading_add(const struct item *item, int32_t cell, struct cell_readings *readings) {
    struct cell_reading *reading = &readings->of[readings->count++];
    *reading = (struct cell_reading){ .holds = true, .cell = cell };
    if (cell == BLANK)
        snprintf(reading->text, sizeof reading->text, "blank");
    else
        cell_format(item, cell, reading->text);
}

bool cell_parse_readings(const struct item *item, const char *text, size_t length, int32_t *cell,
                         enum error_code *error, struct cell_readings *readings) {
    char plain[CELL_TEXT];
    readings->count = 0;
    *error = types[item->type].none;
    if (!cell_plain_text(text, length, plain)) return false;
    if (plain[0] == '\0') {
        *error = ERR_NONE;
        *cell = BLANK;
        return true;
    }
    *error = types[item->type].parse(item, cell_unquoted(plain), cell, readings);
    return *error == ERR_NONE;
}

bool cell_parse(const struct item *item, const char *text, size_t length, int32_t *cell,
                enum error_code *error) {
    struct cell_readings readings;
    return cell_parse_readings(item, text, length, cell, error, &readings);
}

const char *cell_readings_text(const struct cell_readings *readings, char out[CELL_ASKED]) {
    if (readings->count == 1)
        snprintf(out, CELL_ASKED, "Is %s meant?", readings->of[0].text);
    else
        snprintf(out, CELL_ASKED, "Is %s or %s meant?", readings->of[0].text, readings->of[1].text);
    return out;
}

static size_t format_decimal(int32_t cell, int scale, char out[16]) {
    int64_t unit = 1, value = cell < 0 ? -(int64_t)cell : cell;
    for (int i = 0; i < scale; i++)
        unit *= 10;
    const char *sign = cell < 0 ? "-" : "";
    if (scale == 0) return (size_t)snprintf(out, 16, "%s%d", sign, (int)value);
    return (size_t)snprintf(out, 16, "%s%d.%0*d", sign, (int)(value / unit), scale,
                            (int)(value % unit));
}

size_t cell_format(const struct item *item, int32_t cell, char out[16]) {
    out[0] = '\0';
    if (cell == BLANK) return 0;
    switch (item->type) {
    case DATA_ADEQUACY:
        return (size_t)snprintf(out, 16, "%s", cell == ADEQUATE ? "Adequate" : "Inadequate");
    case DATA_DATE:
        return (size_t)snprintf(out, 16, "%02d/%02d/%04d", cell % 100, cell / 100 % 100,
                                cell / 10000);
    case DATA_PERCENTAGE:
    case DATA_DECIMAL:
        return format_decimal(cell, item->scale, out);
    default:
        return format_decimal(cell, 0, out);
    }
}
