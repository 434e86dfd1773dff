/* period: reporting periods (months) and financial years.
 *
 * A month is the int yyyymm (202204 is April 2022), as it stands in the database; at the API it is
 * "2022-04". A financial year runs April to March and is named "2022-23"; here it is the year it
 * begins in (2022). Pure functions. Source: domain of the HMIS, "Period = calendar month; year =
 * April-March". The same cases are run by TypeScript (tests/cases/periods.json). */
#ifndef HMIS_PERIOD_H
#define HMIS_PERIOD_H

#include "hmis/base.h"

#define PERIOD_FIRST 200804 /* the HMIS began in 2008-09 */
#define PERIOD_LAST  209912

bool period_valid(int period);
int period_add(int period, int months);  /* (202201, -1) is 202112 */
int period_diff(int later, int earlier); /* months between */
int period_index(int period);            /* months since year 0: dense, for arrays */
int period_from_index(int index);
int period_financial_year(int period);                           /* 202203 -> 2021 */
int period_month_of_year(int period);                            /* April 0 .. March 11 */
int financial_year_first(int year);                              /* 2022 -> 202204 */
int financial_year_last(int year);                               /* 2022 -> 202303 */
MUST_USE bool period_parse(const char *text, int *period);       /* "2022-04" */
MUST_USE bool financial_year_parse(const char *text, int *year); /* "2022-23", and only so */
/* "2026-11-25" -> 20261125, a day of the calendar in a valid month. */
MUST_USE bool period_parse_day(const char *text, int *day);
void period_format(char out[8], int period);       /* "2022-04" */
void financial_year_format(char out[8], int year); /* "2022-23" */
/* Last day as days since 1970-01-01: the day whose area tree the month is counted in. */
int period_last_day(int period);

#endif
