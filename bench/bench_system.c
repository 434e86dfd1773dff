/* Measures a running daemon on the full demonstration, over loopback: saves of a draft, the
 * item-wise report of a state, and how long a submission takes to stand in it. Started by
 * script/bench.
 *
 *   bench_system --url http://127.0.0.1:PORT --password P --area STATE --facilities CODE,CODE,...
 *                --pgbench SAVES_PER_SECOND [--upload FILE]     FILE: an import in the long form
 *                [--only reports|saves|visible|bulk|upload]
 *
 * The accounts bench0..bench7 (data entry, 150 of the facilities each, in order), saver0..saver3
 * (the first five of bench0..bench3) and benchstate exist; the daemon runs in test mode and trusts
 * 127.0.0.1 as a proxy. Bounded: about two minutes. */
#include "support/bench_client.h"

#include "hmis/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEOPLE        8
#define PER_PERSON    150
#define SAVERS        4
#define SAVER_OWN     5
#define SAVE_SECONDS  10
#define SUBMIT_RATE   50
#define SUBMIT_EACH   125
#define REPORT_ROUNDS 200
#define MONTH         "2023-04"
#define BULK_MONTHS   5 /* of every facility: 6,000 reports */
#define BULK_TYPED    5

static struct bench_server server;
static const char *password, *area, *upload, *only;
static double pgbench_rate;
static char *facilities[PEOPLE * PER_PERSON];
static int facility_count;

static struct bench_client people[PEOPLE], savers[SAVERS], reader;
static int versions[PEOPLE * PER_PERSON]; /* of each facility's draft */

/* Runs work(person) on a thread for each of `count` people and waits. */
static void all_at_once(int count, void *(*work)(void *), void (*meanwhile)(void)) {
    pthread_t threads[PEOPLE];
    static int numbers[PEOPLE];
    for (int i = 0; i < count; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, work, &numbers[i]);
    }
    meanwhile();
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static void report_path(char path[200], int index, const char *tail) {
    snprintf(path, 200, "/api/v1/reports/%s/PHC/" MONTH "%s", facilities[index], tail);
}

/* ---- Saves. -----------------------------------------------------------------------------------
 */

static atomic_bool saving;
static atomic_long saved;

static void patch(struct bench_client *c, int index, const char *body) {
    char path[200];
    report_path(path, index, "/draft");
    bench_call(c, "PATCH", path, body);
    json_t *json = bench_answer(c, 200, path);
    versions[index] = (int)json_integer_value(json_object_get(json, "version"));
    json_decref(json);
}

static void *save_main(void *arg) {
    int person = *(int *)arg;
    char body[200];
    for (int n = 0; atomic_load(&saving); n++) {
        int index = person * PER_PERSON + n % SAVER_OWN, figure = 10 + n % 90;
        snprintf(body, sizeof body,
                 "{\"version\":%d,\"items\":{\"1.1\":%d,\"1.1.1\":%d,\"2.2\":%d}}", versions[index],
                 figure, figure / 2, figure / 3);
        patch(&savers[person], index, body);
        atomic_fetch_add(&saved, 1);
    }
    return NULL;
}

static void save_time(void) {
    sleep(SAVE_SECONDS);
    atomic_store(&saving, false);
}

static void measure_saves(void) {
    atomic_store(&saving, true);
    int64_t begin = clock_monotonic_us();
    all_at_once(SAVERS, save_main, save_time);
    double rate = (double)atomic_load(&saved) / ((double)(clock_monotonic_us() - begin) / 1e6);
    printf("saves of a draft: %.0f a second; pgbench with the same SQL: %.0f\n", rate,
           pgbench_rate);
    if (pgbench_rate > 0) bench_row("saves, as a share of pgbench", rate / pgbench_rate, -0.7);
}

/* ---- The item-wise report. ---------------------------------------------------------------------
 */

static void measure_report(struct bench_client *c, const char *name, const char *query) {
    static double times[REPORT_ROUNDS];
    char path[300], label[120];
    snprintf(path, sizeof path, "/api/v1/itemwise?area=%s&%s", area, query);
    for (int i = 0; i < REPORT_ROUNDS; i++) {
        int64_t begin = clock_monotonic_us();
        bench_call(c, "GET", path, NULL);
        times[i] = (double)(clock_monotonic_us() - begin) / 1e3;
        if (c->status != 200) bench_die(path, c->body);
    }
    snprintf(label, sizeof label, "%s, p50 ms", name);
    bench_row(label, bench_quantile(times, REPORT_ROUNDS, 0.5), 50);
    snprintf(label, sizeof label, "%s, p95 ms", name);
    bench_row(label, bench_quantile(times, REPORT_ROUNDS, 0.95), 50);
}

static void measure_reports(void) {
    measure_report(&reader, "item-wise report of the state, a month", "from=2023-03&to=2023-03");
    measure_report(&reader, "item-wise report of the state, 12 months", "from=2022-04&to=2023-03");
    measure_report(&reader, "the state by months", "from=2022-04&to=2023-03&columns=months");
}

/* ---- From submission to the state report. -------------------------------------------------------
 */

static _Atomic int64_t answered_at[PEOPLE * SUBMIT_EACH]; /* when the n-th answer came */
static atomic_int answered;
static double delays[PEOPLE * SUBMIT_EACH];

/* A remark wherever one is asked for, as of a person who has looked again. */
static void remark(struct bench_client *c, int index) {
    char path[200], body[64];
    report_path(path, index, "/check");
    snprintf(body, sizeof body, "{\"version\":%d}", versions[index]);
    bench_call(c, "POST", path, body);
    json_t *checked = bench_answer(c, 200, path), *remarks = json_object(), *field;
    size_t i;
    json_array_foreach(json_object_get(checked, "remarks_needed"), i, field) {
        char kind[16] = "", ref[64] = "";
        if (sscanf(json_string_value(field), "remarks.%15[a-z].%63s", kind, ref) == 2) {
            if (!json_object_get(remarks, kind)) json_object_set_new(remarks, kind, json_object());
            json_object_set_new(json_object_get(remarks, kind), ref, json_string("as registered"));
        } else {
            json_object_set_new(remarks, "report", json_string("as registered"));
        }
    }
    if (json_object_size(remarks) > 0) {
        json_t *change = json_pack("{s:i,s:O}", "version", versions[index], "remarks", remarks);
        char *text = json_dumps(change, JSON_COMPACT);
        patch(c, index, text);
        free(text);
        json_decref(change);
    }
    json_decref(remarks);
    json_decref(checked);
}

static void *submit_main(void *arg) {
    int person = *(int *)arg;
    int64_t begin = clock_monotonic_us();
    for (int n = 0; n < SUBMIT_EACH; n++) {
        int index = person * PER_PERSON + n;
        int64_t wait =
            begin + (int64_t)(n * PEOPLE + person) * 1000000 / SUBMIT_RATE - clock_monotonic_us();
        if (wait > 0) usleep((useconds_t)wait);
        char path[200], body[80];
        report_path(path, index, "/submit");
        snprintf(body, sizeof body, "{\"version\":%d,\"confirm\":[\"far_month\"]}",
                 versions[index]);
        bench_call(&people[person], "POST", path, body);
        if (people[person].status != 200 && people[person].status != 201)
            bench_die(path, people[person].body);
        atomic_store(&answered_at[atomic_fetch_add(&answered, 1)], clock_monotonic_us());
    }
    return NULL;
}

static int reports_shown(void) {
    char path[300];
    snprintf(path, sizeof path,
             "/api/v1/itemwise?area=%s&from=" MONTH "&to=" MONTH "&columns=months&section=M3",
             area);
    bench_call(&reader, "GET", path, NULL);
    json_t *json = bench_answer(&reader, 200, path);
    json_t *column = json_array_get(json_object_get(json, "columns"), 0);
    int shown = (int)json_integer_value(json_object_get(column, "reports"));
    json_decref(json);
    return shown;
}

static int reports_before;

static void watch_report(void) {
    int seen = 0;
    int64_t give_up = clock_monotonic_us() + (PEOPLE * SUBMIT_EACH / SUBMIT_RATE + 20) * 1000000LL;
    while (seen < PEOPLE * SUBMIT_EACH && clock_monotonic_us() < give_up) {
        int shown = reports_shown() - reports_before;
        int64_t now = clock_monotonic_us();
        for (; seen < shown && seen < atomic_load(&answered); seen++) {
            double delay = (double)(now - atomic_load(&answered_at[seen])) / 1e3;
            delays[seen] = delay > 0 ? delay : 0;
        }
        usleep(5000);
    }
    if (seen < PEOPLE * SUBMIT_EACH)
        bench_die("a submission never stood in the state report", NULL);
}

static void measure_visible(void) {
    for (int person = 0; person < PEOPLE; person++)
        for (int n = 0; n < SUBMIT_EACH; n++) {
            int index = person * PER_PERSON + n;
            char body[64];
            snprintf(body, sizeof body, "{\"version\":%d,\"items\":{\"1.1\":31}}", versions[index]);
            patch(&people[person], index, body);
            remark(&people[person], index);
        }
    reports_before = reports_shown();
    all_at_once(PEOPLE, submit_main, watch_report);
    bench_row("from submit to the state report at 50/s, p50 ms",
              bench_quantile(delays, PEOPLE * SUBMIT_EACH, 0.5), 1000);
    bench_row("from submit to the state report at 50/s, p99 ms",
              bench_quantile(delays, PEOPLE * SUBMIT_EACH, 0.99), 1000);
}

/* ---- A report typed while a load is added. ------------------------------------------------------
 */
static void submit_one(struct bench_client *c, int index) {
    char path[200], body[80];
    report_path(path, index, "/submit");
    snprintf(body, sizeof body, "{\"version\":%d,\"confirm\":[\"far_month\"]}", versions[index]);
    bench_call(c, "POST", path, body);
    json_decref(bench_answer(c, 200, path));
}

static void write_load(FILE *file) {
    fputs("facility_code,month,item,value\n", file);
    for (int month = 5; month < 5 + BULK_MONTHS; month++)
        for (int i = 0; i < facility_count; i++)
            fprintf(file, "%s,2023-%02d,1.1,%d\n", facilities[i], month, 20 + i % 50);
}

static void load(const char *name) {
    char path[100];
    bench_send_file(&reader, "/api/v1/imports?format=long", "text/csv", name);
    json_t *json = bench_answer(&reader, 202, "load");
    snprintf(path, sizeof path, "/api/v1/imports/%lld",
             (long long)json_integer_value(json_object_get(json, "job")));
    json_decref(json);
    for (bool running = true; running;) {
        usleep(20000);
        bench_call(&reader, "GET", path, NULL);
        json = bench_answer(&reader, 200, path);
        const char *status = json_string_value(json_object_get(json, "status"));
        running = text_equal(status, "waiting") || text_equal(status, "running");
        json_decref(json);
    }
}

/* 6,000 reports have been imported and wait to be added; then some are typed, one by one. */
static void measure_bulk(void) {
    char name[] = "/tmp/hmis-bench-XXXXXX";
    double times[BULK_TYPED];
    FILE *file = fdopen(mkstemp(name), "w");
    if (!file) bench_die("a file in /tmp", NULL);
    write_load(file);
    fclose(file);
    for (int n = 0; n < BULK_TYPED; n++) {
        int index = SUBMIT_EACH + n;
        char body[64];
        snprintf(body, sizeof body, "{\"version\":%d,\"items\":{\"1.1\":31}}", versions[index]);
        patch(&people[0], index, body);
        remark(&people[0], index);
    }
    load(name);
    unlink(name);
    for (int n = 0; n < BULK_TYPED; n++) {
        int before = reports_shown();
        int64_t begin = clock_monotonic_us();
        submit_one(&people[0], SUBMIT_EACH + n);
        while (reports_shown() == before && clock_monotonic_us() - begin < 60000000)
            usleep(5000);
        times[n] = (double)(clock_monotonic_us() - begin) / 1e3;
    }
    bench_row("typed after 6,000 imported, to the state report, p50 ms",
              bench_quantile(times, BULK_TYPED, 0.5), 1000);
    bench_row("typed after 6,000 imported, to the state report, most ms",
              bench_quantile(times, BULK_TYPED, 1), 1000);
}

/* ---- A large file over HTTP. -------------------------------------------------------------------
 */

/* Sent by the state officer as a dry run: read, validated, stored and rolled back. */
static void measure_upload(void) {
    if (upload == NULL) return;
    char path[100];
    int64_t begin = clock_monotonic_us();
    bench_send_file(&reader, "/api/v1/imports?format=long&dry_run=true", "text/csv", upload);
    json_t *json = bench_answer(&reader, 202, "upload");
    snprintf(path, sizeof path, "/api/v1/imports/%lld",
             (long long)json_integer_value(json_object_get(json, "job")));
    json_decref(json);
    printf("a long file over HTTP: sent in %.1f s", (double)(clock_monotonic_us() - begin) / 1e6);
    for (bool running = true; running;) {
        usleep(200000);
        bench_call(&reader, "GET", path, NULL);
        json = bench_answer(&reader, 200, path);
        const char *status = json_string_value(json_object_get(json, "status"));
        running = text_equal(status, "waiting") || text_equal(status, "running");
        if (!running)
            printf(", %s after %.1f s, %lld rows, %lld refused\n", status,
                   (double)(clock_monotonic_us() - begin) / 1e6,
                   (long long)json_integer_value(json_object_get(json, "rows_read")),
                   (long long)json_integer_value(json_object_get(json, "rows_refused")));
        json_decref(json);
    }
}

static void read_facilities(char *list) {
    char *save = NULL;
    for (char *code = strtok_r(list, ",", &save); code && facility_count < (int)COUNT(facilities);
         code = strtok_r(NULL, ",", &save))
        facilities[facility_count++] = code;
}

static void read_arguments(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        if (text_equal(argv[i], "--url"))
            sscanf(argv[i + 1], "http://%63[^:]:%d", server.host, &server.port);
        else if (text_equal(argv[i], "--password"))
            password = argv[i + 1];
        else if (text_equal(argv[i], "--area"))
            area = argv[i + 1];
        else if (text_equal(argv[i], "--upload"))
            upload = argv[i + 1];
        else if (text_equal(argv[i], "--only"))
            only = argv[i + 1];
        else if (text_equal(argv[i], "--pgbench"))
            pgbench_rate = strtod(argv[i + 1], NULL);
        else if (text_equal(argv[i], "--facilities"))
            read_facilities(argv[i + 1]);
    }
    if (!server.port || !password || !area || facility_count < (int)COUNT(facilities))
        bench_die("arguments", "--url, --password, --area and 1,200 --facilities are needed");
}

int main(int argc, char **argv) {
    base_start();
    read_arguments(argc, argv);
    for (int i = 0; i < PEOPLE; i++) {
        char name[16];
        snprintf(name, sizeof name, "bench%d", i);
        bench_sign_in(&people[i], &server, name, password, "data_entry");
    }
    for (int i = 0; i < SAVERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "saver%d", i);
        bench_sign_in(&savers[i], &server, name, password, "data_entry");
    }
    bench_sign_in(&reader, &server, "benchstate", password, "state");
    static void (*const measures[])(void) = { measure_reports, measure_saves, measure_visible,
                                              measure_bulk, measure_upload };
    static const char *const names[] = { "reports", "saves", "visible", "bulk", "upload" };
    for (size_t i = 0; i < COUNT(measures); i++)
        if (only == NULL || text_equal(only, names[i])) measures[i]();
    return 0;
}
