/* Workbooks, packed files and what is no table: tests/data/tabular (made by make.py there). */
#include "tabular_rows.h"

#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KA  "\xE0\xA4\x95"
#define KHA "\xE0\xA4\x96"
#define GA  "\xE0\xA4\x97"
#define KE  "\xE0\xA4\x95\xE0\xA5\x87"

static void expect_rows(const char *path, const struct tabular_options *options, const char *want) {
    struct read_in read = read_data(path, options);
    if (!read.good) fail_msg("%s: %s", path, read.problem.detail);
    if (strcmp(read.rows, want) != 0) fail_msg("%s: \"%s\", not \"%s\"", path, read.rows, want);
    read_free(&read);
}

static void expect_refused(const char *path, const char *said) {
    struct read_in read = read_data(path, NULL);
    if (read.good) fail_msg("%s was read: \"%.200s\"", path, read.rows);
    assert_int_equal(read.problem.code, ERR_FILE_FORMAT);
    if (strstr(read.problem.detail, said) == NULL)
        fail_msg("%s: \"%s\", not \"%s\"", path, read.problem.detail, said);
    read_free(&read);
}

static void workbooks(void **state) {
    (void)state;
    static const struct {
        const char *path, *want;
    } cases[] = {
        { "tabular/kinds.xlsx", "1:plain|rich|word| a \nb  3:bTRUE|bFALSE|#N/A|sum|n3||d2023-11-05 "
                                "5:n7|in line" },
        { "tabular/numbers.xlsx",
          "1:n12|n10.1|n10.1|n0.3|n100000000000000000000|n12|n1234567890123456789|n-0.5|n0."
          "00000015 "
          "2:d2023-11-01|d2023-11-01|n12.5%|d10:30:00|d36:00:00|n30|n12.5|d2023-11-01T10:30:00|"
          "d2023-11-01|n50% 3:n60|d1900-02-28|d1900-01-01|n-3|n1000000000|d1900-03-01" },
        { "tabular/from_1904.xlsx", "1:d2023-11-01|d1904-01-01" },
        { "tabular/sheets.xlsx", "1:n2" },
        { "tabular/merged.xlsx", "1:a||n1" },
        { "tabular/no_value.xlsx", "1:=SUM(A2:A9)|=1+1||=|=A1||n3" },
        { "tabular/no_value.xls", "1:n7|=|=" },
        { "tabular/computed.xls", "1:n7|n2|" },
        { "tabular/no_value.xml", "1:=5+6|=RC[-1]&2|n7|||=8" },
        { "tabular/kinds.xls",
          "1:head|n12|n10.1|bTRUE|d2023-11-01|n12.5%|" KA KHA GA
          "|d2023-11-01T10:30:00|d2023-11-01|"
          "n1234567890123|n100000000000000000000|n-7|n0.01 3:|n3||x 4:n0|n1|n2|n3 5:||n5" },
        { "tabular/sas.xls", "1:Caf\xC3\xA9 & bold|n12|d2023-11-05 4:n12.5%|||bTRUE|#N/A "
                             "5:title|||d10:30:00|d2023-11-05T10:30:00" },
        { "tabular/biff5.xls", "1:Caf\xC3\xA9|n1.25|#N/A 2:sum|#DIV/0!|n5|n12.5" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_rows(cases[i].path, NULL, cases[i].want);
}

static void packed(void **state) {
    (void)state;
    static const char rows[] = "1:facility_code|name 2:900080|" KE;
    expect_rows("tabular/utf16.csv.gz", NULL, rows);
    expect_rows("tabular/one.zip", NULL, rows);
    expect_rows("tabular/mac.zip", NULL, rows);
    expect_rows("tabular/two_members.csv.gz", NULL, "1:a|b 2:1|2");
    expect_rows("tabular/zeros_behind.csv.gz", NULL, "1:a|b 2:1|2");
    struct read_in read = read_data("tabular/utf16.csv.gz", NULL);
    assert_string_equal(read.about.packing, "gzip");
    assert_string_equal(read.about.encoding, "UTF-16LE");
    assert_int_equal(read.about.delimiter, ';');
    assert_int_equal(read.about.bytes_read, read.about.bytes);
    read_free(&read);
}

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *path, *said;
    } cases[] = {
        { "tabular/cut.csv.gz", "cut off" },
        { "tabular/damaged.csv.gz", "damaged" },
        { "tabular/garbage_behind.csv.gz", "no part of it" },
        { "tabular/bomb.csv.gz", "200 times as large" },
        { "tabular/twice.csv.gz", "unpack it first" },
        { "tabular/cut.zip", "cut off or damaged" },
        { "tabular/two.zip", "has 2 files in it" },
        { "tabular/none.zip", "no file in it" },
        { "tabular/sheet.ods", "LibreOffice" },
        { "tabular/text.docx", "Word document" },
        { "tabular/book.xlsb", ".xlsb" },
        { "tabular/encrypted.xls", "password" },
        { "tabular/word.xls", "Word document" },
        { "tabular/unordered.xlsx", "Row 1 of the sheet: its cells are out of order" },
        { "tabular/no_string.xlsx", "a text that is not there" },
        { "tabular/laughs.xlsx", "document type" },
        { "tabular/laughs_workbook.xlsx", "document type" },
        { "tabular/broken.xlsx", "damaged" },
        { "tabular/empty.xlsx", "No sheet" },
        { "tabular/bomb.xlsx", "200 times as large" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_refused(cases[i].path, cases[i].said);
}

static void sheets(void **state) {
    (void)state;
    struct tabular_options options = { .sheet = " more\xC2\xA0" };
    expect_rows("tabular/sheets.xlsx", &options, "1:n3");
    options.sheet = "Hidden";
    expect_rows("tabular/sheets.xlsx", &options, "1:n1");
    options.sheet = "Empty";
    expect_rows("tabular/sheets.xlsx", &options, "");
    options.sheet = "Absent";
    struct read_in read = read_data("tabular/sheets.xlsx", &options);
    assert_false(read.good);
    assert_non_null(strstr(read.problem.detail, "\"Data\""));
    read_free(&read);
    read = read_data("tabular/sheets.xlsx", NULL);
    assert_int_equal(read.about.sheet_count, 4);
    assert_string_equal(read.about.sheets[read.about.sheet], "Data");
    assert_non_null(strstr(read_note(&read, "sheet"), "\"Data\" was read, of \"Hidden\""));
    read_free(&read);
    read = read_data("tabular/kinds.xlsx", NULL);
    assert_string_equal(read.about.sheets[0], "Data & more");
    assert_int_equal(read.about.blank_rows, 1);
    assert_true(read.about.rows_numbered);
    assert_null(read_note(&read, "sheet"));
    read_free(&read);
    read = read_data("tabular/biff5.xls", NULL);
    assert_string_equal(read.about.sheets[0], "Sh\xC3\xA9t");
    read_free(&read);
}

static void notes(void **state) {
    (void)state;
    static const struct {
        const char *path, *code;
    } cases[] = {
        { "tabular/merged.xlsx", "merged" },    { "tabular/kinds.xls", "merged" },
        { "tabular/no_value.xlsx", "formula" }, { "tabular/hidden.xlsx", "hidden" },
        { "tabular/sas.xls", "merged" },        { "tabular/no_value.xls", "formula" },
        { "tabular/no_value.xml", "formula" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct read_in read = read_data(cases[i].path, NULL);
        assert_non_null(read_note(&read, cases[i].code));
        read_free(&read);
    }
}

/* 16,384 columns and a million rows, of which three cells hold something. */
static void wide_and_sparse(void **state) {
    (void)state;
    const struct tabular_options options = { .columns_most = 4 };
    expect_rows("tabular/wide.xlsx", &options, "2:n1||| 1048576:||n3");
    const struct tabular_options all = { .columns_most = 16384 };
    struct read_in read = read_data("tabular/wide.xlsx", &all);
    assert_true(read.good);
    assert_int_equal(read.row_count, 2);
    assert_non_null(strstr(read.rows, "|n2 1048576:"));
    read_free(&read);
}

/* Strings that go on over several records, half of them of two bytes a character. */
static void long_strings(void **state) {
    (void)state;
    const struct tabular_options options = { .sheet = "long", .cell_most = 3000 };
    struct read_in read = read_data("tabular/kinds.xls", &options);
    const char *at = read.rows;
    assert_true(read.good);
    for (int i = 0; i < 40; i++) {
        char line[16];
        snprintf(line, sizeof line, "%d:", i + 1);
        at = strstr(at, line);
        assert_non_null(at);
        at += strlen(line);
        for (int j = 0; j < 400 + i; j++, at += i % 2 ? 3 : 1)
            assert_memory_equal(at, i % 2 ? KA : "a", i % 2 ? 3 : 1);
        assert_true(*at == ' ' || *at == '\0');
    }
    read_free(&read);
}

static void tables_of_pages(void **state) {
    (void)state;
    static const struct {
        const char *name, *in, *want;
    } cases[] = {
        { "not closed", "<table><tr><td>a<td>b<tr><td>1<td>2</table>", "1:a|b 2:1|2" },
        { "entities", "<html><table><tr><td>A&amp;B</td><td>&#2325;&nbsp;</td></tr></table>",
          "1:A&B|" KA "\xC2\xA0" },
        { "white space",
          "<table>\n<tr>\n <td>\n a \n b </td>\n <td><b>c</b> d<br>e</td></tr></table>",
          "1:a b|c d\ne" },
        { "colspan", "<table><tr><td colspan=3>title</td><td>x</td></tr><tr><td>1</td></table>",
          "1:title|||x 2:1" },
        { "rowspan",
          "<table><tr><th rowspan=2>n</th><th colspan=2>two</th></tr><tr><th>a</th><th>b</th></tr>"
          "<tr><td>1</td><td>2</td><td>3</td></tr></table>",
          "1:n|two| 2:|a|b 3:1|2|3" },
        { "rowspan at the right",
          "<table><tr><td>a<td rowspan=3>b<tr><td>c<tr><td>d<td>e<tr><td>f</table>",
          "1:a|b 2:c| 3:d||e 4:f" },
        { "the table within the table",
          "<html><body><table><tr><td>Menu</td><td><table><tr><th>a</th><th>b</th></tr><tr><td>1</"
          "td>"
          "<td>2</td></tr><tr><td>3</td><td>4</td></tr></table></td></tr></table></body></html>",
          "1:a|b 2:1|2 3:3|4" },
        { "tables in cells",
          "<table><tr><td>a</td><td>b</td></tr><tr><td><table><tr><td>1</td></tr></table></td>"
          "<td><table><tr><td>2</td></tr></table></td></tr></table>",
          "1:a|b 2:1|2" },
        { "the largest", "<table><tr><td>x</table><p><table><tr><td>1<td>2</table>", "1:1|2" },
        { "script and style",
          "<table><tr><td>1<script>var a = '<td>';</script></td><td><style>td {}</style>2</table>",
          "1:1|2" },
        { "empty rows", "<table><tr><td>&nbsp;</td></tr><tr><td>1</table>", "2:1" },
        { "no tr", "<table><td>1<td>2</table>", "1:1|2" },
        { "XHTML",
          "<?xml version=\"1.0\"?><!DOCTYPE html [<!ENTITY a "
          "\"b\">]><html><table><tr><td>1</td></tr>"
          "</table></html>",
          "1:1" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct read_in read = read_bytes(cases[i].in, strlen(cases[i].in), NULL);
        if (!read.good) fail_msg("%s: %s", cases[i].name, read.problem.detail);
        assert_int_equal(read.about.format, TABULAR_HTML);
        if (strcmp(read.rows, cases[i].want) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].name, read.rows, cases[i].want);
        read_free(&read);
    }
}

static void no_tables(void **state) {
    (void)state;
    static const struct {
        const char *in, *said;
    } cases[] = {
        { "", "empty" },
        { " \r\n\t", "nothing in it" },
        { "\xEF\xBB\xBF", "nothing in it" },
        { "%PDF-1.4\n%\xE2\xE3", "PDF" },
        { "\x89PNG\r\n\x1A\n", "image" },
        { "\xFF\xD8\xFF\xE0 JFIF", "image" },
        { "{\\rtf1 a", "RTF" },
        { "{\"a\": 1}", "JSON" },
        { "[\n {\"a\": 1}]", "JSON" },
        { "<html><body><form>Sign in</form></body></html>", "sign-in" },
        { "<?xml version=\"1.0\"?><a/>", "XML, not a table" },
        { "<?xml version=\"1.0\"?><Workbook "
          "xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
          "damaged" },
        { "<!DOCTYPE html>\n<p>502", "sign-in" },
        { "MIME-Version: 1.0\r\n", "web archive" },
        { "\x01\x02\x03\x04\x05\x06\x07", "no table that is known" },
        { "a,\"b\n", NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct read_in read = read_bytes(cases[i].in, strlen(cases[i].in), NULL);
        if (cases[i].said == NULL)
            assert_true(read.good);
        else if (read.good || strstr(read.problem.detail, cases[i].said) == NULL)
            fail_msg("\"%s\": \"%s\"", cases[i].in, read.good ? read.rows : read.problem.detail);
        read_free(&read);
    }
}

/* Pages that want more memory than they get. */
static void pages_without_end(void **state) {
    (void)state;
    static const struct {
        const char *begin, *more;
        int times;
    } cases[] = {
        { "<table><tr><td>1</table><!--", "xxxxxxxxxxxxxxx ", 1 << 19 },
        { "<table><tr><td>1", "<table><tr><td>", 100 },
        { "<table><tr><td>1", "<div>", 2000 },
        { "", "<table><tr><td>1</table>", 20000 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer page = { 0 };
        buffer_add_text(&page, cases[i].begin);
        for (int j = 0; j < cases[i].times; j++)
            buffer_add_text(&page, cases[i].more);
        struct read_in read = read_bytes(page.data, page.length, NULL);
        if (read.good || strstr(read.problem.detail, "than can be read") == NULL)
            fail_msg("%s: \"%.100s\"", cases[i].more, read.good ? read.rows : read.problem.detail);
        read_free(&read);
        buffer_free(&page);
    }
}

/* A pipe cannot be rewound: it is kept. */
static void from_a_pipe(void **state) {
    (void)state;
    int ends[2];
    struct problem p = { 0 };
    struct tabular *tabular;
    struct tabular_row row;
    bool end;
    struct arena *arena = arena_new();
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "a;b\n1;2\n", 8), 8);
    close(ends[1]);
    assert_true(tabular_open(ends[0], NULL, &tabular, arena, &p));
    for (int again = 0; again < 2; again++) {
        assert_true(tabular_next(tabular, &row, &end, &p) && !end);
        assert_string_equal(row.cells[1].text, "b");
        assert_true(tabular_select(tabular, 0, &p));
    }
    tabular_close(tabular);
    close(ends[0]);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workbooks),    cmocka_unit_test(packed),
        cmocka_unit_test(refused),      cmocka_unit_test(sheets),
        cmocka_unit_test(notes),        cmocka_unit_test(wide_and_sparse),
        cmocka_unit_test(long_strings), cmocka_unit_test(tables_of_pages),
        cmocka_unit_test(no_tables),    cmocka_unit_test(pages_without_end),
        cmocka_unit_test(from_a_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
