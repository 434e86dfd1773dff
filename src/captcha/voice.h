/* voice: the recorded digits the binary carries, from data/voice/ (tools/gen_voice.py). */
#ifndef HMIS_CAPTCHA_VOICE_H
#define HMIS_CAPTCHA_VOICE_H

#include "hmis/base.h"

struct voice {
    const char *language; /* "en" */
    struct {
        const uint8_t *data; /* a WAV file: 8 kHz, 8 bit, mono */
        size_t length;
    } digits[10];
};

/* NULL: no such voice. */
const struct voice *voice_find(const char *language);

#endif
