#include "hmis/settings.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char file[64];

static void write_file(const char *text) {
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    chmod(file, 0600);
}

#define LOAD(settings, p, ...)                                                                     \
    load(settings, p, (const char *[]){ __VA_ARGS__ }, COUNT(((const char *[]){ __VA_ARGS__ })))

static int rest;

static bool load(struct settings *settings, struct problem *p, const char **words, size_t count) {
    *p = (struct problem){ 0 };
    rest = -1;
    return settings_load(settings, (int)count, (char **)words, &rest, p);
}

static int set_up(void **state) {
    (void)state;
    strcpy(file, "/tmp/hmis-settings-XXXXXX");
    close(mkstemp(file));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(file);
    for (int i = 0; settings_row(i); i++) {
        char name[80] = "HMIS_";
        for (size_t c = 0; settings_row(i)->name[c]; c++)
            name[5 + c] =
                (char)(settings_row(i)->name[c] == '_' ? '_' : settings_row(i)->name[c] - 32);
        unsetenv(name);
    }
    return 0;
}

static void defaults_hold(void **state) {
    (void)state;
    struct settings s;
    struct problem p = { 0 };
    write_file("");
    assert_true(LOAD(&s, &p, "--config", file));
    assert_string_equal(s.address, "127.0.0.1");
    assert_int_equal(s.port, 8080);
    assert_string_equal(s.database_role, "hmis_app");
    assert_string_equal(s.environment, "production");
    assert_int_equal(s.session_idle_minutes, 15);
    assert_int_equal(s.session_warning_minutes, 2);
    assert_int_equal(s.session_hours, 8);
    assert_false(s.captcha_test);
    assert_true(s.database_named_statements);
    assert_in_range(s.http_loops, 1, 64);
    assert_in_range(s.lane_interactive, 4, 256);
    assert_in_range(s.lane_report, 2, 256);
    assert_int_equal(s.lane_password, sysconf(_SC_NPROCESSORS_ONLN));
    assert_true(s.database_connections > s.lane_interactive + s.lane_report + s.lane_password);
    assert_true(*s.spool_directory == '/');
    assert_int_equal(rest, 2);
    settings_free(&s);
}

static void later_sources_win(void **state) {
    (void)state;
    struct settings s;
    struct problem p = { 0 };
    write_file("# a comment\n[listening]\nport = 1001\n  address=127.0.0.9\n\n[log]\nlog_level = "
               "warn\nhsts = yes\n"
               "notice = योजना; सोमवार\n");
    setenv("HMIS_PORT", "1002", 1);
    setenv("HMIS_LOG_LEVEL", "error", 1);
    assert_true(LOAD(&s, &p, "--config", file, "--port=1003", "--lane-report", "7", "--no", "x") ==
                false);
    settings_free(&s);
    assert_true(LOAD(&s, &p, "--config", file, "--port=1003", "--lane-report", "7", "file.csv",
                     "--port=1"));
    assert_int_equal(s.port, 1003);
    assert_string_equal(s.log_level, "error");
    assert_string_equal(s.address, "127.0.0.9");
    assert_true(s.hsts);
    assert_string_equal(s.notice, "योजना; सोमवार");
    assert_int_equal(s.lane_report, 7);
    assert_int_equal(rest, 5); /* file.csv */
    settings_free(&s);
    unsetenv("HMIS_PORT");
    assert_true(LOAD(&s, &p, "--config", file, "--", "--port"));
    assert_int_equal(s.port, 1001);
    assert_int_equal(rest, 3);
    settings_free(&s);
}

static void yes_and_no_are_read(void **state) {
    (void)state;
    static const struct {
        const char *flag;
        bool want;
    } cases[] = { { "--hsts", true },      { "--hsts=no", false },  { "--hsts=on", true },
                  { "--hsts=off", false }, { "--hsts=true", true }, { "--hsts=false", false },
                  { "--hsts=1", true },    { "--hsts=0", false } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct settings s;
        struct problem p = { 0 };
        assert_true(LOAD(&s, &p, cases[i].flag));
        assert_int_equal(s.hsts, cases[i].want);
        settings_free(&s);
    }
}

static void what_is_wrong_is_named_with_its_source(void **state) {
    (void)state;
    static const struct {
        const char *text; /* of the file, or NULL */
        const char *flag, *value;
        const char *want[3];
    } cases[] = {
        { NULL, "--port", "80x", { "port", "--port", "0 to 65535" } },
        { NULL, "--port", "65536", { "port", "--port", "65536" } },
        { NULL, "--port", "-1", { "port", "--port", "65535" } },
        { NULL, "--port", "", { "port", "--port", "65535" } },
        { NULL, "--hsts=maybe", "x", { "hsts", "--hsts", "yes nor no" } },
        { NULL, "--log-level", "loud", { "log_level", "--log-level", "debug info warn error" } },
        { NULL, "--log-level", "debug info", { "log_level", "--log-level", "none of" } },
        { NULL, "--prot", "1", { "--prot", "no flag", "" } },
        { NULL, "--address", "\xFF", { "address", "--address", "UTF-8" } },
        { NULL,
          "--session-warning-minutes",
          "15",
          { "session_warning_minutes", "--session-warning-minutes", "less" } },
        { NULL, "--tls-key", "k.pem", { "tls_certificate", "tls_key", "both" } },
        { NULL, "--captcha-test", "x", { "captcha_test", "--captcha-test", "environment" } },
        { NULL, "--connection-limit", "100", { "connection_limit_per_ip", "default", "larger" } },
        { "\n\nprot = 1\n", "--hsts", "x", { ":3", "prot", "no setting" } },
        { "port = 1\nport = x\n", "--hsts", "x", { "port", ":2", "whole number" } },
        { "no sense\n", "--hsts", "x", { ":1", "name = value", "" } },
        { "[open\n", "--hsts", "x", { ":1", "name = value", "" } },
        { "database_url = secret-word\nlane_report = secret\n",
          "--hsts",
          "x",
          { "lane_report", ":2", "0 to 256" } },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct settings s;
        struct problem p = { 0 };
        write_file(cases[i].text ? cases[i].text : "");
        if (LOAD(&s, &p, "--config", file, cases[i].flag, cases[i].value))
            fail_msg("case %zu passed", i);
        assert_int_not_equal(p.code, ERR_NONE);
        for (int w = 0; w < 3; w++)
            if (!strstr(p.detail, cases[i].want[w])) fail_msg("case %zu: %s", i, p.detail);
        settings_free(&s);
    }
}

static void a_flag_without_its_value_is_refused(void **state) {
    (void)state;
    struct settings s;
    struct problem p = { 0 };
    assert_false(LOAD(&s, &p, "--port"));
    assert_non_null(strstr(p.detail, "--port"));
    settings_free(&s);
    assert_false(LOAD(&s, &p, "--config"));
    settings_free(&s);
    assert_false(LOAD(&s, &p, "--config", "/nonexistent/hmis.conf"));
    assert_non_null(strstr(p.detail, "/nonexistent/hmis.conf"));
    settings_free(&s);
}

static void a_line_too_long_is_refused_not_cut(void **state) {
    (void)state;
    char text[1200] = "database_url = ";
    memset(text + strlen(text), 'x', 1000);
    strcat(text, "\nport = 1\n");
    write_file(text);
    struct settings s;
    struct problem p = { 0 };
    assert_false(LOAD(&s, &p, "--config", file));
    assert_int_equal(p.code, ERR_TOO_LONG);
    assert_non_null(strstr(p.detail, ":1"));
    settings_free(&s);
}

static void the_captcha_test_needs_a_test_on_this_machine(void **state) {
    (void)state;
    struct settings s;
    struct problem p = { 0 };
    assert_true(LOAD(&s, &p, "--captcha-test", "--environment=test"));
    assert_true(s.captcha_test);
    settings_free(&s);
    assert_true(LOAD(&s, &p, "--captcha-test", "--environment=test", "--address=::1"));
    settings_free(&s);
    static const char *const others[] = { "--address=0.0.0.0", "--address=10.0.0.1",
                                          "--environment=demonstration", "--environment=production",
                                          "--address=127.example.org" };
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_false(LOAD(&s, &p, "--captcha-test", "--environment=test", others[i]));
        settings_free(&s);
    }
}

static char printed[20000];

static void keep(const char *line) {
    strcat(strcat(printed, line), "\n");
}

static void secrets_are_not_printed(void **state) {
    (void)state;
    struct settings s;
    struct problem p = { 0 };
    setenv("HMIS_DATABASE_URL", "postgresql://hmis:topsecret@db/hmis", 1);
    printed[0] = '\0';
    assert_true(LOAD(&s, &p, "--port=99"));
    assert_string_equal(s.database_url, "postgresql://hmis:topsecret@db/hmis");
    assert_string_equal(s.database_owner_url, s.database_url);
    settings_print(&s, keep);
    assert_null(strstr(printed, "topsecret"));
    assert_non_null(strstr(printed, "HMIS_DATABASE_URL"));
    assert_non_null(strstr(printed, "--port"));
    int lines = 0, rows = 0;
    for (const char *at = printed; *at; at++)
        lines += *at == '\n';
    while (settings_row(rows)) {
        assert_non_null(strstr(printed, settings_row(rows)->name));
        assert_true(*settings_row(rows)->meaning);
        rows++;
    }
    assert_int_equal(lines, rows);
    assert_null(settings_row(-1));
    settings_free(&s);
}

/* ---- docs/operations.md. --------------------------------------------------------------------- */

static void add_range(struct buffer *out, const struct settings_row *row) {
    if (row->high) buffer_printf(out, "%lld to %lld", (long long)row->low, (long long)row->high);
    for (const char *at = row->choices; at && *at; at++)
        if (*at == ' ')
            buffer_add_text(out, ", ");
        else
            buffer_add_char(out, *at);
}

/* The rows of the table as they should stand there. */
static void add_table(struct buffer *out) {
    for (int i = 0; settings_row(i); i++) {
        const struct settings_row *row = settings_row(i);
        buffer_printf(out, "| %s | %s | ", row->name, row->fallback);
        add_range(out, row);
        buffer_printf(out, " | %s |\n", row->meaning);
    }
    buffer_add_char(out, '\0');
}

static void the_documentation_lists_every_setting(void **state) {
    (void)state;
    struct buffer want = { 0 }, found = { 0 };
    add_table(&want);
    FILE *in = fopen(HMIS_SOURCE_DIR "/docs/operations.md", "r");
    assert_non_null(in);
    char line[1000];
    while (fgets(line, sizeof line, in))
        buffer_add_text(&found, line);
    fclose(in);
    buffer_add_char(&found, '\0');
    bool listed = strstr(found.data, want.data) != NULL;
    if (!listed) fprintf(stderr, "docs/operations.md should hold these rows:\n%s", want.data);
    buffer_free(&want);
    buffer_free(&found);
    assert_true(listed);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    base_start();
    const struct CMUnitTest tests[] = {
        TEST(defaults_hold),
        TEST(later_sources_win),
        TEST(yes_and_no_are_read),
        TEST(what_is_wrong_is_named_with_its_source),
        TEST(a_flag_without_its_value_is_refused),
        TEST(a_line_too_long_is_refused_not_cut),
        TEST(the_captcha_test_needs_a_test_on_this_machine),
        TEST(secrets_are_not_printed),
        TEST(the_documentation_lists_every_setting),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
