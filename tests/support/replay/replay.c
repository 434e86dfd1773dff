/* replay: runs a fuzz target over its corpus, over cuts of each file and over the file with a byte
 * changed, as a test. Each input has memory of its own size, so that ASan sees a step too far. */
#include "hmis/base.h"

#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_file(const char *path, struct buffer *out) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char block[4096];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buffer_add(out, block, n);
    assert_false(ferror(file));
    fclose(file);
}

static void run_copy(const struct buffer *bytes, size_t size, size_t changed, uint8_t by) {
    uint8_t *copy = xmalloc(size);
    if (size) memcpy(copy, bytes->data, size);
    if (changed < size) copy[changed] ^= by;
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run(const char *path) {
    static const uint8_t flips[] = { 0x01, 0x20, 0x80, 0xFF };
    struct buffer bytes = { 0 };
    read_file(path, &bytes);
    run_copy(&bytes, bytes.length, SIZE_MAX, 0);
    size_t step = bytes.length / 64 + 1;
    for (size_t at = 0; at < bytes.length; at += step) {
        run_copy(&bytes, at, SIZE_MAX, 0);
        for (size_t f = 0; f < COUNT(flips); f++)
            run_copy(&bytes, bytes.length, at, flips[f]);
    }
    buffer_free(&bytes);
}

static void corpus(void **state) {
    (void)state;
    DIR *folder = opendir(CORPUS_DIR);
    assert_non_null(folder);
    int files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", CORPUS_DIR, entry->d_name);
        run(path);
        files++;
    }
    closedir(folder);
    assert_int_not_equal(files, 0);
}

int main(void) {
    base_start();
    const struct CMUnitTest tests[] = { cmocka_unit_test(corpus) };
    return cmocka_run_group_tests_name(CORPUS_DIR, tests, NULL, NULL);
}
