#include "demo_internal.h"
#include "hmis/account.h"

#define ACCOUNTS_MAX   9
#define OPERATORS_MOST 6 /* facilities of the operator with several */

struct making {
    struct demo_result *result;
    const struct roster *roster;
    struct arena *arena;
};

static const char *area_name(const struct making *m, int area) {
    const struct geo_area *a = &m->roster->geography->areas[area];
    return arena_printf(m->arena, "lgd-%s-%d", area_level_name(a->level), a->code);
}

static const char *full_name(const struct making *m, const char *what, int area) {
    return arena_printf(m->arena, "%s, %s", what, m->roster->geography->areas[area].name);
}

static void add(struct making *m, struct demo_account account) {
    m->result->accounts[m->result->account_count++] = account;
}

static const char *code_of(const struct making *m, const struct demo_facility *f) {
    return arena_printf(m->arena, "%d", f->code);
}

/* The first public rural health centre of a district, else its first facility. */
static const struct demo_facility *centre_of(const struct demo_district *district) {
    for (int i = 0; i < district->count; i++)
        if (district->facilities[i].type == FACILITY_PHC &&
            facility_kind(&district->facilities[i]) == PUBLIC_RURAL)
            return &district->facilities[i];
    return &district->facilities[0];
}

/* Sub-centres and health centres in the country, for whoever enters for several. */
static void operator_add(struct making *m, const struct demo_district *district,
                         const struct demo_facility *centre) {
    const char **codes = arena_array(m->arena, OPERATORS_MOST, sizeof *codes);
    size_t count = 0;
    for (int i = district->count; i-- > 0 && count < OPERATORS_MOST;) {
        const struct demo_facility *f = &district->facilities[i];
        if (f != centre && !f->closed_from && facility_kind(f) == PUBLIC_RURAL &&
            (f->type == FACILITY_SC || f->type == FACILITY_PHC))
            codes[count++] = code_of(m, f);
    }
    if (count)
        add(m, (struct demo_account){ "operator.several", "Data entry operator, several facilities",
                                      ROLE_DATA_ENTRY, NULL, codes, count });
}

static void facility_accounts(struct making *m, const struct demo_district *district) {
    const struct demo_facility *centre = centre_of(district);
    const char **code = arena_array(m->arena, 1, sizeof *code);
    code[0] = code_of(m, centre);
    if (centre->block >= 0)
        add(m, (struct demo_account){ "block", full_name(m, "Block officer", centre->block),
                                      ROLE_BLOCK, area_name(m, centre->block), NULL, 0 });
    add(m, (struct demo_account){ "doctor",
                                  arena_printf(m->arena, "Medical officer, %s", centre->name),
                                  ROLE_MEDICAL_OFFICER, NULL, code, 1 });
    add(m, (struct demo_account){ "operator",
                                  arena_printf(m->arena, "Data entry operator, %s", centre->name),
                                  ROLE_DATA_ENTRY, NULL, code, 1 });
    operator_add(m, district, centre);
}

void accounts_make(struct demo_result *result, const struct roster *roster, struct arena *arena) {
    struct making m = { result, roster, arena };
    const struct published *published = roster->published;
    int state = published->state, first = published->district_count / 6;
    int second = published->district_count * 5 / 6;
    result->accounts = arena_array(arena, ACCOUNTS_MAX, sizeof *result->accounts);
    result->account_count = 0;
    add(&m, (struct demo_account){ "national", "National administrator", ROLE_NATIONAL, "nation",
                                   NULL, 0 });
    add(&m, (struct demo_account){ "state", full_name(&m, "State officer", state), ROLE_STATE,
                                   area_name(&m, state), NULL, 0 });
    add(&m, (struct demo_account){
                "district", full_name(&m, "District officer", published->districts[first]),
                ROLE_DISTRICT, area_name(&m, published->districts[first]), NULL, 0 });
    if (second != first)
        add(&m,
            (struct demo_account){
                "district.second", full_name(&m, "District officer", published->districts[second]),
                ROLE_DISTRICT, area_name(&m, published->districts[second]), NULL, 0 });
    facility_accounts(&m, &roster->districts[first]);
    add(&m, (struct demo_account){ "viewer", full_name(&m, "Viewer", state), ROLE_VIEWER,
                                   area_name(&m, state), NULL, 0 });
}

bool demo_accounts(struct db *db, const struct demo_result *result, struct arena *arena,
                   struct problem *p) {
    for (int i = 0; i < result->account_count; i++) {
        const struct demo_account *demo = &result->accounts[i];
        const struct account_new account = { .username = demo->username,
                                             .full_name = demo->full_name,
                                             .password = DEMO_PASSWORD,
                                             .role = demo->role,
                                             .area = demo->area,
                                             .facilities = demo->facilities,
                                             .facility_count = demo->facility_count };
        int64_t id;
        struct problem mine = { 0 };
        if (account_create(db, &account, &id, arena, &mine) || mine.code == ERR_EXISTS) continue;
        *p = mine;
        return false;
    }
    return true;
}
