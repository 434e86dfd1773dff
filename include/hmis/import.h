/* import: figures from files. Two formats, docs/import.md: 'extract', the ministry's facility-wise
 * extract (20 facility columns, then a column an item), and 'long' (facility code, month, item,
 * value).
 *
 * A file is read in a stream: a thread parses while the caller's connection stores batches of
 * REPORT_BATCH reports, a transaction each, so that a killed import leaves whole batches. Memory
 * does not grow with the file. Every refused row or cell is a row of import_refusal; what is good
 * is kept, or, with `atomic`, nothing unless all is good. */
#ifndef HMIS_IMPORT_H
#define HMIS_IMPORT_H

#include "hmis/db.h"
#include "hmis/dictionary.h"
#include "hmis/services.h"

enum import_format { IMPORT_EXTRACT, IMPORT_LONG, IMPORT_FORMAT__MAX };
const char *import_format_name(enum import_format format); /* "extract" */
bool import_format_parse(const char *name, enum import_format *format);

struct import_options {
    enum import_format format;
    int period; /* IMPORT_EXTRACT: the month it holds; IMPORT_LONG: 0 */
    bool dry_run, atomic, create_facilities;
    const char *file_name;
    int64_t file_size;           /* bytes; 0: not known */
    int64_t account_id;          /* 0: the command line */
    const char *request_id;      /* NULL: none */
    const char *spool_directory; /* for what does not fit memory; NULL: $TMPDIR or /tmp */
    const _Atomic bool *stop;    /* set by another thread: end after the batch at hand; or NULL */
};

struct import_result {
    int64_t bytes_read, rows_read, rows_refused, rows_blank;
    int64_t cells_read,
        cells_refused; /* cells with a figure; those refused in rows that are kept */
    int64_t reports_new, reports_changed, reports_unchanged;
    int64_t facilities_created, facilities_updated;
    int64_t refusals; /* rows of import_refusal */
    bool rolled_back; /* atomic, and something was refused */
};
/* Told after every batch, on the caller's thread. */
typedef void import_progress_fn(const struct import_result *result, void *arg);

/* The job's row, status 'running'. */
MUST_USE bool import_job_new(struct db *db, const struct scope *scope,
                             const struct import_options *options, const char *status, int64_t *job,
                             struct problem *p);
/* Runs it and writes how it ended into the job's row. fd is read from where it stands; atomic needs
 * one that can be rewound. False: the problem says why it failed (what was stored stays); refused
 * rows are no failure. */
MUST_USE bool import_run(int64_t job, const struct import_options *options, int fd, struct db *db,
                         const struct dictionary_set *set, const struct scope *scope,
                         import_progress_fn *progress, void *arg, struct import_result *result,
                         struct problem *p);
/* The refused rows of a job as CSV: line, column, column name, value, code, reason. */
MUST_USE bool import_refused_csv(struct db *db, const struct scope *scope, int64_t job,
                                 struct buffer *out, struct problem *p);

/* ---- In the daemon: one import at a time, in the background.
 * ------------------------------------- */
struct import_queue *import_queue_start(struct db_pool *pool, struct dictionary_store *dictionaries,
                                        struct rollup_worker *rollup);
/* Ends the import at hand after its batch; it and those waiting are marked failed. */
void import_queue_stop(struct import_queue *queue);
/* Takes over fd. The scope is copied. */
void import_queue_add(struct import_queue *queue, int64_t job, const struct import_options *options,
                      int fd, const struct scope *scope);

/* ---- `hmis import FILE|- --format extract --month 2022-04 [--dry-run] [--atomic]
 * ------------------
 *      [--create-facilities] [--refused FILE] [--quiet]`. Returns the exit status: 0 all good,
 * 3 something was refused, 1 failure, 2 wrong arguments. rollup_pass is not called. argv begins
 * behind the sub-command; without a pool only help and wrong arguments are answered. */
int import_cli(int argc, char **argv, struct db_pool *pool, struct dictionary_store *dictionaries);

#endif
