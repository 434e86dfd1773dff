/* migrations: the schema's steps, compiled in from migrations/NNNN_name.sql
 * (tools/gen_migrations.py). Applied by db_migrate (db.h); read by nothing else but its tests.
 * Constant. */
#ifndef HMIS_MIGRATIONS_H
#define HMIS_MIGRATIONS_H

#include <stdbool.h>

struct migration {
    int version; /* 1, 2, 3 ... without gaps */
    const char *name, *sql;
    const char *sha256; /* of the file, hex */
    bool transaction;   /* false: its first line says `-- no-transaction`; its statements are parted
                         by lines `-- next` and must bear a second run */
};
extern const struct migration migrations[]; /* migration_count rows, by version */
extern const int migration_count;

#endif
