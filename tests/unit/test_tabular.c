/* Files of text as rows: delimiters, encodings, quotes, packing; the files of tests/data/cases. */
#include "hmis/tabular.h"

#include "tabular_rows.h"
#include "test.h"

#include <stdio.h>

#define KA "\xE0\xA4\x95"

static void rows_of_text(void **state) {
    (void)state;
    static const struct {
        const char *name, *in, *want;
    } cases[] = {
        { "plain", "a,b\n1,2\n", "1:a|b 2:1|2" },
        { "no line end at the end", "a,b\n1,2", "1:a|b 2:1|2" },
        { "CRLF", "a,b\r\n1,2\r\n", "1:a|b 2:1|2" },
        { "CR alone", "a,b\r1,2\r", "1:a|b 2:1|2" },
        { "CR, CR, LF", "a,b\r\r\n1,2\r\r\n", "1:a|b 3:1|2" },
        { "semicolon", "a;b\n1;2\n", "1:a|b 2:1|2" },
        { "tab", "a\tb\n1\t2\n", "1:a|b 2:1|2" },
        { "pipe", "a|b\n1|2\n", "1:a|b 2:1|2" },
        { "decimal commas", "a;b;c\n1,5;2,5;3\n1,5;2,5;3,0\n",
          "1:a|b|c 2:1,5|2,5|3 3:1,5|2,5|3,0" },
        { "commas in quotes", "a;b\n\"x,y,z\";2\n\"x,y,z\";3\n", "1:a|b 2:x,y,z|2 3:x,y,z|3" },
        { "title rows with commas", "Report, of May, 2022\n\na;b;c\n1;2;3\n4;5;6\n",
          "1:Report, of May, 2022 3:a|b|c 4:1|2|3 5:4|5|6" },
        { "one column", "facility\n900080\n900081\n", "1:facility 2:900080 3:900081" },
        { "header alone", "a,b,c", "1:a|b|c" },
        { "sep= obeyed", "sep=;\na,x;b\n1;2\n", "2:a,x|b 3:1|2" },
        { "sep= in quotes", "\"sep=;\"\r\na,x;b\r\n1;2\r\n", "2:a,x|b 3:1|2" },
        { "sep= of a tab", "sep=\t\na,x\tb\n", "2:a,x|b" },
        { "sep= of a caret", "SEP=^\na^b\n", "2:a|b" },
        { "sep= and a mark", "\xEF\xBB\xBFsep=|\r\na|b\r\n", "2:a|b" },
        { "mark",
          "\xEF\xBB\xBF"
          "a,b\n",
          "1:a|b" },
        { "mark, then quotes", "\xEF\xBB\xBF\"a\",b\n", "1:a|b" },
        { "quotes", "\"a\"\"b\",\"c,d\"\n\"\",x\n", "1:a\"b|c,d 2:|x" },
        { "a quote within", "5\" pipe,x\n", "1:5\" pipe|x" },
        { "line break in quotes", "a,\"b\r\nc\"\r\n1,2\r\n", "1:a|b\nc 3:1|2" },
        { "empty lines", "\n\na,b\n\n1,2\n\n", "3:a|b 5:1|2" },
        { "empty rows", "a,b\n,\n , \xC2\xA0\n1,2\n,,,,\n", "1:a|b 4:1|2" },
        { "empty tail", "a,b,,\n1,2,,\n", "1:a|b|| 2:1|2||" },
        { "apostrophe of a formula", "'=1,'-2,'12,'\n", "1:=1|-2|'12|'" },
        { "Windows-1252", "a,Caf\xE9 \x96 x\n", "1:a|Caf\xC3\xA9 \xE2\x80\x93 x" },
        { "UTF-8 with one letter of Windows-1252", "a,\xE0\xA4\x95\xE0\xA5\x87\nb,Caf\xE9\n",
          "1:a|\xE0\xA4\x95\xE0\xA5\x87 2:b|Caf\xC3\xA9" },
        { "end of a DOS file", "a,b\n1,2\n\x1A", "1:a|b 2:1|2" },
        { "empty quoted cell alone", "\"\"\n1\n", "2:1" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct read_in read = read_bytes(cases[i].in, strlen(cases[i].in), NULL);
        if (!read.good) fail_msg("%s: %s", cases[i].name, read.problem.detail);
        if (strcmp(read.rows, cases[i].want) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].name, read.rows, cases[i].want);
        read_free(&read);
    }
}

static void tidy(void **state) {
    (void)state;
    static const struct {
        const char *in, *want;
    } cases[] = {
        { "", "" },
        { "  a  b ", "a b" },
        { "a\r\n b\tc", "a b c" },
        { "\xC2\xA0"
          "a\xC2\xA0\xC2\xA0"
          "b\xE3\x80\x80",
          "a b" },
        { "\xEF\xBB\xBF"
          "12\xE2\x80\x8B"
          "34\xE2\x80\xAC",
          "1234" },
        { "\xE0\xA4\x95\xE2\x80\x8D\xE0\xA4\xB7", "\xE0\xA4\x95\xE2\x80\x8D\xE0\xA4\xB7" },
        { " \xC2\xA0\n", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[64];
        assert_int_equal(tabular_tidy(cases[i].in, strlen(cases[i].in), out),
                         strlen(cases[i].want));
        assert_string_equal(out, cases[i].want);
    }
}

static void encodings(void **state) {
    (void)state;
    static const struct {
        const char *name, *in;
        size_t length;
        const char *want, *encoding;
        bool told; /* in a note */
    } cases[] = {
#define IN(text) text, sizeof(text) - 1
        { "UTF-16LE with a mark",
          IN("\xFF\xFE"
             "a\0,\0"
             "\x15\x09\n\0"),
          "1:a|" KA, "UTF-16LE", false },
        { "UTF-16BE with a mark",
          IN("\xFE\xFF"
             "\0a\0,"
             "\x09\x15\0\n"),
          "1:a|" KA, "UTF-16BE", false },
        { "UTF-16LE without",
          IN("a\0,\0"
             "b\0\n\0"
             "1\0,\0"
             "\x15\x09"),
          "1:a|b 2:1|" KA, "UTF-16LE", false },
        { "UTF-16BE without",
          IN("\0a\0,"
             "\0b\0\n"
             "\0"
             "1\0,\x09\x15"),
          "1:a|b 2:1|" KA, "UTF-16BE", false },
        { "UTF-16LE cut in a character",
          IN("\xFF\xFE"
             "a\0,\0b"),
          "1:a|\xEF\xBF\xBD", "UTF-16LE", false },
        { "UTF-16LE, half a pair",
          IN("\xFF\xFE"
             "a\0\x00\xDC,\0b\0"),
          "1:a\xEF\xBF\xBD|b", "UTF-16LE", false },
        { "UTF-32LE with a mark",
          IN("\xFF\xFE\0\0"
             "a\0\0\0,\0\0\0"
             "b\0\0\0"),
          "1:a|b", "UTF-32LE", false },
        { "ASCII", IN("a,b"), "1:a|b", "UTF-8", false },
        { "Windows-1252", IN("a,\x93q\x94"), "1:a|\xE2\x80\x9Cq\xE2\x80\x9D", "WINDOWS-1252",
          true },
        { "a mark, then a byte that is none",
          IN("\xEF\xBB\xBF"
             "a,\xE9"),
          "1:a|\xC3\xA9", "UTF-8", true },
        { "cut in a character", IN("a," KA KA "\xE0\xA4"), "1:a|" KA KA "\xC3\xA0\xC2\xA4", NULL,
          true },
        { "NUL", IN("a,b\0c,d,e,f,g,h,i,j,k,l,m,n,o,p"),
          "1:a|b\xEF\xBF\xBD"
          "c|d|e|f|g|h|i|j|k|l|m|n|o|p",
          "UTF-8", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct read_in read = read_bytes(cases[i].in, cases[i].length, NULL);
        if (!read.good) fail_msg("%s: %s", cases[i].name, read.problem.detail);
        if (strcmp(read.rows, cases[i].want) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].name, read.rows, cases[i].want);
        if (cases[i].encoding != NULL) assert_string_equal(read.about.encoding, cases[i].encoding);
        assert_int_equal(read_note(&read, "encoding") != NULL, cases[i].told);
        read_free(&read);
    }
}

/* Megabytes of UTF-8, and one letter of another encoding in the last line. */
static void a_late_byte(void **state) {
    (void)state;
    struct buffer file = { 0 };
    for (int i = 0; i < 100000; i++)
        buffer_add_text(&file, i % 100 ? "900080,Name\n" : "900080," KA "\n");
    buffer_add_text(&file, "900081,Caf\xE9\n");
    struct read_in read = read_bytes(file.data, file.length, NULL);
    assert_true(read.good);
    assert_int_equal(read.row_count, 100001);
    assert_non_null(strstr(read.rows, "100001:900081|Caf\xC3\xA9"));
    assert_non_null(strstr(read.rows, "901:900080|" KA));
    assert_string_equal(read_note(&read, "encoding"),
                        "1 bytes are not UTF-8, the first in line 100001; they were read as "
                        "Windows-1252");
    read_free(&read);
    buffer_free(&file);
}

static void told_encoding(void **state) {
    (void)state;
    struct tabular_options options = { .encoding = "ISO-8859-5" };
    struct read_in read = read_bytes("a,\xD0", 3, &options);
    assert_string_equal(read.rows, "1:a|\xD0\xB0");
    assert_null(read_note(&read, "encoding"));
    read_free(&read);
    options.encoding = "x-none";
    read = read_bytes("a,b", 3, &options);
    assert_false(read.good);
    read_free(&read);
}

static void bounds(void **state) {
    (void)state;
    struct buffer file = { 0 };
    const struct tabular_options options = { .cell_most = 4, .columns_most = 2 };
    struct read_in read = read_bytes(IN("abcdef,123" KA ",x\n,,y\n,,,\n"), &options);
    assert_true(read.good);
    assert_string_equal(read.rows, "1:abcd|123 2:|");
    assert_int_equal(read.about.blank_rows, 1);
    read_free(&read);
    buffer_add_text(&file, "a,b\n1,\"2\n");
    for (int i = 0; i < 20000; i++)
        buffer_add_text(&file, "1,2\n");
    read = read_bytes(file.data, file.length, NULL);
    assert_false(read.good);
    assert_non_null(strstr(read.problem.detail, "Line 2: "));
    read_free(&read);
    buffer_free(&file);
}

/* The files people sent (tests/data/cases): what each is, and a cell or two. */
static void cases_from_the_field(void **state) {
    (void)state;
    static const struct {
        const char *path;
        enum tabular_format format;
        char delimiter;
        const char *encoding;
        size_t rows;
        int64_t blank;
        const char *has;
    } cases[] = {
        { "03_quoted_newline.csv", TABULAR_CSV, ',', "UTF-8", 5, 0, "\n" },
        { "04_windows1252.csv", TABULAR_CSV, ',', "WINDOWS-1252", 5, 0, "\xC3\xA9" },
        { "05_utf16le_bom.csv", TABULAR_CSV, '\t', "UTF-16LE", 5, 0, "facility_code" },
        { "06_semicolon.csv", TABULAR_CSV, ';', "UTF-8", 5, 0, "|facility_code|" },
        { "07_tab.csv", TABULAR_CSV, '\t', "UTF-8", 5, 0, "|facility_code|" },
        { "08_numbers.csv", TABULAR_CSV, ',', "UTF-8", 5, 0, "|1,234|" },
        { "09_hmis_itemwise_report.xls", TABULAR_HTML, 0, "UTF-8", 4, 0, "4:1.1|Total number of" },
        { "09_numbers2.csv", TABULAR_CSV, ',', "UTF-8", 5, 0, "|1,23,456|" },
        { "10_offline_workbook.xlsx", TABULAR_XLSX, 0, NULL, 3, 0, "2:n900080|2023-11|1.1|n137" },
        { "13_long_saved_by_excel_en-IN.csv", TABULAR_CSV, ',', "UTF-8", 3, 1,
          "3:900080|Nov-23|10.1|1" },
        { "16_names_nin.csv", TABULAR_CSV, ',', "UTF-8", 5, 0, "|1.23457E+09|" },
        { "20e_commas_tail.csv", TABULAR_CSV, ',', "UTF-8", 5, 1, "|facility_code|" },
        { "22_gz.csv.gz", TABULAR_CSV, ',', "UTF-8", 5, 0, "|facility_code|" },
        { "23_html_xls.xls", TABULAR_HTML, 0, "UTF-8", 5, 0, "|facility_code|" },
        { "25_title_rows.csv", TABULAR_CSV, ',', "UTF-8", 7, 1, "|facility_code|" },
        { "55_sep_line.csv", TABULAR_CSV, ',', "UTF-8", 5, 0, "2:sno|" },
        { "57_trailing_comma_header.csv", TABULAR_CSV, ',', "UTF-8", 5, 0, "| 2:1|" },
        { "58_spaces_in_header.csv", TABULAR_CSV, ',', "UTF-8", 5, 0, "1:sno|state|zone|" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[128];
        snprintf(path, sizeof path, "cases/%s", cases[i].path);
        struct read_in read = read_data(path, NULL);
        if (!read.good) fail_msg("%s: %s", path, read.problem.detail);
        if (strstr(read.rows, cases[i].has) == NULL)
            fail_msg("%s has no \"%s\": %.600s", path, cases[i].has, read.rows);
        if (read.row_count != cases[i].rows || read.about.blank_rows != cases[i].blank)
            fail_msg("%s: %zu rows, %lld blank", path, read.row_count,
                     (long long)read.about.blank_rows);
        assert_int_equal(read.about.format, cases[i].format);
        assert_int_equal(read.about.delimiter, cases[i].delimiter);
        if (cases[i].encoding != NULL) assert_string_equal(read.about.encoding, cases[i].encoding);
        read_free(&read);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_text),
        cmocka_unit_test(tidy),
        cmocka_unit_test(encodings),
        cmocka_unit_test(a_late_byte),
        cmocka_unit_test(told_encoding),
        cmocka_unit_test(bounds),
        cmocka_unit_test(cases_from_the_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
