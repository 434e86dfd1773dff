/* hmis serve: makes the services, starts the threads, waits for signals, stops in order. */
#include "hmis/captcha.h"
#include "hmis/clock.h"
#include "hmis/import.h"
#include "hmis/log.h"
#include "hmis/roles.h"
#include "hmis/rollup.h"
#include "hmis/services.h"
#include "hmis/session.h"

#include "app.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAMES_MAX       64
#define KEEPER_EVERY_MS 2000
/* How long a start waits for a database that is still coming up. */
#define DATABASE_PATIENCE_MS 30000
/* Browser tests all come from one address. */
#define TEST_RATE_MULTIPLE 1000

struct daemon {
    struct services services; /* what req_app() points at: must come first */
    struct http *http;
    struct arena *arena;
    pthread_t keeper;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping;
    atomic_bool foreign_schema;
    sigset_t signals; /* blocked before any thread starts, so that only we see them */
};

/* Splits words at spaces into a NULL-ended list in the arena. */
static const char *const *split_words(struct arena *arena, const char *text) {
    const char **list = arena_array(arena, NAMES_MAX + 1, sizeof *list);
    int count = 0;
    char *save = NULL, *copy = arena_strdup(arena, text);
    for (char *word = strtok_r(copy, " ", &save); word && count < NAMES_MAX;
         word = strtok_r(NULL, " ", &save))
        list[count++] = word;
    return list;
}

static struct db_pool *make_pool(const struct settings *s) {
    return db_pool_new(&(struct db_settings){
        .conninfo = s->database_url,
        .role = s->database_role,
        .application_name = "hmis",
        .connections = (int)s->database_connections,
        .wait_ms = (int)s->database_wait_ms,
        .statement_timeout_ms = (int)s->statement_timeout_ms,
        .lock_timeout_ms = (int)s->lock_timeout_ms,
        .named_statements = s->database_named_statements,
    });
}

/* ---- Schema and dictionaries: looked at when starting and every now and then. -----------------
 */

static bool schema_fits(struct db_pool *pool, char detail[200], struct problem *p) {
    struct db *db = db_take(pool, p);
    enum db_schema schema = DB_SCHEMA_EMPTY;
    bool fine = db && db_schema_check(db, &schema, detail, p);
    db_give(db);
    return fine && (schema == DB_SCHEMA_FITS || problem_set(p, ERR_INTERNAL, "%s", detail));
}

static bool refresh(struct daemon *daemon, struct problem *p) {
    struct db *db = db_take(daemon->services.pool, p);
    bool fine = db && dictionary_refresh(daemon->services.dictionaries, db, p);
    db_give(db);
    return fine;
}

/* Rests; false when SIGTERM or Ctrl-C came meanwhile. */
static bool rest(const struct daemon *daemon, int ms) {
    sigset_t ends = daemon->signals;
    sigdelset(&ends, SIGHUP);
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    return sigtimedwait(&ends, NULL, &time) < 0;
}

/* A database that is still starting is waited for; a schema that does not fit is not. */
static bool wait_for_database(struct daemon *daemon, struct problem *p) {
    char detail[200];
    int64_t until = clock_monotonic_us() + DATABASE_PATIENCE_MS * INT64_C(1000);
    for (int ms = 250;; ms = ms < 2000 ? ms * 2 : 2000) {
        *p = (struct problem){ 0 };
        if (schema_fits(daemon->services.pool, detail, p) && refresh(daemon, p)) return true;
        app_say_why(daemon->services.pool, p);
        if (p->code != ERR_UNAVAILABLE && p->code != ERR_BUSY) return false;
        if (clock_monotonic_us() >= until)
            return problem_set(p, p->code, "after %d seconds: %.400s", DATABASE_PATIENCE_MS / 1000,
                               arena_strdup(daemon->arena, p->detail));
        log_message(LOG_WARN, "waiting_for_database", "%s", p->detail);
        if (!rest(daemon, ms)) return problem_set(p, ERR_STOPPING, "stopped while waiting");
    }
}

/* Swaps in a dictionary loaded meanwhile; and when another binary has migrated the schema under us,
 * stops rather than write into what we do not know (a start then says what does not fit). */
static void keep(struct daemon *daemon) {
    struct problem p = { 0 };
    char detail[200] = "";
    bool fits = schema_fits(daemon->services.pool, detail, &p);
    if (!fits && p.code == ERR_INTERNAL) {
        log_message(LOG_ERROR, "schema_changed", "%s", detail);
        daemon->foreign_schema = true;
        kill(getpid(), SIGTERM);
    }
    if (fits && !refresh(daemon, &p)) log_message(LOG_WARN, "dictionary_refresh", "%s", p.detail);
}

static void *keeper_main(void *arg) {
    struct daemon *daemon = arg;
    pthread_mutex_lock(&daemon->mutex);
    while (!daemon->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += KEEPER_EVERY_MS / 1000;
        pthread_cond_timedwait(&daemon->wake, &daemon->mutex, &until);
        if (daemon->stopping) break;
        pthread_mutex_unlock(&daemon->mutex);
        keep(daemon);
        pthread_mutex_lock(&daemon->mutex);
    }
    pthread_mutex_unlock(&daemon->mutex);
    return NULL;
}

static bool ready(void *app, char detail[200]) {
    struct daemon *daemon = app;
    struct problem p = { 0 };
    if (schema_fits(daemon->services.pool, detail, &p)) return true;
    snprintf(detail, 200, "%.199s", p.detail[0] ? p.detail : error_text(p.code));
    return false;
}

/* ---- Starting and stopping. ---------------------------------------------------------------- */

struct http_settings app_http_settings(const struct settings *s, struct arena *arena) {
    struct http_settings http = {
        .address = s->address,
        .port = (int)s->port,
        .tls_certificate = *s->tls_certificate ? s->tls_certificate : NULL,
        .tls_key = *s->tls_key ? s->tls_key : NULL,
        .hosts = split_words(arena, s->hosts),
        .trusted_proxies = split_words(arena, s->trusted_proxies),
        .loops = (int)s->http_loops,
        .interactive = (int)s->lane_interactive,
        .report = (int)s->lane_report,
        .password = (int)s->lane_password,
        .connection_limit = (int)s->connection_limit,
        .connection_limit_per_ip = (int)s->connection_limit_per_ip,
        .header_deadline_ms = (int)s->header_deadline_ms,
        .body_deadline_ms = (int)s->body_deadline_ms,
        .idle_ms = (int)s->idle_connection_ms,
        .queue_wait_ms = (int)s->queue_wait_ms,
        .rate_multiple = text_equal(s->environment, "test") ? TEST_RATE_MULTIPLE : 1,
        .hsts = s->hsts,
        .web_root = *s->web_root ? s->web_root : NULL,
        .spool_directory = s->spool_directory,
    };
    http.tables = app_routes(&http.table_count);
    return http;
}

static struct http *start_http(struct daemon *daemon, const struct settings *s, struct problem *p) {
    struct http_settings http = app_http_settings(s, daemon->arena);
    http.pool = daemon->services.pool;
    http.authenticate = session_authenticate;
    http.permit = role_permits;
    http.ready = ready;
    http.app = &daemon->services;
    return http_start(&http, p);
}

static bool start(struct daemon *daemon, const struct settings *s, struct problem *p) {
    struct services *services = &daemon->services;
    struct http_settings http = app_http_settings(s, daemon->arena);
    if (!captcha_test_allowed(s, p) || !http_check_settings(&http, p)) return false;
    services->settings = s;
    services->pool = make_pool(s);
    services->dictionaries = dictionary_store_new();
    if (!wait_for_database(daemon, p)) return false;
    services->rollup = rollup_start(services->pool, services->dictionaries);
    services->imports =
        import_queue_start(services->pool, services->dictionaries, services->rollup);
    if (!services->imports)
        return problem_set(p, ERR_INTERNAL, "the thread for imports cannot start");
    daemon->http = start_http(daemon, s, p);
    if (!daemon->http) return false;
    return pthread_create(&daemon->keeper, NULL, keeper_main, daemon) == 0 ||
           problem_set(p, ERR_INTERNAL, "the keeper thread cannot start");
}

/* What was accepted is answered first, then the workers behind it end. */
static void stop(struct daemon *daemon, const struct settings *s) {
    struct services *services = &daemon->services;
    if (daemon->http) http_stop(daemon->http, (int)s->stop_wait_ms);
    if (daemon->keeper) {
        pthread_mutex_lock(&daemon->mutex);
        daemon->stopping = true;
        pthread_cond_signal(&daemon->wake);
        pthread_mutex_unlock(&daemon->mutex);
        pthread_join(daemon->keeper, NULL);
    }
    if (services->imports) import_queue_stop(services->imports);
    if (services->rollup) rollup_stop(services->rollup);
    dictionary_store_free(services->dictionaries);
    db_pool_free(services->pool);
}

static void wait_for_signals(struct daemon *daemon) {
    for (;;) {
        int signal = 0;
        sigwait(&daemon->signals, &signal);
        if (signal != SIGHUP) return;
        struct problem p = { 0 };
        if (http_reload_tls(daemon->http, &p))
            log_event(LOG_INFO, "certificate_reloaded", NULL);
        else
            log_message(LOG_ERROR, "certificate_kept", "%s", p.detail);
    }
}

static void block_signals(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

int command_serve(const struct settings *settings, int argc, char **argv) {
    if (argc > 0)
        return app_usage(
            "hmis serve takes settings only, and \"%.60s\" is none; `hmis config print` "
            "lists them",
            argv[0]);
    struct daemon daemon = { .arena = arena_new(),
                             .mutex = PTHREAD_MUTEX_INITIALIZER,
                             .wake = PTHREAD_COND_INITIALIZER };
    block_signals(&daemon.signals);
    struct problem p = { 0 };
    int status = EXIT_DONE;
    if (start(&daemon, settings, &p)) {
        bool tls = *settings->tls_certificate;
        printf("listening %s://%s:%d\n", tls ? "https" : "http", settings->address,
               http_port(daemon.http));
        fflush(stdout);
        log_event(LOG_INFO, "started", "version", HMIS_VERSION, NULL);
        wait_for_signals(&daemon);
        log_event(LOG_INFO, "stopping", NULL);
        status = daemon.foreign_schema ? EXIT_FAILED : EXIT_DONE;
    } else {
        status = app_complain(&p);
    }
    stop(&daemon, settings);
    arena_free(daemon.arena);
    return status;
}
