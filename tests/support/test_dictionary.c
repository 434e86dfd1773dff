#include "test_dictionary.h"

#include "hmis/base.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct file {
    const char *name, *text;
} good[] = {
    { "dictionary.tsv",
      "# a comment\n\ncode\ttitle\tvalid_from\tvalid_to\nT-1\tTest\t2020-04\t\n" },
    { "sections.tsv", "id\tcode\tname\ttotal_only\n10\tM1\tFirst\tno\n20\tM2\tSecond\tyes\n" },
    { "items.tsv", "slot\tnumber\tcomponent\tsection\tname\tcomponent_name\tdata_"
                   "type\tscale\taggregation\tlow\thigh\n"
                   "0\t1.1\t\tM1\tWomen\t\tcount\t0\tsum\t0\t\n"
                   "1\t1.2\t\tM1\tMen\t\tcount\t0\tsum\t0\t\n"
                   "3\t2.1\t1\tM2\tPills\tBefore\tcount\t0\tfirst\t\t\n"
                   "2\t2.2\t\tM2\tShare\t\tpercentage\t1\taverage\t0\t1000\n" },
    { "forms.tsv", "code\ttitle\tfacility_types\nSC\tSub-centre\tSC\nBIG\tBig\tPHC,CHC\n" },
    { "form_items.tsv",
      "form\tslot\tposition\tnumber\nSC\t0\t1\t1.1\nBIG\t0\t1\t1.1\nBIG\t1\t2\t1.2\n"
      "BIG\t3\t5\t1.3\nBIG\t2\t6\t1.4\n" },
    { "rules.tsv", "form\tordinal\tcode\tclass\toperator\tleft\tright\ttext\n"
                   "BIG\t0\tB-1\tB\t<=\t1.1\t1.2\tWomen are no more than men\n"
                   "BIG\t2\tB-3\tC\t=\t1.1 + 1.2\t1.3/1\tAll\n" },
    { "texts.hi.tsv", "kind\tref\ttext\nitem\t1.1\tमहिलाएँ\nsection\tM1\tपहला\nform\tSC\tउपकेंद्र\n"
                      "rule\tBIG/B-1\tनियम\ncomponent\t1\tपहले\n" },
};

static char directory[] = "/tmp/hmis-dictionary-XXXXXX";

void test_dictionary_write_file(const char *where, const char *name, const char *text,
                                size_t length) {
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", where, name);
    FILE *stream = fopen(path, "wb");
    ENSURE(stream && fwrite(text, 1, length, stream) == length && fclose(stream) == 0,
           "test files can be written");
}

void test_dictionary_remove_file(const char *where, const char *name) {
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", where, name);
    remove(path);
}

/* The text with the first `old` replaced; the old text is released. */
static char *changed(char *text, const struct test_change *change) {
    const char *at = strstr(text, change->old);
    ENSURE(at, "the place to change is there");
    struct buffer out = { 0 };
    buffer_add(&out, text, (size_t)(at - text));
    buffer_add_text(&out, change->new);
    buffer_add_text(&out, at + strlen(change->old));
    buffer_add_char(&out, '\0');
    free(text);
    return out.data;
}

void test_dictionary_write(const char *where, const struct test_change *changes, size_t count) {
    for (size_t i = 0; i < COUNT(good); i++) {
        char *text = xstrdup(good[i].text);
        for (size_t j = 0; j < count; j++)
            if (text_equal(changes[j].file, good[i].name)) text = changed(text, &changes[j]);
        test_dictionary_write_file(where, good[i].name, text, strlen(text));
        free(text);
    }
}

static void clean_up(void) {
    for (size_t i = 0; i < COUNT(good); i++)
        test_dictionary_remove_file(directory, good[i].name);
    rmdir(directory);
}

const char *test_dictionary_directory(void) {
    static bool made;
    if (!made) {
        ENSURE(mkdtemp(directory), "a test directory can be made");
        atexit(clean_up);
    }
    made = true;
    test_dictionary_write(directory, NULL, 0);
    return directory;
}
