#include "hmis/log.h"

#include "app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command commands[] = {
    { "serve", "", "run the server until SIGTERM or Ctrl-C",
      "SIGHUP reads certificate and key again. Prints \"listening URL\" once it accepts "
      "requests.\n",
      command_serve },
    { "migrate", "[status]", "bring the database's schema up to date",
      "Connects with database_owner_url (or database_url). `status` only tells what is missing.\n",
      command_migrate },
    { "config", "check | print", "check the configuration and name what is wrong, or print it",
      NULL, command_config },
    { "routes", "", "print every route: who may call it, and what it does", NULL, command_routes },
    { "geography", "load DIRECTORY", "load states, districts, sub-districts, blocks",
      "DIRECTORY has the files docs/geography.md describes; loading again brings changes in.\n",
      command_geography },
    { "dictionary", "load [--if-empty] DIRECTORY", "load a version of the data dictionary",
      "DIRECTORY has the files docs/dictionary.md describes; loading again brings changes in.\n",
      command_dictionary },
    { "import",
      "FILE|- --format extract|long [--month 2022-04] [--dry-run] [--atomic] [--create-facilities] "
      "[--refused FILE]",
      "load figures from the ministry's facility-wise extract or a plain long file",
      "Refused rows go to standard error, or to the --refused file as CSV. Exit status 3: some "
      "rows\n"
      "were refused, the good ones are stored (with --atomic: nothing is).\n",
      command_import },
    { "admin", "create-user | reset-password | disable | enable | list", "make and keep accounts",
      "`hmis admin create-user --help` tells its flags.\n", command_admin },
    { "demo",
      "load|write --size small|full --directory DIR [--source FILE] [--geography DIR] [--if-empty]",
      "load the demonstration state",
      "write only makes the import files in DIR; load makes them, imports them and makes an "
      "account\n"
      "for each role. --source takes any file of the published layout, gzip or plain.\n",
      command_demo },
    { "check", "[--rebuild]", "add all totals again from the reports and compare",
      "--rebuild throws the totals away and makes them again first. Exit status 1: a difference.\n",
      command_check },
};

static int print_help(void) {
    puts("hmis " HMIS_VERSION ": Health Management Information System server\n\n"
         "usage: hmis COMMAND [--setting value ...] [arguments]\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        printf("  %-11s %s\n", commands[i].name, commands[i].summary);
    puts("\nhmis COMMAND --help explains a command. Settings come from /etc/hmis/hmis.conf (or "
         "--config),\n"
         "HMIS_<NAME> in the environment and --<name> flags, the later ones winning;\n"
         "`hmis config print` lists them all with their values and meanings.");
    return EXIT_DONE;
}

static int print_command_help(const struct command *command) {
    printf("usage: hmis %s %s\n\n%s.\n%s", command->name, command->arguments, command->summary,
           command->help ? command->help : "");
    return EXIT_DONE;
}

/* Index of the setting that a flag names, or -1; "--config" is one too. */
static bool is_setting(const char *word, bool *takes_value) {
    size_t length = strcspn(word + 2, "=");
    *takes_value = word[2 + length] == '\0';
    if (length == 6 && memcmp(word + 2, "config", 6) == 0) return true;
    const struct settings_row *row;
    for (int i = 0; (row = settings_row(i)); i++) {
        bool same = strlen(row->name) == length;
        for (size_t c = 0; same && c < length; c++)
            same = row->name[c] == (word[2 + c] == '-' ? '_' : word[2 + c]);
        if (!same) continue;
        if (text_equal(row->fallback, "yes") || text_equal(row->fallback, "no"))
            *takes_value = false;
        return true;
    }
    return false;
}

/* Settings may stand anywhere among a command's own flags: sorts them to the front. */
static int settings_first(int argc, char **argv, char **sorted) {
    int front = 0, back = 0;
    char **own = xcalloc((size_t)argc + 1, sizeof *own);
    for (int i = 0; i < argc; i++) {
        bool takes_value;
        if (!text_starts(argv[i], "--") || !is_setting(argv[i], &takes_value)) {
            own[back++] = argv[i];
            continue;
        }
        sorted[front++] = argv[i];
        if (takes_value && i + 1 < argc) sorted[front++] = argv[++i];
    }
    memcpy(sorted + front, own, (size_t)back * sizeof *own);
    free(own);
    return front;
}

static void set_log_level(const char *name) {
    static const char *const names[] = {
        [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (text_equal(names[i], name)) log_set_level((enum log_level)i);
}

static int run(const struct command *command, int argc, char **argv) {
    for (int i = 0; i < argc; i++)
        if ((text_equal(argv[i], "--help") || text_equal(argv[i], "-h")) &&
            command->run != command_admin)
            return print_command_help(command);
    char **sorted = xcalloc((size_t)argc + 1, sizeof *sorted);
    int front = settings_first(argc, argv, sorted), rest = 0;
    struct settings settings;
    struct problem p = { 0 };
    int status = EXIT_USAGE;
    if (settings_load(&settings, front, sorted, &rest, &p)) {
        set_log_level(settings.log_level);
        status = command->run(&settings, argc - front, sorted + front);
    } else {
        app_complain(&p);
    }
    settings_free(&settings);
    free(sorted);
    return status;
}

int main(int argc, char **argv) {
    base_start();
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2 || text_equal(argv[1], "--help") || text_equal(argv[1], "-h") ||
        text_equal(argv[1], "help"))
        return print_help();
    if (text_equal(argv[1], "--version")) {
        puts("hmis " HMIS_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COUNT(commands); i++)
        if (text_equal(commands[i].name, argv[1])) return run(&commands[i], argc - 2, argv + 2);
    return app_usage("there is no command \"%.40s\"; hmis --help lists them", argv[1]);
}
