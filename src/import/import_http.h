/* import_http: handlers of jobs, for the route table. */
#ifndef HMIS_IMPORT_HTTP_H
#define HMIS_IMPORT_HTTP_H

#include "hmis/http.h"
#include "hmis/import.h"

void import_list_get(struct request *r);
void import_job_get(struct request *r);
void import_refused_get(struct request *r);
void import_lines_get(struct request *r);
void import_lines_csv_get(struct request *r);

#endif
