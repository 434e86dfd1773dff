#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "http_internal.h"

/* Length of the authority without a port that its scheme implies. */
static size_t bare_length(const char *authority, bool https) {
    size_t length = strlen(authority);
    const char *port = https ? ":443" : ":80";
    size_t tail = strlen(port);
    if (length > tail && !strcmp(authority + length - tail, port)) return length - tail;
    return length;
}

bool gate_same_origin(const char *fetch_site, const char *origin, const char *host, bool secure) {
    if (fetch_site) return !strcmp(fetch_site, "same-origin") || !strcmp(fetch_site, "none");
    if (!origin || !host) return false;
    bool https = text_starts(origin, "https://");
    if ((secure && !https) || (!https && !text_starts(origin, "http://"))) return false;
    const char *authority = strstr(origin, "://") + 3;
    size_t length = bare_length(authority, https);
    return length == bare_length(host, https) && !strncasecmp(authority, host, length);
}

static bool authenticate(struct request *r, struct problem *p) {
    const struct route *row = &r->route->row;
    if (row->auth == AUTH_NONE) return true;
    if (!r->http->settings.authenticate) return problem_set(p, ERR_NOT_SIGNED_IN, NULL);
    if (r->http->settings.pool && !req_db(r)) return false;
    /* a page that asks on its own, by a timer, says so */
    bool activity = row->activity && !req_header(r, "HMIS-Background");
    r->has_actor = r->http->settings.authenticate(r, activity, &r->actor, p);
    if (!r->has_actor && p->code == ERR_NONE) problem_set(p, ERR_NOT_SIGNED_IN, NULL);
    return r->has_actor;
}

/* A page says whose it is: the cookie may be another person's by now. Nothing of theirs is shown
 * under the first one's name, and nothing of the first one's is stored under theirs. */
static bool same_person(struct request *r, struct problem *p) {
    const char *said = req_header(r, "HMIS-Person");
    const struct actor *actor = &r->actor;
    int64_t account = 0;
    if (!r->has_actor || !said) return true;
    if (!text_to_int(said, 1, INT64_MAX, &account))
        return problem_set(p, ERR_BAD_REQUEST, "HMIS-Person: write the account_id of the session");
    if (account == actor->user_id) return true;
    struct json_out out;
    json_out_init(&out);
    out_object(&out, NULL);
    out_object(&out, "person");
    out_int(&out, "account_id", actor->user_id);
    out_string(&out, "username", actor->username);
    out_string(&out, "full_name", actor->full_name);
    out_object_end(&out);
    out_object_end(&out);
    p->extra_json = arena_strndup(r->arena, out.buffer.data, out.buffer.length);
    buffer_free(&out.buffer);
    return problem_set(p, ERR_OTHER_PERSON, "%s (%s) is signed in in this browser now",
                       actor->full_name, actor->username);
}

static bool permit(const struct request *r, struct problem *p) {
    const struct route *row = &r->route->row;
    if (row->auth == AUTH_NONE || row->permission == PERM_SIGNED_IN) return true;
    if (r->http->settings.permit && r->http->settings.permit(r->actor.role, row->permission))
        return true;
    return problem_set(p, ERR_FORBIDDEN, NULL);
}

static bool token_equal(const char *sent, const char *wanted) {
    if (!sent || !wanted || !*wanted) return false;
    size_t length = strlen(wanted);
    return strlen(sent) == length && sodium_memcmp(sent, wanted, length) == 0;
}

static bool csrf(const struct request *r, struct problem *p) {
    if (!request_unsafe(r)) return true;
    if (!gate_same_origin(req_header(r, "Sec-Fetch-Site"), req_header(r, "Origin"),
                          r->screened.host, r->client.secure))
        return problem_set(p, ERR_CSRF,
                           "The request must come from a page of this address: "
                           "Sec-Fetch-Site or Origin does not say so");
    if (r->route->row.auth == AUTH_NONE) return true;
    if (!token_equal(req_header(r, "X-CSRF-Token"), r->actor.csrf_token))
        return problem_set(p, ERR_CSRF, "X-CSRF-Token is missing or not that of this session");
    return true;
}

/* `types`: separated by blanks. */
static bool media_is_one_of(const char *header, const char *types) {
    char type[64];
    for (size_t length; *types != '\0'; types += length + (types[length] == ' ')) {
        length = strcspn(types, " ");
        snprintf(type, sizeof type, "%.*s", (int)length, types);
        if (media_type_is(header, type)) return true;
    }
    return false;
}

static bool media(const struct request *r, struct problem *p) {
    const struct route *row = &r->route->row;
    if (row->body == BODY_NONE) return true;
    const char *type = row->media ? row->media : "application/json";
    if (media_is_one_of(req_header(r, "Content-Type"), type)) return true;
    return problem_set(p, ERR_MEDIA_TYPE, "The body must be %s", type);
}

bool gate_pass(struct request *r) {
    struct problem p = { 0 };
    if (authenticate(r, &p) && same_person(r, &p) && permit(r, &p) && csrf(r, &p) && media(r, &p))
        return true;
    if (r->answer.kind == ANSWER_NONE) reply_problem(r, &p);
    return false;
}
