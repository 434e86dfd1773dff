#include "hmis/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void base_abort(const char *file, int line, const char *what) {
    fprintf(stderr,
            "{\"level\":\"error\",\"event\":\"abort\",\"where\":\"%s:%d\",\"message\":\"%s\"}\n",
            file, line, what);
    abort();
}

void *xmalloc(size_t size) {
    void *memory = malloc(size ? size : 1);
    ENSURE(memory, "memory is left");
    return memory;
}

void *xcalloc(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size ? size : 1);
    ENSURE(memory, "memory is left");
    return memory;
}

void *xrealloc(void *old, size_t size) {
    void *memory = realloc(old, size ? size : 1);
    ENSURE(memory, "memory is left");
    return memory;
}

char *xstrdup(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(xmalloc(size), text, size);
}
