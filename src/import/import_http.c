#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hmis/audit.h"
#include "hmis/calendar.h"
#include "hmis/import.h"
#include "hmis/period.h"
#include "hmis/roles.h"
#include "hmis/routes.h"
#include "hmis/settings.h"

enum { NAME_BYTES = 200, PAGE_ROWS = 20, PAGE_MAX = 10000 };

static const struct services *services_of(struct request *r) {
    return req_app(r);
}

/* ---- Upload.
 * --------------------------------------------------------------------------------------------- */
static bool bad_query(struct request *r, const char *detail) {
    reply_error(r, ERR_BAD_QUERY, "%s", detail);
    return false;
}

static bool read_flag(struct request *r, const char *name, bool *flag) {
    const char *text = req_query(r, name);
    *flag = text != NULL && (text_equal(text, "true") || text_equal(text, "1"));
    if (text == NULL || *flag || text_equal(text, "false") || text_equal(text, "0")) return true;
    reply_error(r, ERR_BAD_QUERY, "%s is true or false", name);
    return false;
}

static bool read_month(struct request *r, struct import_options *options) {
    const char *month = req_query(r, "month");
    if (options->format == IMPORT_LONG)
        return month == NULL ||
               bad_query(r, "A long file names the month in each row: leave month out");
    if (month == NULL || !period_parse(month, &options->period))
        return bad_query(r, "An extract holds one month: name it, month=2022-04");
    if (options->period > calendar_month()) {
        reply_error(r, ERR_PERIOD_FUTURE, NULL);
        return false;
    }
    return true;
}

static bool read_file_name(struct request *r, struct import_options *options) {
    const char *name = req_query(r, "file_name");
    options->file_name = name != NULL && *name != '\0' ? name : "upload.csv";
    if (strlen(options->file_name) > NAME_BYTES ||
        !text_is_utf8(options->file_name, strlen(options->file_name)))
        return bad_query(r, "file_name has at most 200 bytes");
    return true;
}

static bool read_options(struct request *r, struct import_options *options) {
    static const char *const known[] = {
        "format", "month", "dry_run", "atomic", "create_facilities", "file_name"
    };
    if (!req_only_query(r, known, COUNT(known))) return false;
    if (req_query(r, "format") == NULL ||
        !import_format_parse(req_query(r, "format"), &options->format))
        return bad_query(r, "format is extract or long");
    if (!read_month(r, options) || !read_flag(r, "dry_run", &options->dry_run) ||
        !read_flag(r, "atomic", &options->atomic) ||
        !read_flag(r, "create_facilities", &options->create_facilities) ||
        !read_file_name(r, options))
        return false;
    if (!options->create_facilities || role_permits(req_actor(r)->role, PERM_IMPORT_FACILITIES))
        return true;
    reply_error(r, ERR_FORBIDDEN, "Your role may import, but not create facilities");
    return false;
}

struct upload {
    struct request *r;
    const struct import_options *options;
    int64_t job;
};

static bool write_audit(struct db *db, const struct upload *upload, struct problem *p) {
    struct audit_entry entry = audit_entry_of(upload->r, "import.send");
    entry.object = upload->options->file_name;
    return audit_write_once(db, req_scope(upload->r), &entry, req_arena(upload->r), p);
}

static void import_post(struct request *r) {
    const struct settings *settings = services_of(r)->settings;
    struct import_options options = { .account_id = req_actor(r)->user_id,
                                      .request_id = req_id(r) };
    if (!read_options(r, &options)) return;
    options.file_size = req_body_size(r);
    options.spool_directory = settings->spool_directory;
    if (options.file_size > settings->import_file_mib * MIB) {
        reply_error(r, ERR_TOO_LARGE, "A file has at most %lld MiB",
                    (long long)settings->import_file_mib);
        return;
    }
    struct db *db = req_db(r);
    if (db == NULL) return;
    struct upload upload = { .r = r, .options = &options };
    struct problem p = { 0 };
    int fd = fcntl(req_body_fd(r), F_DUPFD_CLOEXEC, 0);
    if (fd < 0 || !import_job_new(db, req_scope(r), &options, "waiting", &upload.job, &p) ||
        !write_audit(db, &upload, &p)) {
        if (fd >= 0) close(fd);
        if (p.code == ERR_NONE) problem_set(&p, ERR_BUSY, NULL);
        reply_problem(r, &p);
        return;
    }
    import_queue_add(services_of(r)->imports, upload.job, &options, fd, req_scope(r));
    struct json_out *out = reply_json(r, 202);
    out_object(out, NULL);
    out_int(out, "job", upload.job);
    out_string(out, "url",
               arena_printf(req_arena(r), "/api/v1/imports/%lld", (long long)upload.job));
    out_object_end(out);
}

/* ---- Jobs.
 * ------------------------------------------------------------------------------------------------
 */
static const char *const texts[] = { [1] = "format", [2] = "file_name" };
static const char *const flags[] = { [5] = "dry_run", [6] = "atomic", [7] = "create_facilities" };
static const char *const counts[] = {
    [9] = "bytes_read",          [10] = "rows_read",         [11] = "rows_refused",
    [12] = "rows_blank",         [13] = "cells_read",        [14] = "cells_refused",
    [15] = "reports_new",        [16] = "reports_changed",   [17] = "reports_unchanged",
    [18] = "facilities_created", [19] = "facilities_updated"
};
enum {
    J_ID = 0,
    J_SIZE = 3,
    J_PERIOD = 4,
    J_STATUS = 8,
    J_STARTED = 20,
    J_FINISHED,
    J_MESSAGE,
    J_BY,
    J_REFUSALS
};

static void write_job(struct json_out *out, const struct db_rows *rows, int row) {
    char period[8];
    out_object(out, NULL);
    out_int(out, "job", db_int(rows, row, J_ID));
    out_string(out, "status", db_text(rows, row, J_STATUS));
    for (size_t i = 1; i < COUNT(texts); i++)
        out_string(out, texts[i], db_text(rows, row, (int)i));
    if (!db_is_null(rows, row, J_PERIOD)) {
        period_format(period, (int)db_int(rows, row, J_PERIOD));
        out_string(out, "month", period);
    }
    for (size_t i = 5; i < COUNT(flags); i++)
        out_bool(out, flags[i], db_bool(rows, row, (int)i));
    out_int(out, "file_size", db_int(rows, row, J_SIZE));
    for (size_t i = 9; i < COUNT(counts); i++)
        out_int(out, counts[i], db_int(rows, row, (int)i));
    out_int(out, "refusals", db_int(rows, row, J_REFUSALS));
    out_time(out, "started_at", db_time_us(rows, row, J_STARTED));
    out_time(out, "finished_at", db_time_us(rows, row, J_FINISHED));
    out_string(out, "started_by", db_text(rows, row, J_BY));
    out_string(out, "message", db_text(rows, row, J_MESSAGE));
    out_object_end(out);
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

static void import_list(struct request *r) {
    static const char *const known[] = { "page" };
    int64_t page = 1;
    if (!req_only_query(r, known, COUNT(known))) return;
    if (req_query(r, "page") != NULL && !text_to_int(req_query(r, "page"), 1, PAGE_MAX, &page)) {
        bad_query(r, "page counts from 1");
        return;
    }
    const struct db_rows *rows = read_jobs(r, DB_NULL, PAGE_ROWS + 1, page);
    if (rows == NULL) return;
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_int(out, "page", page);
    out_bool(out, "more", db_count(rows) > PAGE_ROWS);
    out_array(out, "imports");
    for (int row = 0; row < db_count(rows) && row < PAGE_ROWS; row++)
        write_job(out, rows, row);
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

static void import_get(struct request *r) {
    int64_t job;
    const struct db_rows *rows = read_job(r, &job);
    if (rows != NULL) write_job(reply_json(r, 200), rows, 0);
}

static void import_refused_get(struct request *r) {
    int64_t job;
    struct buffer csv = { 0 };
    struct problem p = { 0 };
    if (read_job(r, &job) == NULL) return;
    struct db *db = req_db(r);
    if (db == NULL) return;
    if (!import_refused_csv(db, req_scope(r), job, &csv, &p)) {
        reply_problem(r, &p);
        return;
    }
    char *name = arena_printf(req_arena(r), "refused-%lld.csv", (long long)job);
    reply_buffer(r, 200, "text/csv; charset=utf-8", &csv, name);
}

#define UPLOAD_MOST (4096 * (size_t)MIB) /* settings.import_file_mib says how much of it */

static const struct route routes[] = {
    { .method = "POST",
      .path = "/api/v1/imports",
      .handler = import_post,
      .auth = AUTH_SESSION,
      .permission = PERM_IMPORT,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_UPLOAD,
      .body = BODY_SPOOL,
      .body_max = UPLOAD_MOST,
      .media = "text/csv",
      .activity = true,
      .doc = "Send a file of figures; 202 with the job that loads it" },
    { .method = "GET",
      .path = "/api/v1/imports",
      .handler = import_list,
      .auth = AUTH_SESSION,
      .permission = PERM_IMPORT,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .activity = true,
      .doc = "Own imports, newest first" },
    { .method = "GET",
      .path = "/api/v1/imports/{job}",
      .handler = import_get,
      .auth = AUTH_SESSION,
      .permission = PERM_IMPORT,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .doc = "One import: progress and counts; asking does not extend the session" },
    { .method = "GET",
      .path = "/api/v1/imports/{job}/refused.csv",
      .handler = import_refused_get,
      .auth = AUTH_SESSION,
      .permission = PERM_IMPORT,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_READ,
      .activity = true,
      .doc = "Refused rows: line, column, value and reason" },
};

const struct route_table import_routes = { "import", routes, COUNT(routes) };
