#include "geography_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64 * MIB)

bool table_problem(const struct table_row *row, struct problem *p, const char *format, ...) {
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return problem_set(p, ERR_FILE_FORMAT, "%s line %d: %s", row->file, row->line, what);
}

/* The whole file, NUL-terminated; NULL with the problem. */
static char *file_text(const char *directory, const char *name, struct arena *arena,
                       struct problem *p) {
    FILE *file = fopen(arena_printf(arena, "%s/%s", directory, name), "rb");
    if (!file) {
        problem_set(p, ERR_FILE_FORMAT, "%s is not in the folder given, or may not be read", name);
        return NULL;
    }
    char *text = NULL;
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (size >= 0 && size <= FILE_MAX && fseek(file, 0, SEEK_SET) == 0) {
        text = arena_alloc(arena, (size_t)size + 1);
        if (fread(text, 1, (size_t)size, file) != (size_t)size || !text_is_utf8(text, (size_t)size))
            text = NULL;
    }
    fclose(file);
    if (!text) problem_set(p, ERR_FILE_FORMAT, "%s is not a text file in UTF-8", name);
    return text;
}

/* Cuts the line at its tabs; the number of fields, TABLE_COLUMNS_MAX + 1 for more than fit. */
static int split(char *line, char **fields) {
    int count = 0;
    for (char *at = line; at; count++) {
        if (count == TABLE_COLUMNS_MAX) return count + 1;
        fields[count] = at;
        at = strchr(at, '\t');
        if (at) *at++ = '\0';
    }
    return count;
}

static bool header_read(const struct table_kind *kind, const struct table_row *row, int count,
                        struct problem *p) {
    for (int i = 0; i < count || kind->columns[i]; i++)
        if (i >= count || !text_equal(kind->columns[i], row->fields[i]))
            return table_problem(row, p, "the column '%s' should be '%s'",
                                 i < count ? row->fields[i] : "",
                                 kind->columns[i] ? kind->columns[i] : "(none)");
    return true;
}

bool table_read(const struct table_kind *kind, const char *directory, void *into,
                struct arena *arena, struct problem *p) {
    const char *path = arena_printf(arena, "%s/%s", directory, kind->file);
    if (kind->optional && access(path, F_OK) != 0 && errno == ENOENT) return true;
    char *text = file_text(directory, kind->file, arena, p);
    if (!text) return false;
    struct table_row row = { .file = kind->file };
    int columns = 0;
    for (char *line = text, *next; line && *line; line = next) {
        row.line++;
        size_t length = strcspn(line, "\n");
        next = line[length] ? line + length + 1 : NULL;
        if (length && line[length - 1] == '\r') length--;
        line[length] = '\0';
        if (*line == '#') continue;
        int count = split(line, row.fields);
        if (!columns) {
            if (count > TABLE_COLUMNS_MAX || !header_read(kind, &row, count, p))
                return p->code ? false : table_problem(&row, p, "too many columns");
            columns = count;
            continue;
        }
        if (count != columns)
            return table_problem(&row, p, "the row has another number of columns than the header");
        if (!kind->row(into, &row, p)) return false;
    }
    return columns ? true : problem_set(p, ERR_FILE_FORMAT, "%s is empty", kind->file);
}
