#include "hmis/routes.h"
#include "hmis/roles.h"

#include "app.h"

#include <stdio.h>
#include <string.h>

static const struct route_table *const all[] = {
    &account_routes,         &area_routes,
    &captcha_routes,         &dictionary_routes,
    &extract_routes,         &facility_act_routes,
    &facility_routes,        &import_routes,
    &itemwise_routes,        &report_routes,
    &reporting_routes,       &session_routes,
    &validation_rule_routes, &validation_summary_routes,
};

const struct route_table *app_routes(size_t *count) {
    static struct route_table tables[COUNT(all)];
    for (size_t i = 0; i < COUNT(all); i++)
        tables[i] = *all[i];
    *count = COUNT(all);
    return tables;
}

static const char *const lane_names[LANE__MAX] = {
    [LANE_UNSET] = "?",       [LANE_LOOP] = "loop",         [LANE_INTERACTIVE] = "interactive",
    [LANE_REPORT] = "report", [LANE_PASSWORD] = "password",
};

static const char *who(enum permission permission) {
    const char *name = permission_name(permission);
    if (name) return name;
    return permission == PERM_PUBLIC ? "anyone" : "signed in";
}

static void print_route(const struct route *route) {
    printf("%-7s %-70s %-14s %-9s %-12s %s\n", route->method, route->path, who(route->permission),
           route->scope == RSCOPE_OWN ? "own area" : "no area", lane_names[route->lane],
           route->doc);
}

static void print_table(const struct route_table *table) {
    for (size_t i = 0; i < table->count; i++)
        print_route(&table->routes[i]);
}

int command_routes(const struct settings *settings, int argc, char **argv) {
    (void)settings;
    (void)argv;
    if (argc > 0) return app_usage("hmis routes takes no arguments");
    size_t count;
    const struct route_table *tables = app_routes(&count);
    struct problem p = { 0 };
    if (!http_check_routes(tables, count, &p)) return app_complain(&p);
    print_table(&http_routes); /* served besides the tables that app gives it */
    for (size_t t = 0; t < count; t++)
        print_table(&tables[t]);
    return EXIT_DONE;
}
