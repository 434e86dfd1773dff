/* Columns of an extract: the header decides which form's numbers they are. */
#include <stdio.h>
#include <string.h>

#include "hmis/area.h"
#include "import_extract.h"

void extract_fit_forms(struct extract *x) {
    const struct import_header *header = x->header;
    int best = -1;
    for (int i = 0; i < x->dictionary->form_count; i++) {
        const struct form *form = &x->dictionary->forms[i];
        int found = 0;
        for (int column = 0; column < header->columns; column++) {
            char number[32];
            if (!header->is_item[column]) continue;
            import_item_words(header->names[column], number);
            found +=
                import_item_find(form, number) != NULL || import_item_longer(form, number) != NULL;
        }
        if (found < best) continue;
        if (found > best) {
            x->fitting = 0;
            x->named = form;
        }
        best = found;
        x->fitting |= 1U << i;
    }
}

/* ---- 10.1 and 10.10.
 * ------------------------------------------------------------------------------------------ */
static const struct form_item *plain_item(const struct extract *x, const struct form *form,
                                          int column) {
    char number[32];
    if (column < 0 || column >= x->header->columns || !x->header->is_item[column]) return NULL;
    import_item_words(x->header->names[column], number);
    return import_item_longer(form, number) != NULL ? NULL : import_item_find(form, number);
}

static bool names_number(const struct extract *x, const char *wanted) {
    char number[32];
    for (int column = 0; column < x->header->columns; column++) {
        import_item_words(x->header->names[column], number);
        if (text_equal(number, wanted)) return true;
    }
    return false;
}

/* The item stands between its neighbours in the order of the form. */
static bool fits_place(const struct extract *x, const struct form *form, int column,
                       const struct form_item *item) {
    const struct form_item *before = NULL, *behind = NULL;
    for (int at = column - 1; at >= 0 && before == NULL; at--)
        before = plain_item(x, form, at);
    for (int at = column + 1; at < x->header->columns && behind == NULL; at++)
        behind = plain_item(x, form, at);
    return item != NULL && (before != NULL || behind != NULL) &&
           (before == NULL || before->position < item->position) &&
           (behind == NULL || item->position < behind->position);
}

static int slot_of(const struct form_item *item) {
    return item == NULL ? ITEM_UNKNOWN : item->item->slot;
}

static int answered_slot(const struct extract *x, const struct form_item *item,
                         const struct form_item *longer, const char *number) {
    const char *answer = import_answer(x->import->asks, "item", number);
    if (text_equal(answer, ANSWER_OMIT)) return ITEM_OMITTED;
    if (answer != NULL && item != NULL && text_equal(answer, item->key)) return slot_of(item);
    if (text_equal(answer, longer->key)) return slot_of(longer);
    return ITEM_ASKED;
}

static int resolve(const struct extract *x, const struct form *form, int column) {
    char number[32];
    if (!x->header->is_item[column]) return NO_ITEM;
    const char *words = import_item_words(x->header->names[column], number);
    const struct form_item *item = import_item_find(form, number);
    const struct form_item *longer = import_item_longer(form, number);
    if (longer == NULL || x->import->evidence.zeros_kept || names_number(x, longer->key))
        return slot_of(item);
    if (*words != '\0' && area_name_equal(words, longer->item->name)) return slot_of(longer);
    if (*words != '\0' && item != NULL && area_name_equal(words, item->item->name))
        return slot_of(item);
    bool here = fits_place(x, form, column, item), there = fits_place(x, form, column, longer);
    if (here != there) return slot_of(here ? item : longer);
    return answered_slot(x, item, longer, number);
}

bool extract_ask_column(struct extract *x, const struct tabular_row *row, int column,
                        const struct form *form) {
    char number[32], key[QUESTION_KEY], detail[240];
    import_item_words(x->header->names[column], number);
    const struct form_item *item = import_item_find(form, number);
    const struct form_item *longer = import_item_longer(form, number);
    snprintf(detail, sizeof detail,
             "The header names %s: a spreadsheet writes item %s so too. Which one is it?", number,
             longer->key);
    struct import_question question = {
        .kind = "item", .value = number, .example = row->cells[column].text, .detail = detail
    };
    if (item != NULL)
        question.choices[question.choice_count++] =
            (struct import_choice){ item->key, item->item->name };
    question.choices[question.choice_count++] =
        (struct import_choice){ longer->key, longer->item->name };
    bool asked = import_ask(x->import->asks, &question, row->line, 1, 1, key);
    struct import_line *line =
        import_tell(x->import, asked ? LINE_ASKED : LINE_FIGURE, row->line, ERR_VALUE_ASK, detail);
    if (line == NULL) return false;
    import_line_cell(line, column, x->header->names[column], &row->cells[column]);
    extract_code(x, row, line->facility);
    if (asked) import_copy(line->question, sizeof line->question, key);
    struct import_result *counts = &pipe_batch(x->import->pipe)->counts;
    *(asked ? &counts->figures_asked : &counts->figures_refused) += 1;
    counts->refusals += !asked;
    return true;
}

/* ---- By form.
 * --------------------------------------------------------------------------------------------- */
static void note_unknown(struct extract *x, const struct form *form, int column) {
    import_note(x->import, "item", "Column %d, '%.40s': form %s has no item of this number",
                column + 1, x->header->names[column], form->code);
}

/* Two columns of one item: the second is asked about as a column of its own cannot be. */
static void part_twins(struct extract *x, struct form_columns *columns) {
    for (int a = 0; a < x->header->columns; a++)
        for (int b = a + 1; columns->slots[a] >= 0 && b < x->header->columns; b++)
            if (columns->slots[b] == columns->slots[a]) {
                columns->slots[b] = ITEM_UNKNOWN;
                import_note(x->import, "twice",
                            "Columns %d and %d are both item %.30s: the "
                            "second was left out",
                            a + 1, b + 1, x->header->names[b]);
            }
}

const struct form_columns *extract_columns_of(struct extract *x, const struct form *form) {
    for (int i = 0; i < x->form_count; i++)
        if (x->forms[i].form == form) return &x->forms[i];
    ENSURE(x->form_count < (int)COUNT(x->forms), "more forms than a dictionary has");
    struct form_columns *columns = &x->forms[x->form_count++];
    columns->form = form;
    columns->slots = arena_array(x->import->arena, (size_t)x->header->columns + 1, sizeof(int16_t));
    for (int column = 0; column < x->header->columns; column++) {
        columns->slots[column] = (int16_t)resolve(x, form, column);
        if (columns->slots[column] == ITEM_UNKNOWN) note_unknown(x, form, column);
    }
    part_twins(x, columns);
    return columns;
}
