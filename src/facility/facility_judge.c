#include <string.h>

#include "facility_put.h"

/* ---- Notes. ---------------------------------------------------------------------------------- */
void facility_note_add(struct facility_case *c, enum facility_note_kind kind,
                       enum facility_column column, const char *from, const char *to,
                       const char *text) {
    if (c->result->note_count == FACILITY_NOTES_MOST) return;
    bool dated = kind == FACILITY_TURNED || kind == FACILITY_MOVED;
    c->notes[c->result->note_count++] =
        (struct facility_note){ kind, column, from, to, dated ? c->first : NULL, text };
    c->result->notes = c->notes;
}

static void assume(struct facility_case *c, enum facility_column column, const char *to,
                   const char *text) {
    facility_note_add(c, FACILITY_ASSUMED, column, NULL, to, text);
}

static void not_taken(struct facility_case *c, enum facility_column column, const char *from,
                      const char *to, const char *text) {
    facility_note_add(c, FACILITY_NOT_TAKEN, column, from, to, text);
}

/* act: the day within the month on which an act changed it; NULL: none. */
static void turned(struct facility_case *c, enum facility_column column, const char *act,
                   const char *from, const char *to) {
    if (act)
        return assume(c, column, from,
                      arena_printf(c->arena,
                                   "%s: the register was told %s from %s on; the file's %s is "
                                   "taken for the days before",
                                   facility_column_name(column), from, act, to));
    facility_note_add(c, FACILITY_TURNED, column, from, to,
                      arena_printf(c->arena, "%s: from %s to %s, since %s",
                                   facility_column_name(column), from, to, c->first));
}

static void refuse(struct facility_case *c, enum error_code error, enum facility_column column) {
    c->result->change = FACILITY_REFUSED;
    c->result->error = error;
    c->result->column = column;
    /* What is refused of a known facility: its figures may be kept. */
    c->result->id = c->standing->id;
}

/* The code may be another facility's: nothing of the row may be kept. */
static void ask(struct facility_case *c, enum facility_column column, const char *question) {
    refuse(c, ERR_FACILITY_CONTRADICTS, column);
    c->result->id = 0;
    c->result->question = question;
}

/* ---- Code against name, district, state, NIN. ------------------------------------------------ */
/* Unlike every name it has had. */
static bool name_unlike(const struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    if (!c->master->name || !s->names) return false;
    char *rest = arena_strdup(c->arena, s->names), *name;
    static const char separators[] = { FACILITY_NAMES_SEPARATOR, '\0' };
    while ((name = strsep(&rest, separators)))
        if (!facility_names_differ(name, c->master->name)) return false;
    return true;
}

static bool district_unlike(const struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    const struct facility_home *home = c->home;
    if (!home->district || !s->district || home->district == s->district) return false;
    for (size_t i = 0; i < home->several_count; i++)
        if (home->several[i] == s->district) return false;
    return true;
}

static const char *register_says(const struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    return arena_printf(c->arena, "The register has %s as '%s' (%s) in %s", c->master->code,
                        s->name ? s->name : "", facility_type_code(s->type),
                        s->place ? s->place : s->state_name);
}

/* A code beside a name that is another's: "Guntur(502)". Of a name nobody bears the code decides,
 * but for a block, whose codes are easily mixed up. */
static bool area_at_odds(struct facility_case *c, enum facility_column column, int32_t code,
                         const char *said, const char *is) {
    ask(c, column,
        arena_printf(c->arena, "The row says %s '%s', and its code %d is that of %s. Which is it?",
                     facility_column_name(column), said, code, is));
    return false;
}

/* The places of the row against each other; false: asked. */
static bool row_fits_itself(struct facility_case *c) {
    const struct facility_master *m = c->master;
    const struct facility_home *home = c->home;
    if (home->other_state)
        return area_at_odds(c, FC_STATE, m->state_code, home->other_state, home->state_name);
    if (home->other_district)
        return area_at_odds(c, FC_DISTRICT, m->district_code, home->other_district,
                            home->named_name);
    bool coded = home->block && m->block_code != BLANK && m->block_name;
    if (coded && (home->other_block || facility_names_differ(m->block_name, home->block_name)))
        return area_at_odds(c, FC_BLOCK, m->block_code, m->block_name, home->block_name);
    if (!home->block_lies) return true;
    ask(c, FC_BLOCK,
        arena_printf(c->arena,
                     "The row says district %s, and its block's code %d is that of %s, which never "
                     "lay there. Which is it?",
                     home->named_name, m->block_code, home->block_lies));
    return false;
}

static bool state_fits(struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    int32_t state = s->state ? s->state : s->state_today;
    if (!c->home->state || c->home->state == state) return true;
    if (s->told_place && c->home->state == s->report.state) return true; /* it was reported there */
    ask(c, FC_STATE,
        arena_printf(c->arena,
                     "%s; the row says %s. Is the code wrong? If the facility now belongs to the "
                     "other state, move it by an act of its own first",
                     register_says(c), c->home->state_name));
    return false;
}

static bool nin_fits(struct facility_case *c) {
    const struct facility_master *m = c->master;
    bool known = c->standing->id != 0;
    if (!m->nin || !c->nin_holder || c->nin_holder == c->standing->id || m->settled) return true;
    ask(c, FC_NIN,
        known ? arena_printf(c->arena,
                             "%s; the NIN %s of the row is another facility's. Is the code?",
                             register_says(c), m->nin)
              : arena_printf(c->arena,
                             "%s is no facility yet; the NIN %s of the row is another's. Is the "
                             "code wrong?",
                             m->code, m->nin));
    c->result->by_code = true;
    return false;
}

static bool name_fits(struct facility_case *c) {
    const struct facility_master *m = c->master;
    const struct facility_standing *s = c->standing;
    const struct facility_home *home = c->home;
    bool other_nin = m->nin && s->nin && !text_equal(m->nin, s->nin);
    if (!name_unlike(c) && !c->namesake) return true;
    bool alone = !district_unlike(c) && !other_nin;
    if (alone && m->settled) return true;
    const char *namesake =
        c->namesake ? arena_printf(c->arena, ", the name of %s", c->namesake) : "";
    const char *where = home->district_name ? home->district_name : "no known district";
    const char *then = alone && !c->holds ? " Or has it a new name?"
                       : c->holds         ? ""
                                          : " If it is this one, rename it or move it first";
    ask(c, FC_NAME,
        arena_printf(c->arena, "%s; the row says '%s' in %s%s. Is the code another facility's?%s",
                     register_says(c), m->name, where, namesake, then));
    c->result->renamed = alone && !c->holds;
    return false;
}

/* Where the register is not changed, another district cannot be a move. The district of today is
 * what files of old months that are made today say. */
static bool district_fits(struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    const struct facility_home *home = c->home;
    if (!c->holds || !district_unlike(c) || home->district == s->district_today ||
        home->named == s->district_today)
        return true;
    ask(c, FC_DISTRICT,
        arena_printf(c->arena, "%s; the row says %s. Is the code another facility's?",
                     register_says(c), home->district_name));
    return false;
}

/* False: asked. */
static bool fits_together(struct facility_case *c) {
    if (!c->standing->id) return row_fits_itself(c) && nin_fits(c);
    bool fits =
        state_fits(c) && row_fits_itself(c) && nin_fits(c) && name_fits(c) && district_fits(c);
    c->result->by_code = !fits;
    return fits;
}

/* ---- Place. ---------------------------------------------------------------------------------- */
/* "Anakapalli began on 2022-04-04; before, it lay in Visakhapatnam". */
static void place_assumed(struct facility_case *c) {
    const struct facility_home *home = c->home;
    const struct facility_master *m = c->master;
    if (home->block && home->district != home->named)
        assume(
            c, FC_DISTRICT, home->district_name,
            arena_printf(c->arena,
                         "the row says %s, but its block %s lay in %s in this month: placed there",
                         home->named_name, home->block_name, home->district_name));
    else if (home->district != home->named)
        assume(
            c, FC_DISTRICT, home->district_name,
            arena_printf(c->arena,
                         "district %s began on %s and was part of %s in this month: placed there",
                         home->named_name, home->begun, home->district_name));
    else if (!home->block && m->block_name && !c->standing->id)
        assume(c, FC_BLOCK, NULL,
               arena_printf(c->arena, "%s has no block '%s': placed directly under the district",
                            home->named_name, m->block_name));
}

static const char *several(const struct facility_case *c) {
    const struct facility_home *home = c->home;
    return arena_printf(c->arena,
                        "district %s began on %s; in this month it was part of %s: name the block",
                        home->named_name, home->begun, home->several_names);
}

/* A known facility in one of the districts in question lies there. */
static bool known_in_one(const struct facility_case *c) {
    for (size_t i = 0; i < c->home->several_count; i++)
        if (c->home->several[i] == c->standing->district) return true;
    return false;
}

/* As kind_repeats, of the place. */
static bool place_repeats(const struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    const struct facility_home *home = c->home;
    if (!s->told_place || !s->report.type) return false;
    return home->block ? home->block == s->report.block : home->district == s->report.district;
}

/* Where a row's place cannot be taken: a known facility keeps its own, a new one is refused. */
static void place_judge(struct facility_case *c) {
    const struct facility_home *home = c->home;
    bool known = c->standing->id != 0;
    enum facility_column column = home->state ? FC_DISTRICT : FC_STATE;
    if (home->several && known_in_one(c))
        assume(c, FC_DISTRICT, c->standing->place,
               arena_printf(c->arena, "%s; it stays in %s", several(c), c->standing->place));
    else if (home->several && known)
        not_taken(c, FC_DISTRICT, NULL, home->named_name, several(c));
    else if (home->several) {
        refuse(c, ERR_AREA_SEVERAL, FC_DISTRICT);
        c->result->question = several(c);
    } else if (!home->state || !home->district) {
        if (!known) return refuse(c, ERR_AREA_UNKNOWN, column);
        not_taken(c, column, NULL, NULL,
                  home->state
                      ? "the district is not known in that state: the facility stays where it is"
                      : "the state is not known: the facility stays where it is");
    } else if (!home->in_scope) {
        if (!known) return refuse(c, ERR_AREA_UNKNOWN, FC_DISTRICT);
        not_taken(c, FC_DISTRICT, NULL, home->district_name,
                  "the district is not yours: the facility stays where it is");
    } else if (!place_repeats(c)) {
        c->saying.place = true;
        place_assumed(c);
    }
}

/* ---- Kind, status, NIN. ---------------------------------------------------------------------- */
static void kind_new(struct facility_case *c) {
    struct facility_saying *says = &c->saying;
    if (!says->type) return refuse(c, ERR_MISSING_FIELD, FC_TYPE);
    if (!says->name) {
        says->name =
            arena_printf(c->arena, "%s %s", facility_type_code(says->type), c->master->code);
        assume(c, FC_NAME, says->name, "no name is given: type and code stand for it");
    }
    if (!says->ownership) {
        says->ownership = PUBLIC;
        assume(c, FC_OWNERSHIP, ownership_name(PUBLIC), "ownership is not said: taken as public");
    }
    if (!says->locality) {
        says->locality = RURAL;
        assume(c, FC_LOCALITY, locality_name(RURAL), "rural or urban is not said: taken as rural");
    }
}

/* An act changed the register and left the report of the month as it was: a row that says what the
 * report says (our own extract of the month does) only repeats it. */
static void kind_repeats(struct facility_case *c) {
    struct facility_saying *says = &c->saying;
    const struct facility_standing *s = c->standing;
    if (s->told_type && says->type == s->report.type) says->type = s->type;
    if (s->told_ownership && says->ownership == s->report.ownership) says->ownership = s->ownership;
    if (s->told_locality && says->locality == s->report.locality) says->locality = s->locality;
}

static void kind_known(struct facility_case *c) {
    struct facility_saying *says = &c->saying;
    const struct facility_standing *s = c->standing;
    kind_repeats(c);
    if (!says->name) says->name = s->name;
    if (!says->type) says->type = s->type;
    if (!says->ownership) says->ownership = s->ownership;
    if (!says->locality) says->locality = s->locality;
    if (!text_equal(says->name, s->name)) turned(c, FC_NAME, s->kind_act, s->name, says->name);
    if (says->type != s->type)
        turned(c, FC_TYPE, s->kind_act, facility_type_code(s->type),
               facility_type_code(says->type));
    if (says->ownership != s->ownership)
        turned(c, FC_OWNERSHIP, s->kind_act, ownership_name(s->ownership),
               ownership_name(says->ownership));
    if (says->locality != s->locality)
        turned(c, FC_LOCALITY, s->kind_act, locality_name(s->locality),
               locality_name(says->locality));
}

/* That it reported in spite of being closed is known. */
static bool status_repeats(const struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    if (!s->report.type || s->open) return false;
    return c->saying.state == 2 || (c->saying.state == 0 && s->told_status);
}

static void status_known(struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    bool before = s->opening && strcmp(s->opening, c->first) > 0;
    if (status_repeats(c)) {
        c->saying.status = false;
    } else if (before && s->opening_told) {
        c->saying.status = false;
        not_taken(c, FC_STATUS, NULL, NULL,
                  arena_printf(c->arena, "the register was told that it opened on %s", s->opening));
    } else if (before) {
        assume(c, FC_STATUS, c->first,
               arena_printf(c->arena, "it had opened by %s, earlier than %s as was assumed",
                            c->first, s->opening));
    } else if (c->saying.state == 2 && s->open_next && !s->next_said) {
        facility_note_add(
            c, FACILITY_TURNED, FC_STATUS, "Open", "Closed",
            arena_printf(c->arena, "closed since %s; it has figures of this month", c->next));
        c->notes[c->result->note_count - 1].since = c->next;
    } else if (c->saying.state != 2 && (c->saying.state == 0) != s->open) {
        turned(c, FC_STATUS, s->status_act, s->open ? "Open" : "Closed",
               s->open ? "Closed" : "Open");
    }
}

static void nin_judge(struct facility_case *c) {
    const char *nin = c->master->nin;
    const struct facility_standing *s = c->standing;
    if (!nin) return;
    if (!facility_nin_good(nin))
        not_taken(c, FC_NIN, s->nin, nin, "a NIN has 10 digits");
    else if (s->id && s->nin && !text_equal(s->nin, nin))
        not_taken(
            c, FC_NIN, s->nin, nin,
            arena_printf(c->arena, "the facility has the NIN %s; change it by an act", s->nin));
    else if (c->nin_holder && c->nin_holder != s->id)
        not_taken(c, FC_NIN, s->nin, nin, "this NIN belongs to another facility");
    else
        c->saying.nin = nin;
}

/* ---- The whole. ------------------------------------------------------------------------------ */
static void moved_note(struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    const struct facility_home *home = c->home;
    bool elsewhere = home->block ? home->block != s->block : home->district != s->district;
    if (!c->saying.place || !s->block || !elsewhere) return;
    const char *to = arena_printf(c->arena, "%s, %s",
                                  home->block ? home->block_name : "directly under the district",
                                  home->district_name);
    facility_note_add(
        c, FACILITY_MOVED, FC_DISTRICT, s->place, to,
        arena_printf(c->arena, "moved from %s to %s, since %s", s->place, to, c->first));
}

/* The report of the month keeps kind and place, whatever is learnt of them. */
static void stays_note(struct facility_case *c) {
    const struct facility_saying *says = &c->saying;
    const struct facility_standing *s = c->standing;
    int32_t block = c->home->block;
    bool same = says->type == s->report.type && says->ownership == s->report.ownership &&
                says->locality == s->report.locality;
    bool here = !c->saying.place || !block || block == s->report.block;
    bool changed = c->result->note_count > 0;
    if (!s->report.type || (same && here) || !changed) return;
    const char *kind = arena_printf(
        c->arena, "%s, %s, %s in %s", facility_type_code(s->report.type),
        ownership_name(s->report.ownership), locality_name(s->report.locality), s->report.place);
    assume(c, FC_CODE, kind,
           arena_printf(
               c->arena,
               "the report of the month stays as it was sent: %s; `hmis check --rebuild` or a "
               "correction of the register brings it to what is known now",
               kind));
}

static void made_note(struct facility_case *c) {
    const struct facility_saying *says = &c->saying;
    const struct facility_home *home = c->home;
    const char *kind =
        arena_printf(c->arena, "%s (%s, %s, %s)", says->name, facility_type_code(says->type),
                     ownership_name(says->ownership), locality_name(says->locality));
    facility_note_add(c, FACILITY_MADE, FC_CODE, NULL, kind,
                      arena_printf(c->arena, "made: %s in %s", kind,
                                   home->block ? home->block_name : home->district_name));
    if (says->state != 1)
        assume(c, FC_STATUS, c->first,
               arena_printf(c->arena, "opened by %s: the file does not say when", c->first));
}

void facility_judge(struct facility_case *c) {
    const struct facility_master *m = c->master;
    const struct facility_standing *s = c->standing;
    *c->result = (struct facility_put_result){ .change = FACILITY_SAME, .id = s->id };
    c->saying = (struct facility_saying){ .name = m->name,
                                          .type = m->type,
                                          .ownership = m->ownership,
                                          .locality = m->locality,
                                          .status = true,
                                          .state = (int16_t)(m->closed ? 1 + m->worked : 0) };
    if (s->id && !s->mine) {
        refuse(c, ERR_FACILITY_UNKNOWN, FC_CODE);
        c->result->id = 0;
        return;
    }
    if (!fits_together(c)) return;
    if (s->id)
        kind_known(c);
    else
        kind_new(c);
    if (c->result->change != FACILITY_REFUSED) place_judge(c);
    if (c->result->change == FACILITY_REFUSED) return;
    if (s->id) {
        status_known(c);
        moved_note(c);
        stays_note(c);
    } else {
        made_note(c);
    }
    nin_judge(c);
}

void facility_judge_held(struct facility_case *c) {
    const struct facility_standing *s = c->standing;
    *c->result = (struct facility_put_result){ .change = FACILITY_SAME, .id = s->id };
    if (s->id && s->mine) (void)fits_together(c);
}
