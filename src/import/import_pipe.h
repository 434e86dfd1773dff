#ifndef HMIS_IMPORT_PIPE_H
#define HMIS_IMPORT_PIPE_H

#include "import_internal.h"

struct import_pipe *pipe_new(int stride); /* stride: the widest dictionary */
void pipe_free(struct import_pipe *pipe); /* when the parser's thread has ended */
/* Parser's side: hands over the last batch; nothing comes after it. */
void pipe_end(struct import_pipe *pipe);
/* Storing side. */
struct import_batch *pipe_take(struct import_pipe *pipe); /* NULL: the parser has ended */
void pipe_give(struct import_pipe *pipe, struct import_batch *batch);
void pipe_stop(struct import_pipe *pipe); /* the parser gets no more batches */

#endif
