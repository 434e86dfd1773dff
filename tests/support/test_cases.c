#include "test_cases.h"

#include <stdio.h>
#include <stdlib.h>

json_t *test_cases(const char *name) {
    char path[500];
    snprintf(path, sizeof path, HMIS_SOURCE_DIR "/tests/cases/%s.json", name);
    json_error_t error;
    json_t *cases = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (cases) return cases;
    fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
    exit(1);
}
