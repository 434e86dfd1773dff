#include <strings.h>

#include "hmis/facility.h"

static const struct {
    const char *code, *title;
} types[FACILITY_TYPE__MAX] = {
    [FACILITY_TYPE_NONE] = { "", "" },
    [FACILITY_SC] = { "SC", "Sub Centre" },
    [FACILITY_PHC] = { "PHC", "Primary Health Centre" },
    [FACILITY_CHC] = { "CHC", "Community Health Centre" },
    [FACILITY_SDH] = { "SDH", "Sub Divisional Hospital" },
    [FACILITY_DH] = { "DH", "District Hospital" },
    [FACILITY_DHQ] = { "DHQ", "District Headquarters" },
};

/* Other words the ministry's and the states' files have for the same kinds. */
static const struct {
    const char *word;
    enum facility_type type;
} type_words[] = {
    { "Sub-Centre", FACILITY_SC },
    { "SubCentre", FACILITY_SC },
    { "Sub Center", FACILITY_SC },
    { "Health Sub Centre", FACILITY_SC },
    { "HSC", FACILITY_SC },
    { "SHC", FACILITY_SC },
    { "HWC-SC", FACILITY_SC },
    { "HWC-SHC", FACILITY_SC },
    { "Sub Health Centre", FACILITY_SC },
    { "Ayushman Arogya Mandir - Sub Health Centre", FACILITY_SC },
    { "Primary Health Center", FACILITY_PHC },
    { "UPHC", FACILITY_PHC },
    { "HWC-PHC", FACILITY_PHC },
    { "HWC-UPHC", FACILITY_PHC },
    { "Urban Primary Health Centre", FACILITY_PHC },
    { "Ayushman Arogya Mandir - Primary Health Centre", FACILITY_PHC },
    { "Community Health Center", FACILITY_CHC },
    { "UCHC", FACILITY_CHC },
    { "Urban Community Health Centre", FACILITY_CHC },
    { "Sub-Divisional Hospital", FACILITY_SDH },
    { "Sub District Hospital", FACILITY_SDH },
    { "Sub-District Hospital", FACILITY_SDH },
    { "Subdivisional Hospital", FACILITY_SDH },
    { "Area Hospital", FACILITY_SDH },
    { "District Head Quarters", FACILITY_DHQ },
    { "District Headquarter", FACILITY_DHQ },
    { "District HQ", FACILITY_DHQ },
};
static const char *const ownerships[OWNERSHIP__MAX] = {
    [OWNERSHIP_NONE] = "",
    [PUBLIC] = "Public",
    [PRIVATE] = "Private",
};
static const char *const localities[LOCALITY__MAX] = {
    [LOCALITY_NONE] = "",
    [RURAL] = "Rural",
    [URBAN] = "Urban",
};

const char *facility_type_code(enum facility_type type) {
    return types[type].code;
}

const char *facility_type_title(enum facility_type type) {
    return types[type].title;
}

enum facility_type facility_type_parse(const char *text) {
    for (int type = FACILITY_SC; type < FACILITY_TYPE__MAX; type++)
        if (strcasecmp(text, types[type].code) == 0 || strcasecmp(text, types[type].title) == 0)
            return (enum facility_type)type;
    for (size_t i = 0; i < COUNT(type_words); i++)
        if (strcasecmp(text, type_words[i].word) == 0) return type_words[i].type;
    return FACILITY_TYPE_NONE;
}

static int word_parse(const char *text, const char *const *words, int count) {
    for (int i = 1; i < count; i++)
        if (strcasecmp(text, words[i]) == 0) return i;
    return 0;
}

const char *ownership_name(enum ownership ownership) {
    return ownerships[ownership];
}

enum ownership ownership_parse(const char *text) {
    return (enum ownership)word_parse(text, ownerships, OWNERSHIP__MAX);
}

const char *locality_name(enum locality locality) {
    return localities[locality];
}

enum locality locality_parse(const char *text) {
    return (enum locality)word_parse(text, localities, LOCALITY__MAX);
}
