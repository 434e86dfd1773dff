/* Every item of every form goes out in whatever the server writes and comes back through the import
 * as it was: the extract of `hmis export`, the template in the extract's layout, the long one. */
#include "hmis/extract.h"
#include "hmis/tabular.h"
#include "test.h"
#include "test_import.h"
#include "test_pg.h"
#include "test_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *form, *facility;
} reporters[] = { { "SC", "SC1" },   { "PHC", "PHC1" }, { "CHC", "CHC1" },
                  { "SDH", "SDH1" }, { "DH", "DH1" },   { "DHQ", "DHQ1" } };

static const char all_cells[] =
    "select md5(string_agg(f.code || r.cells::text, ';' order by f.code)) from report r"
    " join facility f on f.id = r.facility_id where r.period = 202204";
static char directory[] = "/tmp/hmis-test-round-XXXXXX";
static const struct dictionary_set *set;

/* ---- What there is. --------------------------------------------------------------------------
 */
/* No two of a form alike, as far as their kind allows. */
static int figure_of(const struct item *item) {
    if (item->type == DATA_ADEQUACY) return item->slot % 2 + ADEQUATE;
    if (item->type == DATA_DATE) return 20220401 + item->slot % 28;
    int low = item->low == NO_LOW ? 0 : item->low, figure = low + 1001 + item->slot;
    return figure > item->high ? item->high : figure;
}

static void put_report(const struct form *form, const char *facility) {
    struct buffer sql = { 0 };
    buffer_add_text(
        &sql, "insert into report (facility_id, period, form_id, facility_type, ownership,"
              " locality, source, state_id, district_id, block_id, version, submitted_at, cells)"
              " select f.id, 202204, ");
    buffer_printf(&sql,
                  "%d, f.facility_type, f.ownership, f.locality, 1, f.state_id,"
                  " f.district_id, f.block_id, 1, now(), array[",
                  form->id);
    for (int slot = 0; slot < form->dictionary->width; slot++) {
        buffer_add_text(&sql, slot > 0 ? "," : "");
        if (form->by_slot[slot] == NULL)
            buffer_add_text(&sql, "null");
        else
            buffer_add_int(&sql, figure_of(form->by_slot[slot]->item));
    }
    buffer_printf(&sql, "]::int4[] from facility f where code = '%s'", facility);
    test_sql(ti.conninfo, sql.data);
    buffer_free(&sql);
}

static int set_up(void **state) {
    int failed = ti_set_up(state);
    for (size_t i = 0; i < COUNT(reporters); i++)
        put_report(test_state_form(ti.dictionaries, reporters[i].form), reporters[i].facility);
    return failed;
}

/* ---- Out and in again. -----------------------------------------------------------------------
 */
static void forget_reports(void) {
    test_sql(ti.conninfo, "delete from report");
}

static void expect_whole(const char *form) {
    int items = test_state_form(ti.dictionaries, form)->item_count;
    if (ti.result.figures_stored != items || ti.result.refusals > 0 || ti.result.questions > 0)
        fail_msg("form %s: %lld of %d figures\n%s", form, (long long)ti.result.figures_stored,
                 items, ti_refused_csv());
}

static void expect_same(const char *before) {
    char have[40];
    test_sql_value(ti.conninfo, all_cells, have, sizeof have);
    assert_string_equal(have, before);
}

static void path_of(const char *name, char path[200]) {
    snprintf(path, 200, "%s/%s", directory, name);
}

static bool import_file(const char *path, struct import_options options) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail_msg("%s is not there", path);
    return ti_run_fd(fd, options, &scope_system);
}

static void the_extract_of_every_form(void **state) {
    (void)state;
    char before[40], path[200], name[40];
    char *arguments[] = { "--directory", directory, "--from", "2022-04", "--reported" };
    test_sql_value(ti.conninfo, all_cells, before, sizeof before);
    assert_int_equal(export_cli((int)COUNT(arguments), arguments, ti.db, set), 0);
    for (size_t i = 0; i < COUNT(reporters); i++) {
        snprintf(name, sizeof name, "extract_%s_2022-04.csv", reporters[i].form);
        path_of(name, path);
        ti_must(import_file(path, EXTRACT)); /* what stands there is what the file says */
        assert_int_equal(ti.result.reports_unchanged, 1);
    }
    forget_reports();
    for (size_t i = 0; i < COUNT(reporters); i++) {
        snprintf(name, sizeof name, "extract_%s_2022-04.csv", reporters[i].form);
        path_of(name, path);
        ti_must(import_file(path, EXTRACT));
        expect_whole(reporters[i].form);
        remove(path);
    }
    expect_same(before);
}

struct making {
    const struct form *form;
    enum template_kind kind;
    const char *path;
};

static bool make(struct db *db, void *arg, struct problem *p) {
    struct making *m = arg;
    struct extract_request request = { .form = m->form,
                                       .period = 202205,
                                       .which = EXTRACT_EXPECTED };
    return extract_template(db, &request, m->kind, NULL, m->path, p);
}

static void make_template(const char *form, enum template_kind kind, const char *path) {
    struct making making = { test_state_form(ti.dictionaries, form), kind, path };
    struct problem p = { 0 };
    if (!db_transaction(ti.db, &scope_system, DB_READ_SNAPSHOT, make, &making, &p))
        fail_msg("%s: %s", form, p.detail);
}

/* Last month's figures stand on the second sheet in the layout of the first. */
static void the_template_of_every_form(void **state) {
    (void)state;
    char before[40], path[COUNT(reporters)][200];
    struct import_options options = EXTRACT;
    options.sheet = "last month 2022-04";
    test_sql_value(ti.conninfo, all_cells, before, sizeof before);
    for (size_t i = 0; i < COUNT(reporters); i++) {
        path_of(reporters[i].form, path[i]);
        make_template(reporters[i].form, TEMPLATE_EXTRACT, path[i]);
    }
    forget_reports();
    for (size_t i = 0; i < COUNT(reporters); i++) {
        ti_must(import_file(path[i], options));
        expect_whole(reporters[i].form);
        remove(path[i]);
    }
    expect_same(before);
}

/* Filled in as a person does: last month's figures written into the column of this month's. */
static void fill_in(int fd, struct buffer *csv) {
    enum { CODE, NAME, MONTH, ITEM, ITEM_NAME, VALUE, LAST };
    struct tabular *tabular;
    struct tabular_row row;
    struct problem p = { 0 };
    bool end = false;
    assert_true(tabular_open(fd, NULL, &tabular, ti.arena, &p));
    buffer_add_text(csv, "facility_code,month,item,item_name,value\n");
    assert_true(tabular_next(tabular, &row, &end, &p)); /* the heads */
    while (tabular_next(tabular, &row, &end, &p) && !end)
        if (row.count > LAST && row.cells[LAST].kind != TABULAR_BLANK)
            buffer_printf(csv, "%s,2022-04,%s,\"%s\",%s\n", row.cells[CODE].text,
                          row.cells[ITEM].text, row.cells[ITEM_NAME].text, row.cells[LAST].text);
    tabular_close(tabular);
}

static void the_long_template_of_every_form(void **state) {
    (void)state;
    char before[40], path[200];
    struct buffer csv[COUNT(reporters)] = { 0 };
    test_sql_value(ti.conninfo, all_cells, before, sizeof before);
    for (size_t i = 0; i < COUNT(reporters); i++) {
        path_of(reporters[i].form, path);
        make_template(reporters[i].form, TEMPLATE_LONG, path);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        fill_in(fd, &csv[i]);
        close(fd);
        remove(path);
    }
    forget_reports();
    for (size_t i = 0; i < COUNT(reporters); i++) {
        ti_must(ti_run_bytes(csv[i].data, csv[i].length, LONG));
        expect_whole(reporters[i].form);
        buffer_free(&csv[i]);
    }
    expect_same(before);
}

#define ROUND(f) cmocka_unit_test_setup_teardown(f, set_up, ti_tear_down)

int main(void) {
    ti_begin("import_round");
    set = dictionary_hold(ti.dictionaries);
    test_sql(ti.conninfo,
             "insert into facility (code, name, facility_type, ownership, locality, opened_on,"
             " state_id, district_id, block_id) values"
             " ('SDH1', 'SDH One', 4, 1, 2, '1900-01-01', 2, 3, 5),"
             " ('DH1', 'DH One', 5, 1, 2, '1900-01-01', 2, 3, 5)");
    if (mkdtemp(directory) == NULL) return 1;
    const struct CMUnitTest tests[] = {
        ROUND(the_extract_of_every_form),
        ROUND(the_template_of_every_form),
        ROUND(the_long_template_of_every_form),
    };
    int failed = cmocka_run_group_tests_name("import_round", tests, NULL, NULL);
    rmdir(directory);
    dictionary_release(ti.dictionaries, set);
    ti_end();
    return failed;
}
