/* spool_file: a file on its way out, in the folder for such files. It never has a name: whatever
 * ends the process, nothing of it is left there. Private to src/extract/. */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

#include <stdio.h>

#include "hmis/problem.h"

struct spool_file {
    char path[32]; /* until spool_take: this process's way to it, for a library that wants one */
    FILE *file;
};
/* directory NULL or "": /tmp. */
MUST_USE bool spool_open(struct spool_file *spool, const char *directory, struct problem *p);
MUST_USE bool spool_empty(struct spool_file *spool, struct problem *p); /* to begin again */
/* Closes it; the descriptor reads from the beginning, -1 with a problem. What a library has written
 * by the path is there, if it has written into the file and made no other in its place. */
MUST_USE int spool_take(struct spool_file *spool, int64_t *size, struct problem *p);
void spool_drop(struct spool_file *spool);

#endif
