#include <ctype.h>
#include <string.h>

#include "hmis/area.h"
#include "hmis/facility_master.h"

#define TEXT_POINTS 200 /* longest text of a column */
#define CODE_HIGH   99999999
#define BEDS_MOST   100000
#define NIN_DIGITS  10

static const char *const names[FC__MAX] = {
    [FC_SNO] = "sno",
    [FC_STATE] = "state",
    [FC_ZONE] = "zone",
    [FC_DISTRICT] = "district",
    [FC_DISTRICT_CATEGORY] = "district_category",
    [FC_SUB_DISTRICT] = "sub_district",
    [FC_BLOCK] = "block",
    [FC_HEALTH_BLOCK] = "health_block",
    [FC_SUB_DIVISION] = "sub_division",
    [FC_ULB] = "ulb",
    [FC_TYPE] = "facility_type",
    [FC_CODE] = "facility_code",
    [FC_NAME] = "facility_name",
    [FC_CATEGORY] = "category",
    [FC_BEDS] = "bed_count",
    [FC_NIN] = "nin",
    [FC_LOCALITY] = "rural_urban",
    [FC_OWNERSHIP] = "ownership",
    [FC_PHYSICAL] = "physical_notional",
    [FC_STATUS] = "status",
};

const char *facility_column_name(enum facility_column column) {
    return names[column];
}

enum facility_column facility_column_parse(const char *name) {
    enum facility_column column = FC_SNO;
    while (column < FC__MAX && !area_name_equal(names[column], name))
        column++;
    return column;
}

struct reading {
    const char *const *columns;
    struct facility_master *master;
    struct arena *arena;
    struct problem *p;
};

static void wrong(struct reading *r, enum facility_column column, enum error_code code,
                  const char *what) {
    problem_field(r->p, r->arena, names[column], code, "%s", what);
}

/* One space for each run of blanks and line breaks; NULL when nothing is left. */
static char *text_of(struct reading *r, const char *raw) {
    char *value = arena_strdup(r->arena, raw), *to = value;
    for (const char *at = raw; *at; at++) {
        bool blank = isspace((unsigned char)*at);
        if (!blank) *to++ = *at;
        if (blank && to > value && to[-1] != ' ') *to++ = ' ';
    }
    if (to > value && to[-1] == ' ') to--;
    *to = '\0';
    return to > value ? value : NULL;
}

/* NULL when nothing is left, and when it cannot be taken. */
static const char *text(struct reading *r, enum facility_column column) {
    char *value = r->columns[column] ? text_of(r, r->columns[column]) : NULL;
    if (!value) return NULL;
    if (text_length_utf8(value) > TEXT_POINTS)
        return wrong(r, column, ERR_TOO_LONG, "at most 200 characters"), NULL;
    for (const char *at = value; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return wrong(r, column, ERR_INVALID, "control characters are not taken"), NULL;
    return value;
}

static const char *needed(struct reading *r, enum facility_column column) {
    size_t wrong_before = r->p->field_count;
    const char *value = text(r, column);
    if (!value && r->p->field_count == wrong_before)
        wrong(r, column, ERR_MISSING_FIELD, "this column is needed");
    return value;
}

/* "Guntur(506)": the code; the name alone, without it, in *name. */
static int32_t area(struct reading *r, enum facility_column column, const char **name) {
    *name = text(r, column);
    if (!*name) return BLANK;
    const char *open = strrchr(*name, '(');
    size_t length = strlen(*name);
    if (!open || (*name)[length - 1] != ')') return BLANK;
    int64_t code;
    const char *digits = arena_strndup(r->arena, open + 1, length - (size_t)(open - *name) - 2);
    if (!text_to_int(digits, 1, CODE_HIGH, &code)) return BLANK;
    while (open > *name && open[-1] == ' ')
        open--;
    *name = arena_strndup(r->arena, *name, (size_t)(open - *name));
    return (int32_t)code;
}

static void areas_read(struct reading *r) {
    struct facility_master *m = r->master;
    const char *unused;
    m->state_code = area(r, FC_STATE, &m->state_name);
    m->district_code = area(r, FC_DISTRICT, &m->district_name);
    m->subdistrict_code = area(r, FC_SUB_DISTRICT, &unused);
    m->block_code = area(r, FC_BLOCK, &m->block_name);
    if (!m->state_name && m->state_code == BLANK)
        wrong(r, FC_STATE, ERR_MISSING_FIELD, "the state is needed, as Name(LGD code)");
    else if (m->state_code != BLANK && m->district_code == BLANK && !m->district_name)
        wrong(r, FC_DISTRICT, ERR_MISSING_FIELD, "the district is needed, as Name(LGD code)");
}

static bool code_good(const char *code) {
    size_t length = strspn(code, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return length <= 20 && code[length] == '\0';
}

static void kinds_read(struct reading *r) {
    struct facility_master *m = r->master;
    const char *type = needed(r, FC_TYPE), *ownership = needed(r, FC_OWNERSHIP);
    const char *locality = needed(r, FC_LOCALITY);
    m->type = type ? facility_type_parse(type) : FACILITY_TYPE_NONE;
    m->ownership = ownership ? ownership_parse(ownership) : OWNERSHIP_NONE;
    m->locality = locality ? locality_parse(locality) : LOCALITY_NONE;
    if (type && !m->type) wrong(r, FC_TYPE, ERR_VALUE_NOT_CODE, "this facility type is not known");
    if (ownership && !m->ownership)
        wrong(r, FC_OWNERSHIP, ERR_VALUE_NOT_CODE, "ownership is Public or Private");
    if (locality && !m->locality) wrong(r, FC_LOCALITY, ERR_VALUE_NOT_CODE, "Rural or Urban");
}

/* One of two words, the first when blank; true for the second. */
static bool second(struct reading *r, enum facility_column column, const char *first,
                   const char *other) {
    const char *value = text(r, column);
    if (!value || area_name_equal(value, first)) return false;
    if (area_name_equal(value, other)) return true;
    wrong(r, column, ERR_VALUE_NOT_CODE, arena_printf(r->arena, "%s or %s", first, other));
    return false;
}

static void beds_read(struct reading *r) {
    const char *beds = text(r, FC_BEDS);
    int64_t value = BLANK;
    if (beds && !text_to_int(beds, 0, BEDS_MOST, &value))
        wrong(r, FC_BEDS, ERR_VALUE_NOT_WHOLE, "the number of beds is a whole number");
    r->master->beds = (int32_t)value;
}

/* What spreadsheets and people leave around the digits: '2234567890, 2234567890.0, 22 3456 7890. */
static const char *nin_digits(struct reading *r, const char *raw) {
    char *nin = arena_strdup(r->arena, raw), *to = nin;
    for (const char *at = raw; *at; at++)
        if (*at != ' ' && *at != '\'' && *at != '-') *to++ = *at;
    *to = '\0';
    size_t zeros = strlen(nin);
    while (zeros && nin[zeros - 1] == '0')
        zeros--;
    if (zeros == NIN_DIGITS + 1 && nin[NIN_DIGITS] == '.') nin[NIN_DIGITS] = '\0';
    return facility_nin_good(nin) ? nin : raw;
}

static const char *nin_read(struct reading *r) {
    const char *nin = text(r, FC_NIN);
    if (nin) nin = nin_digits(r, nin);
    if (!nin || facility_nin_good(nin)) return nin;
    wrong(r, FC_NIN, ERR_FACILITY_NIN, "a NIN has 10 digits");
    return NULL;
}

bool facility_nin_good(const char *nin) {
    return strlen(nin) == NIN_DIGITS && strspn(nin, "0123456789") == NIN_DIGITS;
}

bool facility_master_read(const char *const columns[FC__MAX], struct facility_master *master,
                          struct arena *arena, struct problem *p) {
    struct reading r = { columns, master, arena, p };
    *master = (struct facility_master){ .code = needed(&r, FC_CODE), .name = needed(&r, FC_NAME) };
    bool good = master->code && code_good(master->code);
    if (master->code && !good)
        wrong(&r, FC_CODE, ERR_INVALID, "a code has at most 20 letters, digits and hyphens");
    areas_read(&r);
    kinds_read(&r);
    beds_read(&r);
    master->nin = nin_read(&r);
    master->zone = text(&r, FC_ZONE);
    master->district_category = text(&r, FC_DISTRICT_CATEGORY);
    master->health_block = text(&r, FC_HEALTH_BLOCK);
    master->sub_division = text(&r, FC_SUB_DIVISION);
    master->ulb = text(&r, FC_ULB);
    master->categories = text(&r, FC_CATEGORY);
    master->notional = second(&r, FC_PHYSICAL, "Physical", "Notional");
    master->closed = second(&r, FC_STATUS, "Open", "Closed");
    return good;
}
