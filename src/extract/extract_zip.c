#include "extract_zip.h"

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

bool extract_zip(struct db *db, const struct dictionary_set *set, const struct extract_span *span,
                 const char *path, struct problem *p) {
    int error = 0;
    struct packing packing = { db, zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &error) };
    if (!packing.zip) return problem_set(p, ERR_BUSY, "The file cannot be made (%d)", error);
    bool fine = extract_each(set, span, add, &packing, p);
    if (fine && zip_get_num_entries(packing.zip, 0) == 0)
        fine = problem_set(p, ERR_NOT_FOUND,
                           "Nobody has reported, and nobody expected is to be listed");
    if (fine && zip_close(packing.zip) == 0) return true;
    if (fine) fine = refused(packing.zip, p);
    zip_discard(packing.zip);
    return fine;
}
