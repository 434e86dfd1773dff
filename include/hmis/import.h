/* import: figures from files. Two formats, docs/import.md: 'extract', the ministry's facility-wise
 * extract (20 facility columns, then a column an item), and 'long' (facility code, month, item,
 * value), in whatever kind of file (tabular.h).
 *
 * A file is read twice in a stream: once for its header and for what its cells are evidence of
 * (import_survey.c), then row by row: a thread reads while the caller's connection stores batches
 * of REPORT_BATCH reports, a transaction each, so that a killed import leaves whole batches. Memory
 * does not grow with the file. What is good is kept, or, with `atomic`, nothing unless all is good.
 *
 * What is not certain is a question with its readings: the figures it holds are not stored until
 * the file comes again with the answer. Every figure of the file is one of stored, unchanged,
 * refused, lost with its row, or asked about; each count has its list (import_line). */
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
    bool erase;          /* an empty cell makes the stored figure blank; else it stays */
    const char *answers; /* to questions: "item:10.1=10.10", one a line; or NULL */
    const char *sheet;   /* of a workbook; NULL: the first that has the columns */
    const char *file_name;
    int64_t file_size;           /* bytes; 0: not known */
    int64_t account_id;          /* 0: the command line */
    const char *request_id;      /* NULL: none */
    const char *spool_directory; /* for what does not fit memory; NULL: $TMPDIR or /tmp */
    const _Atomic bool *stop;    /* set by another thread: end after the batch at hand; or NULL */
};

/* What is wrong with `answers`, in words of the arena; NULL: nothing. */
const char *import_answers_wrong(const char *answers, struct arena *arena);

/* figures_read = stored + unchanged + refused + lost + asked. */
struct import_result {
    int64_t bytes_read;
    int64_t rows_read, rows_blank /* without a figure */, rows_refused, rows_asked;
    int64_t figures_read, figures_stored, figures_unchanged, figures_refused,
        figures_lost /* with a refused row */, figures_asked;
    int64_t figures_replaced; /* of the stored: in the place of another figure */
    int64_t figures_emptied;  /* made blank: the file has nothing there (erase) */
    int64_t figures_kept;     /* the file has nothing there, the stored figure stays */
    int64_t reports_new, reports_changed, reports_unchanged;
    int64_t facilities_created, facilities_changed, facilities_moved, facilities_refused;
    int64_t findings;  /* rules and checks that stored reports fail */
    int64_t refusals;  /* rows, figures and facility cells refused */
    int64_t questions; /* open */
    bool rolled_back;  /* atomic, and something was refused or asked about */
};
/* The counts of a job as they stand in import_job and in the API, `questions` apart. */
enum { IMPORT_COUNTS = 23 };
extern const char *const import_count_names[IMPORT_COUNTS];
void import_counts_get(const struct import_result *result, int64_t counts[IMPORT_COUNTS]);
void import_counts_add(struct import_result *to, const struct import_result *from);

/* The lists of a job. */
enum import_line_kind {
    LINE_ROW,      /* a row refused, its figures lost */
    LINE_FIGURE,   /* a figure refused */
    LINE_ASKED,    /* held by a question */
    LINE_EMPTY,    /* the file has nothing where a figure stands */
    LINE_REPLACED, /* a figure takes the place of another */
    LINE_REPORT,   /* a report made, changed or found the same */
    LINE_FACILITY, /* made, changed, moved; what was assumed or refused about it */
    LINE_FINDING,  /* a rule or check that a report fails */
    LINE__MAX
};
#define IMPORT_LINES_MOST 10000                           /* kept of each kind */
const char *import_line_name(enum import_line_kind kind); /* "row" */
bool import_line_parse(const char *name, enum import_line_kind *kind);

/* Told after every batch, on the caller's thread. */
typedef void import_progress_fn(const struct import_result *result, void *arg);

/* The job's row, status 'running'. */
MUST_USE bool import_job_new(struct db *db, const struct scope *scope,
                             const struct import_options *options, const char *status, int64_t *job,
                             struct problem *p);
/* Writes how far a job is, or how it ended. */
MUST_USE bool import_job_state(struct db *db, const struct scope *scope, int64_t job,
                               const char *status, const struct import_result *result,
                               const char *message, struct problem *p);
/* Runs it and writes how it ended into the job's row. fd is read from where it stands; atomic needs
 * one that can be rewound. False: the problem says why it failed (what was stored stays); refused
 * rows are no failure. */
MUST_USE bool import_run(int64_t job, const struct import_options *options, int fd, struct db *db,
                         const struct dictionary_set *set, const struct scope *scope,
                         import_progress_fn *progress, void *arg, struct import_result *result,
                         struct problem *p);
/* A list of a job as CSV; LINE__MAX: all that was refused. Texts of the dictionary are in
 * `language` where there are any; NULL: English. */
MUST_USE bool import_lines_csv(struct db *db, const struct scope *scope, int64_t job,
                               enum import_line_kind kind, const struct dictionary_set *set,
                               const char *language, struct buffer *out, struct problem *p);

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
 *      [--create-facilities] [--empty erase] [--answer KEY=READING] [--refused FILE] [--quiet]`.
 * Returns the exit status: 0 all good, 3 something was refused or is asked about, 1 failure, 2
 * wrong arguments. rollup_pass is not called. argv begins behind the sub-command; without a pool
 * only help and wrong arguments are answered. */
int import_cli(int argc, char **argv, struct db_pool *pool, struct dictionary_store *dictionaries);

#endif
