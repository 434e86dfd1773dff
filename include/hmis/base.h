/* base: what every floor above stands on: attributes, arena, byte buffer, strings.
 *
 * Threads: an arena or a buffer belongs to one thread at a time; nothing here is shared.
 * Memory: running out of memory is a programmer's error (sizes are bounded at the gate), so the
 * allocating calls abort instead of returning NULL. */
#ifndef HMIS_BASE_H
#define HMIS_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE     __attribute__((warn_unused_result))
#define PRINTF(a, b) __attribute__((format(printf, a, b)))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KIB          1024L
#define MIB          (1024L * KIB)

/* A cell that holds no figure. Blank is not zero; PostgreSQL stores it as NULL. */
#define BLANK INT32_MIN

/* ---- Abort on what cannot happen; `what` names the broken promise. ------------------------- */
#define ENSURE(condition, what)                                                                    \
    do {                                                                                           \
        if (!(condition)) base_abort(__FILE__, __LINE__, (what));                                  \
    } while (0)
void base_abort(const char *file, int line, const char *what) __attribute__((noreturn));

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);

/* ---- Arena: memory of one request or one job, released at once. ---------------------------- */
struct arena;

struct arena *arena_new(void);
/* Runs the deferred releases, last first, then frees everything. NULL is allowed. */
void arena_free(struct arena *arena);
/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Calls release(thing) when the arena is freed; for what malloc did not make (PGresult, json_t). */
void arena_defer(struct arena *arena, void (*release)(void *), void *thing);

/* ---- Buffer: bytes that grow. --------------------------------------------------------------- */
struct buffer {
    char *data; /* not NUL-terminated; owned by the buffer */
    size_t length;
    size_t capacity;
};

void buffer_free(struct buffer *buffer);
void buffer_reserve(struct buffer *buffer, size_t more);
void buffer_add(struct buffer *buffer, const void *data, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_add_int(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF(2, 3);

/* ---- Strings. --------------------------------------------------------------------------------*/
bool text_equal(const char *a, const char *b);
bool text_starts(const char *text, const char *prefix);
/* Whole text as a decimal integer in [low, high]; false on anything else: "", "+1", "1.0", " 1". */
MUST_USE bool text_to_int(const char *text, int64_t low, int64_t high, int64_t *value);
/* True when the bytes are well-formed UTF-8 without NUL. */
bool text_is_utf8(const char *data, size_t length);
/* Length of the well-formed sequence at `text` (RFC 3629, table 3-7 of Unicode; no NUL); 0: there
 * is none, or not whole within `left` bytes. */
size_t text_utf8_sequence(const char *text, size_t left);
/* Takes out, in place, what is no well-formed UTF-8: "%.40s" cuts within characters. */
void text_mend(char *text);
/* Number of code points of well-formed UTF-8. */
size_t text_length_utf8(const char *text);

/* ---- Randomness, hex. ------------------------------------------------------------------------*/
/* Must be called once at start, before any thread. Aborts when libsodium cannot start. A closed
 * pipe or connection is from then on an error of the call that writes, no signal. */
void base_start(void);
void random_bytes(void *data, size_t length);
/* Writes 2 * length + 1 characters. */
void hex_encode(char *out, const void *data, size_t length);
MUST_USE bool hex_decode(void *out, size_t length, const char *hex);

#endif
