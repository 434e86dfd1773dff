/* rate: token buckets in memory, by client network and rate class. Bounded: a full table forgets
 * the bucket that has recovered most. Safe from any thread, never waits long. */
#ifndef HMIS_HTTP_RATE_H
#define HMIS_HTTP_RATE_H

#include "client.h"
#include "hmis/http.h"

struct rate_table;

/* multiple: all limits times this (tests); 0 is 1. */
struct rate_table *rate_new(int multiple);
void rate_free(struct rate_table *table);
/* Takes one token. False: none left; *retry_after in seconds, at least 1. */
bool rate_take(struct rate_table *table, enum rate rate, const struct client *client,
               int64_t now_us, int *retry_after);
/* The request that took a token of this class was in order; classes that count failures only give
 * it back. */
void rate_return(struct rate_table *table, enum rate rate, const struct client *client);

#endif
