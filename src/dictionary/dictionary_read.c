/* Reads the files of a dictionary: docs/dictionary.md describes them, and every refusal here names
 * the file, line and column, and what to do. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dictionary_build.h"
#include "hmis/facility.h"
#include "hmis/period.h"

#define FILE_MAX    (4 * MIB)
#define COLUMNS_MAX 12
#define ERRORS_MAX  20 /* told at once; the rest shows at the next try */
#define TEXT_MAX    4000

struct row {
    int line;
    const char *cells[COLUMNS_MAX];
};
struct table {
    const char *file;
    const char *const *columns;
    int column_count;
    struct row *rows;
    int count;
};
struct reader {
    const char *directory;
    struct arena *arena;
    struct problem *problem;
    int errors;
    struct dictionary *dictionary;
    struct section *sections;
    struct form *forms;
};
/* A cell that is being read: what an error names. */
struct cell {
    struct reader *reader;
    const struct table *table;
    const struct row *row;
    int column;
};

static PRINTF(4, 5) void file_error(struct reader *reader, const char *file, int line,
                                    const char *format, ...) {
    if (reader->errors++ >= ERRORS_MAX) return;
    va_list args;
    va_start(args, format);
    const char *detail = arena_vprintf(reader->arena, format, args);
    va_end(args);
    const char *where = line == 0 ? file : arena_printf(reader->arena, "%s line %d", file, line);
    if (reader->errors == 1) problem_set(reader->problem, ERR_FILE_FORMAT, "%s: %s", where, detail);
    problem_field(reader->problem, reader->arena, where, ERR_FILE_FORMAT, "%s", detail);
}

static PRINTF(2, 3) void cell_error(const struct cell *cell, const char *format, ...) {
    struct arena *arena = cell->reader->arena;
    va_list args;
    va_start(args, format);
    const char *detail = arena_vprintf(arena, format, args);
    va_end(args);
    file_error(cell->reader, cell->table->file, cell->row->line, "column %d (%s): %s",
               cell->column + 1, cell->table->columns[cell->column], detail);
}

static struct cell cell_at(struct reader *reader, const struct table *table, int row, int column) {
    return (struct cell){ reader, table, &table->rows[row], column };
}

static const char *cell_text(const struct cell *cell) {
    return cell->row->cells[cell->column];
}

/* ---- Files to rows. ----------------------------------------------------------------------- */
/* The file as one NUL-ended text; NULL with an error when it cannot be read. */
static char *read_text(struct reader *reader, const char *file) {
    const char *path = arena_printf(reader->arena, "%s/%s", reader->directory, file);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        file_error(reader, file, 0,
                   "cannot be opened: %s; docs/dictionary.md lists the files needed",
                   strerror(errno));
        return NULL;
    }
    struct stat state = { 0 };
    bool failed = fstat(fileno(stream), &state) != 0 || !S_ISREG(state.st_mode);
    size_t size = failed || state.st_size > FILE_MAX ? 0 : (size_t)state.st_size;
    char *text = arena_alloc(reader->arena, size + 1);
    size_t length = fread(text, 1, size, stream);
    failed = failed || ferror(stream) != 0;
    fclose(stream);
    if (failed || state.st_size > FILE_MAX) {
        file_error(reader, file, 0, failed ? "cannot be read" : "is larger than 4 MiB");
        return NULL;
    }
    text[length] = '\0';
    if (!text_is_utf8(text, length)) {
        file_error(reader, file, 0, "is not valid UTF-8; save it as UTF-8 without a NUL");
        return NULL;
    }
    return strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text;
}

/* Cuts a line at its tabs; returns how many cells there are (the first COLUMNS_MAX are kept). */
static int split_line(char *line, const char **cells) {
    int count = 0;
    for (char *at = line; at != NULL; count++) {
        char *tab = strchr(at, '\t');
        if (tab != NULL) *tab++ = '\0';
        if (count < COLUMNS_MAX) cells[count] = at;
        at = tab;
    }
    return count;
}

static bool check_header(struct reader *reader, const struct table *table, const struct row *row,
                         int count) {
    bool same = count == table->column_count;
    for (int i = 0; same && i < count; i++)
        same = strcmp(row->cells[i], table->columns[i]) == 0;
    if (same) return true;
    struct buffer names = { 0 };
    for (int i = 0; i < table->column_count; i++)
        buffer_printf(&names, "%s%s", i == 0 ? "" : ", ", table->columns[i]);
    file_error(reader, table->file, row->line,
               "the first line must name the columns, separated by tabs: %.*s", (int)names.length,
               names.data);
    buffer_free(&names);
    return false;
}

static void check_cells(struct reader *reader, const struct table *table, const struct row *row) {
    for (int i = 0; i < table->column_count; i++) {
        struct cell cell = { reader, table, row, i };
        size_t length = strlen(row->cells[i]);
        if (length > TEXT_MAX)
            cell_error(&cell, "the text is longer than %d bytes; shorten it", TEXT_MAX);
        if (length > 0 && (row->cells[i][0] == ' ' || row->cells[i][length - 1] == ' '))
            cell_error(&cell, "the text begins or ends with a blank; take it away");
    }
}

static void take_line(struct reader *reader, struct table *table, char *text, int line,
                      bool *header) {
    struct row row = { .line = line };
    int count = split_line(text, row.cells);
    if (!*header) {
        *header = check_header(reader, table, &row, count);
        return;
    }
    if (count != table->column_count) {
        file_error(reader, table->file, line,
                   "has %d columns instead of %d; columns are "
                   "separated by one tab each",
                   count, table->column_count);
        return;
    }
    check_cells(reader, table, &row);
    table->rows[table->count++] = row;
}

/* Comments (#) and empty lines are skipped. False: the table cannot be used at all. */
static bool read_table(struct reader *reader, struct table *table) {
    char *text = read_text(reader, table->file);
    if (text == NULL) return false;
    size_t lines = 1;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    table->rows = arena_array(reader->arena, lines, sizeof(struct row));
    int before = reader->errors, line = 0;
    bool header = false;
    for (char *at = text, *next; at != NULL; at = next) {
        next = strchr(at, '\n');
        if (next != NULL) *next++ = '\0';
        at[strcspn(at, "\r")] = '\0';
        line++;
        if (*at != '\0' && *at != '#') take_line(reader, table, at, line, &header);
        if (!header && reader->errors > before) return false;
    }
    if (!header)
        file_error(reader, table->file, 0, "is empty; its first line must name the columns");
    return reader->errors == before;
}

/* ---- Cells to values. --------------------------------------------------------------------- */
static int take_int(const struct cell *cell, int low, int high) {
    int64_t value = low;
    if (!text_to_int(cell_text(cell), low, high, &value))
        cell_error(cell, "\"%s\" is not a whole number from %d to %d", cell_text(cell), low, high);
    return (int)value;
}

static int take_int_or(const struct cell *cell, int blank, int low, int high) {
    return cell_text(cell)[0] == '\0' ? blank : take_int(cell, low, high);
}

static const char *take_text(const struct cell *cell) {
    if (cell_text(cell)[0] == '\0') cell_error(cell, "is empty; give the text");
    return cell_text(cell);
}

/* Codes and numbers stand in addresses and files: letters, figures and `more`, 1..20 of them. */
static const char *take_code(const struct cell *cell, const char *more) {
    const char *text = cell_text(cell);
    size_t length = strlen(text);
    bool good = length >= 1 && length <= 20;
    for (size_t i = 0; good && i < length; i++)
        good = isalnum((unsigned char)text[i]) || strchr(more, text[i]) != NULL;
    if (!good)
        cell_error(cell, "\"%s\" is not a code: 1 to 20 letters, figures or \"%s\"", text, more);
    return text;
}

static int take_word(const struct cell *cell, int parsed, const char *choices) {
    if (parsed < 0) cell_error(cell, "\"%s\" is not one of %s", cell_text(cell), choices);
    return parsed < 0 ? 0 : parsed;
}

static int take_month_or_zero(const struct cell *cell, bool needed) {
    int period = 0;
    if (!needed && cell_text(cell)[0] == '\0') return 0;
    if (!period_parse(cell_text(cell), &period))
        cell_error(cell, "\"%s\" is not a month; write it as 2017-04", cell_text(cell));
    return period;
}

static const struct section *take_section(const struct cell *cell) {
    const struct dictionary *d = cell->reader->dictionary;
    for (int i = 0; i < d->section_count; i++)
        if (text_equal(d->sections[i].code, cell_text(cell))) return &d->sections[i];
    cell_error(cell, "there is no section \"%s\" in sections.tsv; add it there or correct it",
               cell_text(cell));
    return &d->sections[0];
}

/* ---- dictionary.tsv, sections.tsv, items.tsv. --------------------------------------------- */
static void read_version(struct reader *reader) {
    static const char *const columns[] = { "code", "title", "valid_from", "valid_to" };
    struct table table = { "dictionary.tsv", columns, COUNT(columns), NULL, 0 };
    struct dictionary *d = reader->dictionary;
    if (!read_table(reader, &table)) return;
    if (table.count != 1) {
        file_error(reader, table.file, 0, "has %d rows; it needs exactly one", table.count);
        return;
    }
    struct cell code = cell_at(reader, &table, 0, 0), title = cell_at(reader, &table, 0, 1);
    struct cell from = cell_at(reader, &table, 0, 2), to = cell_at(reader, &table, 0, 3);
    d->code = take_code(&code, "-");
    d->title = take_text(&title);
    d->valid_from = take_month_or_zero(&from, true);
    d->valid_to = take_month_or_zero(&to, false);
    if (d->valid_to != 0 && d->valid_to < d->valid_from)
        cell_error(&to, "ends before it begins; leave it empty if the end is open");
}

static void read_sections(struct reader *reader) {
    static const char *const columns[] = { "id", "code", "name", "total_only" };
    struct table table = { "sections.tsv", columns, COUNT(columns), NULL, 0 };
    if (!read_table(reader, &table)) return;
    if (table.count == 0) file_error(reader, table.file, 0, "has no section; give at least one");
    reader->sections = arena_array(reader->arena, (size_t)table.count + 1, sizeof(struct section));
    for (int i = 0; i < table.count; i++) {
        struct section *section = &reader->sections[i];
        struct cell id = cell_at(reader, &table, i, 0), code = cell_at(reader, &table, i, 1);
        struct cell name = cell_at(reader, &table, i, 2), total = cell_at(reader, &table, i, 3);
        section->id = take_int(&id, 1, INT16_MAX);
        section->code = take_code(&code, "-.");
        section->name = take_text(&name);
        section->total_only = text_equal(cell_text(&total), "yes");
        if (!section->total_only && !text_equal(cell_text(&total), "no"))
            cell_error(&total, "\"%s\" is neither yes nor no", cell_text(&total));
        if (i > 0 && section->id <= section[-1].id)
            cell_error(&id, "%d does not come after %d; ids give the order of sections",
                       section->id, section[-1].id);
        for (int j = 0; j < i; j++)
            if (text_equal(reader->sections[j].code, section->code))
                cell_error(&code, "section %s stands here twice", section->code);
    }
    reader->dictionary->sections = reader->sections;
    reader->dictionary->section_count = table.count;
}

enum item_column {
    ITEM_SLOT,
    ITEM_NUMBER,
    ITEM_COMPONENT,
    ITEM_SECTION,
    ITEM_NAME,
    ITEM_COMPONENT_NAME,
    ITEM_TYPE,
    ITEM_SCALE,
    ITEM_AGGREGATION,
    ITEM_LOW,
    ITEM_HIGH,
    ITEM__MAX
};

static void check_item(const struct item *item, const struct cell *scale, const struct cell *high,
                       const struct cell *component_name) {
    bool decimals = item->type == DATA_PERCENTAGE || item->type == DATA_DECIMAL;
    if (item->scale != 0 && !decimals)
        cell_error(scale, "only percentages and decimals have decimal places; write 0");
    if (item->high < item->low) cell_error(high, "is smaller than low");
    if ((item->component != 0) != (item->component_name[0] != '\0'))
        cell_error(component_name, "stands with a component, and only with one");
}

static void read_item(struct reader *reader, const struct table *table, int row,
                      struct item *item) {
    struct cell cells[ITEM__MAX];
    for (int column = 0; column < ITEM__MAX; column++)
        cells[column] = cell_at(reader, table, row, column);
    item->slot = take_int(&cells[ITEM_SLOT], 0, CELLS_MAX - 1);
    item->number = take_code(&cells[ITEM_NUMBER], ".");
    item->component = take_int_or(&cells[ITEM_COMPONENT], 0, 1, 9);
    item->section = take_section(&cells[ITEM_SECTION]);
    item->name = take_text(&cells[ITEM_NAME]);
    item->component_name = cell_text(&cells[ITEM_COMPONENT_NAME]);
    item->type =
        (enum data_type)take_word(&cells[ITEM_TYPE], data_type_parse(cell_text(&cells[ITEM_TYPE])),
                                  "count, adequacy, date, percentage, decimal");
    item->scale = take_int(&cells[ITEM_SCALE], 0, 4);
    item->aggregation = (enum aggregation)take_word(
        &cells[ITEM_AGGREGATION], aggregation_parse(cell_text(&cells[ITEM_AGGREGATION])),
        "sum, first, last, average, none");
    item->low = take_int_or(&cells[ITEM_LOW], NO_LOW, NO_LOW, INT32_MAX);
    item->high = take_int_or(&cells[ITEM_HIGH], NO_HIGH, NO_LOW, INT32_MAX);
    item->key = dictionary_key(reader->arena, item->number, item->component);
    check_item(item, &cells[ITEM_SCALE], &cells[ITEM_HIGH], &cells[ITEM_COMPONENT_NAME]);
}

/* Slots and keys must differ. */
static void check_items_differ(struct reader *reader, const struct table *table) {
    int line_of_slot[CELLS_MAX] = { 0 };
    for (int i = 0; i < table->count; i++) {
        struct cell slot = cell_at(reader, table, i, ITEM_SLOT);
        int64_t value;
        if (!text_to_int(cell_text(&slot), 0, CELLS_MAX - 1, &value)) continue;
        if (line_of_slot[value] != 0)
            cell_error(&slot, "slot %d is taken by line %d; give the item a free one", (int)value,
                       line_of_slot[value]);
        line_of_slot[value] = slot.row->line;
    }
    const struct dictionary *d = reader->dictionary;
    for (int i = 1; i < d->item_count; i++)
        if (text_equal(d->by_key[i - 1]->key, d->by_key[i]->key))
            file_error(reader, table->file, 0, "item %s stands in it twice (slots %d and %d)",
                       d->by_key[i]->key, d->by_key[i - 1]->slot, d->by_key[i]->slot);
}

static void read_items(struct reader *reader) {
    static const char *const columns[] = {
        [ITEM_SLOT] = "slot",
        [ITEM_NUMBER] = "number",
        [ITEM_COMPONENT] = "component",
        [ITEM_SECTION] = "section",
        [ITEM_NAME] = "name",
        [ITEM_COMPONENT_NAME] = "component_name",
        [ITEM_TYPE] = "data_type",
        [ITEM_SCALE] = "scale",
        [ITEM_AGGREGATION] = "aggregation",
        [ITEM_LOW] = "low",
        [ITEM_HIGH] = "high",
    };
    struct table table = { "items.tsv", columns, COUNT(columns), NULL, 0 };
    if (!read_table(reader, &table)) return;
    if (table.count == 0 || table.count > CELLS_MAX) {
        file_error(reader, table.file, 0, "has %d items; it may have 1 to %d", table.count,
                   CELLS_MAX);
        return;
    }
    struct item *items = arena_array(reader->arena, (size_t)table.count, sizeof(struct item));
    for (int i = 0; i < table.count; i++)
        read_item(reader, &table, i, &items[i]);
    dictionary_index_items(reader->dictionary, items, table.count, reader->arena);
    check_items_differ(reader, &table);
}

/* ---- forms.tsv, form_items.tsv.
 * ------------------------------------------------------------------ */
static uint32_t take_facility_types(const struct cell *cell) {
    uint32_t types = 0;
    char *copy = arena_strdup(cell->reader->arena, cell_text(cell)), *rest = copy;
    for (char *word; (word = strsep(&rest, ",")) != NULL;) {
        enum facility_type type = facility_type_parse(word);
        if (type == FACILITY_TYPE_NONE || !text_equal(facility_type_code(type), word))
            cell_error(cell,
                       "\"%s\" is not a type of facility: SC, PHC, CHC, SDH, DH or DHQ, "
                       "separated by commas",
                       word);
        types |= 1u << type;
    }
    return types;
}

static void read_forms(struct reader *reader) {
    static const char *const columns[] = { "code", "title", "facility_types" };
    struct table table = { "forms.tsv", columns, COUNT(columns), NULL, 0 };
    if (!read_table(reader, &table)) return;
    if (table.count == 0) file_error(reader, table.file, 0, "has no form; give at least one");
    reader->forms = arena_array(reader->arena, (size_t)table.count + 1, sizeof(struct form));
    for (int i = 0; i < table.count; i++) {
        struct form *form = &reader->forms[i];
        struct cell code = cell_at(reader, &table, i, 0), title = cell_at(reader, &table, i, 1);
        struct cell types = cell_at(reader, &table, i, 2);
        form->id = i + 1;
        form->dictionary = reader->dictionary;
        form->code = take_code(&code, "-");
        form->title = take_text(&title);
        form->facility_types = take_facility_types(&types);
        for (int j = 0; j < i; j++) {
            if (text_equal(reader->forms[j].code, form->code))
                cell_error(&code, "form %s stands here twice", form->code);
        }
    }
    reader->dictionary->forms = reader->forms;
    reader->dictionary->form_count = table.count;
}

static struct form *take_form(const struct cell *cell) {
    struct reader *reader = cell->reader;
    for (int i = 0; i < reader->dictionary->form_count; i++)
        if (text_equal(reader->forms[i].code, cell_text(cell))) return &reader->forms[i];
    cell_error(cell, "there is no form \"%s\" in forms.tsv; add it there or correct it",
               cell_text(cell));
    return NULL;
}

static void read_form_item(struct reader *reader, const struct table *table, int row,
                           int last_position[]) {
    struct cell form_cell = cell_at(reader, table, row, 0), slot = cell_at(reader, table, row, 1);
    struct cell position = cell_at(reader, table, row, 2), number = cell_at(reader, table, row, 3);
    struct form *form = take_form(&form_cell);
    if (form == NULL) return;
    const struct item *item = NULL;
    int value = take_int(&slot, 0, CELLS_MAX - 1), place = take_int(&position, 1, INT16_MAX);
    if (value < reader->dictionary->width) item = reader->dictionary->by_slot[value];
    if (item == NULL) {
        cell_error(&slot, "no item of items.tsv has slot %d", value);
        return;
    }
    if (place <= last_position[form->id])
        cell_error(&position, "%d does not come after %d; rows of a form stand in its order", place,
                   last_position[form->id]);
    last_position[form->id] = place;
    struct form_item *form_item = (struct form_item *)&form->items[form->item_count++];
    form_item->item = item;
    form_item->position = place;
    form_item->number = take_code(&number, ".");
    form_item->key = dictionary_key(reader->arena, form_item->number, item->component);
}

/* After all rows: an item and a number stand once on a form. */
static void check_form(struct reader *reader, const char *file, struct form *form) {
    bool seen[CELLS_MAX] = { false };
    if (form->item_count == 0)
        file_error(reader, file, 0, "has no item for form %s; give at least one", form->code);
    for (int i = 0; i < form->item_count; i++) {
        if (seen[form->items[i].item->slot])
            file_error(reader, file, 0, "form %s has slot %d twice", form->code,
                       form->items[i].item->slot);
        seen[form->items[i].item->slot] = true;
    }
    dictionary_index_form(form, reader->arena);
    for (int i = 1; i < form->item_count; i++)
        if (text_equal(form->by_key[i - 1]->key, form->by_key[i]->key))
            file_error(reader, file, 0, "form %s has the number %s twice (slots %d and %d)",
                       form->code, form->by_key[i]->key, form->by_key[i - 1]->item->slot,
                       form->by_key[i]->item->slot);
}

static void read_form_items(struct reader *reader) {
    static const char *const columns[] = { "form", "slot", "position", "number" };
    struct table table = { "form_items.tsv", columns, COUNT(columns), NULL, 0 };
    int forms = reader->dictionary->form_count;
    if (!read_table(reader, &table)) return;
    for (int i = 0; i < forms; i++)
        reader->forms[i].items =
            arena_array(reader->arena, (size_t)table.count + 1, sizeof(struct form_item));
    int *last_position = arena_array(reader->arena, (size_t)forms + 1, sizeof(int));
    for (int i = 0; i < table.count; i++)
        read_form_item(reader, &table, i, last_position);
    for (int i = 0; i < forms; i++)
        check_form(reader, table.file, &reader->forms[i]);
}

/* ---- rules.tsv.
 * ------------------------------------------------------------------------------------ */
enum rule_column {
    RULE_FORM,
    RULE_ORDINAL,
    RULE_CODE,
    RULE_CLASS,
    RULE_OPERATOR,
    RULE_LEFT,
    RULE_RIGHT,
    RULE_TEXT
};

/* "2.1.1.a + 2.2": numbers of the form, each once. */
static int16_t *take_side(const struct cell *cell, const struct form *form, int *count) {
    struct arena *arena = cell->reader->arena;
    char *rest = arena_strdup(arena, cell_text(cell));
    int16_t *slots = arena_array(arena, strlen(rest) + 1, sizeof(int16_t));
    *count = 0;
    while (rest != NULL) {
        char *key = rest, *plus = strstr(rest, " + ");
        rest = plus == NULL ? NULL : plus + 3;
        if (plus != NULL) *plus = '\0';
        const struct form_item *found = form_find(form, key);
        if (found == NULL) {
            cell_error(cell,
                       "form %s has no item \"%s\"; write numbers of the form, joined by \" + \"",
                       form->code, key);
            return slots;
        }
        if (found->item->type != DATA_COUNT && found->item->type != DATA_DECIMAL)
            cell_error(cell, "item %s is no figure that can be added", key);
        for (int i = 0; i < *count; i++)
            if (slots[i] == found->item->slot)
                cell_error(cell, "item %s stands twice on this side", key);
        slots[(*count)++] = (int16_t)found->item->slot;
    }
    return slots;
}

static void read_rule(struct reader *reader, const struct table *table, int row) {
    struct cell form_cell = cell_at(reader, table, row, RULE_FORM);
    struct cell ordinal = cell_at(reader, table, row, RULE_ORDINAL);
    struct cell code = cell_at(reader, table, row, RULE_CODE);
    struct cell class = cell_at(reader, table, row, RULE_CLASS);
    struct cell operator= cell_at(reader, table, row, RULE_OPERATOR);
    struct cell left = cell_at(reader, table, row, RULE_LEFT);
    struct cell right = cell_at(reader, table, row, RULE_RIGHT);
    struct cell text = cell_at(reader, table, row, RULE_TEXT);
    struct form *form = take_form(&form_cell);
    if (form == NULL) return;
    struct rule *rule = (struct rule *)&form->rules[form->rule_count];
    rule->ordinal = take_int(&ordinal, 0, RULES_MAX - 1);
    if (rule->ordinal < form->rule_width)
        cell_error(&ordinal, "%d does not come after %d; ordinals rise within a form",
                   rule->ordinal, form->rule_width - 1);
    rule->code = take_code(&code, "-.");
    for (int i = 0; i < form->rule_count; i++)
        if (text_equal(form->rules[i].code, rule->code))
            cell_error(&code, "rule %s stands on form %s twice", rule->code, form->code);
    rule->class =
        (enum rule_class)take_word(&class, rule_class_parse(cell_text(&class)), "A, B, C");
    rule->operator=(enum rule_operator)
        take_word(&operator, rule_operator_parse(cell_text(&operator)), "<=, >=, =");
    rule->left = take_side(&left, form, &rule->left_count);
    rule->right = take_side(&right, form, &rule->right_count);
    rule->text = take_text(&text);
    form->rule_count++;
    form->rule_width = rule->ordinal + 1;
}

static void read_rules(struct reader *reader) {
    static const char *const columns[] = {
        [RULE_FORM] = "form",   [RULE_ORDINAL] = "ordinal",   [RULE_CODE] = "code",
        [RULE_CLASS] = "class", [RULE_OPERATOR] = "operator", [RULE_LEFT] = "left",
        [RULE_RIGHT] = "right", [RULE_TEXT] = "text",
    };
    struct table table = { "rules.tsv", columns, COUNT(columns), NULL, 0 };
    if (!read_table(reader, &table)) return;
    for (int i = 0; i < reader->dictionary->form_count; i++)
        reader->forms[i].rules =
            arena_array(reader->arena, (size_t)table.count + 1, sizeof(struct rule));
    for (int i = 0; i < table.count; i++)
        read_rule(reader, &table, i);
}

/* ---- texts.<language>.tsv.
 * ---------------------------------------------------------------------------- */
struct texts {
    struct text *list;
    int count, capacity;
};

static void add_text(struct reader *reader, struct texts *texts, const struct text *text) {
    if (texts->count == texts->capacity) {
        texts->capacity = texts->capacity == 0 ? 256 : texts->capacity * 2;
        struct text *list = arena_array(reader->arena, (size_t)texts->capacity, sizeof(*list));
        if (texts->count > 0) memcpy(list, texts->list, (size_t)texts->count * sizeof(*list));
        texts->list = list;
    }
    texts->list[texts->count++] = *text;
}

/* What a text is about, by its natural key; the texts that it stands for are added. An item's
 * number names all its components. Returns how many there are. */
static int add_item_texts(struct reader *reader, struct texts *texts, struct text text,
                          const char *key) {
    const struct dictionary *d = reader->dictionary;
    int added = 0;
    for (int i = 0; i < d->item_count; i++) {
        if (!text_equal(d->items[i].number, key) && !text_equal(d->items[i].key, key)) continue;
        text.ref = d->items[i].slot;
        add_text(reader, texts, &text);
        added++;
    }
    return added;
}

/* "SC/HSC-01" */
static int rule_ref(const struct reader *reader, const char *key) {
    const struct dictionary *d = reader->dictionary;
    const char *slash = strchr(key, '/');
    for (int i = 0; slash != NULL && i < d->form_count; i++) {
        const struct form *form = &d->forms[i];
        size_t length = (size_t)(slash - key);
        if (strlen(form->code) != length || strncmp(form->code, key, length) != 0) continue;
        for (int j = 0; j < form->rule_count; j++)
            if (text_equal(form->rules[j].code, slash + 1))
                return form->id * 1000 + form->rules[j].ordinal;
    }
    return -1;
}

static int text_ref(const struct reader *reader, enum text_kind kind, const char *key) {
    const struct dictionary *d = reader->dictionary;
    int64_t component;
    if (kind == TEXT_RULE) return rule_ref(reader, key);
    if (kind == TEXT_COMPONENT) return text_to_int(key, 1, 9, &component) ? (int)component : -1;
    for (int i = 0; kind == TEXT_SECTION && i < d->section_count; i++)
        if (text_equal(d->sections[i].code, key)) return d->sections[i].id;
    for (int i = 0; kind == TEXT_FORM && i < d->form_count; i++)
        if (text_equal(d->forms[i].code, key)) return d->forms[i].id;
    return -1;
}

static void read_text_row(struct reader *reader, const struct table *table, int row,
                          const char *language, struct texts *texts) {
    struct cell kind = cell_at(reader, table, row, 0), ref = cell_at(reader, table, row, 1);
    struct cell words = cell_at(reader, table, row, 2);
    int parsed = text_kind_parse(cell_text(&kind));
    struct text text = { .language = language, .text = take_text(&words) };
    if (parsed < 0) {
        cell_error(&kind, "\"%s\" is not one of section, item, form, rule, component",
                   cell_text(&kind));
        return;
    }
    text.kind = (enum text_kind)parsed;
    int added = 1;
    if (text.kind == TEXT_ITEM)
        added = add_item_texts(reader, texts, text, cell_text(&ref));
    else if ((text.ref = text_ref(reader, text.kind, cell_text(&ref))) >= 0)
        add_text(reader, texts, &text);
    if (added == 0 || text.ref < 0)
        cell_error(&ref, "there is no %s \"%s\" in this dictionary (rules are named form/code)",
                   cell_text(&kind), cell_text(&ref));
}

static void read_text_file(struct reader *reader, const char *file, const char *language,
                           struct texts *texts) {
    static const char *const columns[] = { "kind", "ref", "text" };
    struct table table = { file, columns, COUNT(columns), NULL, 0 };
    if (text_equal(language, "en"))
        file_error(reader, file, 0, "English stands in the other files; take this one away");
    if (!read_table(reader, &table)) return;
    for (int i = 0; i < table.count; i++)
        read_text_row(reader, &table, i, language, texts);
}

/* "hi" of "texts.hi.tsv"; NULL: another file. */
static const char *language_of(struct reader *reader, const char *file) {
    size_t length = strlen(file);
    if (!text_starts(file, "texts.") || length < 12 || strcmp(file + length - 4, ".tsv") != 0)
        return NULL;
    return arena_strndup(reader->arena, file + 6, length - 10);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void read_texts(struct reader *reader) {
    const char *files[32];
    int count = 0;
    struct texts texts = { 0 };
    DIR *directory = opendir(reader->directory);
    if (directory == NULL) return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (language_of(reader, entry->d_name) != NULL && count < (int)COUNT(files))
            files[count++] = arena_strdup(reader->arena, entry->d_name);
    closedir(directory);
    qsort(files, (size_t)count, sizeof(*files), compare_names);
    for (int i = 0; i < count; i++)
        read_text_file(reader, files[i], language_of(reader, files[i]), &texts);
    dictionary_sort_texts(texts.list, texts.count);
    for (int i = 1; i < texts.count; i++) {
        const struct text *a = &texts.list[i - 1], *b = &texts.list[i];
        if (a->kind == b->kind && a->ref == b->ref && text_equal(a->language, b->language))
            file_error(reader, arena_printf(reader->arena, "texts.%s.tsv", a->language), 0,
                       "has two texts for the same %s: \"%s\" and \"%s\"", text_kind_name(a->kind),
                       a->text, b->text);
    }
    reader->dictionary->texts = texts.list;
    reader->dictionary->text_count = texts.count;
}

const struct dictionary *dictionary_read(const char *directory, struct arena *arena,
                                         struct problem *p) {
    struct reader reader = { .directory = directory, .arena = arena, .problem = p };
    /* A later file is read only when what it refers to is right: one mistake, one message. */
    static void (*const steps[])(struct reader *) = { read_version, read_sections,   read_items,
                                                      read_forms,   read_form_items, read_rules,
                                                      read_texts };
    reader.dictionary = arena_alloc(arena, sizeof(struct dictionary));
    for (size_t i = 0; i < COUNT(steps) && reader.errors == 0; i++)
        steps[i](&reader);
    if (reader.errors > ERRORS_MAX)
        problem_field(p, arena, directory, ERR_FILE_FORMAT, "and %d more",
                      reader.errors - ERRORS_MAX);
    return reader.errors == 0 ? reader.dictionary : NULL;
}
