/* hmis demo, import, admin: sub-commands whose work is a module's. */
#include "hmis/demo.h"
#include "hmis/account.h"
#include "hmis/clock.h"
#include "hmis/extract.h"
#include "hmis/facility_act.h"
#include "hmis/import.h"
#include "hmis/rollup.h"

#include "app.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char own_source[] = "data/demonstration/ap_item_monthly_2022-23.csv.gz";
static const char own_balances[] = "data/demonstration/ap_item_cumulative_2022-23_to_march.csv.gz";

struct demo_arguments {
    const char *verb, *size, *directory, *source, *balances, *geography;
    bool if_empty;
};

static bool demo_arguments(struct demo_arguments *a, int argc, char **argv) {
    const char *words[1] = { "" };
    int count;
    *a = (struct demo_arguments){ .size = "small",
                                  .source = own_source,
                                  .geography = "data/geography" };
    const struct app_flag flags[] = {
        { "size", &a->size, NULL },         { "directory", &a->directory, NULL },
        { "source", &a->source, NULL },     { "geography", &a->geography, NULL },
        { "balances", &a->balances, NULL }, { "if-empty", NULL, &a->if_empty },
    };
    if (!app_flags(argc, argv, flags, COUNT(flags), words, 1, &count)) return false;
    a->verb = words[0];
    if (!a->balances && text_equal(a->source, own_source)) a->balances = own_balances;
    if (!text_equal(a->size, "small") && !text_equal(a->size, "full"))
        return app_usage("--size is small or full, not \"%.40s\"", a->size), false;
    return true;
}

/* One line that is written over; nothing where nobody watches. */
static void tell_progress(const char *what, int done, int total) {
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r  %s %d of %d%s", what, done, total, done == total ? "\n" : "");
}

static void tell_months(void *arg, int done, int total) {
    (void)arg;
    tell_progress("writing the files: month", done, total);
}

static bool write_files(struct tool *tool, const struct demo_arguments *a,
                        struct demo_result *result, struct problem *p) {
    struct demo_request request = {
        .source = a->source,
        .balances = a->balances,
        .geography = a->geography,
        .dictionary = dictionary_by_code(tool->set, "HMIS-2017"),
        .size = text_equal(a->size, "full") ? DEMO_FULL : DEMO_SMALL,
        .directory = a->directory,
        .progress = tell_months,
    };
    if (!request.dictionary)
        return problem_set(
            p, ERR_DICTIONARY_NONE,
            "The demonstration is in the numbers of HMIS-2017: load that dictionary first");
    bool written = demo_write(&request, result, tool->arena, p);
    for (int i = 0; i < result->note_count; i++)
        fprintf(stderr, "%s\n", result->notes[i]);
    if (!written) return false;
    printf("%d facilities in %d districts, %d months, %lld reports, %d files in %s\n",
           result->facilities, result->districts, result->months, (long long)result->reports,
           result->file_count, a->directory);
    return true;
}

/* One file through the import, as anybody's; a refused row would be a fault of the demonstration.
 */
static bool import_file(struct tool *tool, const struct demo_arguments *a,
                        const struct demo_file *file, struct import_result *total,
                        struct problem *p) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", a->directory, file->name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0) {
        if (fd >= 0) close(fd);
        return problem_set(p, ERR_FILE_FORMAT, "%.300s cannot be read: %m", path);
    }
    struct import_options options = { .create_facilities = true,
                                      .file_name = file->name,
                                      .file_size = about.st_size };
    struct import_result result = { 0 };
    int64_t job;
    bool fine = import_format_parse(file->format, &options.format);
    options.period = options.format == IMPORT_EXTRACT ? file->period : 0;
    fine =
        fine && import_job_new(tool->db, &scope_system, &options, "running", &job, p) &&
        import_run(job, &options, fd, tool->db, tool->set, &scope_system, NULL, NULL, &result, p);
    close(fd);
    total->reports_new += result.reports_new;
    total->figures_read += result.figures_read;
    if (fine && result.refusals + result.questions > 0)
        return problem_set(
            p, ERR_INVALID, "%.200s: %lld cells or rows were refused or asked about (import %lld)",
            file->name, (long long)(result.refusals + result.questions), (long long)job);
    return fine;
}

static bool load_files(struct tool *tool, const struct demo_arguments *a,
                       const struct demo_result *files, struct problem *p) {
    struct import_result total = { 0 };
    int64_t begin = clock_monotonic_us();
    for (int i = 0; i < files->file_count; i++) {
        tell_progress("importing: file", i + 1, files->file_count);
        if (!import_file(tool, a, &files->files[i], &total, p)) return false;
    }
    printf("imported in %.2f s: %lld reports, %lld figures\n",
           (double)(clock_monotonic_us() - begin) / 1e6, (long long)total.reports_new,
           (long long)total.figures_read);
    begin = clock_monotonic_us();
    for (int64_t done = 1; done > 0;)
        if (!rollup_pass(tool->db, tool->set, &done, p)) return false;
    printf("totals added in %.2f s\n", (double)(clock_monotonic_us() - begin) / 1e6);
    return true;
}

/* The accounts, for whoever tries the demonstration: also kept as accounts.txt beside the files. */
static void tell_accounts(const struct demo_result *result, FILE *out) {
    fprintf(out, "\nAccounts of the demonstration, all with the password %s\n\n", DEMO_PASSWORD);
    for (int i = 0; i < result->account_count; i++) {
        const struct demo_account *account = &result->accounts[i];
        fprintf(out, "  %-22s %-24s ", account->username, role_title(account->role));
        for (size_t f = 0; f < account->facility_count; f++)
            fprintf(out, "%s%s", f ? ", " : "facility ", account->facilities[f]);
        fprintf(out, "%s\n", account->area ? account->area : "");
    }
}

static bool make_accounts(struct tool *tool, const struct demo_arguments *a,
                          const struct demo_result *result, struct problem *p) {
    if (!demo_accounts(tool->db, result, tool->arena, p)) return false;
    char path[600];
    snprintf(path, sizeof path, "%s/accounts.txt", a->directory);
    FILE *file = fopen(path, "we");
    if (!file) return problem_set(p, ERR_INTERNAL, "%.300s cannot be written: %m", path);
    tell_accounts(result, file);
    fclose(file);
    tell_accounts(result, stdout);
    return true;
}

static bool has_accounts(struct tool *tool, bool *yes, struct problem *p) {
    struct db_rows *rows;
    if (!db_once(tool->db, &scope_system, DB_READ, Q_APP_HAS_ACCOUNTS, DB_NO_ARGS, tool->arena,
                 &rows, p))
        return false;
    *yes = db_bool(rows, 0, 0);
    return true;
}

static bool demo_run(struct tool *tool, const struct demo_arguments *a, struct problem *p) {
    struct demo_result result = { 0 };
    bool filled = false;
    if (a->if_empty && !has_accounts(tool, &filled, p)) return false;
    if (filled) puts("there are accounts already: nothing was loaded");
    if (filled) return true;
    if (!write_files(tool, a, &result, p)) return false;
    if (text_equal(a->verb, "write")) return true;
    return load_files(tool, a, &result, p) && make_accounts(tool, a, &result, p);
}

int command_demo(const struct settings *settings, int argc, char **argv) {
    struct demo_arguments a;
    if (!demo_arguments(&a, argc, argv)) return EXIT_USAGE;
    if ((!text_equal(a.verb, "load") && !text_equal(a.verb, "write")) || !a.directory)
        return app_usage(
            "hmis demo load|write --directory DIR [--size small|full]; --help tells more");
    struct tool tool;
    if (!tool_open(&tool, settings, TOOL_APPLICATION)) return EXIT_FAILED;
    struct problem p = { 0 };
    bool fine = tool_dictionaries(&tool) && (demo_run(&tool, &a, &p) || (app_complain(&p), false));
    tool_close(&tool);
    return fine ? EXIT_DONE : EXIT_FAILED;
}

/* "-h" becomes "--help", which both know. */
static bool wants_help(int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        if (text_equal(argv[i], "-h")) argv[i] = (char *)"--help";
        if (text_equal(argv[i], "--help")) return true;
    }
    return false;
}

int command_export(const struct settings *settings, int argc, char **argv) {
    struct tool tool;
    if (argc == 0 || wants_help(argc, argv)) return export_cli(0, NULL, NULL, NULL);
    if (!tool_open(&tool, settings, TOOL_APPLICATION)) return EXIT_FAILED;
    int status = tool_dictionaries(&tool) ? export_cli(argc, argv, tool.db, tool.set) : EXIT_FAILED;
    tool_close(&tool);
    return status;
}

int command_import(const struct settings *settings, int argc, char **argv) {
    struct tool tool;
    if (argc == 0 || wants_help(argc, argv))
        return import_cli(argc, argv, NULL, NULL); /* explains itself without a database */
    if (!tool_open(&tool, settings, TOOL_APPLICATION)) return EXIT_FAILED;
    int status = tool_dictionaries(&tool) ? import_cli(argc, argv, tool.pool, tool.dictionaries)
                                          : EXIT_FAILED;
    struct problem p = { 0 };
    /* A running daemon adds the totals too; here they are ready when the command ends. */
    for (int64_t done = 1; status != EXIT_USAGE && done > 0;)
        if (!rollup_pass(tool.db, tool.set, &done, &p)) {
            status = app_complain(&p);
            break;
        }
    tool_close(&tool);
    return status;
}

int command_facility(const struct settings *settings, int argc, char **argv) {
    struct tool tool;
    if (argc == 0 || wants_help(argc, argv))
        return facility_cli(argc, argv, NULL); /* explains itself without a database */
    if (!tool_open(&tool, settings, TOOL_APPLICATION)) return EXIT_FAILED;
    struct problem p = { 0 };
    int status = tool_dictionaries(&tool) ? facility_cli(argc, argv, tool.pool) : EXIT_FAILED;
    /* Totals that a correction has queued, as after an import. */
    for (int64_t done = 1; status == EXIT_DONE && done > 0;)
        if (!rollup_pass(tool.db, tool.set, &done, &p)) status = app_complain(&p);
    tool_close(&tool);
    return status;
}

int command_admin(const struct settings *settings, int argc, char **argv) {
    if (argc == 0 || wants_help(argc, argv))
        return account_command(NULL, argc, argv); /* explains itself without a database */
    struct tool tool;
    if (!tool_open(&tool, settings, TOOL_APPLICATION)) return EXIT_FAILED;
    int status = account_command(tool.pool, argc, argv);
    tool_close(&tool);
    return status;
}
