#include "parse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool is_token_char(unsigned char c) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c);
}

bool is_token(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!is_token_char((unsigned char)text[i])) return false;
    return length > 0;
}

/* ---- URI. ------------------------------------------------------------------------------------ */
static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* One byte, maybe escaped, from *at; -1 for a broken escape or a control byte. */
static int next_byte(const char **at, const char *end, bool plus) {
    const char *text = *at;
    int byte = (unsigned char)*text;
    *at = text + 1;
    if (byte == '+' && plus) return ' ';
    if (byte == '%') {
        if (end - text < 3 || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0) return -1;
        byte = hex_digit(text[1]) * 16 + hex_digit(text[2]);
        *at = text + 3;
    }
    return byte < 0x20 || byte == 0x7f ? -1 : byte;
}

char *percent_decode(struct arena *arena, const char *text, size_t length, bool plus) {
    const char *end = text + length;
    char *out = arena_alloc(arena, length + 1);
    size_t used = 0;
    while (text < end) {
        int byte = next_byte(&text, end, plus);
        if (byte < 0) return NULL;
        out[used++] = (char)byte;
    }
    return text_is_utf8(out, used) ? out : NULL;
}

/* Well-formed UTF-8 a byte at a time (RFC 3629, table of the ABNF). */
static bool utf8_step(unsigned *wanted, unsigned *low, unsigned *high, unsigned byte) {
    if (*wanted > 0) {
        if (byte < *low || byte > *high) return false;
        *low = 0x80, *high = 0xbf;
        (*wanted)--;
        return true;
    }
    *low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    *high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    *wanted = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    return byte < 0x80 || (byte >= 0xc2 && byte <= 0xf4);
}

bool uri_is_clean(const char *uri) {
    unsigned wanted = 0, low = 0x80, high = 0xbf;
    const char *end = uri + strlen(uri);
    if (*uri != '/') return false;
    for (const char *at = uri; at < end;) {
        unsigned char raw = (unsigned char)*at;
        if (raw <= 0x20 || raw >= 0x7f || raw == '#') return false;
        int byte = next_byte(&at, end, false);
        if (byte < 0 || !utf8_step(&wanted, &low, &high, (unsigned)byte)) return false;
    }
    return wanted == 0;
}

static bool pair_known(const struct text_pair *pairs, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(pairs[i].name, name)) return true;
    return false;
}

static bool pair_parse(struct arena *arena, const char *text, size_t length,
                       struct text_pair *pair) {
    const char *equals = memchr(text, '=', length);
    size_t name_length = equals ? (size_t)(equals - text) : length;
    const char *value = equals ? equals + 1 : text + length;
    pair->name = percent_decode(arena, text, name_length, true);
    pair->value = percent_decode(arena, value, (size_t)(text + length - value), true);
    return pair->name && pair->value && *pair->name;
}

bool query_parse(struct arena *arena, const char *query, struct text_pair **pairs, size_t *count) {
    *pairs = NULL;
    *count = 0;
    if (!query || !*query) return true;
    *pairs = arena_array(arena, QUERY_MAX, sizeof(**pairs));
    for (const char *at = query;; at++) {
        size_t length = strcspn(at, "&");
        struct text_pair pair;
        if (*count == QUERY_MAX || !pair_parse(arena, at, length, &pair) ||
            pair_known(*pairs, *count, pair.name))
            return false;
        (*pairs)[(*count)++] = pair;
        at += length;
        if (!*at) return true;
    }
}

/* ---- Lists: elements between commas (or semicolons), blanks around them dropped. --------------
 */
struct span {
    const char *text;
    size_t length;
};

static struct span trim(const char *text, size_t length) {
    while (length > 0 && (*text == ' ' || *text == '\t'))
        text++, length--;
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return (struct span){ text, length };
}

/* The next element up to `separator`, quoted strings kept whole. False at the end. */
static bool next_element(const char **at, char separator, struct span *element) {
    const char *start = *at, *p = start;
    bool quoted = false;
    if (!*start) return false;
    for (; *p && (quoted || *p != separator); p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (*p == '\\' && quoted && p[1])
            p++;
    }
    *element = trim(start, (size_t)(p - start));
    *at = *p ? p + 1 : p;
    return true;
}

static bool span_is(struct span span, const char *text) {
    return span.length == strlen(text) && !strncasecmp(span.text, text, span.length);
}

const char *cookie_find(struct arena *arena, const char *header, const char *name) {
    const char *found = NULL;
    struct span element;
    while (header && next_element(&header, ';', &element)) {
        const char *equals = memchr(element.text, '=', element.length);
        if (!equals) continue;
        size_t length = (size_t)(equals - element.text);
        if (length != strlen(name) || strncmp(element.text, name, length) != 0) continue;
        if (found) return NULL;
        found = arena_strndup(arena, equals + 1, element.length - length - 1);
    }
    return found;
}

bool etag_matches(const char *header, const char *tag) {
    struct span element;
    size_t length = strlen(tag);
    while (header && next_element(&header, ',', &element)) {
        if (span_is(element, "*")) return true;
        if (element.length > 2 && !strncmp(element.text, "W/", 2))
            element.text += 2, element.length -= 2;
        if (element.length == length + 2 && element.text[0] == '"' &&
            element.text[length + 1] == '"' && !memcmp(element.text + 1, tag, length))
            return true;
    }
    return false;
}

/* A weight in thousandths; 0 for what is no weight. */
static int weight_parse(struct span text) {
    int value = 0, scale = 1000;
    if (text.length == 0 || text.length > 5 || (text.text[0] != '0' && text.text[0] != '1') ||
        (text.length > 1 && text.text[1] != '.'))
        return 0;
    for (size_t i = 0; i < text.length; i++) {
        if (i == 1) continue;
        if (text.text[i] < '0' || text.text[i] > '9') return 0;
        value += (text.text[i] - '0') * scale;
        scale /= 10;
    }
    return value > 1000 ? 0 : value;
}

/* "gzip;q=0.5" → the name and its weight (1000 when not given). */
static struct span weighted(struct span element, int *weight) {
    const char *semicolon = memchr(element.text, ';', element.length);
    struct span name = element;
    *weight = 1000;
    if (!semicolon) return name;
    name = trim(element.text, (size_t)(semicolon - element.text));
    const char *end = element.text + element.length;
    while (semicolon) {
        const char *start = semicolon + 1;
        semicolon = memchr(start, ';', (size_t)(end - start));
        struct span part = trim(start, (size_t)((semicolon ? semicolon : end) - start));
        if (part.length >= 2 && (part.text[0] == 'q' || part.text[0] == 'Q') && part.text[1] == '=')
            *weight = weight_parse((struct span){ part.text + 2, part.length - 2 });
    }
    return name;
}

static const char *const encoding_names[ENCODING__MAX] = {
    [ENCODING_IDENTITY] = "identity",
    [ENCODING_GZIP] = "gzip",
    [ENCODING_BR] = "br",
};

enum encoding accept_encoding(const char *header, unsigned available) {
    int weights[ENCODING__MAX] = { -1, -1, -1 }, star = -1, best = 0, weight;
    enum encoding choice = ENCODING_IDENTITY;
    struct span element;
    while (header && next_element(&header, ',', &element)) {
        struct span name = weighted(element, &weight);
        if (span_is(name, "*")) star = weight;
        for (int i = 0; i < ENCODING__MAX; i++)
            if (span_is(name, encoding_names[i])) weights[i] = weight;
    }
    for (int i = 0; i < ENCODING__MAX; i++) {
        /* Identity that nobody names is acceptable, but the last choice. */
        int own = weights[i] >= 0 ? weights[i] : i == ENCODING_IDENTITY ? 1 : star;
        if ((available & (1u << i)) && own > 0 && own >= best) {
            best = own;
            choice = (enum encoding)i;
        }
    }
    return choice;
}

bool accept_names(const char *header, const char *type) {
    struct span element;
    int weight;
    while (header && next_element(&header, ',', &element))
        if (span_is(weighted(element, &weight), type) && weight > 0) return true;
    return false;
}

bool media_type_is(const char *header, const char *type) {
    struct span part;
    if (!header || !next_element(&header, ';', &part) || !span_is(part, type)) return false;
    while (next_element(&header, ';', &part)) {
        if (part.length < 8 || strncasecmp(part.text, "charset=", 8) != 0) continue;
        struct span charset = { part.text + 8, part.length - 8 };
        if (!span_is(charset, "utf-8") && !span_is(charset, "\"utf-8\"")) return false;
    }
    return true;
}

/* ---- JSON, file names. ------------------------------------------------------------------------
 */
bool json_depth_fits(const char *data, size_t length, unsigned most) {
    unsigned depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        char c = data[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > most) return false;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return true;
}

static size_t string_length(const char *text, size_t most) {
    for (size_t i = 1; i < most; i++)
        if (text[i] == '\\')
            i++;
        else if (text[i] == '"')
            return i + 1;
    return most;
}

/* 0: there is none. */
static size_t number_length(const char *text) {
    static const char digits[] = "0123456789";
    size_t length = text[0] == '-';
    length += strspn(text + length, digits);
    if (length > 0 && text[length] == '.') length += 1 + strspn(text + length + 1, digits);
    if (length > 0 && (text[length] == 'e' || text[length] == 'E')) {
        length += text[length + 1] == '+' || text[length + 1] == '-' ? 2 : 1;
        length += strspn(text + length, digits);
    }
    return length;
}

static bool number_is_held(const char *text, size_t length) {
    errno = 0;
    if (strcspn(text, ".eE") < length) return isfinite(strtod(text, NULL));
    strtoll(text, NULL, 10);
    return errno != ERANGE;
}

void json_hold_numbers(struct buffer *out, const char *data, size_t length) {
    for (size_t i = 0, part; i < length; i += part) {
        size_t number = number_length(data + i);
        part = data[i] == '"' ? string_length(data + i, length - i) : number > 0 ? number : 1;
        if (number > 0 && !number_is_held(data + i, number))
            buffer_add_text(out, data[i] == '-' ? "-1e300" : "1e300");
        else
            buffer_add(out, data + i, part);
    }
}

char *attachment_name(struct arena *arena, const char *filename) {
    size_t length = strlen(filename);
    char *plain = arena_alloc(arena, length + 1), *coded = arena_alloc(arena, length * 3 + 1);
    size_t used = 0;
    bool same = true;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)filename[i];
        bool safe = c >= 0x20 && c < 0x7f && !strchr("\"\\/%", c);
        plain[i] = safe ? (char)c : '_';
        same = same && safe;
        if (is_token_char(c) && !strchr("*'%", c))
            coded[used++] = (char)c;
        else {
            coded[used++] = '%';
            coded[used++] = "0123456789ABCDEF"[c >> 4];
            coded[used++] = "0123456789ABCDEF"[c & 15];
        }
    }
    if (same) return arena_printf(arena, "attachment; filename=\"%s\"", plain);
    return arena_printf(arena, "attachment; filename=\"%s\"; filename*=UTF-8''%s", plain, coded);
}
