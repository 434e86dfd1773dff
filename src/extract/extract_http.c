#include "extract_zip.h"
#include "spool_file.h"

#include <unistd.h>

#include "hmis/params.h"
#include "hmis/period.h"
#include "hmis/routes.h"
#include "hmis/settings.h"

#define XLSX "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
enum { MONTHS_MOST = 24 };

/* One file to be made: what was asked for, and where it goes. */
struct making {
    struct request *r;
    const struct dictionary_set *set;
    struct extract_span span;
    enum template_kind kind;
    const char *language;
    struct area_ref area;
    struct spool_file spool;
    const char *type, *suffix;
    bool (*write)(struct making *m, struct db *db, struct problem *p);
};

/* ---- Writers. ---------------------------------------------------------------------------- */
static bool form_find_asked(const struct making *m, struct extract_request *request,
                            struct problem *p) {
    const struct dictionary *dictionary = dictionary_for(m->set, m->span.from);
    if (!dictionary) return problem_set(p, ERR_DICTIONARY_NONE, NULL);
    *request = (struct extract_request){ m->span.where, form_by_code(dictionary, m->span.form),
                                         m->span.from, m->span.which };
    return request->form ||
           problem_set(p, ERR_BAD_QUERY, "form: there is no such form in that month");
}

static bool write_csv(struct making *m, struct db *db, struct problem *p) {
    struct extract_request request;
    int64_t rows;
    if (!form_find_asked(m, &request, p) || !extract_write(db, &request, m->spool.file, &rows, p))
        return false;
    return rows > 0 || problem_set(p, ERR_NOT_FOUND,
                                   "Nobody has reported, and nobody expected is to be listed");
}

static bool write_zip(struct making *m, struct db *db, struct problem *p) {
    return extract_zip(db, m->set, &m->span, m->spool.file, p);
}

static bool write_template(struct making *m, struct db *db, struct problem *p) {
    struct extract_request request;
    m->span.which = EXTRACT_EXPECTED;
    return form_find_asked(m, &request, p) &&
           extract_template(db, &request, m->kind, m->language, m->spool.path, p);
}

/* ---- From the request to the file. ------------------------------------------------------- */
/* Whoever acts for several facilities and names none means all of his. */
static bool area_find(struct making *m, struct db *db, struct problem *p) {
    const struct scope *scope = req_scope(m->r);
    const char *text = req_query(m->r, "area");
    if (!text && scope->level == SCOPE_FACILITY) return true;
    if (!area_ref_find(db, scope, text, m->language, m->span.from, m->span.to, req_arena(m->r),
                       &m->area, p))
        return false;
    m->span.where = area_ref_filter(&m->area);
    return true;
}

static bool work(struct db *db, void *arg, struct problem *p) {
    struct making *m = arg;
    return spool_empty(&m->spool, p) && area_find(m, db, p) && m->write(m, db, p);
}

/* "extract_PHC_2022-04_Guntur.csv": names, no numbers of ours. */
static const char *file_name(const struct making *m) {
    char from[8], to[8];
    period_format(from, m->span.from);
    period_format(to, m->span.to);
    bool one = m->span.from == m->span.to;
    return arena_printf(
        req_arena(m->r), "%s_%s%s%s%s%s%s.%s", m->write == write_template ? "template" : "extract",
        m->span.form ? m->span.form : "all", "_", from, one ? "" : "_", one ? "" : to,
        m->area.name ? arena_printf(req_arena(m->r), "_%s", m->area.name) : "", m->suffix);
}

static bool make(struct making *m, struct problem *p) {
    struct request *r = m->r;
    const struct services *services = req_app(r);
    struct db *db = req_db(r);
    if (!db) return true; /* 503 has been answered */
    if (!spool_open(&m->spool, services->settings->spool_directory, p)) return false;
    m->set = dictionary_hold(services->dictionaries);
    int64_t size = 0;
    bool fine = db_transaction(db, req_scope(r), DB_READ_SNAPSHOT, work, m, p);
    int fd = fine ? spool_take(&m->spool, &size, p) : -1;
    spool_drop(&m->spool);
    if (fd >= 0) reply_fd(r, 200, m->type, fd, size, file_name(m));
    dictionary_release(services->dictionaries, m->set);
    return fd >= 0;
}

static void answer(struct making *m, struct problem *p, bool asked_well) {
    if (!asked_well || !make(m, p)) reply_problem(m->r, p);
}

static bool months_read(struct making *m, struct problem *p) {
    if (!query_month(m->r, "from", 0, &m->span.from, p) ||
        !query_month(m->r, "to", m->span.from, &m->span.to, p))
        return false;
    int months = period_diff(m->span.to, m->span.from) + 1;
    if (months >= 1 && months <= MONTHS_MOST) return true;
    return problem_set(p, ERR_BAD_QUERY, "to: from %d to %d months, beginning with `from`", 1,
                       MONTHS_MOST);
}

static bool which_read(struct making *m, struct problem *p) {
    static const char *const words[] = { [EXTRACT_ALL] = "all", [EXTRACT_REPORTED] = "reported" };
    int which;
    if (!query_word(m->r, "rows", words, COUNT(words), &which, p)) return false;
    m->span.which = (enum extract_which)which;
    return true;
}

static bool form_read(struct making *m, bool needed, struct problem *p) {
    m->span.form = req_query(m->r, "form");
    return m->span.form || !needed ||
           problem_set(p, ERR_BAD_QUERY, "form: missing; write SC, PHC, CHC, SDH, DH or DHQ");
}

static void get_csv(struct request *r) {
    static const char *const names[] = { "area", "period", "form", "rows" };
    struct making m = {
        .r = r, .type = "text/csv; charset=utf-8", .suffix = "csv", .write = write_csv
    };
    struct problem p = { 0 };
    if (!req_only_query(r, names, COUNT(names))) return;
    bool well = query_month(r, "period", 0, &m.span.from, &p) && form_read(&m, true, &p) &&
                which_read(&m, &p);
    m.span.to = m.span.from;
    answer(&m, &p, well);
}

static void get_zip(struct request *r) {
    static const char *const names[] = { "area", "from", "to", "form", "rows" };
    struct making m = { .r = r, .type = "application/zip", .suffix = "zip", .write = write_zip };
    struct problem p = { 0 };
    if (!req_only_query(r, names, COUNT(names))) return;
    answer(&m, &p, months_read(&m, &p) && form_read(&m, false, &p) && which_read(&m, &p));
}

static void get_template(struct request *r) {
    static const char *const names[] = { "area", "period", "form", "kind", "language" };
    static const char *const kinds[] = { [TEMPLATE_EXTRACT] = "extract", [TEMPLATE_LONG] = "long" };
    struct making m = { .r = r, .type = XLSX, .suffix = "xlsx", .write = write_template };
    struct problem p = { 0 };
    int kind = 0;
    if (!req_only_query(r, names, COUNT(names))) return;
    bool well = query_month(r, "period", 0, &m.span.from, &p) && form_read(&m, true, &p) &&
                query_word(r, "kind", kinds, COUNT(kinds), &kind, &p) &&
                query_language(r, &m.language, &p);
    m.kind = (enum template_kind)kind;
    m.span.to = m.span.from;
    answer(&m, &p, well);
}

#define FILE_ROUTE(PATH, HANDLER, DOC)                                                             \
    {                                                                                              \
        .method = "GET", .path = PATH, .handler = HANDLER, .auth = AUTH_SESSION,                   \
        .permission = PERM_REPORT_READ, .scope = RSCOPE_OWN, .lane = LANE_REPORT,                  \
        .rate = RATE_READ, .activity = true, .doc = DOC                                            \
    }
static const struct route rows[] = {
    FILE_ROUTE("/api/v1/extract.csv", get_csv,
               "The ministry's facility-wise extract of an area, month and form"),
    FILE_ROUTE("/api/v1/extract.zip", get_zip, "Extracts of several months and forms"),
    FILE_ROUTE("/api/v1/template.xlsx", get_template,
               "A workbook to fill in and import, with last month's figures"),
};

const struct route_table extract_routes = { "extract", rows, COUNT(rows) };
