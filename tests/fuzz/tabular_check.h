/* What holds for every file that is read, whatever its bytes. */
#ifndef TABULAR_CHECK_H
#define TABULAR_CHECK_H

#include "hmis/tabular.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline uint64_t hashed(uint64_t hash, const char *text, int length) {
    for (int i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)text[i]) * 1099511628211U;
    return (hash ^ 0x100) * 1099511628211U;
}

static inline uint64_t check_row(const struct tabular_row *row, int most, uint64_t hash) {
    bool filled = row->count > most;
    ENSURE(row->count > 0, "a row has a column");
    for (int i = 0; i < row->count && i < most; i++) {
        const struct tabular_cell *cell = &row->cells[i];
        ENSURE(cell->length >= 0 && cell->text[cell->length] == '\0', "a cell ends with NUL");
        ENSURE(text_is_utf8(cell->text, (size_t)cell->length), "a cell is UTF-8 without NUL");
        ENSURE(cell->kind < TABULAR_KIND__MAX, "a kind");
        char *tidy = xmalloc((size_t)cell->length + 1);
        size_t length = tabular_tidy(cell->text, (size_t)cell->length, tidy);
        ENSURE(length <= (size_t)cell->length, "tidy is no longer");
        ENSURE((length == 0) == (cell->kind == TABULAR_BLANK) || cell->too_long,
               "blank is what is tidied to nothing");
        free(tidy);
        filled |= cell->too_long || cell->kind != TABULAR_BLANK;
        hash = hashed(hash, cell->text, cell->length);
    }
    ENSURE(filled, "a row has something in it");
    return hash ^ (uint64_t)row->line << 32 ^ (uint64_t)row->count;
}

/* All rows of the sheet at hand; *whole: to its end. */
static inline uint64_t check_rows(struct tabular *tabular, const struct tabular_options *options,
                                  bool *whole) {
    struct problem p = { 0 };
    struct tabular_row row;
    uint64_t hash = 14695981039346656037U;
    int64_t line = 0;
    bool end = false;
    while ((*whole = tabular_next(tabular, &row, &end, &p)) && !end) {
        ENSURE(row.line > line, "lines go on");
        line = row.line;
        hash = check_row(&row, options->columns_most, hash);
    }
    ENSURE(*whole || (p.code != ERR_NONE && p.detail[0] != '\0'), "what is wrong is said");
    return hash;
}

/* Reads the bytes as a file, every sheet of it, the first one twice. */
static inline void check_file(const void *bytes, size_t size,
                              const struct tabular_options *options) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct problem p = { 0 };
    struct tabular *tabular;
    struct arena *arena = arena_new();
    ENSURE(fd >= 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size, "room for the file");
    if (tabular_open(fd, options, &tabular, arena, &p)) {
        bool whole, again = false;
        const struct tabular_about *about = tabular_about(tabular);
        int sheet = about->sheet < 0 ? 0 : about->sheet;
        uint64_t first = check_rows(tabular, options, &whole), second = first;
        if (tabular_select(tabular, sheet, &p)) second = check_rows(tabular, options, &again);
        ENSURE(whole == again && first == second, "a second reading is as the first");
        for (int i = 0; i < about->sheet_count; i++)
            if (i != sheet && tabular_select(tabular, i, &p))
                (void)check_rows(tabular, options, &whole);
    } else {
        ENSURE(tabular == NULL && p.code != ERR_NONE && p.detail[0] != '\0',
               "what is wrong is said");
    }
    tabular_close(tabular);
    arena_free(arena);
    close(fd);
}

#endif
