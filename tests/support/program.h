/* program: runs the binary, or a script, as somebody at a terminal would. argv ends with NULL; the
 * environment is ours. Failures of the system fail the running test. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum { PROGRAM_SAID = 32000 };

struct program {
    pid_t pid;
    FILE *said; /* its standard output, and its standard error if asked for */
};
struct program program_run(const char *const argv[], bool errors_too);
/* Waits for it to end; the exit status, -1: a signal ended it. */
int program_end(struct program *program);
/* Runs to the end; the exit status, and all it said. */
int program_outcome(const char *const argv[], char said[PROGRAM_SAID]);

#endif
