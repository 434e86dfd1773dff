/* hmis geography, dictionary, demo, check: what is loaded and proved from the command line. */
#include "hmis/area.h"
#include "hmis/demo.h"
#include "hmis/rollup.h"

#include "app.h"

#include <stdio.h>

int command_geography(const struct settings *settings, int argc, char **argv) {
    if (argc != 2 || !text_equal(argv[0], "load"))
        return app_usage("hmis geography load DIRECTORY");
    struct tool tool;
    struct problem p = { 0 };
    if (!tool_open(&tool, settings, TOOL_OWNER)) return EXIT_FAILED;
    bool fine = area_load(tool.db, argv[1], &p) || (app_complain(&p), false);
    tool_close(&tool);
    if (fine) printf("loaded the geography in %s\n", argv[1]);
    return fine ? EXIT_DONE : EXIT_FAILED;
}

int command_dictionary(const struct settings *settings, int argc, char **argv) {
    const char *words[2];
    int count;
    bool if_empty = false;
    const struct app_flag flags[] = { { "if-empty", NULL, &if_empty } };
    if (!app_flags(argc, argv, flags, COUNT(flags), words, 2, &count)) return EXIT_USAGE;
    if (count != 2 || !text_equal(words[0], "load"))
        return app_usage("hmis dictionary load [--if-empty] DIRECTORY");
    struct tool tool;
    struct problem p = { 0 };
    if (!tool_open(&tool, settings, TOOL_OWNER)) return EXIT_FAILED;
    bool fine = tool_dictionaries(&tool), there = fine && if_empty && tool.set->count > 0;
    if (fine && !there)
        fine = dictionary_load(tool.db, words[1], tool.arena, &p) || (app_complain(&p), false);
    tool_close(&tool);
    if (fine && there)
        puts("there is a dictionary already: nothing was loaded");
    else if (fine)
        printf("loaded the dictionary in %s\n", words[1]);
    return fine ? EXIT_DONE : EXIT_FAILED;
}

static void tell_difference(const char *text, void *arg) {
    (void)arg;
    printf("%s\n", text);
}

int command_check(const struct settings *settings, int argc, char **argv) {
    const char *words[1];
    int count;
    bool rebuild = false;
    const struct app_flag flags[] = { { "rebuild", NULL, &rebuild } };
    if (!app_flags(argc, argv, flags, COUNT(flags), words, 0, &count)) return EXIT_USAGE;
    struct tool tool;
    if (!tool_open(&tool, settings, TOOL_APPLICATION)) return EXIT_FAILED;
    struct problem p = { 0 };
    int64_t compared = 0, different = 0;
    bool fine = tool_dictionaries(&tool);
    if (fine && rebuild) fine = rollup_rebuild(tool.db, tool.set, &p) || (app_complain(&p), false);
    if (fine)
        fine = rollup_check(tool.db, tool.set, tell_difference, NULL, &compared, &different, &p) ||
               (app_complain(&p), false);
    tool_close(&tool);
    if (!fine) return EXIT_FAILED;
    printf("%lld totals compared, %lld different\n", (long long)compared, (long long)different);
    return different == 0 ? EXIT_DONE : EXIT_FAILED;
}
