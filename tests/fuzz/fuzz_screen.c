/* The request screen: "METHOD uri version\nName: value\n..."; what it lets through has the framing
 * it promises. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../src/http/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *cut(char **at, const char *separators) {
    return *at ? strsep(at, separators) : (char[]){ "" };
}

static size_t count_named(const struct screen_input *in, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < in->header_count; i++)
        count += !strcasecmp(in->headers[i].name, name);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const hosts[] = { "h", "example.org", "[::1]", NULL };
    struct screen_header headers[64];
    struct screen_input in = { .headers = headers, .hosts = size % 2 ? hosts : NULL };
    struct screen_result out;
    struct problem p = { 0 };
    char *text = xmalloc(size + 1), *at = text, empty[] = "";
    memcpy(text, data, size);
    text[size] = 0;
    in.method = cut(&at, " ");
    in.uri = at ? cut(&at, " ") : empty;
    in.version = at ? cut(&at, "\n") : empty;
    while (at && in.header_count < COUNT(headers)) {
        char *line = cut(&at, "\n"), *name = strsep(&line, ":");
        const char *value = line ? line : empty;
        headers[in.header_count++] =
            (struct screen_header){ name, value, strlen(name), strlen(value) };
    }
    if (screen_check(&in, &out, &p)) {
        size_t lengths = count_named(&in, "Content-Length");
        size_t codings = count_named(&in, "Transfer-Encoding");
        ENSURE(lengths + codings <= 1, "one framing at most");
        ENSURE((out.content_length == -1) == (codings == 1), "chunked or a length");
        ENSURE(count_named(&in, "Host") == 1 && *out.host, "one Host");
        ENSURE(in.uri[0] == '/', "origin form");
    } else {
        ENSURE(error_status(p.code) / 100 == 4, "a refusal says why");
    }
    free(text);
    return 0;
}
