/* What a job answers: its counts, what is asked, its lists. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "hmis/period.h"
#include "hmis/services.h"
#include "import_http.h"
#include "import_words.h"

enum { PAGE_ROWS = 20, LINES_ROWS = 50, PAGE_MAX = 10000 };

static bool read_page(struct request *r, int64_t *page) {
    *page = 1;
    if (req_query(r, "page") == NULL || text_to_int(req_query(r, "page"), 1, PAGE_MAX, page))
        return true;
    reply_error(r, ERR_BAD_QUERY, "page counts from 1");
    return false;
}

/* ---- Jobs.
 * ------------------------------------------------------------------------------------------------
 */
enum {
    J_ID,
    J_FORMAT,
    J_FILE,
    J_SIZE,
    J_PERIOD,
    J_STATUS,
    J_DRY,
    J_ATOMIC,
    J_CREATE,
    J_EMPTY,
    J_ANSWERS,
    J_COUNTS,
    J_STARTED = J_COUNTS + IMPORT_COUNTS,
    J_FINISHED,
    J_MESSAGE,
    J_BY,
    J_QUESTIONS,
    J_NOTES
};

static void write_month(struct json_out *out, const struct db_rows *rows, int row, int column) {
    char period[8];
    if (db_is_null(rows, row, column)) return;
    period_format(period, (int)db_int(rows, row, column));
    out_string(out, "month", period);
}

static void write_members(struct json_out *out, const struct db_rows *rows, int row) {
    out_int(out, "job", db_int(rows, row, J_ID));
    out_string(out, "status", db_text(rows, row, J_STATUS));
    out_string(out, "format", db_text(rows, row, J_FORMAT));
    out_string(out, "file_name", db_text(rows, row, J_FILE));
    out_int(out, "file_size", db_int(rows, row, J_SIZE));
    write_month(out, rows, row, J_PERIOD);
    out_bool(out, "dry_run", db_bool(rows, row, J_DRY));
    out_bool(out, "atomic", db_bool(rows, row, J_ATOMIC));
    out_bool(out, "create_facilities", db_bool(rows, row, J_CREATE));
    out_string(out, "empty", db_text(rows, row, J_EMPTY));
    for (int i = 0; i < IMPORT_COUNTS; i++)
        out_int(out, import_count_names[i], db_int(rows, row, J_COUNTS + i));
    out_time(out, "started_at", db_time_us(rows, row, J_STARTED));
    out_time(out, "finished_at", db_time_us(rows, row, J_FINISHED));
    out_string(out, "started_by", db_text(rows, row, J_BY));
    out_string(out, "message", db_text(rows, row, J_MESSAGE));
}

/* NULL: answered. */
static const struct db_rows *read_jobs(struct request *r, struct db_param job, int rows_most,
                                       int64_t page) {
    struct db *db = req_db(r);
    struct problem p = { 0 };
    struct db_rows *rows;
    if (db == NULL) return NULL;
    if (db_once(db, req_scope(r), DB_READ, Q_IMPORT_JOBS,
                DB_ARGS(job, DB_INT4(rows_most), DB_INT4((page - 1) * PAGE_ROWS)), req_arena(r),
                &rows, &p))
        return rows;
    reply_problem(r, &p);
    return NULL;
}

void import_list_get(struct request *r) {
    static const char *const known[] = { "page" };
    int64_t page;
    if (!req_only_query(r, known, COUNT(known)) || !read_page(r, &page)) return;
    const struct db_rows *rows = read_jobs(r, DB_NULL, PAGE_ROWS + 1, page);
    if (rows == NULL) return;
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_int(out, "page", page);
    out_bool(out, "more", db_count(rows) > PAGE_ROWS);
    out_array(out, "imports");
    for (int row = 0; row < db_count(rows) && row < PAGE_ROWS; row++) {
        out_object(out, NULL);
        write_members(out, rows, row);
        out_object_end(out);
    }
    out_array_end(out);
    out_object_end(out);
}

/* The job of the path, if it is one in reach; NULL: answered. */
static const struct db_rows *read_job(struct request *r, int64_t *job) {
    if (!text_to_int(req_path_part(r, "job"), 1, INT64_MAX, job)) {
        reply_error(r, ERR_NOT_FOUND, NULL);
        return NULL;
    }
    const struct db_rows *rows = read_jobs(r, DB_INT8(*job), 1, 1);
    if (rows != NULL && db_count(rows) == 0) {
        reply_error(r, ERR_NOT_FOUND, NULL);
        return NULL;
    }
    return rows;
}

/* How long each list is. */
static bool write_lists(struct request *r, int64_t job, struct json_out *out) {
    struct problem p = { 0 };
    struct db_rows *rows;
    struct db *db = req_db(r);
    if (db == NULL) return false;
    if (!db_once(db, req_scope(r), DB_READ, Q_IMPORT_LINE_COUNTS, DB_ARGS(DB_INT8(job)),
                 req_arena(r), &rows, &p)) {
        reply_problem(r, &p);
        return false;
    }
    out_object(out, "lists");
    for (int row = 0; row < db_count(rows); row++)
        out_int(out, db_text(rows, row, 0), db_int(rows, row, 1));
    out_object_end(out);
    return true;
}

void import_job_get(struct request *r) {
    int64_t job;
    const struct db_rows *rows = read_job(r, &job);
    if (rows == NULL) return;
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    write_members(out, rows, 0);
    out_raw(out, "questions", db_text(rows, 0, J_QUESTIONS));
    out_raw(out, "notes", db_text(rows, 0, J_NOTES));
    out_string(out, "answers", db_text(rows, 0, J_ANSWERS));
    if (write_lists(r, job, out)) out_object_end(out);
}

/* ---- Lists.
 * ------------------------------------------------------------------------------------------------
 */
static const struct dictionary_set *hold(struct request *r) {
    const struct services *services = req_app(r);
    return dictionary_hold(services->dictionaries);
}

static void release(struct request *r, const struct dictionary_set *set) {
    const struct services *services = req_app(r);
    dictionary_release(services->dictionaries, set);
}

/* NULL: answered. */
static const char *read_language(struct request *r) {
    const char *language = req_query(r, "language");
    if (language == NULL) return "en";
    size_t length = strlen(language);
    bool good = length >= 2 && length <= 12;
    for (size_t i = 0; good && i < length; i++)
        good = isalnum((unsigned char)language[i]) || language[i] == '-';
    if (good) return language;
    reply_error(r, ERR_BAD_QUERY, "language is a code like en or hi");
    return NULL;
}

static bool read_kind(struct request *r, enum import_line_kind *kind) {
    const char *name = req_query(r, "kind");
    if (name != NULL && import_line_parse(name, kind)) return true;
    reply_error(r, ERR_BAD_QUERY,
                "kind is row, figure, asked, empty, replaced, report, facility "
                "or finding");
    return false;
}

/* How a list is called in the name of its file. */
static const char *const file_words[LINE__MAX + 1] = {
    [LINE_ROW] = "rows_refused",    [LINE_FIGURE] = "figures_refused", [LINE_ASKED] = "asked",
    [LINE_EMPTY] = "empty_cells",   [LINE_REPLACED] = "replaced",      [LINE_REPORT] = "reports",
    [LINE_FACILITY] = "facilities", [LINE_FINDING] = "findings",       [LINE__MAX] = "refused",
};

/* "chc_2020-06.csv.gz": "chc_2020-06_findings.csv". What follows the last point is an extension
 * when it is short and of letters and digits, and one more before the extension of what only wraps
 * a file. */
static char *list_file_name(struct arena *arena, const char *file, enum import_line_kind kind) {
    char *stem = arena_printf(arena, "%s", file);
    for (bool wrapped = true; wrapped;) {
        char *dot = strrchr(stem, '.');
        size_t length = dot != NULL ? strlen(dot + 1) : 0;
        wrapped = dot != NULL && (strcasecmp(dot, ".gz") == 0 || strcasecmp(dot, ".zip") == 0);
        if (dot == NULL || dot == stem || length == 0 || length > 4) break;
        if (strspn(dot + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == 0) break;
        *dot = '\0';
    }
    return arena_printf(arena, "%s_%s.csv", stem, file_words[kind]);
}

static void send_csv(struct request *r, enum import_line_kind kind, const char *language) {
    int64_t job;
    struct buffer csv = { 0 };
    struct problem p = { 0 };
    const struct db_rows *rows = read_job(r, &job);
    if (rows == NULL) return;
    struct db *db = req_db(r);
    if (db == NULL) return;
    const struct dictionary_set *set = hold(r);
    bool ok = import_lines_csv(db, req_scope(r), job, kind, set, language, &csv, &p);
    release(r, set);
    if (!ok) {
        reply_problem(r, &p);
        return;
    }
    reply_buffer(r, 200, "text/csv; charset=utf-8", &csv,
                 list_file_name(req_arena(r), db_text(rows, 0, J_FILE), kind));
}

void import_refused_get(struct request *r) {
    send_csv(r, LINE__MAX, "en");
}

void import_lines_csv_get(struct request *r) {
    static const char *const known[] = { "kind", "language" };
    enum import_line_kind kind;
    if (!req_only_query(r, known, COUNT(known)) || !read_kind(r, &kind)) return;
    const char *language = read_language(r);
    if (language != NULL) send_csv(r, kind, language);
}

static void out_number(struct json_out *out, const char *name, const struct db_rows *rows, int row,
                       int column) {
    if (db_is_null(rows, row, column))
        out_null(out, name);
    else
        out_int(out, name, db_int(rows, row, column));
}

static void write_line(struct json_out *out, const struct db_rows *rows, int row,
                       const struct dictionary_set *set, const char *language) {
    out_object(out, NULL);
    out_number(out, "line", rows, row, IL_LINE);
    out_number(out, "column", rows, row, IL_COLUMN);
    out_string(out, "column_name", db_text(rows, row, IL_NAME));
    out_string(out, "facility", db_text(rows, row, IL_FACILITY));
    write_month(out, rows, row, IL_PERIOD);
    out_string(out, "form", db_text(rows, row, IL_FORM));
    out_string(out, "item", db_text(rows, row, IL_ITEM));
    out_string(out, "item_name", import_line_item(rows, row, set, language));
    out_string(out, "value", db_text(rows, row, IL_VALUE));
    out_string(out, "code", db_text(rows, row, IL_CODE));
    out_string(out, "detail", import_line_words(rows, row, set, language));
    out_string(out, "question", db_text(rows, row, IL_QUESTION));
    out_object_end(out);
}

static void write_lines(struct request *r, const struct db_rows *rows, const char *language,
                        int64_t page) {
    const struct dictionary_set *set = hold(r);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_int(out, "page", page);
    out_bool(out, "more", db_count(rows) > LINES_ROWS);
    out_array(out, "lines");
    for (int row = 0; row < db_count(rows) && row < LINES_ROWS; row++)
        write_line(out, rows, row, set, language);
    out_array_end(out);
    out_object_end(out);
    release(r, set);
}

void import_lines_get(struct request *r) {
    static const char *const known[] = { "kind", "page", "language" };
    enum import_line_kind kind;
    int64_t page, job;
    struct problem p = { 0 };
    struct db_rows *rows;
    if (!req_only_query(r, known, COUNT(known)) || !read_kind(r, &kind) || !read_page(r, &page))
        return;
    const char *language = read_language(r);
    if (language == NULL || read_job(r, &job) == NULL) return;
    struct db *db = req_db(r);
    if (db == NULL) return;
    if (db_once(db, req_scope(r), DB_READ, Q_IMPORT_LINES,
                DB_ARGS(DB_INT8(job), DB_TEXT(import_line_name(kind)), DB_INT4(LINES_ROWS + 1),
                        DB_INT4((page - 1) * LINES_ROWS)),
                req_arena(r), &rows, &p))
        write_lines(r, rows, language, page);
    else
        reply_problem(r, &p);
}
