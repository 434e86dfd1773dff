/* hmis import: the same import from the command line, as the system itself. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "hmis/clock.h"
#include "hmis/period.h"
#include "import_internal.h"

enum { EXIT_GOOD, EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED };
enum { PROGRESS_US = 200000, BEAT_US = 10000000, STATEMENT_MS = 600000 };

static const char usage[] =
    "usage: hmis import FILE --format extract --month 2022-04 [options]\n"
    "       hmis import FILE --format long [options]\n"
    "FILE is CSV, XLSX, .xls or an HTML table; - reads standard input. docs/import.md describes "
    "both\n"
    "formats.\n"
    "  --month MONTH         the month an extract holds\n"
    "  --dry-run             check everything, store nothing\n"
    "  --atomic              store nothing unless every row is good\n"
    "  --create-facilities   create the facilities an extract names, and update those that are "
    "there\n"
    "  --empty keep|erase    what an empty cell does to a stored figure; keep if not said\n"
    "  --answer KEY=READING  answer a question of an earlier run, e.g. item:10.1=10.10; again for\n"
    "                        each question\n"
    "  --sheet NAME          of a workbook; else the first that has the columns\n"
    "  --refused FILE        write what was refused, with line, column, value and reason\n"
    "  --lines KIND=FILE     write a list: row, figure, asked, empty, replaced, report, facility,\n"
    "                        finding\n"
    "  --quiet               no progress\n"
    "Exit status: 0 all good, 3 something was refused or is asked about, 1 failure, 2 wrong "
    "arguments.\n";

struct command {
    struct import_options options;
    const char *file, *refused;
    const char *lines[LINE__MAX]; /* files of lists */
    struct buffer answers;
    bool quiet, help, has_format;
    int fd;
    int64_t shown_us, beat_us, job;
    struct db_pool *pool;
};

static bool complain(const char *what, const char *value) {
    fprintf(stderr, "hmis import: %s%s\n%s", what, value, usage);
    return false;
}

enum {
    O_FORMAT = 1,
    O_MONTH,
    O_DRY,
    O_ATOMIC,
    O_CREATE,
    O_EMPTY,
    O_ANSWER,
    O_SHEET,
    O_REFUSED,
    O_LINES,
    O_QUIET,
    O_HELP
};

static bool take_answer(struct command *c, const char *answer) {
    if (strchr(answer, '=') == NULL || strchr(answer, '\n') != NULL)
        return complain("--answer is KEY=READING, not ", answer);
    buffer_add_text(&c->answers, answer);
    buffer_add_char(&c->answers, '\n');
    return true;
}

static bool take_list(struct command *c, const char *text) {
    const char *equals = strchr(text, '=');
    char name[16];
    enum import_line_kind kind;
    snprintf(name, sizeof name, "%.*s", equals == NULL ? 0 : (int)(equals - text), text);
    if (equals == NULL || !import_line_parse(name, &kind))
        return complain("--lines is KIND=FILE, not ", text);
    c->lines[kind] = equals + 1;
    return true;
}

static bool take_empty(struct command *c, const char *text) {
    c->options.erase = text_equal(text, "erase");
    return c->options.erase || text_equal(text, "keep") ||
           complain("--empty is keep or erase, not ", text);
}

static bool take_option(struct command *c, int option) {
    switch (option) {
    case O_FORMAT:
        c->has_format = import_format_parse(optarg, &c->options.format);
        return c->has_format || complain("--format is extract or long, not ", optarg);
    case O_MONTH:
        return period_parse(optarg, &c->options.period) ||
               complain("--month is written like 2022-04, not ", optarg);
    case O_DRY:
        c->options.dry_run = true;
        return true;
    case O_ATOMIC:
        c->options.atomic = true;
        return true;
    case O_CREATE:
        c->options.create_facilities = true;
        return true;
    case O_EMPTY:
        return take_empty(c, optarg);
    case O_ANSWER:
        return take_answer(c, optarg);
    case O_LINES:
        return take_list(c, optarg);
    case O_SHEET:
        c->options.sheet = optarg;
        return true;
    case O_REFUSED:
        c->refused = optarg;
        return true;
    case O_QUIET:
        c->quiet = true;
        return true;
    case O_HELP:
        c->help = true;
        return true;
    default:
        return complain("an option is wrong", "");
    }
}

static bool read_arguments(struct command *c, int argc, char **argv) {
    static const struct option options[] = {
        { "format", required_argument, NULL, O_FORMAT },
        { "month", required_argument, NULL, O_MONTH },
        { "dry-run", no_argument, NULL, O_DRY },
        { "atomic", no_argument, NULL, O_ATOMIC },
        { "create-facilities", no_argument, NULL, O_CREATE },
        { "empty", required_argument, NULL, O_EMPTY },
        { "answer", required_argument, NULL, O_ANSWER },
        { "sheet", required_argument, NULL, O_SHEET },
        { "refused", required_argument, NULL, O_REFUSED },
        { "lines", required_argument, NULL, O_LINES },
        { "quiet", no_argument, NULL, O_QUIET },
        { "help", no_argument, NULL, O_HELP },
        { NULL, 0, NULL, 0 },
    };
    int option;
    optind = 0; /* getopt begins anew, behind the sub-command */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(c, option)) return false;
    if (c->help) return true;
    if (optind != argc - 1) return complain("exactly one file is needed", "");
    c->file = argv[optind];
    if (!c->has_format) return complain("--format is needed", "");
    if (c->options.format == IMPORT_EXTRACT && c->options.period == 0)
        return complain("an extract holds one month: --month is needed", "");
    if (c->options.format == IMPORT_LONG && c->options.period != 0)
        return complain("a long file names the month in each row: leave --month out", "");
    if (c->answers.length > 0) {
        buffer_add_char(&c->answers, '\0');
        c->options.answers = c->answers.data;
    }
    return true;
}

/* ---- The file.
 * --------------------------------------------------------------------------------------------- */
/* What cannot be rewound is copied for an atomic import. */
static int spool_input(int from, struct problem *p) {
    char chunk[65536];
    ssize_t got;
    int fd = import_spool(NULL, p);
    while (fd >= 0 && (got = read(from, chunk, sizeof chunk)) != 0) {
        if ((got < 0 && errno != EINTR) || (got > 0 && write(fd, chunk, (size_t)got) != got)) {
            problem_set(p, ERR_INTERNAL, "Standard input cannot be copied: %s", strerror(errno));
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0) lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool open_file(struct command *c, struct problem *p) {
    bool standard = text_equal(c->file, "-");
    c->fd = standard ? dup(STDIN_FILENO) : open(c->file, O_RDONLY | O_CLOEXEC);
    if (c->fd < 0) return problem_set(p, ERR_FILE_FORMAT, "%s: %s", c->file, strerror(errno));
    if (c->options.atomic && lseek(c->fd, 0, SEEK_CUR) < 0) {
        int from = c->fd;
        c->fd = spool_input(from, p);
        close(from);
        if (c->fd < 0) return false;
    }
    struct stat status;
    if (fstat(c->fd, &status) == 0 && S_ISREG(status.st_mode))
        c->options.file_size = status.st_size;
    const char *slash = strrchr(c->file, '/');
    c->options.file_name = standard ? "standard input" : slash != NULL ? slash + 1 : c->file;
    return true;
}

/* ---- Progress and summary.
 * --------------------------------------------------------------------------------- */
/* Daemons take a job for dead that says nothing for a minute. Over another connection: the import's
 * own may be inside its transaction. */
static void beat(struct command *c, int64_t now) {
    if (now - c->beat_us < BEAT_US) return;
    c->beat_us = now;
    struct problem p = { 0 };
    struct arena *arena = arena_new();
    struct db *db = db_take(c->pool, &p);
    if (db != NULL && !db_once(db, &scope_system, DB_WRITE, Q_IMPORT_HEARTBEAT,
                               DB_ARGS(DB_INT8S(&c->job, 1)), arena, NULL, &p))
        c->beat_us = 0; /* with the next batch */
    db_give(db);
    arena_free(arena);
}

static void on_progress(const struct import_result *result, void *arg) {
    struct command *c = arg;
    int64_t now = clock_monotonic_us();
    beat(c, now);
    if (c->quiet || now - c->shown_us < PROGRESS_US) return;
    c->shown_us = now;
    if (c->options.file_size > 0)
        fprintf(stderr, "\r%3lld %%  ",
                (long long)(100 * result->bytes_read / c->options.file_size));
    fprintf(stderr, "%lld rows, %lld reports stored, %lld refused \r", (long long)result->rows_read,
            (long long)(result->reports_new + result->reports_changed),
            (long long)result->refusals);
}

static const struct {
    const char *name;
    size_t count; /* offset in struct import_result */
} summary[] = {
    { "rows read", offsetof(struct import_result, rows_read) },
    { "rows without a figure", offsetof(struct import_result, rows_blank) },
    { "rows refused", offsetof(struct import_result, rows_refused) },
    { "rows asked about", offsetof(struct import_result, rows_asked) },
    { "figures read", offsetof(struct import_result, figures_read) },
    { "figures stored", offsetof(struct import_result, figures_stored) },
    { "  in place of another", offsetof(struct import_result, figures_replaced) },
    { "figures unchanged", offsetof(struct import_result, figures_unchanged) },
    { "figures refused", offsetof(struct import_result, figures_refused) },
    { "figures lost with a row", offsetof(struct import_result, figures_lost) },
    { "figures asked about", offsetof(struct import_result, figures_asked) },
    { "figures made blank", offsetof(struct import_result, figures_emptied) },
    { "empty, figure kept", offsetof(struct import_result, figures_kept) },
    { "reports new", offsetof(struct import_result, reports_new) },
    { "reports changed", offsetof(struct import_result, reports_changed) },
    { "reports unchanged", offsetof(struct import_result, reports_unchanged) },
    { "facilities created", offsetof(struct import_result, facilities_created) },
    { "facilities changed", offsetof(struct import_result, facilities_changed) },
    { "facilities moved", offsetof(struct import_result, facilities_moved) },
    { "facilities refused", offsetof(struct import_result, facilities_refused) },
    { "findings", offsetof(struct import_result, findings) },
};

static void print_summary(const struct command *c, int64_t job, const struct import_result *r) {
    if (!c->quiet) fprintf(stderr, "\r%60s\r", "");
    printf("import %lld%s\n", (long long)job,
           c->options.dry_run ? ", dry run: nothing was stored"
           : r->rolled_back   ? ": something was refused or is not certain, nothing was stored"
                              : "");
    for (size_t i = 0; i < COUNT(summary); i++)
        printf("%-24s%12lld\n", summary[i].name,
               (long long)*(const int64_t *)((const char *)r + summary[i].count));
    if (r->refusals > 0 && c->refused == NULL)
        printf("%lld refusals; --refused FILE writes them\n", (long long)r->refusals);
}

/* ---- What was assumed, and what is asked.
 * ------------------------------------------------------------------------ */
static void print_question(const json_t *question) {
    size_t i;
    const json_t *choice;
    printf("question: %s (%lld figures, first in line %lld)\n",
           json_string_value(json_object_get(question, "detail")),
           (long long)json_integer_value(json_object_get(question, "figures")),
           (long long)json_integer_value(json_object_get(question, "line")));
    json_array_foreach(json_object_get(question, "choices"), i, choice)
        printf("  --answer '%s=%s'  %s\n", json_string_value(json_object_get(question, "key")),
               json_string_value(json_object_get(choice, "value")),
               json_string_value(json_object_get(choice, "name")));
    printf("  --answer '%s=%s'  leave them out\n",
           json_string_value(json_object_get(question, "key")), ANSWER_OMIT);
}

static void print_told(const char *notes, const char *questions) {
    size_t i;
    const json_t *member;
    json_t *list = json_loads(notes, 0, NULL);
    json_array_foreach(list, i, member)
        printf("note: %s\n", json_string_value(json_object_get(member, "text")));
    json_decref(list);
    list = json_loads(questions, 0, NULL);
    json_array_foreach(list, i, member) print_question(member);
    json_decref(list);
}

static bool print_answer(struct command *c, struct db *db, struct problem *p) {
    struct arena *arena = arena_new();
    struct db_rows *rows;
    bool ok = db_once(db, &scope_system, DB_READ, Q_IMPORT_TOLD, DB_ARGS(DB_INT8(c->job)), arena,
                      &rows, p);
    if (ok) print_told(db_text(rows, 0, 0), db_text(rows, 0, 1));
    arena_free(arena);
    return ok;
}

static bool write_list(const struct command *c, struct db *db, enum import_line_kind kind,
                       const char *name, const struct dictionary_set *set, struct problem *p) {
    struct buffer csv = { 0 };
    if (name == NULL) return true;
    if (!import_lines_csv(db, &scope_system, c->job, kind, set, NULL, &csv, p)) return false;
    FILE *file = fopen(name, "w");
    bool ok = file != NULL && fwrite(csv.data, 1, csv.length, file) == csv.length;
    if (file != NULL && fclose(file) != 0) ok = false;
    buffer_free(&csv);
    return ok || problem_set(p, ERR_INTERNAL, "%s: %s", name, strerror(errno));
}

static bool write_lists(const struct command *c, struct db *db, const struct dictionary_set *set,
                        struct problem *p) {
    bool ok = write_list(c, db, LINE__MAX, c->refused, set, p);
    for (int kind = 0; ok && kind < LINE__MAX; kind++)
        ok = write_list(c, db, (enum import_line_kind)kind, c->lines[kind], set, p);
    return ok;
}

static bool run(struct command *c, struct db *db, struct dictionary_store *dictionaries,
                struct import_result *result, struct problem *p) {
    int64_t job;
    if (!open_file(c, p) || !import_job_new(db, &scope_system, &c->options, "running", &job, p))
        return false;
    c->job = job;
    db_statement_timeout(db, STATEMENT_MS);
    const struct dictionary_set *set = dictionary_hold(dictionaries);
    bool ok =
        import_run(job, &c->options, c->fd, db, set, &scope_system, on_progress, c, result, p);
    if (ok) print_summary(c, job, result);
    struct problem other = { 0 };
    bool told = print_answer(c, db, ok ? p : &other) && write_lists(c, db, set, ok ? p : &other);
    dictionary_release(dictionaries, set);
    return ok && told;
}

int import_cli(int argc, char **argv, struct db_pool *pool, struct dictionary_store *dictionaries) {
    struct command c = { .fd = -1 };
    struct problem p = { 0 };
    struct import_result result = { 0 };
    char **words = xcalloc((size_t)argc + 2, sizeof *words);
    words[0] = (char *)"import";
    memcpy(words + 1, argv, (size_t)argc * sizeof *words);
    bool read = read_arguments(&c, argc + 1, words);
    free(words);
    if (!read) {
        buffer_free(&c.answers);
        return EXIT_USAGE;
    }
    c.quiet = c.quiet || !isatty(STDERR_FILENO); /* nobody watches */
    if (c.help) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    c.pool = pool;
    struct db *db = db_take(pool, &p);
    bool ok = db != NULL && run(&c, db, dictionaries, &result, &p);
    db_give(db);
    if (c.fd >= 0) close(c.fd);
    buffer_free(&c.answers);
    if (ok) return result.refusals + result.questions > 0 ? EXIT_REFUSED : EXIT_GOOD;
    fprintf(stderr, "hmis import: %s\n", p.detail);
    return EXIT_FAILED;
}
