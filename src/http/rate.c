#include "rate.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A clinic's or a whole state network's people share one address, so reading and writing are
 * generous; guessing is not, but signing in as oneself costs nothing. One token returns every
 * `interval_us`; `burst` may be taken at once. */
static const struct limit {
    int64_t interval_us;
    int burst;
    bool wide;     /* counted for the whole /24 of IPv4 */
    bool failures; /* only requests that fail count */
} limits[RATE__MAX] = {
    [RATE_READ] = { 10000, 1000, false, false },   [RATE_WRITE] = { 25000, 400, false, false },
    [RATE_SIGN_IN] = { 6000000, 10, true, true },  [RATE_CAPTCHA] = { 1000000, 30, false, false },
    [RATE_UPLOAD] = { 5000000, 20, false, false },
};

enum { SETS = 2048, WAYS = 8, LOCKS = 64 };

/* The moment at which a bucket is full again says all about it (GCRA). */
struct bucket {
    uint64_t key;
    int64_t full_us;
};
struct rate_table {
    unsigned char secret[crypto_shorthash_KEYBYTES];
    int multiple;
    pthread_mutex_t locks[LOCKS];
    struct bucket buckets[SETS][WAYS];
};

struct rate_table *rate_new(int multiple) {
    struct rate_table *table = xcalloc(1, sizeof(*table));
    table->multiple = multiple > 0 ? multiple : 1;
    random_bytes(table->secret, sizeof(table->secret));
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_init(&table->locks[i], NULL);
    return table;
}

void rate_free(struct rate_table *table) {
    for (int i = 0; table && i < LOCKS; i++)
        pthread_mutex_destroy(&table->locks[i]);
    free(table);
}

static uint64_t bucket_key(const struct rate_table *table, enum rate rate,
                           const struct client *client) {
    unsigned char text[sizeof(struct in6_addr) + 1], hash[crypto_shorthash_BYTES];
    struct in6_addr network = client_rate_network(client, limits[rate].wide);
    memcpy(text, &network, sizeof(network));
    text[sizeof(network)] = (unsigned char)rate;
    crypto_shorthash(hash, text, sizeof(text), table->secret);
    uint64_t key;
    memcpy(&key, hash, sizeof(key));
    return key;
}

/* The bucket of the key, or the one of its set that is nearest to full, emptied for it. */
static struct bucket *find_bucket(struct bucket *set, uint64_t key) {
    struct bucket *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key) return &set[i];
        if (set[i].full_us < oldest->full_us) oldest = &set[i];
    }
    *oldest = (struct bucket){ key, 0 };
    return oldest;
}

bool rate_take(struct rate_table *table, enum rate rate, const struct client *client,
               int64_t now_us, int *retry_after) {
    const struct limit *limit = &limits[rate];
    if (limit->burst == 0) return true;
    uint64_t key = bucket_key(table, rate, client);
    size_t set = key % SETS;
    int64_t interval = limit->interval_us / table->multiple;
    int64_t reach = interval * limit->burst * table->multiple;
    pthread_mutex_lock(&table->locks[set % LOCKS]);
    struct bucket *bucket = find_bucket(table->buckets[set], key);
    int64_t full = (bucket->full_us > now_us ? bucket->full_us : now_us) + interval;
    int64_t over = full - now_us - reach;
    if (over <= 0) bucket->full_us = full;
    pthread_mutex_unlock(&table->locks[set % LOCKS]);
    if (over > 0) *retry_after = (int)((over + 999999) / 1000000);
    return over <= 0;
}

void rate_return(struct rate_table *table, enum rate rate, const struct client *client) {
    if (!limits[rate].failures) return;
    uint64_t key = bucket_key(table, rate, client);
    size_t set = key % SETS;
    pthread_mutex_lock(&table->locks[set % LOCKS]);
    for (int i = 0; i < WAYS; i++)
        if (table->buckets[set][i].key == key)
            table->buckets[set][i].full_us -= limits[rate].interval_us / table->multiple;
    pthread_mutex_unlock(&table->locks[set % LOCKS]);
}
