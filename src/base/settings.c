#include "hmis/settings.h"

#include "hmis/log.h"
#include "hmis/period.h"

#include <arpa/inet.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_FILE "/etc/hmis/hmis.conf"

enum kind { TEXT, NUMBER, YES_NO };

#define ROW(field, fallback, meaning)                                                              \
    offsetof(struct settings, field), {                                                            \
#field, fallback, meaning
#define AS_TEXT(field, fallback, meaning)                                                          \
    { TEXT, ROW(field, fallback, meaning), 0, 0, false, NULL }                                     \
    }
#define AS_SECRET(field, fallback, meaning)                                                        \
    { TEXT, ROW(field, fallback, meaning), 0, 0, true, NULL }                                      \
    }
#define AS_YES_NO(field, fallback, meaning)                                                        \
    { YES_NO, ROW(field, fallback, meaning), 0, 0, false, "yes no" }                               \
    }
#define AS_CHOICE(field, fallback, choices, meaning)                                               \
    { TEXT, ROW(field, fallback, meaning), 0, 0, false, choices }                                  \
    }
#define AS_NUMBER(field, fallback, low, high, meaning)                                             \
    { NUMBER, ROW(field, fallback, meaning), low, high, false, NULL }                              \
    }

/* clang-format off */
static const struct row {
    enum kind kind;
    size_t offset;
    struct settings_row about;
} rows[] = {
    AS_SECRET(database_url, "", "database: URL or key=value; empty: what the PG* variables say"),
    AS_SECRET(database_owner_url, "", "the same for the owner of the schema, who migrates; empty: database_url"),
    AS_TEXT(database_role, "hmis_app", "role taken after connecting; empty: stay the user who connects"),
    AS_NUMBER(database_connections, "0", 0, 256, "connections at most; 0: as many as there are workers"),
    AS_NUMBER(database_wait_ms, "2000", 1, 60000, "longest wait for a free connection"),
    AS_NUMBER(statement_timeout_ms, "10000", 10, 600000, "longest time of one statement"),
    AS_NUMBER(lock_timeout_ms, "2000", 10, 600000, "longest wait for a lock in the database"),
    AS_YES_NO(database_named_statements, "yes", "prepare statements once a connection; no behind PgBouncer"),

    AS_TEXT(address, "127.0.0.1", "address to listen on"),
    AS_NUMBER(port, "8080", 0, 65535, "port to listen on; 0: any free one"),
    AS_TEXT(tls_certificate, "", "certificate chain (PEM); empty: plain HTTP behind a proxy"),
    AS_TEXT(tls_key, "", "its private key (PEM)"),
    AS_TEXT(hosts, "", "host names served, separated by spaces; empty: any"),
    AS_TEXT(trusted_proxies, "", "addresses of proxies whose X-Forwarded-For is believed, separated by spaces"),
    AS_YES_NO(hsts, "no", "tell browsers to come by HTTPS only"),
    AS_TEXT(web_root, "", "serve the web application from this folder instead of the built-in one"),
    AS_NUMBER(http_loops, "0", 0, 64, "threads that read requests; 0: by the number of cores"),
    AS_NUMBER(lane_interactive, "0", 0, 256, "workers for short reads and saves; 0: by the number of cores"),
    AS_NUMBER(lane_report, "0", 0, 256, "workers for reports, exports and uploads; 0: by the number of cores"),
    AS_NUMBER(lane_password, "0", 0, 64, "passwords checked at a time; 0: by the number of cores"),
    AS_NUMBER(connection_limit, "2000", 10, 100000, "open connections at most"),
    AS_NUMBER(connection_limit_per_ip, "256", 1, 100000, "open connections from one address at most"),
    AS_NUMBER(header_deadline_ms, "10000", 100, 120000, "time to send the header of a request"),
    AS_NUMBER(body_deadline_ms, "30000", 100, 3600000, "time to send the body of a request"),
    AS_NUMBER(idle_connection_ms, "30000", 100, 600000, "time a connection may stay without a request"),
    AS_NUMBER(queue_wait_ms, "2000", 10, 60000, "longest wait of a request for a worker"),
    AS_NUMBER(stop_wait_ms, "15000", 0, 600000, "time for requests at hand when the server stops"),

    AS_NUMBER(session_idle_minutes, "15", 1, 1440, "a session ends after so long without activity"),
    AS_NUMBER(session_warning_minutes, "2", 0, 60, "the page warns so long before"),
    AS_NUMBER(session_hours, "8", 1, 168, "a session ends after so long in any case"),
    AS_YES_NO(captcha_test, "no", "tell the answers of captchas; needs environment=test and a loopback address"),
    AS_CHOICE(environment, "production", "production demonstration test", "what this server is for"),

    AS_TEXT(today, "", "day it is taken to be, yyyy-mm-dd, for tests and training; empty: the clock's day in India"),
    AS_NUMBER(due_month_day, "1", 1, 28, "day of the month from which on the month before is the due one"),
    AS_NUMBER(report_due_day, "5", 1, 28, "last day in time for a report, in the month that follows its own"),
    AS_CHOICE(running_month, "ask", "ask refuse", "a report of a month that is not over: asked about, or refused"),
    AS_NUMBER(far_months, "12", 1, 240, "a first report of a month so many before the due one is asked about"),

    AS_TEXT(notice, "", "shown on every page, e.g. planned downtime"),

    AS_TEXT(spool_directory, "", "folder where uploads wait; empty: $TMPDIR or /tmp"),
    AS_NUMBER(import_file_mib, "512", 1, 65536, "largest upload"),

    AS_CHOICE(log_level, "info", "debug info warn error", "least important events that are logged"),
};
/* clang-format on */

/* Where a value came from: "default", "/etc/hmis/hmis.conf:12", "HMIS_PORT", "--port". */
struct settings_memory {
    struct arena *arena;
    const char *source[COUNT(rows)];
};

const struct settings_row *settings_row(int index) {
    return index >= 0 && index < (int)COUNT(rows) ? &rows[index].about : NULL;
}

static const struct row *row_find(const char *name, size_t length) {
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strlen(rows[i].about.name) == length && memcmp(rows[i].about.name, name, length) == 0)
            return &rows[i];
    return NULL;
}

static void *place(const struct settings *settings, const struct row *row) {
    return (char *)settings + row->offset;
}

/* ---- One value. ----------------------------------------------------------------------------- */

static bool parse_yes_no(const char *value, bool *answer) {
    static const char *const words[][2] = {
        { "no", "yes" }, { "false", "true" }, { "0", "1" }, { "off", "on" }
    };
    for (size_t i = 0; i < COUNT(words); i++)
        for (int yes = 0; yes < 2; yes++)
            if (text_equal(value, words[i][yes])) {
                *answer = yes;
                return true;
            }
    return false;
}

static bool is_choice(const char *choices, const char *value) {
    size_t length = strcspn(value, " ") == strlen(value) ? strlen(value) : 0;
    for (const char *at = choices; length && (at = strstr(at, value)); at += length)
        if ((at == choices || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
    return false;
}

static bool set_number(struct settings *settings, const struct row *row, const char *value,
                       const char *source, struct problem *p) {
    if (text_to_int(value, row->about.low, row->about.high, place(settings, row))) return true;
    return problem_set(p, ERR_INVALID, "%s (%s): \"%.60s\" is not a whole number from %lld to %lld",
                       row->about.name, source, value, (long long)row->about.low,
                       (long long)row->about.high);
}

static bool set_yes_no(struct settings *settings, const struct row *row, const char *value,
                       const char *source, struct problem *p) {
    if (parse_yes_no(value, place(settings, row))) return true;
    return problem_set(p, ERR_INVALID, "%s (%s): \"%.60s\" is neither yes nor no", row->about.name,
                       source, value);
}

static bool set_text(struct settings *settings, const struct row *row, const char *value,
                     const char *source, struct problem *p) {
    const char *shown = row->about.secret ? "the value" : value;
    if (!text_is_utf8(value, strlen(value)))
        return problem_set(p, ERR_INVALID, "%s (%s): not valid UTF-8", row->about.name, source);
    if (row->about.choices && !is_choice(row->about.choices, value))
        return problem_set(p, ERR_INVALID, "%s (%s): \"%.60s\" is none of: %s", row->about.name,
                           source, shown, row->about.choices);
    const char *copy = arena_strdup(settings->memory->arena, value);
    memcpy(place(settings, row), &copy, sizeof copy);
    return true;
}

static bool set_value(struct settings *settings, const struct row *row, const char *value,
                      const char *source, struct problem *p) {
    static bool (*const setters[])(
        struct settings *, const struct row *, const char *, const char *,
        struct problem *) = { [TEXT] = set_text, [NUMBER] = set_number, [YES_NO] = set_yes_no };
    if (!setters[row->kind](settings, row, value, source, p)) return false;
    settings->memory->source[row - rows] = arena_strdup(settings->memory->arena, source);
    return true;
}

/* ---- The four sources. ---------------------------------------------------------------------- */

static void set_defaults(struct settings *settings) {
    struct problem p = { 0 };
    for (size_t i = 0; i < COUNT(rows); i++)
        ENSURE(set_value(settings, &rows[i], rows[i].about.fallback, "default", &p),
               "a default is a valid value");
}

struct file_read {
    struct settings *settings;
    const char *path;
    struct problem *p;
    FILE *file;
    int line;
};

/* libinih does not tell its line: the reader counts. It also cuts long lines in silence and takes
 * an indented line for more of the last value: neither may happen here. */
static char *read_line(char *line, int size, void *stream) {
    struct file_read *read = stream;
    if (!fgets(line, size, read->file)) return NULL;
    read->line++;
    size_t length = strlen(line);
    if (length + 1 == (size_t)size && line[length - 1] != '\n') {
        problem_set(read->p, ERR_TOO_LONG, "%.200s:%d: a line holds at most %d characters",
                    read->path, read->line, size - 2);
        return NULL;
    }
    size_t indent = strspn(line, " \t");
    memmove(line, line + indent, length - indent + 1);
    return line;
}

static int take_pair(void *user, const char *section, const char *name, const char *value) {
    (void)section;
    struct file_read *read = user;
    if (read->p->code != ERR_NONE) return 1;
    char source[300];
    snprintf(source, sizeof source, "%s:%d", read->path, read->line);
    const struct row *row = row_find(name, strlen(name));
    if (!row)
        return problem_set(read->p, ERR_UNKNOWN_FIELD, "%s: there is no setting \"%.60s\"", source,
                           name);
    return set_value(read->settings, row, value, source, read->p);
}

static void warn_of_mode(const char *path, FILE *file) {
    struct stat about;
    if (fstat(fileno(file), &about) == 0 && (about.st_mode & S_IROTH))
        log_message(
            LOG_WARN, "settings_readable",
            "%s can be read by everybody on this machine; chmod 640 it if it holds a password",
            path);
}

static bool load_file(struct settings *settings, const char *path, bool needed, struct problem *p) {
    struct file_read read = { settings, path, p, fopen(path, "re"), 0 };
    if (!read.file)
        return !needed || problem_set(p, ERR_INVALID,
                                      "The configuration file %.200s cannot be read: %m", path);
    warn_of_mode(path, read.file);
    int bad_line = ini_parse_stream(read_line, &read, take_pair, &read);
    fclose(read.file);
    if (p->code != ERR_NONE) return false;
    if (bad_line != 0)
        return problem_set(p, ERR_INVALID, "%.200s:%d: not of the form name = value", path,
                           bad_line);
    return true;
}

static bool load_environment(struct settings *settings, struct problem *p) {
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[64] = "HMIS_";
        for (size_t c = 0; rows[i].about.name[c]; c++)
            name[5 + c] =
                rows[i].about.name[c] == '_' ? '_' : (char)(rows[i].about.name[c] - 'a' + 'A');
        const char *value = getenv(name);
        if (value && !set_value(settings, &rows[i], value, name, p)) return false;
    }
    return true;
}

/* One flag: its row (NULL: --config), its value and how many words it takes. */
struct flag {
    const struct row *row;
    const char *value;
    int words;
    char name[64]; /* as written, with the two hyphens */
};

static bool flag_read(struct flag *flag, int argc, char **argv, int at, struct problem *p) {
    const char *word = argv[at] + 2, *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    char name[60];
    if (length >= sizeof name)
        return problem_set(p, ERR_UNKNOWN_FIELD, "There is no flag %.60s", argv[at]);
    for (size_t i = 0; i < length; i++)
        name[i] = word[i] == '-' ? '_' : word[i];
    *flag = (struct flag){ .row = row_find(name, length), .words = 1 };
    snprintf(flag->name, sizeof flag->name, "--%.*s", (int)length, word);
    if (!flag->row && !(length == 6 && memcmp(name, "config", 6) == 0))
        return problem_set(p, ERR_UNKNOWN_FIELD, "There is no flag %.60s", flag->name);
    if (equals) {
        flag->value = equals + 1;
    } else if (flag->row && flag->row->kind == YES_NO) {
        flag->value = "yes";
    } else {
        if (at + 1 >= argc)
            return problem_set(p, ERR_MISSING_FIELD, "%s needs a value", flag->name);
        flag->value = argv[at + 1];
        flag->words = 2;
    }
    return true;
}

/* Goes over the flags twice: first for --config alone, then, over file and environment, for the
 * rest. */
static bool load_flags(struct settings *settings, int argc, char **argv, const char **file,
                       int *rest, struct problem *p) {
    struct flag flag = { 0 };
    int at = 0;
    for (; at < argc && text_starts(argv[at], "--") && argv[at][2]; at += flag.words) {
        if (!flag_read(&flag, argc, argv, at, p)) return false;
        if (!flag.row)
            *file = flag.value;
        else if (settings && !set_value(settings, flag.row, flag.value, flag.name, p))
            return false;
    }
    *rest = at < argc && text_equal(argv[at], "--") ? at + 1 : at;
    return true;
}

/* ---- What follows from several settings. ---------------------------------------------------- */

static void by_cores(struct settings *settings) {
    int64_t cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1) cores = 1;
    const struct {
        int64_t *number, automatic;
    } sizes[] = {
        { &settings->http_loops, cores < 8 ? 1 : cores / 4 },
        { &settings->lane_interactive, cores * 2 < 4 ? 4 : cores * 2 },
        { &settings->lane_report, cores < 2 ? 2 : cores },
        { &settings->lane_password, cores },
    };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        const struct row *row = NULL;
        for (size_t r = 0; r < COUNT(rows) && !row; r++)
            if (place(settings, &rows[r]) == sizes[i].number) row = &rows[r];
        if (*sizes[i].number == 0)
            *sizes[i].number =
                sizes[i].automatic < row->about.high ? sizes[i].automatic : row->about.high;
    }
    /* Every worker, and two for the totals and the imports. */
    int64_t workers =
        settings->lane_interactive + settings->lane_report + settings->lane_password + 2;
    if (settings->database_connections == 0)
        settings->database_connections = workers < 256 ? workers : 256;
}

static bool is_loopback(const char *address) {
    unsigned char bytes[16];
    if (inet_pton(AF_INET, address, bytes) == 1) return bytes[0] == 127;
    return text_equal(address, "::1") || text_equal(address, "localhost");
}

static const char *source_of(const struct settings *settings, const void *field) {
    for (size_t i = 0; i < COUNT(rows); i++)
        if (place(settings, &rows[i]) == field) return settings->memory->source[i];
    return "default";
}

static bool check_together(const struct settings *s, struct problem *p) {
    int day;
    if (*s->today && !period_parse_day(s->today, &day))
        return problem_set(p, ERR_INVALID, "today (%s): \"%.60s\" is no day like 2026-11-25",
                           source_of(s, &s->today), s->today);
    if (!*s->tls_certificate != !*s->tls_key)
        return problem_set(p, ERR_INVALID,
                           "tls_certificate and tls_key belong together: set both or neither");
    if (s->session_warning_minutes >= s->session_idle_minutes)
        return problem_set(
            p, ERR_INVALID,
            "session_warning_minutes (%s) must be less than session_idle_minutes (%s)",
            source_of(s, &s->session_warning_minutes), source_of(s, &s->session_idle_minutes));
    if (s->captcha_test && (!text_equal(s->environment, "test") || !is_loopback(s->address)))
        return problem_set(
            p, ERR_INVALID,
            "captcha_test (%s) is refused: it needs environment = test and a loopback address",
            source_of(s, &s->captcha_test));
    if (s->connection_limit_per_ip > s->connection_limit)
        return problem_set(p, ERR_INVALID,
                           "connection_limit_per_ip (%s) is larger than connection_limit",
                           source_of(s, &s->connection_limit_per_ip));
    return true;
}

static void fill_in(struct settings *settings) {
    if (!*settings->database_owner_url) settings->database_owner_url = settings->database_url;
    if (!*settings->spool_directory) {
        const char *temporary = getenv("TMPDIR");
        settings->spool_directory =
            temporary && *temporary ? arena_strdup(settings->memory->arena, temporary) : "/tmp";
    }
    by_cores(settings);
}

bool settings_load(struct settings *settings, int argc, char **argv, int *rest, struct problem *p) {
    *settings = (struct settings){ 0 };
    settings->memory = xcalloc(1, sizeof *settings->memory);
    settings->memory->arena = arena_new();
    set_defaults(settings);
    const char *file = NULL;
    if (!load_flags(NULL, argc, argv, &file, rest, p)) return false;
    if (!load_file(settings, file ? file : DEFAULT_FILE, file != NULL, p) ||
        !load_environment(settings, p) || !load_flags(settings, argc, argv, &file, rest, p))
        return false;
    fill_in(settings);
    return check_together(settings, p);
}

void settings_free(struct settings *settings) {
    if (settings->memory) arena_free(settings->memory->arena);
    free(settings->memory);
    *settings = (struct settings){ 0 };
}

void settings_print(const struct settings *settings, void (*line)(const char *text)) {
    for (size_t i = 0; i < COUNT(rows); i++) {
        const void *at = place(settings, &rows[i]);
        char number[24];
        const char *value = number;
        if (rows[i].kind == NUMBER)
            snprintf(number, sizeof number, "%lld", (long long)*(const int64_t *)at);
        else if (rows[i].kind == YES_NO)
            value = *(const bool *)at ? "yes" : "no";
        else
            value = *(const char *const *)at;
        if (rows[i].about.secret && *value) value = "(set, not shown)";
        struct buffer text = { 0 };
        buffer_printf(&text, "%-26s = %-24s # %s: %s", rows[i].about.name, value,
                      settings->memory->source[i], rows[i].about.meaning);
        buffer_add_char(&text, '\0');
        line(text.data);
        buffer_free(&text);
    }
}
