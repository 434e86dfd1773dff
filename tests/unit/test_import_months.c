/* Months and dates as people and spreadsheets write them. */
#include "../../src/import/import_internal.h"
#include "test.h"

static void months(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int count, first, second;
        bool ask;
    } cases[] = {
        { "2022-04", 1, 202204, 0, false },
        { "2022-4", 1, 202204, 0, false },
        { "202204", 1, 202204, 0, false },
        { "04/2022", 1, 202204, 0, false },
        { "4.2022", 1, 202204, 0, false },
        { "Apr-22", 1, 202204, 0, false },
        { "APR 2022", 1, 202204, 0, false },
        { "April, 2022", 1, 202204, 0, false },
        { "Sept-22", 1, 202209, 0, false },
        { "2022 April", 1, 202204, 0, false },
        { "'Apr-22", 1, 202204, 0, false },
        { "\xC2\xA0"
          "Apr-22 ",
          1, 202204, 0, false },
        { "अप्रैल 2022", 1, 202204, 0, false },
        { "01-04-2022", 1, 202204, 0, false },
        { "1/4/22", 1, 202204, 0, false },
        { "01 April 2022", 1, 202204, 0, false },
        { "2022-04-01 00:00:00", 1, 202204, 0, false },
        { "2022-04-01T00:00:00", 1, 202204, 0, false },
        { "2022-04-30", 1, 202204, 0, false },
        { "30/04/2022", 1, 202204, 0, false },
        { "04/30/2022", 1, 202204, 0, false },
        { "20220401", 1, 202204, 0, false },
        { "11/12", 2, 201211, 201112, true },
        { "05-04-2022", 2, 202204, 202205, true },
        { "2022-04-05 00:00:00", 2, 202204, 202205, true },
        { "44652", 1, 202204, 0, false }, /* a spreadsheet's day number */
        { "44652.0", 1, 202204, 0, false },
        { "44656", 2, 202204, 202205, true },
        { "12345", 0, 0, 0, false },
        { "22-Apr", 1, 202204, 0, true },
        { "2022-13", 0, 0, 0, false },
        { "April", 0, 0, 0, false },
        { "2022", 0, 0, 0, false },
        { "soon", 0, 0, 0, false },
        { "2022-04-01 10:30:00", 0, 0, 0, false },
        { "", 0, 0, 0, false },
        { "Apr-May 2022", 0, 0, 0, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct import_months have = import_month(cases[i].text);
        if (have.count != cases[i].count || have.period[0] != cases[i].first ||
            have.period[1] != cases[i].second || have.ask != cases[i].ask)
            fail_msg("'%s': %d, %d or %d, asked %d", cases[i].text, have.count, have.period[0],
                     have.period[1], have.ask);
    }
}

static void months_in_sentences(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int period;
    } cases[] = {
        { "Monthly data item wise - Apr 2022 - Status As On 01 Jun 2023", 202204 },
        { "Provisional figures, April-2022", 202204 },
        { "chc-2022-04.csv", 202204 },
        { "agg_PHC_2022_04.xlsx", 202204 },
        { "export 2023-06-15.csv", 0 },
        { "as on 15-06-2023", 0 },
        { "Apr 2022 to Mar 2023", 0 }, /* several */
        { "Apr 2022, apr-2022", 202204 },
        { "Marching 2022", 0 },
        { "State,Delhi", 0 },
        { "20", 0 },
        { "2022-", 0 },
        { "2022", 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (import_month_in(cases[i].text) != cases[i].period)
            fail_msg("'%s': %d", cases[i].text, import_month_in(cases[i].text));
}

static void dates(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum tabular_kind kind;
        int form, year, month, day;
    } cases[] = {
        { "2020-06-02 00:00:00", TABULAR_TEXT, DATE_ISO, 2020, 6, 2 },
        { "2020-06-02", TABULAR_TEXT, DATE_NONE, 0, 0, 0 }, /* by hand */
        { "2020-06-02", TABULAR_DATE, DATE_ISO, 2020, 6, 2 },
        { "26/05/2020", TABULAR_TEXT, DATE_PARTS, 2020, 5, 26 },
        { "5.4.23", TABULAR_TEXT, DATE_PARTS, 2023, 4, 5 },
        { "05/26/2020", TABULAR_TEXT, DATE_PARTS, 2020, 26, 5 },
        { "5 Apr 2023", TABULAR_TEXT, DATE_NONE, 0, 0, 0 },
        { "12", TABULAR_TEXT, DATE_NONE, 0, 0, 0 },
        { "9.1.2", TABULAR_TEXT, DATE_NONE, 0, 0, 0 },
        { "25/01/2022 00:00:00", TABULAR_TEXT, DATE_PARTS, 2022, 1, 25 },
        { "'01/25/2022", TABULAR_TEXT, DATE_PARTS, 2022, 25, 1 },
        { "२५/०१/२०२२", TABULAR_TEXT, DATE_PARTS, 2022, 1, 25 },
        { "１／５／２０２２", TABULAR_TEXT, DATE_PARTS, 2022, 5, 1 },
        { "২৫−০১−২০২২", TABULAR_TEXT, DATE_PARTS, 2022, 1, 25 },
        { "01\u00a025\u00a02022", TABULAR_TEXT, DATE_PARTS, 2022, 25, 1 },
        { "२०२२-०१-०५ 00:00:00", TABULAR_TEXT, DATE_NONE, 0, 0, 0 }, /* two scripts */
        { "२०२२-०१-०५ ००:००:००", TABULAR_TEXT, DATE_ISO, 2022, 1, 5 },
        { "2022/01/05T00:00:00.000", TABULAR_TEXT, DATE_ISO, 2022, 1, 5 },
        { "25/01-2022", TABULAR_TEXT, DATE_NONE, 0, 0, 0 }, /* no date as a value either */
        { "25/01/99", TABULAR_TEXT, DATE_PARTS, 1999, 1, 25 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tabular_cell cell = { .text = cases[i].text,
                                           .length = (int)strlen(cases[i].text),
                                           .kind = cases[i].kind };
        struct import_date have = import_date(&cell);
        if ((int)have.form != cases[i].form || have.year != cases[i].year ||
            have.month != cases[i].month || have.day != cases[i].day)
            fail_msg("'%s': %d, %d-%d-%d", cases[i].text, have.form, have.year, have.month,
                     have.day);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months),
        cmocka_unit_test(months_in_sentences),
        cmocka_unit_test(dates),
    };
    return cmocka_run_group_tests_name("import_months", tests, NULL, NULL);
}
