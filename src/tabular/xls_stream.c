/* The compound file ("OLE") that holds the stream of a workbook: sectors in chains. */
#include "xls.h"

#include <string.h>

enum {
    HEADER = 512,
    ENTRY = 128,  /* of the directory */
    LISTED = 109, /* sectors of the allocation table that the header names itself */
    SMALL = 64,   /* bytes of a small sector */
    STREAM_TYPE = 2,
    ROOT_TYPE = 5,
};
#define CHAIN_END 0xFFFFFFFAU /* this and above: no sector */

struct container {
    const unsigned char *file;
    size_t length, sector; /* bytes of a sector */
    struct buffer table;   /* the allocation table: of each sector the next one */
};

uint32_t xls_u16(const unsigned char *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

uint32_t xls_u32(const unsigned char *at) {
    return xls_u16(at) | xls_u16(at + 2) << 16;
}

bool xls_damaged(struct problem *p) {
    return problem_set(p, ERR_FILE_FORMAT,
                       "The workbook (.xls) is cut off or damaged. Send it again, or open it in a "
                       "spreadsheet program and save it as .xlsx");
}

/* The bytes of a sector, which may be cut at the end of the file; NULL: there is none. */
static const unsigned char *sector_at(const struct container *c, uint32_t number, size_t *length) {
    size_t at = ((size_t)number + 1) * c->sector;
    if (number >= CHAIN_END || at >= c->length) return NULL;
    *length = c->length - at < c->sector ? c->length - at : c->sector;
    return c->file + at;
}

static uint32_t next_in(const struct buffer *table, uint32_t number) {
    size_t at = (size_t)number * 4;
    return table->data != NULL && at + 4 <= table->length
               ? xls_u32((const unsigned char *)table->data + at)
               : CHAIN_END;
}

static bool add_sector(const struct container *c, uint32_t number, struct buffer *out) {
    size_t length;
    const unsigned char *bytes = sector_at(c, number, &length);
    if (bytes == NULL || out->length > c->length) return false; /* a chain that bites its tail */
    buffer_add(out, bytes, length);
    return true;
}

static bool add_chain(const struct container *c, uint32_t number, struct buffer *out) {
    for (; number < CHAIN_END; number = next_in(&c->table, number))
        if (!add_sector(c, number, out)) return false;
    return true;
}

/* The allocation table's sectors are named in the header, and in further sectors if it is large. */
static bool read_table(struct container *c) {
    uint32_t listed = xls_u32(c->file + 44), more = xls_u32(c->file + 68), done = 0;
    size_t length, per = c->sector / 4 - 1;
    for (; done < listed && done < LISTED; done++)
        if (!add_sector(c, xls_u32(c->file + 76 + (size_t)4 * done), &c->table)) return false;
    while (done < listed && more < CHAIN_END) {
        const unsigned char *list = sector_at(c, more, &length);
        if (list == NULL || length < c->sector) return false;
        for (size_t i = 0; i < per && done < listed; i++, done++)
            if (!add_sector(c, xls_u32(list + 4 * i), &c->table)) return false;
        more = xls_u32(list + 4 * per);
    }
    return done == listed;
}

/* ---- The directory. -----------------------------------------------------------------------------
 */

static bool is_named(const unsigned char *entry, const char *name) {
    size_t length = strlen(name);
    if (xls_u16(entry + 64) != 2 * (length + 1)) return false;
    for (size_t i = 0; i < length; i++)
        if (entry[2 * i] != (unsigned char)name[i] || entry[2 * i + 1] != 0) return false;
    return true;
}

static const unsigned char *find_entry(const struct buffer *directory, const char *name, int type) {
    for (size_t at = 0; at + ENTRY <= directory->length; at += ENTRY) {
        const unsigned char *entry = (const unsigned char *)directory->data + at;
        if (entry[66] == type && (name == NULL || is_named(entry, name))) return entry;
    }
    return NULL;
}

static bool other(const struct buffer *directory, struct problem *p) {
    static const struct {
        const char *stream, *is;
    } known[] = {
        { "EncryptedPackage", "The workbook has a password; save it without and send it again" },
        { "WordDocument", "The file is a Word document; put its table into a spreadsheet and save "
                          "that as .xlsx or CSV" },
        { "PowerPoint Document", "The file is a presentation, not a table; save its table as CSV" },
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (find_entry(directory, known[i].stream, STREAM_TYPE) != NULL)
            return problem_set(p, ERR_FILE_FORMAT, "%s", known[i].is);
    return problem_set(p, ERR_FILE_FORMAT,
                       "The file is of an old Office program but no workbook; send .xlsx or CSV");
}

/* ---- The stream. --------------------------------------------------------------------------------
 */

static bool add_small(const struct container *c, const unsigned char *root, uint32_t number,
                      struct buffer *out) {
    struct buffer sectors = { 0 }, table = { 0 };
    bool good =
        add_chain(c, xls_u32(root + 116), &sectors) && add_chain(c, xls_u32(c->file + 60), &table);
    for (; good && number < CHAIN_END; number = next_in(&table, number)) {
        size_t at = (size_t)number * SMALL;
        good = at < sectors.length && out->length <= sectors.length;
        if (good)
            buffer_add(out, sectors.data + at,
                       sectors.length - at < SMALL ? sectors.length - at : SMALL);
    }
    buffer_free(&sectors);
    buffer_free(&table);
    return good;
}

static bool add_stream(const struct container *c, const struct buffer *directory,
                       struct buffer *stream, struct problem *p) {
    const unsigned char *root = find_entry(directory, NULL, ROOT_TYPE);
    const unsigned char *entry = find_entry(directory, "Workbook", STREAM_TYPE);
    if (entry == NULL) entry = find_entry(directory, "Book", STREAM_TYPE);
    if (entry == NULL) return other(directory, p);
    uint32_t start = xls_u32(entry + 116), size = xls_u32(entry + 120);
    bool small = size < xls_u32(c->file + 56);
    if (small && root == NULL) return xls_damaged(p);
    if (small ? !add_small(c, root, start, stream) : !add_chain(c, start, stream))
        return xls_damaged(p);
    if (stream->length < size) return xls_damaged(p);
    stream->length = size;
    return true;
}

bool xls_stream(const unsigned char *file, size_t length, struct buffer *stream,
                struct problem *p) {
    struct container c = { .file = file, .length = length };
    struct buffer directory = { 0 };
    if (length < HEADER) return xls_damaged(p);
    uint32_t shift = xls_u16(file + 30);
    if (shift != 9 && shift != 12) return xls_damaged(p);
    c.sector = (size_t)1 << shift;
    bool good = (read_table(&c) && add_chain(&c, xls_u32(file + 48), &directory)) || xls_damaged(p);
    good = good && add_stream(&c, &directory, stream, p);
    buffer_free(&directory);
    buffer_free(&c.table);
    return good;
}
