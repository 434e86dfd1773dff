/* hmis geography, dictionary, demo, check: what is loaded and proved from the command line. */
#include "hmis/area.h"
#include "hmis/demo.h"
#include "hmis/report.h"
#include "hmis/rollup.h"

#include "app.h"

#include <stdio.h>

int command_geography(const struct settings *settings, int argc, char **argv) {
    if (argc != 2 || !text_equal(argv[0], "load"))
        return app_usage("hmis geography load DIRECTORY");
    struct tool tool;
    struct problem p = { 0 };
    if (!tool_open(&tool, settings, TOOL_OWNER)) return EXIT_FAILED;
    struct area_load_result loaded = { 0 };
    bool fine = area_load_told(tool.db, argv[1], &loaded, &p) || (app_complain(&p), false);
    tool_close(&tool);
    if (fine) printf("loaded the geography in %s\n", argv[1]);
    if (fine && loaded.reports > 0)
        printf(
            "%lld reports of %d to %d lie elsewhere now; %lld totals of blocks are queued and made "
            "again by the server, or by `hmis check --rebuild`\n",
            (long long)loaded.reports, loaded.first_period, loaded.last_period,
            (long long)loaded.totals);
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

struct check {
    struct tool tool;
    bool rebuild;
    int64_t reports, broken, totals, different, dates;
};

static bool check_all(struct check *c, struct problem *p) {
    struct db *db = c->tool.db;
    const struct dictionary_set *set = c->tool.set;
    if (c->rebuild && !rollup_rebuild(db, set, p)) return false;
    return report_verify(db, tell_difference, NULL, &c->reports, &c->broken, p) &&
           rollup_check(db, set, tell_difference, NULL, &c->totals, &c->different, p) &&
           rollup_check_dates(db, tell_difference, NULL, &c->dates, p);
}

int command_check(const struct settings *settings, int argc, char **argv) {
    const char *words[1];
    int count;
    struct check c = { 0 };
    const struct app_flag flags[] = { { "rebuild", NULL, &c.rebuild } };
    if (!app_flags(argc, argv, flags, COUNT(flags), words, 0, &count)) return EXIT_USAGE;
    if (!tool_open(&c.tool, settings, TOOL_APPLICATION)) return EXIT_FAILED;
    struct problem p = { 0 };
    bool fine = tool_dictionaries(&c.tool) && (check_all(&c, &p) || (app_complain(&p), false));
    tool_close(&c.tool);
    if (!fine) return EXIT_FAILED;
    printf("%lld reports compared, %lld different\n%lld totals compared, %lld different\n"
           "%lld contradictions in what has dates\n",
           (long long)c.reports, (long long)c.broken, (long long)c.totals, (long long)c.different,
           (long long)c.dates);
    return c.broken + c.different + c.dates == 0 ? EXIT_DONE : EXIT_REFUSED;
}
