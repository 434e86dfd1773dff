#include "report_later.h"

#include <string.h>

#include "hmis/calendar.h"

struct later {
    struct arena *arena;
    bool *seen; /* rows of the past */
    size_t count;
    int32_t *facilities, *periods, *versions;
    int16_t *forms;
    const char **findings;
};

struct later *later_new(const struct past *past, struct arena *arena) {
    size_t room = (size_t)past_row_count(past) + 1;
    struct later *later = arena_alloc(arena, sizeof *later);
    *later = (struct later){
        .arena = arena,
        .seen = arena_array(arena, room, sizeof(bool)),
        .facilities = arena_array(arena, room, sizeof(int32_t)),
        .periods = arena_array(arena, room, sizeof(int32_t)),
        .versions = arena_array(arena, room, sizeof(int32_t)),
        .forms = arena_array(arena, room, sizeof(int16_t)),
        .findings = arena_array(arena, room, sizeof(char *)),
    };
    return later;
}

/* "{65536,131077}" */
static const char *array_text(struct arena *arena, const int32_t *values, int count) {
    struct buffer text = { 0 };
    buffer_add_char(&text, '{');
    for (int i = 0; i < count; i++)
        buffer_printf(&text, "%s%d", i > 0 ? "," : "", values[i]);
    buffer_add_char(&text, '}');
    const char *copy = arena_strndup(arena, text.data, text.length);
    buffer_free(&text);
    return copy;
}

static void add(struct later *later, const struct report_new *report,
                const struct past_later *month, const int32_t *findings, int count) {
    size_t at = later->count++;
    later->facilities[at] = report->facility_id;
    later->periods[at] = month->period;
    later->versions[at] = month->version;
    later->forms[at] = (int16_t)month->form->id;
    later->findings[at] = array_text(later->arena, findings, count);
}

void later_examine(struct later *later, struct past *past, const struct report_new *reports,
                   const struct report_result *results, int index, const struct past_peaks *peaks) {
    const struct report_new *report = &reports[index];
    int32_t others[CELLS_MAX], findings[FINDINGS_MAX];
    for (int months = 1; months <= HISTORY_MONTHS; months++) {
        struct past_later month;
        if (!past_later(past, index, months, results, &month) || later->seen[month.row]) continue;
        later->seen[month.row] = true;
        past_peaks_of_others(peaks, month.cells, month.form->dictionary->width, others);
        struct checks checks = { &month.history, others, month.period, calendar_today() };
        int count = findings_evaluate(month.form, month.cells, &checks, findings, FINDINGS_MAX);
        if ((size_t)count != month.finding_count ||
            (count > 0 && memcmp(findings, month.findings, (size_t)count * sizeof *findings) != 0))
            add(later, report, &month, findings, count);
    }
}

bool later_write(struct db *db, const struct later *later, struct problem *p) {
    if (later->count == 0) return true;
    return db_query(
        db, Q_REPORT_FINDINGS,
        DB_ARGS(DB_INT4S(later->facilities, later->count), DB_INT4S(later->periods, later->count),
                DB_INT2S(later->forms, later->count), DB_INT4S(later->versions, later->count),
                DB_TEXTS(later->findings, later->count)),
        later->arena, NULL, p);
}
