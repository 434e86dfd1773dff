/* lots: the numbers of one drawing, from its secret seed. Not for secrets themselves. */
#ifndef HMIS_CAPTCHA_LOTS_H
#define HMIS_CAPTCHA_LOTS_H

#include <sodium.h>
#include <string.h>

#include "hmis/base.h"

struct lots {
    uint64_t state;
};

static inline struct lots lots_from(const uint8_t seed[32], const char *purpose) {
    struct lots lots;
    uint8_t hash[crypto_generichash_BYTES_MIN];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)purpose, strlen(purpose), seed,
                       32);
    memcpy(&lots.state, hash, sizeof lots.state);
    return lots;
}

/* SplitMix64. */
static inline uint64_t lots_next(struct lots *lots) {
    uint64_t z = lots->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline double lots_between(struct lots *lots, double low, double high) {
    return low + (high - low) * (double)(lots_next(lots) >> 11) / 9007199254740992.0;
}

#endif
