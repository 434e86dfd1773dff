/* test_cluster: a PostgreSQL of the test's own, durable as in production, that may be killed.
 *
 * Lives in a fresh folder under /tmp, is stopped and removed when the program ends. One a program;
 * failures end the running test. Not for several threads. */
#ifndef TEST_CLUSTER_H
#define TEST_CLUSTER_H

/* Makes and starts it; its conninfo, of the superuser. */
const char *test_cluster_new(void);
/* Starts it again, after whatever has happened to it, and waits until it answers. */
void test_cluster_start(void);
/* Stops it as an administrator does; sessions are ended. */
void test_cluster_stop(void);
/* Sends the signal to the postmaster and waits until it is gone: SIGQUIT stops it immediately (as
 * `pg_ctl -m immediate`), SIGKILL as a crash does. */
void test_cluster_kill(int signal);

#endif
