/* The parts of a workbook beside its sheets. */
#include "xlsx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { PART = 260, SMALL_PART = 16 * 1024 * 1024, RELATIONS = 512, FORMATS = 2000 };

struct relation {
    char id[64], target[PART];
    bool worksheet;
};
struct parts {
    struct tabular *tabular;
    struct xlsx *xlsx;
    struct xml *xml;
    struct relation relations[RELATIONS];
    int relation_count;
    char folder[PART]; /* of the part whose relations are read: "xl" */
    char workbook[PART], strings[PART], styles[PART];
    struct {
        int id;
        enum sheet_shown shown;
    } formats[FORMATS];
    int format_count;
    bool in_styles;  /* within cellXfs */
    int sheets_left; /* that had no room */
};

/* ---- Relations: which part is which. ------------------------------------------------------------
 */

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* A target is a path from the folder of its owner, or from the root. */
static void resolve(const char *folder, const char *target, char out[PART]) {
    if (*target == '/')
        snprintf(out, PART, "%s", target + 1);
    else if (strncmp(target, "../", 3) == 0 || *folder == '\0')
        snprintf(out, PART, "%s", *folder == '\0' ? target : target + 3);
    else
        snprintf(out, PART, "%.*s/%.*s", PART / 2 - 1, folder, PART / 2 - 1, target);
}

static void on_relation(void *arg, const char *name, const struct xml_attributes *attributes) {
    struct parts *parts = arg;
    char type[PART], target[PART], path[PART];
    if (strcmp(name, "Relationship") != 0 || parts->relation_count == RELATIONS) return;
    struct relation *relation = &parts->relations[parts->relation_count];
    xml_attribute(attributes, "Type", type, sizeof type);
    xml_attribute(attributes, "Target", target, sizeof target);
    if (!xml_attribute(attributes, "Id", relation->id, sizeof relation->id)) return;
    resolve(parts->folder, target, path);
    memcpy(relation->target, path, sizeof path);
    relation->worksheet = ends_with(type, "/worksheet");
    parts->relation_count++;
    if (ends_with(type, "/officeDocument")) memcpy(parts->workbook, path, sizeof path);
    if (ends_with(type, "/sharedStrings")) memcpy(parts->strings, path, sizeof path);
    if (ends_with(type, "/styles")) memcpy(parts->styles, path, sizeof path);
}

static const struct relation *find_relation(const struct parts *parts, const char *id) {
    for (int i = 0; i < parts->relation_count; i++)
        if (strcmp(parts->relations[i].id, id) == 0) return &parts->relations[i];
    return NULL;
}

/* ---- Workbook. ----------------------------------------------------------------------------------
 */

static void on_sheet(struct parts *parts, const struct xml_attributes *attributes) {
    char name[256], id[64], state[32];
    xml_attribute(attributes, "name", name, sizeof name);
    xml_attribute(attributes, "state", state, sizeof state);
    if (!xml_attribute(attributes, "id", id, sizeof id)) return;
    const struct relation *relation = find_relation(parts, id);
    if (relation == NULL || !relation->worksheet) return; /* a sheet that is a chart */
    zip_int64_t entry = zip_name_locate(parts->xlsx->zip, relation->target, ZIP_FL_NOCASE);
    if (entry < 0) return;
    int at = parts->tabular->about.sheet_count;
    if (tabular_sheet(parts->tabular, name, *state != '\0' && strcmp(state, "visible") != 0))
        parts->xlsx->entries[at] = entry;
    else
        parts->sheets_left++;
}

static void on_workbook(void *arg, const char *name, const struct xml_attributes *attributes) {
    struct parts *parts = arg;
    char value[16];
    if (strcmp(name, "sheet") == 0) on_sheet(parts, attributes);
    if (strcmp(name, "workbookPr") == 0 &&
        xml_attribute(attributes, "date1904", value, sizeof value))
        parts->xlsx->from_1904 = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
}

/* ---- Styles. ------------------------------------------------------------------------------------
 */

static int number_of(const struct xml_attributes *attributes, const char *name) {
    char value[16];
    int64_t number;
    return xml_attribute(attributes, name, value, sizeof value) &&
                   text_to_int(value, 0, INT32_MAX, &number)
               ? (int)number
               : 0;
}

static enum sheet_shown shown_by(const struct parts *parts, int id) {
    for (int i = 0; i < parts->format_count; i++)
        if (parts->formats[i].id == id) return parts->formats[i].shown;
    return sheet_shown_by_id(id);
}

static void on_style(void *arg, const char *name, const struct xml_attributes *attributes) {
    struct parts *parts = arg;
    char code[256];
    if (strcmp(name, "cellXfs") == 0) parts->in_styles = true;
    if (strcmp(name, "xf") == 0 && parts->in_styles)
        sheet_styles_add(&parts->xlsx->styles, shown_by(parts, number_of(attributes, "numFmtId")));
    if (strcmp(name, "numFmt") != 0 || parts->format_count == FORMATS) return;
    xml_attribute(attributes, "formatCode", code, sizeof code);
    parts->formats[parts->format_count].id = number_of(attributes, "numFmtId");
    parts->formats[parts->format_count++].shown = sheet_shown_by_code(code);
}

static void on_style_end(void *arg, const char *name) {
    struct parts *parts = arg;
    if (strcmp(name, "cellXfs") == 0) parts->in_styles = false;
}

/* ---- All. ---------------------------------------------------------------------------------------
 */

static const struct xml_events relation_events = { .start = on_relation };
static const struct xml_events workbook_events = { .start = on_workbook };
static const struct xml_events style_events = { .start = on_style, .end = on_style_end };

/* Reads the part if it is there; *there NULL: it must be. */
static bool read_part(struct parts *parts, const char *path, const struct xml_events *events,
                      bool *there, struct problem *p) {
    zip_int64_t entry = zip_name_locate(parts->xlsx->zip, path, ZIP_FL_NOCASE);
    if (there != NULL) *there = entry >= 0;
    if (entry < 0)
        return there != NULL ||
               problem_set(p, ERR_FILE_FORMAT, "The workbook is damaged: it has no part %s", path);
    struct bytes *bytes = bytes_zip(parts->xlsx->zip, entry, &parts->tabular->options);
    bool good = xml_read(bytes, events, parts, &parts->xml, SMALL_PART, path, p);
    bytes_free(bytes);
    return good;
}

static bool read_strings(struct parts *parts, struct problem *p) {
    struct strings_feed feed = { .strings = &parts->xlsx->strings,
                                 .options = &parts->tabular->options };
    zip_int64_t entry = *parts->strings != '\0'
                            ? zip_name_locate(parts->xlsx->zip, parts->strings, ZIP_FL_NOCASE)
                            : -1;
    if (entry < 0) return true;
    struct bytes *bytes = bytes_zip(parts->xlsx->zip, entry, &parts->tabular->options);
    bool good = xml_read(bytes, &xlsx_strings_events, &feed, &feed.xml,
                         parts->tabular->options.unpacked_most, parts->strings, p);
    bytes_free(bytes);
    buffer_free(&feed.text);
    return good;
}

static bool read_relations_of(struct parts *parts, const char *path, struct problem *p) {
    char relations[2 * PART + 16];
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash - path) : 0;
    bool there;
    snprintf(parts->folder, sizeof parts->folder, "%.*s", folder, path);
    snprintf(relations, sizeof relations, "%s%s_rels/%s.rels", parts->folder, folder > 0 ? "/" : "",
             slash != NULL ? slash + 1 : path);
    return read_part(parts, relations, &relation_events, &there, p);
}

static bool read_all(struct parts *parts, struct problem *p) {
    bool there;
    snprintf(parts->workbook, sizeof parts->workbook, "xl/workbook.xml");
    if (!read_relations_of(parts, "", p)) return false;
    parts->relation_count = 0;
    if (!read_relations_of(parts, parts->workbook, p) ||
        !read_part(parts, parts->workbook, &workbook_events, NULL, p) || !read_strings(parts, p) ||
        (*parts->styles != '\0' && !read_part(parts, parts->styles, &style_events, &there, p)))
        return false;
    if (parts->sheets_left > 0)
        tabular_note(parts->tabular, "sheets_left", "%d more sheets were not looked at",
                     parts->sheets_left);
    return parts->tabular->about.sheet_count > 0 ||
           problem_set(p, ERR_FILE_FORMAT, "The workbook has no sheet of cells");
}

bool xlsx_read_parts(struct tabular *tabular, struct xlsx *xlsx, struct problem *p) {
    struct parts *parts = xcalloc(1, sizeof *parts);
    parts->tabular = tabular;
    parts->xlsx = xlsx;
    bool good = read_all(parts, p);
    free(parts);
    return good;
}
