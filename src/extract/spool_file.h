/* spool_file: a file on its way out, in the folder for such files: made under a name nobody knows,
 * gone with its last descriptor. Private to src/extract/. */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

#include <stdio.h>

#include "hmis/problem.h"

struct spool_file {
    char path[300]; /* until spool_take */
    FILE *file;
};
/* directory NULL or "": /tmp. */
MUST_USE bool spool_open(struct spool_file *spool, const char *directory, struct problem *p);
MUST_USE bool spool_empty(struct spool_file *spool, struct problem *p); /* to begin again */
/* Closes and removes the name; the descriptor reads from the beginning, -1 with a problem. Whatever
 * stands under the path by then is meant: a library may have written a new file there. */
MUST_USE int spool_take(struct spool_file *spool, int64_t *size, struct problem *p);
void spool_drop(struct spool_file *spool);

#endif
