#include "demo_internal.h"

/* splitmix64's finisher over the three, one after the other. */
static uint64_t mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t demo_hash(uint64_t a, uint64_t b, uint64_t c) {
    return mix(mix(mix(a) ^ b) ^ c);
}

int64_t demo_stored(const struct item *item, int32_t published) {
    int64_t stored = published;
    for (int s = 0; s < item->scale; s++)
        stored *= 10;
    return stored;
}

void demo_split(const struct published_cell *cell, int32_t parts[KIND__MAX]) {
    /* public * urban / total lies between the least and the most the margins allow, which are whole
     * numbers: rounding cannot leave them. */
    int64_t total = (int64_t)cell->public_ + cell->private_;
    int64_t both = total ? ((int64_t)cell->public_ * cell->urban + total / 2) / total : 0;
    parts[PUBLIC_URBAN] = (int32_t)both;
    parts[PUBLIC_RURAL] = cell->public_ - (int32_t)both;
    parts[PRIVATE_URBAN] = cell->urban - (int32_t)both;
    parts[PRIVATE_RURAL] = cell->rural - parts[PUBLIC_RURAL];
    for (int k = 0; k < KIND__MAX; k++)
        ENSURE(parts[k] >= 0, "a 2 x 2 table with the published margins");
}

struct share {
    const uint32_t *weights, *offsets;
    int count;
    int32_t cap;
};

static int32_t share_at(const struct share *s, int i, uint64_t x) {
    uint64_t share;
    if (__builtin_mul_overflow((uint64_t)s->weights[i], x, &share) ||
        __builtin_add_overflow(share, (uint64_t)s->offsets[i], &share))
        return s->cap;
    share >>= 32;
    return share < (uint64_t)s->cap ? (int32_t)share : s->cap;
}

static int64_t share_sum(const struct share *s, uint64_t x) {
    int64_t sum = 0;
    for (int i = 0; i < s->count; i++)
        sum += share_at(s, i, x);
    return sum;
}

void demo_share(int32_t total, const uint32_t *weights, const uint32_t *offsets, int count,
                int32_t cap, int32_t *shares) {
    struct share s = { weights, offsets, count, cap };
    uint32_t heaviest = 1, lightest = UINT32_MAX;
    for (int i = 0; i < count; i++) {
        heaviest = weights[i] > heaviest ? weights[i] : heaviest;
        lightest = weights[i] < lightest ? weights[i] : lightest;
    }
    ENSURE(lightest > 0, "weights are positive");
    /* Without a cap the heaviest alone reaches the total at high; with one the lightest must. */
    uint64_t low = 0, high = (((uint64_t)total << 32) / heaviest) + 1;
    if (share_sum(&s, high) < total) high = (((uint64_t)total << 32) / lightest) + 1;
    ENSURE(share_sum(&s, high) >= total, "facilities that can hold the total");
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (share_sum(&s, middle) >= total)
            high = middle;
        else
            low = middle + 1;
    }
    int64_t excess = -total;
    for (int i = 0; i < count; i++)
        excess += shares[i] = share_at(&s, i, low);
    for (int i = count; i-- > 0 && excess > 0;)
        while (excess > 0 && low > 0 && shares[i] > share_at(&s, i, low - 1)) {
            shares[i]--;
            excess--;
        }
}

void demo_deal(int32_t total, int count, int32_t cap, int32_t *shares) {
    for (int i = 0; i < count; i++) {
        shares[i] = total < cap ? total : cap;
        total -= shares[i];
    }
    ENSURE(total == 0, "facilities that can hold the total");
}
