/* Files of text as rows: delimiters, encodings, quotes, packing; the files of tests/data/cases. */
#include "hmis/tabular.h"

#include "tabular_rows.h"
#include "test.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_text),
        cmocka_unit_test(tidy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
