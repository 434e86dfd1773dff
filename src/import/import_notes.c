/* What was assumed about a file. */
#include <stdio.h>
#include <string.h>

#include "hmis/json_out.h"
#include "import_internal.h"

void import_note(struct import *import, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(import->arena, format, args);
    va_end(args);
    text_mend(text);
    for (int i = 0; i < import->note_count; i++)
        if (text_equal(import->notes[i].text, text)) return;
    if (import->note_count == NOTES_MOST) {
        import->notes_left++;
        return;
    }
    import->notes[import->note_count++] = (struct import_note){ code, text };
}

static void write_note(struct json_out *out, const char *code, const char *text) {
    out_object(out, NULL);
    out_string(out, "code", code);
    out_string(out, "text", text);
    out_object_end(out);
}

void import_notes_json(const struct import *import, struct buffer *out) {
    struct json_out json;
    json_out_init(&json);
    out_array(&json, NULL);
    const struct tabular_about *about = import->file != NULL ? tabular_about(import->file) : NULL;
    for (int i = 0; about != NULL && i < about->note_count; i++)
        write_note(&json, about->notes[i].code, about->notes[i].text);
    for (int i = 0; i < import->note_count; i++)
        write_note(&json, import->notes[i].code, import->notes[i].text);
    if (import->notes_left > 0) {
        char more[80];
        snprintf(more, sizeof more, "And %d more of such notes, which were not kept",
                 import->notes_left);
        write_note(&json, "more", more);
    }
    out_array_end(&json);
    *out = json.buffer;
    buffer_add_char(out, '\0');
}
