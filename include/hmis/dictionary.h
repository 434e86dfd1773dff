/* dictionary: sections, items, forms and rules of every loaded dictionary version, in memory.
 *
 * The snapshot is read from PostgreSQL, never changed, and swapped when a load has raised a stamp.
 * Threads: dictionary_hold/dictionary_release are safe anywhere; what hangs on a held snapshot may
 * be read by any thread until it is released. Memory: owned by the snapshot. */
#ifndef HMIS_DICTIONARY_H
#define HMIS_DICTIONARY_H

#include "hmis/db.h"

enum data_type { DATA_COUNT, DATA_ADEQUACY, DATA_DATE, DATA_PERCENTAGE, DATA_DECIMAL, DATA__MAX };
enum aggregation { AGG_SUM, AGG_FIRST, AGG_LAST, AGG_AVERAGE, AGG_NONE, AGG__MAX };
enum rule_class { RULE_A, RULE_B, RULE_C };
enum rule_operator { RULE_LE, RULE_GE, RULE_EQ };

/* Codes of DATA_ADEQUACY; dates are stored as the number yyyymmdd. */
enum { ADEQUATE = 1, INADEQUATE = 2 };
/* Components of a stock item between which: opening + received = unusable + issued + closing. */
enum { OPENING = 1, RECEIVED, UNUSABLE, ISSUED, CLOSING };

/* item.low and item.high where nothing is said. */
#define NO_LOW  (INT32_MIN + 1)
#define NO_HIGH INT32_MAX

#define CELLS_MAX 1024 /* most items of a dictionary: fixed-size rows of cells on the stack */
#define RULES_MAX 256  /* most rules of a form */

struct section {
    int id;
    const char *code, *name;
    bool total_only; /* M17-M25: reported once a district, no split */
};
struct item {
    int slot; /* index into cells */
    const struct section *section;
    const char *number;         /* consolidated, "9.1.2" */
    const char *key;            /* number, with "/component" for stock items: "17.1/2" */
    int component;              /* 0, or 1..9 (1 opening balance .. 5 total stock) */
    const char *component_name; /* "" where component is 0 */
    const char *name;
    enum data_type type;
    int scale; /* stored as value * 10^scale */
    enum aggregation aggregation;
    int32_t low, high; /* allowed range of the stored value; NO_LOW, NO_HIGH: none */
    bool retired;      /* on no form any more; older reports still hold figures of it */
};
struct form_item {
    const struct item *item;
    int position;       /* order on the form; rises, with gaps */
    const char *number; /* on this form */
    const char *key;    /* number with "/component": what the API and imports name the item by */
};
struct rule {
    int ordinal; /* place in the outcomes */
    const char *code;
    enum rule_class class;
    enum rule_operator operator;
    const int16_t *left, *right; /* slots */
    int left_count, right_count;
    const char *text;
    bool retired; /* evaluated no more (blank); older reports still hold outcomes of it */
};
struct dictionary;
struct form {
    int id; /* of the database */
    const struct dictionary *dictionary;
    const char *code, *title;
    uint32_t facility_types;       /* bit (1 << enum facility_type) */
    const struct form_item *items; /* in the order of the form */
    int item_count;
    const struct rule *rules; /* by ordinal */
    int rule_count;           /* highest ordinal + 1 is rule_width */
    int rule_width;
    const struct form_item *const *by_key;  /* [item_count], sorted by key: form_find */
    const struct form_item *const *by_slot; /* [dictionary->width], NULL: not on this form */
};
struct text; /* one text in one language */
struct dictionary {
    int id;
    const char *code, *title;
    int valid_from, valid_to; /* months; valid_to 0: open */
    int family;               /* of forms; one report a facility, month and family. 1: monthly */
    int64_t stamp;
    int width;                /* highest slot + 1: length of a row of cells */
    const struct item *items; /* in consolidated order */
    int item_count;
    const struct item *const *by_slot; /* [width], NULL where a slot is not in use */
    const struct section *sections;
    int section_count;
    const struct form *forms;
    int form_count;
    const struct item *const *by_key; /* [item_count], sorted by key: dictionary_find */
    const struct text *texts;         /* sorted: dictionary_text */
    int text_count;
};

struct dictionary_store; /* holds the current snapshot and swaps it */
struct dictionary_set {
    const struct dictionary *const *dictionaries;
    int count;
};

struct dictionary_store *dictionary_store_new(void);
void dictionary_store_free(struct dictionary_store *store);
/* Reads all from the database if a stamp differs from what is held (or nothing is). */
MUST_USE bool dictionary_refresh(struct dictionary_store *store, struct db *db, struct problem *p);
const struct dictionary_set *dictionary_hold(struct dictionary_store *store); /* never NULL */
void dictionary_release(struct dictionary_store *store, const struct dictionary_set *set);

/* The version that holds in a month: the latest begun by then and not ended; NULL if none. */
const struct dictionary *dictionary_for(const struct dictionary_set *set, int period);
const struct dictionary *dictionary_by_id(const struct dictionary_set *set, int id);
const struct dictionary *dictionary_by_code(const struct dictionary_set *set, const char *code);
const struct form *form_by_code(const struct dictionary *dictionary, const char *code);
const struct form *form_by_id(const struct dictionary_set *set, int id);
/* By the key on the form ("9.1.2", "17.1/2"); NULL if the form has no such item. */
const struct form_item *form_find(const struct form *form, const char *key);
const struct form_item *form_find_slot(const struct form *form, int slot);
/* By the consolidated key. */
const struct item *dictionary_find(const struct dictionary *dictionary, const char *key);

/* The text in a language, or `english` where there is none or the language is NULL. ref: a
 * section's id, an item's slot, a form's id, form id * 1000 + ordinal of a rule, a component's
 * number (1..5). */
enum text_kind { TEXT_SECTION, TEXT_ITEM, TEXT_FORM, TEXT_RULE, TEXT_COMPONENT, TEXT__MAX };
const char *dictionary_text(const struct dictionary *dictionary, const char *language,
                            enum text_kind kind, int ref, const char *english);
/* True when there is any text in that language; "en" always. */
bool dictionary_speaks(const struct dictionary *dictionary, const char *language);

/* The words files, database and API use. Parsing returns -1 for an unknown word. */
const char *data_type_name(enum data_type type);            /* "count" */
const char *aggregation_name(enum aggregation aggregation); /* "sum" */
const char *rule_class_name(enum rule_class class);         /* "A" */
const char *rule_operator_name(enum rule_operator op);      /* "<=" */
const char *text_kind_name(enum text_kind kind);            /* "section" */
int data_type_parse(const char *word);
int aggregation_parse(const char *word);
int rule_class_parse(const char *word);
int rule_operator_parse(const char *word);
int text_kind_parse(const char *word);

/* Text a person or a file gives for one cell, to the stored number. "" is BLANK. Figures and dates
 * as people write them (docs/dictionary.md, section 5). False: *error says why; ERR_VALUE_ASK when
 * it is a figure or date, but not certain which. The same cases are run by TypeScript
 * (tests/cases/cells.json). */
MUST_USE bool cell_parse(const struct item *item, const char *text, size_t length, int32_t *cell,
                         enum error_code *error);
/* One way to read what is not certain. holds: `cell` is what it would be (BLANK is one); otherwise
 * the item cannot hold it, and it is told so that the question can be understood. */
struct cell_reading {
    bool holds;
    int32_t cell;
    char text[24]; /* as cell_format; "blank" */
};
struct cell_readings {
    int count; /* 1 or 2 with ERR_VALUE_ASK, otherwise 0 */
    struct cell_reading of[2];
};
/* cell_parse, with the readings. */
MUST_USE bool cell_parse_readings(const struct item *item, const char *text, size_t length,
                                  int32_t *cell, enum error_code *error,
                                  struct cell_readings *readings);
/* A text that is read as a date, as its parts stand there: day first, or year first. They are not
 * held against the calendar. */
struct date_written {
    bool year_first;
    bool timed; /* a time of nothing behind it, as a spreadsheet's day has */
    int year, month, day;
};
/* Understands digits, blanks and separators as cell_parse does. False: no three numbers of a date.
 */
bool cell_date_written(const char *text, size_t length, struct date_written *date);
#define CELL_ASKED 80
/* "Is 1234 or 1.234 meant?" */
const char *cell_readings_text(const struct cell_readings *readings, char out[CELL_ASKED]);
/* The stored number as a file or a person reads it; "" for BLANK. Returns the length. */
size_t cell_format(const struct item *item, int32_t cell, char out[16]);

/* Reads and checks the files of a dictionary (docs/dictionary.md); every wrong field is named with
 * file, line and column. What it returns lives in the arena and has no ids of the database: id 0,
 * forms 1, 2, 3 in the order of the file. NULL: the problem says why. */
MUST_USE const struct dictionary *dictionary_read(const char *directory, struct arena *arena,
                                                  struct problem *p);

/* `hmis dictionary load DIR`: reads the files and writes them in one transaction, on a connection
 * of the owner. A second load of the same version changes texts, adds items (slots are kept) and
 * raises the stamp; an item or rule that is gone from the files is retired, never removed. Refused
 * when a slot, a section's id or a rule's ordinal would change its meaning. The problem's fields
 * live in the arena. */
MUST_USE bool dictionary_load(struct db *db, const char *directory, struct arena *arena,
                              struct problem *p);

#endif
