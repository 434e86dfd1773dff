/* The counts of a job: their names and their order, once. */
#include "hmis/import.h"

const char *const import_count_names[IMPORT_COUNTS] = {
    "bytes_read",         "rows_read",          "rows_blank",         "rows_refused",
    "rows_asked",         "figures_read",       "figures_stored",     "figures_unchanged",
    "figures_refused",    "figures_lost",       "figures_asked",      "figures_replaced",
    "figures_emptied",    "figures_kept",       "reports_new",        "reports_changed",
    "reports_unchanged",  "facilities_created", "facilities_changed", "facilities_moved",
    "facilities_refused", "findings",           "refusals",
};

#define AT(name) offsetof(struct import_result, name)
static const size_t offsets[IMPORT_COUNTS] = {
    AT(bytes_read),         AT(rows_read),          AT(rows_blank),         AT(rows_refused),
    AT(rows_asked),         AT(figures_read),       AT(figures_stored),     AT(figures_unchanged),
    AT(figures_refused),    AT(figures_lost),       AT(figures_asked),      AT(figures_replaced),
    AT(figures_emptied),    AT(figures_kept),       AT(reports_new),        AT(reports_changed),
    AT(reports_unchanged),  AT(facilities_created), AT(facilities_changed), AT(facilities_moved),
    AT(facilities_refused), AT(findings),           AT(refusals),
};

void import_counts_get(const struct import_result *result, int64_t counts[IMPORT_COUNTS]) {
    for (int i = 0; i < IMPORT_COUNTS; i++)
        counts[i] = *(const int64_t *)((const char *)result + offsets[i]);
}

void import_counts_add(struct import_result *to, const struct import_result *from) {
    for (int i = 0; i < IMPORT_COUNTS; i++)
        *(int64_t *)((char *)to + offsets[i]) +=
            *(const int64_t *)((const char *)from + offsets[i]);
}
