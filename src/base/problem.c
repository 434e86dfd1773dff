#include "hmis/problem.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int status;
    const char *text;
} errors[ERR__MAX] = {
#define E(id, code, http_status, english) [ERR_##id] = { code, http_status, english },
#include "hmis/errors.def"
#undef E
};

const char *error_code_name(enum error_code code) {
    return errors[code].name;
}

int error_status(enum error_code code) {
    return errors[code].status;
}

const char *error_text(enum error_code code) {
    return errors[code].text;
}

bool problem_set(struct problem *p, enum error_code code, const char *format, ...) {
    p->code = code;
    if (!format) {
        snprintf(p->detail, sizeof p->detail, "%s", errors[code].text);
        return false;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(p->detail, sizeof p->detail, format, args);
    va_end(args);
    text_mend(p->detail);
    return false;
}

static void fields_reserve(struct problem *p, struct arena *arena) {
    if (p->field_count < p->field_capacity) return;
    p->field_capacity = p->field_capacity ? p->field_capacity * 2 : 8;
    struct field_problem *fields = arena_array(arena, p->field_capacity, sizeof *fields);
    if (p->field_count) memcpy(fields, p->fields, p->field_count * sizeof *fields);
    p->fields = fields;
}

bool problem_field(struct problem *p, struct arena *arena, const char *field, enum error_code code,
                   const char *format, ...) {
    if (p->code == ERR_NONE) problem_set(p, ERR_INVALID, NULL);
    const char *detail = NULL;
    if (format) {
        va_list args;
        va_start(args, format);
        detail = arena_vprintf(arena, format, args);
        va_end(args);
    }
    fields_reserve(p, arena);
    p->fields[p->field_count++] =
        (struct field_problem){ arena_strdup(arena, field), code, detail };
    return false;
}
