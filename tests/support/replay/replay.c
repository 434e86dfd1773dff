/* replay: runs a fuzz target over its corpus, and over every cut of each file, as a test. */
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

static void run(const char *path) {
    struct buffer bytes = { 0 };
    read_file(path, &bytes);
    buffer_reserve(&bytes, 1); /* not NULL, even for an empty file */
    size_t step = bytes.length / 64 + 1;
    for (size_t size = 0; size < bytes.length; size += step)
        LLVMFuzzerTestOneInput((uint8_t *)bytes.data, size);
    LLVMFuzzerTestOneInput((uint8_t *)bytes.data, bytes.length);
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
