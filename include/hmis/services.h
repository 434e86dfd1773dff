/* services: what handlers find behind req_app(): the long-lived parts of one daemon. Made by
 * src/app/serve.c, which starts and stops them in order. Read-only after start. */
#ifndef HMIS_SERVICES_H
#define HMIS_SERVICES_H

#include "hmis/db.h"
#include "hmis/dictionary.h"
#include "hmis/rollup.h"

struct import_queue;
struct settings;

struct services {
    const struct settings *settings;
    struct db_pool *pool;
    struct dictionary_store *dictionaries;
    struct rollup_worker *rollup;
    struct import_queue *imports;
};

#endif
