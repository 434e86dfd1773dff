#include "test_cluster.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hmis/base.h"
#include "test.h"
#include "test_daemon.h"

#define SCRIPT HMIS_SOURCE_DIR "/script/cluster"

static char folder[] = "/tmp/hmis-cluster-XXXXXX";
static char conninfo[200];

static struct test_run script(const char *verb) {
    return test_program(SCRIPT, (const char *const[]){ verb, folder, NULL });
}

static int forget(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void cluster_remove(void) {
    if (access(folder, F_OK) != 0) return;
    free(script("stop").said);
    free(script("remove").said);
    nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
}

const char *test_cluster_new(void) {
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0); /* as root the cluster belongs to user postgres */
    atexit(cluster_remove);
    test_cluster_start();
    return conninfo;
}

/* After a kill -9 the old backends hold the shared memory for another moment. */
void test_cluster_start(void) {
    for (int tries = 0;; tries++) {
        struct test_run run = script("start");
        if (run.status == 0) {
            snprintf(conninfo, sizeof conninfo, "%.*s", (int)strcspn(run.said, "\n"), run.said);
            free(run.said);
            return;
        }
        if (tries == 20) fail_msg("script/cluster start: %s", run.said);
        free(run.said);
        nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
    }
}

void test_cluster_stop(void) {
    struct test_run run = script("stop");
    if (run.status != 0) fail_msg("script/cluster stop: %s", run.said);
    free(run.said);
}

static pid_t postmaster(void) {
    char path[sizeof folder + 40];
    int pid = 0;
    snprintf(path, sizeof path, "%s/pg/postmaster.pid", folder);
    FILE *file = fopen(path, "re");
    if (!file || fscanf(file, "%d", &pid) != 1 || pid <= 1) fail_msg("%s: no pid", path);
    fclose(file);
    return pid;
}

void test_cluster_kill(int signal) {
    pid_t pid = postmaster();
    assert_int_equal(kill(pid, signal), 0);
    for (int waited = 0; kill(pid, 0) == 0; waited++) {
        if (waited == 2000) fail_msg("the postmaster does not end");
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    assert_int_equal(errno, ESRCH);
}
