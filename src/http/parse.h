/* parse: the small languages of a request: URI, query, cookies, entity tags, Accept lists, media
 * types, the nesting of a JSON text. Pure functions over bytes nobody vouches for; every one is a
 * target of tests/fuzz. What they return lives in the arena given. */
#ifndef HMIS_HTTP_PARSE_H
#define HMIS_HTTP_PARSE_H

#include "hmis/base.h"

struct text_pair {
    const char *name, *value;
};

/* Origin form, visible ASCII only, no fragment, whole escapes only, none of them a control byte,
 * and well-formed UTF-8 once decoded. */
bool uri_is_clean(const char *uri);
/* Decodes %XX (plus: and '+' to a space). NULL when an escape is broken or decodes to a control
 * byte, or when the result is not UTF-8. */
char *percent_decode(struct arena *arena, const char *text, size_t length, bool plus);
/* "a=1&b=2" into at most QUERY_MAX pairs. False: a broken escape, a nameless or repeated name, too
 * many. */
enum { QUERY_MAX = 64 };
MUST_USE bool query_parse(struct arena *arena, const char *query, struct text_pair **pairs,
                          size_t *count);
/* The value of one cookie; NULL when it is absent, or there twice (which to believe?). */
const char *cookie_find(struct arena *arena, const char *header, const char *name);
/* Does If-None-Match name this tag (without quotes), or "*"? Weak comparison. */
bool etag_matches(const char *header, const char *tag);

enum encoding { ENCODING_IDENTITY, ENCODING_GZIP, ENCODING_BR, ENCODING__MAX };
/* The best of the encodings in the bit set `available` by the client's weights; ours break ties
 * (br, gzip). Identity when nothing else is wanted. header NULL: identity. */
enum encoding accept_encoding(const char *header, unsigned available);
/* Does Accept name this media type itself (not by a wildcard) with a weight above 0? */
bool accept_names(const char *header, const char *type);
/* Is the Content-Type this one, in UTF-8 if it names a charset? */
bool media_type_is(const char *header, const char *type);
/* No nesting of braces and brackets deeper than `most` (strings skipped). */
bool json_depth_fits(const char *data, size_t length, unsigned most);
/* Copies JSON, with 1e300 or -1e300 for each number that neither 64 bits nor a double hold: a
 * parser would refuse everything for it. What is whole and fits stays as it is. NUL stands behind
 * data. */
void json_hold_numbers(struct buffer *out, const char *data, size_t length);
/* Writes a Content-Disposition value (RFC 6266): an ASCII name and, if need be, filename*. */
char *attachment_name(struct arena *arena, const char *filename);

bool is_token_char(unsigned char c); /* RFC 9110 tchar */
bool is_token(const char *text, size_t length);

#endif
