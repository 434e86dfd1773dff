/* settings: one typed table of everything that can be set (src/base/settings.c).
 *
 * Sources, later ones win: defaults, the configuration file (INI, --config or /etc/hmis/hmis.conf),
 * environment HMIS_<NAME>, flags --<name>. `hmis config check` names what is wrong and where it was
 * set; docs/operations.md lists the table and a test holds it against this one. Read-only after
 * settings_load.
 *
 * A flag is --name-with-hyphens value or --name-with-hyphens=value; a yes/no setting may stand
 * alone. In the file names have underscores, [sections] are headings only. */
#ifndef HMIS_SETTINGS_H
#define HMIS_SETTINGS_H

#include "hmis/problem.h"

struct settings {
    /* database */
    const char *database_url; /* the application's; also used to migrate if owner's is not set */
    const char *database_owner_url; /* may migrate */
    const char *database_role;      /* taken after connecting, "hmis_app" */
    int64_t database_connections;   /* 1..256 */
    int64_t database_wait_ms;
    int64_t statement_timeout_ms;
    int64_t lock_timeout_ms;
    bool database_named_statements;
    /* listening */
    const char *address;
    int64_t port;
    const char *tls_certificate, *tls_key;
    const char *hosts;           /* names separated by spaces; empty: any */
    const char *trusted_proxies; /* addresses separated by spaces */
    bool hsts;
    const char *web_root;
    int64_t http_loops, lane_interactive, lane_report, lane_password; /* set as 0: by the number
                                       of cores; settings_load puts the number in */
    int64_t connection_limit, connection_limit_per_ip;
    int64_t header_deadline_ms, body_deadline_ms, idle_connection_ms, queue_wait_ms;
    int64_t stop_wait_ms;
    /* sessions */
    int64_t session_idle_minutes;    /* 15 */
    int64_t session_warning_minutes; /* 2: told to the page */
    int64_t session_hours;           /* 8: absolute limit */
    bool captcha_test;               /* answers are told; refused unless address is loopback and
                                        HMIS_ENVIRONMENT=test */
    const char *environment;         /* "production", "demonstration" or "test" */
    /* the calendar: include/hmis/calendar.h */
    const char *today;         /* "2026-11-25"; empty: the clock's */
    int64_t due_month_day;     /* 1: of the month that follows */
    int64_t report_due_day;    /* 5 */
    const char *running_month; /* "ask" or "refuse" */
    int64_t far_months;        /* 12 */
    /* notices */
    const char *notice; /* shown on every page, e.g. of planned downtime */
    /* imports */
    const char *spool_directory; /* where uploads wait; default: $TMPDIR or /tmp */
    int64_t import_file_mib;     /* largest upload */
    /* log */
    const char *log_level; /* debug, info, warn, error */

    struct settings_memory *memory; /* owner of the texts; where each value was set */
};

/* argv[0..argc) without the program's name and the sub-command; stops at the first word that is no
 * flag (its index in *rest). False: the problem names the setting, its source and what it should
 * be. */
MUST_USE bool settings_load(struct settings *settings, int argc, char **argv, int *rest,
                            struct problem *p);
void settings_free(struct settings *settings);
/* The rows of the table, for documentation and its test. NULL after the last. */
struct settings_row {
    const char *name, *fallback, *meaning; /* fallback: the default as it would be written */
    int64_t low, high;                     /* numbers only; both 0 otherwise */
    bool secret;
    const char
        *choices; /* separated by spaces; "yes no" for yes and no; NULL: any text or a number */
};
const struct settings_row *settings_row(int index);
/* Prints name, value (secrets masked), source and meaning of every setting. */
void settings_print(const struct settings *settings, void (*line)(const char *text));

#endif
