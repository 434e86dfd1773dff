/* What was answered 2xx is there, and nothing is half done: while six operators save and submit
 * without a pause, the daemon is killed (kill -9) twelve times and PostgreSQL five times, at random
 * moments. After each kill they look what stands there, as a person does, and go on.
 *
 * Every save writes one number, never used again in its report, into two items at once: that tells
 * later which save a figure comes from, and whether a save was cut in two. */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hmis/account.h"
#include "hmis/clock.h"
#include "hmis/session.h"

#include "test.h"
#include "test_cluster.h"
#include "test_daemon.h"
#include "test_pg.h"
#include "test_state.h"

#define PASSWORD "kettle umbrella trombone"

enum { OPERATORS = 6, MONTHS = 6, ACKS_MAX = 20000 };
enum { DAEMON_KILLS = 12, DATABASE_KILLS = 5 };

static const char *conninfo;
static struct test_daemon *server;
static atomic_int port; /* 0: the daemon is being started */
static atomic_bool over;

/* ---- What an operator knows. ----------------------------------------------------------------- */
struct month {
    bool known;  /* what stands there: version and figure */
    int version; /* of the draft, or the draft last submitted */
    bool draft;  /* there is one to submit */
    int figure;
    int acked_version, acked_figure; /* the last save answered with 2xx */
    int tried_figure;                /* the last one sent */
};
struct receipt { /* a submission answered with 2xx */
    int month, version, figure;
};
struct operator{
    pthread_t thread;
    uint64_t random;
    int number, next_figure, receipt_count;
    char cookie[200], token[80];
    struct month months[MONTHS];
    struct receipt *receipts;
    int saves, cut, done_unanswered, away, limited; /* how often */
    char wrong[1000];                               /* the first thing that must not be */
};
static struct operator operators[OPERATORS];

static void wrong(struct operator* o, const char *format, ...) PRINTF(2, 3);
static void wrong(struct operator* o, const char *format, ...) {
    va_list args;
    if (o->wrong[0]) return;
    va_start(args, format);
    vsnprintf(o->wrong, sizeof o->wrong, format, args);
    va_end(args);
}

/* splitmix64: the same numbers for the same seed everywhere. */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static void pause_ms(int ms) {
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

/* ---- A client that expects to be cut off. ---------------------------------------------------- */
static int connect_to(int to) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)to),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 10 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

/* One request on a connection of its own; the body of the answer as text. NOBODY: not sent; CUT:
 * sent, and nobody knows what became of it. */
enum { NOBODY = -1, CUT = 0 };
static int exchange(const struct operator* o, const char *method, const char *path,
                    const char *body, char *answer, size_t size) {
    char request[1500];
    int fd = connect_to(atomic_load(&port)), status = CUT;
    size_t length = 0;
    ssize_t got;
    if (fd < 0) return NOBODY;
    int bytes = snprintf(request, sizeof request,
                         "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                         "Sec-Fetch-Site: same-origin\r\nCookie: " SESSION_COOKIE "=%s\r\n"
                         "X-CSRF-Token: %s\r\nContent-Type: application/json\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         method, path, o->cookie, o->token, strlen(body), body);
    if (send(fd, request, (size_t)bytes, MSG_NOSIGNAL) == bytes)
        while (length + 1 < size && (got = recv(fd, answer + length, size - length - 1, 0)) > 0)
            length += (size_t)got;
    close(fd);
    answer[length] = '\0';
    if (sscanf(answer, "HTTP/1.1 %d", &status) != 1) return CUT;
    const char *end = strstr(answer, "\r\n\r\n"), *told = strcasestr(answer, "Content-Length:");
    if (!end || !told || strlen(end + 4) != strtoul(told + 15, NULL, 10)) return CUT;
    memmove(answer, end + 4, strlen(end + 4) + 1);
    return status;
}

static long number_in(const char *json, const char *member) {
    char key[40];
    snprintf(key, sizeof key, "\"%s\":", member);
    const char *at = strstr(json, key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

/* ---- What an operator does. ------------------------------------------------------------------ */
#define ANSWER_BYTES 65536
struct step {
    struct operator* o;
    struct month *month;
    char path[100], answer[ANSWER_BYTES];
};

/* Answers that say "not now, nothing was done" or "it is not known what was done". */
static bool not_now(struct step *step, int status) {
    struct operator* o = step->o;
    if (status > CUT && status != 503 && status != 429) return false;
    o->cut += status == CUT;
    o->away += status == 503;
    o->limited += status == 429;
    step->month->known = false;
    pause_ms(100);
    return true;
}

static void check_against_acked(struct step *step) {
    const struct month *m = step->month;
    if (m->version < m->acked_version)
        wrong(step->o, "%s: version %d, but %d was answered", step->path, m->version,
              m->acked_version);
    if (m->version == m->acked_version && m->version && m->figure != m->acked_figure)
        wrong(step->o, "%s: version %d has %d, but %d was answered", step->path, m->version,
              m->figure, m->acked_figure);
}

static void look(struct step *step) {
    struct month *m = step->month;
    int status = exchange(step->o, "GET", step->path, "", step->answer, ANSWER_BYTES);
    if (not_now(step, status)) return;
    const char *items = strstr(step->answer, "\"items\":");
    if (status != 200 || !items) {
        wrong(step->o, "GET %s: %d %.300s", step->path, status, step->answer);
        return;
    }
    long one = number_in(items, "10.1"), two = number_in(items, "10.2");
    bool none = text_starts(items, "\"items\":{}");
    if (!none && one != two) wrong(step->o, "%s: half a save: %ld, %ld", step->path, one, two);
    m->version = (int)number_in(step->answer, "version");
    m->figure = none ? 0 : (int)one;
    m->draft = strstr(step->answer, "\"status\":\"draft\"") ||
               strstr(step->answer, "\"status\":\"submitted_with_draft\"");
    m->known = true;
    step->o->done_unanswered += m->figure == m->tried_figure && m->figure != m->acked_figure;
    check_against_acked(step);
}

static void save(struct step *step) {
    struct operator* o = step->o;
    struct month *m = step->month;
    char path[120], body[300];
    int figure = m->tried_figure = o->next_figure++;
    snprintf(path, sizeof path, "%s/draft", step->path);
    snprintf(body, sizeof body,
             "{\"version\":%d,\"items\":{\"10.1\":%d,\"10.2\":%d},"
             "\"remarks\":{\"report\":\"x\",\"items\":{\"10.1\":\"x\",\"10.2\":\"x\"}}}",
             m->version, figure, figure);
    int status = exchange(o, "PATCH", path, body, step->answer, ANSWER_BYTES);
    if (not_now(step, status)) return;
    if (status == 409) { /* a save that nobody answered was done after all */
        m->known = false;
        return;
    }
    long version = number_in(step->answer, "version");
    if (status != 200 || version != m->version + 1) {
        wrong(o, "PATCH %s at version %d: %d %.300s", path, m->version, status, step->answer);
        return;
    }
    m->version = m->acked_version = (int)version;
    m->figure = m->acked_figure = figure;
    m->draft = true;
    o->saves++;
}

static void keep_receipt(struct step *step, int version) {
    struct operator* o = step->o;
    o->receipts[o->receipt_count++] =
        (struct receipt){ (int)(step->month - o->months), version, step->month->figure };
}

/* Asked again until it is answered: the same receipt comes back, however often. */
static void submit(struct step *step) {
    struct operator* o = step->o;
    struct month *m = step->month;
    char path[120], body[80];
    snprintf(path, sizeof path, "%s/submit", step->path);
    snprintf(body, sizeof body, "{\"version\":%d,\"confirm\":[\"far_month\"]}", m->version);
    for (int tries = 0; tries < 400 && !atomic_load(&over); tries++) {
        int status = exchange(o, "POST", path, body, step->answer, ANSWER_BYTES);
        if (not_now(step, status)) continue;
        if (status == 200) {
            keep_receipt(step, (int)number_in(step->answer, "version"));
            m->known = true;
            m->draft = false;
            return;
        }
        wrong(o, "POST %s of version %d: %d %.300s", path, m->version, status, step->answer);
        return;
    }
}

static void *operate(void *arg) {
    struct operator* o = arg;
    struct step *step = xcalloc(1, sizeof *step);
    step->o = o;
    while (!atomic_load(&over) && !o->wrong[0] && o->receipt_count < ACKS_MAX) {
        int month = (int)(next_random(&o->random) % MONTHS);
        step->month = &o->months[month];
        snprintf(step->path, sizeof step->path, "/api/v1/reports/K%d/PHC/2022-%02d", o->number,
                 month + 4);
        if (!step->month->known)
            look(step);
        else if (step->month->draft && next_random(&o->random) % 3 == 0)
            submit(step);
        else
            save(step);
    }
    free(step);
    return NULL;
}

/* ---- Killing. -------------------------------------------------------------------------------- */
static void start_server(void) {
    server = test_daemon_start(
        conninfo, (const char *const[]){ "HMIS_LOG_LEVEL=error", "HMIS_LANE_INTERACTIVE=6",
                                         "HMIS_DATABASE_CONNECTIONS=10", NULL });
    atomic_store(&port, test_daemon_port(server));
}

static void kill_server(void) {
    atomic_store(&port, 0);
    test_daemon_kill(server);
    start_server();
}

static int ready(void) {
    struct http_answer answer =
        http_exchange(atomic_load(&port), "GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                          "Connection: close\r\n\r\n");
    int status = answer.status;
    http_answer_free(&answer);
    return status;
}

static void await_ready(void) {
    int64_t until = clock_monotonic_us() + 20000000;
    while (ready() != 200) {
        if (clock_monotonic_us() > until) fail_msg("the daemon does not find its database again");
        pause_ms(20);
    }
    assert_int_equal(test_daemon_wait(server, 0), -1);
}

/* The daemon outlives it, says so, and is ready again by itself. */
static void kill_database(int signal) {
    test_cluster_kill(signal);
    assert_int_equal(ready(), 503);
    test_cluster_start();
    await_ready();
}

static bool something_wrong(void) {
    for (int i = 0; i < OPERATORS; i++)
        if (operators[i].wrong[0]) return true;
    return false;
}

/* In a shuffled order, after a random while each. */
static void kill_all(uint64_t *random) {
    int servers = DAEMON_KILLS, databases = DATABASE_KILLS;
    while (servers + databases > 0 && !something_wrong()) {
        pause_ms(200 + (int)(next_random(random) % 900));
        if ((int)(next_random(random) % (uint64_t)(servers + databases)) < servers) {
            kill_server();
            servers--;
        } else {
            kill_database(databases % 2 ? SIGKILL : SIGQUIT);
            databases--;
        }
    }
}

/* ---- The state. ------------------------------------------------------------------------------ */
static void make_operator(struct db *db, struct operator* o, int number, uint64_t seed) {
    struct problem p = { 0 };
    struct arena *arena = arena_new();
    char name[20], code[10];
    const char *const codes[] = { code };
    int64_t id;
    snprintf(name, sizeof name, "operator%d", number);
    snprintf(code, sizeof code, "K%d", number);
    struct account_new account = { .username = name,
                                   .full_name = name,
                                   .password = PASSWORD,
                                   .role = ROLE_DATA_ENTRY,
                                   .facilities = codes,
                                   .facility_count = 1 };
    if (!account_create(db, &account, &id, arena, &p)) fail_msg("%s: %s", name, p.detail);
    arena_free(arena);
    *o = (struct operator){ .number = number,
                            .random = seed + (uint64_t)number,
                            .next_figure = 100000,
                            .receipts = xcalloc(ACKS_MAX, sizeof *o->receipts) };
}

static void sign_in(struct operator* o) {
    char name[20];
    snprintf(name, sizeof name, "operator%d", o->number);
    struct http_client *client = test_sign_in(atomic_load(&port), name, PASSWORD, "data_entry");
    json_t *session = http_expect(client, "GET", "/api/v1/session", NULL, 200);
    snprintf(o->cookie, sizeof o->cookie, "%s", http_client_cookie(client, SESSION_COOKIE));
    snprintf(o->token, sizeof o->token, "%s",
             json_string_value(json_object_get(session, "csrf_token")));
    json_decref(session);
    http_client_free(client);
}

static void make_state(uint64_t seed) {
    test_hmis_done(conninfo, (const char *const[]){ "migrate", NULL });
    test_state_load(conninfo);
    test_sql(conninfo,
             "insert into facility (code, name, facility_type, ownership, locality, state_id,"
             " district_id, block_id) select 'K' || n, 'PHC K' || n, 2, 1, 1, 2,"
             " case when n < 4 then 3 else 4 end, case when n < 4 then 5 else 7 end"
             " from generate_series(0, 5) n");
    struct db_pool *pool = test_pool(conninfo, 1);
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    for (int i = 0; i < OPERATORS; i++)
        make_operator(db, &operators[i], i, seed);
    db_give(db);
    db_pool_free(pool);
}

/* ---- What must be true in the end. ----------------------------------------------------------- */
/* All versions of all reports; figure: of both items, NULL where they differ. */
#define VERSIONS                                                                                   \
    "with slots as (select min(fi.slot) + 1 as one, max(fi.slot) + 1 as two"                       \
    "  from form_item fi join form fo on fo.id = fi.form_id"                                       \
    " where fo.code = 'PHC' and fi.number in ('10.1', '10.2')),"                                   \
    " versions as (select f.code, v.period, v.version, v.draft_version,"                           \
    "  case when v.cells[s.one] = v.cells[s.two] then v.cells[s.one] end as figure, v.current"     \
    "  from (select facility_id, period, form_id, version, draft_version, cells, true as current"  \
    "   from report union all"                                                                     \
    "   select facility_id, period, form_id, version, draft_version, cells, false"                 \
    "   from report_version) v"                                                                    \
    "  join facility f on f.id = v.facility_id cross join slots s) "

static void assert_count(const char *what, const char *sql, int64_t want) {
    int64_t have = test_sql_int(conninfo, sql);
    if (have != want) fail_msg("%s: %lld, not %lld", what, (long long)have, (long long)want);
}

static void the_operators_saw_nothing_wrong(void) {
    struct operator all = { 0 };
    for (int i = 0; i < OPERATORS; i++) {
        const struct operator* o = & operators[i];
        if (o->wrong[0]) fail_msg("operator %d: %s", i, o->wrong);
        all.saves += o->saves;
        all.receipt_count += o->receipt_count;
        all.cut += o->cut;
        all.done_unanswered += o->done_unanswered;
        all.away += o->away;
        all.limited += o->limited;
    }
    print_message("%d saves and %d submissions answered; %d requests cut off, %d saves done "
                  "unanswered; %d times 503, %d times 429\n",
                  all.saves, all.receipt_count, all.cut, all.done_unanswered, all.away,
                  all.limited);
    assert_true(all.saves > 100 && all.receipt_count > 20 && all.cut > 0 && all.away > 0);
}

static void every_receipt_is_there(const struct operator* o) {
    for (int i = 0; i < o->receipt_count; i++) {
        const struct receipt *r = &o->receipts[i];
        char sql[2000];
        snprintf(sql, sizeof sql,
                 VERSIONS "select count(*) from versions where code = 'K%d' and period = %d"
                          " and version = %d and figure = %d",
                 o->number, 202204 + r->month, r->version, r->figure);
        assert_count(sql, sql, 1);
    }
}

static void every_save_is_there(const struct operator* o) {
    for (int month = 0; month < MONTHS; month++) {
        const struct month *m = &o->months[month];
        char sql[2500];
        snprintf(sql, sizeof sql,
                 VERSIONS "select count(*) from (select d.version, d.cells[s.one] as figure"
                          " from report_draft d join facility f on f.id = d.facility_id"
                          " cross join slots s where f.code = 'K%d' and d.period = %d"
                          " union all select draft_version, figure from versions"
                          " where code = 'K%d' and period = %d and current) x"
                          " where version > %d or (version = %d and figure = %d)",
                 o->number, 202204 + month, o->number, 202204 + month, m->acked_version,
                 m->acked_version, m->acked_figure);
        if (m->acked_version > 0 && test_sql_int(conninfo, sql) < 1)
            fail_msg("K%d, month %d: version %d with %d is not there", o->number, month,
                     m->acked_version, m->acked_figure);
    }
}

static void nothing_is_half_done(void) {
    assert_count("versions with half a save",
                 VERSIONS "select count(*) from versions where figure is null", 0);
    assert_count("drafts with half a save",
                 VERSIONS "select count(*) from report_draft d cross join slots s"
                          " where d.cells[s.one] is distinct from d.cells[s.two]",
                 0);
    assert_count("reports whose versions are not 1, 2, 3 ...",
                 VERSIONS "select count(*) from (select 1 from versions group by code, period"
                          " having min(version) <> 1 or max(version) <> count(*)"
                          " or count(distinct version) <> count(*)"
                          " or max(version) <> max(version) filter (where current)) x",
                 0);
    assert_count("figures submitted twice",
                 VERSIONS "select count(*) from (select 1 from versions"
                          " group by code, period, figure having count(*) > 1) x",
                 0);
    assert_count("later versions with an earlier draft",
                 VERSIONS "select count(*) from versions a join versions b using (code, period)"
                          " where a.version < b.version and a.draft_version >= b.draft_version",
                 0);
    assert_count("drafts older than what was submitted",
                 "select count(*) from report_draft d join report r"
                 " using (facility_id, period, form_id) where d.version <= r.draft_version",
                 0);
}

static void submissions_and_audit_agree(void) {
    assert_count("submissions without their audit row, or the reverse",
                 VERSIONS "select count(*) from"
                          " (select code || '-' || period || '-PHC-' || version as receipt"
                          "   from versions) v"
                          " full join (select object from audit where action = 'report.submit'"
                          "   and outcome = 'done') a on a.object = v.receipt"
                          " where a.object is null or v.receipt is null",
                 0);
    assert_count("submissions written twice into the audit trail",
                 "select count(*) from (select 1 from audit where action = 'report.submit'"
                 " group by object having count(*) > 1) x",
                 0);
}

static void the_totals_are_right(void) {
    int64_t until = clock_monotonic_us() + 20000000;
    while (test_sql_int(conninfo, "select count(*) from rollup_queue") > 0) {
        if (clock_monotonic_us() > until) fail_msg("the queue of the totals does not empty");
        pause_ms(50);
    }
    struct test_run run = test_hmis(conninfo, (const char *const[]){ "check", NULL });
    if (run.status != 0 || !strstr(run.said, ", 0 different"))
        fail_msg("hmis check: %d: %s", run.status, run.said);
    assert_null(strstr(run.said, "\n0 totals compared"));
    free(run.said);
}

/* ---------------------------------------------------------------------------------------------- */
static uint64_t seed = 20221104;

static void what_was_answered_survives(void **state) {
    (void)state;
    uint64_t random = seed;
    for (int i = 0; i < OPERATORS; i++)
        assert_int_equal(pthread_create(&operators[i].thread, NULL, operate, &operators[i]), 0);
    kill_all(&random);
    pause_ms(500);
    atomic_store(&over, true);
    for (int i = 0; i < OPERATORS; i++)
        pthread_join(operators[i].thread, NULL);
    the_operators_saw_nothing_wrong();
}

static void what_stands_there_is_whole(void **state) {
    (void)state;
    nothing_is_half_done();
    submissions_and_audit_agree();
    for (int i = 0; i < OPERATORS; i++) {
        every_receipt_is_there(&operators[i]);
        every_save_is_there(&operators[i]);
    }
    the_totals_are_right();
}

static int status_of(const char *path) {
    char request[500];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nCookie: " SESSION_COOKIE
             "=%s\r\n\r\n",
             path, operators[0].cookie);
    struct http_answer answer = http_exchange(atomic_load(&port), request);
    int status = answer.status;
    if (status == 503) assert_non_null(http_header(&answer, "Retry-After"));
    http_answer_free(&answer);
    return status;
}

/* PostgreSQL is stopped for maintenance and started again. */
static void a_planned_stop_is_told(void **state) {
    (void)state;
    assert_int_equal(status_of("/api/v1/session"), 200);
    test_cluster_stop();
    assert_int_equal(status_of("/health/ready"), 503);
    assert_int_equal(status_of("/health/live"), 200);
    assert_int_equal(status_of("/api/v1/session"), 503);
    assert_int_equal(status_of("/api/v1/reports/K0/PHC/2022-04"), 503);
    pause_ms(2500); /* the daemon's own threads look, too */
    test_cluster_start();
    await_ready();
    assert_int_equal(status_of("/api/v1/session"), 200);
    assert_int_equal(status_of("/api/v1/reports/K0/PHC/2022-04"), 200);
}

static void the_survivor_stops_cleanly(void **state) {
    (void)state;
    test_daemon_stop(server);
    server = NULL;
}

static int set_up(void **state) {
    (void)state;
    base_start();
    if (getenv("HMIS_TEST_SEED")) seed = strtoull(getenv("HMIS_TEST_SEED"), NULL, 10);
    print_message("seed %llu (HMIS_TEST_SEED sets another)\n", (unsigned long long)seed);
    conninfo = test_cluster_new();
    make_state(seed);
    start_server();
    for (int i = 0; i < OPERATORS; i++)
        sign_in(&operators[i]);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (server) test_daemon_kill(server);
    for (int i = 0; i < OPERATORS; i++)
        free(operators[i].receipts);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_survives),
        cmocka_unit_test(what_stands_there_is_whole),
        cmocka_unit_test(a_planned_stop_is_told),
        cmocka_unit_test(the_survivor_stops_cleanly),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
