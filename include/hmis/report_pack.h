/* report_pack: the packed form of a report's figures (report.packed). A header of its own, for the
 * totals read it and report.h stands above them. Pure; any thread. */
#ifndef HMIS_REPORT_PACK_H
#define HMIS_REPORT_PACK_H

#include "hmis/dictionary.h"

/* In order of slots, runs: varint n blank slots, varint m filled ones, then m varints
 * zigzag(figure). Blank slots at the end are left out: equal figures have equal bytes. */
void report_pack(const int32_t *cells, int width, struct buffer *out);
/* Fills cells[width]. False when the bytes are no packed report of at most that width; cells then
 * hold anything. A fuzz target: tests/fuzz/fuzz_report_pack.c. */
MUST_USE bool report_unpack(const uint8_t *data, size_t length, int32_t *cells, int width);

#endif
