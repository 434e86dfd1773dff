#include "hmis/params.h"

#include "hmis/calendar.h"
#include "hmis/clock.h"
#include "hmis/period.h"

#include <string.h>

bool query_month(struct request *r, const char *name, int absent, int *period, struct problem *p) {
    const char *text = req_query(r, name);
    *period = absent;
    if (!text && absent) return true;
    if (text && period_parse(text, period))
        return *period <= calendar_month() || problem_set(p, ERR_PERIOD_FUTURE, NULL);
    return problem_set(p, ERR_BAD_QUERY, "%s: %s; write a month as 2022-04", name,
                       text ? "not a month" : "missing");
}

bool query_word(struct request *r, const char *name, const char *const *words, size_t count,
                int *place, struct problem *p) {
    const char *text = req_query(r, name);
    *place = 0;
    if (!text) return true;
    struct buffer list = { 0 };
    for (size_t i = 0; i < count; i++) {
        if (text_equal(text, words[i])) {
            *place = (int)i;
            buffer_free(&list);
            return true;
        }
        buffer_printf(&list, "%s%s", i ? " or " : "", words[i]);
    }
    problem_set(p, ERR_BAD_QUERY, "%s: write %.*s", name, (int)list.length, list.data);
    buffer_free(&list);
    return false;
}

bool query_facility_type(struct request *r, enum facility_type *type, struct problem *p) {
    const char *text = req_query(r, "type");
    *type = text ? facility_type_parse(text) : FACILITY_TYPE_NONE;
    if (!text || *type != FACILITY_TYPE_NONE) return true;
    return problem_set(p, ERR_BAD_QUERY, "type: write SC, PHC, CHC, SDH, DH or DHQ");
}

bool query_language(struct request *r, const char **language, struct problem *p) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    *language = req_query(r, "language");
    if (!*language) return true;
    size_t length = strlen(*language);
    if (length >= 2 && length <= 15 && strspn(*language, letters) == length) return true;
    return problem_set(p, ERR_BAD_QUERY, "language: write a code such as en or hi");
}

void reply_as_on(struct request *r, int64_t as_on_us) {
    char text[25];
    clock_format_utc(text, as_on_us);
    reply_header(r, "HMIS-Status-As-On", text);
}

void reply_csv(struct request *r, struct csv_out *csv, const char *filename) {
    reply_buffer(r, 200, "text/csv; charset=utf-8", &csv->buffer, filename);
}
