/* test_totals: a small state with figures, made by SQL, for tests of totals.
 *
 * Nation 1 > state 2 > districts 11 (blocks 101, 102) and 12 (blocks 201, 202); state 3 > district
 * 31 > block 301. Twelve facilities, F1..F12, two a block in that order (F11, F12 lie in 301): the
 * odd ones public rural PHCs, the even ones private urban CHCs; F4 is a DHQ of district 11.
 * Dictionary T1 (id 1, since 2017-04): slots 0..7 on forms PHC (1), CHC (2), DHQ (3). */
#ifndef TEST_TOTALS_H
#define TEST_TOTALS_H

#include "hmis/aggregate.h"
#include "hmis/db.h"

enum { STATE_WIDTH = 8 };

void test_totals(const char *conninfo);
/* Stores a report as a submission does: a version more, the block queued. cells: "{1,null,0}". */
void test_report(const char *conninfo, const char *facility, int period, const char *cells);
/* The stored total of an area and month, all kinds added; in the arena. */
struct total *test_stored_total(const char *conninfo, int area, int period, struct arena *arena);

#endif
