#include "hmis/calendar.h"
#include "hmis/log.h"

#include "app.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command commands[] = {
    { "serve", "", "run the server until SIGTERM or Ctrl-C",
      "Prints \"listening URL\" once it accepts requests; the log, a JSON object a line, goes to\n"
      "standard error. A database that does not answer yet is waited for, at most 30 seconds.\n"
      "SIGHUP reads certificate and key again. Exit status 1: it could not start (the reason is\n"
      "told), or another version has migrated the schema meanwhile.\n"
      "\n"
      "  hmis serve --port 8080 --database-url 'dbname=hmis user=hmis_owner'\n",
      command_serve },
    { "migrate", "[status]", "make or update the schema of the database",
      "Connects with database_owner_url (or database_url). Safe to repeat; two at a time wait for\n"
      "each other. `status` only tells whether anything is missing (exit status 1: it is).\n",
      command_migrate },
    { "config", "check | print", "check the configuration, or print it",
      "check: names every setting that is wrong and where it was set; tries the database, its\n"
      "schema, certificate and key, folders. Exit status 0: all is good.\n"
      "print: every setting with its value, where it was set, and what it means. Passwords are "
      "not\n"
      "shown.\n",
      command_config },
    { "routes", "", "print every address of the API: who may call it, and what it does",
      "docs/api.md has each with an example.\n", command_routes },
    { "geography", "load DIRECTORY", "load states, districts, sub-districts, blocks",
      "DIRECTORY has the files docs/geography.md describes (data/geography in the sources). "
      "Loading\n"
      "again brings changes in. Connects with database_owner_url (or database_url).\n",
      command_geography },
    { "dictionary", "load [--if-empty] DIRECTORY", "load a version of the data dictionary",
      "DIRECTORY has the files docs/dictionary.md describes (data/dictionary/HMIS-2017 in the\n"
      "sources). Loading again brings changes in; running servers follow within seconds.\n"
      "--if-empty: only when no dictionary is there at all.\n",
      command_dictionary },
    { "export", "--directory DIR --from MONTH ...",
      "write the ministry's facility-wise extract of an area, months and forms", NULL,
      command_export }, /* explains itself */
    { "import",
      "FILE|- --format extract|long [--month 2022-04] [--dry-run] [--atomic] [--create-facilities] "
      "[--refused FILE]",
      "load figures from the ministry's facility-wise extract or a plain long file", NULL,
      command_import }, /* explains itself */
    { "admin", "create-user | reset-password | disable | enable | list", "make and keep accounts",
      "`hmis admin create-user --help` tells its flags.\n", command_admin },
    { "facility", "show|set|rename|move|close|open|nin|correct CODE ...",
      "show how a facility was over time, and change it", NULL,
      command_facility }, /* explains itself */
    { "demo",
      "load|write --directory DIR [--size small|full] [--source FILE] [--balances FILE] "
      "[--geography DIR] [--if-empty]",
      "load the demonstration state, or write its files",
      "write makes the import files in DIR; load makes them, imports them and makes an account "
      "for\n"
      "each role (DIR/accounts.txt). small (the default) has some 500 facilities, full about "
      "12,000.\n"
      "--source takes any file of the published layout, gzip or plain; --balances the cumulative "
      "table\n"
      "of a year of it, with the stock balances. Geography and the dictionary\n"
      "HMIS-2017 must be loaded. --if-empty: only when there are no accounts yet. Never load it "
      "into\n"
      "a database with real figures.\n",
      command_demo },
    { "check", "[--rebuild]",
      "hold the figures' two forms against each other, add all totals again, compare",
      "Names every total that differs; exit status 3: there is one. Exit status 1: it could not "
      "be\n"
      "looked (the reason is told). --rebuild makes all totals again first, in one transaction: "
      "after\n"
      "a correction of boundaries, or a restore.\n",
      command_check },
};

static int print_help(void) {
    puts("hmis " HMIS_VERSION ": Health Management Information System server\n\n"
         "usage: hmis COMMAND [--setting value ...] [arguments]\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        printf("  %-11s %s\n", commands[i].name, commands[i].summary);
    puts("\n`hmis COMMAND --help` explains a command. Settings come from /etc/hmis/hmis.conf (or "
         "the\n"
         "file of --config), from HMIS_<NAME> in the environment and from --<name> flags; the "
         "later\n"
         "ones win. `hmis config print` lists them all with their values and meanings.\n\n"
         "Exit status: 0 done, 1 failed (the reason is on standard error), 2 called wrongly, 3 "
         "done,\n"
         "and something is not good: an import refused rows or asks about them, a check found\n"
         "differences.");
    return EXIT_DONE;
}

static int print_command_help(const struct command *command) {
    printf("usage: hmis %s %s%s[--setting value ...]\n\n%s: %s.\n%s", command->name,
           command->arguments, *command->arguments ? " " : "", command->name, command->summary,
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
            command->run != command_admin && command->run != command_import &&
            command->run != command_export && command->run != command_facility)
            return print_command_help(command);
    char **sorted = xcalloc((size_t)argc + 1, sizeof *sorted);
    int front = settings_first(argc, argv, sorted), rest = 0;
    struct settings settings;
    struct problem p = { 0 };
    int status = EXIT_USAGE;
    if (settings_load(&settings, front, sorted, &rest, &p)) {
        set_log_level(settings.log_level);
        calendar_set(&settings);
        /* Who types a command reads its words; only its errors are logged besides. */
        if (command->run != command_serve && !text_equal(settings.log_level, "debug"))
            log_set_level(LOG_ERROR);
        status = command->run(&settings, argc - front, sorted + front);
    } else {
        app_complain(&p);
    }
    settings_free(&settings);
    free(sorted);
    return status;
}

static int dispatch(int argc, char **argv) {
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

/* A script that keeps what a command prints must hear of a full disk. */
static int printed(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    fprintf(stderr, "hmis: what was printed could not be written: %s\n", strerror(errno));
    return status == EXIT_DONE ? EXIT_FAILED : status;
}

int main(int argc, char **argv) {
    base_start();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk to whoever writes it */
    return printed(dispatch(argc, argv));
}
