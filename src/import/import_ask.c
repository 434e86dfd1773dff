/* Questions: what a file leaves open, and what was answered. The parser's thread and the storing
 * one ask; the lock keeps them apart. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmis/json_out.h"
#include "import_internal.h"

enum { QUESTIONS_MOST = 200, ANSWERS_MOST = 400 };

struct asked {
    char kind[16], value[56], key[QUESTION_KEY], example[LINE_VALUE + 8], detail[240];
    struct {
        char value[56], name[120];
    } choices[2];
    int choice_count;
    int64_t line, rows, figures; /* the first line */
};

struct import_asks {
    pthread_mutex_t lock;
    char *answers; /* cut into keys and readings */
    struct {
        const char *key, *reading;
        _Atomic bool used; /* something was asked that it answers */
    } answered[ANSWERS_MOST];
    int answer_count;
    struct asked *list[QUESTIONS_MOST];
    int count;
};

/* "item:10.1=10.10": the reading stands behind the last '='. */
static void take_answer(struct import_asks *asks, char *line) {
    char *equals = strrchr(line, '=');
    if (equals == NULL || asks->answer_count == ANSWERS_MOST) return;
    *equals = '\0';
    asks->answered[asks->answer_count].key = line;
    asks->answered[asks->answer_count++].reading = equals + 1;
}

struct import_asks *import_asks_new(const char *answers) {
    struct import_asks *asks = xcalloc(1, sizeof *asks);
    char *rest = asks->answers = xstrdup(answers != NULL ? answers : ""), *line;
    pthread_mutex_init(&asks->lock, NULL);
    while ((line = strsep(&rest, "\n")) != NULL)
        take_answer(asks, line);
    return asks;
}

void import_asks_clear(struct import_asks *asks) {
    for (int i = 0; i < asks->count; i++)
        free(asks->list[i]);
    asks->count = 0;
}

void import_asks_free(struct import_asks *asks) {
    if (asks == NULL) return;
    import_asks_clear(asks);
    pthread_mutex_destroy(&asks->lock);
    free(asks->answers);
    free(asks);
}

/* Keys are one line without '=': answers are lines of "key=reading". */
static void make_key(char key[QUESTION_KEY], const char *kind, const char *value) {
    char text[QUESTION_KEY];
    snprintf(text, sizeof text, "%s%s%.56s", kind, *value != '\0' ? ":" : "", value);
    import_copy(key, QUESTION_KEY, text);
    text_mend(key);
    for (char *c = key; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == '=' || *c == ';') *c = '_';
}

struct import_question import_running_question(const char *month) {
    return (struct import_question){
        .kind = "running",
        .value = month,
        .example = month,
        .detail = "This month is not over yet. Is it the month that is meant?",
        .choices = { { ANSWER_STORE, "yes, store the figures" } },
        .choice_count = 1
    };
}

const char *import_answer(struct import_asks *asks, const char *kind, const char *value) {
    char key[QUESTION_KEY];
    make_key(key, kind, value);
    for (int i = 0; i < asks->answer_count; i++)
        if (text_equal(asks->answered[i].key, key)) {
            asks->answered[i].used = true;
            return asks->answered[i].reading;
        }
    return NULL;
}

const char *import_answers_wrong(const char *answers, struct arena *arena) {
    char *rest = arena_strdup(arena, answers), *line;
    for (int count = 0; (line = strsep(&rest, "\n")) != NULL;) {
        if (*line == '\0') continue;
        const char *equals = strrchr(line, '=');
        if (equals == NULL || equals == line)
            return arena_printf(arena, "The answer '%.80s' is not key=reading", line);
        if (++count > ANSWERS_MOST)
            return arena_printf(arena, "There are more than %d answers", ANSWERS_MOST);
    }
    return NULL;
}

void import_asks_note(struct import *import) {
    const struct import_asks *asks = import->asks;
    for (int i = 0; i < asks->answer_count; i++)
        if (!asks->answered[i].used)
            import_note(import, "unasked",
                        "The answer to '%.80s' was not needed: this file asks nothing of that name",
                        asks->answered[i].key);
}

static struct asked *find(struct import_asks *asks, const char *key) {
    for (int i = 0; i < asks->count; i++)
        if (text_equal(asks->list[i]->key, key)) return asks->list[i];
    return NULL;
}

static struct asked *add(struct import_asks *asks, const struct import_question *question,
                         const char *key, int64_t line) {
    if (asks->count == QUESTIONS_MOST) return NULL;
    struct asked *asked = asks->list[asks->count++] = xcalloc(1, sizeof *asked);
    asked->line = line;
    import_copy(asked->kind, sizeof asked->kind, question->kind);
    import_copy(asked->value, sizeof asked->value, question->value);
    import_copy(asked->key, sizeof asked->key, key);
    import_copy(asked->example, LINE_VALUE + 1, question->example);
    import_copy(asked->detail, sizeof asked->detail, question->detail);
    text_mend(asked->detail);
    asked->choice_count = question->choice_count;
    for (int i = 0; i < question->choice_count; i++) {
        import_copy(asked->choices[i].value, sizeof asked->choices[i].value,
                    question->choices[i].value);
        import_copy(asked->choices[i].name, sizeof asked->choices[i].name,
                    question->choices[i].name);
    }
    return asked;
}

bool import_ask(struct import_asks *asks, const struct import_question *question, int64_t line,
                int64_t rows, int64_t figures, char key[QUESTION_KEY]) {
    make_key(key, question->kind, question->value);
    pthread_mutex_lock(&asks->lock);
    struct asked *asked = find(asks, key);
    if (asked == NULL) asked = add(asks, question, key, line);
    if (asked != NULL) {
        asked->rows += rows;
        asked->figures += figures;
    }
    pthread_mutex_unlock(&asks->lock);
    return asked != NULL;
}

int import_asks_count(struct import_asks *asks) {
    pthread_mutex_lock(&asks->lock);
    int count = asks->count;
    pthread_mutex_unlock(&asks->lock);
    return count;
}

static void write_question(struct json_out *out, const struct asked *asked) {
    out_object(out, NULL);
    out_string(out, "key", asked->key);
    out_string(out, "kind", asked->kind);
    out_string(out, "value", asked->value);
    out_string(out, "example", asked->example);
    out_string(out, "detail", asked->detail);
    out_int(out, "line", asked->line);
    out_int(out, "rows", asked->rows);
    out_int(out, "figures", asked->figures);
    out_array(out, "choices");
    for (int i = 0; i < asked->choice_count; i++) {
        out_object(out, NULL);
        out_string(out, "value", asked->choices[i].value);
        out_string(out, "name", asked->choices[i].name);
        out_object_end(out);
    }
    out_array_end(out);
    out_object_end(out);
}

void import_asks_json(struct import_asks *asks, struct buffer *out) {
    struct json_out json;
    json_out_init(&json);
    out_array(&json, NULL);
    for (int i = 0; i < asks->count; i++)
        write_question(&json, asks->list[i]);
    out_array_end(&json);
    *out = json.buffer;
    buffer_add_char(out, '\0');
}

void import_asks_tell(struct import_asks *asks,
                      void (*tell)(const char *key, const char *text, int64_t figures, void *arg),
                      void *arg) {
    for (int i = 0; i < asks->count; i++)
        tell(asks->list[i]->key, asks->list[i]->detail, asks->list[i]->figures, arg);
}
