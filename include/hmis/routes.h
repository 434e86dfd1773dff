/* routes: the route table of every module, one line each; src/app/serve.c and `hmis routes` collect
 * them (src/app/routes.c). A table lives in its module's _http.c. */
#ifndef HMIS_ROUTES_H
#define HMIS_ROUTES_H

#include "hmis/http.h"

extern const struct route_table account_routes;
extern const struct route_table area_routes;
extern const struct route_table captcha_routes;
extern const struct route_table dictionary_routes;
extern const struct route_table extract_routes;
extern const struct route_table facility_act_routes;
extern const struct route_table facility_routes;
extern const struct route_table import_routes;
extern const struct route_table itemwise_routes;
extern const struct route_table report_routes;
extern const struct route_table reporting_routes;
extern const struct route_table session_routes;
extern const struct route_table validation_rule_routes;
extern const struct route_table validation_summary_routes;

#endif
