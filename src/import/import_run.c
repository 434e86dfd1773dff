#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "import_pipe.h"
#include "import_store.h"

/* ---- What becomes of what was stored when the work ends too early.
 * ----------------------------------------------------- */
#define NOTHING_STORED "Nothing of it was stored; send the file again"
#define REST_STORED    "What was stored stays; send the file again for the rest"

bool import_all_or_nothing(const struct import_options *options) {
    return options->dry_run || options->atomic;
}

const char *import_cut_words(bool all_or_nothing) {
#define CUT "The work on this file was cut off: the server or its database stopped. "
    return all_or_nothing ? CUT NOTHING_STORED : CUT REST_STORED;
}

const char *import_rest_words(bool all_or_nothing) {
    return all_or_nothing ? NOTHING_STORED : REST_STORED;
}

static const char *const format_names[IMPORT_FORMAT__MAX] = {
    [IMPORT_EXTRACT] = "extract",
    [IMPORT_LONG] = "long",
};

const char *import_format_name(enum import_format format) {
    return format_names[format];
}

bool import_format_parse(const char *name, enum import_format *format) {
    for (int i = 0; i < IMPORT_FORMAT__MAX; i++)
        if (text_equal(name, format_names[i])) {
            *format = (enum import_format)i;
            return true;
        }
    return false;
}

/* ---- One pass over the file.
 * ------------------------------------------------------------------------------ */
struct pass {
    struct import import;
    struct import_store store;
    const struct scope *scope;
    import_progress_fn *progress;
    void *arg;
    struct problem parse_problem;
    bool parsed;
};

static void *parse_thread(void *arg) {
    static bool (*const parsers[IMPORT_FORMAT__MAX])(struct import *, struct problem *) = {
        [IMPORT_EXTRACT] = import_extract_parse,
        [IMPORT_LONG] = import_long_parse,
    };
    struct pass *pass = arg;
    pass->parsed = parsers[pass->import.options.format](&pass->import, &pass->parse_problem);
    pipe_end(pass->import.pipe);
    return NULL;
}

static int widest(const struct dictionary_set *set) {
    int width = 1;
    for (int i = 0; i < set->count; i++)
        width = set->dictionaries[i]->width > width ? set->dictionaries[i]->width : width;
    return width;
}

/* Atomic: the first refusal or question ends the pass that stores. */
static bool must_end(const struct pass *pass) {
    return pass->store.in_transaction &&
           (pass->store.result->refusals > 0 || import_asks_count(pass->import.asks) > 0);
}

static bool going_on(const struct pass *pass, struct problem *p) {
    const _Atomic bool *stop = pass->import.options.stop;
    if (stop == NULL || !atomic_load(stop)) return true;
    return problem_set(p, ERR_STOPPING, "Stopped before the end of the file. %s",
                       import_rest_words(import_all_or_nothing(&pass->import.options)));
}

static bool store_all(struct pass *pass, struct problem *p) {
    struct import_batch *batch;
    bool ok = true;
    while ((batch = pipe_take(pass->import.pipe)) != NULL) {
        ok = ok && going_on(pass, p);
        if (ok && !must_end(pass)) {
            ok = import_store_batch(&pass->store, batch, p);
            pass->store.result->bytes_read = atomic_load(&pass->import.bytes_read);
            if (ok && pass->progress != NULL) pass->progress(pass->store.result, pass->arg);
        }
        if (!ok || must_end(pass)) pipe_stop(pass->import.pipe);
        pipe_give(pass->import.pipe, batch);
    }
    return ok;
}

static bool run_threads(struct pass *pass, struct problem *p) {
    pthread_t thread;
    pass->import.pipe = pipe_new(widest(pass->import.set));
    pass->parse_problem = (struct problem){ 0 };
    atomic_store(&pass->import.bytes_read, 0);
    if (pthread_create(&thread, NULL, parse_thread, pass) != 0) {
        pipe_free(pass->import.pipe);
        return problem_set(p, ERR_BUSY, "No thread can be started");
    }
    bool ok = store_all(pass, p);
    pthread_join(thread, NULL);
    pipe_free(pass->import.pipe);
    if (ok && !pass->parsed && !must_end(pass)) {
        *p = pass->parse_problem;
        return false;
    }
    return ok;
}

static void reset(struct pass *pass) {
    struct import *import = &pass->import;
    *pass->store.result = (struct import_result){ 0 };
    memset(pass->store.kept, 0, sizeof pass->store.kept);
    memset(import->told, 0, sizeof import->told);
    import_asks_clear(import->asks);
    for (int i = 0; i < import->facilities.count; i++)
        import->facilities.list[i].seen = 0;
}

/* ---- The job.
 * ------------------------------------------------------------------------------------------------
 */
bool import_job_new(struct db *db, const struct scope *scope, const struct import_options *options,
                    const char *status, int64_t *job, struct problem *p) {
    struct arena *arena = arena_new();
    struct db_rows *rows;
    bool ok = db_once(
        db, scope, DB_WRITE, Q_IMPORT_JOB_NEW,
        DB_ARGS(options->account_id > 0 ? DB_INT8(options->account_id) : DB_NULL,
                DB_TEXT(options->request_id), DB_TEXT(import_format_name(options->format)),
                DB_TEXT(options->file_name), DB_INT8(options->file_size),
                options->period > 0 ? DB_INT4(options->period) : DB_NULL, DB_BOOL(options->dry_run),
                DB_BOOL(options->atomic), DB_BOOL(options->create_facilities),
                DB_TEXT(options->erase ? "erase" : "keep"), DB_TEXT(options->answers),
                DB_TEXT(status)),
        arena, &rows, p);
    if (ok) *job = db_int(rows, 0, 0);
    arena_free(arena);
    return ok;
}

/* A job's state; `inside`: in the transaction at hand. */
struct job_state {
    int64_t job;
    const char *status, *message;
    const struct import_result *result;
    struct import *import; /* NULL: what it asks and notes stays as it was told */
    bool inside;
};

static bool write_state(struct db *db, const struct scope *scope, const struct job_state *state,
                        struct problem *p) {
    struct import *import = state->import;
    struct arena *arena = arena_new();
    struct buffer questions = { 0 }, notes = { 0 };
    int64_t counts[IMPORT_COUNTS];
    import_counts_get(state->result, counts);
    if (import != NULL) {
        import_asks_json(import->asks, &questions);
        import_notes_json(import, &notes);
    }
    bool month = import != NULL && import->options.period > 0;
    const struct db_param params[] = { DB_INT8(state->job),
                                       DB_TEXT(state->status),
                                       DB_INT8S(counts, IMPORT_COUNTS),
                                       DB_TEXT(state->message),
                                       DB_JSONB(questions.data),
                                       DB_JSONB(notes.data),
                                       month ? DB_INT4(import->options.period) : DB_NULL };
    bool ok = state->inside
                  ? db_query(db, Q_IMPORT_JOB_STATE, params, COUNT(params), arena, NULL, p)
                  : db_once(db, scope, DB_WRITE, Q_IMPORT_JOB_STATE, params, COUNT(params), arena,
                            NULL, p);
    buffer_free(&questions);
    buffer_free(&notes);
    arena_free(arena);
    return ok;
}

bool import_job_state(struct db *db, const struct scope *scope, int64_t job, const char *status,
                      const struct import_result *result, const char *message, struct problem *p) {
    const struct job_state state = {
        .job = job, .status = status, .message = message, .result = result
    };
    return write_state(db, scope, &state, p);
}

/* The batches' commits did not wait for the disk; this one does, for all of them (import_plans).
 * When it fails the row stays 'running' and is found by the sweep. */
static bool write_end(struct pass *pass, bool ok, const struct problem *why, struct problem *p) {
    struct job_state state = { .job = pass->store.job,
                               .status = ok ? "done" : "failed",
                               .result = pass->store.result,
                               .import = &pass->import };
    if (!ok)
        state.message = why->code == ERR_UNAVAILABLE
                            ? import_cut_words(import_all_or_nothing(&pass->import.options))
                            : why->detail;
    else if (pass->store.result->rolled_back)
        state.message = "Something was refused or is not certain: nothing was stored";
    return write_state(pass->store.db, pass->scope, &state, p);
}

/* ---- Atomic: one transaction; what was refused is told by a second pass that stores nothing.
 * ----------- */
/* Says itself that it is done: whoever loses sight of the commit finds the job so, or nothing
 * stored. */
static bool atomic_work(struct db *db, void *arg, struct problem *p) {
    struct pass *pass = arg;
    reset(pass);
    if (!run_threads(pass, p) || must_end(pass)) return false;
    import_asks_note(&pass->import);
    const struct job_state state = { .job = pass->store.job,
                                     .status = "done",
                                     .result = pass->store.result,
                                     .import = &pass->import,
                                     .inside = true };
    return write_state(db, pass->scope, &state, p);
}

static bool run_atomic(struct pass *pass, struct problem *p) {
    struct import_store *store = &pass->store;
    store->in_transaction = true;
    bool ok = false;
    for (int tries = 0; !ok && tries < IMPORT_TRIES; tries++) {
        *p = (struct problem){ 0 };
        ok = db_transaction(store->db, pass->scope, DB_WRITE, atomic_work, pass, p);
        if (p->code != ERR_EXISTS) break;
    }
    if (ok || !must_end(pass)) return ok;
    store->in_transaction = false;
    store->dry_run = true;
    *p = (struct problem){ 0 };
    import_facilities_free(&pass->import.facilities);
    if (!import_facilities_read(store->db, pass->scope, &pass->import.facilities, p)) return false;
    reset(pass);
    ok = run_threads(pass, p);
    store->result->rolled_back = ok;
    return ok;
}

struct watched {
    struct pass *pass;
    struct problem *p;
};

static bool watch(void *arg) {
    struct watched *watched = arg;
    struct pass *pass = watched->pass;
    if (pass->progress != NULL) pass->progress(pass->store.result, pass->arg);
    return going_on(pass, watched->p);
}

static bool run(struct pass *pass, int fd, struct problem *p) {
    struct watched watched = { pass, p };
    if (!import_facilities_read(pass->store.db, pass->scope, &pass->import.facilities, p) ||
        !import_survey(&pass->import, fd, watch, &watched, p) ||
        !import_stands_read(pass->store.db, pass->scope, &pass->import, p))
        return false;
    if (pass->import.options.atomic && !pass->import.options.dry_run) return run_atomic(pass, p);
    return run_threads(pass, p);
}

static void end_pass(struct pass *pass) {
    tabular_close(pass->import.file);
    import_facilities_free(&pass->import.facilities);
    free(pass->import.stands.list);
    import_asks_free(pass->import.asks);
    arena_free(pass->import.arena);
    free(pass);
}

bool import_run(int64_t job, const struct import_options *options, int fd, struct db *db,
                const struct dictionary_set *set, const struct scope *scope,
                import_progress_fn *progress, void *arg, struct import_result *result,
                struct problem *p) {
    *result = (struct import_result){ 0 };
    struct pass *pass = xcalloc(1, sizeof *pass);
    pass->import = (struct import){ .options = *options,
                                    .set = set,
                                    .arena = arena_new(),
                                    .asks = import_asks_new(options->answers) };
    pass->store = (struct import_store){ .db = db,
                                         .scope = scope,
                                         .import = &pass->import,
                                         .job = job,
                                         .result = result,
                                         .dry_run = options->dry_run };
    pass->scope = scope;
    pass->progress = progress;
    pass->arg = arg;
    bool ok = run(pass, fd, p);
    result->questions = import_asks_count(pass->import.asks);
    if (ok && !result->rolled_back) import_asks_note(&pass->import);
    struct problem unwritten = { 0 };
    bool written = write_end(pass, ok, p, &unwritten);
    if (ok && !written) {
        *p = unwritten;
        ok = false;
    }
    end_pass(pass);
    return ok;
}
