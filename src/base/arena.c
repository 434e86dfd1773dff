#include "hmis/base.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under ASan the unused tail of a chunk, and a gap after every piece, are poisoned: reading or
 * writing past a piece is found as it would be with malloc. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define GAP 16
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)0)
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)0)
#define GAP                                   0
#endif

#define FIRST_CHUNK (4 * KIB)
#define LARGE_CHUNK (256 * KIB)

struct chunk {
    struct chunk *older;
    size_t size, used;
    alignas(max_align_t) char data[];
};

struct deferred {
    struct deferred *older;
    void (*release)(void *);
    void *thing;
};

struct arena {
    struct chunk *newest;
    struct deferred *deferred;
    size_t next_size;
};

static size_t round_up(size_t size) {
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

static void chunk_add(struct arena *arena, size_t least) {
    size_t size = least > arena->next_size ? least : arena->next_size;
    struct chunk *chunk = xmalloc(sizeof *chunk + size);
    *chunk = (struct chunk){ .older = arena->newest, .size = size };
    ASAN_POISON_MEMORY_REGION(chunk->data, size);
    arena->newest = chunk;
    if (arena->next_size < LARGE_CHUNK) arena->next_size *= 2;
}

struct arena *arena_new(void) {
    struct arena *arena = xcalloc(1, sizeof *arena);
    arena->next_size = FIRST_CHUNK;
    return arena;
}

void arena_free(struct arena *arena) {
    if (!arena) return;
    for (struct deferred *d = arena->deferred; d; d = d->older)
        d->release(d->thing);
    for (struct chunk *chunk = arena->newest, *older; chunk; chunk = older) {
        older = chunk->older;
        ASAN_UNPOISON_MEMORY_REGION(chunk->data, chunk->size);
        free(chunk);
    }
    free(arena);
}

void *arena_alloc(struct arena *arena, size_t size) {
    ENSURE(size < SIZE_MAX / 2, "an allocation has a sane size");
    size_t taken = round_up(size + GAP);
    if (!arena->newest || arena->newest->size - arena->newest->used < taken)
        chunk_add(arena, taken);
    struct chunk *chunk = arena->newest;
    void *piece = chunk->data + chunk->used;
    chunk->used += taken;
    ASAN_UNPOISON_MEMORY_REGION(piece, size);
    return memset(piece, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
    size_t total;
    ENSURE(!__builtin_mul_overflow(count, size, &total), "an array has a sane size");
    return arena_alloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length) {
    char *copy = arena_alloc(arena, length + 1);
    if (length) memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text) {
    return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    ENSURE(length >= 0, "a format is valid");
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void arena_defer(struct arena *arena, void (*release)(void *), void *thing) {
    struct deferred *d = arena_alloc(arena, sizeof *d);
    *d = (struct deferred){ arena->deferred, release, thing };
    arena->deferred = d;
}
