/* Text: bytes of whatever encoding as UTF-8.
 *
 * All bytes are looked at once before the first is given, so that the encoding is decided for the
 * whole file: a letter of another encoding in the last line does not come as a surprise. A file
 * that is UTF-8 but for some bytes stays UTF-8; those bytes are read as Windows-1252, and told. */
#include "tabular_internal.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uchardet/uchardet.h>

enum {
    LEAST_EVIDENCE = 24, /* letters beyond ASCII, below which no guess is believed */
    GUESSED_BYTES = 1 << 20,
    LOOKED_AT = 4096,
};
#define NO_ICONV ((iconv_t)-1)
#define WESTERN  "WINDOWS-1252"

struct text {
    struct bytes *bytes;
    const char *encoding;
    char name[40];
    iconv_t converter; /* NO_ICONV: UTF-8 */
    char in[TABULAR_PIECE];
    size_t have;
    bool begun, ended, after_cr;
    bool guessed;
    int64_t mended; /* bytes of a UTF-8 file that are none */
    int64_t mended_line;
};

/* ---- Which encoding. ----------------------------------------------------------------------------
 */

struct census {
    int64_t characters, wrong, lines, wrong_line; /* UTF-8 beyond ASCII; bytes that are none */
    uchardet_t guess;
    int64_t guessed;
    char first[LOOKED_AT];
    size_t first_length;
};

static size_t ascii_run(const char *at, size_t left) {
    size_t i = 0;
    for (uint64_t word; i + 8 <= left; i += 8) {
        memcpy(&word, at + i, 8);
        if (word & UINT64_C(0x8080808080808080)) break;
    }
    while (i < left && ((unsigned char)at[i] & 0x80) == 0)
        i++;
    return i;
}

static int64_t count_lines(const char *at, size_t length) {
    int64_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += at[i] == '\n';
    return lines;
}

/* Returns the bytes looked at: the rest may be the beginning of a character. */
static size_t count_piece(struct census *census, const char *at, size_t length, bool last) {
    size_t i = 0;
    while (i < length) {
        size_t run = ascii_run(at + i, length - i);
        census->lines += count_lines(at + i, run);
        i += run;
        if (i == length || (!last && length - i < 4)) break;
        size_t step = text_utf8_sequence(at + i, length - i);
        if (step == 0 && census->wrong++ == 0) census->wrong_line = census->lines + 1;
        census->characters += step > 0;
        i += step > 0 ? step : 1;
    }
    return i;
}

static void let_guess(struct census *census, const char *at, size_t length) {
    if (census->guessed >= GUESSED_BYTES || ascii_run(at, length) == length) return;
    census->guessed += (int64_t)length;
    uchardet_handle_data(census->guess, at, length);
}

static bool take_census(struct text *text, struct census *census, struct problem *p) {
    size_t got, have = 0;
    do {
        if (!bytes_fill(text->bytes, text->in + have, sizeof text->in - have, &got, p))
            return false;
        let_guess(census, text->in + have, got);
        have += got;
        if (census->first_length == 0) {
            census->first_length = have < LOOKED_AT ? have : LOOKED_AT;
            memcpy(census->first, text->in, census->first_length);
        }
        size_t done = count_piece(census, text->in, have, got == 0);
        have -= done;
        memmove(text->in, text->in + done, have);
    } while (got > 0);
    uchardet_data_end(census->guess);
    return true;
}

static const char *by_mark(const char *at, size_t length) {
    static const struct {
        const char *mark;
        size_t length;
        const char *name;
    } marks[] = {
        { "\xEF\xBB\xBF", 3, "UTF-8" },    { "\xFF\xFE\0\0", 4, "UTF-32LE" },
        { "\0\0\xFE\xFF", 4, "UTF-32BE" }, { "\xFF\xFE", 2, "UTF-16LE" },
        { "\xFE\xFF", 2, "UTF-16BE" },
    };
    for (size_t i = 0; i < COUNT(marks); i++)
        if (length >= marks[i].length && memcmp(at, marks[i].mark, marks[i].length) == 0)
            return marks[i].name;
    return NULL;
}

/* Commas, digits and line ends have a zero byte beside them in UTF-16, always on the same side. */
static const char *by_zeros(const char *at, size_t length) {
    size_t zeros[2] = { 0, 0 };
    for (size_t i = 0; i < length; i++)
        zeros[i & 1] += at[i] == '\0';
    if (zeros[1] > length / 8 && zeros[0] <= zeros[1] / 16) return "UTF-16LE";
    if (zeros[0] > length / 8 && zeros[1] <= zeros[0] / 16) return "UTF-16BE";
    return NULL;
}

/* Latin letters in a file of this country are Windows-1252, whatever else they could be. */
static const char *by_guess(struct text *text, const struct census *census) {
    static const char *const western[] = { "", "ASCII", "ISO-8859-1", "ISO-8859-15", "UTF-8" };
    const char *guess = uchardet_get_charset(census->guess);
    text->guessed = true;
    if (census->wrong < LEAST_EVIDENCE) return WESTERN;
    for (size_t i = 0; i < COUNT(western); i++)
        if (strcasecmp(guess, western[i]) == 0) return WESTERN;
    iconv_t known = iconv_open("UTF-8", guess);
    if (known == NO_ICONV) return WESTERN;
    iconv_close(known);
    snprintf(text->name, sizeof text->name, "%s", guess);
    return text->name;
}

static const char *encoding_of(struct text *text, const struct census *census) {
    const char *found = by_mark(census->first, census->first_length);
    if (found == NULL) found = by_zeros(census->first, census->first_length);
    if (found != NULL && strcmp(found, "UTF-8") != 0) return found;
    text->mended = census->wrong;
    text->mended_line = census->wrong_line;
    if (found != NULL || census->wrong == 0 || census->characters >= census->wrong) return "UTF-8";
    text->mended = 0;
    return by_guess(text, census);
}

static bool decide(struct text *text, const char *told, struct problem *p) {
    struct census census = { .guess = uchardet_new() };
    bool good = take_census(text, &census, p);
    if (good) text->encoding = encoding_of(text, &census);
    if (good && told != NULL) {
        snprintf(text->name, sizeof text->name, "%s", told);
        text->encoding = text->name;
        text->guessed = false;
    }
    uchardet_delete(census.guess);
    if (!good || strcmp(text->encoding, "UTF-8") == 0) return good;
    text->mended = 0;
    text->converter = iconv_open("UTF-8", text->encoding);
    return text->converter != NO_ICONV ||
           problem_set(p, ERR_FILE_FORMAT, "There is no encoding %s", text->encoding);
}

bool text_open(struct bytes *bytes, const char *encoding, struct text **text, struct problem *p) {
    struct text *new = xcalloc(1, sizeof *new);
    new->bytes = bytes;
    new->converter = NO_ICONV;
    *text = NULL;
    if (!decide(new, encoding, p) || !text_rewind(new, p)) {
        text_free(new);
        return false;
    }
    *text = new;
    return true;
}

const char *text_assumed(const struct text *text, struct arena *arena) {
    if (text->guessed)
        return arena_printf(arena, "The text is not UTF-8; it was read as %s", text->encoding);
    if (text->mended > 0)
        return arena_printf(arena,
                            "%lld bytes are not UTF-8, the first in line %lld; they were read as "
                            "Windows-1252",
                            (long long)text->mended, (long long)text->mended_line);
    return NULL;
}

/* ---- Reading. -----------------------------------------------------------------------------------
 */

/* Windows-1252; the five bytes that are nothing there, and NUL, become the replacement character.
 */
static size_t western_character(unsigned char byte, char out[3]) {
    static const uint16_t high[32] = {
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
    };
    unsigned code = byte == 0 ? 0xFFFD : byte < 0xA0 ? high[byte & 0x1F] : byte;
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3F));
    out[2] = (char)(0x80 | (code & 0x3F));
    return 3;
}

/* Both take what is whole from text->in and return how much, with what it became in out. */
static size_t copy_utf8(struct text *text, char *out, size_t *made) {
    size_t i = 0, length = 0;
    while (i < text->have) {
        size_t run = ascii_run(text->in + i, text->have - i);
        const char *zero = memchr(text->in + i, '\0', run);
        if (zero != NULL) run = (size_t)(zero - (text->in + i));
        memcpy(out + length, text->in + i, run);
        length += run;
        i += run;
        if (i == text->have || (!text->ended && text->have - i < 4)) break;
        size_t step = text_utf8_sequence(text->in + i, text->have - i);
        if (step > 0)
            memcpy(out + length, text->in + i, step);
        else
            length += western_character((unsigned char)text->in[i], out + length);
        length += step;
        i += step > 0 ? step : 1;
    }
    *made = length;
    return i;
}

static size_t convert(struct text *text, char *out, size_t *made) {
    static const char replacement[3] = { '\xEF', '\xBF', '\xBD' };
    char *in = text->in, *to = out;
    size_t left = text->have, room = TEXT_PIECE - 8;
    while (left > 0 && iconv(text->converter, &in, &left, &to, &room) == (size_t)-1) {
        if (errno == E2BIG || (errno == EINVAL && !text->ended)) break;
        memcpy(to, replacement,
               sizeof replacement); /* an odd byte, or what is none of its characters */
        to += 3;
        room -= room < 3 ? room : 3;
        size_t unit = strncmp(text->encoding, "UTF-16", 6) == 0 && left > 1 ? 2 : 1;
        in += unit;
        left -= unit;
        if (room < 8) break;
    }
    *made = (size_t)(to - out);
    return text->have - left;
}

/* CR and CRLF become LF. */
static size_t with_lf(struct text *text, char *out, size_t length) {
    size_t to = 0, from = 0;
    if (!text->after_cr && memchr(out, '\r', length) == NULL) return length;
    for (; from < length; from++) {
        bool second = text->after_cr && out[from] == '\n';
        text->after_cr = out[from] == '\r';
        if (!second) out[to++] = text->after_cr ? '\n' : out[from];
    }
    return to;
}

static size_t without_mark(struct text *text, char *out, size_t length) {
    bool mark = !text->begun && length >= 3 && memcmp(out, "\xEF\xBB\xBF", 3) == 0;
    text->begun = true;
    if (mark) memmove(out, out + 3, length - 3);
    return mark ? length - 3 : length;
}

/* Converted NULs are no text. */
static void without_zeros(char *out, size_t length) {
    for (char *at = out; (at = memchr(at, '\0', (size_t)(out + length - at))) != NULL;)
        *at = '?';
}

bool text_read(struct text *text, char out[TEXT_PIECE], size_t *got, struct problem *p) {
    *got = 0;
    while (*got == 0 && !(text->ended && text->have == 0)) {
        size_t added;
        if (!bytes_fill(text->bytes, text->in + text->have, sizeof text->in - text->have, &added,
                        p))
            return false;
        text->have += added;
        text->ended = text->have < sizeof text->in;
        size_t used =
            text->converter == NO_ICONV ? copy_utf8(text, out, got) : convert(text, out, got);
        text->have -= used;
        memmove(text->in, text->in + used, text->have);
        *got = with_lf(text, out, without_mark(text, out, *got));
        without_zeros(out, *got);
    }
    return true;
}

bool text_rewind(struct text *text, struct problem *p) {
    if (text->converter != NO_ICONV) iconv(text->converter, NULL, NULL, NULL, NULL);
    text->have = 0;
    text->begun = text->ended = text->after_cr = false;
    return bytes_rewind(text->bytes, p);
}

void text_free(struct text *text) {
    if (text == NULL) return;
    if (text->converter != NO_ICONV) iconv_close(text->converter);
    bytes_free(text->bytes);
    free(text);
}

const char *text_encoding(const struct text *text) {
    return text->encoding;
}

struct bytes *text_release(struct text *text) {
    struct bytes *bytes = text->bytes;
    text->bytes = NULL;
    text_free(text);
    return bytes;
}

struct bytes *text_bytes(const struct text *text) {
    return text->bytes;
}
