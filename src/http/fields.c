#include <string.h>

#include "http_internal.h"

static const struct field_spec *find_field(const struct field_spec *fields, size_t count,
                                           const char *name) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(fields[i].name, name)) return &fields[i];
    return NULL;
}

enum { NAME_SHOWN = 64, UNKNOWN_SHOWN = 20 };

/* A name the client made up, cut where a character begins. */
static const char *shown(struct arena *arena, const char *name) {
    size_t length = strlen(name);
    if (length > NAME_SHOWN)
        for (length = NAME_SHOWN; (name[length] & 0xc0) == 0x80;)
            length--;
    return arena_strndup(arena, name, length);
}

static void refuse_unknown(struct request *r, const struct field_spec *fields, size_t count,
                           struct problem *p) {
    const char *name;
    json_t *value;
    json_object_foreach(r->json, name, value) if (!find_field(fields, count, name) &&
                                                  p->field_count < UNKNOWN_SHOWN)
        problem_field(p, r->arena, shown(r->arena, name), ERR_UNKNOWN_FIELD, NULL);
}

static void put(void *target, size_t offset, const void *value, size_t size) {
    memcpy((char *)target + offset, value, size);
}

static void put_pointer(void *target, size_t offset, const void *pointer) {
    put(target, offset, &pointer, sizeof(void *));
}

static bool read_text(struct request *r, const struct field_spec *field, const json_t *value,
                      void *target, struct problem *p) {
    if (!json_is_string(value))
        return problem_field(p, r->arena, field->name, ERR_INVALID, "A text is needed here");
    int64_t length = (int64_t)json_string_length(value);
    if (length < field->low || (field->high && length > field->high))
        return problem_field(p, r->arena, field->name, ERR_INVALID,
                             "The text must have %lld to %lld bytes", (long long)field->low,
                             (long long)field->high);
    const char *text = json_string_value(value); /* lives as long as the body's tree */
    put_pointer(target, field->offset, text);
    return true;
}

static bool read_int(struct request *r, const struct field_spec *field, const json_t *value,
                     void *target, struct problem *p) {
    int64_t number = json_integer_value(value);
    if (!json_is_integer(value))
        return problem_field(p, r->arena, field->name, ERR_INVALID,
                             "A whole number is needed here");
    if (number < field->low || number > field->high)
        return problem_field(p, r->arena, field->name, ERR_INVALID,
                             "The number must lie between %lld and %lld", (long long)field->low,
                             (long long)field->high);
    put(target, field->offset, &number, sizeof(number));
    return true;
}

static bool read_bool(struct request *r, const struct field_spec *field, const json_t *value,
                      void *target, struct problem *p) {
    bool truth = json_is_true(value);
    if (!json_is_boolean(value))
        return problem_field(p, r->arena, field->name, ERR_INVALID, "true or false is needed here");
    put(target, field->offset, &truth, sizeof(truth));
    return true;
}

static bool read_object(struct request *r, const struct field_spec *field, const json_t *value,
                        void *target, struct problem *p) {
    if (!json_is_object(value))
        return problem_field(p, r->arena, field->name, ERR_INVALID, "An object is needed here");
    put_pointer(target, field->offset, value);
    return true;
}

static bool read_array(struct request *r, const struct field_spec *field, const json_t *value,
                       void *target, struct problem *p) {
    if (!json_is_array(value))
        return problem_field(p, r->arena, field->name, ERR_INVALID, "A list is needed here");
    put_pointer(target, field->offset, value);
    return true;
}

static bool (*const readers[])(struct request *, const struct field_spec *, const json_t *, void *,
                               struct problem *) = {
    [FIELD_TEXT] = read_text,     [FIELD_INT] = read_int,     [FIELD_BOOL] = read_bool,
    [FIELD_OBJECT] = read_object, [FIELD_ARRAY] = read_array,
};

bool req_read(struct request *r, const struct field_spec *fields, size_t count, void *target) {
    struct problem p = { 0 };
    ENSURE(r->json, "the route has a JSON body");
    refuse_unknown(r, fields, count, &p);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(r->json, fields[i].name);
        /* null is as if it were not given, but for yes or no: "dry_run": null carried an act out */
        if (value && (!json_is_null(value) || fields[i].kind == FIELD_BOOL))
            (void)!readers[fields[i].kind](r, &fields[i], value, target, &p);
        else if (fields[i].needed)
            problem_field(&p, r->arena, fields[i].name, ERR_MISSING_FIELD, NULL);
    }
    if (p.field_count == 0) return true;
    p.code = ERR_INVALID;
    reply_problem(r, &p);
    return false;
}

bool req_only_query(struct request *r, const char *const *names, size_t count) {
    for (size_t i = 0; i < r->query_count; i++) {
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known = known || !strcmp(names[k], r->query[i].name);
        if (known) continue;
        reply_error(r, ERR_BAD_QUERY, "There is no query parameter \"%s\" here",
                    shown(r->arena, r->query[i].name));
        return false;
    }
    return true;
}
