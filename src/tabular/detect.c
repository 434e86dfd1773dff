/* What a file is, by its first bytes. */
#include "tabular_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

enum { FIRST = 4096 };
#define SAVE_AS "open it in a spreadsheet program and save it as .xlsx or CSV"

struct mark {
    const char *bytes;
    size_t length;
    const char *is;
};
#define MARK(bytes, is)                                                                            \
    { bytes, sizeof(bytes) - 1, is }

static const struct mark refused[] = {
    MARK("%PDF", "The file is a PDF document; download the report as Excel or CSV"),
    MARK("\x89PNG", "The file is an image (PNG), not a table; " SAVE_AS),
    MARK("\xFF\xD8\xFF", "The file is an image (JPEG), not a table; " SAVE_AS),
    MARK("GIF8", "The file is an image (GIF), not a table; " SAVE_AS),
    MARK("{\\rtf", "The file is a document (RTF), not a table; " SAVE_AS),
    MARK("Rar!", "The file is packed as RAR; unpack it and send the file within"),
    MARK("7z\xBC\xAF", "The file is packed as 7z; unpack it and send the file within"),
    MARK("BZh", "The file is packed as bzip2; unpack it and send the file within"),
    MARK("\xFD"
         "7zXZ",
         "The file is packed as xz; unpack it and send the file within"),
    MARK("\x28\xB5\x2F\xFD", "The file is packed as zstd; unpack it and send the file within"),
    MARK("SQLite format 3", "The file is an SQLite database; export its table as CSV"),
    MARK("MZ", "The file is a program"),
    MARK("\x7F"
         "ELF",
         "The file is a program"),
    MARK("\x09\x00\x04\x00", "The file is of Excel 2; " SAVE_AS),
    MARK("\x09\x02\x06\x00", "The file is of Excel 3; " SAVE_AS),
    MARK("\x09\x04\x06\x00", "The file is of Excel 4; " SAVE_AS),
    MARK("ID;P", "The file is a SYLK sheet; " SAVE_AS),
    MARK("MIME-Version:", "The file is a web archive (MHTML); " SAVE_AS),
};

static const char *by_mark(const char *first, size_t length) {
    for (size_t i = 0; i < COUNT(refused); i++)
        if (length >= refused[i].length && memcmp(first, refused[i].bytes, refused[i].length) == 0)
            return refused[i].is;
    return NULL;
}

static bool begins(const char *first, size_t length, const char *mark, size_t mark_length) {
    return length >= mark_length && memcmp(first, mark, mark_length) == 0;
}
#define BEGINS(first, length, mark) begins(first, length, mark, sizeof(mark) - 1)

static bool is_gzip(const char *first, size_t length) {
    return BEGINS(first, length, "\x1F\x8B\x08");
}
static bool is_zip(const char *first, size_t length) {
    return BEGINS(first, length, "PK\x03\x04") || BEGINS(first, length, "PK\x05\x06");
}
static bool is_ole(const char *first, size_t length) {
    return BEGINS(first, length, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
}

/* ---- Text. --------------------------------------------------------------------------------------
 */

/* Bytes that no text has: more than one in thirty is no text. */
static bool is_binary(const char *first, size_t length) {
    size_t odd = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)first[i];
        odd += (c < ' ' && (c < '\t' || c > '\r') && c != 0x1A && c != 0x1B) || c == 0x7F;
    }
    return odd * 30 > length;
}

static bool has(const char *text, size_t length, const char *word) {
    size_t wanted = strlen(word);
    for (size_t i = 0; i + wanted <= length; i++)
        if (strncasecmp(text + i, word, wanted) == 0) return true;
    return false;
}

static bool is_json(const char *text, size_t length) {
    if (text[0] != '{' && text[0] != '[') return false;
    size_t at = 1;
    while (at < length && (unsigned char)text[at] <= ' ')
        at++;
    return at < length && strchr(text[0] == '{' ? "\"}" : "{[\"]", text[at]) != NULL &&
           has(text, length, "\":");
}

static bool is_markup(const char *text, size_t length) {
    char next = (char)(length > 1 ? text[1] | 0x20 : 0);
    return length > 1 && text[0] == '<' &&
           (text[1] == '!' || text[1] == '?' || (next >= 'a' && next <= 'z'));
}

static bool is_xml(const char *text, size_t length) {
    return has(text, length < 5 ? length : 5, "<?xml") && !has(text, length, "<html");
}

static bool is_xml2003(const char *text, size_t length) {
    return is_xml(text, length) &&
           has(text, length, "urn:schemas-microsoft-com:office:spreadsheet");
}

/* Why the text is no table; NULL: it may be one. */
static const char *no_table(const char *text, size_t length) {
    if (is_binary(text, length < FIRST ? length : FIRST))
        return "The file is no table that is known here (CSV, XLSX, XLS, HTML)";
    if (length == 0) return "The file has nothing in it";
    if (is_xml(text, length) && !has(text, length, "<table"))
        return "The file is XML, not a table; " SAVE_AS;
    return is_json(text, length) ? "The file is JSON, not a table; send CSV or XLSX" : NULL;
}

static size_t leading_white(const char *text, size_t length) {
    size_t at = 0, step;
    bool seen;
    while ((step = text_white(text + at, length - at, &seen)) > 0)
        at += step;
    return at;
}

typedef bool text_reader(struct tabular *tabular, struct text *text, struct problem *p);

static bool open_xml2003(struct tabular *tabular, struct text *text, struct problem *p) {
    return xml2003_open(tabular, text_release(text), p);
}

static void note_encoding(struct tabular *tabular, const struct text *text) {
    const char *assumed = text_assumed(text, tabular->arena);
    tabular->about.encoding = arena_strdup(tabular->arena, text_encoding(text));
    if (assumed != NULL) tabular_note(tabular, "encoding", "%s", assumed);
}

static bool open_csv(struct tabular *tabular, struct text *text, struct problem *p) {
    note_encoding(tabular, text);
    return csv_open(tabular, text, p);
}

static bool open_page(struct tabular *tabular, struct text *text, struct problem *p) {
    note_encoding(tabular, text);
    return html_open(tabular, text, p);
}

/* By the first piece of the text; NULL: the problem says what it is. */
static text_reader *reader_of(struct text *text, struct problem *p) {
    char *first = xmalloc(TEXT_PIECE);
    text_reader *reader = NULL;
    size_t length = 0;
    if (text_read(text, first, &length, p) && text_rewind(text, p)) {
        size_t white =
            is_binary(first, length < FIRST ? length : FIRST) ? 0 : leading_white(first, length);
        const char *begin = first + white, *is = NULL;
        length -= white;
        reader = is_xml2003(begin, length)  ? open_xml2003
                 : is_markup(begin, length) ? open_page
                                            : open_csv;
        if (reader != open_xml2003) is = no_table(begin, length);
        if (is != NULL) problem_set(p, ERR_FILE_FORMAT, "%s", is);
        if (is != NULL) reader = NULL;
    }
    free(first);
    return reader;
}

static bool open_text(struct tabular *tabular, struct bytes *bytes, struct problem *p) {
    struct text *text;
    if (!text_open(bytes, tabular->options.encoding, &text, p)) return false;
    text_reader *reader = reader_of(text, p);
    if (reader != NULL) return reader(tabular, text, p);
    text_free(text);
    return false;
}

/* ---- Zip. ---------------------------------------------------------------------------------------
 */

static struct zip *open_zip(const struct tabular *tabular, struct problem *p) {
    zip_error_t error;
    zip_source_t *source = NULL;
    struct zip *zip = NULL;
    int fd = dup(tabular->fd);
    FILE *file = fd >= 0 ? fdopen(fd, "rb") : NULL;
    zip_error_init(&error);
    if (file != NULL)
        source = zip_source_filep_create(file, (zip_uint64_t)tabular->start, -1, &error);
    if (source != NULL) zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (zip == NULL && source != NULL) zip_source_free(source);
    if (source == NULL && file != NULL) (void)fclose(file);
    if (zip == NULL)
        problem_set(
            p, ERR_FILE_FORMAT,
            "The file is packed (zip, or a workbook), and is cut off or damaged. Send it again");
    zip_error_fini(&error);
    return zip;
}

static bool has_part(struct zip *zip, const char *name) {
    return zip_name_locate(zip, name, ZIP_FL_NOCASE) >= 0;
}

/* What a zip is when it is no workbook of ours; NULL: files. */
static const char *other_zip(struct zip *zip) {
    static const struct {
        const char *part, *is;
    } known[] = {
        { "xl/workbook.bin", "The file is a binary workbook (.xlsb); " SAVE_AS },
        { "word/document.xml", "The file is a Word document; put its table into a spreadsheet and "
                               "save that as .xlsx or CSV" },
        { "ppt/presentation.xml", "The file is a presentation, not a table; " SAVE_AS },
        { "content.xml", "The file is of LibreOffice or OpenOffice (ODS or another); " SAVE_AS },
        { "Index/Document.iwa", "The file is of Apple Numbers; export it as Excel or CSV" },
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (has_part(zip, known[i].part)) return known[i].is;
    return NULL;
}

/* The one file in it; -1: there are more or none, and the problem says which. */
static int64_t only_file(struct zip *zip, struct problem *p) {
    int64_t count = zip_get_num_entries(zip, 0), found = -1;
    int files = 0;
    for (int64_t i = 0; i < count; i++) {
        const char *name = zip_get_name(zip, (zip_uint64_t)i, 0);
        size_t length = name != NULL ? strlen(name) : 0;
        if (length == 0 || name[length - 1] == '/' || strncmp(name, "__MACOSX/", 9) == 0) continue;
        found = i;
        files++;
    }
    if (files == 1) return found;
    problem_set(p, ERR_FILE_FORMAT,
                files == 0 ? "The zip has no file in it"
                           : "The zip has %d files in it; unpack it and send them one by one",
                files);
    return -1;
}

/* The first bytes of what is packed: only text may come. */
static bool open_packed(struct tabular *tabular, struct bytes *bytes, const char *packing,
                        struct problem *p) {
    char first[FIRST];
    size_t got;
    const char *is = NULL;
    bool good = bytes_fill(bytes, first, sizeof first, &got, p);
    tabular->about.packing = packing;
    if (good) is = by_mark(first, got);
    if (good && (is_gzip(first, got) || is_zip(first, got) || is_ole(first, got)))
        is = "The file is packed, and what is in it is a workbook or packed again; unpack it first";
    if (is != NULL) good = problem_set(p, ERR_FILE_FORMAT, "%s", is);
    if (good && got == 0)
        good = problem_set(p, ERR_FILE_FORMAT, "The file packed has nothing in it");
    if (!good || !bytes_rewind(bytes, p)) {
        bytes_free(bytes);
        return false;
    }
    return open_text(tabular, bytes, p);
}

static bool open_zipped(struct tabular *tabular, struct problem *p) {
    struct zip *zip = tabular->zip = open_zip(tabular, p);
    if (zip == NULL) return false;
    const char *is = other_zip(zip);
    if (is != NULL) return problem_set(p, ERR_FILE_FORMAT, "%s", is);
    if (has_part(zip, "[Content_Types].xml") || has_part(zip, "xl/workbook.xml"))
        return xlsx_open(tabular, p);
    int64_t entry = only_file(zip, p);
    return entry >= 0 && open_packed(tabular, bytes_zip(zip, entry, &tabular->options), "zip", p);
}

bool tabular_detect(struct tabular *tabular, struct problem *p) {
    struct bytes *bytes = bytes_file(tabular->fd, tabular->start, &tabular->options);
    char first[FIRST];
    size_t got;
    tabular->about.bytes = bytes_size(bytes);
    if (!bytes_fill(bytes, first, sizeof first, &got, p) || !bytes_rewind(bytes, p)) {
        bytes_free(bytes);
        return false;
    }
    const char *is = got == 0 ? "The file is empty" : by_mark(first, got);
    bool plain = is == NULL && !is_gzip(first, got) && !is_zip(first, got) && !is_ole(first, got);
    if (plain) return open_text(tabular, bytes, p);
    bytes_free(bytes);
    if (is != NULL) return problem_set(p, ERR_FILE_FORMAT, "%s", is);
    if (is_gzip(first, got))
        return open_packed(tabular, bytes_gzip(tabular->fd, tabular->start, &tabular->options),
                           "gzip", p);
    return is_zip(first, got) ? open_zipped(tabular, p) : xls_open(tabular, p);
}
