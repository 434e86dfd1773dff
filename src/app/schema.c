/* hmis migrate, hmis config. */
#include "app.h"

#include <stdio.h>

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

int command_config(const struct settings *settings, int argc, char **argv) {
    if (argc == 1 && text_equal(argv[0], "print")) {
        settings_print(settings, print_line);
        return EXIT_DONE;
    }
    if (argc != 1 || !text_equal(argv[0], "check"))
        return app_usage("hmis config check, or hmis config print");
    /* What is wrong in itself has been told by settings_load; here, what only a try can show. */
    struct tool tool;
    if (!tool_open(&tool, settings, TOOL_APPLICATION)) return EXIT_FAILED;
    tool_close(&tool);
    puts("the configuration is good: the database answers and its schema fits");
    return EXIT_DONE;
}
