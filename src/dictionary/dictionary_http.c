#include "dictionary_build.h"
#include "hmis/routes.h"
#include "hmis/services.h"

#include <ctype.h>
#include <string.h>

/* ?language=, "en" where it is not given; NULL: answered with 400. */
static const char *language_of(struct request *r) {
    static const char *const names[] = { "language" };
    if (!req_only_query(r, names, COUNT(names))) return NULL;
    const char *language = req_query(r, "language");
    if (!language) return "en";
    size_t length = strlen(language);
    bool good = length >= 2 && length <= 12;
    for (size_t i = 0; good && i < length; i++)
        good = isalnum((unsigned char)language[i]) || language[i] == '-';
    if (good) return language;
    reply_error(r, ERR_BAD_QUERY, "language: \"en\", \"hi\" or another code of 2 to 12 letters");
    return NULL;
}

/* The newest dictionaries; to be released. NULL: answered. */
static const struct dictionary_set *hold_newest(struct request *r, struct dictionary_store *store) {
    struct problem p = { 0 };
    struct db *db = req_db(r);
    if (!db) return NULL;
    if (dictionary_refresh(store, db, &p)) return dictionary_hold(store);
    reply_problem(r, &p);
    return NULL;
}

static void get_dictionaries(struct request *r) {
    struct dictionary_store *store = ((struct services *)req_app(r))->dictionaries;
    const char *language = language_of(r);
    const struct dictionary_set *set = language ? hold_newest(r, store) : NULL;
    if (!set) return;
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_array(out, "dictionaries");
    for (int i = 0; i < set->count; i++)
        dictionary_write(out, set->dictionaries[i], language);
    out_array_end(out);
    out_object_end(out);
    dictionary_release(store, set);
}

/* Browsers keep the form and ask whether it is still the one; it changes with a load only. */
static void answer_form(struct request *r, const struct dictionary_set *set, const char *language) {
    const struct dictionary *d = dictionary_by_code(set, req_path_part(r, "dictionary"));
    const struct form *form = d ? form_by_code(d, req_path_part(r, "form")) : NULL;
    if (!form) {
        reply_error(r, ERR_NOT_FOUND, "There is no such form; GET /api/v1/dictionaries lists them");
        return;
    }
    reply_header(r, "Cache-Control", "private, no-cache");
    if (reply_etag(r, arena_printf(req_arena(r), "%s.%lld.%s.%s", d->code, (long long)d->stamp,
                                   language, HMIS_VERSION)))
        return;
    dictionary_write_form(reply_json(r, 200), form, language);
}

static void get_form(struct request *r) {
    struct dictionary_store *store = ((struct services *)req_app(r))->dictionaries;
    const char *language = language_of(r);
    const struct dictionary_set *set = language ? hold_newest(r, store) : NULL;
    if (!set) return;
    answer_form(r, set, language);
    dictionary_release(store, set);
}

static const struct route routes[] = {
    { .method = "GET",
      .path = "/api/v1/dictionaries",
      .handler = get_dictionaries,
      .auth = AUTH_SESSION,
      .permission = PERM_SIGNED_IN,
      .scope = RSCOPE_NONE,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .doc = "Versions of the data dictionary and their forms" },
    { .method = "GET",
      .path = "/api/v1/dictionaries/{dictionary}/forms/{form}",
      .handler = get_form,
      .auth = AUTH_SESSION,
      .permission = PERM_SIGNED_IN,
      .scope = RSCOPE_NONE,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .activity = true,
      .doc = "Sections, items and rules of a form" },
};
const struct route_table dictionary_routes = { "dictionary", routes, COUNT(routes) };
