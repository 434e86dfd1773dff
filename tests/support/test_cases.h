/* test_cases: JSON case files of tests/cases/, which TypeScript runs too. */
#ifndef TEST_CASES_H
#define TEST_CASES_H

#include <jansson.h>

/* The file tests/cases/<name>.json; fails the test when it is not there or not JSON. The caller
 * releases it with json_decref. */
json_t *test_cases(const char *name);

#endif
