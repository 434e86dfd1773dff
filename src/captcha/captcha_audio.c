/* The spoken form: recorded digits (data/voice/), each a little faster or slower and louder or
 * softer, with pauses of random length, over hiss and the murmur of other digits played backwards.
 */
#include <stdlib.h>
#include <string.h>

#include "hmis/captcha.h"
#include "lots.h"
#include "voice.h"

#define RATE     8000
#define HEADER   44
#define SILENCE  128 /* of unsigned 8-bit samples */
#define LOUDNESS 100.0

/* The samples of a recording: those of the chunk "data" of its WAV file. */
struct samples {
    const uint8_t *data;
    size_t count;
};

static uint32_t read_le32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static struct samples samples_of(const struct voice *voice, char digit) {
    const uint8_t *wav = voice->digits[digit - '0'].data;
    size_t length = voice->digits[digit - '0'].length, at = 12;
    while (at + 8 <= length) {
        uint32_t size = read_le32(wav + at + 4);
        if (memcmp(wav + at, "data", 4) == 0 && size <= length - at - 8)
            return (struct samples){ wav + at + 8, size };
        at += 8 + size + (size & 1);
    }
    ENSURE(false, "a recorded digit is a WAV file");
    return (struct samples){ NULL, 0 };
}

/* The sample at a place between two, -1..1. */
static double sample_at(const struct samples *samples, double at) {
    size_t first = (size_t)at;
    if (first + 1 >= samples->count) return 0;
    double part = at - (double)first;
    return ((1 - part) * samples->data[first] + part * samples->data[first + 1] - SILENCE) /
           SILENCE;
}

/* Adds a recording at a place of the track, which is long enough; a negative speed plays it
 * backwards. */
static size_t mix(double *track, const struct samples *samples, double speed, double gain) {
    double length = (double)samples->count, step = speed < 0 ? -speed : speed;
    size_t written = 0;
    for (double at; (at = (double)written * step) < length - 1; written++)
        track[written] += gain * sample_at(samples, speed < 0 ? length - 1 - at : at);
    return written;
}

/* The longest the track can be: every digit at its slowest, every pause at its longest. */
static size_t track_room(const struct voice *voice, const char *answer) {
    size_t room = RATE;
    for (int i = 0; i < CAPTCHA_DIGITS; i++)
        room += (size_t)((double)samples_of(voice, answer[i]).count / 0.88) + RATE;
    return room;
}

static void murmur(double *track, size_t length, const struct voice *voice, struct lots *lots) {
    size_t at = 0;
    while (at + 2 * RATE < length) {
        struct samples other = samples_of(voice, (char)('0' + lots_next(lots) % 10));
        at += mix(track + at, &other, -lots_between(lots, 0.9, 1.3), 0.14);
        at += (size_t)(RATE * lots_between(lots, 0.05, 0.4));
    }
}

static size_t speak(double *track, const struct voice *voice, const char *answer,
                    struct lots *lots) {
    size_t at = RATE / 2;
    for (int i = 0; i < CAPTCHA_DIGITS; i++) {
        struct samples digit = samples_of(voice, answer[i]);
        at += mix(track + at, &digit, lots_between(lots, 0.88, 1.1), lots_between(lots, 0.85, 1.0));
        at += (size_t)(RATE * lots_between(lots, 0.4, 0.9));
    }
    return at;
}

static void write_header(uint8_t out[HEADER], size_t samples) {
    static const uint8_t fixed[HEADER] =
        "RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x8\0"
        "data";
    memcpy(out, fixed, HEADER);
    for (int i = 0; i < 4; i++) {
        out[4 + i] = (uint8_t)((samples + HEADER - 8) >> (8 * i));
        out[40 + i] = (uint8_t)(samples >> (8 * i));
    }
}

bool captcha_audio(const char *answer, const uint8_t seed[CAPTCHA_SEED], const char *language,
                   struct buffer *wav) {
    const struct voice *voice = voice_find(language);
    if (!voice) return false;
    struct lots lots = lots_from(seed, "audio");
    double *track = xcalloc(track_room(voice, answer), sizeof *track);
    size_t length = speak(track, voice, answer, &lots) & ~(size_t)1;
    murmur(track, length, voice, &lots);
    uint8_t header[HEADER];
    write_header(header, length);
    buffer_add(wav, header, HEADER);
    buffer_reserve(wav, length);
    for (size_t i = 0; i < length; i++) {
        double value = track[i] * LOUDNESS + lots_between(&lots, -4, 4);
        value = value > 127 ? 127 : value < -127 ? -127 : value;
        buffer_add_char(wav, (char)(uint8_t)(SILENCE + (int)value));
    }
    free(track);
    return true;
}
