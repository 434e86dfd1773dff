#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hmis/audit.h"
#include "hmis/calendar.h"
#include "hmis/period.h"
#include "hmis/roles.h"
#include "hmis/routes.h"
#include "hmis/settings.h"
#include "import_http.h"

enum { NAME_BYTES = 200, SHEET_BYTES = 100 };

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

static bool read_empty(struct request *r, struct import_options *options) {
    const char *empty = req_query(r, "empty");
    options->erase = text_equal(empty, "erase");
    return empty == NULL || options->erase || text_equal(empty, "keep") ||
           bad_query(r, "empty is keep or erase: what an empty cell does to a stored figure");
}

/* "item:10.1=10.10;month:11/12=2012-11": keys as the job's questions have them. */
static bool read_answers(struct request *r, struct import_options *options) {
    const char *answers = req_query(r, "answers");
    options->sheet = req_query(r, "sheet");
    if (options->sheet != NULL && strlen(options->sheet) > SHEET_BYTES)
        return bad_query(r, "sheet has at most 100 bytes");
    if (answers == NULL) return true;
    if (!text_is_utf8(answers, strlen(answers)))
        return bad_query(r, "answers are key=reading, separated by ;");
    char *lines = arena_strdup(req_arena(r), answers);
    for (char *at = lines; *at != '\0'; at++)
        if (*at == ';') *at = '\n';
    options->answers = lines;
    const char *wrong = import_answers_wrong(lines, req_arena(r));
    return wrong == NULL || bad_query(r, wrong);
}

static bool read_options(struct request *r, struct import_options *options) {
    static const char *const known[] = {
        "format",    "month", "dry_run", "atomic", "create_facilities",
        "file_name", "empty", "answers", "sheet"
    };
    if (!req_only_query(r, known, COUNT(known))) return false;
    if (req_query(r, "format") == NULL ||
        !import_format_parse(req_query(r, "format"), &options->format))
        return bad_query(r, "format is extract or long");
    if (!read_month(r, options) || !read_flag(r, "dry_run", &options->dry_run) ||
        !read_flag(r, "atomic", &options->atomic) ||
        !read_flag(r, "create_facilities", &options->create_facilities) ||
        !read_file_name(r, options) || !read_empty(r, options) || !read_answers(r, options))
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
      .media = "application/octet-stream text/csv",
      .activity = true,
      .doc = "Send a file of figures; 202 with the job that loads it" },
    { .method = "GET",
      .path = "/api/v1/imports",
      .handler = import_list_get,
      .auth = AUTH_SESSION,
      .permission = PERM_IMPORT,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .activity = true,
      .doc = "Own imports, newest first" },
    { .method = "GET",
      .path = "/api/v1/imports/{job}",
      .handler = import_job_get,
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
    { .method = "GET",
      .path = "/api/v1/imports/{job}/lines",
      .handler = import_lines_get,
      .auth = AUTH_SESSION,
      .permission = PERM_IMPORT,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .activity = true,
      .doc = "A list of a job, fifty lines a page: refused, asked about, replaced, findings ..." },
    { .method = "GET",
      .path = "/api/v1/imports/{job}/lines.csv",
      .handler = import_lines_csv_get,
      .auth = AUTH_SESSION,
      .permission = PERM_IMPORT,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_READ,
      .activity = true,
      .doc = "The same list whole, as CSV" },
};

const struct route_table import_routes = { "import", routes, COUNT(routes) };
