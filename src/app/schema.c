/* hmis migrate, hmis config. */
#include "app.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static void tell_applied(int version, const char *name) {
    printf("applied %04d %s\n", version, name);
}

static int status(const struct settings *settings) {
    struct problem p = { 0 };
    struct db_settings db = { .conninfo = settings->database_owner_url,
                              .role = "",
                              .application_name = "hmis-migrate",
                              .connections = 1,
                              .wait_ms = 5000,
                              .statement_timeout_ms = 30000,
                              .lock_timeout_ms = 5000 };
    struct db_pool *pool = db_pool_new(&db);
    struct db *connection = db_take(pool, &p);
    enum db_schema schema = DB_SCHEMA_EMPTY;
    char detail[200] = "";
    bool fine = connection && db_schema_check(connection, &schema, detail, &p);
    db_give(connection);
    app_say_why(pool, &p);
    db_pool_free(pool);
    if (!fine) return app_complain(&p);
    printf("%s\n", schema == DB_SCHEMA_FITS ? "the schema is up to date" : detail);
    return schema == DB_SCHEMA_FITS ? EXIT_DONE : EXIT_FAILED;
}

int command_migrate(const struct settings *settings, int argc, char **argv) {
    if (argc == 1 && text_equal(argv[0], "status")) return status(settings);
    if (argc > 0) return app_usage("hmis migrate takes nothing, or the word status");
    struct problem p = { 0 };
    if (!db_migrate(settings->database_owner_url, tell_applied, &p)) return app_complain(&p);
    printf("the schema is at version %d\n", db_schema_version());
    return EXIT_DONE;
}

static void print_line(const char *text) {
    puts(text);
}

/* A misspelt HMIS_PROT=80 would otherwise go unnoticed. */
static void tell_strangers(void) {
    for (char **variable = environ; *variable; variable++) {
        if (!text_starts(*variable, "HMIS_")) continue;
        const char *name = *variable + strlen("HMIS_");
        size_t length = strcspn(name, "=");
        bool known = false;
        for (int i = 0; settings_row(i) && !known; i++)
            known = strlen(settings_row(i)->name) == length &&
                    strncasecmp(settings_row(i)->name, name, length) == 0;
        if (!known)
            fprintf(stderr, "hmis: note: HMIS_%.*s is in the environment, but no setting\n",
                    (int)length, name);
    }
}

static bool http_is_good(const struct settings *settings) {
    struct arena *arena = arena_new();
    struct problem p = { 0 };
    struct http_settings http = app_http_settings(settings, arena);
    bool good = http_check_settings(&http, &p) || (app_complain(&p), false);
    arena_free(arena);
    return good;
}

static bool database_is_good(const struct settings *settings) {
    struct tool tool;
    if (!tool_open(&tool, settings, TOOL_APPLICATION)) return false;
    tool_close(&tool);
    return true;
}

int command_config(const struct settings *settings, int argc, char **argv) {
    if (argc == 1 && text_equal(argv[0], "print")) {
        settings_print(settings, print_line);
        return EXIT_DONE;
    }
    if (argc != 1 || !text_equal(argv[0], "check"))
        return app_usage("hmis config check, or hmis config print");
    /* What is wrong in itself has been told by settings_load; here, what only a try can show. */
    tell_strangers();
    bool http = http_is_good(settings), database = database_is_good(settings);
    if (!http || !database) return EXIT_FAILED;
    puts("the configuration is good: the database answers and its schema fits");
    return EXIT_DONE;
}
