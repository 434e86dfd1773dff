/* What the submitter has to confirm: that nothing in the report is meant, and which month. */
#include "hmis/calendar.h"
#include "hmis/period.h"
#include "report_http.h"

static const struct {
    const char *name, *sentence;
} confirmations[CONFIRM__MAX] = {
    [CONFIRM_NO_SERVICES] = { "no_services",
                              "There is no figure in this report: were no services given in this "
                              "month? Say why in a remark on the report" },
    [CONFIRM_RUNNING_MONTH] = { "running_month", "This month is not over yet" },
    [CONFIRM_FAR_MONTH] = { "far_month",
                            "This month lies far back: is it the month that is meant?" },
};

unsigned confirmations_needed(int period, int submitted_version, int filled) {
    unsigned needed = filled == 0 ? 1U << CONFIRM_NO_SERVICES : 0;
    if (submitted_version > 0) return needed;
    enum calendar_nearness nearness = calendar_nearness(period);
    if (nearness == MONTH_RUNNING) needed |= 1U << CONFIRM_RUNNING_MONTH;
    if (nearness == MONTH_FAR) needed |= 1U << CONFIRM_FAR_MONTH;
    return needed;
}

bool confirmations_read(const json_t *list, unsigned *given, struct arena *arena,
                        struct problem *p) {
    size_t i;
    json_t *value;
    *given = 0;
    json_array_foreach((json_t *)list, i, value) {
        unsigned bit = 0;
        for (int c = 0; c < CONFIRM__MAX; c++)
            if (json_is_string(value) &&
                text_equal(json_string_value(value), confirmations[c].name))
                bit = 1U << c;
        if (bit == 0)
            return problem_field(p, arena, "confirm", ERR_INVALID,
                                 "Each is no_services, running_month or far_month");
        *given |= bit;
    }
    return true;
}

bool confirmations_refuse(unsigned missing, struct arena *arena, struct problem *p) {
    if (missing == 0) return true;
    for (int c = 0; c < CONFIRM__MAX; c++)
        if (missing & 1U << c)
            problem_field(p, arena, arena_printf(arena, "confirm.%s", confirmations[c].name),
                          ERR_CONFIRM_NEEDED, "%s", confirmations[c].sentence);
    return problem_set(p, ERR_CONFIRM_NEEDED, NULL);
}

void confirmations_to_json(struct json_out *out, const char *name, unsigned needed) {
    out_array(out, name);
    for (int c = 0; c < CONFIRM__MAX; c++)
        if (needed & 1U << c) out_string(out, NULL, confirmations[c].name);
    out_array_end(out);
}
