/* test_dictionary: the files of a small dictionary, T-1, good or with single places changed. */
#ifndef TEST_DICTIONARY_H
#define TEST_DICTIONARY_H

#include <stddef.h>

/* The first `old` of the file becomes `new`; it must be there. */
struct test_change {
    const char *file, *old, *new;
};

/* A fresh directory with the good files, removed when the program ends. Not for several threads. */
const char *test_dictionary_directory(void);
/* Writes all files again: good, then changed one after the other. */
void test_dictionary_write(const char *directory, const struct test_change *changes, size_t count);
void test_dictionary_write_file(const char *directory, const char *name, const char *text,
                                size_t length);
void test_dictionary_remove_file(const char *directory, const char *name);

#endif
