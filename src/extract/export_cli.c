/* `hmis export`: extracts as files of a folder, with the rights of whoever keeps the database. */
#include "extract_zip.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "hmis/period.h"

enum { EXPORTED = 0, FAILED = 1, WRONG = 2 };

struct exporting {
    const char *directory, *area, *form, *from, *to;
    bool reported;
    const struct dictionary_set *set;
    struct extract_span span;
    struct db *db;
    int64_t files, rows;
};

static int usage(const char *what) {
    fprintf(
        stderr,
        "%s%shmis export --directory DIR --from 2022-04 [--to 2023-03] [--area lgd-state-28]\n"
        "            [--form PHC] [--reported]\n"
        "writes extract_<form>_<month>.csv, the ministry's facility-wise extract, for every form "
        "of\nevery month; --reported leaves out who was expected and has not reported.\n",
        what, *what ? "\n" : "");
    return *what ? WRONG : EXPORTED;
}

/* Under another name until it is whole: a cut file is never taken for one. */
static bool write_one(const struct extract_request *request, const char *name, void *arg,
                      struct problem *p) {
    struct exporting *e = arg;
    char path[700], part[720];
    int64_t rows = 0;
    snprintf(path, sizeof path, "%.500s/%s", e->directory, name);
    snprintf(part, sizeof part, "%s.part", path);
    FILE *file = fopen(part, "we");
    if (!file) return problem_set(p, ERR_INTERNAL, "%.200s: %s", part, strerror(errno));
    bool written = extract_write(e->db, request, file, &rows, p);
    bool closed = fclose(file) == 0;
    if (written && closed && rows > 0 && rename(part, path) == 0) {
        e->files++;
        e->rows += rows;
        return true;
    }
    remove(part);
    if (written && closed && rows == 0) return true;
    return !written ? false : problem_set(p, ERR_INTERNAL, "%.200s cannot be written", path);
}

static bool work(struct db *db, void *arg, struct problem *p) {
    struct exporting *e = arg;
    struct arena *arena = arena_new();
    struct area_ref area;
    e->db = db;
    e->files = e->rows = 0;
    bool fine = !e->area || area_ref_find(db, &scope_system, e->area, NULL, e->span.from,
                                          e->span.to, arena, &area, p);
    if (fine && e->area) e->span.where = area_ref_filter(&area);
    arena_free(arena);
    return fine && extract_each(e->set, &e->span, write_one, e, p);
}

static bool arguments_read(struct exporting *e, int argc, char **argv) {
    const struct {
        const char *name;
        const char **value;
    } flags[] = { { "--directory", &e->directory },
                  { "--area", &e->area },
                  { "--form", &e->form },
                  { "--from", &e->from },
                  { "--to", &e->to } };
    for (int i = 0; i < argc; i++) {
        size_t f = 0;
        while (f < COUNT(flags) && !text_equal(argv[i], flags[f].name))
            f++;
        if (text_equal(argv[i], "--reported"))
            e->reported = true;
        else if (f < COUNT(flags) && i + 1 < argc)
            *flags[f].value = argv[++i];
        else
            return false;
    }
    return e->directory && e->from;
}

int export_cli(int argc, char **argv, struct db *db, const struct dictionary_set *set) {
    struct exporting e = { .set = set };
    struct problem p = { 0 };
    if (argc == 0) return usage("");
    if (!arguments_read(&e, argc, argv)) return usage("export: wrong arguments");
    if (!period_parse(e.from, &e.span.from) || !period_parse(e.to ? e.to : e.from, &e.span.to))
        return usage("--from, --to: write a month as 2022-04");
    e.span.form = e.form;
    e.span.which = e.reported ? EXTRACT_REPORTED : EXTRACT_ALL;
    if (mkdir(e.directory, 0777) != 0 && errno != EEXIST)
        return usage("--directory: cannot be made");
    db_statement_timeout(db, 3600 * 1000);
    if (!db_transaction(db, &scope_system, DB_READ_SNAPSHOT, work, &e, &p)) {
        fprintf(stderr, "error: %s\n", *p.detail ? p.detail : error_text(p.code));
        return FAILED;
    }
    printf("%lld files, %lld rows\n", (long long)e.files, (long long)e.rows);
    return EXPORTED;
}
