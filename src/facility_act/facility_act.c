#include "hmis/facility_act.h"

#include <string.h>

#include "hmis/json_out.h"
#include "hmis/tabular.h"

#define NAME_POINTS   200
#define REASON_POINTS 1000
#define ALWAYS        "1900-01-01"
#define CHANGES_MOST  8

static const char *const act_names[FACILITY_ACT__MAX] = {
    [FACILITY_ACT_NONE] = "",
    [FACILITY_ACT_TYPE] = "type",
    [FACILITY_ACT_OWNERSHIP] = "ownership",
    [FACILITY_ACT_LOCALITY] = "locality",
    [FACILITY_ACT_NAME] = "name",
    [FACILITY_ACT_OPEN] = "open",
    [FACILITY_ACT_CLOSE] = "close",
    [FACILITY_ACT_MOVE] = "move",
    [FACILITY_ACT_NIN] = "nin",
    [FACILITY_ACT_CORRECT] = "correct",
};

const char *facility_act_name(enum facility_act_kind kind) {
    return act_names[kind];
}

enum facility_act_kind facility_act_parse(const char *name) {
    for (enum facility_act_kind kind = FACILITY_ACT_TYPE; kind < FACILITY_ACT__MAX; kind++)
        if (text_equal(act_names[kind], name)) return kind;
    return FACILITY_ACT_NONE;
}

/* What holds on a day. */
struct held {
    const char *name, *place;
    enum facility_type type;
    enum ownership ownership;
    enum locality locality;
    bool open, open_before;
    int32_t state, block;
};
struct acting {
    const struct facility_act *act;
    const struct scope *scope;
    const struct audit_entry *who;
    struct facility_act_result *result;
    struct arena *arena;
    /* as read */
    enum facility_type type;
    enum ownership ownership;
    enum locality locality;
    const char *name;
    int status; /* 0: not said, 1 open, 2 closed */
    struct area_key block;
    const char *from, *day; /* day: on which before and after are compared */
    int32_t facility, block_id, state_today;
    const char *nin, *state_name;
    struct held before;
    bool undone; /* a dry run */
};

/* ---- Reading. -------------------------------------------------------------------------------- */
static void wrong(struct acting *a, struct problem *p, const char *field, enum error_code code,
                  const char *what) {
    problem_field(p, a->arena, field, code, "%s", what);
}

static bool needs(const struct acting *a, enum facility_act_kind kind) {
    return a->act->kind == kind;
}

static bool is_day(const char *text) {
    static const char shape[] = "0000-00-00"; /* facilities opened before there were months */
    int part[3] = { 0 }, at = 0;
    if (strlen(text) != sizeof shape - 1) return false;
    for (size_t i = 0; text[i]; i++) {
        if (shape[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
        if (shape[i] == '-')
            at++;
        else
            part[at] = part[at] * 10 + text[i] - '0';
    }
    return part[0] >= 1900 && part[0] <= 2100 && part[1] >= 1 && part[1] <= 12 && part[2] >= 1 &&
           part[2] <= area_tree_day(part[0] * 100 + part[1]) % 100;
}

static void days_read(struct acting *a, struct problem *p) {
    const struct facility_act *act = a->act;
    bool corrects = act->kind == FACILITY_ACT_CORRECT, dated = act->kind != FACILITY_ACT_NIN;
    if (!dated) return;
    if (!act->from && !corrects)
        return wrong(a, p, "from", ERR_MISSING_FIELD, "from which day on, like 2022-05-01");
    if (act->from && !is_day(act->from))
        return wrong(a, p, "from", ERR_VALUE_NOT_DATE, "a day like 2022-05-01");
    if (act->until && !corrects)
        return wrong(a, p, "until", ERR_UNKNOWN_FIELD, "only a correction ends on a day");
    if (act->until && !is_day(act->until))
        return wrong(a, p, "until", ERR_VALUE_NOT_DATE, "a day like 2022-05-01");
    a->from = act->from ? act->from : ALWAYS;
    if (act->first && needs(a, FACILITY_ACT_OPEN) && text_equal(a->from, ALWAYS))
        wrong(a, p, "from", ERR_INVALID, "the first day it was open, and there is no day before");
    if (act->until && strcmp(act->until, a->from) <= 0)
        wrong(a, p, "until", ERR_INVALID, "the day after the last on which it held");
}

/* Joiners belong to the words of Indian scripts, but are none by themselves. */
static bool nothing_seen(const char *tidy) {
    static const char not_joined[] = "\xE2\x80\x8C", joined[] = "\xE2\x80\x8D";
    while (!strncmp(tidy, not_joined, 3) || !strncmp(tidy, joined, 3) || *tidy == ' ')
        tidy += *tidy == ' ' ? 1 : 3;
    return !*tidy;
}

/* As people mean it, like a name in a file. */
static const char *name_read(struct acting *a, const char *field, const char *given, size_t most,
                             struct problem *p) {
    if (!given) return NULL;
    const char *why = NULL;
    size_t length = strlen(given);
    char *tidy = arena_alloc(a->arena, length + 1);
    if (!text_is_utf8(given, length) || text_length_utf8(given) > most) why = "too long";
    for (const char *at = given; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F) why = "control characters are not taken";
    if (!why && (tabular_tidy(given, length, tidy) == 0 || nothing_seen(tidy))) why = "not blank";
    if (why) wrong(a, p, field, ERR_INVALID, why);
    return why ? given : tidy;
}

/* What an act is about must be given; a correction is about what is given. */
static void values_read(struct acting *a, struct problem *p) {
    const struct facility_act *act = a->act;
    const struct {
        const char *field, *given;
        enum facility_act_kind kind;
    } members[] = {
        { "type", act->type, FACILITY_ACT_TYPE },
        { "ownership", act->ownership, FACILITY_ACT_OWNERSHIP },
        { "locality", act->locality, FACILITY_ACT_LOCALITY },
        { "name", act->name, FACILITY_ACT_NAME },
        { "block", act->block, FACILITY_ACT_MOVE },
        { "nin", act->nin, FACILITY_ACT_NIN },
        { "status", act->status, FACILITY_ACT_NONE },
    };
    bool corrects = act->kind == FACILITY_ACT_CORRECT, any = false;
    for (size_t i = 0; i < COUNT(members); i++) {
        bool about = act->kind == members[i].kind;
        bool taken = about || (corrects && members[i].kind != FACILITY_ACT_NIN);
        any |= members[i].given != NULL;
        if (about && !members[i].given)
            wrong(a, p, members[i].field, ERR_MISSING_FIELD, "this act is about it");
        if (!taken && members[i].given)
            wrong(a, p, members[i].field, ERR_UNKNOWN_FIELD, "this act is not about it");
    }
    if (corrects && !any)
        wrong(a, p, "act", ERR_INVALID,
              "give what is to be corrected: type, ownership, locality, name, status or block");
}

static void words_read(struct acting *a, struct problem *p) {
    const struct facility_act *act = a->act;
    a->type = act->type ? facility_type_parse(act->type) : FACILITY_TYPE_NONE;
    a->ownership = act->ownership ? ownership_parse(act->ownership) : OWNERSHIP_NONE;
    a->locality = act->locality ? locality_parse(act->locality) : LOCALITY_NONE;
    a->status = !act->status ? 0 : text_equal(act->status, "open") ? 1 : 2;
    if (act->type && !a->type)
        wrong(a, p, "type", ERR_VALUE_NOT_CODE, "SC, PHC, CHC, SDH, DH or DHQ");
    if (act->ownership && !a->ownership)
        wrong(a, p, "ownership", ERR_VALUE_NOT_CODE, "Public or Private");
    if (act->locality && !a->locality)
        wrong(a, p, "locality", ERR_VALUE_NOT_CODE, "Rural or Urban");
    if (act->status && !text_equal(act->status, "open") && !text_equal(act->status, "closed"))
        wrong(a, p, "status", ERR_VALUE_NOT_CODE, "open or closed");
    if (act->block && !area_key_parse(act->block, &a->block))
        wrong(a, p, "block", ERR_AREA_UNKNOWN,
              "lgd-block-4791 or the number of a block; lgd-district-506: directly under it");
    if (act->nin && *act->nin && !facility_nin_good(act->nin))
        wrong(a, p, "nin", ERR_FACILITY_NIN, "a NIN has 10 digits; empty: it has none");
    a->name = name_read(a, "name", act->name, NAME_POINTS, p);
    if (!name_read(a, "reason", act->reason, REASON_POINTS, p))
        wrong(a, p, "reason", ERR_MISSING_FIELD, "why: an order, a letter, who says so");
    if (act->first && !needs(a, FACILITY_ACT_OPEN))
        wrong(a, p, "first", ERR_UNKNOWN_FIELD, "only with the act open");
}

static bool act_read(struct acting *a, struct problem *p) {
    values_read(a, p);
    days_read(a, p);
    words_read(a, p);
    return p->code == ERR_NONE;
}

/* ---- The facility. --------------------------------------------------------------------------- */
enum { K_ID, K_MINE, K_NIN, K_STATE, K_STATE_NAME, K_OPENED_ON };

static bool facility_lock(struct db *db, struct acting *a, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_FACILITY_TREE, DB_NO_ARGS, a->arena, NULL, p)) return false;
    for (int pass = 0; pass < 2; pass++) {
        if (!db_query(db, Q_FACILITY_ACT_LOCK, DB_ARGS(DB_TEXT(a->act->code)), a->arena, &rows, p))
            return false;
        if (db_count(rows) == 0) return problem_set(p, ERR_NOT_FOUND, NULL);
        if (!db_bool(rows, 0, K_MINE))
            return problem_set(
                p, ERR_FORBIDDEN,
                "The facility lies today in another's area: who is there changes it");
        a->facility = (int32_t)db_int(rows, 0, K_ID);
        if (pass == 0 && !db_query(db, Q_FACILITY_ACT_LOCK_ROW, DB_ARGS(DB_INT4(a->facility)),
                                   a->arena, NULL, p))
            return false;
    }
    a->nin = db_text(rows, 0, K_NIN);
    a->state_today = (int32_t)db_int(rows, 0, K_STATE);
    a->state_name = db_text(rows, 0, K_STATE_NAME);
    a->day = a->act->from ? a->act->from : db_text(rows, 0, K_OPENED_ON);
    return true;
}

static bool held_read(struct db *db, struct acting *a, struct held *held, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_FACILITY_ACT_DAY, DB_ARGS(DB_INT4(a->facility), DB_TEXT(a->day)), a->arena,
                  &rows, p))
        return false;
    ENSURE(db_count(rows) == 1, "a facility with a kind on every day");
    *held = (struct held){ .name = db_text(rows, 0, 0),
                           .type = (enum facility_type)db_int(rows, 0, 1),
                           .ownership = (enum ownership)db_int(rows, 0, 2),
                           .locality = (enum locality)db_int(rows, 0, 3),
                           .open = db_bool(rows, 0, 4),
                           .state = (int32_t)db_int(rows, 0, 5),
                           .block = (int32_t)db_int(rows, 0, 6),
                           .place = db_text(rows, 0, 7),
                           .open_before = db_bool(rows, 0, 8) };
    return true;
}

/* ---- Place. ---------------------------------------------------------------------------------- */
enum { P_LEVEL, P_BLOCK, P_DISTRICT, P_STATE, P_NAME, P_STATE_NAME, P_IN_SCOPE };

static bool place_read(struct db *db, struct acting *a, struct db_rows **rows, struct problem *p) {
    const struct area_key *key = &a->block;
    return db_query(db, Q_FACILITY_ACT_PLACE,
                    DB_ARGS(key->id == BLANK ? DB_NULL : DB_INT4(key->id), DB_TEXT(key->level),
                            key->code == BLANK ? DB_NULL : DB_INT4(key->code), DB_TEXT(a->day)),
                    a->arena, rows, p);
}

static bool notional_make(struct db *db, struct acting *a, int32_t district, struct problem *p) {
    return db_query(db, Q_FACILITY_NOTIONAL_LOCK, DB_ARGS(DB_INT4(district)), a->arena, NULL, p) &&
           db_query(db, Q_FACILITY_NOTIONAL_ADD, DB_ARGS(DB_INT4(district)), a->arena, NULL, p) &&
           db_query(db, Q_FACILITY_NOTIONAL_BEFORE, DB_NO_ARGS, a->arena, NULL, p);
}

/* A facility changes its state only when that is said, by the national role. */
static void state_judge(struct acting *a, const struct db_rows *rows, struct problem *p) {
    int32_t state = a->before.state ? a->before.state : a->state_today;
    if (db_int(rows, 0, P_STATE) == state) return;
    if (!a->act->other_state)
        problem_field(p, a->arena, "block", ERR_FACILITY_STATE,
                      "%s is in %s, the facility in %s; say other_state if that is meant",
                      db_text(rows, 0, P_NAME), db_text(rows, 0, P_STATE_NAME), a->state_name);
    else if (a->scope->level != SCOPE_NATION)
        wrong(a, p, "other_state", ERR_FORBIDDEN, "only the national role moves between states");
}

static bool place_find(struct db *db, struct acting *a, struct problem *p) {
    struct db_rows *rows;
    if (!a->act->block) return true;
    if (!place_read(db, a, &rows, p)) return false;
    if (db_count(rows) == 0 || !db_bool(rows, 0, P_IN_SCOPE))
        return problem_field(p, a->arena, "block", ERR_AREA_UNKNOWN,
                             "there was no such block or district of yours on %s", a->day);
    state_judge(a, rows, p);
    if (p->code) return false;
    if (db_is_null(rows, 0, P_BLOCK) &&
        (!notional_make(db, a, (int32_t)db_int(rows, 0, P_DISTRICT), p) ||
         !place_read(db, a, &rows, p)))
        return false;
    a->block_id = (int32_t)db_int(rows, 0, P_BLOCK);
    return true;
}

/* ---- Writing. -------------------------------------------------------------------------------- */
static struct db_param number_or_null(int value) {
    return value ? DB_INT2(value) : DB_NULL;
}

static bool write_kind(struct db *db, struct acting *a, struct problem *p) {
    if (!a->type && !a->ownership && !a->locality && !a->name) return true;
    return db_query(db, Q_FACILITY_ACT_KIND,
                    DB_ARGS(DB_INT4(a->facility), DB_TEXT(a->name), number_or_null((int)a->type),
                            number_or_null((int)a->ownership), number_or_null((int)a->locality),
                            DB_TEXT(a->from), DB_TEXT(a->act->until)),
                    a->arena, NULL, p);
}

static bool write_open(struct db *db, struct acting *a, bool open, struct problem *p) {
    return db_query(
        db, Q_FACILITY_ACT_STATUS,
        DB_ARGS(DB_INT4(a->facility), DB_BOOL(open), DB_TEXT(a->from), DB_TEXT(a->act->until)),
        a->arena, NULL, p);
}

/* Said to be the first opening: it was not there before, whatever comes. Otherwise a file of an
 * older month may still tell that it was open once. */
static bool write_opening(struct db *db, struct acting *a, struct problem *p) {
    const struct db_param params[] = { DB_INT4(a->facility), DB_TEXT(a->from) };
    return (a->before.open || write_open(db, a, true, p)) &&
           (!a->act->first ||
            db_query(db, Q_FACILITY_ACT_CLOSED_BEFORE, params, COUNT(params), a->arena, NULL, p)) &&
           (!a->act->first ||
            db_query(db, Q_FACILITY_ACT_OPENING, params, COUNT(params), a->arena, NULL, p));
}

static bool write_status(struct db *db, struct acting *a, struct problem *p) {
    bool opens = needs(a, FACILITY_ACT_OPEN), closes = needs(a, FACILITY_ACT_CLOSE);
    if (opens && a->before.open && !a->act->first)
        return problem_field(p, a->arena, "from", ERR_INVALID,
                             "it is open on %s; say first if it was not there before", a->day);
    if (closes && !a->before.open)
        return problem_field(p, a->arena, "from", ERR_INVALID, "it is closed on %s already",
                             a->day);
    if (opens) return write_opening(db, a, p);
    if (closes || a->status) return write_open(db, a, !closes && a->status == 1, p);
    return true;
}

static bool write_place(struct db *db, struct acting *a, struct problem *p) {
    return !a->block_id || db_query(db, Q_FACILITY_ACT_MOVE,
                                    DB_ARGS(DB_INT4(a->facility), DB_INT4(a->block_id),
                                            DB_TEXT(a->from), DB_TEXT(a->act->until)),
                                    a->arena, NULL, p);
}

/* What `hmis check` finds other in older reports has this for its reason. */
static bool write_told(struct db *db, struct acting *a, struct problem *p) {
    if (needs(a, FACILITY_ACT_NIN) || needs(a, FACILITY_ACT_CORRECT)) return true;
    return db_query(
        db, Q_FACILITY_ACT_TOLD,
        DB_ARGS(DB_INT4(a->facility), DB_TEXT(facility_act_name(a->act->kind)), DB_TEXT(a->from)),
        a->arena, NULL, p);
}

static bool write_nin(struct db *db, struct acting *a, struct problem *p) {
    const char *nin = a->act->nin && *a->act->nin ? a->act->nin : NULL;
    struct db_rows *rows;
    if (!needs(a, FACILITY_ACT_NIN)) return true;
    if (nin) {
        if (!db_query(db, Q_FACILITY_NIN_HOLDERS, DB_ARGS(DB_TEXTS(&nin, 1)), a->arena, &rows, p))
            return false;
        if (db_count(rows) > 0 && db_int(rows, 0, 1) != a->facility)
            return problem_field(p, a->arena, "nin", ERR_FACILITY_NIN,
                                 "this NIN belongs to another facility");
    }
    return db_query(db, Q_FACILITY_ACT_NIN, DB_ARGS(DB_INT4(a->facility), DB_TEXT(nin)), a->arena,
                    NULL, p);
}

/* ---- What has changed. ----------------------------------------------------------------------- */
static void change_add(struct acting *a, enum facility_note_kind kind, enum facility_column column,
                       const char *from, const char *to) {
    if (from && to && text_equal(from, to)) return;
    const char *since = needs(a, FACILITY_ACT_NIN) ? NULL : a->act->from;
    a->result->changes[a->result->change_count++] =
        (struct facility_note){ kind,
                                column,
                                from,
                                to,
                                since,
                                arena_printf(a->arena, "%s: from %s to %s%s%s",
                                             facility_column_name(column), from ? from : "none",
                                             to ? to : "none", since ? ", since " : "",
                                             since ? since : "") };
}

static bool changes_tell(struct db *db, struct acting *a, struct problem *p) {
    struct held now;
    const struct held *before = &a->before;
    a->result->changes = arena_array(a->arena, CHANGES_MOST, sizeof *a->result->changes);
    if (!held_read(db, a, &now, p)) return false;
    change_add(a, FACILITY_TURNED, FC_NAME, before->name, now.name);
    change_add(a, FACILITY_TURNED, FC_TYPE, facility_type_code(before->type),
               facility_type_code(now.type));
    change_add(a, FACILITY_TURNED, FC_OWNERSHIP, ownership_name(before->ownership),
               ownership_name(now.ownership));
    change_add(a, FACILITY_TURNED, FC_LOCALITY, locality_name(before->locality),
               locality_name(now.locality));
    change_add(a, FACILITY_TURNED, FC_STATUS, before->open ? "Open" : "Closed",
               now.open ? "Open" : "Closed");
    if (before->block != now.block)
        change_add(a, FACILITY_MOVED, FC_DISTRICT, before->place, now.place);
    if (a->act->first && before->open_before)
        change_add(a, FACILITY_TURNED, FC_STATUS, "Open before", "Closed before");
    const char *nin = a->act->nin && *a->act->nin ? a->act->nin : NULL;
    if (needs(a, FACILITY_ACT_NIN) && (nin || a->nin) &&
        !(nin && a->nin && text_equal(nin, a->nin)))
        change_add(a, FACILITY_TURNED, FC_NIN, a->nin, nin);
    return true;
}

/* ---- Reports that carry another kind or place. ----------------------------------------------- */
static const char *kind_text(struct acting *a, const struct db_rows *rows, int row, int column) {
    return arena_printf(a->arena, "%s, %s, %s, %s",
                        facility_type_code((enum facility_type)db_int(rows, row, column)),
                        ownership_name((enum ownership)db_int(rows, row, column + 1)),
                        locality_name((enum locality)db_int(rows, row, column + 2)),
                        db_text(rows, row, column + 3));
}

static bool reports_tell(struct db *db, struct acting *a, struct problem *p) {
    struct facility_act_result *result = a->result;
    bool stamps = needs(a, FACILITY_ACT_CORRECT);
    struct db_rows *rows;
    if (needs(a, FACILITY_ACT_NIN)) return true;
    if (!db_query(db, Q_FACILITY_ACT_REPORTS,
                  DB_ARGS(DB_INT4(a->facility), DB_TEXT(a->from), DB_TEXT(a->act->until),
                          DB_BOOL(stamps)),
                  a->arena, &rows, p))
        return false;
    result->report_count = (size_t)db_count(rows);
    result->reports = arena_array(a->arena, result->report_count + 1, sizeof *result->reports);
    for (int i = 0; i < db_count(rows); i++) {
        bool fits = db_bool(rows, i, 10);
        result->reports[i] = (struct facility_act_report){
            .period = (int)db_int(rows, i, 0),
            .form = db_text(rows, i, 1),
            .from = kind_text(a, rows, i, 2),
            .to = kind_text(a, rows, i, 6),
            .stamped = stamps,
            .note = fits ? NULL : "the report keeps its form, and the type that the form is for"
        };
        result->totals = db_int(rows, i, 11);
    }
    return true;
}

/* ---- The whole. ------------------------------------------------------------------------------ */
static const char *audit_detail(const struct acting *a) {
    const struct facility_act_result *result = a->result;
    struct json_out out;
    json_out_init(&out);
    out_object(&out, NULL);
    out_string(&out, "reason", a->act->reason);
    out_array(&out, "changes");
    for (size_t i = 0; i < result->change_count; i++)
        out_string(&out, NULL, result->changes[i].text);
    out_array_end(&out);
    if (a->act->until) out_string(&out, "until", a->act->until);
    out_int(&out, "reports", (int64_t)result->report_count);
    out_int(&out, "totals", result->totals);
    out_object_end(&out);
    const char *text = arena_strndup(a->arena, out.buffer.data, out.buffer.length);
    buffer_free(&out.buffer);
    return text;
}

static bool audit(struct db *db, const struct acting *a, struct problem *p) {
    struct audit_entry entry = *a->who;
    entry.action = arena_printf(a->arena, "facility.%s", facility_act_name(a->act->kind));
    entry.object = a->act->code;
    entry.detail = audit_detail(a);
    return audit_write(db, &entry, a->arena, p);
}

static bool act_work(struct db *db, void *arg, struct problem *p) {
    struct acting *a = arg;
    *a->result = (struct facility_act_result){ 0 };
    a->undone = false;
    a->block_id = 0;
    if (!facility_lock(db, a, p) || !held_read(db, a, &a->before, p) || !place_find(db, a, p) ||
        !write_kind(db, a, p) || !write_status(db, a, p) || !write_place(db, a, p) ||
        !write_nin(db, a, p) || !write_told(db, a, p) || !changes_tell(db, a, p) ||
        !reports_tell(db, a, p) || !audit(db, a, p))
        return false;
    a->undone = a->act->dry_run;
    return !a->undone;
}

bool facility_act_run(struct db *db, const struct scope *scope, const struct facility_act *act,
                      const struct audit_entry *who, struct facility_act_result *result,
                      struct arena *arena, struct problem *p) {
    struct acting a = { .act = act,
                        .scope = scope,
                        .who = who,
                        .result = result,
                        .arena = arena,
                        .block = { BLANK, NULL, BLANK } };
    if (!act_read(&a, p)) return false;
    if (db_transaction(db, scope, DB_WRITE, act_work, &a, p)) return true;
    if (a.undone) *p = (struct problem){ 0 };
    return a.undone;
}
