#include "tabular_rows.h"

#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void add_row(struct buffer *out, const struct tabular_row *row, int most) {
    static const char *const marks[TABULAR_KIND__MAX] = { "", "", "n", "d", "b" };
    if (out->length > 0) buffer_add_char(out, ' ');
    buffer_printf(out, "%lld:", (long long)row->line);
    for (int i = 0; i < row->count && i < most; i++) {
        if (i > 0) buffer_add_char(out, '|');
        const struct tabular_cell *cell = &row->cells[i];
        buffer_add_text(out, marks[cell->kind]);
        buffer_add_text(out, cell->text);
    }
}

static struct read_in read_fd(int fd, const struct tabular_options *options) {
    struct read_in read = { .arena = arena_new() };
    struct tabular *tabular;
    struct tabular_row row;
    struct buffer out = { 0 };
    bool end = false;
    read.good = tabular_open(fd, options, &tabular, read.arena, &read.problem);
    while (read.good && !end) {
        read.good = tabular_next(tabular, &row, &end, &read.problem);
        if (!read.good || end) break;
        read.row_count++;
        add_row(&out, &row, options && options->columns_most ? options->columns_most : 2048);
    }
    if (tabular != NULL) read.about = *tabular_about(tabular);
    tabular_close(tabular);
    close(fd);
    buffer_add_char(&out, '\0');
    read.rows = out.data;
    return read;
}

struct read_in read_bytes(const void *bytes, size_t length, const struct tabular_options *options) {
    int fd = memfd_create("case", MFD_CLOEXEC);
    assert_true(fd >= 0);
    if (length > 0) assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return read_fd(fd, options);
}

struct read_in read_data(const char *path, const struct tabular_options *options) {
    char whole[512];
    snprintf(whole, sizeof whole, "%s/tests/data/%s", HMIS_SOURCE_DIR, path);
    int fd = open(whole, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail_msg("there is no %s", whole);
    return read_fd(fd, options);
}

void read_free(struct read_in *read) {
    free(read->rows);
    arena_free(read->arena);
}

const char *read_note(const struct read_in *read, const char *code) {
    for (int i = 0; i < read->about.note_count; i++)
        if (strcmp(read->about.notes[i].code, code) == 0) return read->about.notes[i].text;
    return NULL;
}
