/* test_state: a small state for tests: areas, facilities, the HMIS-2017 dictionary.
 *
 *   India > TS 'Test State' > D1 'East' > B1, B2; D2 'West' > B3, and a notional block each
 *   facilities: SC1 (sub-centre, B1), PHC1 (B1), PHC2 (B2), PHC3 (B3), CHC1 (B1, private, urban),
 *   SHUT (PHC, B1, closed on 2022-06-15), NEW (PHC, B1, opened on 2022-06-15), DHQ1 (D1)
 * Area ids are TS_NATION ..., facility ids TS_SC1 ... The HMIS-2017 list alone is loaded. */
#ifndef TEST_STATE_H
#define TEST_STATE_H

#include "hmis/dictionary.h"

enum { TS_NATION = 1, TS_STATE, TS_EAST, TS_WEST, TS_B1, TS_B2, TS_B3, TS_EAST_SELF, TS_WEST_SELF };
enum { TS_SC1 = 1, TS_PHC1, TS_PHC2, TS_PHC3, TS_CHC1, TS_SHUT, TS_NEW, TS_DHQ1 };

/* Fills a fresh database (its owner's conninfo). Failures end the program. */
void test_state_load(const char *conninfo);
/* The dictionaries, read through the pool. */
struct dictionary_store *test_state_dictionaries(struct db_pool *pool);
/* A form of the dictionary that holds in April 2022, held for good. */
const struct form *test_state_form(struct dictionary_store *store, const char *code);

#endif
