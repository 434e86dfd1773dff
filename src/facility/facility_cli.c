/* `hmis facility`: acts on one facility from the command line, as the system itself. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmis/facility_act.h"
#include "hmis/period.h"

enum { EXIT_GOOD, EXIT_FAILED, EXIT_USAGE };

static const char usage[] =
    "usage: hmis facility show CODE\n"
    "       hmis facility set CODE --from DAY [--type PHC | --ownership Public | --locality "
    "Rural]\n"
    "       hmis facility rename CODE --from DAY --name NAME\n"
    "       hmis facility move CODE --from DAY --block AREA [--other-state]\n"
    "       hmis facility close CODE --from DAY\n"
    "       hmis facility open CODE --from DAY [--first]\n"
    "       hmis facility nin CODE --nin NUMBER\n"
    "       hmis facility correct CODE [--from DAY] [--until DAY] [--type | --ownership | "
    "--locality |\n"
    "              --name | --status open|closed | --block AREA]\n"
    "Each needs --reason TEXT, and takes --dry-run: everything is told and nothing kept.\n"
    "DAY is like 2022-05-01. AREA is lgd-block-4791, or lgd-district-506: directly under it.\n"
    "correct changes the past: reports of those months are stamped anew, and totals made again.\n";

enum {
    O_FROM = 1,
    O_UNTIL,
    O_TYPE,
    O_OWNERSHIP,
    O_LOCALITY,
    O_NAME,
    O_NIN,
    O_STATUS,
    O_BLOCK,
    O_REASON,
    O_TEXTS,
    O_FIRST = O_TEXTS,
    O_OTHER_STATE,
    O_DRY_RUN,
    O_HELP
};
static const struct option options[] = {
    { "from", required_argument, NULL, O_FROM },
    { "until", required_argument, NULL, O_UNTIL },
    { "type", required_argument, NULL, O_TYPE },
    { "ownership", required_argument, NULL, O_OWNERSHIP },
    { "locality", required_argument, NULL, O_LOCALITY },
    { "name", required_argument, NULL, O_NAME },
    { "nin", required_argument, NULL, O_NIN },
    { "status", required_argument, NULL, O_STATUS },
    { "block", required_argument, NULL, O_BLOCK },
    { "reason", required_argument, NULL, O_REASON },
    { "first", no_argument, NULL, O_FIRST },
    { "other-state", no_argument, NULL, O_OTHER_STATE },
    { "dry-run", no_argument, NULL, O_DRY_RUN },
    { "help", no_argument, NULL, O_HELP },
    { NULL, 0, NULL, 0 },
};

static bool complain(const char *what, const char *value) {
    fprintf(stderr, "hmis facility: %s%s\n%s", what, value, usage);
    return false;
}

static bool take(struct facility_act *act, int option, bool *help) {
    const char **texts[O_TEXTS] = { [O_FROM] = &act->from,         [O_UNTIL] = &act->until,
                                    [O_TYPE] = &act->type,         [O_OWNERSHIP] = &act->ownership,
                                    [O_LOCALITY] = &act->locality, [O_NAME] = &act->name,
                                    [O_NIN] = &act->nin,           [O_STATUS] = &act->status,
                                    [O_BLOCK] = &act->block,       [O_REASON] = &act->reason };
    if (option >= O_FROM && option < O_TEXTS) {
        *texts[option] = optarg;
        return true;
    }
    act->first |= option == O_FIRST;
    act->other_state |= option == O_OTHER_STATE;
    act->dry_run |= option == O_DRY_RUN;
    *help |= option == O_HELP;
    return option >= O_FIRST || complain("an option is wrong", "");
}

/* "set" is the act of the one thing that is given. */
static enum facility_act_kind act_of(const char *verb, const struct facility_act *act) {
    if (text_equal(verb, "rename")) return FACILITY_ACT_NAME;
    if (!text_equal(verb, "set")) return facility_act_parse(verb);
    return act->type        ? FACILITY_ACT_TYPE
           : act->ownership ? FACILITY_ACT_OWNERSHIP
           : act->locality  ? FACILITY_ACT_LOCALITY
           : act->name      ? FACILITY_ACT_NAME
                            : FACILITY_ACT_NONE;
}

/* ---- Telling. -------------------------------------------------------------------------------- */
static void tell(const struct facility_act *act, const struct facility_act_result *result) {
    if (act->dry_run) puts("dry run: nothing was kept");
    if (result->change_count == 0) puts("nothing changes on that day");
    for (size_t i = 0; i < result->change_count; i++)
        puts(result->changes[i].text);
    for (size_t i = 0; i < result->report_count; i++) {
        const struct facility_act_report *r = &result->reports[i];
        char month[8];
        period_format(month, r->period);
        printf("report %s %s: %s %s", month, r->form, r->stamped ? "from" : "stays", r->from);
        printf(r->stamped ? " to %s" : " (the register says %s; `correct` stamps it anew)", r->to);
        printf("%s%s\n", r->note ? ": " : "", r->note ? r->note : "");
    }
    if (result->totals > 0) printf("%lld totals are made again\n", (long long)result->totals);
}

static bool show(struct db *db, const char *code, struct arena *arena, struct problem *p) {
    struct db_rows *rows;
    if (!db_once(db, &scope_system, DB_READ, Q_FACILITY_HISTORY,
                 DB_ARGS(DB_TEXT(code), DB_TEXT("en")), arena, &rows, p))
        return false;
    if (db_count(rows) == 0) return problem_set(p, ERR_NOT_FOUND, "there is no facility %s", code);
    for (int i = 0; i < db_count(rows); i++) {
        const char *from = db_text(rows, i, 0), *to = db_text(rows, i, 1);
        printf("%-10s  %-10s  %-6s  %-4s  %-7s  %-5s  %s; %s, %s, %s\n", from ? from : "",
               to ? to : "", db_bool(rows, i, 6) ? "open" : "closed",
               facility_type_code((enum facility_type)db_int(rows, i, 3)),
               ownership_name((enum ownership)db_int(rows, i, 4)),
               locality_name((enum locality)db_int(rows, i, 5)), db_text(rows, i, 2),
               db_is_null(rows, i, 9) ? "nowhere" : db_text(rows, i, 9),
               db_is_null(rows, i, 8) ? "" : db_text(rows, i, 8),
               db_is_null(rows, i, 7) ? "" : db_text(rows, i, 7));
    }
    return true;
}

static bool run(struct db *db, const char *verb, const struct facility_act *act,
                struct arena *arena, struct problem *p) {
    struct facility_act_result result;
    const struct audit_entry who = { 0 };
    if (text_equal(verb, "show")) return show(db, act->code, arena, p);
    if (!facility_act_run(db, &scope_system, act, &who, &result, arena, p)) return false;
    tell(act, &result);
    return true;
}

static int run_with(struct db_pool *pool, const char *verb, const struct facility_act *act) {
    struct problem p = { 0 };
    struct arena *arena = arena_new();
    struct db *db = db_take(pool, &p);
    bool done = db && run(db, verb, act, arena, &p);
    db_give(db);
    if (!done && !p.field_count) fprintf(stderr, "hmis facility: %s\n", p.detail);
    for (size_t i = 0; !done && i < p.field_count; i++)
        fprintf(stderr, "hmis facility: --%s: %s\n", p.fields[i].field,
                p.fields[i].detail ? p.fields[i].detail : error_text(p.fields[i].code));
    arena_free(arena);
    return done ? EXIT_GOOD : EXIT_FAILED;
}

int facility_cli(int argc, char **argv, struct db_pool *pool) {
    struct facility_act act = { 0 };
    bool help = argc == 0;
    int option;
    char **words = xcalloc((size_t)argc + 2, sizeof *words);
    words[0] = (char *)"facility";
    memcpy(words + 1, argv, (size_t)argc * sizeof *words);
    optind = 0;
    bool fine = true;
    while (fine && (option = getopt_long(argc + 1, words, "", options, NULL)) != -1)
        fine = take(&act, option, &help);
    const char *verb = fine && optind < argc + 1 ? words[optind] : "";
    act.code = fine && optind + 1 < argc + 1 ? words[optind + 1] : NULL;
    act.kind = act_of(verb, &act);
    bool more = fine && optind + 2 < argc + 1;
    free(words);
    if (fine && help) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    if (fine && (!act.code || more || (!act.kind && !text_equal(verb, "show"))))
        fine = complain("a verb and one code are needed", "");
    if (!fine) return EXIT_USAGE;
    return pool ? run_with(pool, verb, &act) : EXIT_USAGE;
}
