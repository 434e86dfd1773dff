#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int app_complain(const struct problem *p) {
    fprintf(stderr, "hmis: %s\n", p->detail[0] ? p->detail : error_text(p->code));
    for (size_t i = 0; i < p->field_count; i++) {
        const struct field_problem *field = &p->fields[i];
        fprintf(stderr, "  %s: %s\n", field->field,
                field->detail ? field->detail : error_text(field->code));
    }
    return EXIT_FAILED;
}

int app_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("hmis: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

static const struct app_flag *flag_named(const struct app_flag *flags, size_t count,
                                         const char *name, size_t length) {
    for (size_t i = 0; i < count; i++)
        if (strlen(flags[i].name) == length && memcmp(flags[i].name, name, length) == 0)
            return &flags[i];
    return NULL;
}

bool app_flags(int argc, char **argv, const struct app_flag *flags, size_t flag_count,
               const char **words, int word_room, int *word_count) {
    *word_count = 0;
    for (int i = 0; i < argc; i++) {
        if (!text_starts(argv[i], "--")) {
            if (*word_count == word_room)
                return app_usage("\"%.60s\" is one argument too many", argv[i]), false;
            words[(*word_count)++] = argv[i];
            continue;
        }
        size_t length = strcspn(argv[i] + 2, "=");
        const struct app_flag *flag = flag_named(flags, flag_count, argv[i] + 2, length);
        const char *equals = argv[i][2 + length] ? argv[i] + 3 + length : NULL;
        if (!flag) return app_usage("there is no flag %.60s here", argv[i]), false;
        if (flag->yes) {
            if (equals) return app_usage("--%s takes no value", flag->name), false;
            *flag->yes = true;
        } else if (equals || i + 1 < argc) {
            *flag->value = equals ? equals : argv[++i];
        } else {
            return app_usage("--%s needs a value", flag->name), false;
        }
    }
    return true;
}

void app_say_why(struct db_pool *pool, struct problem *p) {
    char failure[300];
    db_pool_failure(pool, failure);
    if (p->code != ERR_UNAVAILABLE || !*failure ||
        !text_equal(p->detail, error_text(ERR_UNAVAILABLE)))
        return;
    problem_set(p, ERR_UNAVAILABLE, "the database cannot be reached: %.300s", failure);
}

static bool schema_fits(struct tool *tool, struct problem *p) {
    enum db_schema schema;
    char detail[200];
    if (!db_schema_check(tool->db, &schema, detail, p)) return false;
    return schema == DB_SCHEMA_FITS || problem_set(p, ERR_UNAVAILABLE, "%s", detail);
}

bool tool_open(struct tool *tool, const struct settings *settings, enum tool_as as) {
    *tool = (struct tool){ .arena = arena_new(), .dictionaries = dictionary_store_new() };
    struct db_settings db = {
        .conninfo = as == TOOL_OWNER ? settings->database_owner_url : settings->database_url,
        .role = as == TOOL_OWNER ? "" : settings->database_role,
        .application_name = "hmis-tool",
        .connections = 4,
        .wait_ms = (int)settings->database_wait_ms,
        /* A load or an import has statements longer than a request may have. */
        .statement_timeout_ms = 600000,
        .lock_timeout_ms = 30000,
        .named_statements = settings->database_named_statements,
    };
    struct problem p = { 0 };
    tool->pool = db_pool_new(&db);
    tool->db = db_take(tool->pool, &p);
    if (tool->db && schema_fits(tool, &p)) return true;
    app_say_why(tool->pool, &p);
    app_complain(&p);
    tool_close(tool);
    return false;
}

bool tool_dictionaries(struct tool *tool) {
    struct problem p = { 0 };
    if (!dictionary_refresh(tool->dictionaries, tool->db, &p)) return app_complain(&p), false;
    tool->set = dictionary_hold(tool->dictionaries);
    return true;
}

void tool_close(struct tool *tool) {
    if (tool->set) dictionary_release(tool->dictionaries, tool->set);
    dictionary_store_free(tool->dictionaries);
    db_give(tool->db);
    db_pool_free(tool->pool);
    arena_free(tool->arena);
    *tool = (struct tool){ 0 };
}
