#include "screen.h"

#include <string.h>
#include <strings.h>

#include "parse.h"

const char *const screen_methods[] = { "GET",   "HEAD",   "POST",    "PUT",
                                       "PATCH", "DELETE", "OPTIONS", NULL };

/* Headers that decide something and therefore may come only once. */
enum single {
    S_CONTENT_LENGTH,
    S_TRANSFER_ENCODING,
    S_HOST,
    S_COOKIE,
    S_AUTHORIZATION,
    S_CONTENT_TYPE,
    S_ORIGIN,
    S_FETCH_SITE,
    S_CSRF,
    S_FORWARDED_PROTO,
    S_EXPECT,
    S__MAX
};
static const char *const single_names[S__MAX] = {
    [S_CONTENT_LENGTH] = "Content-Length",
    [S_TRANSFER_ENCODING] = "Transfer-Encoding",
    [S_HOST] = "Host",
    [S_COOKIE] = "Cookie",
    [S_AUTHORIZATION] = "Authorization",
    [S_CONTENT_TYPE] = "Content-Type",
    [S_ORIGIN] = "Origin",
    [S_FETCH_SITE] = "Sec-Fetch-Site",
    [S_CSRF] = "X-CSRF-Token",
    [S_FORWARDED_PROTO] = "X-Forwarded-Proto",
    [S_EXPECT] = "Expect",
};

static bool refuse(struct problem *p, const char *detail) {
    return problem_set(p, ERR_BAD_REQUEST, "%s", detail);
}

static bool method_known(const char *method) {
    for (const char *const *known = screen_methods; *known; known++)
        if (!strcmp(*known, method)) return true;
    return false;
}

static bool value_clean(const struct screen_header *header) {
    for (size_t i = 0; i < header->value_length; i++) {
        unsigned char c = (unsigned char)header->value[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
    }
    return true;
}

static bool collect(const struct screen_input *in, const char *singles[S__MAX], struct problem *p) {
    for (size_t i = 0; i < in->header_count; i++) {
        const struct screen_header *header = &in->headers[i];
        if (!is_token(header->name, header->name_length))
            return refuse(p, "A header has a name that is not a token");
        if (!value_clean(header)) return refuse(p, "A header holds a control character");
        for (int s = 0; s < S__MAX; s++) {
            if (strcasecmp(header->name, single_names[s]) != 0) continue;
            if (singles[s])
                return problem_set(p, ERR_BAD_REQUEST, "%s comes more than once", single_names[s]);
            singles[s] = header->value;
        }
    }
    return true;
}

static bool content_length(const char *text, int64_t *length) {
    /* 18 digits: what int64_t holds whatever they are, and far over any limit. */
    if (!*text || strlen(text) > 18 || strspn(text, "0123456789") != strlen(text)) return false;
    *length = 0;
    for (; *text; text++)
        *length = *length * 10 + (*text - '0');
    return true;
}

static bool framing(const struct screen_input *in, const char *const singles[S__MAX],
                    struct screen_result *out, struct problem *p) {
    const char *length = singles[S_CONTENT_LENGTH], *coding = singles[S_TRANSFER_ENCODING];
    out->content_length = 0;
    if (length && coding)
        return refuse(p, "Content-Length and Transfer-Encoding exclude each other");
    if (length && !content_length(length, &out->content_length))
        return refuse(p, "Content-Length is not a length");
    if (!coding) return true;
    if (strcasecmp(coding, "chunked") != 0 || strcmp(in->version, "HTTP/1.1") != 0)
        return refuse(p, "Transfer-Encoding may only be chunked, in HTTP/1.1");
    out->content_length = -1;
    return true;
}

/* "name", "name:port", "[::1]:port": the length of the name, 0 when it is none. */
static size_t host_name_length(const char *host) {
    size_t length = *host == '[' ? strspn(host + 1, "0123456789abcdefABCDEF:.") + 1
                                 : strspn(host, "0123456789abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_");
    if (*host == '[' && host[length++] != ']') return 0;
    const char *port = host + length;
    if (*port == ':' && strlen(port) <= 6 && strspn(port + 1, "0123456789") == strlen(port + 1))
        return length;
    return *port ? 0 : length;
}

static bool host_allowed(const struct screen_input *in, const char *host) {
    size_t length = host_name_length(host);
    if (length == 0) return false;
    if (!in->hosts || !in->hosts[0]) return true;
    for (const char *const *name = in->hosts; *name; name++)
        if (strlen(*name) == length && !strncasecmp(*name, host, length)) return true;
    return false;
}

bool screen_check(const struct screen_input *in, struct screen_result *out, struct problem *p) {
    const char *singles[S__MAX] = { NULL };
    if (strcmp(in->version, "HTTP/1.1") != 0 && strcmp(in->version, "HTTP/1.0") != 0)
        return refuse(p, "Only HTTP/1.1 and HTTP/1.0 are spoken here");
    if (!method_known(in->method)) return problem_set(p, ERR_METHOD, NULL);
    if (!uri_is_clean(in->uri))
        return refuse(p, "The address must be a path in well-formed, escaped UTF-8");
    if (!collect(in, singles, p) || !framing(in, singles, out, p)) return false;
    if (!singles[S_HOST] || !host_allowed(in, singles[S_HOST]))
        return refuse(p, "Host is missing or is not a name of this server");
    if (singles[S_EXPECT] && strcasecmp(singles[S_EXPECT], "100-continue") != 0)
        return refuse(p, "Expect may only be 100-continue");
    out->host = singles[S_HOST];
    return true;
}
