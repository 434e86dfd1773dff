#include "extract_zip.h"

#include <errno.h>
#include <zip.h>

#include "hmis/period.h"

bool extract_each(const struct dictionary_set *set, const struct extract_span *span,
                  extract_one_fn *one, void *arg, struct problem *p) {
    bool any = false;
    for (int period = span->from; period <= span->to; period = period_add(period, 1)) {
        const struct dictionary *dictionary = dictionary_for(set, period);
        for (int i = 0; dictionary && i < dictionary->form_count; i++) {
            const struct form *form = &dictionary->forms[i];
            if (span->form && !text_equal(form->code, span->form)) continue;
            struct extract_request request = { span->where, form, period, span->which };
            char month[8], name[80];
            any = true;
            period_format(month, period);
            snprintf(name, sizeof name, "extract_%s_%s.csv", form->code, month);
            if (!one(&request, name, arg, p)) return false;
        }
    }
    if (any) return true;
    return problem_set(p, span->form ? ERR_BAD_QUERY : ERR_DICTIONARY_NONE,
                       "form: there is no such form in these months");
}

struct packing {
    struct db *db;
    zip_t *zip;
};

static bool refused(zip_t *zip, struct problem *p) {
    return problem_set(p, ERR_BUSY, "The file cannot be written: %s", zip_strerror(zip));
}

/* The archive reads the file when it is closed, and closes it. */
static bool add(const struct extract_request *request, const char *name, void *arg,
                struct problem *p) {
    struct packing *packing = arg;
    int64_t rows;
    FILE *file = tmpfile();
    if (!file) return problem_set(p, ERR_BUSY, "The file cannot be written: there is no room");
    if (!extract_write(packing->db, request, file, &rows, p) || rows == 0) {
        fclose(file);
        return p->code == ERR_NONE;
    }
    rewind(file);
    zip_source_t *source = zip_source_filep(packing->zip, file, 0, -1);
    if (!source) fclose(file);
    if (source && zip_file_add(packing->zip, name, source, ZIP_FL_ENC_UTF_8) >= 0) return true;
    if (source) zip_source_free(source);
    return refused(packing->zip, p);
}

/* ---- Where the archive goes: given only a name, libzip writes another file beside it, which a
 * killed process leaves there. ------------------------------------------------------------------
 */
struct sink {
    FILE *file;
    zip_error_t error;
};

static zip_int64_t failed(struct sink *sink, int why) {
    zip_error_set(&sink->error, why, errno);
    return -1;
}

static zip_int64_t sink_seek(struct sink *sink, void *data, zip_uint64_t length) {
    zip_source_args_seek_t *to =
        ZIP_SOURCE_GET_ARGS(zip_source_args_seek_t, data, length, &sink->error);
    if (!to) return -1;
    return fseeko(sink->file, to->offset, to->whence) == 0 ? 0 : failed(sink, ZIP_ER_SEEK);
}

static zip_int64_t sink_stat(void *data) {
    zip_stat_t *stat = data;
    zip_stat_init(stat);
    stat->size = 0;
    stat->valid = ZIP_STAT_SIZE;
    return sizeof *stat;
}

static zip_int64_t sink_do(void *arg, void *data, zip_uint64_t length, zip_source_cmd_t command) {
    struct sink *sink = arg;
    switch (command) {
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_WRITABLE;
    case ZIP_SOURCE_STAT:
        return sink_stat(data);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&sink->error, data, length);
    case ZIP_SOURCE_WRITE:
        return fwrite(data, 1, length, sink->file) == length ? (zip_int64_t)length
                                                             : failed(sink, ZIP_ER_WRITE);
    case ZIP_SOURCE_READ:
        return (zip_int64_t)fread(data, 1, length, sink->file);
    case ZIP_SOURCE_SEEK:
    case ZIP_SOURCE_SEEK_WRITE:
        return sink_seek(sink, data, length);
    case ZIP_SOURCE_TELL:
    case ZIP_SOURCE_TELL_WRITE:
        return ftello(sink->file);
    case ZIP_SOURCE_COMMIT_WRITE:
        return fflush(sink->file) == 0 ? 0 : failed(sink, ZIP_ER_WRITE);
    default: /* open, close, begin, roll back, remove, free: the file is its owner's */
        return 0;
    }
}

static zip_t *open_sink(struct sink *sink, struct problem *p) {
    zip_source_t *source = zip_source_function_create(sink_do, sink, &sink->error);
    zip_t *zip =
        source ? zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &sink->error) : NULL;
    if (zip) return zip;
    problem_set(p, ERR_BUSY, "The file cannot be made: %s", zip_error_strerror(&sink->error));
    if (source) zip_source_free(source);
    return NULL;
}

bool extract_zip(struct db *db, const struct dictionary_set *set, const struct extract_span *span,
                 FILE *file, struct problem *p) {
    struct sink sink = { .file = file };
    zip_error_init(&sink.error);
    struct packing packing = { db, open_sink(&sink, p) };
    bool fine = packing.zip && extract_each(set, span, add, &packing, p);
    if (fine && zip_get_num_entries(packing.zip, 0) == 0)
        fine = problem_set(p, ERR_NOT_FOUND,
                           "Nobody has reported, and nobody expected is to be listed");
    bool written = fine && zip_close(packing.zip) == 0;
    if (fine && !written) (void)!refused(packing.zip, p);
    if (packing.zip && !written) zip_discard(packing.zip);
    zip_error_fini(&sink.error);
    return written;
}
