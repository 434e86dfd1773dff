/* demo: the demonstration state. A published file (district, month, item; total, public, private,
 * urban, rural) is split over illustrative facilities, so exactly that every published cell comes
 * back when they are summed again; docs/demonstration.md says how. What is written are the files
 * states exchange, and they are loaded by the import like anybody's.
 *
 * Deterministic: the same source, geography, dictionary and size give the same bytes.
 * Threads: one call at a time a directory. Memory: bounded by one district and month of figures and
 * the published file itself; results live in the arena given. */
#ifndef HMIS_DEMO_H
#define HMIS_DEMO_H

#include "hmis/area.h"
#include "hmis/dictionary.h"
#include "hmis/roles.h"

enum demo_size {
    DEMO_SMALL, /* about 17 facilities a district */
    DEMO_FULL,  /* about 18 a block: the mix of a real state */
};

struct demo_request {
    const char *source; /* CSV of the layout above, gzip or plain */
    const char
        *balances; /* cumulative table of a year within it, with stock balances; NULL: none */
    const char *geography;               /* directory of the geography files */
    const struct dictionary *dictionary; /* the version the file's items are numbered in */
    enum demo_size size;
    const char *directory; /* where the files go; made if it is missing */
    void (*progress)(void *arg, int done, int total); /* months; NULL: silent */
    void *arg;
};
struct demo_file {      /* in the order in which they are to be imported */
    const char *name;   /* within the directory */
    const char *format; /* "extract" or "long", as the import names them */
    const char *form;   /* "SC" ... "DHQ" */
    int period;
};
/* One account a role, two district officers and two data entry operators (one with a single
 * facility, one with several), tied to what the demonstration has. */
struct demo_account {
    const char *username, *full_name;
    enum role role;
    const char *area;              /* as account_create takes it; NULL: the facilities */
    const char *const *facilities; /* codes */
    size_t facility_count;
};
#define DEMO_PASSWORD "Neem-Lantern-Ghat-58" /* of all of them; in no other installation */
struct demo_result {
    struct demo_file *files;
    int file_count;
    int districts, facilities, months;
    int64_t reports;          /* facility, form and month with at least one figure */
    int64_t rows;             /* published district rows that the files give back */
    int64_t state_differs;    /* published state cells that are not the sum of their districts */
    const char *const *notes; /* what of the source was left out or understood in another way */
    int note_count;
    struct demo_account *accounts;
    int account_count;
};

/* ERR_FILE_FORMAT with the line where the source is wrong; ERR_AREA_UNKNOWN for a district the
 * geography does not have in the file's first month. */
MUST_USE bool demo_write(const struct demo_request *request, struct demo_result *result,
                         struct arena *arena, struct problem *p);

/* Makes the accounts, once the facilities have been imported; those that are there stay as they
 * are. For a demonstration only: the password is public. */
MUST_USE bool demo_accounts(struct db *db, const struct demo_result *result, struct arena *arena,
                            struct problem *p);

#endif
