#include "hmis/aggregate.h"
#include "hmis/report_pack.h"

#include <string.h>

/* gcc turns these loops into vector code from -O3 on only; clang does from -O2. */
#ifdef __clang__
#define VECTORS
#else
#define VECTORS __attribute__((optimize("O3")))
#endif

struct total *total_new(struct arena *arena, int width) {
    ENSURE(width > 0 && width <= CELLS_MAX, "width of a total");
    struct total *total = arena_alloc(arena, sizeof *total);
    total->width = width;
    total->sums = arena_array(arena, (size_t)width, sizeof *total->sums);
    total->filled = arena_array(arena, (size_t)width, sizeof *total->filled);
    total->zeros = arena_array(arena, (size_t)width, sizeof *total->zeros);
    return total;
}

void total_clear(struct total *total) {
    size_t width = (size_t)total->width;
    total->reports = 0;
    memset(total->sums, 0, width * sizeof *total->sums);
    memset(total->filled, 0, width * sizeof *total->filled);
    memset(total->zeros, 0, width * sizeof *total->zeros);
}

/* No branch, so that the compiler adds several slots at once. 2^31 reports of 31 bits fit in 62:
 * the count of reports is the check of the sums, unless totals are added, which total_add checks.
 */
VECTORS void total_add_cells(struct total *total, const int32_t *cells) {
    ENSURE(total->reports < INT32_MAX, "a total has fewer than 2^31 reports");
    int64_t *restrict sums = total->sums;
    int32_t *restrict filled = total->filled, *restrict zeros = total->zeros;
    int width = total->width;
    for (int i = 0; i < width; i++) {
        int32_t has = cells[i] != BLANK;
        sums[i] += has ? cells[i] : 0;
        filled[i] += has;
        zeros[i] += cells[i] == 0;
    }
    total->reports++;
}

bool report_row_cells(const struct db_rows *rows, int row, int packed, int array,
                      int32_t cells[CELLS_MAX], int width) {
    if (db_is_null(rows, row, packed)) return db_cells(rows, row, array, cells, CELLS_MAX) <= width;
    size_t length;
    const uint8_t *data = db_bytes(rows, row, packed, &length);
    return report_unpack(data, length, cells, width);
}

/* True when every sum of a + b fits; counts are bounded by the reports. */
static bool fits(const struct total *a, const int64_t *sums, int width, int64_t reports) {
    if (a->reports + reports > INT32_MAX) return false;
    bool overflow = false;
    for (int i = 0; i < width; i++) {
        int64_t sum;
        overflow |= __builtin_add_overflow(a->sums[i], sums[i], &sum);
    }
    return !overflow;
}

VECTORS static void add_slots(struct total *total, const int64_t *restrict sums,
                              const int32_t *restrict filled, const int32_t *restrict zeros,
                              int width) {
    for (int i = 0; i < width; i++) {
        total->sums[i] += sums[i];
        total->filled[i] += filled[i];
        total->zeros[i] += zeros[i];
    }
}

void total_add(struct total *total, const struct total *other) {
    ENSURE(other->width <= total->width, "a total takes one of at most its width");
    ENSURE(fits(total, other->sums, other->width, other->reports), "a sum fits in 64 bits");
    add_slots(total, other->sums, other->filled, other->zeros, other->width);
    total->reports += other->reports;
}

static int64_t count(const int32_t *numbers, int width) {
    int64_t sum = 0;
    for (int i = 0; i < width; i++)
        sum += numbers[i];
    return sum;
}

int64_t total_filled(const struct total *total) {
    return count(total->filled, total->width);
}

int64_t total_zeros(const struct total *total) {
    return count(total->zeros, total->width);
}

/* ---- The packed form. ------------------------------------------------------------------------ */
#define VARINT_MAX 10

static uint8_t *put_varint(uint8_t *at, uint64_t value) {
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

static uint64_t zigzag(int64_t value) {
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value) {
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static int run_end(const struct total *total, int from, bool filled) {
    while (from < total->width && (total->filled[from] != 0) == filled)
        from++;
    return from;
}

static uint8_t *put_run(const struct total *total, int from, int to, uint8_t *at) {
    at = put_varint(at, (uint64_t)(to - from));
    for (int i = from; i < to; i++) {
        at = put_varint(at, (uint64_t)total->filled[i]);
        at = put_varint(at, (uint64_t)total->zeros[i]);
        at = put_varint(at, zigzag(total->sums[i]));
    }
    return at;
}

void total_pack(const struct total *total, struct buffer *out) {
    /* At worst every other slot is filled: three numbers and two lengths for each. */
    buffer_reserve(out, (size_t)(total->width + 1) * 4 * VARINT_MAX);
    uint8_t *start = (uint8_t *)out->data + out->length;
    uint8_t *at = put_varint(start, (uint64_t)total->reports);
    for (int done = 0;;) {
        int from = run_end(total, done, false);
        if (from == total->width) break;
        at = put_varint(at, (uint64_t)(from - done));
        done = run_end(total, from, true);
        at = put_run(total, from, done, at);
    }
    out->length += (size_t)(at - start);
}

struct reader {
    const uint8_t *at, *end;
    bool bad;
};

/* A number in as few bytes as it needs; otherwise the reader turns bad. */
static uint64_t get_long_varint(struct reader *in) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        uint64_t byte = *in->at++;
        if (shift == 63 && byte > 1) break;
        value |= (byte & 0x7f) << shift;
        if (byte & 0x80) continue;
        in->bad |= byte == 0 && shift > 0;
        return value;
    }
    in->bad = true;
    return 0;
}

/* Nearly all numbers have one or two bytes. */
static inline uint64_t get_varint(struct reader *in) {
    if (in->end - in->at < 2) return get_long_varint(in);
    uint64_t first = in->at[0], second = in->at[1];
    if (first < 0x80) {
        in->at++;
        return first;
    }
    if (second >= 0x80 || second == 0) return get_long_varint(in);
    in->at += 2;
    return (first & 0x7f) | second << 7;
}

/* What is read, before it is believed: the filled slots only. */
struct unpacked {
    uint64_t reports;
    int count;
    int16_t slots[CELLS_MAX];
    int64_t sums[CELLS_MAX];
    int32_t filled[CELLS_MAX], zeros[CELLS_MAX];
};

static void read_run(struct reader *in, struct unpacked *out, int from, int to) {
    bool wrong = false;
    int n = out->count;
    for (int slot = from; slot < to; slot++, n++) {
        uint64_t filled = get_varint(in), zeros = get_varint(in), sum = get_varint(in);
        wrong |= filled == 0 || filled > out->reports || zeros > filled || (zeros == filled && sum);
        out->slots[n] = (int16_t)slot;
        out->sums[n] = unzigzag(sum);
        out->filled[n] = (int32_t)filled;
        out->zeros[n] = (int32_t)zeros;
    }
    out->count = n;
    in->bad |= wrong;
}

static bool unpack(struct unpacked *out, int width, const uint8_t *data, size_t length) {
    struct reader in = { .at = data, .end = data + length };
    out->count = 0;
    out->reports = get_varint(&in);
    if (out->reports > INT32_MAX) return false;
    for (int slot = 0; in.at < in.end && !in.bad;) {
        uint64_t room = (uint64_t)(width - slot), blanks = get_varint(&in),
                 filled = get_varint(&in);
        if (in.bad || filled == 0 || blanks > room || filled > room - blanks) return false;
        if (blanks == 0 && slot > 0) return false;
        int from = slot + (int)blanks;
        slot = from + (int)filled;
        read_run(&in, out, from, slot);
    }
    return !in.bad;
}

static bool unpacked_fits(const struct total *total, const struct unpacked *in) {
    bool overflow = total->reports + (int64_t)in->reports > INT32_MAX;
    for (int i = 0; i < in->count; i++) {
        int64_t sum;
        overflow |= __builtin_add_overflow(total->sums[in->slots[i]], in->sums[i], &sum);
    }
    return !overflow;
}

bool total_add_packed(struct total *total, const uint8_t *data, size_t length) {
    struct unpacked in;
    if (!unpack(&in, total->width, data, length) || !unpacked_fits(total, &in)) return false;
    for (int i = 0; i < in.count; i++) {
        int slot = in.slots[i];
        total->sums[slot] += in.sums[i];
        total->filled[slot] += in.filled[i];
        total->zeros[slot] += in.zeros[i];
    }
    total->reports += (int32_t)in.reports;
    return true;
}
