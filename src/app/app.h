/* app: the sub-commands of the binary, private to src/app/. Each returns the exit status: 0 done,
 * 1 failed (the reason is on standard error), 2 called wrongly, 3 done but rows were refused. */
#ifndef APP_H
#define APP_H

#include "hmis/db.h"
#include "hmis/dictionary.h"
#include "hmis/http.h"
#include "hmis/settings.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3 };

struct command {
    const char *name, *arguments, *summary;
    const char *help; /* more lines for `hmis NAME --help`; or NULL */
    int (*run)(const struct settings *settings, int argc, char **argv);
};

int command_serve(const struct settings *settings, int argc, char **argv);
int command_migrate(const struct settings *settings, int argc, char **argv);
int command_config(const struct settings *settings, int argc, char **argv);
int command_routes(const struct settings *settings, int argc, char **argv);
int command_geography(const struct settings *settings, int argc, char **argv);
int command_dictionary(const struct settings *settings, int argc, char **argv);
int command_demo(const struct settings *settings, int argc, char **argv);
int command_export(const struct settings *settings, int argc, char **argv);
int command_import(const struct settings *settings, int argc, char **argv);
int command_admin(const struct settings *settings, int argc, char **argv);
int command_facility(const struct settings *settings, int argc, char **argv);
int command_check(const struct settings *settings, int argc, char **argv);

/* Prints the problem with its fields; returns EXIT_FAILED. */
int app_complain(const struct problem *p);
/* "called wrongly": the text and where the help is; returns EXIT_USAGE. */
int app_usage(const char *format, ...) PRINTF(1, 2);

/* Flags of a sub-command's own: takes "--name value", "--name=value" or, with a bool, "--name".
 * What is left over goes to words[], at most word_room. False: complained already. */
struct app_flag {
    const char *name; /* without the hyphens */
    const char **value;
    bool *yes;
};
MUST_USE bool app_flags(int argc, char **argv, const struct app_flag *flags, size_t flag_count,
                        const char **words, int word_room, int *word_count);

/* One connection for a sub-command: as the application's role, or as the owner of the schema. */
struct tool {
    struct db_pool *pool;
    struct db *db;
    struct arena *arena;
    struct dictionary_store *dictionaries;
    const struct dictionary_set *set; /* held; only after tool_dictionaries */
};
enum tool_as { TOOL_APPLICATION, TOOL_OWNER };
/* Refuses a schema that does not fit this binary. False: complained already. */
MUST_USE bool tool_open(struct tool *tool, const struct settings *settings, enum tool_as as);
MUST_USE bool tool_dictionaries(struct tool *tool);
void tool_close(struct tool *tool);

/* What the server is started with, and what `hmis config check` looks at. Lives in the arena; the
 * caller fills in what it has made itself (pool, app, functions). */
struct http_settings app_http_settings(const struct settings *settings, struct arena *arena);

/* "the database cannot be reached: ..." with what PostgreSQL said, where that is what went wrong.
 */
void app_say_why(struct db_pool *pool, struct problem *p);

/* All modules' route tables, in one array. */
const struct route_table *app_routes(size_t *count);

#endif
