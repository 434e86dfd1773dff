/* The header: which row it is, what its columns are. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "import_internal.h"

const char *const long_column_names[L__MAX] = {
    [L_FACILITY] = "facility_code", [L_MONTH] = "month", [L_ITEM] = "item",      [L_REF] = "ref_no",
    [L_COMPONENT] = "component",    [L_VALUE] = "value", [L_NAME] = "item_name",
};
static const char *const spellings[L__MAX][4] = {
    [L_FACILITY] = { "facilitycode", "facility", "hmiscode" },
    [L_MONTH] = { "month", "period", "reportingmonth" },
    [L_ITEM] = { "item", "itemno", "itemnumber" },
    [L_REF] = { "refno" },
    [L_COMPONENT] = { "component" },
    [L_VALUE] = { "value", "figure" },
    [L_NAME] = { "itemname", "dataitem", "name", "description" },
};

const struct tabular_cell *import_at(const struct tabular_row *row, int column) {
    static const struct tabular_cell nothing = { .text = "", .kind = TABULAR_BLANK };
    return column >= 0 && column < row->count && column < IMPORT_COLUMNS ? &row->cells[column]
                                                                         : &nothing;
}

/* Letters and digits, in lower case; what stands in brackets explains. */
static void plain_head(const char *text, char out[64]) {
    size_t length = 0;
    for (; *text != '\0' && *text != '(' && length < 63; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
            out[length++] = c;
    }
    out[length] = '\0';
}

const char *import_item_words(const char *text, char number[32]) {
    size_t length = strcspn(text, " ");
    if (text[0] == '\'') {
        text++;
        length--;
    }
    import_copy(number, length < 31 ? length + 1 : 32, text);
    for (size_t at = strlen(number); at > 0 && strchr(".:-)", number[at - 1]) != NULL; at--)
        number[at - 1] = '\0';
    text += length;
    while (*text != '\0' && strchr(" -:.", *text) != NULL)
        text++;
    return text;
}

/* Numbers with letters in them ("F16.1.2.a") also as a spreadsheet capitalises them. */
const struct form_item *import_item_find(const struct form *form, const char *number) {
    const struct form_item *item = form_find(form, number);
    size_t length = strlen(number);
    if (item != NULL || strpbrk(number, "0123456789") == NULL ||
        strspn(number, "0123456789./") == length)
        return item;
    for (int i = 0; i < form->item_count; i++)
        if (strcasecmp(form->items[i].key, number) == 0) return &form->items[i];
    return NULL;
}

/* A number in digits is meant for an item, whether there is one or not; any other is one by being
 * known. */
static bool names_item(const struct import *import, const char *head) {
    const struct dictionary_set *set = import->set;
    char number[32];
    import_item_words(head, number);
    if (number[0] >= '0' && number[0] <= '9') return true;
    for (int i = 0; set != NULL && i < set->count; i++) {
        const struct dictionary *dictionary = set->dictionaries[i];
        if (dictionary_find(dictionary, number) != NULL) return true;
        for (int j = 0; j < dictionary->form_count; j++)
            if (import_item_find(&dictionary->forms[j], number) != NULL) return true;
    }
    return false;
}

const struct form_item *import_item_longer(const struct form *form, const char *number) {
    const char *dot = strchr(number, '.');
    size_t length = strlen(number);
    char longer[32];
    if (dot == NULL || strspn(number, "0123456789.") != length || length > 16) return NULL;
    if (strchr(dot + 1, '.') != NULL || dot[1] == '\0' || number[length - 1] == '0') return NULL;
    snprintf(longer, sizeof longer, "%s0", number);
    return form_find(form, longer);
}

/* ---- Columns.
 * ------------------------------------------------------------------------------------------------
 */
static bool name_columns(struct import *import, const struct tabular_row *row,
                         struct import_header *header) {
    int columns = row->count < IMPORT_COLUMNS ? row->count : IMPORT_COLUMNS;
    char tidy[300];
    header->line = row->line;
    header->full = row->count;
    header->names = arena_array(import->arena, (size_t)columns + 1, sizeof(char *));
    header->is_item = arena_array(import->arena, (size_t)columns + 1, sizeof(bool));
    for (int i = 0; i < columns; i++) {
        const struct tabular_cell *cell = &row->cells[i];
        size_t length =
            tabular_tidy(cell->text, cell->length < 299 ? (size_t)cell->length : 299, tidy);
        header->names[i] = arena_strndup(import->arena, tidy, length);
        if (length > 0) header->columns = i + 1;
        header->is_item[i] = names_item(import, tidy);
    }
    return header->columns > 0;
}

static bool set_column(int *where, int column, const char *name, char why[200]) {
    if (*where >= 0) {
        snprintf(why, 200, "The header names %s twice", name);
        return false;
    }
    *where = column;
    return true;
}

static bool extract_columns(struct import_header *header, char why[200]) {
    for (int i = 0; i < FC__MAX; i++)
        header->facility[i] = -1;
    for (int column = 0; column < header->columns; column++) {
        char plain[64];
        plain_head(header->names[column], plain);
        enum facility_column known = facility_column_parse(plain);
        if (*plain != '\0' && known != FC__MAX &&
            !set_column(&header->facility[known], column, facility_column_name(known), why))
            return false;
    }
    if (header->facility[FC_CODE] >= 0 && header->facility[FC_TYPE] >= 0) return true;
    snprintf(why, 200, "The header must name %s and %s; docs/import.md names the columns",
             facility_column_name(FC_CODE), facility_column_name(FC_TYPE));
    return false;
}

static enum long_column long_column_of(const char *name) {
    char plain[64];
    plain_head(name, plain);
    for (int i = 0; i < L__MAX; i++)
        for (int j = 0; j < 4 && spellings[i][j] != NULL; j++)
            if (text_equal(plain, spellings[i][j])) return i;
    return L__MAX;
}

static bool long_columns(struct import_header *header, char why[200]) {
    for (int i = 0; i < L__MAX; i++)
        header->where[i] = -1;
    for (int column = 0; column < header->columns; column++) {
        enum long_column known = long_column_of(header->names[column]);
        if (known != L__MAX &&
            !set_column(&header->where[known], column, long_column_names[known], why))
            return false;
    }
    if (header->where[L_FACILITY] >= 0 && header->where[L_MONTH] >= 0 &&
        header->where[L_VALUE] >= 0 && (header->where[L_ITEM] >= 0 || header->where[L_REF] >= 0))
        return true;
    snprintf(why, 200, "The header must name facility_code, month, value, and item or ref_no");
    return false;
}

bool import_header_read(struct import *import, const struct tabular_row *row,
                        struct import_header *header, char why[200]) {
    *header = (struct import_header){ 0 };
    why[0] = '\0';
    if (!name_columns(import, row, header)) return false;
    return import->options.format == IMPORT_LONG ? long_columns(header, why)
                                                 : extract_columns(header, why);
}

/* ---- Shape of a row.
 * ------------------------------------------------------------------------------------------ */
static bool is_empty_from(const struct tabular_row *row, int column) {
    for (int i = column; i < row->count && i < IMPORT_COLUMNS; i++)
        if (row->cells[i].kind != TABULAR_BLANK) return false;
    return row->count <= IMPORT_COLUMNS;
}

/* A row of a sheet ends with its last cell. A line of text has as many columns as its header, with
 * or without the empty ones at its end: another number means that something has moved. */
bool import_bad_shape(const struct import *import, const struct tabular_row *row, char why[120]) {
    const struct import_header *header = &import->header;
    bool sheet = tabular_about(import->file)->rows_numbered;
    bool empty = row->count <= header->full || is_empty_from(row, header->full);
    bool usual = row->count == header->full || row->count == header->columns ||
                 row->count == import->evidence.row_least;
    if (empty && (sheet || (usual && row->count >= header->columns))) return false;
    snprintf(why, 120, "The row has %d columns, the header has %d", row->count, header->columns);
    return true;
}
